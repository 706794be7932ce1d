"""An attended triage is put together with the settings: what it reads by, and what it refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from triage_tui.cli import who
from triage_tui.cli.attended import attended
from triage_tui.config import Settings
from triage_tui.detect.geo import OfflineGeo
from triage_tui.model import EntityRef, Kind
from triage_tui.respond.guard import Protected, refusals
from triage_tui.sources.clock import ReplayClock


@pytest.fixture(autouse=True)
def _nobody_is_known_yet() -> Iterator[None]:
    """Where a session comes from is asked once a process."""
    who.own.cache_clear()
    yield
    who.own.cache_clear()


@pytest.mark.parametrize(
    ("ip", "words"),
    [
        ("162.158.1.1", "an edge of a CDN"),
        ("2606:4700::1", "an edge of a CDN"),
        ("9.9.9.10", "a trusted proxy"),
        ("8.8.4.4", "the bank"),
        ("1.1.1.1", "where this session comes from"),
        ("8.8.8.8", ""),
    ],
)
@pytest.mark.may_block("the state is opened before there is a screen")
async def test_blocks_keep_to_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ip: str, words: str
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "1.1.1.1 4711 10.0.0.5 22")
    settings = Settings(
        trusted_proxies=("9.9.9.0/24",), protect=(Protected("8.8.4.0/24", "the bank"),)
    )
    geo = OfflineGeo()
    desk = await attended([], tmp_path, ReplayClock(), settings, geo)
    try:
        plan = await desk.triage.plan_block([EntityRef(Kind.IP, ip)])
        said = " ".join(refusals(plan.choices[0].verdicts))
        assert words in said if words else said == ""
        assert desk.triage.geo is geo
    finally:
        await desk.close()
