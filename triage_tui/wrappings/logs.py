"""CloudWatch Logs: log events, whose `message` is the record.

Output of filter-log-events and get-log-events, results of Live Tail, and the payload that a
subscription delivers; as whole documents, and one log event a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from .lenient import read_as, to_bytes
from .lists import member_pieces
from .moments import milliseconds
from .piece import Piece

if TYPE_CHECKING:
    from collections.abc import Sequence


class _LogEvent(msgspec.Struct, forbid_unknown_fields=True):
    """One log event as any of these calls spells it. No other key occurs."""

    message: str
    timestamp: int
    ingestionTime: int | None = None
    eventId: str | None = None
    id: str | None = None
    logStreamName: str | None = None
    logGroupIdentifier: str | None = None
    logGroupName: str | None = None


class _Subscription(msgspec.Struct):
    messageType: str
    owner: str
    logGroup: str
    logStream: str


class LogEvents(NamedTuple):
    """Many log events, column by column."""

    messages: list[str]
    origins: list[str]
    """The log stream of each."""
    received: int | None
    """When the last of those that say so was received, in nanoseconds."""


_decoder = msgspec.json.Decoder(_LogEvent)
_decode_lines = msgspec.json.Decoder(_LogEvent).decode_lines
_decode_subscription = msgspec.json.Decoder(_Subscription).decode


def unwrap_events(raw: bytes) -> list[Piece] | None:
    """`{"events": [{"message": …, "timestamp": …}, …]}`."""
    elements = member_pieces(raw, "events")
    return None if elements is None else _messages(raw, elements, "")


def unwrap_subscription(raw: bytes) -> list[Piece] | None:
    """`{"messageType": "DATA_MESSAGE", "logGroup": …, "logEvents": […]}`."""
    try:
        head = _decode_subscription(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    elements = member_pieces(raw, "logEvents")
    if elements is None:
        return None
    if head.messageType == "CONTROL_MESSAGE":
        return []
    return _messages(raw, elements, f"{head.logGroup}:{head.logStream}")


def unwrap_event(raw: bytes) -> list[Piece] | None:
    """One log event as a record of its own.

    A message and a time alone are an application's own log line, not a log event.
    """
    event = read_as(_decoder, raw)
    if event is None or not _is_log_event(event):
        return None
    return [_piece(event, "")]


def unwrap_lines(lines: bytes, count: int) -> LogEvents | None:
    """`count` log events, a line each, as `unwrap_event` reads them one by one; None where it would
    not read each so."""
    try:
        events = _decode_lines(lines)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if len(events) != count or not all(map(_is_log_event, events)):
        return None
    times = (milliseconds(event.ingestionTime) for event in reversed(events))
    return LogEvents(
        [event.message for event in events],
        list(map(_origin, events)),
        next(filter(None, times), None),
    )


def _is_log_event(event: _LogEvent) -> bool:
    return bool(event.eventId or event.logStreamName or event.ingestionTime)


def _messages(raw: bytes, elements: Sequence[Piece], origin: str) -> list[Piece] | None:
    events = [read_as(_decoder, element.of(raw)) if element.whole else None for element in elements]
    if elements and not any(events):
        return None
    return [
        _piece(event, origin) if event else element
        for event, element in zip(events, elements, strict=True)
    ]


def _piece(event: _LogEvent, origin: str) -> Piece:
    return Piece(
        data=to_bytes(event.message),
        received=milliseconds(event.ingestionTime),
        time=milliseconds(event.timestamp),
        origin=origin or _origin(event),
    )


def _origin(event: _LogEvent) -> str:
    """The name of its log stream, as far as it tells."""
    group, stream = event.logGroupIdentifier or event.logGroupName, event.logStreamName
    return f"{group}:{stream}" if group and stream else group or stream or ""
