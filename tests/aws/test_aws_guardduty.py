"""GuardDuty over real HTTP: every version of every finding once, whatever happens meanwhile."""

import json
import random
from array import array
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial

import pytest

from tests.aws.came import Came, milliseconds, running, stamp
from tests.aws.faults import Faults
from tests.aws.guardduty import FakeGuardDuty, finding, parsed
from tests.aws.night import Time
from tests.aws.server import Call, FakeAws, ServiceError
from tests.sequences import BEGUN, EXFILTRATION, RECON, compromise
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.guardduty import GuardDuty, Versions
from triage_tui.aws.memory import Memory
from triage_tui.aws.settings import GuardDutySettings
from triage_tui.formats.decode import decode, describe
from triage_tui.health import HealthState
from triage_tui.model import Batch

HERE = ("111122223333", "eu-west-1")
DAY = 86400.0


@pytest.fixture
def clock() -> Time:
    return Time(speed=600.0)


@pytest.fixture
def fake() -> FakeGuardDuty:
    made = FakeGuardDuty(milliseconds)
    made.enable()
    return made


@asynccontextmanager
async def guardduty(
    clock: Time,
    aws: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
    *regions: str,
    memory: Memory | None = None,
) -> AsyncIterator[Came]:
    """Follows the findings of these regions while it is entered."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    settings = GuardDutySettings(poll_seconds=10.0)
    async with AsyncExitStack() as stack:
        make = []
        for region in regions or (HERE[1],):
            access = Access(Scope(None, region), renewal=0.01)
            stack.push_async_callback(access.close)
            followed = partial(
                GuardDuty,
                access,
                settings,
                wall=clock.wall,
                sleep=clock.sleep,
                ticks=clock.seconds,
                memory=memory,
            )
            make.append(lambda announce, followed=followed: followed(announce).run())
        yield await stack.enter_async_context(running(*make))


def first_poll(aws: FakeAws) -> Counter[str]:
    """How often each operation was called before detectors were asked for once more."""
    names = [name for name, _ in aws.calls]
    begun = names.index("ListDetectors")
    again = names.index("ListDetectors", begun + 1) if names.count("ListDetectors") > 1 else None
    return Counter(names[begun:again])


async def test_every_version_comes_once(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put(*(finding(n, stamp(clock, back=60 * n)) for n in range(120)))
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch) as came:
        await came.until(lambda: len(came.records) == 120)
        assert first_poll(aws)["ListFindings"] == 3
        fake.update(7, stamp(clock), "203.0.113.9")
        await came.until(lambda: len(came.records) == 121)
        assert came.records[-1] == fake.findings[HERE][f"{7:032x}"]
        polls = aws.asked("ListDetectors")
        await came.until(lambda: aws.asked("ListDetectors") > polls + 2)
        assert set(came.versions().values()) == {1}
        assert came.state is HealthState.POLLING
        assert came.health.note == "polled every 10 s; 3 calls a poll, no charge"


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_fails_and_moves_meanwhile_the_last_version_of_each_comes(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Findings are updated between any two calls, so that they move from page to page."""
    chance, faults, left = random.Random(seed), Faults(seed), 120

    def mutate(operation: str, call: Call) -> None:
        nonlocal left
        if left:
            left -= 1
            ip = f"203.0.113.{chance.randrange(250)}"
            fake.update(chance.randrange(200), stamp(clock), ip)

    fake.put(*(finding(n, stamp(clock, chance.uniform(1000, DAY - 600))) for n in range(200)))
    fake.before = mutate
    for operation in ("ListDetectors", "ListFindings", "GetFindings"):
        for fault in ("throttle", "error500", "reset", "stale"):
            faults.add(operation, fault, chance=0.04)
        faults.add(operation, "expired", times=1)
        faults.add(f"{operation}.answer", "cut", chance=0.04)
    async with FakeAws(fake, faults=faults) as aws, guardduty(clock, aws, monkeypatch) as came:
        await came.until(lambda: not left, 20)
        faults.clear()
        last = {(each["Id"], each["UpdatedAt"]) for each in fake.findings[HERE].values()}
        await came.until(lambda: last <= came.versions().keys(), 20)
        assert len(last) == 200
        assert set(came.versions().values()) == {1}
        assert came.health.missing == 0
    assert len(faults.fired) > 4


