"""Two profiles that lead to one account: everything is read once, and who reads is said."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.aws.came import milliseconds, stamp
from tests.aws.cloudtrail import FakeCloudTrail
from tests.aws.guardduty import FakeGuardDuty, finding
from tests.aws.inspector import FakeInspector
from tests.aws.inspector import finding as hole
from tests.aws.logs import FakeLogs
from tests.aws.night import Time
from tests.aws.server import Call, FakeAws, Service, ServiceError
from tests.aws.shown import Shown, shown
from triage_tui.aws.access import Scope
from triage_tui.aws.live import Live, LiveSettings
from triage_tui.aws.settings import (
    CloudTrailSettings,
    GuardDutySettings,
    InspectorSettings,
    LogsSettings,
)
from triage_tui.health import FileReport, HealthState

SCOPES = [Scope("a", "eu-west-1"), Scope("b", "eu-west-1")]
SETTINGS = LiveSettings(
    LogsSettings(groups=("/shop/*",), requests_per_second=100.0, poll_seconds=2.0),
    GuardDutySettings(poll_seconds=10.0),
    CloudTrailSettings(lookup="on", poll_seconds=10.0),
    InspectorSettings(enabled=True, poll_seconds=10.0),
)
READS = {
    "logs": ("logs:FilterLogEvents", "logs:StartLiveTail"),
    "guardduty": ("guardduty:ListFindings", "guardduty:GetFindings"),
    "inspector": ("inspector2:ListFindings",),
    "cloudtrail": ("cloudtrail:LookupEvents",),
}
"""What is called by whoever reads, by source."""
EVERYTHING = 3 + 3 + 1 + 1
"""Log events, findings, holes, events of the trail."""


class Guarded:
    """A service that lets some keys do some things alone."""

    def __init__(self, behind: Service, denied: set[str]) -> None:
        """`denied` are `KEY service:Operation`."""
        self.name = behind.name
        self._behind = behind
        self._denied = denied

    async def handle(self, call: Call) -> Any:
        if f"{key_of(call)} {self.name}:{call.operation}" in self._denied:
            raise ServiceError("AccessDeniedException", "not allowed", 403)
        return await self._behind.handle(call)


def key_of(call: Call) -> str:
    return call.http.headers["Authorization"].split("Credential=")[1].split("/")[0]


class World:
    """An account with something of everything in it."""

    def __init__(self) -> None:
        self.clock = Time(20.0)
        self.denied: set[str] = set()
        """`KEY service:Operation`."""
        self.by: Counter[tuple[str, str]] = Counter()
        """How often each key called each operation."""
        self.logs = FakeLogs(wall=self.clock.seconds, tick=0.02)
        self.groups = [self.logs.create(f"/shop/{name}") for name in "xyz"]
        self.guardduty = FakeGuardDuty(milliseconds)
        self.guardduty.enable()
        self.guardduty.put(*(finding(n, stamp(self.clock, back=60)) for n in range(3)))
        self.trail = FakeCloudTrail(self.clock.seconds)
        self.trail.put("event", self.clock.seconds() - 30)
        inspector = FakeInspector()
        inspector.put(hole(1, datetime.fromtimestamp(self.clock.seconds(), UTC)))
        services = (self.logs, self.guardduty, self.trail, inspector)
        self.aws = FakeAws(*(Counted(Guarded(each, self.denied), self.by) for each in services))

    def put(self, text: str) -> None:
        for group in self.groups:
            self.logs.put(group, "s", [(self.clock.now(), f"{text} {group.name}")])


class Counted:
    """A service, and who asks it."""

    def __init__(self, behind: Service, by: Counter[tuple[str, str]]) -> None:
        self.name = behind.name
        self._behind = behind
        self._by = by

    async def handle(self, call: Call) -> Any:
        self._by[key_of(call), f"{self.name}:{call.operation}"] += 1
        return await self._behind.handle(call)


@pytest.fixture
def world(home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(
        "".join(
            f"[{name}]\naws_access_key_id = KEY{name.upper()}\naws_secret_access_key = s\n"
            for name in "abc"
        )
    )
    return World()


def sources(seen: Shown) -> list[FileReport]:
    return [source.report for source in seen.triage.sources]


def note(seen: Shown, name: str, place: str) -> str:
    """What is said of a source; "" where it is not there."""
    found = (each.live for each in sources(seen) if each.path == name and each.live)
    return next((live.note for live in found if live.place == place), "")


def askers(world: World, source: str) -> set[str]:
    """Who asked for what a source brings."""
    return {key for key, asked in world.by if asked in READS[source]}


def standing_in(seen: Shown, source: str) -> list[str]:
    """Which profiles say that another one reads."""
    return [
        name
        for name, other in (("a", "b"), ("b", "a"))
        if note(seen, source, f"{name} eu-west-1")
        == f"stands in: {other} eu-west-1 reads the same account"
    ]


@asynccontextmanager
async def watched(
    world: World, monkeypatch: pytest.MonkeyPatch, scopes: list[Scope]
) -> AsyncIterator[Shown]:
    async with world.aws as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        live = Live(scopes, SETTINGS, wall=world.clock.wall, sleep=world.clock.sleep)
        async with shown(live, world.clock) as seen:
            yield seen


async def test_everything_comes_once_and_the_screen_says_who_reads(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        watched(world, monkeypatch, SCOPES) as seen,
        seen.app.run_test(size=(120, 40)) as pilot,
    ):
        world.put("one")
        await seen.until(lambda: len(seen.came) == EVERYTHING)
        for source in ("guardduty", "inspector", "cloudtrail"):
            await seen.until(lambda: len(standing_in(seen, source)) == 1)  # noqa: B023
        world.put("two")
        world.guardduty.put(finding(7, stamp(world.clock)))
        await seen.until(lambda: len(seen.came) == EVERYTHING + 4)
        assert [len(askers(world, source)) for source in READS] == [1, 1, 1, 1]
        assert set(seen.came.values()) == {1}
        searches = [note(seen, "log groups", f"{name} eu-west-1") for name in "ab"]
        assert sum("; 3 more are read as " in each for each in searches) == 1, searches
        await pilot.press("i")
        await seen.settled(pilot)
        assert "stands in: " in seen.text()


async def test_accounts_that_differ_are_read_each(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.aws.accounts["KEYB"] = other = "444455556666"
    world.guardduty.enable(account=other)
    world.guardduty.put(finding(9, stamp(world.clock, back=60), account=other))
    world.groups.append(world.logs.create("/shop/x", account=other))
    async with watched(world, monkeypatch, SCOPES) as seen:
        world.put("one")
        await seen.until(lambda: len(seen.came) == EVERYTHING + 1 and seen.came.total() == 10)
        assert askers(world, "guardduty") == {"KEYA", "KEYB"}
        assert not any(standing_in(seen, source) for source in READS)


async def test_where_the_one_may_not_read_the_other_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each may read half of it."""
    for source, key in (("logs", "A"), ("guardduty", "A"), ("inspector", "B"), ("cloudtrail", "B")):
        world.denied |= {f"KEY{key} {operation}" for operation in READS[source]}
    async with watched(world, monkeypatch, SCOPES) as seen:
        world.put("one")
        await seen.until(lambda: len(seen.came) == EVERYTHING)
        await seen.until(lambda: standing_in(seen, "guardduty") == ["a"])
        await seen.until(lambda: standing_in(seen, "cloudtrail") == ["b"])
        assert set(seen.came.values()) == {1}


