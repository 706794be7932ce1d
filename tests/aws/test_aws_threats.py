"""The threat lists of GuardDuty: fetched over real HTTP, and heeded by a live triage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.aws.came import milliseconds
from tests.aws.guardduty import FakeGuardDuty
from tests.aws.network import FakeS3
from tests.aws.server import FakeAws
from tests.aws.test_aws_surroundings import listed
from tests.live import Tailed, Wall, live_triage
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.live import Live, LiveSettings
from triage_tui.aws.settings import CloudTrailSettings, GuardDutySettings, LogsSettings
from triage_tui.aws.threats import ThreatList, Threats, threats
from triage_tui.cli.threat_lists import heeding
from triage_tui.model import Kind
from triage_tui.store.entities import entities

HOME = ("111122223333", "eu-west-1")
STIX = b'{"type": "bundle", "objects": []}'


class World:
    """A fake AWS with GuardDuty and S3, and access to it."""

    def __init__(self) -> None:
        self.guardduty = FakeGuardDuty(milliseconds)
        self.aws = FakeAws(self.guardduty)
        self.s3 = FakeS3()
        self.here = Access(Scope(None, "eu-west-1"))


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    made = World()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(made.aws)
        await stack.enter_async_context(made.s3)
        stack.push_async_callback(made.here.close)
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.aws.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", made.s3.url)
        yield made


async def at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


async def test_threat_lists_are_fetched_where_they_lie(world: World) -> None:
    world.guardduty.enable()
    world.guardduty.threats[HOME] = {
        "a": listed("drop", "https://s3.amazonaws.com/lists/drop.txt"),
        "b": listed("old", "https://s3.amazonaws.com/lists/old.txt", status="INACTIVE"),
        "c": listed("hidden", "s3://lists/hidden.csv", form="OTX_CSV"),
        "d": listed("gone", "ftp://lists/gone.txt"),
    }
    world.guardduty.threat_entities[HOME] = {
        "e": listed("feed", "s3://lists/feed.json", form="STIX")
        | {"CreatedAt": 1_700_000_000, "UpdatedAt": 1_700_000_000}
    }
    world.guardduty.lists[HOME] = {"f": listed("trusted", "s3://lists/trusted.txt")}
    world.s3.objects = {
        "lists/drop.txt": b"198.51.100.0/24\n",
        "lists/feed.json": STIX,
        "lists/trusted.txt": b"203.0.113.9\n",
    }
    world.s3.denied = {"lists/hidden.csv"}
    found = await threats(world.here, sleep=at_once)
    assert [(each.name, each.location, each.data) for each in found.lists] == [
        ("drop", "https://s3.amazonaws.com/lists/drop.txt", b"198.51.100.0/24\n"),
        ("feed", "s3://lists/feed.json", STIX),
    ]
    assert found.unread == (
        "the threat list hidden (s3://lists/hidden.csv) cannot be read: GetObject is denied: "
        "Access Denied",
        "the threat list gone (ftp://lists/gone.txt) lies nowhere in S3 that is known here",
    )


async def test_without_guardduty_there_are_none(world: World) -> None:
    assert await threats(world.here, sleep=at_once) == Threats()
    world.aws.faults.add("ListDetectors", "denied")
    found = await threats(world.here, sleep=at_once)
    assert found.lists == ()
    assert found.unread[0].startswith("ListDetectors is denied")


async def test_they_are_read_again_and_told_when_they_have_changed(world: World) -> None:
    world.guardduty.enable()
    world.guardduty.threats[HOME] = {"a": listed("drop", "s3://lists/drop.txt")}
    world.s3.objects["lists/drop.txt"] = b"198.51.100.7\n"
    heard: list[Threats] = []
    rounds, enough = 0, asyncio.Event()

    async def hour(_seconds: float) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            world.s3.objects["lists/drop.txt"] = b"198.51.100.8\n"
        await asyncio.sleep(0)

    async def heed(found: Threats) -> None:
        heard.append(found)
        if len(heard) == 2:
            enough.set()

    settings = LiveSettings(LogsSettings(), GuardDutySettings(), CloudTrailSettings("off"))
    live = Live([Scope(None, "eu-west-1")], settings, wall=Wall(), sleep=hour)
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(live.follow_threats(heed))
        await enough.wait()
        following.cancel()
    for access in live._accesses:
        await access.close()
    assert [each.data for found in heard for each in found.lists] == [
        b"198.51.100.7\n",
        b"198.51.100.8\n",
    ]
    off = settings._replace(guardduty=GuardDutySettings(enabled=False))
    await Live([], off, wall=Wall()).follow_threats(heed)  # ends, for it is to be left alone
    assert len(heard) == 2


async def test_who_is_on_one_counts_from_then_on(caplog: pytest.LogCaptureFixture) -> None:
    wall = Wall()
    source = Tailed(wall)
    async with live_triage([source], wall) as triage:
        await source.send("198.51.100.7")

        def told() -> list[tuple[int, str]]:
            ranking = triage.look(Kind.IP)
            (entity,) = entities(ranking, ranking.ids.tolist())
            return [(r.points, r.text) for r in entity.reasons if r.kind == "intel"]

        heed, before = heeding(triage), triage.token()
        assert told() == []
        drop = ThreatList("drop", "s3://lists/drop.txt", wall.now, b"198.51.100.0/24\nnonsense\n")
        await heed(Threats((drop,), ("the threat list x is not read",)))
        assert told() == [(30, "on the block list GuardDuty: drop of 2026-03-15")]
        assert triage.token() != before  # whoever paints hears of it
        assert "the threat list x is not read" in caplog.text
        assert "s3://lists/drop.txt:2: 'nonsense' is no address, CIDR or range" in caplog.text
        await heed(Threats())
        assert told() == []
