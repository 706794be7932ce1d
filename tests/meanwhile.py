"""Everything that is asked of a triage while more comes: what was begun goes on between two
batches, time moves, people decide. What is old answers all along, and in the end all is shown as by
a triage that was asked nothing before.

`python -m tests.meanwhile --seeds 300` is the long run.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from random import Random
from typing import TYPE_CHECKING

from tests.fed import NOW, FedTriage, OnceDecoders, State, night
from tests.shown import BARS, FILTERS, KINDS, SPAN, shown
from triage_tui.detect.intel import Intel, ListKind, of_bytes
from triage_tui.detect.rule_settings import Mute
from triage_tui.model import HOUR, BlockRequest, Status, Verdict
from triage_tui.principals import AliasGraph
from triage_tui.store.entities import entities, latest_rows, pulse, pulse_peak
from triage_tui.store.matches import Matches
from triage_tui.store.ranking import Ranking
from triage_tui.store.rulebook import rule_states
from triage_tui.store.sight import Sight
from triage_tui.ui.adapters.dossier import PANES, Dossier
from triage_tui.ui.adapters.overview import OverviewRows
from triage_tui.ui.adapters.timebars import TimeBars
from triage_tui.ui.adapters.zoom import Window
from triage_tui.ui.alarm import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from triage_tui.model import Batch, BlockPlan, EntityRef
    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage

KEPT = 3
"""Of each sort, so many that were made before are still asked."""


class Course:
    """A triage that goes on, and everything that was ever asked of it."""

    def __init__(self, triage: Triage, state: State, random: Random) -> None:
        self.triage, self.state, self.random = triage, state, random
        self.rankings: list[Ranking] = []
        self.rows = OverviewRows(triage, triage.look(KINDS[0]))
        self.dossiers: list[Dossier] = []
        self.steps: list[Iterator[object]] = []
        self.plan: tuple[asyncio.Task[BlockPlan], EntityRef] | None = None
        self.bars = TimeBars(triage)
        self.alarm = Alarm()
        self.witness = triage.witness()

    def _filter(self) -> Filter:
        return self.random.choice(FILTERS)

    def _one(self) -> EntityRef | None:
        """Any of those in front."""
        ranking = self.triage.look(self.random.choice(KINDS))
        page = ranking.page(0, 30).tolist()
        return entities(ranking, [self.random.choice(page)])[0].ref if page else None

    # -- what takes several steps ----------------------------------------------------------------

    def begin(self) -> None:
        """Asks for something that is used later on."""
        triage, random = self.triage, self.random
        match random.randrange(7):
            case 0:
                ranking = triage.look(random.choice(KINDS), self._filter())
                self.rankings = [*self.rankings[-KEPT:], ranking]
                self.steps.append(ranking.working_out())
            case 1:
                self.steps.append(self.alarm.look(triage))
            case 2 | 3:
                self.steps.append(self._painting())
            case 4:
                self.steps.append(triage.search(self._filter()))
            case 5 if (ref := self._one()) is not None:
                self.dossiers = [*self.dossiers[1 - KEPT :], Dossier(triage, ref, self._filter())]

    def _painting(self) -> Iterator[None]:
        """As the overview does: another model is worked out, and then takes the place of the one
        before, which is on the screen until then."""
        ranking = self.triage.look(self.random.choice(KINDS), self._filter())
        fresh = OverviewRows(self.triage, ranking)
        yield from ranking.working_out()
        if fresh.row_count():
            yield from fresh.building(self.random.randrange(fresh.row_count()))
        self.rows.adopt(fresh)

    def go_on(self) -> None:
        """Takes a step of something that began before."""
        if self.steps:
            steps = self.random.choice(self.steps)
            if next(steps, self) is self:
                self.steps.remove(steps)

    def to_the_end(self) -> None:
        while self.steps:
            self.go_on()

    async def plans(self) -> None:
        """Begins a plan, or goes on with the one that waits: it knows who came meanwhile."""
        going_on = self.state.blocklist.going_on
        if self.plan is None:
            ref = self._one()
            if ref is not None:
                going_on.clear()
                planning = asyncio.create_task(self.triage.plan_block([ref]))  # noqa: TID251
                self.plan = planning, ref
                await asyncio.sleep(0)
            return
        (planning, ref), self.plan = self.plan, None
        going_on.set()
        plan = await planning
        again = await self.triage.plan_block([ref])
        assert [each.collateral for each in plan.choices] == [
            each.collateral for each in again.choices
        ], "a plan that waited knows less than one that did not"

    # -- what is answered at once ----------------------------------------------------------------

    def ask(self) -> None:
        """Asks what is old, and what is not."""
        random = self.random
        for ranking in random.sample(self.rankings, min(2, len(self.rankings))):
            self._answers(ranking)
        self._answers(self.rows.ranking)
        self._scrolls()
        if self.dossiers:
            self._tells(random.choice(self.dossiers))
        span = self.triage.index.span()
        if span is not None:
            whole = Window(*span)
            close = random.random() < 0.3
            part = whole.around(random.randint(*whole), whole.width // 3) if close else whole
            self.bars.bars(self._filter(), part, BARS, part if close else None)
        self.witness.collateral("198.51.100.0/24")
        rule_states(self.triage.sight())
        self.triage.resources()

    def _answers(self, ranking: Ranking) -> None:
        page = ranking.page(0, 40).tolist()
        some = self.random.sample(page, min(3, len(page)))
        built = entities(ranking, some)
        assert [each.risk for each in built] == [int(ranking.risks[number]) for number in some]
        pulse(ranking, some, SPAN, 8)
        pulse_peak(ranking, SPAN, 8)
        for number in some:
            ranking.facts(number)
            latest_rows(ranking, number, 5)
        assert ranking.alarms >= 0

    def _scrolls(self) -> None:
        """What the table does with its model, whatever is worked out beside it."""
        rows, random = self.rows, self.random
        if rows.row_count():
            key = rows.row(random.randrange(rows.row_count())).key
            assert rows.index_of(key) is not None
            rows.ref(key)
        keys = self.triage.index.actor_ip.dictionary.values
        for key in random.sample(keys, min(3, len(keys))):
            rows.ref(key)

    def _tells(self, dossier: Dossier) -> None:
        random = self.random
        if random.random() < 0.5:
            dossier.look()
        dossier.head()
        for pane in range(len(PANES)):
            listed = dossier.list_rows(pane) if pane else dossier.events
            dossier.tabs(pane)
            if listed.row_count():
                row = listed.row(random.randrange(listed.row_count()))
                if pane != len(PANES) - 1:
                    dossier.term(pane, row.key)
                    dossier.record(pane, row.key)
        span = self.triage.index.span()
        dossier.bars(Window(*span) if span else None, BARS)

    # -- what changes ----------------------------------------------------------------------------

    async def change(self) -> None:
        """Moves time, or decides something."""
        triage, random = self.triage, self.random
        clock, ref = triage.clock, self._one()
        match random.randrange(8):
            case 0 if clock.first is not None and clock.last is not None:
                clock.seek(random.randint(clock.first, clock.last))
            case 1 | 2:
                clock.to_end()
            case 3:
                rules = random.sample(list(triage.index.rules.rules), random.randrange(4))
                triage.mute([Mute(rule.id, "", "noise") for rule in rules])
            case 4:
                text = f"198.51.100.{random.randrange(30)}\n203.0.113.0/28\n".encode()
                triage.know(Intel([of_bytes(text, "/lists/drop", ListKind.BLOCK, NOW, NOW)]))
            case 5 if ref is not None:
                await triage.set_verdict(ref, random.choice(list(Verdict)))
            case 6 if ref is not None:
                await triage.note(ref.subject, f"seen {random.random()}")
                await triage.set_status(ref, random.choice(list(Status)))
            case 7 if ref is not None and self.plan is None:
                await self._block(ref)

    async def _block(self, ref: EntityRef) -> None:
        plan = await self.triage.plan_block([ref])
        choices = [each for each in plan.choices if not each.refused and not each.covered_by]
        if choices:
            at = self.triage.clock.position()
            request = BlockRequest(
                choices[0].cidr, plan.blocklist, "scans", "maria", HOUR, ref.subject, at
            )
            await self.triage.block(request)

    def agrees(self) -> None:
        """What is kept up is what counting everything once gives."""
        kind, selected = self.random.choice(KINDS), self.random.choice(FILTERS[:5])
        index, kept = self.triage.index, self.triage.look(kind, selected)
        where = None if selected.selects_all else Matches(index, selected)
        anew = Ranking(Sight(index, AliasGraph(), kept.sight.bounds, where), kind)
        found, wanted = (
            [[each.key(number) for number in each.ids.tolist()], entities(each, each.page(0, 20))]
            for each in (kept, anew)
        )
        assert found == wanted, f"{kind.value} `{selected.text}` is not as counted anew"


async def course(seed: int, most: int = 10) -> int:
    """Reads at most `most` batches of each file of the incident, with everything in between; how
    many values were compared in the end."""
    random = Random(seed)
    batches, state, decoders = await night(random, most), await State.open(), OnceDecoders()
    fed, fresh = FedTriage(state, decoders), FedTriage(state, decoders)
    try:
        await _asked(fed, Course(fed.triage, state, random), batches)
        await _not_asked(fresh, fed.triage, batches)
        moments = _moments(fed.triage, random)
        return sum(_compared(fed.triage, fresh.triage, at, seed) for at in moments)
    finally:
        await fed.triage.close()
        await fresh.triage.close()
        await state.close()


async def _asked(fed: FedTriage, taken: Course, batches: Sequence[Batch]) -> None:
    """Reads the batches, with everything in between."""
    random = taken.random
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(fed.run())
        for batch in batches:
            await fed.feed(batch)
            taken.begin()
            for _ in range(random.randrange(4)):
                taken.go_on()
            if random.random() < 0.2:
                await taken.plans()
            if random.random() < 0.3:
                taken.ask()
            if random.random() < 0.3:
                await taken.change()
            if random.random() < 0.1:
                taken.agrees()
        reading.cancel()
    if taken.plan is not None:
        await taken.plans()
    taken.to_the_end()
    taken.ask()


async def _not_asked(fresh: FedTriage, known: Triage, batches: Sequence[Batch]) -> None:
    """Reads the batches, knowing all that was decided in the end."""
    fresh.triage.mute(known.index.muted)
    fresh.triage.know(known.index.knowledge.intel)
    fresh.triage.heard()
    fresh.clock.play()  # its ticks stand still: it stays at the first event, and all else waits
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(fresh.run())
        for batch in batches:
            await fresh.feed(batch)
        reading.cancel()


def _moments(triage: Triage, random: Random) -> list[int | None]:
    """The end, and a time before it."""
    span = triage.index.span()
    return [None, random.randint(*span)] if span else [None]


def _compared(triage: Triage, fresh: Triage, at: int | None, seed: int) -> int:
    """Holds what two triages show at a time against each other; how many values that were."""
    for each in (triage, fresh):
        each.clock.to_end() if at is None else each.clock.seek(at)
    seed += at or 0  # another choice at another time
    found, wanted = (list(shown(each, Random(seed))) for each in (triage, fresh))
    for one, other in zip(found, wanted, strict=True):
        assert one == other, f"{one[0]} at {at}"
    return len(found)


def main() -> int:
    """Exits 1 at the first seed that fails, which is said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--most", type=int, default=12)
    arguments = parser.parse_args()
    begun, values = time.monotonic(), 0
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        try:
            values += asyncio.run(course(seed, arguments.most))
        except Exception:
            sys.stderr.write(f"\nseed {seed}:\n")
            raise
    seconds = time.monotonic() - begun
    same = f"{values:,} values are those of a fresh triage"
    sys.stdout.write(f"{arguments.seeds} courses, {same}; {seconds:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
