"""What the rows in sight add up to, kept up as rows come and the cursor moves on.

Everything in a ledger is a sum, a least or a greatest over a set of rows: in whatever order and
portions the rows come, it is what counting them all at once gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage_tui.model import Kind, Outcome, Severity

from .deeds import Deeds
from .detections import Detected, HitTally
from .profiles import Profiles
from .pulses import Pulses
from .scope import FAR, Base, Reach, Scope

if TYPE_CHECKING:
    from .columns import Array
    from .doings import Pairs
    from .index import Index
    from .matches import Matches

OUTCOMES = len(Outcome)


class Counts(NamedTuple):
    """Per number: events by outcome, times of the first event and of the last of each outcome."""

    by_outcome: Array
    """Shape (numbers, outcomes)."""
    first: Array
    """FAR where there is no event."""
    lasts: Array
    """Shape (numbers, outcomes); -FAR where there is none."""

    @property
    def last(self) -> Array:
        """Times of the last events; -FAR where there is none."""
        found: Array = self.lasts.max(axis=1)
        return found

    def last_of(self, number: int) -> int:
        """The same of one number."""
        return int(self.lasts[number].max())

    @property
    def events(self) -> Array:
        total: Array = self.by_outcome.sum(axis=1)
        return total

    @property
    def refused(self) -> Array:
        total: Array = self.by_outcome[:, Outcome.DENIED] + self.by_outcome[:, Outcome.BLOCKED]
        return total

    @staticmethod
    def none(size: int) -> Counts:
        """Nothing, for so many numbers."""
        by_outcome = np.zeros((size, OUTCOMES), np.int64)
        lasts = np.full((size, OUTCOMES), -FAR, np.int64)
        return Counts(by_outcome, np.full(size, FAR, np.int64), lasts)

    def add(self, numbers: Array, outcome: Array, time: Array) -> None:
        """Counts events."""
        numbers = numbers.astype(np.intp)
        size = self.by_outcome.size
        places = numbers * OUTCOMES + outcome
        self.by_outcome[:] += np.bincount(places, minlength=size).reshape(self.by_outcome.shape)
        np.minimum.at(self.first, numbers, time)
        np.maximum.at(self.lasts.reshape(-1), places, time)

    def folded(self, place: Array, size: int) -> Counts:
        """The same with number n counted as `place[n]`."""
        place, found = place.astype(np.intp), Counts.none(size)
        cells = place[:, None] * OUTCOMES + np.arange(OUTCOMES)
        # Sums of doubles: exact up to 2**53 events.
        sums = np.bincount(cells.ravel(), self.by_outcome.ravel(), found.by_outcome.size)
        found.by_outcome[:] = sums.reshape(found.by_outcome.shape)
        np.minimum.at(found.first, place, self.first)
        np.maximum.at(found.lasts.reshape(-1), cells.ravel(), self.lasts.ravel())
        return found

    def grown(self, size: int) -> Counts:
        """The same for more numbers."""
        found = Counts.none(size)
        for new, old in zip(found, self, strict=True):
            new[: len(old)] = old
        return found


class Tally:
    """Counts rows by their first actor; row 0 has those without one."""

    def __init__(self, scope: Scope, base: Base) -> None:
        self._scope, self._base = scope, base
        self._reach = Reach(scope)
        self.counts = Counts.none(base.size(scope.index))

    def advance(self) -> None:
        """Takes in what came into sight."""
        index = self._scope.index
        size = self._base.size(index)
        if size > len(self.counts.first):
            self.counts = self.counts.grown(size + size // 4)
        numbers, outcome = self._base.column(index).view(), index.outcome.view()
        time = index.time.view()
        for rows in self._reach.fresh():
            self.counts.add(numbers[rows], outcome[rows], time[rows])


class Countries:
    """Where addresses are, as the newest record that says so says."""

    def __init__(self, scope: Scope) -> None:
        self._scope, self._reach = scope, Reach(scope)
        self._time = np.empty(0, np.int64)
        self.numbers = np.empty(0, np.uint32)
        """Per address the number of its country, 0 where no record says it."""

    def advance(self) -> None:
        """Takes in what came into sight."""
        index = self._scope.index
        country = index.country.ids.view()
        if len(index.country.dictionary) == 1:
            self._reach.pass_over()  # nothing of it says where anybody is
            return
        more = len(index.actor_ip.dictionary) - len(self.numbers)
        self._time = np.concatenate([self._time, np.full(more, -FAR, np.int64)])
        self.numbers = np.concatenate([self.numbers, np.zeros(more, np.uint32)])
        for rows in self._reach.fresh(lambda piece: country[piece] != 0):
            time, ip = index.time.view()[rows], index.actor_ip.ids.view()[rows]
            order = np.argsort(time, kind="stable")
            order = order[time[order] >= self._time[ip[order]]]
            # The last of several values for one place stays.
            self._time[ip[order]] = time[order]
            self.numbers[ip[order]] = country[rows[order]]


class FindingState(NamedTuple):
    """A finding as of the cursor: the newest version, and all its actors so far."""

    id: str
    row: int
    first: int
    updated: int
    versions: int
    severity: Severity
    actors: frozenset[tuple[int, int]]
    """(address, identity) numbers."""


class _Kept(NamedTuple):
    """A finding's state, and until when it holds."""

    state: FindingState | None
    versions: int
    """How many rows it rests on, in sight or not."""
    until: int
    """The first time at which another version comes into sight."""


