"""CloudWatch Logs: log events, whose `message` is the record.

Output of filter-log-events and get-log-events, results of Live Tail, and the payload that a
subscription delivers; as whole documents, and one log event a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .lenient import decode_leniently, to_bytes
from .lists import member_pieces
from .piece import Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

_MILLISECOND = 1_000_000
_LATEST = 2**63 // _MILLISECOND


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


_decode = msgspec.json.Decoder(_LogEvent).decode
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
    event = _read(raw)
    if event is None or not (event.eventId or event.logStreamName or event.ingestionTime):
        return None
    return [_piece(event, "")]


def _messages(raw: bytes, elements: Sequence[Piece], origin: str) -> list[Piece] | None:
    events = [_read(element.of(raw)) if element.whole else None for element in elements]
    if elements and not any(events):
        return None
    return [
        _piece(event, origin) if event else element
        for event, element in zip(events, elements, strict=True)
    ]


def _read(raw: bytes) -> _LogEvent | None:
    try:
        return _decode(raw)
    except (msgspec.ValidationError, RecursionError):
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            return msgspec.convert(decode_leniently(raw), _LogEvent)
        except (msgspec.ValidationError, UnicodeError, RecursionError):
            return None


def _piece(event: _LogEvent, origin: str) -> Piece:
    group = event.logGroupIdentifier or event.logGroupName
    stream = ":".join(part for part in (group, event.logStreamName) if part)
    return Piece(
        data=to_bytes(event.message),
        received=_nanoseconds(event.ingestionTime),
        time=_nanoseconds(event.timestamp),
        origin=origin or stream,
    )


def _nanoseconds(milliseconds: int | None) -> int | None:
    """A time as log events spell it; None where it is none that a clock can have shown."""
    if milliseconds is None or not 0 < milliseconds < _LATEST:
        return None
    return milliseconds * _MILLISECOND
