"""A function of the team's own over real HTTP: DryRun first, called once whatever happens."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from tests.aws.lambdas import FakeLambda
from tests.aws.server import FakeAws
from tests.aws.test_aws_remedies import WALL, Dying, Killed, Place, at, done
from triage_tui.remedies import InvokeFunction, RemedyState
from triage_tui.respond.journal import ResponseError
from triage_tui.respond.remedy.event import with_reason

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:isolate"
CHANGE = InvokeFunction(
    account="111122223333",
    region="eu-west-1",
    name="isolate",
    function=FUNCTION,
    about="198.51.100.23",
    event='{"source":"triage-tui","entity":{"key":"198.51.100.23"}}',
)


class Stage(NamedTuple):
    place: Place
    fake: FakeLambda
    aws: FakeAws


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    fake = FakeLambda(FUNCTION)
    async with FakeAws(fake) as served, at(served.url, tmp_path) as place:
        yield Stage(place, fake, served)


async def test_it_is_asked_first_and_its_answer_and_log_are_kept(stage: Stage) -> None:
    remedies = stage.place.remedies()
    plan = await remedies.plan(CHANGE, WALL)
    assert stage.fake.ran == []
    assert plan.undo.startswith("It cannot be taken back")
    change = with_reason(CHANGE, "stolen key", "kim")
    made = await done(remedies, change)
    assert made.state is RemedyState.DONE
    assert made.note == 'it answered: {"isolated": true}\nlog: START\n[INFO] isolating\x1b[31m\nEND'
    [event] = stage.fake.ran
    assert (event["reason"], event["author"]) == ("stolen key", "kim")
    assert json.loads(CHANGE.event)["entity"] == event["entity"]
    assert (await remedies.verify(made)).state is RemedyState.DONE
    with pytest.raises(ResponseError, match="cannot be taken back"):
        await remedies.undo(made, author="kim", cursor=WALL)
    assert len(stage.fake.ran) == 1


async def test_nobody_waits_for_an_asynchronous_one(stage: Stage) -> None:
    made = await done(stage.place.remedies(), replace(CHANGE, asynchronous=True))
    assert (made.state, len(stage.fake.ran)) == (RemedyState.DONE, 1)
    assert "Lambda has taken it" in made.note


async def test_a_function_that_fails_is_said_to(stage: Stage) -> None:
    stage.fake.failed, stage.fake.response = "Unhandled", b'{"errorMessage": "no such host"}'
    with pytest.raises(ResponseError, match="no such host"):
        await done(stage.place.remedies(), CHANGE)
    assert len(stage.fake.ran) == 1
    [found] = stage.place.remedies().remedies(None)
    assert found.state is RemedyState.FAILED


async def test_without_an_answer_it_is_not_called_again(stage: Stage) -> None:
    stage.fake.breaks = True
    made = await done(stage.place.remedies(), CHANGE)
    assert made.state is RemedyState.UNCLEAR
    assert len(stage.fake.ran) == 1


@pytest.mark.parametrize("after", [False, True])
async def test_after_a_crash_nobody_knows_and_it_is_not_called_again(
    stage: Stage, after: bool
) -> None:
    # DryRun comes first, for the plan and before the call.
    dying = stage.place.remedies(Dying(stage.place.hands, 3, after=after))
    with pytest.raises(Killed):
        await done(dying, CHANGE)
    later = stage.place.remedies(writer="2" * 16)
    await later.refresh()
    [found] = later.remedies(None)
    assert found.state is RemedyState.UNCLEAR
    assert "may have run" in found.note
    assert len(stage.fake.ran) == after


async def test_whoever_may_not_hears_so_before_anything_runs(stage: Stage) -> None:
    stage.fake.denied = True
    remedies = stage.place.remedies()
    with pytest.raises(ResponseError, match="policy prints what it takes"):
        await remedies.plan(CHANGE, WALL)
    assert stage.fake.ran == []
    assert remedies.unable(CHANGE) == "no permission: lambda:InvokeFunction"
