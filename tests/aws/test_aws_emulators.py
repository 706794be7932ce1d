"""The same over servers that others wrote: a real Live Tail, and a proxy that breaks it."""

import json
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from tests.aws.emulators import microburst, ministack, moto
from tests.aws.night import Night, tailing
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.settings import LogsSettings
from triage_tui.health import HealthState

SETTINGS = LogsSettings(groups=("/shop/*",), requests_per_second=50.0, poll_seconds=1.0)


class Real:
    """The time of this machine, which the emulators have too."""

    def wall(self) -> int:
        return time.time_ns()

    def seconds(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await Night.pause(seconds)


@asynccontextmanager
async def shop(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Access]:
    """A client that makes a group, `/shop/cart`, with a stream."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    access = Access(Scope(None, "eu-west-1"))
    client = await access.client("logs")
    await client.create_log_group(logGroupName="/shop/cart")
    await client.create_log_stream(logGroupName="/shop/cart", logStreamName="s")
    yield access
    await access.close()


async def put(access: Access, *messages: str) -> None:
    client = await access.client("logs")
    now = time.time_ns() // 1_000_000
    events = [{"timestamp": now, "message": message} for message in messages]
    await client.put_log_events(
        logGroupName="/shop/cart",
        logStreamName="s",
        logEvents=events,  # type: ignore[arg-type] # as put together
    )


async def test_ministack_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    with ministack() as url:
        async with shop(url, monkeypatch) as access:
            await put(access, "before", "before too")
            async with tailing(SETTINGS, Real()) as night:
                await night.until(lambda: "/shop/cart eu-west-1" in night.feeds)
                feed = night.feeds["/shop/cart eu-west-1"]
                await night.until(lambda: feed.report.state is HealthState.LIVE)
                await put(access, "twin", "twin", "alone")
                await night.until(lambda: night.came.total() == 5)
                assert sorted(key[2] for key in night.came.elements()) == [
                    "alone",
                    "before",
                    "before too",
                    "twin",
                    "twin",
                ]


async def test_moto_lists_groups_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows groups by their names alone: that they cannot be read is told."""
    settings = replace(SETTINGS, groups=("/shop/*", "/web"), exclude=("/shop/no-*",), tail="poll")
    with moto() as url:
        async with shop(url, monkeypatch) as access:
            client = await access.client("logs")
            for number in range(60):
                await client.create_log_group(logGroupName=f"/shop/{number:02}")
            for name in ("/shop/no-more", "/web", "/website"):
                await client.create_log_group(logGroupName=name)
            async with tailing(settings, Real()) as night:
                await night.until(lambda: len(night.feeds) == 1 + 60 + 1 + 1)
                names = {feed.report.path for feed in night.feeds.values()} - {"log groups"}
                assert names == {
                    *(f"/shop/{number:02}" for number in range(60)),
                    "/shop/cart",
                    "/web",
                }
                feed = night.feeds["/web eu-west-1"]
                await night.until(lambda: feed.report.state is HealthState.STALE)
                assert "ResourceNotFoundException" in feed.health.trouble


def break_it(proxy: str, *rules: dict[str, object]) -> None:
    request = urllib.request.Request(
        f"{proxy}/_microburst/rules",
        data=json.dumps(list(rules)).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=55) as answer:
        assert answer.status < 300


async def test_microburst_throttles_and_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    with ministack() as url, microburst(url) as proxy:
        async with shop(url, monkeypatch) as access:
            await put(access, *(f"before {n}" for n in range(20)))
            break_it(
                proxy,
                {
                    "service": "logs",
                    "operation": "FilterLogEvents",
                    "times": 2,
                    "error": {"code": "ThrottlingException", "status": 400},
                },
                {
                    "service": "logs",
                    "operation": "StartLiveTail",
                    "times": 1,
                    "error": {"code": "LimitExceededException", "status": 400},
                },
            )
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy)
            async with tailing(SETTINGS, Real()) as night:
                await night.until(lambda: night.came.total() == 20)
                feed = night.feeds["/shop/cart eu-west-1"]
                assert feed.health.throttled == 2
                await night.until(lambda: feed.report.state is HealthState.LIVE)
                await put(access, "after")
                await night.until(lambda: night.came.total() == 21)
