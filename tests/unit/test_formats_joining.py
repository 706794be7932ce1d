"""Batches that are taken in as one are what they are, taken in by turns."""

import json
from array import array
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import holes
from tests.rules import own_pack
from tests.unit.test_formats_decode import JUNK, LINES, RECORDS, log_event
from tests.unit.test_formats_log_events import EVENTS, MESSAGES
from triage_tui.aws.logrecord import record
from triage_tui.aws.seen import LogEvent
from triage_tui.detect.geo import Nowhere
from triage_tui.detect.matcher import RuleMatcher
from triage_tui.formats import decode as decoding
from triage_tui.formats.decode import decode, decode_batches
from triage_tui.formats.joining import join
from triage_tui.formats.settings import DEFAULT
from triage_tui.formats.vocabulary import Vocabulary
from triage_tui.model import Batch, Columns
from triage_tui.store.events import event
from triage_tui.store.index import Index, Origin


@cache
def matcher() -> RuleMatcher:
    return RuleMatcher(own_pack())


TRAIL = RECORDS["cloudtrail"]
ASSUMED = TRAIL | {
    "eventID": "assumed",
    "eventSource": "sts.amazonaws.com",
    "eventName": "AssumeRole",
    "responseElements": {
        "assumedRoleUser": {"arn": "arn:aws:sts::1:assumed-role/r/s", "assumedRoleId": "AROA:s"},
        "credentials": {"accessKeyId": "ASIAEXAMPLE"},
    },
}
DENIED = TRAIL | {"eventID": "denied", "errorCode": "AccessDenied", "sourceIPAddress": "192.0.2.9"}
RECORDS_OF = (
    *LINES.values(),
    JUNK,
    b" ",
    json.dumps(ASSUMED).encode(),
    json.dumps(DENIED).encode(),
    json.dumps(log_event(JUNK)).encode(),
    json.dumps(log_event(LINES["cloudtrail"])).encode(),
    holes.text(holes.inspector()),
)
Brought = tuple[int, list[bytes], bool]
"""A batch: (source, records, whether they lie in a file)."""
BATCH = st.tuples(
    st.integers(0, 2), st.lists(st.sampled_from(RECORDS_OF), max_size=5), st.booleans()
)
PATHS = ("a", "b", "c")


class World:
    """An index, and the raw bytes of its rows. Implements `ports.RawReader`."""

    def __init__(self) -> None:
        self.index = Index(rules=matcher().rules)
        self.fed: list[tuple[object, ...]] = []
        self.files: dict[int, bytes] = {}
        self.spool = b""

    def take(self, columns: Columns) -> None:
        origins = [Origin(part.source, PATHS[part.source]) for part in columns.parts]
        rows = self.index.append(columns, len(self.spool), origins)
        self.spool += columns.spill
        if columns.hits.feed is not None:
            for number, group, signals in self.index.fed(columns.hits.feed, rows.start):
                self.fed += ((number, group, *signal) for signal in signals)

    def read(self, source: int, offset: int, length: int, spooled: bool) -> bytes:
        return (self.spool if spooled else self.files[source])[offset : offset + length]

    def told(self) -> list[object]:
        """All that is known of it."""
        index = self.index
        rows = range(index.rows)
        return [
            [event(index, self, PATHS, row, Nowhere()) for row in rows],
            [(index.runs.of(row).source, index.runs.of(row).received) for row in rows],
            [index.extras.of(row) for row in rows],
            index.hops,
            index.finding_rows,
            index.known._said,
            index.looked,
            sorted(index.there),
            (index.unparsed, index.timeless, index.duplicates, index.span()),
            sorted(self.fed),
        ]


