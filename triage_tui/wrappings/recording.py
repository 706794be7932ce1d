"""Our own recordings: JSON Lines of envelopes, after a header line that says their version.

Further lines of that kind hold no record: they say now and then how far each source was recorded
completely, for whoever goes on with the night.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Literal

import msgspec

from triage_tui.model import SECOND

from .lenient import read_as, to_bytes
from .piece import Piece

VERSION = 1
"""The newest version that this program reads and the one it writes."""
HEADER_KEY = "triage-tui-recording"
MARKED = "\0marks"
"""Whose lines say how far it was recorded: no source of records has this name."""

_MOST = 2**63 - 1
_NO_VERSION_REACHES = 10_000


class Envelope(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One record with where it came from and when. `received` in nanoseconds."""

    source: str
    position: str
    received: int
    message: str | None = None
    message64: str | None = None


class Marks(msgspec.Struct, frozen=True):
    """How far a night was recorded. Wall-clock nanoseconds."""

    at: int
    """When that was."""
    complete: dict[str, int]
    """By source: everything up to then is recorded."""


class Missing(msgspec.Struct, frozen=True):
    """What the disk refused before a segment. Wall-clock nanoseconds."""

    records: int
    since: int
    until: int


envelopes = msgspec.json.Decoder(Envelope)
"""Reads one line, other than a header."""
_decode_header = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def unwrap_line(raw: bytes) -> list[Piece] | None:
    """The message of one envelope; nothing for a header."""
    if _version(raw) is not None:
        return []
    envelope = read_as(envelopes, raw)
    data = None if envelope is None else _message(envelope)
    if envelope is None or data is None or not -_MOST <= envelope.received <= _MOST:
        return None
    return [Piece(data=data, received=envelope.received, origin=envelope.source)]


def check_header(line: bytes) -> str | None:
    """What is wrong with a recording that begins with this line; None for a file we can read.

    A line that is no header is none of our business: None.
    """
    version = _version(line)
    if version is None or version == VERSION:
        return None
    if isinstance(version, int) and VERSION < version < _NO_VERSION_REACHES:
        return (
            f"recorded by a newer version of triage-tui (format {version}, "
            f"this one reads {VERSION}): please update"
        )
    return "the recording's header names no version that ever was: is the file damaged?"


def segment_of(line: bytes) -> tuple[str, int] | None:
    """The night that a header line names, and the number of the segment; None where it names
    none."""
    if _version(line) is None:
        return None
    try:
        named = msgspec.json.decode(line, type=_Named)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return (named.night, named.segment) if named.night else None


def lacking(line: bytes) -> str | None:
    """What a header line says to be missing before its segment, and why; None where nothing is."""
    found = None if _version(line) is None else read_as(_lacking, line)
    if found is None or found.missing is None:
        return None
    lost = found.missing
    return (
        f"{lost.records:,} records before it were not recorded, from {_clock(lost.since)} to "
        f"{_clock(lost.until)}: the disk refused them"
    )


def marks_of(line: bytes) -> Marks | None:
    """How far the night was recorded, as a line says it; None for any other line."""
    return None if _version(line) is None else read_as(_marking, line)


class _Named(msgspec.Struct):
    """What names a segment, in its header."""

    night: str = ""
    segment: int = 0


class _Lacking(msgspec.Struct):
    """What is missing before a segment, in its header."""

    missing: Missing | None = None


_lacking = msgspec.json.Decoder(_Lacking)
_marking = msgspec.json.Decoder(Marks)


def _clock(time: int) -> str:
    """`2026-03-15 02:14:07Z`; the nanoseconds themselves where they are no time of day."""
    try:
        return f"{datetime.fromtimestamp(time // SECOND, UTC):%Y-%m-%d %H:%M:%SZ}"
    except (OverflowError, OSError, ValueError):
        return f"{time} ns"


def _version(line: bytes) -> int | Literal["unknown"] | None:
    """The version a header line names; None where it is no header."""
    if HEADER_KEY.encode() not in line[:200]:
        return None
    try:
        value = _decode_header(line).get(HEADER_KEY)
        return None if value is None else msgspec.json.decode(value, type=int)
    except msgspec.ValidationError:
        return "unknown"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _message(envelope: Envelope) -> bytes | None:
    if (envelope.message is None) == (envelope.message64 is None):
        return None
    if envelope.message is not None:
        return to_bytes(envelope.message)
    try:
        return base64.b64decode(envelope.message64 or "", validate=True)
    except (binascii.Error, ValueError):
        return None
