"""The past of an entity: every record once, however the span is cut; stopped when it is to stop;
refused before it begins where it costs too much."""

import asyncio
import json
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from tests.aws.cloudtrail import FakeCloudTrail
from tests.aws.logs import FakeLogs, Group
from tests.aws.server import FakeAws
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.feed import Feed
from triage_tui.aws.history import History
from triage_tui.aws.insights import Lane, Row, Window, condition, phrase
from triage_tui.aws.seen import LogEvent
from triage_tui.aws.settings import HistorySettings, LogsSettings, Role
from triage_tui.model import EntityRef, Kind
from triage_tui.past import Asked, PastError, Progress, lookups

NOW = 1_800_000_000
DAY = 86_400
IP = EntityRef(Kind.IP, "203.0.113.7")
KEY = "AKIAIOSFODNN7EXAMPLE"
MARIA = EntityRef(
    Kind.PRINCIPAL,
    "arn:aws:iam::111122223333:user/maria",
    ("AIDAMARIA0000000", "arn:aws:iam::111122223333:user/maria", KEY),
)
LOOKED_UP = 50_000 if os.environ.get("SOAK") else 2_500
"""Events of a trail, fifty a page: `make soak` reads many."""
BY_NAME = EntityRef(Kind.PRINCIPAL, MARIA.key, (MARIA.key,))
LOGS = LogsSettings(groups=("/shop/*",))


def wall() -> float:
    return float(NOW)


async def hurry(_seconds: float) -> None:
    await asyncio.sleep(0)


class Night:
    """A server with what happened, and a look into its past."""

    def __init__(self, server: FakeAws, logs: FakeLogs, trail: FakeCloudTrail) -> None:
        self.server, self.logs, self.trail = server, logs, trail
        self.found: list[bytes] = []
        self.feeds: list[Feed] = []
        self.reading: list[asyncio.Future[None]] = []
        self.access = Access(Scope(None, "eu-west-1"))

    def history(self, settings: HistorySettings | None = None) -> History:
        return History(
            [self.access],
            LOGS,
            settings or HistorySettings(),
            self.announce,
            wall=lambda: NOW * 1_000_000_000,
            sleep=hurry,
        )

    def announce(self, feed: Feed) -> None:
        self.feeds.append(feed)
        self.reading.append(asyncio.ensure_future(self._read(feed, len(self.feeds))))

    async def _read(self, feed: Feed, number: int) -> None:
        async for batch in feed.batches(number):
            for start, length in zip(batch.starts, batch.lengths, strict=True):
                self.found.append(batch.data[start : start + length])

    async def look(
        self, ref: EntityRef, days: float, settings: HistorySettings | None = None
    ) -> Progress:
        progress = Progress()
        await self.history(settings).run(asked(ref, days), progress)
        await asyncio.gather(*self.reading)
        return progress


def asked(ref: EntityRef, days: float) -> Asked:
    return Asked(ref, int((NOW - days * DAY) * 1e9), NOW * 1_000_000_000)


@asynccontextmanager
async def night(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Night]:
    logs, trail = FakeLogs(wall=wall), FakeCloudTrail(wall=iter(range(10**9)).__next__)
    async with FakeAws(logs, trail) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        made = Night(server, logs, trail)
        try:
            yield made
        finally:
            await made.access.close()


def filled(logs: FakeLogs, name: str, count: int, days: float, seed: int) -> Group:
    """A group with records of the address and of its neighbours, in bursts."""
    group, chance = logs.create(name), random.Random(seed)
    group.created = int((NOW - days * DAY) * 1000)
    start, span = int((NOW - days * DAY) * 1000), int(days * DAY * 1000)
    bursts = [start + chance.randrange(span) for _ in range(5)]
    events: list[tuple[int, str]] = []
    for number in range(count):
        when = start + chance.randrange(span)
        if chance.random() < 0.7:
            when = chance.choice(bursts) + chance.randrange(9)
        events.append((when, json.dumps({"n": number, "ip": "203.0.113.7"})))
        if number % 5 == 0:
            events.append((when, json.dumps({"n": -number, "ip": "203.0.113.77"})))
    logs.put(group, "s", sorted(events))
    return group


async def test_fifty_thousand_records_come_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        groups = [filled(made.logs, f"/shop/{n}", 25_000, 3, n) for n in range(2)]
        progress = await made.look(IP, 3)
        said = [json.loads(json.loads(record)["message"]) for record in made.found]
        assert len(said) == 50_000
        assert Counter(each["n"] for each in said) == Counter([*range(25_000)] * 2)
        assert {each["ip"] for each in said} == {"203.0.113.7"}
        assert progress.records == 50_000
        assert progress.done == 1.0
        assert progress.problems == []
        assert made.logs.insights.most_at_once <= HistorySettings().queries
        whole = sum(group.size for group in groups)
        assert progress.scanned < 2 * whole  # about once, and not once for each cut


