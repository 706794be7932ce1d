"""Which of the fields that rules ask for were ever there: a rule that waits for one that no log has
can never match, and that is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .fields import Slot
    from .records import Records


class Presence:
    """Of the fields that the rules of one format ask for."""

    def __init__(self) -> None:
        self._decoded: dict[str, tuple[int, int]] = {}
        self._there: frozenset[str] = frozenset()
        self._awaited: dict[str, Slot] = {}
        """Fields that few records are compared by, and that were not there yet."""
        self._records = 0
        """That came since it was last told what they had."""

    def wait_for(self, field: str, slot: Slot) -> None:
        """Looks for this field in every record, until one has it."""
        if is_watched(slot):
            self._awaited[field] = slot

    def pass_by(self, records: Records) -> None:
        """Some records come."""
        self._records += len(records)
        for field, slot in [*self._awaited.items()]:
            if any(map(is_there, map(slot.values, set(records.keys(slot.source))))):
                self.meet({field})

    def meet(self, fields: set[str]) -> None:
        """These fields are there."""
        if not fields <= self._there:
            self._there |= fields
            for field in fields:
                self._awaited.pop(field, None)

    def ask(self, field: str, values: list[object]) -> None:
        """A field was decoded."""
        asked, there = self._decoded.get(field, (0, 0))
        self._decoded[field] = asked + 1, there + bool(values)

    def take_decoded(self) -> dict[str, tuple[int, int]]:
        """By field how often it was decoded since this was last called, and was there."""
        found, self._decoded = self._decoded, {}
        return found

    def take_there(self) -> frozenset[str]:
        """The fields that cost no decoding and were there at any time; nothing if no record came
        since this was last called."""
        records, self._records = self._records, 0
        return self._there if records else frozenset()


def is_watched(slot: Slot) -> bool:
    """Whether it is known of every record that this slot is in it, or not."""
    return slot.steady or slot.source.column is not None


def is_there(values: Iterable[object]) -> bool:
    """Whether a field with these values is more than a blank."""
    return any(value is not None and value != "" for value in values)
