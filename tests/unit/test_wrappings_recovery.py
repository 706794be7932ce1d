"""Broken lists: every good record is recovered, each gap is one piece, in linear time."""

import json
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.wrappings import unwrap

GOOD = [json.dumps({"eventVersion": "1", "n": n, "t": '}{[]\\"'}).encode() for n in range(5)]


def found(raw: bytes) -> list[tuple[bytes, bool]]:
    pieces = unwrap(raw)
    assert pieces is not None
    return [(piece.of(raw), piece.whole) for piece in pieces]


def good(*numbers: int) -> list[tuple[bytes, bool]]:
    return [(GOOD[number], True) for number in numbers]


@pytest.mark.parametrize("head", [b'{"Records": [', b"[", b'{"n":1,"Findings":['])
def test_a_document_cut_off_in_a_record_keeps_those_before(head: bytes) -> None:
    raw = head + b",".join(GOOD[:3]) + b"," + GOOD[3][:15]
    assert found(raw) == [*good(0, 1, 2), (GOOD[3][:15], False)]


@pytest.mark.parametrize("tail", [b"", b",", b"]", b" ,\n"])
def test_a_document_cut_off_between_records_loses_nothing(tail: bytes) -> None:
    raw = b'{"Records":[' + b",".join(GOOD) + tail
    assert found(raw) == good(0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    "broken",
    [
        b'{"eventVersion": tru}',
        b'{"eventVersion":"1","n":',
        b'{"eventVersion":"1","t":"never closed}',
        b'{"eventVersion":"1","a":[[[{',
        b"junk",
        b"\x00\xff\xfe",
    ],
)
def test_a_broken_record_is_one_gap(broken: bytes) -> None:
    raw = b'{"Records":[' + b",".join([GOOD[0], broken, GOOD[1], GOOD[2]]) + b"]}"
    assert found(raw) == [*good(0), (broken, False), *good(1, 2)]


def test_stray_brackets_after_a_record_are_a_gap() -> None:
    raw = b"[" + GOOD[0] + b"}}]," + GOOD[1] + b"]"
    assert found(raw) == [*good(0), (b"}}]", False), *good(1)]


def test_a_broken_first_record_still_tells_how_the_others_begin() -> None:
    raw = b'{"Records":[{"eventVersion":"1",' + b",".join(GOOD[:2]) + b"]}"
    assert found(raw) == [(b'{"eventVersion":"1"', False), *good(0, 1)]


def test_what_follows_the_list_is_no_record() -> None:
    raw = b'{"Records":[' + GOOD[0] + b',{"eventVersion":x}],"NextToken":"abc"}'
    assert found(raw) == [*good(0), (b'{"eventVersion":x}],"NextToken":"abc"}', False)]
    raw = b'{"Records":[' + b",".join([GOOD[0], b"x", GOOD[1]]) + b'],"NextToken":"abc"}'
    assert found(raw) == [*good(0), (b"x", False), *good(1)]


def test_bytes_after_the_end_are_counted() -> None:
    raw = b'{"Records":[' + GOOD[0] + b"]} and more"
    assert found(raw) == [*good(0), (b"]} and more", False)]


def test_without_one_good_record_it_is_no_wrapping() -> None:
    assert unwrap(b'{"Records":[{"eventVersion":') is None
    assert unwrap(b"[{abc}, 5, 6") is None


def test_log_events_and_lookups_are_recovered_too() -> None:
    event = b'{"logStreamName":"s","timestamp":1,"message":"hello"}'
    raw = b'{"events":[' + event + b"," + event + b"," + event[:20]
    assert found(raw) == [(b"hello", True), (b"hello", True), (event[:20], False)]
    element = b'{"CloudTrailEvent":"{}"}'
    raw = b'{"Events":[' + element + b"," + element[:12]
    assert found(raw) == [(b"{}", True), (element[:12], False)]


@given(cut=st.integers(0, 400), at=st.integers(0, 400), junk=st.binary(max_size=6))
def test_no_good_record_is_lost_and_no_byte_counted_twice(cut: int, at: int, junk: bytes) -> None:
    raw = b'{"Records":[' + b",".join(GOOD) + b"]}"
    damaged = (raw[:at] + junk + raw[at:])[: cut + 40]
    pieces = unwrap(damaged)
    if pieces is None:
        return
    end = 0
    for piece in pieces:
        assert piece.start >= end
        end = piece.start + piece.length
        assert piece.length > 0
    assert end <= len(damaged)


@given(at=st.integers(0, 4), hurt=st.integers(1, 30))
def test_damage_in_one_record_leaves_the_others(at: int, hurt: int) -> None:
    records = [*GOOD]
    records[at] = records[at][:hurt] + records[at][hurt + 1 :]
    whole = {body for body, whole in found(b"[" + b",".join(records) + b"]") if whole}
    assert {GOOD[n] for n in range(5) if n != at} <= whole


def _steps(run: Callable[[], object]) -> int:
    """Calls into Python code and builtins while `run` runs: a clock that no load disturbs."""
    count = 0

    def step(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(step)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


HOSTILE = [
    b'{"a":[',
    b'{"a":"',
    b'{"a":1]',
    b"]",
    b"{",
    b"[{",
    b'"\\',
    b'{"a":1}]',
    b'{"b":[',
    b'{"a":1},x',
    b"} {",
    b'{"a" ',
]


@pytest.mark.parametrize("pattern", HOSTILE)
@pytest.mark.parametrize("head", [b'{"Records":[{"a":1},', b"[{", b'{"Records":[{"a":"'])
def test_hostile_bytes_take_linear_work(pattern: bytes, head: bytes) -> None:
    small, large = head + pattern * 300, head + pattern * 3000
    assert _steps(lambda: unwrap(large)) < 14 * _steps(lambda: unwrap(small)) + 2000


@pytest.mark.timeout(20)
@pytest.mark.parametrize("pattern", HOSTILE)
def test_plenty_of_hostile_bytes_end(pattern: bytes) -> None:
    """The test's time limit is the assertion: quadratic work on these would take minutes."""
    size = 120_000 // len(pattern)
    unwrap(b'{"Records":[{"a":1},' + pattern * size)
    unwrap(b"[{" + pattern * size)
