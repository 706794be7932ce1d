"""Lists of records: S3 deliveries, output of GetFindings, and plain JSON arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lists import array_pieces, member_pieces

if TYPE_CHECKING:
    from .piece import Piece


def unwrap_array(raw: bytes) -> list[Piece] | None:
    """`[{…}, {…}]`."""
    return array_pieces(raw)


def unwrap_records(raw: bytes) -> list[Piece] | None:
    """`{"Records": [{…}, …]}`, as CloudTrail delivers to S3."""
    return member_pieces(raw, "Records")


def unwrap_findings(raw: bytes) -> list[Piece] | None:
    """`{"Findings": [{…}, …]}`: GetFindings, as the CLI and SDKs print it."""
    return member_pieces(raw, "Findings")


def unwrap_wire_findings(raw: bytes) -> list[Piece] | None:
    """`{"findings": [{…}, …]}`: GetFindings, as the service itself answers."""
    return member_pieces(raw, "findings")
