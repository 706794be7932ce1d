"""EventBridge: an envelope whose member `detail` is the record, or a list of them."""

from __future__ import annotations

import msgspec

from .piece import Piece
from .scanner import member_starts, value_end

_KEYS = frozenset((b"detail-type", b"detail", b"source"))


def unwrap_envelope(raw: bytes) -> list[Piece] | None:
    """`{"detail-type": "…", "source": "…", "detail": {…}}`."""
    starts = member_starts(raw, _KEYS)
    if len(starts) < len(_KEYS):
        return None
    at = starts[b"detail"]
    texts = raw[starts[b"detail-type"]], raw[starts[b"source"]]
    if raw[at : at + 1] not in (b"{", b"[") or texts != (0x22, 0x22):
        return None
    end = value_end(raw, at)
    if end is None or not _is_sound(raw):
        return None
    return [Piece(at, end - at)]


def _is_sound(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except RecursionError:
        return True
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
