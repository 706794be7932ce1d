"""CloudWatch Logs Insights: rows of fields, of which `@message` is the record."""

from __future__ import annotations

import json

import msgspec

from .lenient import read_as, to_bytes
from .moments import utc
from .piece import Piece


class _Field(msgspec.Struct):
    field: str
    value: str = ""


class _Results(msgspec.Struct):
    results: list[list[_Field]]
    status: str


_decoder = msgspec.json.Decoder(_Results)


def unwrap_results(raw: bytes) -> list[Piece] | None:
    """`{"results": [[{"field": "@message", "value": …}, …], …], "status": …}`: GetQueryResults.

    A query that asks for no messages is no wrapping; a single row without one stays as it is.
    """
    found = read_as(_decoder, raw)
    if found is None:
        return None
    pieces = [_piece(row) for row in found.results]
    return pieces if not pieces or any(piece.whole for piece in pieces) else None


def _piece(fields: list[_Field]) -> Piece:
    row = {field.field: field.value for field in fields}
    message = row.get("@message")
    if message is None:
        text = json.dumps([{"field": field.field, "value": field.value} for field in fields])
        return Piece(data=text.encode(), whole=False)
    return Piece(
        data=to_bytes(message),
        received=utc(row.get("@ingestionTime", "")),
        time=utc(row.get("@timestamp", "")),
        origin=":".join(row[key] for key in ("@log", "@logStream") if row.get(key)),
    )
