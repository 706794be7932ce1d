"""Logs of every kind side by side: each row says what was done, in the words of its own format."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.model import SECOND
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.journal import Journal
from triage_tui.respond.simulated import SimulatedBlocklist
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage
from triage_tui.ui.adapters.events import Wording
from triage_tui.ui.app import TriageApp

Lines = Callable[[App[None]], list[str]]
FOLDER = Path(__file__).parents[1] / "data" / "mixed"
ACTOR = "203.0.113.77"
NOW = 1_773_540_000 * SECOND
"""Two in the night of 15 March 2026: syslog lines know no year."""


@pytest.fixture
async def mixed() -> AsyncIterator[Triage]:
    """All of the folder, loaded."""
    paths = [str(path) for path in sorted(FOLDER.iterdir())]
    journal = await Journal.open(None, wall=lambda: 0)
    spool = Spool()
    triage = Triage(
        [FileSource(path, wall=lambda: NOW) for path in paths],
        clock=ReplayClock(ticks=lambda: 0, wall_time=lambda: NOW),
        spool=spool,
        raw=RawFiles(paths, spool),
        casebook=await SqliteCasebook.open(None, wall=lambda: 0),
        blocklist=SimulatedBlocklist(journal, GuardPolicy()),
        author="maria",
    )
    await triage.run()
    yield triage
    await triage.close()
    await journal.close()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    for _ in range(4):
        await pilot.pause()


def words_of(triage: Triage, name: str, actor: str = "") -> list[str]:
    """What the rows of a format were done to, as the screens say it, each once."""
    wording, index = Wording(triage), triage.index
    rows = [row for row in range(index.rows) if index.format.text(row) == name]
    return list(dict.fromkeys(wording.what(row, actor) for row in rows))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vpcflow", "10.0.1.20:22 tcp"),
        ("vpcflow", "from 10.0.1.20:443 tcp"),
        ("vpcflow", "eni-0a1b2c3d4e5f60718"),
        ("alb", "/.env"),
        ("access", "/login"),
        ("cloudfront", "/backup.zip"),
        ("apigateway", "/orders/{id}"),
        ("eks", "prod/secrets"),
        ("route53", "x1.evil.example"),
        ("auth", "Failed password for invalid user admin from 203.0.113.77 port 40100"),
        ("securityhub", "security-group/sg-0123"),
        ("s3access", "/shop-backups/dump.sql"),
        ("application", "/login"),
    ],
)
async def test_what_was_done_in_the_words_of_the_format(
    mixed: Triage, name: str, expected: str
) -> None:
    found = words_of(mixed, name, ACTOR)
    assert any(text.startswith(expected) for text in found), found


async def test_without_its_file_a_row_keeps_what_the_columns_know(
    mixed: Triage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_row: int) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(mixed, "event", gone)
    assert words_of(mixed, "vpcflow") == ["eni-0a1b2c3d4e5f60718"]
    assert words_of(mixed, "auth") == ["bastion"]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 50)])
async def test_screens_of_mixed_logs(
    mixed: Triage, screen_text: Lines, leaks: Lines, size: tuple[int, int]
) -> None:
    app = TriageApp(mixed, title="mixed")
    async with app.run_test(size=size) as pilot:
        await press(pilot)
        text = "\n".join(screen_text(app))
        assert ACTOR in text
        assert "POST /login" in text
        await press(pilot, "enter", "g")
        text = "\n".join(screen_text(app))
        assert "10.0.1.20:22 tcp" in text
        assert "■ blocked" in text
        assert ("LOG" in text) is (size[0] >= 120)
        await press(pilot, "2")
        text = "\n".join(screen_text(app))
        assert "Security groups should" in text
        await press(pilot, "escape", "tab")
        assert "alice" in "\n".join(screen_text(app))
        assert leaks(app) == []


async def test_what_stands_out_of_a_scan(mixed: Triage, screen_text: Lines) -> None:
    app = TriageApp(mixed, title="mixed")
    async with app.run_test(size=(200, 50)) as pilot:
        await press(pilot)
        row = next(line for line in screen_text(app) if line.startswith("▌"))
        assert "3 deletes" in row
        assert "12 flows rejected" in row
