"""What `w` writes, and the bundle that somebody else opens."""

import argparse
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from triage_tui.cli import bundled, state
from triage_tui.cli.attended import Attended, attended
from triage_tui.cli.reporting import Reporting
from triage_tui.cli.written import taken
from triage_tui.config import Settings
from triage_tui.detect.geo import Nowhere
from triage_tui.model import SECOND, BlockRequest, EntityRef, Kind
from triage_tui.report import incident, to_markdown
from triage_tui.respond.entries import Evidence, Intent, Result, Verified
from triage_tui.respond.ipset import Mark
from triage_tui.respond.journal import Journal, ResponseError
from triage_tui.sources.bundle import BundleError, unpack
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource

pytestmark = pytest.mark.may_block("the state is opened before there is a screen")
WALL = 1_773_540_000 * SECOND
IP = "203.0.113.77"
SET = "arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/shop-v4/0a1b"


def read(path: str) -> str:
    return Path(path).read_text()


def within(folder: str) -> list[Path]:
    return sorted(Path(folder).iterdir())


def mode(path: str) -> int:
    return Path(path).stat().st_mode & 0o777


def trail(number: int) -> str:
    return json.dumps({
        "eventVersion": "1.08",
        "eventID": f"e-{number}",
        "eventTime": f"2026-03-15T02:00:{number:02}Z",
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": "DeleteItem",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": IP,
        "userAgent": "Boto3",
        "userIdentity": {"type": "IAMUser", "principalId": "AIDAX", "userName": "maria",
                         "arn": "arn:aws:iam::111122223333:user/maria"},
    })  # fmt: skip


async def opened(paths: list[Path], folder: Path) -> Attended:
    clock = ReplayClock(ticks=lambda: 0, wall_time=lambda: WALL)
    sources = [FileSource(str(path), wall=clock.wall) for path in paths]
    desk = await attended(sources, folder, clock, Settings(), Nowhere(), baseline="none")
    await desk.triage.run()
    return desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Attended]:
    """A triage of one file, with a note and a simulated block."""
    log = tmp_path / "trail one.jsonl"
    log.write_text("".join(trail(n) + "\n" for n in range(5)))
    (tmp_path / "state").mkdir()
    found = await opened([log], tmp_path / "state")
    await found.triage.note(f"ip:{IP}", "who is this?")
    request = BlockRequest(f"{IP}/32", "simulated", "deletes", "sam", None, f"ip:{IP}",
                           found.triage.clock.position())  # fmt: skip
    await found.triage.block(request)
    yield found
    await found.close()


async def test_both_reports_have_one_name(desk: Attended, tmp_path: Path) -> None:
    writing = Reporting(desk, tmp_path)
    first = await writing.report(anonymize=False)
    second = await writing.report(anonymize=False)
    assert [Path(path).name for path in first] == [
        "triage-report-20260315T020000Z.md",
        "triage-report-20260315T020000Z.json",
    ]
    assert [Path(path).name for path in second] == [
        "triage-report-20260315T020000Z-2.md",
        "triage-report-20260315T020000Z-2.json",
    ]
    found = json.loads(read(first[1]))
    assert found["notes"][0]["text"] == "who is this?"
    assert found["blocks"][0]["audit"][0]["phase"] == "intent"
    assert mode(first[0]) == 0o600
    hidden = await writing.report(anonymize=True)
    assert all("-anonymous" in path for path in hidden)
    assert all(IP not in read(path) for path in hidden)
    assert all("maria" not in read(path) for path in hidden)


async def bundle_of(desk: Attended, tmp_path: Path) -> Path:
    return Path(await Reporting(desk, tmp_path).bundle())


async def test_a_bundle_is_opened_with_what_was_decided(
    desk: Attended, tmp_path: Path, home: Path
) -> None:
    path = await bundle_of(desk, tmp_path)
    arguments = argparse.Namespace(paths=[str(path)])
    folder = bundled.opened(arguments)
    assert folder is not None
    assert str(folder).startswith(str(state.bundles()))
    [records] = arguments.paths
    there = within(records)
    assert [found.name for found in there] == ["0001-trail_one.jsonl"]
    again = await opened(there, folder)
    try:
        mine, theirs = await taken(desk), await taken(again)
        assert theirs.events == mine.events == 5
        assert [note.text for note in theirs.notes] == ["who is this?"]
        assert theirs.blocks == mine.blocks
        assert theirs.journal == mine.journal
        assert (folder.parent / "report.md").read_text() == to_markdown(incident(mine))
    finally:
        await again.close()


