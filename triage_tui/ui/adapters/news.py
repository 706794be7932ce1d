"""What is new since somebody looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage_tui.model import Entity, EntityRef

SIGN = "+"


class Looked:
    """Up to which time (nanoseconds) somebody has looked at what."""

    def __init__(self) -> None:
        self._begun: int | None = None
        self._at: dict[str, int] = {}

    def begin(self, now: int) -> None:
        """Somebody sees the overview for the first time: all that is there has been seen."""
        if self._begun is None:
            self._begun = now

    def look(self, ref: EntityRef, now: int) -> None:
        """Somebody looks at an entity."""
        for subject in ref.subjects:
            self._at[subject] = now

    def at(self, ref: EntityRef) -> int | None:
        """Up to when somebody has looked at an entity; None if nobody has."""
        return max((self._at[name] for name in ref.subjects if name in self._at), default=None)

    def is_news(self, entity: Entity) -> bool:
        """Whether it did something since somebody looked at it, or is new altogether."""
        looked = self.at(entity.ref)
        if looked is not None:
            return entity.last > looked
        return self._begun is not None and entity.first > self._begun