async def test_where_nobody_may_read_it_is_said_and_nobody_is_asked_all_the_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.denied |= {f"KEY{key} guardduty:ListFindings" for key in "AB"}
    async with watched(world, monkeypatch, SCOPES) as seen:
        states = [("guardduty", f"{name} eu-west-1") for name in "ab"]

        def denied() -> int:
            return sum(
                each.state is HealthState.DENIED
                for each in sources(seen)
                if each.live and (each.path, each.live.place) in states
            )

        def asked() -> int:
            return sum(world.by[f"KEY{key}", "guardduty:ListFindings"] for key in "AB")

        await seen.until(lambda: asked() == 3)  # the one, the other, and the one again
        await seen.until(lambda: denied() == 1 and len(standing_in(seen, "guardduty")) == 1)
        begun = world.clock.seconds()
        await seen.until(lambda: world.clock.seconds() > begun + 60)
        assert asked() == 3
        assert denied() == 1


async def test_a_profile_that_signs_in_later_stands_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.aws.expired.add("KEYA")
    async with watched(world, monkeypatch, SCOPES) as seen:
        world.put("one")
        await seen.until(lambda: len(seen.came) == EVERYTHING)
        world.aws.expired.clear()
        await seen.until(lambda: standing_in(seen, "guardduty") == ["a"])
        world.put("two")
        await seen.until(lambda: len(seen.came) == EVERYTHING + 3)
        assert set(seen.came.values()) == {1}
        assert askers(world, "guardduty") == {"KEYB"}