async def test_a_bundle_among_others_brings_its_records(desk: Attended, tmp_path: Path) -> None:
    path = await bundle_of(desk, tmp_path)
    arguments = argparse.Namespace(paths=["other.jsonl", str(path)])
    assert bundled.opened(arguments) is None
    assert arguments.paths[0] == "other.jsonl"
    assert within(arguments.paths[1])


async def test_what_cannot_be_in_it_is_told(desk: Attended, tmp_path: Path) -> None:
    desk.triage.sources.append(FileSource("gone.jsonl", wall=lambda: 0, error="it is gone"))
    said = await Reporting(desk, tmp_path).bundle()
    assert said.endswith(".zip; not in it: gone.jsonl: it is gone")


async def test_blocks_of_a_live_night_are_shown_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    journal = await Journal.open(folder / state.LIVE_JOURNAL, wall=lambda: WALL, real=True)
    intent = Intent("edge", f"{IP}/32", "scans", "sam", None, f"ip:{IP}", simulated=False,
                    identity="arn:aws:sts::111122223333:assumed-role/oncall/sam",
                    set=SET)  # fmt: skip
    begun = await journal.append(intent, response="edge", cursor=WALL)
    evidence = Evidence(Mark(1, "aa" * 32, "t"), Mark(2, "bb" * 32, "u"), ("req-1",), "as planned")
    await journal.append(Result(2, evidence), response="edge", cursor=WALL, block=begun.block)
    await journal.append(Verified(), response="edge", cursor=WALL, block=begun.block)
    head = journal.head
    await journal.close()

    log = tmp_path / "a.jsonl"
    log.write_text(trail(1) + "\n")
    desk = await opened([log], folder)
    try:
        [block] = desk.triage.blocks()
        assert (block.cidr, block.simulated, block.state.value) == (f"{IP}/32", False, "in force")
        plan = await desk.triage.plan_block([EntityRef(Kind.IP, IP)], "edge (recorded)")
        assert plan.choices == ()
        assert "shown as they were recorded" in plan.advice[0]
        with pytest.raises(ResponseError, match="on another machine"):
            await desk.triage.blocklists[1].undo(block, author="me", cursor=WALL)
        report = incident(await taken(desk))
        assert report.journal is not None
        assert report.journal.hash == head
        [entry] = report.blocks
        assert [step.phase for step in entry.audit] == ["intent", "result", "verified"]
        assert (entry.audit[1].before, entry.audit[1].after) == (1, 2)
        assert entry.undo[0] == f"triage-tui blocks undo {block.id}"
        assert "update-ip-set" in entry.undo[2]
        text = to_markdown(report)
        assert "1 → 2 entries, SHA-256 bbbbbbbbbbbb…, requests req-1; as planned" in text
        assert "```sh\ntriage-tui blocks undo" in text
        path = await bundle_of(desk, tmp_path)
    finally:
        await desk.close()
    assert (unpack(str(path), state.make(state.bundles())).state / "live-journal.db").is_file()


async def test_a_database_with_triggers_of_others_is_refused(
    desk: Attended, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await bundle_of(desk, tmp_path)
    found = unpack(str(path), state.make(state.bundles()))
    bundled._check_state(found.state)
    connection = sqlite3.connect(found.state / "casebook.db")
    connection.execute("CREATE TRIGGER evil AFTER INSERT ON changes BEGIN DELETE FROM changes; END")
    connection.commit()
    connection.close()
    with pytest.raises(BundleError, match=r"casebook\.db is no casebook of ours"):
        bundled._check_state(found.state)
    with pytest.raises(SystemExit):
        bundled.opened(argparse.Namespace(paths=[str(path)]))
    assert "no casebook of ours" in capsys.readouterr().err
