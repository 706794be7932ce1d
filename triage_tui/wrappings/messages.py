"""Messages that queues and topics carry: SQS and SNS, as calls answer and as Lambda gets them."""

from __future__ import annotations

from typing import Literal

import msgspec

from .lenient import read_as, to_bytes
from .lists import member_pieces
from .piece import Piece


class _Received(msgspec.Struct):
    MessageId: str
    Body: str


class _Queued(msgspec.Struct):
    body: str
    eventSource: Literal["aws:sqs"]


class _Notification(msgspec.Struct):
    Type: Literal["Notification"]
    TopicArn: str
    Message: str


class _Published(msgspec.Struct):
    Message: str


class _Notified(msgspec.Struct):
    EventSource: Literal["aws:sns"]
    Sns: _Published


_received = msgspec.json.Decoder(_Received)
_queued = msgspec.json.Decoder(_Queued)
_notification = msgspec.json.Decoder(_Notification)
_notified = msgspec.json.Decoder(_Notified)


def unwrap_receive(raw: bytes) -> list[Piece] | None:
    """`{"Messages": [{"MessageId": …, "Body": "…"}, …]}`: ReceiveMessage."""
    return member_pieces(raw, "Messages")


def unwrap_received(raw: bytes) -> list[Piece] | None:
    """One such message."""
    message = read_as(_received, raw)
    return None if message is None else _text(message.Body)


def unwrap_queued(raw: bytes) -> list[Piece] | None:
    """`{"body": "…", "eventSource": "aws:sqs"}`: one of the records with which SQS calls Lambda."""
    message = read_as(_queued, raw)
    return None if message is None else _text(message.body)


def unwrap_notification(raw: bytes) -> list[Piece] | None:
    """`{"Type": "Notification", "TopicArn": …, "Message": "…"}`, as SNS posts it."""
    message = read_as(_notification, raw)
    return None if message is None else _text(message.Message)


def unwrap_notified(raw: bytes) -> list[Piece] | None:
    """`{"EventSource": "aws:sns", "Sns": {"Message": "…"}}`: the same, as SNS calls Lambda."""
    message = read_as(_notified, raw)
    return None if message is None else _text(message.Sns.Message)


def _text(text: str) -> list[Piece]:
    return [Piece(data=to_bytes(text))]
