"""A filter that was asked before knows what a new one would know: lists that were fetched
meanwhile, detections that were revised, and what was searched while many others were tried."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from tests.rules import own_pack
from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.decoding import Decoders
from triage_tui.demo import incident_files
from triage_tui.detect.intel import Intel, ListKind, of_bytes
from triage_tui.model import SECOND, Kind
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.journal import Journal
from triage_tui.respond.simulated import SimulatedBlocklist
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.store.filters import parse
from triage_tui.triage import Triage
from triage_tui.ui.adapters.timebars import TimeBars
from triage_tui.ui.adapters.zoom import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from triage_tui.detect.correlate import Detection
    from triage_tui.store.filters import Filter

NOW = 1_773_540_000 * SECOND


def call(number: int) -> dict[str, object]:
    return {
        "eventVersion": "1.11",
        "eventTime": f"2026-03-15T02:{number // 60:02}:{number % 60:02}Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "GetUser",
        "eventID": f"0b7a5c1e-0000-4000-8000-{number:012}",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": f"198.51.100.{number % 9 + 1}",
        "requestParameters": {"userName": "needle" if number % 3 == 0 else "hay"},
        "userIdentity": {"type": "Root", "arn": "arn:aws:iam::111122223333:root"},
    }


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Triage]]:
    """Opens a triage of any files, and reads them."""
    made: list[Triage] = []

    async def open_(paths: list[str], decoders: Decoders | None) -> Triage:
        journal, spool = await Journal.open(None, wall=lambda: NOW), Spool()
        triage = Triage(
            [FileSource(path, wall=lambda: NOW) for path in paths],
            clock=ReplayClock(ticks=lambda: 0, wall_time=lambda: NOW),
            spool=spool,
            raw=RawFiles(paths, spool),
            casebook=await SqliteCasebook.open(None, wall=lambda: NOW),
            blocklist=SimulatedBlocklist(journal, GuardPolicy()),
            author="maria",
            decoders=decoders,
        )
        await triage.run()
        made.append(triage)
        return triage

    def make(
        numbers: range, decoders: Decoders | None = None, paths: list[str] | None = None
    ) -> Triage:
        path = tmp_path / "calls.jsonl"
        path.write_text("".join(f"{json.dumps(call(number))}\n" for number in numbers))
        return asyncio.run(open_(paths or [str(path)], decoders))

    yield make
    for triage in made:
        asyncio.run(triage.close())


def searched(triage: Triage, text: str) -> Filter:
    selected = parse(text)
    for _ in triage.search(selected):
        pass
    return selected


def shown(triage: Triage, selected: Filter) -> tuple[int, int]:
    """Events that a filter selects: in sight, and on the time-line."""
    bars = TimeBars(triage)
    span = Window(*(triage.index.span() or (0, 0)))
    on_line = sum(each.count for each in bars.bars(selected, span, 40, None))
    return triage.sight(selected).events, on_line


def test_a_filter_that_is_in_use_is_still_searched_after_many_others_were_tried(
    opened: Callable[..., Triage],
) -> None:
    """Each key in the prompt for a filter is another filter."""
    triage, bars = opened(range(300)), TimeBars
    selected = parse("needle action:GetUser")
    line = bars(triage)
    span = Window(*(triage.index.span() or (0, 0)))
    line.bars(selected, span, 40, None)
    assert triage.look(Kind.IP, selected).counts.events.sum() == 0  # nothing was searched yet
    for number in range(20):
        triage.sight(parse(f"other{number}"))
    searched(triage, selected.text)
    assert triage.sight(selected).events == 100
    assert sum(each.count for each in line.bars(selected, span, 40, None)) == 100


@pytest.mark.parametrize("text", ["intel:drop", "intel:drop needle", "-intel:drop"])
def test_lists_that_are_fetched_later_count_in_a_filter(
    opened: Callable[..., Triage], text: str
) -> None:
    triage = opened(range(90))
    line, span = TimeBars(triage), Window(*(triage.index.span() or (0, 0)))
    selected = searched(triage, text)
    before = triage.sight(selected).events
    line.bars(selected, span, 40, None)
    found = of_bytes(b"198.51.100.1\n", "/lists/drop.txt", ListKind.BLOCK, NOW, NOW)
    triage.know(Intel([found]))
    searched(triage, text)
    expected = {"intel:drop": 10, "intel:drop needle": 10, "-intel:drop": 80}[text]
    assert before == (90 if text.startswith("-") else 0)
    assert triage.sight(selected).events == expected
    assert sum(each.count for each in line.bars(selected, span, 40, None)) == expected
    assert shown(triage, selected) == (expected, expected)


def test_lists_that_are_fetched_before_anything_was_searched_count(
    opened: Callable[..., Triage],
) -> None:
    triage, selected = opened(range(90)), parse("intel:drop needle")
    assert triage.sight(selected).events == 0
    found = of_bytes(b"198.51.100.1\n", "/lists/drop.txt", ListKind.BLOCK, NOW, NOW)
    triage.know(Intel([found]))
    assert triage.sight(selected).events == 0
    searched(triage, selected.text)
    assert triage.sight(selected).events == 10


@pytest.mark.parametrize("more", ["", " -nowhere"])
def test_detections_that_are_revised_count_in_a_filter(
    opened: Callable[..., Triage], more: str
) -> None:
    """A late event moves the event at which a correlation fires."""
    rules = own_pack()
    decoders = Decoders(1, rules=rules)
    triage = opened(range(1), decoders, [str(path) for path in incident_files()])
    fired = triage.index.correlated
    rule = rules.rules[fired[0].rule]
    text = f"rule:{rule.id}{more}"
    selected = searched(triage, text)
    before = triage.sight(selected).events
    rows = {each.row for each in fired if each.rule == fired[0].rule}
    moved = [_at(each, each.row + 1) if each.rule == fired[0].rule else each for each in fired]
    assert before == len(rows)
    triage.index.correlated = moved[1:]
    triage.index.revision += 1
    mask = triage.matches(selected).mask()
    wanted = {each.row for each in triage.index.correlated if each.rule == fired[0].rule}
    assert {row for row in range(triage.index.rows) if mask[row]} == wanted
    assert triage.sight(selected).events == len(wanted)


def test_detections_that_are_revised_amid_a_search_count_in_a_filter(
    opened: Callable[..., Triage],
) -> None:
    """They are of rows that were searched before, and more rows are searched before anybody asks
    for the filter again."""
    triage = opened(
        range(1), Decoders(1, rules=own_pack()), [str(path) for path in incident_files()]
    )
    fired = min(triage.index.correlated, key=lambda each: each.row)
    selected = parse(f"rule:{own_pack().rules[fired.rule].id} -nowhere")
    matches = triage.matches(selected)
    while matches.decided <= fired.row + 1:
        matches.search(triage.raw, 1 << 16)
    assert not matches.complete
    triage.index.correlated = [_at(fired, fired.row + 1)]
    triage.index.revision += 1
    matches.search(triage.raw, 1 << 16)
    searched(triage, selected.text)
    mask = triage.matches(selected).mask()
    assert [row for row in range(triage.index.rows) if mask[row]] == [fired.row + 1]


def _at(detection: Detection, row: int) -> Detection:
    return detection._replace(row=row)
