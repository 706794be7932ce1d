"""A log event as a record: what is recorded, and read again as any log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .seen import LogEvent

_encoder = msgspec.json.Encoder()


class _Record(msgspec.Struct, gc=False):
    """A log event as both APIs spell it, but for what only one of them has."""

    message: str
    timestamp: int
    ingestionTime: int
    logStreamName: str
    logGroupIdentifier: str


def records(events: Sequence[LogEvent], identifier: str) -> list[bytes]:
    """The events as records."""
    values = [
        _Record(event.message, event.time, event.ingested, event.stream, identifier)
        for event in events
    ]
    try:
        return _encoder.encode_lines(values).split(b"\n")[:-1]
    except UnicodeEncodeError:
        return [record(event, identifier) for event in events]


def record(event: LogEvent, identifier: str) -> bytes:
    """The event as a record."""
    value = _Record(event.message, event.time, event.ingested, event.stream, identifier)
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:  # half a pair of surrogates, which JSON may spell out
        return json.dumps(msgspec.structs.asdict(value)).encode()