async def test_a_record_is_what_a_live_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        group = made.logs.create("/shop/cart")
        made.logs.put(group, "s", [((NOW - 60) * 1000 + 123, "from 203.0.113.7 \U0001f600")])
        await made.look(IP, 1)
        assert [json.loads(record) for record in made.found] == [
            {
                "message": "from 203.0.113.7 \U0001f600",
                "timestamp": (NOW - 60) * 1000 + 123,
                "ingestionTime": NOW * 1000,
                "logStreamName": "s",
                "logGroupIdentifier": "111122223333:/shop/cart",
            }
        ]
        assert made.feeds[0].origin == "logs eu-west-1"
        assert made.feeds[0].report.state.value == "ended"


async def test_cancelled_it_stops_its_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        filled(made.logs, "/shop/cart", 100, 3, 1)
        made.logs.insights.looks = 10**6
        running = asyncio.ensure_future(made.look(IP, 3))
        while not made.logs.insights.running:  # noqa: ASYNC110 - the fake has no event for it
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert made.logs.insights.running == 0
        assert sorted(made.logs.insights.stopped) == sorted(made.logs.insights.queries)
        await asyncio.gather(*made.reading)  # the feeds have ended


async def test_what_costs_too_much_is_refused_before_it_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with night(monkeypatch) as made:
        group = filled(made.logs, "/shop/cart", 1000, 3, 1)
        little = HistorySettings(limit_gb=0.001)
        group.size = 10_000_000
        found = await made.history(little).estimate(asked(IP, 1.5))
        assert 4_900_000 < found.size < 5_100_000
        assert (found.groups, found.lookups) == (1, 0)
        with pytest.raises(PastError, match=r"5\.0 MB would be scanned .* 1\.0 MB are allowed"):
            await made.look(IP, 1.5, little)
        assert made.server.asked("StartQuery") == 0
        group.size = 0  # it holds more than it says
        progress = Progress()
        tiny = made.history(little)
        with pytest.raises(PastError, match="stopped"):
            await tiny.run(asked(IP, 3), progress, limit=1000)
        await asyncio.gather(*made.reading)
        assert made.logs.insights.running == 0


async def test_queries_that_fail_or_are_refused_are_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with night(monkeypatch) as made:
        filled(made.logs, "/shop/cart", 300, 1, 1)
        made.logs.insights.fails = 3
        made.logs.insights.at_once = 2
        made.server.faults.add("StartQuery", "throttle", times=3)
        made.server.faults.add("GetQueryResults", "error500", times=3)
        made.server.faults.add("GetQueryResults.answer", "cut", times=2)
        progress = await made.look(IP, 1)
        said = Counter(json.loads(json.loads(record)["message"])["n"] for record in made.found)
        assert said == Counter(range(300))
        assert progress.problems == []


async def test_what_is_denied_is_told_and_the_rest_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        filled(made.logs, "/shop/cart", 10, 1, 1)
        made.trail.put("e1", NOW - 100, userIdentity={"userName": "maria"})
        made.server.faults.add("StartQuery", "denied")
        progress = await made.look(MARIA, 1)
        assert any("StartQuery is denied" in each for each in progress.problems)
        assert [json.loads(record)["eventID"] for record in made.found] == ["e1"]


async def test_a_principal_is_looked_up_by_each_of_its_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert lookups(MARIA) == [("Username", "maria"), ("AccessKeyId", KEY)]
    async with night(monkeypatch) as made:
        for number in range(120):
            who = {"userName": "maria", "accessKeyId": KEY if number % 2 else "AKIAOTHER0000000"}
            made.trail.put(f"e{number}", NOW - 60 * number, userIdentity=who)
        made.trail.put("other", NOW - 5, userIdentity={"userName": "ben"})
        progress = await made.look(MARIA, 1)
        found = Counter(json.loads(record)["eventID"] for record in made.found)
        assert set(found) == {f"e{number}" for number in range(120)}
        assert progress.records == 120 + 60  # by both names: the triage counts each once
        assert {feed.origin for feed in made.feeds} == {"cloudtrail eu-west-1"}


async def test_groups_of_linked_accounts_are_searched_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shops = "444455556666"
    async with night(monkeypatch) as made:
        made.logs.linked["111122223333"] = {shops}
        for account in ("111122223333", shops):
            group = made.logs.create("/shop/cart", account=account)
            group.created = (NOW - DAY) * 1000
            made.logs.put(group, "s", [((NOW - 60) * 1000, f"203.0.113.7 in {account}")])
        role = Role(f"arn:aws:iam::{shops}:role/triage")
        other = Access(Scope(None, "eu-west-1", role))
        linked = msgspec.structs.replace(LOGS, linked=True)
        history = History(
            [made.access, other],
            linked,
            HistorySettings(),
            made.announce,
            wall=lambda: NOW * 1_000_000_000,
            sleep=hurry,
        )
        assert (await history.estimate(asked(IP, 1))).groups == 2
        await history.run(asked(IP, 1), Progress())
        await asyncio.gather(*made.reading)
        await other.close()
        said = {json.loads(record)["message"].rpartition(" ")[2] for record in made.found}
        assert (len(made.found), said) == (2, {"111122223333", shops})
        identified = {json.loads(record)["logGroupIdentifier"] for record in made.found}
        assert identified == {"111122223333:/shop/cart", f"{shops}:/shop/cart"}


