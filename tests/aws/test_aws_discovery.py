"""What there is to configure, found over real HTTP."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.aws.guardduty import FakeGuardDuty
from tests.aws.logs import FakeLogs
from tests.aws.server import FakeAws
from tests.aws.wafv2 import FakeWaf
from triage_tui.aws.discovery import AwsDiscovery
from triage_tui.choices import AddressSet, DiscoveryError, Group, Profile, Site

HERE = Site("", "eu-west-1")
EDGE = Site("", "us-east-1")


class World:
    """A server with something of everything, and what is found there."""

    def __init__(self) -> None:
        self.logs = FakeLogs()
        self.guardduty = FakeGuardDuty(lambda text: 0)
        self.waf = FakeWaf()
        self.aws = FakeAws(self.logs, self.guardduty, self.waf)
        self.found = AwsDiscovery()


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    made = World()
    async with made.aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.aws.url)
        yield made
        await made.found.close()


async def test_log_groups_with_their_sizes_and_last_events(world: World) -> None:
    for number in range(120):
        world.logs.create(f"/shop/{number:03}", log_class="STANDARD" if number else "DELIVERY")
    full = world.logs.create("/zoo")
    now = int(time.time() * 1000)
    world.logs.put(full, "old", [(now - 60_000, "an event")])
    world.logs.put(full, "new", [(now, "another one")])
    pages = [page async for page in world.found.groups(HERE)]
    groups = [group for page in pages for group in page]
    assert len(pages) == 3
    assert [group.name for group in groups] == [*(f"/shop/{n:03}" for n in range(120)), "/zoo"]
    assert groups[0].log_class == "DELIVERY"
    assert groups[-1] == Group(HERE, "/zoo", full.size)
    assert await world.found.last_event(groups[-1]) == now * 1_000_000
    assert await world.found.last_event(groups[5]) is None


async def test_detectors(world: World) -> None:
    world.guardduty.enable()
    assert await world.found.detector(HERE)
    assert await world.found.detector(EDGE) == ""


async def test_ip_sets_of_both_scopes(world: World) -> None:
    world.waf.ip_set("a-v4", "203.0.113.9/32")
    world.waf.ip_set("a-v6", version="IPV6")
    world.waf.ip_set("edge", scope="CLOUDFRONT")
    assert await world.found.sets(HERE, "REGIONAL") == [
        AddressSet(HERE, "REGIONAL", "a-v4", 4, 1),
        AddressSet(HERE, "REGIONAL", "a-v6", 6),
    ]
    assert await world.found.sets(HERE, "CLOUDFRONT") == [AddressSet(EDGE, "CLOUDFRONT", "edge", 4)]
    world.aws.faults.add("GetIPSet", "denied")  # to be listed is enough
    assert await world.found.sets(HERE, "CLOUDFRONT") == [AddressSet(EDGE, "CLOUDFRONT", "edge", 0)]


async def _first_groups(found: AwsDiscovery) -> None:
    async for _ in found.groups(HERE):
        return


ASKS: dict[str, Callable[[AwsDiscovery], Awaitable[object]]] = {
    "DescribeLogGroups": _first_groups,
    "DescribeLogStreams": lambda found: found.last_event(Group(HERE, "/a", 0)),
    "ListDetectors": lambda found: found.detector(HERE),
    "ListIPSets": lambda found: found.sets(HERE, "REGIONAL"),
}


@pytest.mark.parametrize("operation", ASKS)
async def test_what_is_denied_is_told_in_plain_words(world: World, operation: str) -> None:
    world.aws.faults.add(operation, "denied")
    with pytest.raises(DiscoveryError, match=f"{operation} is denied"):
        await ASKS[operation](world.found)


async def test_new_credentials_are_taken_when_it_is_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.aws.expired.add("AKIDEXAMPLE")
    with pytest.raises(DiscoveryError, match="expired"):
        await world.found.detector(HERE)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDRENEWED")
    world.found.again()
    assert await world.found.detector(HERE) == ""


async def test_profiles_and_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(
        "[default]\nregion = eu-west-1\n"
        "[profile prod]\nsso_session = s\nregion = us-east-1\n"
        "[profile ops]\nrole_arn = arn:aws:iam::111122223333:role/deep/ops\nsource_profile = prod\n"
        "[profile gov]\nregion = us-gov-west-1\ncredential_process = x\n"
    )
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    found = AwsDiscovery()
    assert await found.profiles() == [
        Profile("", "what the environment says", "eu-west-3"),
        Profile("default", "", "eu-west-1"),
        Profile("prod", "IAM Identity Center", "us-east-1"),
        Profile("ops", "role ops", ""),
        Profile("gov", "a program", "us-gov-west-1"),
    ]
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert [each.name for each in await found.profiles()] == ["default", "prod", "ops", "gov"]
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "eu-west-1" in await found.regions("prod")
    assert set(await found.regions("gov")) == {"us-gov-east-1", "us-gov-west-1"}
    (home / ".aws" / "config").write_text("[[[")
    with pytest.raises(DiscoveryError, match="cannot be read"):
        await found.profiles()
