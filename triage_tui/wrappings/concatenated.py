"""Documents one behind the other without a line end, as some delivery streams write them."""

from __future__ import annotations

import re

from .piece import Piece
from .scanner import SPACE, skip_space, value_end

_SEAM = re.compile(rb"\}[ \t\r\n]*+\{")


def unwrap_documents(raw: bytes) -> list[Piece] | None:
    """`{…}{…}{…}`. The last one may be cut off."""
    if not _SEAM.search(raw):
        return None
    pieces: list[Piece] = []
    at = skip_space(raw, 0)
    while raw[at : at + 1] == b"{":
        end = value_end(raw, at)
        if end is None:
            pieces.append(Piece(at, len(raw[at:].rstrip(SPACE)), whole=False))
            return pieces if len(pieces) > 1 else None
        pieces.append(Piece(at, end - at))
        at = skip_space(raw, end)
    return pieces if len(pieces) > 1 and at == len(raw) else None
