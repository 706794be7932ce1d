"""Who has become critical since somebody looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import Entity, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.triage import Triage

CRITICAL = 75
"""Risk from which on an entity is critical."""
EVERY = 2.0
"""Seconds between two looks."""
QUIET = 30.0
"""Seconds between two calls: in a storm, one tells of all who came meanwhile."""
MOST = 20
"""Entities of a kind that are looked at, the riskiest; who comes behind those wakes nobody."""


class Alarm(msgspec.Struct):
    """Knows who was critical, and who is still to be told of. Whoever is critical when the first
    look is taken is on the screen already."""

    waiting: list[Entity] = msgspec.field(default_factory=list)
    called: float = float("-inf")
    known: set[str] | None = None
    """All their subjects, so that a merge makes nobody new; None before the first look."""

    def look(self, triage: Triage) -> Iterator[list[Entity]]:
        """Looks at the triage in steps, between which keys are heard; the last one gives who is
        newly critical, the riskiest first."""
        from triage_tui.store.entities import entities  # numpy: not before the first frame

        critical: list[Entity] = []
        for kind in (Kind.IP, Kind.PRINCIPAL):
            ranking = triage.look(kind)
            for _ in ranking.working_out():
                yield []
            numbers = [n for n in ranking.page(0, MOST).tolist() if ranking.risks[n] >= CRITICAL]
            critical += entities(ranking, numbers)
        before = self.known
        self.known = {name for entity in critical for name in entity.ref.subjects} | (
            before or set()
        )
        if before is not None:
            yield [e for e in critical if before.isdisjoint(e.ref.subjects)]

    def wait(self, found: list[Entity]) -> None:
        """They are told of with the next call."""
        self.waiting += found

    def due(self, now: float) -> list[Entity]:
        """Who is to be told of now (monotonic seconds), each once; nobody while it is quiet."""
        if not self.waiting or now - self.called < QUIET:
            return []
        told, self.waiting, self.called = self.waiting, [], now
        return told


def words(found: list[Entity]) -> str:
    """Who it is, in a line."""
    first = found[0]
    why = first.reasons[0].text if first.reasons else ""
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{first.label} is critical ({first.risk}): {why}{more}"
