"""CloudTrail's LookupEvents: the record is a JSON string inside of its summary."""

from __future__ import annotations

import msgspec

from .lenient import decode_leniently, to_bytes
from .lists import member_pieces
from .piece import Piece


class _Element(msgspec.Struct):
    CloudTrailEvent: str


_decode = msgspec.json.Decoder(_Element).decode


def unwrap_document(raw: bytes) -> list[Piece] | None:
    """`{"Events": [{"EventId": …, "CloudTrailEvent": "{…}"}, …]}`."""
    elements = member_pieces(raw, "Events")
    if elements is None:
        return None
    pieces = [_inner(element.of(raw)) for element in elements]
    if elements and not any(pieces):
        return None
    return [inner or element for inner, element in zip(pieces, elements, strict=True)]


def unwrap_element(raw: bytes) -> list[Piece] | None:
    """One such element as a record of its own."""
    piece = _inner(raw)
    return [piece] if piece else None


def _inner(raw: bytes) -> Piece | None:
    try:
        event: object = _decode(raw).CloudTrailEvent
    except (msgspec.ValidationError, RecursionError):
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        element = decode_leniently(raw)
        event = element.get("CloudTrailEvent") if isinstance(element, dict) else None
    return Piece(data=to_bytes(event)) if event and isinstance(event, str) else None
