"""What logs come wrapped in. One file a family; pure and total, and a piece is never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import concatenated, eventbridge, logs, lookup, recording, records
from .piece import Piece

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Piece", "recording", "unwrap"]

# A mark that any such wrapping holds, and the function that knows it. The cheap test comes first.
_FAMILIES: tuple[tuple[bytes, Callable[[bytes], list[Piece] | None]], ...] = (
    (b'"Records"', records.unwrap_records),
    (b'"Findings"', records.unwrap_findings),
    (b'"findings"', records.unwrap_wire_findings),
    (b'"Events"', lookup.unwrap_document),
    (b'"CloudTrailEvent"', lookup.unwrap_element),
    (b'"detail-type"', eventbridge.unwrap_envelope),
    (b'"events"', logs.unwrap_events),
    (b'"logEvents"', logs.unwrap_subscription),
    (b'"triage-tui-recording"', recording.unwrap_line),
    (b'"received"', recording.unwrap_line),
    (b'"message"', logs.unwrap_event),
    (b"}", concatenated.unwrap_documents),
)


def unwrap(raw: bytes) -> list[Piece] | None:
    """The pieces of a wrapping in their order; None where `raw` is none.

    Of a broken list of records the good ones are recovered; each gap between them is one piece that
    is not `whole`.
    """
    head = raw.lstrip(b" \t\r\n")[:1]
    if head == b"[":
        return records.unwrap_array(raw)
    if head != b"{":
        return None
    for mark, unwrap_family in _FAMILIES:
        if mark in raw:
            pieces = unwrap_family(raw)
            if pieces is not None:
                return pieces
    return None
