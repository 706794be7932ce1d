"""Undo of what was done and read back restores what was there, unless somebody else has changed it
since, and then says so: for every kind of change that there is, whatever happens to the calls."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.aws.server import ServiceError
from tests.aws.worlds import WORLDS, World
from tests.driving import driven
from triage_tui.remedies import AnyChange, Change, Parts, RemedyRequest, RemedyState
from triage_tui.respond.ipset import TroubleKind
from triage_tui.respond.journal import Journal, ResponseError
from triage_tui.respond.remedy.calls import Answer, Call, Reply, Trouble
from triage_tui.respond.remedy.course import (
    Course,
    Fate,
    Intend,
    Outcome,
    Step,
    look,
    make,
    take_back,
)
from triage_tui.respond.remedy.guard import RemedyPolicy
from triage_tui.respond.remedy.levers import lever_of
from triage_tui.respond.remedy.simulated import SimulatedRemedies

FAULTS = ("none", "busy", "lost", "deaf")
"""What happens to a call: nothing, refused for now, lost on its way, or its answer is."""
READS = ("Get", "List", "Describe")
KINDS: tuple[type[Change], ...] = get_args(AnyChange)
"""Every kind: one that is added to the vocabulary is tried here, and fails without a world."""


class Driver:
    """Drives a course in a world whose calls go wrong as they are told to."""

    def __init__(self, world: World, faults: list[str]) -> None:
        self.world = world
        self.intents: list[Intend] = []
        self._faults = iter(faults)

    def drive(self, course: Course) -> Outcome:
        return driven(course, self._answer)

    def _answer(self, step: Step) -> Answer:
        if isinstance(step, Call):
            return self._call(step)
        if isinstance(step, Intend):
            self.intents.append(step)
        return None

    def _call(self, call: Call) -> Reply | Trouble:
        fault = next(self._faults, "none")
        writes = not call.operation.startswith(READS)
        unclear = TroubleKind.UNCLEAR if writes else TroubleKind.BUSY
        if fault == "busy":
            return Trouble(TroubleKind.BUSY, "Rate exceeded")
        if fault == "lost":
            return Trouble(unclear, "the connection broke")
        try:
            answer = self.world.answer(call.service, call.operation, dict(call.parameters))
        except ServiceError as error:
            kind = TroubleKind.REFUSED
            if error.code == "ResourceConflictException":
                kind = TroubleKind.BUSY
            return Trouble(kind, error.message, error.code)
        return Trouble(unclear, "no answer came") if fault == "deaf" else Reply(answer)


def seen(world: World, change: AnyChange) -> Parts | None:
    """What is there; None where what it is about is gone."""
    for _ in range(5):
        found = Driver(world, []).drive(look(lever_of(change)))
        if found.now is not None:
            return found.now
    return None


@st.composite
def happening(draw: st.DrawFn) -> tuple[list[str], list[int], list[str]]:
    """Faults of the way there, what others do then, and faults of the way back."""
    faults = st.lists(st.sampled_from(FAULTS), max_size=12)
    return draw(faults), draw(st.lists(st.integers(0, 7), max_size=3)), draw(faults)


MAKERS = [(kind, number) for kind in KINDS for number in range(len(WORLDS.get(kind, ())) or 1)]


@pytest.mark.parametrize(("kind", "number"), MAKERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(happening())
def test_undo_restores_what_nobody_else_has_changed(
    kind: type[Change], number: int, happened: tuple[list[str], list[int], list[str]]
) -> None:
    there, others, back = happened
    world = WORLDS[kind][number]()
    at_first = world.snapshot()
    driver = Driver(world, there)
    lever = lever_of(world.change)
    made = driver.drive(make(lever, chance=lambda: 0.5))
    if lever.once:
        assert len(world.snapshot()) <= 1  # type: ignore[arg-type] # a list of what ran
        assert lever.stays("any", None)
        return
    if not driver.intents:
        assert world.snapshot() == at_first
        return
    if made.fate is not Fate.DONE:
        assert there, "it fails where nothing goes wrong"
        return
    [(before, after)] = driver.intents
    ours = [part for part in {**before, **after} if before.get(part) != after.get(part)]
    done = seen(world, lever.change)
    assert done is not None
    assert all(done.get(part) == after.get(part) for part in ours)

    for number in others:
        world.others[number % len(world.others)]()
    middle, theirs = seen(world, lever.change), world.snapshot()
    again = lever_of(lever.change)
    undone = Driver(world, back).drive(take_back(again, before, after, chance=lambda: 0.5))
    if middle is None:
        assert undone.fate is Fate.FAILED
        assert undone.words
        assert world.snapshot() == theirs
        return
    now = seen(world, lever.change)
    assert now is not None
    finished = undone.fate in (Fate.DONE, Fate.SAME, Fate.CHANGED)
    assert finished or back, "it fails where nothing goes wrong"
    for part in {**middle, **now, **dict.fromkeys(ours)}:
        is_ours = part in ours and middle.get(part) == after.get(part)
        stays = is_ours and bool(again.stays(part, before.get(part)))
        if not is_ours or stays:
            assert now.get(part) == middle.get(part), f"{part} is not ours to change"
        elif finished:
            assert now.get(part) == before.get(part), f"{part} is not as it was"
        else:
            assert now.get(part) in (before.get(part), after.get(part))
        is_named = stays or (
            part in ours and middle.get(part) not in (before.get(part), after.get(part))
        )
        if finished:
            assert (part in undone.left) == is_named
            assert not is_named or part in undone.words
    if not finished:
        assert undone.words
    elif not others and not undone.left:
        assert world.snapshot() == at_first


@pytest.mark.parametrize(("kind", "number"), MAKERS)
async def test_a_simulation_keeps_the_same_rule(
    kind: type[Change], number: int, tmp_path: Path
) -> None:
    change = WORLDS[kind][number]().change
    journal = await Journal.open(tmp_path / "journal.db", wall=lambda: 1, real=False)
    remedies = SimulatedRemedies(journal, RemedyPolicy())

    async def do(wanted: AnyChange) -> Callable[[], object]:
        plan = await remedies.plan(wanted, 5)
        asked = RemedyRequest(plan.change, plan.before, "", "kim", "ip:192.0.2.1", 5)
        made = await remedies.apply(asked)
        return lambda: remedies.undo(made, author="kim", cursor=5)

    before = (await remedies.plan(change, 5)).before
    undo = await do(change)
    lever = lever_of(change)
    if all(lever.stays(part, before.get(part)) for part in lever.wanted(before)):
        with pytest.raises(ResponseError, match="It cannot be taken back"):
            await undo()  # type: ignore[misc] # a coroutine
    else:
        undone = await undo()  # type: ignore[misc] # a coroutine
        assert undone.state is RemedyState.UNDONE
        assert (await remedies.plan(change, 5)).before == before
    await journal.close()
