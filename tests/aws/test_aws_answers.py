"""Frames are understood however they are cut on their way, and what is damaged is no event."""

import struct
import zlib
from collections.abc import AsyncIterator
from itertools import pairwise

import msgspec
import pytest
from aiohttp import ClientConnectionError
from botocore.eventstream import ParserError
from botocore.exceptions import EventStreamError
from botocore.parsers import ResponseParserError
from hypothesis import given
from hypothesis import strategies as st

from tests.aws import eventstream
from triage_tui.aws.answers import Frames, Page, Started, Update
from triage_tui.aws.seen import LogEvent

EVENT = {
    "logStreamName": "s",
    "logGroupIdentifier": "1:g",
    "timestamp": 7,
    "ingestionTime": 8,
    "message": "\x1b[31m m",
}
LOG_EVENT = LogEvent("s", 7, 8, "\x1b[31m m", "1:g")


class Body:
    """What aiohttp gives: chunks, and maybe an error behind them."""

    def __init__(self, chunks: list[bytes], error: Exception | None = None) -> None:
        self.content, self.closed = self, False
        self._chunks, self._error = chunks, error

    async def iter_chunks(self) -> AsyncIterator[tuple[bytes, bool]]:
        for chunk in self._chunks:
            yield chunk, True
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self.closed = True


async def news(*chunks: bytes, error: Exception | None = None) -> list[Started | Update]:
    async def give_way() -> None: ...

    frames = Frames(Body(list(chunks), error))
    return [each async for each in frames.news(give_way)]


def update(*events: object, sampled: bool = False) -> bytes:
    metadata = {"sampled": sampled}
    value = {"sessionMetadata": metadata, "sessionResults": list(events)}
    return eventstream.event("sessionUpdate", value)


@given(st.lists(st.integers(1, 400), max_size=20))
async def test_frames_may_be_cut_anywhere(cuts: list[int]) -> None:
    data = eventstream.event("sessionStart", {}) + update(EVENT, EVENT, sampled=True) + update()
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    chunks = [data[a:b] for a, b in pairwise(places)]
    start, first, last = await news(*chunks)
    assert isinstance(start, Started)
    assert isinstance(first, Update)
    assert (first.sampled, first.sessionResults) == (True, [LOG_EVENT] * 2)
    assert isinstance(last, Update)
    assert (last.sampled, last.sessionResults) == (False, [])


async def test_what_nobody_knows_is_passed_over_and_half_a_frame_is_none() -> None:
    assert await news(eventstream.event("sessionNovelty", {"a": 1}), update()[:-3]) == []


async def test_half_a_pair_of_surrogates_is_kept() -> None:
    frame = eventstream.encoded_event(
        "sessionUpdate", b'{"sessionResults": [{"message": "\\ud800", "timestamp": 1}]}'
    )
    (found,) = await news(frame)
    assert isinstance(found, Update)
    assert found.sessionResults == [LogEvent("", 1, 0, "\ud800")]


@pytest.mark.parametrize("size", [0, 12, 15, 1 << 30])
async def test_a_frame_of_no_possible_size_ends_the_session(size: int) -> None:
    prelude = struct.pack("!II", size, 0)
    with pytest.raises(ParserError):
        await news(prelude + struct.pack("!I", zlib.crc32(prelude)) + b"x" * 20)


@pytest.mark.parametrize("at", [2, 9, 40, -1])
async def test_a_frame_that_was_damaged_is_not_read(at: int) -> None:
    frame = bytearray(update(EVENT))
    frame[at] ^= 1
    with pytest.raises(ParserError):
        await news(bytes(frame))


@pytest.mark.parametrize("payload", [b"null", b"[]", b"{", b'{"sessionResults": [{"message": 7}]}'])
async def test_what_is_no_update_is_damage(payload: bytes) -> None:
    with pytest.raises(ResponseParserError):
        await news(eventstream.encoded_event("sessionUpdate", payload))


async def test_errors_in_the_stream_have_their_codes() -> None:
    for frame, code in (
        (eventstream.exception("SessionTimeoutException", "over"), "SessionTimeoutException"),
        (eventstream.error("InternalError", "broke"), "InternalError"),
    ):
        with pytest.raises(EventStreamError) as raised:
            await news(frame)
        assert raised.value.response["Error"]["Code"] == code


async def test_a_connection_that_was_never_read_is_a_broken_one() -> None:
    with pytest.raises(ClientConnectionError):
        await news(error=RuntimeError("Connection closed."))


def test_a_page_is_read_by_its_names() -> None:
    page = msgspec.json.decode(
        b'{"events": [{"eventId": "9", "message": "m", "timestamp": 1}], "searchedLogStreams": []}',
        type=Page,
    )
    assert page.events == [LogEvent("", 1, 0, "m", "", "9")]
    assert page.nextToken is None
