"""Payloads in base64, most often gz inside: subscriptions, Kinesis streams, Firehose.

What a payload may grow to is bounded, and nothing that came out of a packed one is unpacked again
(`Piece.unpacked`): the work stays linear in what was read.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib

import msgspec

from .lists import member_pieces
from .piece import Piece
from .scanner import SPACE, member_starts

MOST = 64 * 1024 * 1024
"""Bytes that one payload may grow to; services deliver a few megabytes."""
_FREE = 2 * 1024 * 1024
_RATIO = 100
_GZ = b"\x1f\x8b\x08"
_TEXTS = re.compile(rb"H4sI[A-Za-z0-9+/]++={0,2}+(?:[ \t\r\n]++H4sI[A-Za-z0-9+/]++={0,2}+)*+")


class _Held(msgspec.Struct):
    data: str


class _Awslogs(msgspec.Struct):
    awslogs: _Held


class _Kinesis(msgspec.Struct):
    kinesis: _Held


class _GetRecords(msgspec.Struct):
    Data: str
    PartitionKey: str
    SequenceNumber: str


class _Firehose(msgspec.Struct):
    recordId: str
    data: str


_DELIVERY = frozenset((b"deliveryStreamArn",))
_ENDPOINT = frozenset((b"requestId",))
_decode_held = msgspec.json.Decoder(_Held).decode
_decode_awslogs = msgspec.json.Decoder(_Awslogs).decode
_decode_kinesis = msgspec.json.Decoder(_Kinesis).decode
_decode_get_records = msgspec.json.Decoder(_GetRecords).decode
_decode_firehose = msgspec.json.Decoder(_Firehose).decode

_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def unwrap_awslogs(raw: bytes) -> list[Piece] | None:
    """`{"awslogs": {"data": "H4sI…"}}`, as a subscription calls Lambda."""
    try:
        return _one(_decode_awslogs(raw).awslogs.data)
    except _BROKEN:
        return None


def unwrap_kinesis(raw: bytes) -> list[Piece] | None:
    """`{"kinesis": {"data": "…"}, …}`: one of the records with which a stream calls Lambda."""
    try:
        return _one(_decode_kinesis(raw).kinesis.data)
    except _BROKEN:
        return None


def unwrap_get_record(raw: bytes) -> list[Piece] | None:
    """`{"SequenceNumber": …, "Data": "…", "PartitionKey": …}`: one record of GetRecords."""
    try:
        return _one(_decode_get_records(raw).Data)
    except _BROKEN:
        return None


def unwrap_records(raw: bytes) -> list[Piece] | None:
    """`{"records": [{"data": "…"}, …]}`, as Firehose hands records over: to a function that
    transforms them and back from it (with `recordId`), or to an HTTP endpoint (with `requestId`).
    """
    elements = member_pieces(raw, "records")
    if not elements:
        return elements if member_starts(raw, _DELIVERY) else None
    if _firehose(elements[0].of(raw)) is not None:
        return elements
    if not member_starts(raw, _ENDPOINT) or _held(elements[0].of(raw)) is None:
        return None
    return [_held(element.of(raw)) or element for element in elements]


def unwrap_transformed(raw: bytes) -> list[Piece] | None:
    """`{"recordId": …, "data": "…"}`: one of the records that Firehose has transformed."""
    piece = _firehose(raw)
    return None if piece is None else [piece]


def _firehose(raw: bytes) -> Piece | None:
    try:
        return _piece(_decode_firehose(raw).data)
    except _BROKEN:
        return None


def _held(raw: bytes) -> Piece | None:
    try:
        return _piece(_decode_held(raw).data)
    except _BROKEN:
        return None


def unwrap_texts(raw: bytes) -> list[Piece] | None:
    """`H4sI…`: bare payloads, several of them with white space between."""
    if not _TEXTS.fullmatch(raw.strip(SPACE)):
        return None
    pieces = [_piece(text) for text in raw.split()]
    return None if None in pieces else [piece for piece in pieces if piece is not None]


def _one(text: str) -> list[Piece] | None:
    piece = _piece(text)
    return None if piece is None else [piece]


def _piece(text: str | bytes) -> Piece | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if not data.startswith(_GZ):
        return Piece(data=data) if data else None
    plain = _unpacked(data, min(MOST, _FREE + _RATIO * len(data)))
    return None if plain is None else Piece(data=plain, unpacked=True)


def _unpacked(data: bytes, most: int) -> bytes | None:
    """The plain bytes, all members; None where they are damaged, cut off, or more than `most`."""
    parts: list[bytes] = []
    while data:
        member = zlib.decompressobj(wbits=31)
        try:
            parts.append(member.decompress(data, most + 1))
        except zlib.error:
            return None
        most -= len(parts[-1])
        if most < 0 or not member.eof:
            return None
        data = member.unused_data
    return b"".join(parts)
