"""With what a night was begun: what the command line said of where to look. It is kept, so that
`live --resume` alone goes on with the same night and not with another one."""

from __future__ import annotations

import contextlib
import shlex
from typing import TYPE_CHECKING

import msgspec

from triage_tui.atomic import whole
from triage_tui.store import nights

from . import console, state

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

_LARGEST = 1 << 20
"""Bytes of what is read."""


class Begun(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was said of where to look; None and nothing where the config said it."""

    config: str | None = None
    """Absolute."""
    profile: list[str] | None = None
    region: list[str] | None = None
    log_group: list[str] | None = None
    filter_pattern: str | None = None


def keep(night: Path, arguments: argparse.Namespace) -> None:
    """Keeps what a night is recorded with; that of nights that are gone goes. Blocking; a disk that
    refuses costs nothing but this."""
    from pathlib import Path

    said = {name: vars(arguments).get(name) for name in Begun.__struct_fields__}
    if said["config"] is not None:
        said["config"] = str(Path(said["config"]).absolute())
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
    taken = []
    for name in Begun.__struct_fields__:
        was = getattr(begun, name)
        if was and not vars(arguments)[name]:
            setattr(arguments, name, was)
            option = f"--{name.replace('_', '-')}"
            taken += [
                f"{option} {shlex.quote(one)}" for one in ([was] if isinstance(was, str) else was)
            ]
    if taken:
        console.say(f"as this night was begun: {' '.join(taken)}")


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
