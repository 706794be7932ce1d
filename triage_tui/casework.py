"""What people say of entities and events of a triage, as of where it stands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from .model import MARKED, Verdict

if TYPE_CHECKING:
    from .model import Case, EntityRef, Note, Status
    from .ports import Casebook, Clock, Team
    from .store.index import Index


class Casework(ABC):
    """The half of a `Triage` that keeps what is said."""

    casebook: Casebook
    clock: Clock
    author: str
    team: Team | None
    """Those who share the casebook; None where nobody does."""
    index: Index
    decisions: int
    """Counts what people did: notes, verdicts, blocks."""

    @abstractmethod
    def _forget_views(self) -> None:
        """What was worked out of entities no longer holds."""

    def case(self, ref: EntityRef) -> Case:
        """What people said of an entity."""
        return self.casebook.case(ref.subjects)

    async def note(self, subject: str, text: str) -> Note:
        """Writes a note; it is on disk when this returns."""
        note = await self.casebook.note(
            subject, text, author=self.author, cursor=self.clock.position()
        )
        self.decisions += 1
        return note

    async def set_status(self, ref: EntityRef, status: Status) -> None:
        await self.casebook.set_status(
            ref.subject, status, author=self.author, cursor=self.clock.position()
        )
        self.decisions += 1

    async def set_verdict(self, ref: EntityRef, verdict: Verdict) -> None:
        await self.casebook.set_verdict(
            ref.subject, verdict, author=self.author, cursor=self.clock.position()
        )
        self._heed()
        self.decisions += 1

    def look_at(self, ref: EntityRef | None) -> None:
        """Tells those who share the casebook what one is on; None for nothing in particular."""
        if self.team is not None:
            self.team.look_at(ref.subject if ref is not None else "")

    def heard(self) -> None:
        """Others have decided something, or come and gone."""
        self._heed()
        self.decisions += 1

    def _heed(self) -> None:
        """What was decided of entities counts from now on: the last verdict on each."""
        self.index.verdicts = {
            change.subject: (Verdict(change.value), change.cursor)
            for change in self.casebook.history()
            if change.field == "verdict"
        }
        self._forget_views()

    async def tag(self, ref: EntityRef, tag: str) -> None:
        await self._tag(ref.subject, tag)

    async def untag(self, subject: str, tag: str) -> None:
        """Takes a tag off again."""
        await self.casebook.untag(subject, tag, author=self.author, cursor=self.clock.position())
        self.decisions += 1

    async def remove_note(self, note: Note) -> None:
        """Takes a note back; the casebook keeps that it was there."""
        await self.casebook.remove_note(note.id, author=self.author, cursor=self.clock.position())
        self.decisions += 1

    async def mark(self, subject: str) -> None:
        """Marks an entity or an event, to come back to it."""
        await self._tag(subject, MARKED)

    async def unmark(self, subject: str) -> None:
        """Takes the mark off again."""
        await self.untag(subject, MARKED)

    async def _tag(self, subject: str, tag: str) -> None:
        await self.casebook.tag(subject, tag, author=self.author, cursor=self.clock.position())
        self.decisions += 1