class Findings:
    """The findings in sight; filters do not matter."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._kept: dict[str, _Kept] = {}
        self.states: list[FindingState] = []
        """The worst and newest first."""

    def advance(self) -> None:
        """Looks at those of which there is something new."""
        until, changed = self._scope.until, False
        for name, rows in self._scope.index.finding_rows.items():
            kept = self._kept.get(name)
            if kept is None or kept.versions != len(rows) or kept.until <= until:
                self._kept[name] = self._look(name, rows)
                changed = True
        if changed:
            states = [kept.state for kept in self._kept.values() if kept.state is not None]
            self.states = sorted(states, key=lambda s: (-s.severity, -s.updated, s.id))

    def _look(self, name: str, rows: list[int]) -> _Kept:
        index, scope = self._scope.index, self._scope
        times = [(index.time.at(row), index.id.at(row), row) for row in rows]
        seen = sorted(at for at in times if scope.since <= at[0] <= scope.until)
        following = min((at[0] for at in times if at[0] > scope.until), default=FAR)
        if not seen:
            return _Kept(None, len(rows), following)
        updated, _, row = seen[-1]
        actors = frozenset(actor for _, _, r in seen for actor in index.actors(r))
        severity = Severity(index.severity.at(row))
        state = FindingState(name, row, seen[0][0], updated, len(seen), severity, actors)
        return _Kept(state, len(rows), following)


class Ledger:
    """All that is kept of one scope."""

    def __init__(
        self, index: Index, since: int | None = None, where: Matches | None = None
    ) -> None:
        self.scope = Scope(index, since, where)
        self._counts_by = where, where.version if where else 0
        self._tallies: dict[Base, Tally] = {}
        self._profiles: dict[Kind, Profiles] = {}
        self._pulses: dict[tuple[Base, int], Pulses] = {}
        self._findings: Findings | None = None
        self._countries: Countries | None = None
        self._hits: dict[Base, HitTally] = {}
        self._deeds: dict[Base, Deeds] = {}

    def counts_by(self, where: Matches | None) -> bool:
        """Whether that is what selects its rows, and has decided none of them anew since."""
        return self._counts_by == (where, where.version if where else 0)

    def reaches(self, until: int) -> bool:
        """Whether it can move on to a cursor: there is no way back."""
        return until >= self.scope.until

    def move(self, until: int) -> None:
        """The cursor is there now."""
        self.scope.until = until

    def tally(self, base: Base) -> Counts:
        """Counts by first actor. Numbers may be more than there are."""
        tally = self._tallies.get(base)
        if tally is None:
            tally = self._tallies[base] = Tally(self.scope, base)
        tally.advance()
        return tally.counts

    def any_tally(self) -> Counts:
        """Counts by any sort of first actor: all together they are the same."""
        return self.tally(next(iter(self._tallies), Base.IP))

    def hits(self, base: Base) -> Detected:
        """What rules matched, by first actor."""
        return self._hit_tally(base).found()

    def last_hits(self, base: Base) -> Pairs:
        """First actors, the rules that matched their events, and when last."""
        return self._hit_tally(base).last()

    def _hit_tally(self, base: Base) -> HitTally:
        tally = self._hits.get(base)
        if tally is None:
            tally = self._hits[base] = HitTally(self.scope, base)
        tally.advance()
        return tally

    def deeds(self, base: Base) -> Deeds:
        """What first actors did that weighs more."""
        found = self._deeds.get(base)
        if found is None:
            found = self._deeds[base] = Deeds(self.scope, base)
        found.advance()
        return found

    def any_hits(self) -> Detected:
        """The same by any sort of first actor: all together they are the same."""
        return self.hits(next(iter(self._hits), Base.IP))

    def profiles(self, kind: Kind) -> Profiles:
        """What single entities did."""
        found = self._profiles.get(kind)
        if found is None:
            found = self._profiles[kind] = Profiles(self.scope, kind)
        return found

    def pulses(self, base: Base, width: int) -> Pulses:
        """Events by first actor and piece of time of so many nanoseconds."""
        found = self._pulses.get((base, width))
        if found is None:
            found = self._pulses[base, width] = Pulses(self.scope, base, width)
        return found

    def findings(self) -> list[FindingState]:
        """The findings in sight, the worst and newest first."""
        if self._findings is None:
            self._findings = Findings(self.scope)
        self._findings.advance()
        return self._findings.states

    def country(self, ip: int) -> str:
        """Where the address with this number is, as the newest record says; "" where none does."""
        if self._countries is None:
            self._countries = Countries(self.scope)
        self._countries.advance()
        numbers = self._countries.numbers
        values = self.scope.index.country.dictionary.values
        return values[numbers[ip]] if ip < len(numbers) else ""