async def test_who_is_locked_out_leaves_it_to_the_other_and_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the one has read the other does not bring again, and what came meanwhile comes."""
    world.aws.expired.add("KEYA")  # so that it is b that reads first, whatever the source
    async with watched(world, monkeypatch, SCOPES) as seen:
        world.put("one")
        await seen.until(lambda: len(seen.came) == EVERYTHING)
        for number, (out, reads) in enumerate((("b", "a"), ("a", "b")), 1):
            world.aws.expired.clear()
            for source in ("guardduty", "cloudtrail", "inspector"):
                await seen.until(lambda: standing_in(seen, source) == [reads])  # noqa: B023
            world.aws.expired.add(f"KEY{out.upper()}")
            world.guardduty.put(finding(20 + number, stamp(world.clock)))
            world.trail.put(f"event {number}", world.clock.seconds())
            world.put(f"more {number}")
            await seen.until(lambda: len(seen.came) == EVERYTHING + 5 * number)  # noqa: B023
            meanwhile = f"{reads} eu-west-1 reads the same account meanwhile"
            for source in ("guardduty", "cloudtrail", "inspector"):
                place = f"{out} eu-west-1"
                await seen.until(lambda: note(seen, source, place) == meanwhile)  # noqa: B023
        assert set(seen.came.values()) == {1}


async def test_groups_of_who_is_locked_out_are_read_by_the_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Live Tail goes on with what has expired, until its session ends; then the other reads."""
    async with watched(world, monkeypatch, SCOPES) as seen:

        def reads(group: str) -> list[str]:
            return [
                each.live.place
                for each in sources(seen)
                if each.path == group and each.live and each.state is HealthState.LIVE
            ]

        world.put("one")
        await seen.until(lambda: len(seen.came) == EVERYTHING)
        await seen.until(lambda: len(reads("/shop/x")) == 1)
        [place] = reads("/shop/x")
        out, other = ("A", "b") if place.startswith("a") else ("B", "a")
        world.aws.expired.add(f"KEY{out}")
        world.aws.faults.add("StartLiveTail.frame", "cut", times=1)
        await seen.until(lambda: not world.logs.sessions)
        world.put("two")
        await seen.until(lambda: len(seen.came) == EVERYTHING + 3)
        await seen.until(lambda: reads("/shop/x") == [f"{other} eu-west-1"])
        world.aws.expired.clear()
        await seen.until(lambda: not any(each.live and each.live.lockout for each in sources(seen)))
        told = f"; 3 more are read as {other} eu-west-1"
        await seen.until(lambda: told in note(seen, "log groups", place))
        world.put("three")
        await seen.until(lambda: len(seen.came) == EVERYTHING + 6)
        assert set(seen.came.values()) == {1}
        assert reads("/shop/x") == [f"{other} eu-west-1"]