def decoded(worlds: Sequence[World], brought: Sequence[Brought], name: int) -> list[Columns]:
    """Each batch decoded behind the one before, with one vocabulary."""
    vocabulary, found = Vocabulary(name), []
    for number, (source, records, plain) in enumerate(brought):
        data, lengths = b"".join(records), array("Q", map(len, records))
        starts = array("Q", [*accumulate(lengths, initial=0)][:-1])
        before = worlds[0].files.get(source, b"")
        for world in worlds:
            world.files[source] = before + data
        base = len(before) if plain else None
        batch = Batch(source, data, starts, lengths, number, base=base, origin=PATHS[source])
        found.append(decode(batch, DEFAULT, vocabulary, matcher()))
    return found


@given(st.lists(st.lists(BATCH, min_size=1, max_size=5), min_size=1, max_size=3))
def test_joined_they_are_what_they_are_by_turns(shares: list[list[Brought]]) -> None:
    joined, by_turns = World(), World()
    found = decoded((joined, by_turns), [each for share in shares for each in share], 7)
    for first, end in pairwise(accumulate(map(len, shares), initial=0)):
        joined.take(join(found[first:end]))
    for columns in found:
        by_turns.take(columns)
    assert joined.told() == by_turns.told()


@given(st.lists(BATCH, min_size=1, max_size=5))
def test_a_vocabulary_without_a_name_is_that_of_what_is_joined(brought: list[Brought]) -> None:
    joined, by_turns = World(), World()
    joined.take(join(decoded([joined], brought, 0)))
    for columns in decoded([by_turns], brought, 7):
        by_turns.take(columns)
    assert joined.told() == by_turns.told()


def test_a_batch_that_was_left_out_is_no_silent_mistake() -> None:
    world = World()
    brought: list[Brought] = [(0, [LINES[name]], False) for name in ("cloudtrail", "waf", "waf")]
    first, _, last = decoded([world], brought, 7)
    world.take(first)
    with pytest.raises(ValueError, match="was left out"):
        world.take(last)


def live(source: int, received: int, events: list[LogEvent]) -> Batch:
    """A batch as live sources bring it."""
    records = [record(event, f"1:/shop/{source}") for event in events]
    lengths = array("Q", map(len, records))
    starts = array("Q", [*accumulate(lengths, initial=0)][:-1])
    return Batch(source, b"".join(records), starts, lengths, received, origin="logs eu-west-1")


TRAILS = st.builds(
    LogEvent,
    message=st.sampled_from(MESSAGES),
    stream=st.sampled_from(("a", "b")),
    time=st.integers(0, 3),
    ingested=st.integers(0, 3),
)
SHARE = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.lists(TRAILS, min_size=1, max_size=4) | st.lists(TRAILS | EVENTS, max_size=4),
    ),
    min_size=1,
    max_size=5,
)


@given(st.lists(SHARE, min_size=1, max_size=3), st.integers(1, 5))
def test_what_is_read_together_is_what_is_read_by_turns(
    shares: list[list[tuple[int, list[LogEvent]]]], at_once: int
) -> None:
    together, by_turns = World(), World()
    vocabulary, other = Vocabulary(7), Vocabulary(7)
    with patch.object(decoding, "_SLICE", at_once):
        for share in shares:
            batches = [live(source, n, events) for n, (source, events) in enumerate(share)]
            together.take(decode_batches(batches, DEFAULT, vocabulary, matcher()))
            for batch in batches:
                by_turns.take(decode(batch, DEFAULT, other, matcher()))
    assert together.told() == by_turns.told()


def test_much_is_read_together() -> None:
    share = [
        live(n % 3, n, [LogEvent("s", n, 5 + n, message) for message in MESSAGES[1:4]])
        for n in range(5)
    ]
    with patch.object(decoding, "decode", side_effect=AssertionError("by turns")):
        columns = decode_batches(share)
    assert [part.rows for part in columns.parts] == [3] * 5
    assert [part.received for part in columns.parts] == [(5 + n) * 10**6 for n in range(5)]
    world = World()
    world.take(columns)
    index = world.index
    raw = [world.read(0, index.place(row), index.length.at(row), True) for row in range(15)]
    assert [each.decode() for each in raw] == [*MESSAGES[1:4]] * 5
