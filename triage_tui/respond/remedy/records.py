"""The journal of remedies, as those who make them write and read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.remedies import STANDING, kind_of
from triage_tui.respond.journal import ResponseError

from .entries import RemedyIntent, open_entries, remedies_as_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.remedies import Remedy
    from triage_tui.respond.entries import Entry
    from triage_tui.respond.journal import Journal

    from .entries import RemedyPayload


class Records:
    """What the journal says of remedies."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._seen: tuple[object, Sequence[Remedy]] = (None, ())

    @property
    def revision(self) -> int:
        """Grows with every entry known."""
        return self._journal.revision

    def remedies(self, cursor: int | None) -> Sequence[Remedy]:
        """All as of the cursor, newest first; from memory."""
        key = (self._journal.revision, cursor)
        if self._seen[0] != key:
            self._seen = key, tuple(remedies_as_of(self._journal.entries, cursor))
        return self._seen[1]

    def open(self) -> dict[str, Entry]:
        """By remedy, the intents that nothing has followed."""
        return open_entries(self._journal.entries)

    def find(self, remedy_id: str) -> Remedy:
        """The remedy as it stands now. Raises ResponseError."""
        for each in remedies_as_of(self._journal.entries, None):
            if each.id == remedy_id:
                return each
        raise ResponseError(
            "No such remedy",
            f"Nothing that was done from here is called {remedy_id}.",
            "What others did stays theirs: change it where it was made.",
        )

    def standing(self, remedy: Remedy) -> Remedy:
        """The same, where there is something to take back. Raises ResponseError."""
        found = self.find(remedy.id)
        if found.state in STANDING:
            return found
        raise ResponseError(
            "Nothing to take back",
            f"{found.title}: it is {found.state.value}.",
            "Look at what is there now, and plan anew what it takes.",
        )

    async def refresh(self) -> None:
        """Learns what other processes wrote. Raises ResponseError."""
        await self._journal.refresh()

    async def begin(self, intent: RemedyIntent, cursor: int) -> str:
        """Writes an intent; it is on disk when this returns. The new remedy's id."""
        name = kind_of(intent.change)
        return (await self._journal.append(intent, response=name, cursor=cursor)).block

    async def write(self, remedy_id: str, payload: RemedyPayload, cursor: int) -> None:
        """Writes what became of a remedy."""
        name = kind_of(self.find(remedy_id).change)
        await self._journal.append(payload, response=name, cursor=cursor, block=remedy_id)
