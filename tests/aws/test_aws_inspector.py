"""Inspector over real HTTP: everything at first, every update after it, each version once."""

import random
from array import array
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import pytest

from tests.aws.came import Came, running
from tests.aws.faults import Faults
from tests.aws.inspector import FakeInspector, finding
from tests.aws.night import Time
from tests.aws.server import Call, FakeAws, ServiceError
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.inspector import Inspector
from triage_tui.aws.memory import Memory
from triage_tui.aws.settings import InspectorSettings
from triage_tui.formats.decode import decode
from triage_tui.health import HealthState
from triage_tui.model import Batch, Vulnerability

DAY = 86400.0


@pytest.fixture
def clock() -> Time:
    return Time(speed=600.0)


@pytest.fixture
def fake() -> FakeInspector:
    return FakeInspector()


def at(clock: Time, back: float = 0.0) -> datetime:
    """So many seconds ago, to the millisecond."""
    return datetime.fromtimestamp(round(clock.seconds() - back, 3), UTC)


@asynccontextmanager
async def inspector(
    clock: Time, aws: FakeAws, monkeypatch: pytest.MonkeyPatch, memory: Memory | None = None
) -> AsyncIterator[Came]:
    """Follows the findings while it is entered."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    access = Access(Scope(None, "eu-west-1"), renewal=0.01)
    followed = partial(
        Inspector,
        access,
        InspectorSettings(enabled=True, poll_seconds=60.0),
        wall=clock.wall,
        sleep=clock.sleep,
        ticks=clock.seconds,
        memory=memory,
    )
    try:
        async with running(lambda announce: followed(announce).run()) as came:
            yield came
    finally:
        await access.close()


def versions(came: Came) -> Counter[tuple[str, str, str]]:
    return Counter((each["findingArn"], each["updatedAt"], each["status"]) for each in came.records)


def understood(came: Came) -> list[Vulnerability]:
    """What the decoder makes of the records."""
    found: list[Vulnerability] = []
    for raw in came.raw:
        columns = decode(Batch(0, raw, array("Q", [0]), array("Q", [len(raw)]), 5))
        found += [each.vulnerability for each in columns.vulnerabilities]
    return found


async def test_everything_comes_once_and_then_every_update(
    clock: Time, fake: FakeInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put(*(finding(n, at(clock, 90 * DAY + n)) for n in range(120)))
    fake.put(finding(900, at(clock, DAY), status="CLOSED"))
    fake.put(finding(901, at(clock, DAY), resource="AWS_EC2_INSTANCE"))
    fake.put(finding(902, at(clock, DAY), type_="NETWORK_REACHABILITY"))
    fake.put(finding(903, at(clock, DAY), resource="AWS_ECR_CONTAINER_IMAGE"))
    async with FakeAws(fake) as aws, inspector(clock, aws, monkeypatch) as came:
        await came.until(lambda: came.state is HealthState.POLLING and len(came.records) == 122)
        assert set(versions(came).values()) == {1}
        await came.until(lambda: came.notes("polled every 60 s; "))
        fake.update(7, at(clock), status="CLOSED")
        await came.until(lambda: len(came.records) == 123)
        polls = len(fake.asked)
        await came.until(lambda: len(fake.asked) > polls + 2)
        assert set(versions(came).values()) == {1}
    first, second = fake.asked[:2]
    assert "updatedAt" not in first
    assert "updatedAt" in second
    holes = understood(came)
    assert len(holes) == 123
    assert (holes[-1].open, holes[-1].package, holes[-1].score) == (False, "lodash", 7.2)
    assert [each.seen for each in holes if each.finding == holes[-1].finding][-1] == holes[-1].seen


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_fails_and_moves_meanwhile_the_last_version_of_each_comes(
    clock: Time, fake: FakeInspector, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance, faults, left = random.Random(seed), Faults(seed), 60

    def mutate(operation: str, call: Call) -> None:
        nonlocal left
        if left and fake.asked:
            left -= 1
            fake.update(chance.randrange(150), at(clock), chance.choice(("ACTIVE", "CLOSED")))

    fake.put(*(finding(n, at(clock, chance.uniform(1000, DAY))) for n in range(150)))
    fake.before = mutate
    for fault in ("throttle", "error500", "reset", "stale"):
        faults.add("ListFindings", fault, chance=0.05)
    faults.add("ListFindings", "expired", times=1)
    faults.add("ListFindings.answer", "cut", chance=0.05)
    async with FakeAws(fake, faults=faults) as aws, inspector(clock, aws, monkeypatch) as came:
        await came.until(lambda: not left, 30)
        faults.clear()

        def last_are_here() -> bool:
            held = fake.findings["111122223333", "eu-west-1"].values()
            last = {(each["findingArn"], each["updatedAt"].isoformat()) for each in held}
            return last <= {each[:2] for each in versions(came)}

        await came.until(last_are_here, 30)
        assert set(versions(came).values()) == {1}


async def test_a_night_that_goes_on_knows_what_it_had(
    clock: Time, fake: FakeInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put(*(finding(n, at(clock, DAY + n)) for n in range(20)))
    async with FakeAws(fake) as aws:
        async with inspector(clock, aws, monkeypatch) as came:
            await came.until(lambda: len(came.records) == 20)
        memory = Memory()
        memory.take(("inspector eu-west-1", raw) for raw in came.raw)
        fake.update(3, at(clock))
        async with inspector(clock, aws, monkeypatch, memory) as again:
            await again.until(lambda: again.notes("polled every"))
            assert [each["updatedAt"] for each in again.records] == [
                fake.findings["111122223333", "eu-west-1"][finding(3, at(clock))["findingArn"]][
                    "updatedAt"
                ].isoformat()
            ]


async def test_what_is_denied_or_switched_off_is_said(
    clock: Time, fake: FakeInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = True

    def refuse(operation: str, call: Call) -> None:
        if denied and operation == "ListFindings":
            text = "User is not authorized to perform: inspector2:ListFindings"
            raise ServiceError("AccessDeniedException", text, 403)

    fake.before, fake.scans = refuse, {}
    async with FakeAws(fake) as aws, inspector(clock, aws, monkeypatch) as came:
        await came.until(lambda: came.state is HealthState.DENIED)
        assert "ListFindings" in came.health.trouble
        denied = False
        await came.until(lambda: came.notes("looks at neither functions nor images"))


async def test_it_is_quiet_unless_it_is_asked_for(clock: Time, fake: FakeInspector) -> None:
    access = Access(Scope(None, "eu-west-1"))
    async with running(
        lambda announce: Inspector(access, InspectorSettings(), announce, wall=clock.wall).run()
    ) as came:
        assert came.feeds == []
    await access.close()
