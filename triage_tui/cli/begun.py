"""With what a night was begun: what the command line said of where to look, and for what. It is
kept, so that `live --resume` alone goes on with the same night and not with another one."""

from __future__ import annotations

import contextlib
import os
import shlex
from typing import TYPE_CHECKING, Any

import msgspec

from triage_tui.atomic import whole
from triage_tui.detect.packs import OWN
from triage_tui.store import nights

from . import console, state

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

_LARGEST = 1 << 20
"""Bytes of what is read."""


class Begun(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was said; None and nothing where the config said it."""

    config: str | None = None
    """Absolute."""
    profile: list[str] | None = None
    region: list[str] | None = None
    log_group: list[str] | None = None
    filter_pattern: str | None = None
    rules: list[str] | None = None
    """Absolute, but for our own pack."""
    no_rules: bool = False


def keep(night: Path, arguments: argparse.Namespace) -> None:
    """Keeps what a night is recorded with; that of nights that are gone goes. Blocking; a disk that
    refuses costs nothing but this."""
    said: dict[str, Any] = {name: vars(arguments).get(name) for name in Begun.__struct_fields__}
    said["no_rules"] = bool(said["no_rules"])
    if said["config"] is not None:
        said["config"] = os.path.abspath(said["config"])
    if said["rules"] is not None:
        said["rules"] = [each if each == OWN else os.path.abspath(each) for each in said["rules"]]
    with contextlib.suppress(OSError, ValueError):
        place = _place(night)
        state.make(place.parent)
        for each in place.parent.glob("*.json"):
            if not (night.parent / each.stem).is_dir():
                each.unlink()
        with whole(place) as file:
            file.write(msgspec.json.encode(Begun(**said)))


def take_up(arguments: argparse.Namespace) -> None:
    """Where a night is resumed, what it was begun with holds, but for what is said anew; and that
    is told."""
    begun = _read(arguments.resume)
    if arguments.rules or arguments.no_rules:  # either says what rules there are
        begun = msgspec.structs.replace(begun, rules=None, no_rules=False)
    taken = []
    for name in Begun.__struct_fields__:
        was = getattr(begun, name)
        if was and not vars(arguments)[name]:
            setattr(arguments, name, was)
            taken += _spelled(f"--{name.replace('_', '-')}", was)
    if taken:
        console.say(f"as this night was begun: {' '.join(taken)}")


def _spelled(option: str, said: str | list[str] | bool) -> list[str]:
    """An option as one writes it."""
    if isinstance(said, bool):
        return [option]
    return [f"{option} {shlex.quote(one)}" for one in ([said] if isinstance(said, str) else said)]


def _read(name: str) -> Begun:
    """What was kept of the night that is resumed; nothing where nothing was, or it is damaged."""
    try:
        night = nights.resume(state.recordings(), name)
        if night is None:
            return Begun()
        night.close()
        with open(_place(night.folder), "rb") as file:
            return msgspec.json.decode(file.read(_LARGEST), type=Begun)
    except (OSError, ValueError, msgspec.DecodeError):
        return Begun()


def _place(night: Path) -> Path:
    return state.root() / "begun" / f"{night.name}.json"
