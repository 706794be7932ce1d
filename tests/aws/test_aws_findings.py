"""A finding that somebody was sent: where it is, when it was; it comes however old it is."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.aws.came import Came, running
from tests.aws.guardduty import FakeGuardDuty, finding
from tests.aws.night import Time
from tests.aws.server import FakeAws
from triage_tui.aws import findings
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.guardduty import GuardDuty
from triage_tui.aws.settings import GuardDutySettings

OLD = "2026-10-20T02:00:00.000Z"
WANTED = f"{7:032x}"
EU, US = Scope(None, "eu-west-1"), Scope(None, "us-east-1")


@pytest.fixture
async def aws(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeAws]:
    """A detector in two regions; the second one has the finding."""
    guardduty = FakeGuardDuty(lambda text: int(datetime.fromisoformat(text).timestamp() * 1000))
    for region in (EU.region, US.region):
        guardduty.enable(region=region)
    guardduty.put(finding(7, OLD, region=US.region))
    async with FakeAws(guardduty) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        yield made


async def test_it_is_located(aws: FakeAws) -> None:
    found = await findings.locate([EU, US, Scope(None, "ap-south-1")], WANTED)
    assert found is not None
    assert found.scope == US
    # It was first seen long after it was last seen, as the fake has it: the last counts.
    assert found.begin == datetime(2026, 10, 20, 1, 45, tzinfo=UTC).timestamp()


async def test_what_nobody_has_is_nowhere(aws: FakeAws) -> None:
    assert await findings.locate([EU, US], f"{8:032x}") is None


async def test_who_is_denied_says_nothing_yet(aws: FakeAws) -> None:
    aws.faults.add("ListDetectors", "denied")
    assert await findings.locate([EU, US], WANTED) is None


@pytest.mark.parametrize(
    ("begin", "expected"), [(1000.0, "9000s"), (20000.0, "1s"), (-1e9, "1209600s")]
)
def test_how_far_back(begin: float, expected: str) -> None:
    assert findings.since(begin, 10000.0) == expected


@pytest.mark.parametrize("scope", [EU, US])
async def test_it_comes_however_old_where_it_is(aws: FakeAws, scope: Scope) -> None:
    clock, access = Time(50.0), Access(scope)

    def follow(announce: object) -> object:
        return GuardDuty(
            access,
            GuardDutySettings(poll_seconds=5.0),
            announce,  # type: ignore[arg-type] # as `running` hands it in
            wall=clock.wall,
            sleep=clock.sleep,
            ticks=clock.seconds,
            wanted=[WANTED],
        ).run()

    async with running(follow) as came:  # type: ignore[arg-type] # as above
        assert isinstance(came, Came)
        await came.until(lambda: aws.asked("ListFindings") > 2)
        assert [each["Id"] for each in came.records] == ([WANTED] if scope == US else [])
        assert aws.asked("GetFindings") == 1
    await access.close()
