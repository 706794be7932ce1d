"""The short form of the chaos run; `make soak` has the long one."""

from pathlib import Path

import pytest

from tests.aws.chaos import OFTEN, chaos
from tests.aws.logs import FakeLogs
from tests.aws.night import Night
from tests.aws.server import FakeAws
from triage_tui.aws.access import Scope
from triage_tui.health import LiveHealth


@pytest.mark.timeout(180)
async def test_nothing_is_lost_and_nothing_is_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")  # the run sets it
    found = await chaos(1, events=8_000, groups=12, per_tick=12, often=OFTEN)
    assert (found.lost, found.twice, found.untold) == ({}, {}, {})
    assert found.sent >= 8_000 + found.twins > 8_040
    assert found.never == []


def groups(night: Night) -> list[LiveHealth]:
    """How each log group is."""
    return [feed.health for feed in night.feeds.values() if not feed.health.is_search]


@pytest.mark.timeout(180)
async def test_keys_that_expire_in_the_midst_of_it_and_are_renewed_lose_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions break, nobody is let in, events go on coming; then there are new
    keys in the file."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    (home / ".aws").mkdir()

    def put_keys(number: int) -> None:
        pair = f"[p]\naws_access_key_id = AKID{number}\naws_secret_access_key = s\n"
        (home / ".aws" / "credentials").write_text(pair)

    async def expire(aws: FakeAws, logs: FakeLogs, night: Night) -> None:
        aws.expired.add("AKID0")
        aws.faults.add("StartLiveTail.frame", "cut", times=len(logs.sessions))
        await night.until(lambda: all(each.lockout for each in groups(night)), 60)
        found = [each.lockout.cure for each in groups(night) if each.lockout]
        assert all(cure.startswith("put new keys") for cure in found)
        put_keys(1)
        await night.until(lambda: not any(each.lockout for each in groups(night)), 60)
        await night.until(lambda: bool(logs.sessions), 60)

    put_keys(0)
    found = await chaos(3, 4_000, 4, 10, often=0.0, scope=Scope("p", "eu-west-1"), meanwhile=expire)
    assert (found.lost, found.twice) == ({}, {})
