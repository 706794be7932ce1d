"""Frames of `application/vnd.amazon.eventstream`, as a service sends them."""

import struct
import zlib
from json import dumps

from msgspec import json

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    """One message; all its headers are strings."""
    packed = b"".join(
        struct.pack("!B", len(name))
        + name.encode()
        + struct.pack("!BH", _STRING, len(value))
        + value
        for name, value in ((name, value.encode()) for name, value in headers.items())
    )
    prelude = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    body = prelude + struct.pack("!I", zlib.crc32(prelude)) + packed + payload
    return body + struct.pack("!I", zlib.crc32(body))


def event(kind: str, value: object) -> bytes:
    """`initial-response`, `sessionStart` or `sessionUpdate`."""
    try:
        return encoded_event(kind, json.encode(value))
    except UnicodeEncodeError:  # half a pair of surrogates is spelled out
        return encoded_event(kind, dumps(value).encode())


def encoded_event(kind: str, payload: bytes) -> bytes:
    """The same of a value that is JSON already."""
    headers = {
        ":message-type": "event",
        ":event-type": kind,
        ":content-type": "application/json",
    }
    return frame(headers, payload)


def exception(kind: str, message: str) -> bytes:
    """An exception that the model names, in mid-stream."""
    headers = {
        ":message-type": "exception",
        ":exception-type": kind,
        ":content-type": "application/json",
    }
    return frame(headers, json.encode({"message": message}))


def error(code: str, message: str) -> bytes:
    """An error that the model does not name."""
    return frame({":message-type": "error", ":error-code": code, ":error-message": message}, b"")