async def test_a_trail_of_many_pages_is_read_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        who = {"userName": "maria"}
        for number in range(LOOKED_UP):  # ten of each second: a page ends amid one
            made.trail.put(f"e{number}", NOW - DAY + number // 10, userIdentity=who)
        made.trail.put("other", NOW - 5, userIdentity={"userName": "ben"})
        made.server.faults.add("LookupEvents", "throttle", times=5)
        made.server.faults.add("LookupEvents", "error500", times=2)
        made.server.faults.add("LookupEvents.answer", "cut", times=2)
        progress = await made.look(BY_NAME, 1)
        found = Counter(json.loads(record)["eventID"] for record in made.found)
        assert found == Counter(f"e{number}" for number in range(LOOKED_UP))
        assert (progress.records, progress.done, progress.problems) == (LOOKED_UP, 1.0, [])


async def test_no_look_up_is_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudTrail takes two a second, and what is live asks too."""
    trail = FakeCloudTrail(wall=time.time)
    for number in range(60):
        who = {"userName": "maria", "accessKeyId": KEY}
        trail.put(f"e{number}", NOW - number, userIdentity=who)
    async with FakeAws(trail) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        made = Night(server, FakeLogs(wall=wall), trail)
        history = History(
            [made.access],
            LogsSettings(),
            HistorySettings(),
            made.announce,
            wall=lambda: NOW * 1_000_000_000,
        )
        begun = time.monotonic()
        await history.run(asked(MARIA, 1), Progress())  # two pages by each of two names
        took = time.monotonic() - begun
        await asyncio.gather(*made.reading)
        await made.access.close()
    assert server.asked("LookupEvents") == 4  # none was refused, and asked again
    assert {len(each["LookupAttributes"]) for name, each in server.calls} == {1}
    assert took > 2.5


async def test_cancelled_it_looks_nothing_up_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        for number in range(500):
            made.trail.put(f"e{number}", NOW - number, userIdentity={"userName": "maria"})
        third = asyncio.Event()

        def before(_call: object) -> None:
            if made.server.asked("LookupEvents") == 3:
                third.set()

        made.trail.before = before
        running = asyncio.ensure_future(made.look(BY_NAME, 1))
        await third.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await asyncio.gather(*made.reading)  # the feeds have ended
        assert made.server.asked("LookupEvents") == 3
        assert len(made.found) in (100, 150)


async def test_nothing_to_look_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with night(monkeypatch) as made:
        with pytest.raises(PastError, match="nothing to look in"):
            await made.look(IP, 1)


# -- queries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["x\ny", '"', "a|b", "", "é" * 5])
def test_a_name_that_could_be_more_than_a_name_is_refused(key: str) -> None:
    with pytest.raises(PastError, match="cannot be looked for"):
        condition(EntityRef(Kind.PRINCIPAL, key))


@pytest.mark.parametrize("key", ["203.0.113.7 or 1", "/) | stats count(*)", "203.0.113.0/24"])
def test_what_is_no_address_is_refused(key: str) -> None:
    with pytest.raises(PastError, match="no address"):
        condition(EntityRef(Kind.IP, key))


def test_networks_and_services() -> None:
    assert "203\\.0\\.113" in condition(EntityRef(Kind.NETWORK, "203.0.113.0/24"))
    assert "0*2001:0*db8:0*7:0*0" in condition(EntityRef(Kind.NETWORK, "2001:db8:7::/64"))
    with pytest.raises(PastError, match="name an address"):
        condition(EntityRef(Kind.NETWORK, "203.0.113.0/25"))
    with pytest.raises(PastError, match="AWS service"):
        condition(EntityRef(Kind.SERVICE, "rds.amazonaws.com"))


def test_a_millisecond_that_holds_too_much_is_told_and_passed() -> None:
    events = [Row(f"p{n}", LogEvent("s", 500, 0, str(n), "g")) for n in range(30)]
    events += [Row(f"q{n}", LogEvent("s", n, 0, str(n), "g")) for n in range(0, 1000, 20)]
    lane, found = Lane(Window(0, 1000), first=1000, limit=10), list[LogEvent]()
    asked_for = 0
    while (window := lane.window()) is not None:
        asked_for += 1
        assert phrase("x", window)
        hits = [row for row in events if window.start <= row.event.time < window.end]
        hits.sort(key=lambda row: (-row.event.time, row.pointer))
        found += lane.take(window, hits[:10])
    assert lane.overfull == [500]
    assert lane.done == 1.0
    messages = Counter((event.time, event.message) for event in found)
    assert max(messages.values()) == 1
    assert {time for time, _ in messages} == {500, *range(0, 1000, 20)}
    assert asked_for < 40
