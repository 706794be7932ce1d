"""A function of the user's own instead of a block: called once, with the alert."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from tests.aws.lambdas import FakeLambda
from tests.aws.server import FakeAws
from tests.aws.wafv2 import FakeWaf
from tests.trigger.night import subscription
from tests.trigger.real import REGION, Clock, Site, site, waf_line
from triage_tui.model import MINUTE
from triage_tui.trigger.handler import call
from triage_tui.trigger.payloads import TICK

pytestmark = pytest.mark.may_block("servers of others are started and asked on the loop")

FUNCTION = f"arn:aws:lambda:{REGION}:111122223333:function:isolate"
EVENT = subscription([waf_line("8.8.8.8", 1)], "aws-waf-logs-shop")


class Stage(NamedTuple):
    aws: FakeAws
    fake: FakeLambda
    blocked: list[str]
    there: Site
    clock: Clock

    async def call(self, event: object = EVENT) -> Any:
        function = self.there.function(self.clock, custom=FUNCTION)
        return await asyncio.to_thread(function, event)

    def outcomes(self) -> set[str]:
        return {a["block"]["outcome"] for a in self.there.alerts() if a["block"]["cidr"]}


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    waf, fake = FakeWaf(), FakeLambda(FUNCTION)
    held = waf.ip_set("b4")
    async with FakeAws(waf, fake) as aws:
        with site(aws.url, monkeypatch) as there:
            monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", aws.url)
            yield Stage(aws, fake, held.addresses, there, Clock())


async def test_it_is_called_once_with_the_alert_and_nothing_is_blocked(stage: Stage) -> None:
    for _ in range(3):
        await stage.call()
    ran = [each for each in stage.fake.ran if isinstance(each, dict)]
    ids = [each["id"] for each in ran]
    assert len(ids) == len(set(ids)) > 0
    assert {each["block"]["cidr"] for each in ran if isinstance(each["block"], dict)} == {"8.8.8.8"}
    assert {"rule", "entities", "samples", "level"} <= ran[0].keys()
    assert stage.outcomes() == {"your own function was called"}
    assert stage.blocked == []


async def test_where_no_answer_comes_it_is_not_called_again(stage: Stage) -> None:
    stage.fake.breaks = True
    await stage.call()
    stage.clock.ahead = 10 * MINUTE
    await stage.call({TICK: True})
    ids = [each["id"] for each in stage.fake.ran]
    assert len(ids) == len(set(ids)) > 0
    [said] = stage.outcomes()
    assert "it may have been called" in said


async def test_one_that_has_too_much_to_do_is_called_again(stage: Stage) -> None:
    stage.aws.faults.add("Invoke", "throttle", times=1)
    await stage.call()
    assert stage.outcomes() == {"your own function was called"}


async def test_one_that_nobody_may_call_is_told_of(stage: Stage) -> None:
    stage.fake.denied = True
    await stage.call()
    [said] = stage.outcomes()
    assert "could not be called: Invoke: AccessDeniedException" in said


async def test_a_message_that_waits_calls_nothing_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:9")
        await stage.call()
    called = len(stage.fake.ran)
    assert called > 0
    assert stage.there.alerts() == []
    stage.clock.ahead = 10 * MINUTE
    await stage.call({TICK: True})
    assert len(stage.fake.ran) == called
    assert stage.outcomes() == {"your own function was called"}


async def test_a_call_that_has_no_time_left_leaves_it_to_the_schedule(stage: Stage) -> None:
    lasting = stage.there.lasting(stage.clock, custom=FUNCTION)
    await asyncio.to_thread(call, lasting, EVENT, 30_000)
    assert (stage.fake.ran, stage.there.alerts()) == ([], [])
    stage.clock.ahead = 10 * MINUTE
    await asyncio.to_thread(call, lasting, {TICK: True}, 120_000)
    assert stage.outcomes() == {"your own function was called"}
