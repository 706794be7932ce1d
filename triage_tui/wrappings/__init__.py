"""What logs come wrapped in. One file a family; pure and total, and a piece is never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import (
    concatenated,
    eventbridge,
    insights,
    logs,
    lookup,
    messages,
    packed,
    recording,
    records,
    reports,
    tail,
)
from .piece import Piece

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    _Families: TypeAlias = tuple[tuple[bytes, Callable[[bytes], list[Piece] | None]], ...]

__all__ = ["Piece", "recording", "unwrap"]

# As below; these families hold packed payloads.
_PACKED: _Families = (
    (b'"awslogs"', packed.unwrap_awslogs),
    (b'"kinesis"', packed.unwrap_kinesis),
    (b'"PartitionKey"', packed.unwrap_get_record),
    (b'"recordId"', packed.unwrap_transformed),
    (b'"records"', packed.unwrap_records),
)
# A mark that any such wrapping holds, and the function that knows it. The cheap test comes first.
_FAMILIES: _Families = (
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
    (b'"@message"', insights.unwrap_results),
    (b'"Messages"', messages.unwrap_receive),
    (b'"Body"', messages.unwrap_received),
    (b'"aws:sqs"', messages.unwrap_queued),
    (b'"Notification"', messages.unwrap_notification),
    (b'"aws:sns"', messages.unwrap_notified),
    (b'"', reports.unwrap_report),  # many marks: it looks for them itself
    (b"}", concatenated.unwrap_documents),
)


def unwrap(raw: bytes, *, packed_too: bool = True) -> list[Piece] | None:
    """The pieces of a wrapping in their order; None where `raw` is none.

    Of a broken list of records the good ones are recovered; each gap between them is one piece that
    is not `whole`. Without `packed_too`, packed payloads are no wrapping: for what came out of one.
    """
    head = raw.lstrip(b" \t\r\n")[:1]
    if head == b"{":
        pieces = _first(_FAMILIES, raw)
        return _first(_PACKED, raw) if pieces is None and packed_too else pieces
    if head == b"[":
        return records.unwrap_array(raw)
    if head.isdigit():
        return tail.unwrap_line(raw)
    if head == b"H" and packed_too:
        return packed.unwrap_texts(raw)
    return None


def _first(families: _Families, raw: bytes) -> list[Piece] | None:
    for mark, unwrap_family in families:
        if mark in raw:
            pieces = unwrap_family(raw)
            if pieces is not None:
                return pieces
    return None
