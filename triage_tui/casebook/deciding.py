"""What somebody can decide, as writes of one field: the same wherever a casebook is kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from . import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.model import Case, Change, Note, Status, Verdict

    from .fold import Fold


class Deciding(ABC):
    """The part of `ports.Casebook` that does not depend on where it is kept. Methods raise
    `statefile.StateFileError` where a file fails, and ValueError for an empty note or tag."""

    @property
    @abstractmethod
    def _known(self) -> Fold:
        """Everything that was decided, as far as it is known here."""

    @abstractmethod
    async def _write(
        self,
        subject: str,
        field: str,
        value: str,
        author: str,
        cursor: int,
        *,
        about: int | None = None,
    ) -> int:
        """Its number; it is on disk, and in `_known`, when this returns. `about` is the number of
        another one."""

    async def note(self, subject: str, text: str, *, author: str, cursor: int) -> Note:
        """Writes a note about the subject."""
        _require(text, "note")
        number = await self._write(subject, fold.NOTE, text, author, cursor)
        note = self._known.note(number)
        assert note is not None  # noqa: S101 - it was taken in before the write returned
        return note

    async def remove_note(
        self, note_id: int, *, author: str | None = None, cursor: int | None = None
    ) -> None:
        """Takes a note off its case; `restore_note` is the inverse.

        Without `author` and `cursor` they are the note's own. Raises KeyError for an unknown id.
        """
        await self._write_about(note_id, fold.NOTE_REMOVED, author, cursor)

    async def restore_note(
        self, note_id: int, *, author: str | None = None, cursor: int | None = None
    ) -> None:
        """Puts a removed note back. Raises KeyError for an unknown id."""
        await self._write_about(note_id, fold.NOTE_RESTORED, author, cursor)

    async def set_status(self, subject: str, status: Status, *, author: str, cursor: int) -> None:
        await self._write(subject, fold.STATUS, status.value, author, cursor)

    async def set_verdict(
        self, subject: str, verdict: Verdict, *, author: str, cursor: int
    ) -> None:
        await self._write(subject, fold.VERDICT, verdict.value, author, cursor)

    async def assign(self, subject: str, assignee: str, *, author: str, cursor: int) -> None:
        """Names who looks after it; an empty name, nobody."""
        await self._write(subject, fold.ASSIGNEE, assignee, author, cursor)

    async def tag(self, subject: str, tag: str, *, author: str, cursor: int) -> None:
        _require(tag, "tag")
        await self._write(subject, fold.TAG, tag, author, cursor)

    async def untag(self, subject: str, tag: str, *, author: str, cursor: int) -> None:
        """Takes a tag off, whichever of the entity's subjects it was put on."""
        _require(tag, "tag")
        await self._write(subject, fold.UNTAG, tag, author, cursor)

    def case(self, subjects: Iterable[str]) -> Case:
        """The case of one entity, known by several subjects. From memory; never blocks."""
        return self._known.case(subjects)

    def history(self) -> Sequence[Change]:
        """Every decision, oldest first."""
        return self._known.history()

    async def _write_about(
        self, note_id: int, field: str, author: str | None, cursor: int | None
    ) -> None:
        note = self._known.note(note_id)
        if note is None:
            raise KeyError(note_id)
        await self._write(
            note.subject,
            field,
            note.text,
            note.author if author is None else author,
            note.cursor if cursor is None else cursor,
            about=note_id,
        )


def _require(text: str, what: str) -> None:
    if not text.strip():
        raise ValueError(f"an empty {what}")