async def test_a_failed_call_is_asked_again_and_no_page_before_it(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put(*(finding(n, stamp(clock, back=60 * n)) for n in range(120)))
    async with FakeAws(fake) as aws:
        aws.faults.add("GetFindings", "error503", times=2)
        aws.faults.add("GetFindings", "throttle", times=1)
        async with guardduty(clock, aws, monkeypatch) as came:
            await came.until(lambda: len(came.records) == 120)
            assert first_poll(aws)["ListFindings"] == 3
            assert came.health.throttled == 1
            assert "ThrottlingException" in came.health.trouble


async def test_what_is_listed_and_gone_is_counted_until_it_is_there_again(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put(*(finding(n, stamp(clock, back=5)) for n in range(8)))
    fake.vanishing = {f"{n:032x}" for n in range(3)}
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch) as came:
        await came.until(lambda: aws.asked("ListFindings") > 3)
        assert (len(came.records), came.health.missing) == (5, 3)
        fake.vanishing.pop()
        await came.until(lambda: len(came.records) == 6)
        await came.until(lambda: came.health.missing == 2)


async def test_guardduty_is_switched_on_and_off(
    clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGuardDuty(milliseconds)
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch) as came:
        await came.until(lambda: came.notes("GuardDuty is not enabled here; looked for every 5"))
        assert came.state is HealthState.POLLING
        fake.enable()
        fake.put(finding(1, stamp(clock)))
        await came.until(lambda: len(came.records) == 1)
        await came.until(lambda: came.notes("polled every 10 s"))
        fake.disable()
        await came.until(lambda: came.notes("GuardDuty is not enabled here"))


async def test_who_may_not_ask_is_told_and_goes_on_once_allowed(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put(finding(1, stamp(clock)))
    async with FakeAws(fake) as aws:
        aws.faults.add("ListFindings", "denied")
        async with guardduty(clock, aws, monkeypatch) as came:
            await came.until(lambda: came.state is HealthState.DENIED)
            assert "ListFindings is denied" in came.health.trouble
            assert came.health.note == "tried again every 5 min"
            aws.faults.clear()
            await came.until(lambda: len(came.records) == 1)
            await came.until(lambda: came.state is HealthState.POLLING)


async def test_throttled_it_slows_down_and_says_so(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put(finding(1, stamp(clock)))
    async with FakeAws(fake) as aws:
        aws.faults.add("ListFindings", "throttle")
        async with guardduty(clock, aws, monkeypatch) as came:
            await came.until(lambda: came.state is HealthState.THROTTLED)
            await came.until(lambda: came.health.throttled > 6)
            assert came.health.note == "slowed down to 0.2 requests a second"
            aws.faults.clear()
            await came.until(lambda: len(came.records) == 1)
            assert came.state is HealthState.THROTTLED  # until much was granted
            await came.until(lambda: came.state is HealthState.POLLING)


async def test_new_credentials_are_read_once_somebody_signed_in(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment says is another account's key, and only that one has a finding."""
    fake.enable("444455556666")
    fake.put(finding(1, stamp(clock), account="444455556666"))
    async with FakeAws(fake, accounts={"AKIDNEW": "444455556666"}) as aws:
        aws.faults.add("ListDetectors", "expired")
        async with guardduty(clock, aws, monkeypatch) as came:
            await came.until(lambda: came.state is HealthState.DENIED)
            assert "as soon as you have signed in" in came.health.note
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDNEW")
            asked = aws.asked("ListDetectors")
            await came.until(lambda: aws.asked("ListDetectors") > asked + 2)
            aws.faults.clear()
            await came.until(lambda: len(came.records) == 1)
            assert came.records[0]["AccountId"] == "444455556666"


async def test_one_region_in_trouble_leaves_the_others_alone(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = ("eu-west-1", "us-east-1", "ap-southeast-2")

    def refuse(operation: str, call: Call) -> None:
        if call.region == "us-east-1":
            raise ServiceError("AccessDeniedException", "not authorized")

    fake.before = refuse
    for region in regions:
        fake.enable(region=region)
        fake.put(finding(1, stamp(clock), region=region), finding(2, stamp(clock), region=region))
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch, *regions) as came:
        await came.until(lambda: len(came.records) == 4)
        assert {each["Region"] for each in came.records} == {"eu-west-1", "ap-southeast-2"}
        by_place = {feed.health.place: feed for feed in came.feeds}
        assert set(by_place) == set(regions)
        denied = by_place["us-east-1"]
        await came.until(lambda: denied.report.state is HealthState.DENIED)
        assert by_place["eu-west-1"].report.state is HealthState.POLLING


async def test_behind_grows_while_nobody_answers(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch) as came:
        await came.until(lambda: came.state is HealthState.POLLING and came.notes("polled"))
        await came.until(lambda: came.health.complete > 0)
        aws.faults.add("ListDetectors", "error500")
        await came.until(lambda: came.state is HealthState.STALE)
        complete = came.health.complete
        await came.until(lambda: (came.health.behind(clock.wall()) or 0) > 200 * 10**9)
        assert came.health.complete == complete
        aws.faults.clear()
        await came.until(lambda: (came.health.behind(clock.wall()) or 0) < 100 * 10**9)
        await came.until(lambda: came.state is HealthState.POLLING)


async def test_an_archived_finding_says_that_it_is(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put(finding(1, stamp(clock, 5)), finding(2, stamp(clock, 5)))
    async with FakeAws(fake) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        access = Access(Scope(None, HERE[1]))
        client = await access.client("guardduty")
        await client.archive_findings(DetectorId=fake.detectors[HERE], FindingIds=[f"{2:032x}"])
        await access.close()
        async with guardduty(clock, aws, monkeypatch) as came:
            await came.until(lambda: len(came.records) == 2)
        told = {record["Id"]: raw for record, raw in zip(came.records, came.raw, strict=True)}
        assert "(archived)" not in describe("guardduty", told[f"{1:032x}"]).summary
        assert describe("guardduty", told[f"{2:032x}"]).summary.endswith("(archived)")


async def test_what_comes_is_read_as_findings_of_guardduty(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put(finding(1, stamp(clock, 5)))
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch) as came:
        await came.until(lambda: len(came.records) == 1)
    [raw] = came.raw
    columns = decode(Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), 5))
    assert columns.format.values[columns.format.ids[0]] == "guardduty"
    assert columns.findings[0].id == f"{1:032x}"


async def test_a_resumed_night_has_what_it_had_and_reads_on_from_there(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put(*(finding(n, stamp(clock, back=3 * DAY + n)) for n in range(3)))
    had = fake.findings[HERE][f"{0:032x}"]
    memory = Memory()
    memory.take([("guardduty eu-west-1", json.dumps(had).encode())])
    memory.take([("guardduty eu-west-1", b'{"Id": 5}'), ("guardduty x", b"\xff")])
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch, memory=memory) as came:
        await came.until(lambda: came.notes("polled") and len(came.records) >= 2)
        assert {each["Id"] for each in came.records} == {f"{1:032x}", f"{2:032x}"}


async def test_an_attack_sequence_keeps_its_times_and_links(
    clock: Time, fake: FakeGuardDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put(parsed(compromise(stamp(clock, 5))))
    async with FakeAws(fake) as aws, guardduty(clock, aws, monkeypatch) as came:
        await came.until(lambda: len(came.records) == 1)
    [record], [raw] = came.records, came.raw
    first = record["Service"]["Detection"]["Sequence"]["Signals"][0]
    assert datetime.fromisoformat(first["CreatedAt"]).timestamp() == BEGUN
    assert describe("guardduty", raw).linked == (RECON, EXFILTRATION)


def test_versions_are_told_apart_within_a_bound() -> None:
    known = Versions(0, most=3)
    first = [finding(n, "2026-11-24T01:00:00.000Z") for n in range(3)]
    assert [known.is_new(each) for each in (*first, *first)] == [True] * 3 + [False] * 3  # type: ignore[arg-type]
    assert known.is_new(finding(0, "2026-11-24T01:00:00.001Z"))  # type: ignore[arg-type]
    assert known.is_new(first[0])  # type: ignore[arg-type] # forgotten: the oldest goes first
