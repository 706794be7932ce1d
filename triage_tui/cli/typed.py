"""What was typed into the prompts for a filter and for a search, from one session to the next."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from triage_tui.atomic import whole
from widgets.text import is_safe

from . import state

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from pathlib import Path

NAME = "typed.json"
PURPOSES = ("filter", "find")
"""Prompts whose lines are wanted again; notes and reasons belong to one night."""
MOST = 100
"""Lines of each that are kept, the newest."""
LONGEST = 1000
"""Characters of a line that is kept."""
LARGEST = 1 << 20
"""Bytes of a file that is read: ours is never larger."""


def recall(histories: MutableMapping[str, list[str]], folder: Path | None = None) -> None:
    """Puts the lines of earlier sessions before those of this one."""
    for purpose, lines in _read((folder or state.root()) / NAME).items():
        now = histories.get(purpose, [])
        histories[purpose] = [*(line for line in lines if line not in now), *now]


def keep(histories: Mapping[str, list[str]], folder: Path | None = None) -> None:
    """Writes the lines of this session behind those that others have written meanwhile. What cannot
    be written is not worth a word on the screen."""
    folder = folder or state.root()
    try:
        _keep(histories, folder)
    except OSError as error:
        logging.getLogger(__name__).warning("%s cannot be written: %s", folder / NAME, error)


def _keep(histories: Mapping[str, list[str]], folder: Path) -> None:
    merged = {purpose: list(histories.get(purpose, ())) for purpose in PURPOSES}
    before = _read(folder / NAME)
    recall(merged, folder)
    kept = {purpose: _usable(lines) for purpose, lines in merged.items()}
    if kept == {purpose: before.get(purpose, []) for purpose in PURPOSES}:
        return
    state.make(folder)
    with whole(folder / NAME) as file:
        file.write(json.dumps(kept, indent=1).encode())


def _read(path: Path) -> dict[str, list[str]]:
    """What a file holds that can be used; nothing of one that is damaged."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        purpose: _usable(lines)
        for purpose in PURPOSES
        if isinstance(lines := found.get(purpose), list)
    }


def _usable(lines: list[str]) -> list[str]:
    """The newest lines, each that can be shown; a file may have been written by anybody."""
    good = [
        line
        for line in lines
        if isinstance(line, str) and 0 < len(line) <= LONGEST and is_safe(line)
    ]
    return good[-MOST:]
