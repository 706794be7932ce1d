"""Markdown in which data is data: no markup, link or table can come of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from widgets.text import clean, clean_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"[\\`*\[\]<>|~#&!{}$^=]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.", re.I)
_BLOCK_START = re.compile(r"^(\s*)([-+]|\d{1,9}(?=[.)]))")


def plain(text: str) -> str:
    """One line of data: no markup, link, HTML or table column can come of it."""
    return _SPECIAL.sub(_escaped, clean(text))


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    # Some renderers read HTML before they read backslashes.
    entities = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
    return entities.get(char) or f"\\{char}"


def quoted(text: str) -> list[str]:
    """Lines of data as a block quote."""
    return [f"> {_not_a_block(plain(line.strip()))}" for line in clean_lines(text).split("\n")]


def _not_a_block(line: str) -> str:
    """Takes from a line's beginning what would make it a list or a heading."""
    match = _BLOCK_START.match(line)
    if match is None:
        return line
    if match[2].isdigit():
        return f"{line[: match.end()]}\\{line[match.end() :]}"
    return f"\\{line}"


def commands(lines: Iterable[str]) -> list[str]:
    """Commands in a fence. They stand on a line each, and data in them is quoted for the shell."""
    return ["```sh", *(clean(line) for line in lines), "```"]


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()
) -> list[str]:
    """A table of cells that are Markdown already; the columns `right` are numbers."""
    numbers = set(right)
    rule = ["---:" if place in numbers else "---" for place in range(len(head))]
    return ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]
