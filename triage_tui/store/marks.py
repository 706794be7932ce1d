"""What is known of entities beside the events, as points and reasons: lists, and habits."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from triage_tui.detect import touched
from triage_tui.detect.unusual import list_points, list_words, words
from triage_tui.detect.weeks import ENOUGH
from triage_tui.model import HOUR, Kind

from .scope import BASES, FAR, Base
from .touching import BITS
from .visits import Visits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.detect.baseline import Unusual

    from .columns import Array
    from .judging import Judged, Weighed
    from .ranking import Ranking

LISTED, TOUCHED = "intel", "touched"
"""The kinds of the reasons that rest on lists, and on what was done to what."""
_TOUCH_POINTS = np.array([touched.points(mask) for mask in range(1 << BITS)], np.int64)
HOLE = "hole"
"""The kind of those that rest on what is known of functions."""


class Marks:
    """The marks of one ranking's entities."""

    def __init__(self, ranking: Ranking) -> None:
        self._ranking = ranking
        self._sight, self._index = ranking.sight, ranking.sight.index

    def working_out(self) -> Iterator[None]:
        """Holds everybody against their habits, in slices: it may take seconds."""
        if "_unusual" in self.__dict__ or self._ranking.kind is not Kind.PRINCIPAL:
            return
        judged: dict[int, Judged] = {}
        yield from self._index.judging.judging(self._sight, judged)
        self.__dict__.setdefault("_unusual", judged)

    def points(self, fades: Array, of_deeds: Array) -> Array:
        """Per entity number what its marks weigh together, faded: lists by the one, what was
        touched by the other."""
        size = len(fades)
        total: Array = (self._listed[0][:size] * fades).astype(np.int64)
        total += (_TOUCH_POINTS[self._touched[:size]] * of_deeds).astype(np.int64)
        total += (self.visits.points(size) * fades).astype(np.int64)
        for root, judged in self._unusual.items():
            if root < size:
                total[root] += sum(points for _, points, _ in judged.weighs)
        return total

    def of(self, number: int) -> tuple[tuple[str, int], ...]:
        """(kind, points) of an entity's marks."""
        listed = int(self._listed[0][number])
        found = [(LISTED, listed)] if listed else []
        knocked = self.visits.points_of(number)
        found += [(HOLE, knocked)] if knocked else []
        if touched := int(_TOUCH_POINTS[self._touched[number]]):
            found.append((TOUCHED, touched))
        found += [(kind, points) for kind, points, _ in self._weighs(number)]
        return tuple(found)

    def _weighs(self, number: int) -> list[Weighed]:
        judged = self._unusual.get(number)
        return [] if judged is None else judged.weighs

    def hours(self, number: int) -> list[int]:
        """The UTC hours that are unusual of an entity."""
        return [each.hour for kind, _, each in self._weighs(number) if kind == "rate"]

    def words(self, number: int) -> dict[str, tuple[str, str | None]]:
        """Kind -> (text, ref) of an entity's marks."""
        found: dict[str, tuple[str, str | None]] = {}
        address = int(self._listed[1][number])
        if address:
            intel, at = self._index.knowledge.intel, self._sight.present
            lists = self._index.listed.lists(address)
            text = list_words(lists, at, intel.stale)
            ip = self._index.actor_ip.dictionary.values[address]
            if self._ranking.kind is not Kind.IP:
                text = f"{ip} {text}"
            found[LISTED] = text, ip
        if self.visits.points_of(number):
            found[HOLE] = self.visits.words(number)
        if self._touched[number]:
            found[TOUCHED] = self._deeds_touching(number), None
        for kind, _, unusual in self._weighs(number):
            found[kind] = self._say(number, unusual), None
        return found

    @cached_property
    def visits(self) -> Visits:
        """Who reached which function with a hole."""
        return Visits(self._sight, self._ranking.kind)

    @cached_property
    def remark(self) -> str:
        """Why nothing is said of habits though somebody learned some; "" where there is no need."""
        if self._ranking.kind is not Kind.PRINCIPAL:
            return ""
        if self._index.untaught:
            return self._index.untaught
        judging = self._index.judging
        baseline = judging.baseline(judging.first_hour(self._sight))
        if baseline is None:
            return ""
        if baseline.knows:
            crowded = baseline.newcomers is None
            return "more principals than are held against their habits" if crowded else ""
        needed = ENOUGH // 24
        return (
            f"too little history to tell what is usual: {baseline.exposure.days} of {needed} days"
        )

    # -- lists -----------------------------------------------------------------------------------

    @cached_property
    def _listed(self) -> tuple[Array, Array]:
        """Per entity number the points, and the address that they are for."""
        size = self._sight.size(self._ranking.kind)
        points, address = np.zeros(size, np.int64), np.zeros(size, np.int64)
        intel = self._index.knowledge.intel
        if not intel or self._ranking.kind is Kind.SERVICE:
            return points, address
        listed = self._index.listed
        numbers, at = listed.numbers(), self._sight.present
        weights = np.array([list_points(each, at, intel.stale) for each in listed.sets], np.int64)
        entities, ips = self._links(weights[numbers] > 0)
        weighs = weights[numbers[ips]]
        order = np.lexsort((-ips, weighs))  # the heaviest last, of equals the first address
        points[entities[order]] = weighs[order]
        address[entities[order]] = ips[order]
        return points, address

    def _links(self, wanted: Array) -> tuple[Array, Array]:
        """Entities in sight and the addresses that count for them, of those wanted."""
        sight, kind = self._sight, self._ranking.kind
        if kind is Kind.PRINCIPAL:
            doings = self._index.doings(sight.bounds.since)
            pairs = doings.firsts("actor_ip", sight.bounds.until)
            keep = wanted[pairs.values]
            return sight.roots[pairs.whos[keep]].astype(np.int64), pairs.values[keep]
        ips = np.flatnonzero(wanted)
        if kind is Kind.IP:
            return ips, ips
        tally = sight.ledger(filtered=False).tally(Base.IP)
        ips = ips[tally.by_outcome[ips].any(axis=1)]
        return self._index.network_of_ip[ips].astype(np.int64), ips

    # -- what was touched ------------------------------------------------------------------------

    @property
    def _touched(self) -> Array:
        """Per entity number what it touched in sight and does not usually, as a `Touch`."""
        return self._touching[0]

    @property
    def touched_last(self) -> Array:
        """Per entity number when, in hours; -FAR where it did not."""
        return self._touching[1]

    @cached_property
    def _touching(self) -> tuple[Array, Array]:
        return self._touched_by(self._sight.bounds.until)

    def _touched_by(self, until: int | None) -> tuple[Array, Array]:
        """Per entity number what it touched up to a time, and when last."""
        sight, kind = self._sight, self._ranking.kind
        size = sight.size(kind)
        found, last = np.zeros(size, np.int64), np.full(size, -FAR, np.int64)
        if kind is Kind.SERVICE:
            return found, last
        actors, bits, told = self._index.doings(sight.bounds.since).touches(BASES[kind], until)
        fold = sight.fold(kind)
        ids = (actors if fold is None else fold[actors]).astype(np.int64)
        masks = 1 << bits
        some = (ids != 0) & ((masks & self._spared(size)[ids]) == 0)
        np.bitwise_or.at(found, ids[some], masks[some])
        np.maximum.at(last, ids[some], told[some])
        return found, last

    def _spared(self, size: int) -> Array:
        """Per entity number what it may touch: what it usually does; all, where it is AWS at work
        for itself."""
        spared = np.zeros(size, np.int64)
        if self._ranking.kind is Kind.PRINCIPAL:
            for root, judged in self._unusual.items():
                if root < size:
                    spared[root] = judged.usual
            spared[self._index.aws_identities()[:size]] = (1 << BITS) - 1
        return spared

    def touched_since(self, number: int, at: int) -> bool:
        """Whether an entity touched another sort of thing after a time."""
        before, _ = self._touched_by(min(at, self._sight.until))
        return bool(int(self._touched[number]) & ~int(before[number]))

    def _deeds_touching(self, number: int) -> str:
        """What it did that weighs, each sort by its most frequent action."""
        index, touching = self._index, self._index.touching
        own = int(self._touched[number])
        actions, times, grave = self._deeds_of(number)
        examples, names = [], index.action.dictionary.values
        bits = touching.of_actions(actions)
        for deed in touched.DEEDS:
            mine = (bits & deed & own) != 0
            if mine.any():
                examples.append((deed, names[int(actions[mine][np.argmax(times[mine])])]))
        resource = (
            index.resource.text(grave) if own & touched.Touch.SENSITIVE and grave >= 0 else ""
        )
        return touched.words(examples, resource)

    def _deeds_of(self, number: int) -> tuple[Array, Array, int]:
        """(actions, how often each, the first row in which it touched what is sensitive or -1) of
        its deeds that weigh."""
        index, sight, kind = self._index, self._sight, self._ranking.kind
        deeds, entity = sight.ledger(filtered=False).deeds(BASES[kind]), np.array([number])
        actors = sight.actors(kind, entity)
        extras = sight.extra_links(kind, filtered=False)
        more = extras.rows[extras.ids == sight.merged(kind, entity)[0]]
        actions, times = deeds.actions(actors)
        if len(actors) == 1 and not len(more):  # as most are: each action stands there once
            found = deeds.first_sensitive(actors)
            return actions, times, int(found[0]) if len(found) else -1
        touches = index.touching.of(more)
        more, touches = more[touches != 0], touches[touches != 0]
        found, where = np.unique(
            np.concatenate([actions, index.action.ids.view()[more]]), return_inverse=True
        )
        weights = np.concatenate([times, np.ones(len(more), np.int64)])
        counts = np.bincount(where, weights, len(found)).astype(np.int64)
        grave = np.concatenate(
            [deeds.first_sensitive(actors), more[(touches & touched.Touch.SENSITIVE) != 0]]
        )
        order = np.lexsort((grave, index.time.view()[grave]))
        return found, counts, int(grave[order[0]]) if len(grave) else -1

    # -- habits ----------------------------------------------------------------------------------

    @cached_property
    def _unusual(self) -> dict[int, Judged]:
        if self._ranking.kind is not Kind.PRINCIPAL:
            return {}
        return self._index.judging.judge(self._sight)

    def _say(self, number: int, unusual: Unusual) -> str:
        judging = self._index.judging
        baseline = judging.baseline(judging.first_hour(self._sight))
        deeds = self._deeds(number, unusual.hour) if unusual.kind == "rate" else ""
        if baseline is None:  # its file has failed since it has judged
            return f"unusual for it: {deeds or unusual.kind}"
        return words(unusual, baseline, deeds)

    def _deeds(self, number: int, hour: int) -> str:
        """What was done most in an hour, and when it began: `388 DeleteItem on Sunday 02:09`."""
        index, sight = self._index, self._sight
        rows = sight.event_rows(Kind.PRINCIPAL, np.array([number], np.int64), filtered=False).rows
        time = index.time.view()[rows]
        own = (time // HOUR == hour) & (index.severity.view()[rows] == 0)
        rows = rows[own]
        if not len(rows):
            return "something"
        actions, counts = np.unique(index.action.ids.view()[rows], return_counts=True)
        most = int(actions[np.argmax(counts)])
        begins = rows[index.action.ids.view()[rows] == most][0]
        name, count = index.action.dictionary.values[most], int(counts.max())
        when = index.knowledge.calendar.clock(index.time.at(int(begins)))
        done = f"{count:,} {name}"
        if name.startswith("Delete") and count > 1:
            done = f"{count:,} deletes ({name})"
        return f"{done} on {when}"
