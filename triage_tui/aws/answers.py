"""The two answers of CloudWatch Logs that hold events, decoded straight into events.

botocore reads them in one go, by a table of names: with pages of a megabyte, and with many updates
of Live Tail a second, keys would wait for that.
"""

from __future__ import annotations

import asyncio
import zlib
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
from aiohttp import ClientConnectionError, SocketTimeoutError
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer, InvalidPayloadLength
from botocore.exceptions import EventStreamError
from botocore.parsers import ResponseParserError

from triage_tui.wrappings.lenient import read_as

from .seen import LogEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from typing import Any, Self

    from aiobotocore.client import AioBaseClient
    from botocore.eventstream import EventStreamMessage
    from types_aiobotocore_logs import CloudWatchLogsClient

_Value = TypeVar("_Value")
_SMALLEST, _LARGEST = 16, 32 * 1024 * 1024
"""Bytes of a frame: two checksums and lengths at least; a payload has 24 MiB at most."""
_PRELUDE = Struct("!III")
_OURS = "ours"
"""Under this name an answer of the client holds what we have made of it."""


class Page(msgspec.Struct):
    """What FilterLogEvents answers."""

    events: list[LogEvent] = []
    nextToken: str | None = None


class _Metadata(msgspec.Struct, frozen=True):
    sampled: bool = False


class Update(msgspec.Struct):
    """What Live Tail brings every second."""

    sessionResults: list[LogEvent] = []
    sessionMetadata: _Metadata = _Metadata()

    @property
    def sampled(self) -> bool:
        """Whether it leaves events out."""
        return self.sessionMetadata.sampled


class Cell(msgspec.Struct, frozen=True, gc=False):
    """One field of a row."""

    field: str = ""
    value: str = ""


class _Statistics(msgspec.Struct, frozen=True):
    bytesScanned: float = 0.0


class Results(msgspec.Struct):
    """What GetQueryResults answers."""

    status: str = "Unknown"
    results: list[list[Cell]] = []
    statistics: _Statistics = _Statistics()


class Started(NamedTuple):
    """A session has begun."""


_results = msgspec.json.Decoder(Results)
_page = msgspec.json.Decoder(Page)
_update = msgspec.json.Decoder(Update)


def take_over(client: AioBaseClient) -> None:
    """From now on what this client answers is kept from botocore's own reading, and read here."""
    events = client.meta.events
    events.register("before-parse.cloudwatch-logs.FilterLogEvents", _keep_page)
    events.register("before-parse.cloudwatch-logs.GetQueryResults", _keep_page)
    events.register("before-parse.cloudwatch-logs.StartLiveTail", _keep_stream)


def _keep_page(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    if response_dict["status_code"] < 300:
        customized_response_dict[_OURS] = response_dict["body"]
        response_dict["body"] = b"{}"


def _keep_stream(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    if response_dict["status_code"] < 300:
        frames = Frames(response_dict["body"])
        customized_response_dict[_OURS] = response_dict["body"] = frames


async def page(client: CloudWatchLogsClient, asked: Mapping[str, object]) -> Page:
    """Calls FilterLogEvents. Raises one of `CALL_ERRORS`."""
    answer: Any = await client.filter_log_events(**asked)  # type: ignore[arg-type] # as put together
    return _read(_page, answer[_OURS])


async def results(client: CloudWatchLogsClient, query: str) -> Results:
    """Calls GetQueryResults. Raises one of `CALL_ERRORS`."""
    answer: Any = await client.get_query_results(queryId=query)
    return await asyncio.to_thread(_read, _results, answer[_OURS])


async def tail(
    client: CloudWatchLogsClient, asked: Mapping[str, object], silence: float | None = None
) -> Frames:
    """Calls StartLiveTail; a session that is silent for `silence` (seconds) is broken. Raises one
    of `CALL_ERRORS`."""
    answer: Any = await client.start_live_tail(**asked)  # type: ignore[arg-type] # as put together
    frames: Frames = answer[_OURS]
    frames.silence = silence
    return frames


def _read(decoder: msgspec.json.Decoder[_Value], data: bytes) -> _Value:
    found = read_as(decoder, data)
    if found is None:
        raise ResponseParserError(f"{data[:80]!r} is not what CloudWatch Logs answers")
    return found


class Frames:
    """The frames of a session. botocore reads the first, the initial response, as if it were the
    body of an answer (`content.iter_chunks`); from there on it is ours. Whoever reads closes it:
    to be cancelled closes nothing."""

    def __init__(self, body: Any) -> None:
        """`body` is aiohttp's."""
        self.silence: float | None = None
        """Seconds after which a silent session counts as broken."""
        self._body = body
        self._frames = self._whole()

    @property
    def content(self) -> Self:
        """For botocore: where the chunks are."""
        return self

    async def iter_chunks(self) -> AsyncIterator[tuple[bytes, bool]]:
        """For botocore, which takes more only when it has come to the end: frame by frame."""
        async for frame in self._frames:
            yield frame, True

    def close(self) -> None:
        """Closes the connection."""
        self._body.close()

    async def news(
        self, give_way: Callable[[], Awaitable[None]]
    ) -> AsyncIterator[Started | Update]:
        """What the session brings; whoever goes first does so before each is read. Raises one of
        `CALL_ERRORS`, or botocore's ParserError."""
        async for frame in self._frames:
            await give_way()
            buffer = EventStreamBuffer()
            buffer.add_data(frame)
            found = _understood(next(buffer))
            if found is not None:
                yield found

    async def _whole(self) -> AsyncIterator[bytes]:
        """Frame by frame, however they are cut on their way."""
        held = bytearray()
        async for chunk in self._chunks():
            held += chunk
            while len(held) >= _PRELUDE.size:
                size, _, checked = _PRELUDE.unpack_from(held)
                if (known := zlib.crc32(held[:8])) != checked:
                    raise ChecksumMismatch(checked, known)
                if not _SMALLEST <= size <= _LARGEST:
                    raise InvalidPayloadLength(size)
                if len(held) < size:
                    break
                frame = bytes(memoryview(held)[:size])
                del held[:size]
                yield frame

    async def _chunks(self) -> AsyncIterator[bytes]:
        chunks = self._body.content.iter_chunks()
        while True:
            try:
                # aiohttp has such a limit, and forgets it with a connection whose chunks are none.
                async with asyncio.timeout(self.silence):
                    chunk, _ = await anext(chunks)
            except TimeoutError as error:
                raise SocketTimeoutError("nothing more came") from error
            except StopAsyncIteration:
                return
            except RuntimeError as error:  # the connection was lost before anybody had read
                raise ClientConnectionError(str(error)) from error
            yield chunk


def _understood(message: EventStreamMessage) -> Started | Update | None:
    """What a frame says; nothing of what is of no use. Raises EventStreamError."""
    headers: Mapping[str, object] = message.headers  # type: ignore[assignment] # so it is
    match headers.get(":message-type"):
        case "event":
            kind = headers.get(":event-type")
            if kind == "sessionUpdate":
                return _read(_update, message.payload)
            return Started() if kind == "sessionStart" else None
        case "exception":
            said = read_as(_message, message.payload) or _Message()
            raise _error(str(headers.get(":exception-type", "")), said.message)
    raise _error(str(headers.get(":error-code", "")), str(headers.get(":error-message", "")))


class _Message(msgspec.Struct):
    """The body of an exception."""

    message: str = ""


_message = msgspec.json.Decoder(_Message)


def _error(code: str, message: str) -> EventStreamError:
    return EventStreamError({"Error": {"Code": code, "Message": message}}, "StartLiveTail")
