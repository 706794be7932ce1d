"""Which of the fields that rules ask for were ever there: a rule that waits for one that no log has
can never match, and that is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .fields import Slot
    from .records import Records

FEWEST = 50
"""Records of a format before a field that none of them had is told as missing."""


class Presence:
    """Of the fields that the rules of one format ask for."""

    def __init__(self) -> None:
        self._decoded: dict[str, tuple[int, int]] = {}
        """By field that had to be decoded: how often it was asked for, and was there."""
        self._watched: set[str] = set()
        """Fields that cost no decoding: it is known of every record whether they are there."""
        self._met: set[str] = set()
        """Those of them that were there once."""
        self._awaited: dict[str, Slot] = {}
        """Those that are compared in few records, and were not there yet."""
        self._records = 0
        self._told = 0
        """Records of which it was told what they had."""

    def watch(self, field: str) -> None:
        """Whoever compares this field in every record says so when it is there."""
        self._watched.add(field)

    def await_(self, field: str, slot: Slot) -> None:
        """Looks for this field in every record until it is there."""
        if slot.source.column is not None:
            self._watched.add(field)
            self._awaited[field] = slot

    def pass_by(self, records: Records) -> None:
        """Some records come."""
        self._records += len(records)
        for field, slot in [*self._awaited.items()]:
            if any(map(is_there, map(slot.values, set(records.keys(slot.source))))):
                self.meet((field,))

    def meet(self, fields: Iterable[str]) -> None:
        """These fields are there."""
        for field in fields:
            self._met.add(field)
            self._awaited.pop(field, None)

    def ask(self, field: str, values: list[object]) -> None:
        """A field was decoded."""
        asked, there = self._decoded.get(field, (0, 0))
        self._decoded[field] = asked + 1, there + bool(values)

    def take(self) -> dict[str, tuple[int, int]]:
        """By field how many records were asked for it since this was last called, and a number
        above 0 where it was there."""
        found = self._decoded
        self._decoded = {}
        passed = self._records - self._told
        if passed and self._records >= FEWEST:
            self._told = self._records
            for field in self._watched:
                asked, there = found.get(field, (0, 0))
                found[field] = asked + passed, there + (field in self._met)
        return found


def is_there(values: Iterable[object]) -> bool:
    """Whether a field with these values is more than a blank."""
    return any(value is not None and value != "" for value in values)
