"""Decisions on their way to another casebook: into a file, into a team's table, and back. Pure.

A decision in this form is ASCII JSON with sorted keys: the same decision is the same bytes in every
casebook, whatever text it holds, lone surrogates too.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated

import msgspec

from triage_tui.model import Change

from . import fold
from .fold import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORMAT = "triage-tui-casebook"
VERSION = 1

_Time = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class RecordError(Exception):
    """An export that cannot be read: which line, and what is wrong with it."""


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change with what names it, independently of where it is stored."""

    key: str
    subject: str
    field: str
    value: str
    author: str
    made: _Time
    cursor: _Time
    seen: _Time
    """The number of the last decision that its author knew, in the order of this casebook."""
    about: str = ""
    """The key of the note that is removed or restored."""

    @property
    def change(self) -> Change:
        return Change(self.subject, self.field, self.value, self.author, self.made, self.cursor)


def write(decision: Decision) -> str:
    """The decision as ASCII JSON."""
    return json.dumps(msgspec.to_builtins(decision), sort_keys=True, separators=(",", ":"))


def read(text: str) -> Decision:
    """The decision that `write` wrote. Raises ValueError for anything else."""
    try:
        found = msgspec.convert(json.loads(text), Decision)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    fold.check(found.change)
    if not found.key:
        raise ValueError("a decision without a key")
    return found


def decision(change: Change, key: str, seen: int, about: str = "") -> Decision:
    """A decision about to be written."""
    return Decision(
        key,
        change.subject,
        change.field,
        change.value,
        change.author,
        change.made,
        change.cursor,
        seen,
        about,
    )


def key_of(entry: Entry) -> str:
    """What names an entry: its key; where it never had one, what follows from its content."""
    if entry.key:
        return entry.key
    content = [entry.number, *msgspec.structs.astuple(entry.change), entry.about]
    return sha256(json.dumps(content).encode("ascii")).hexdigest()[:32]


def as_entry(found: Decision, number: int, numbers: Mapping[str, int]) -> Entry:
    """The entry of that number; `numbers` are those of the decisions before it, by their keys."""
    about = numbers.get(found.about) if found.about else None
    return Entry(number, found.change, about, found.seen, found.key)


def decisions(entries: Iterable[Entry]) -> list[Decision]:
    """All entries of a casebook, numbered anew from 1 on without a gap."""
    keys: dict[int, str] = {}
    found: list[Decision] = []
    numbers: list[int] = []
    for entry in entries:
        seen = entry.number - 1 if entry.seen is None else entry.seen
        known = _up_to(numbers, seen)
        keys[entry.number] = key = key_of(entry)
        numbers.append(entry.number)
        about = keys.get(entry.about, "") if entry.about is not None else ""
        found.append(decision(entry.change, key, known, about))
    return found


def _up_to(numbers: list[int], number: int) -> int:
    """How many of the ascending numbers are no greater."""
    count = len(numbers)
    while count and numbers[count - 1] > number:
        count -= 1
    return count


# -- a file of them ------------------------------------------------------------------------------


def export(entries: Iterable[Entry]) -> str:
    """A whole casebook as text: a line that says what it is, and a line for each decision."""
    head = json.dumps({FORMAT: VERSION})
    return "".join(f"{line}\n" for line in (head, *map(write, decisions(entries))))


def parse(text: str) -> list[Decision]:
    """The decisions of an export. Raises RecordError."""
    lines = text.removesuffix("\n").split("\n")
    try:
        version = json.loads(lines[0])[FORMAT]
    except (ValueError, KeyError, TypeError, RecursionError):
        version = None
    if not isinstance(version, int):
        raise RecordError(f"not an export of a casebook: its first line is no {FORMAT}")
    if version > VERSION:
        raise RecordError(
            f"an export of version {version}; this program knows {VERSION}: please update "
            "triage-tui"
        )
    found: list[Decision] = []
    for number, line in enumerate(lines[1:], 2):
        try:
            found.append(read(line))
        except ValueError as error:
            raise RecordError(f"line {number} cannot be read: {error}") from error
    return found


def missing(found: Iterable[Decision], there: Mapping[str, int], last: int) -> list[Decision]:
    """Those of an export that a casebook does not have, in their order, as they follow its entry
    `last`: what each had seen is told by the numbers of that casebook. `there` are those of its
    entries by their keys."""
    numbers = dict(there)
    known: set[int] = set()
    prefixes = [0]  # who has seen so many lines has seen this casebook up to that number
    news: list[Decision] = []
    for each in found:
        if each.key not in numbers:
            last += 1
            numbers[each.key] = last
            seen = prefixes[max(0, min(each.seen, len(prefixes) - 1))]
            news.append(msgspec.structs.replace(each, seen=seen))
        known.add(numbers[each.key])
        prefix = prefixes[-1]
        while prefix + 1 in known:
            prefix += 1
        prefixes.append(prefix)
    return news
