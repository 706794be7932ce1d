"""What Lambda is called with, as deliveries: records at hand, objects of S3 to fetch, or a tick of
the schedule. Pure.

Queues and topics carry the same things in their messages; a batch of a queue or a stream names each
of its items, so that one of them may fail alone.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_plus

from triage_tui.wrappings.packed import unwrap_awslogs, unwrap_kinesis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Json = Mapping[str, object]

TICK = "triage-tui-schedule"
"""The key of the input with which the schedule of the template calls."""
_DEEPEST = 4
"""Envelopes within envelopes: SNS in SQS in EventBridge."""
_HEAD = 4_000
"""Bytes in which a payload says what it is; Lambda writes that before its data or after it."""
_DIGESTS = "/CloudTrail-Digest/"
"""CloudTrail's own check-sums stand beside its logs, and hold no events."""


class Poisoned(Exception):
    """What came can never be read, however often it is tried: why."""


class Object(NamedTuple):
    """An object of S3 that holds logs."""

    bucket: str
    key: str
    version: str = ""
    tag: str = ""
    """Its ETag, where it was told: the same key may be written anew."""
    size: int = 0


class Delivery(NamedTuple):
    """One thing to do."""

    records: bytes = b""
    """A record, or whatever wraps some."""
    object: Object | None = None
    tick: bool = False
    """The schedule calls."""
    item: str = ""
    """What Lambda calls it in a batch of which each item may fail alone; "" where there is none."""

    @property
    def digest(self) -> str:
        """The same for the same delivery, whatever brings it again."""
        named = json.dumps(self.object[:4]).encode() if self.object is not None else self.records
        return blake2b(named, digest_size=16).hexdigest()

    @property
    def name(self) -> str:
        """For messages."""
        if self.object is not None:
            return f"s3://{self.object.bucket}/{self.object.key}"
        return "the schedule" if self.tick else f"{len(self.records):,} bytes"


class Part(NamedTuple):
    """An item of what Lambda was called with."""

    item: str
    deliveries: tuple[Delivery, ...]
    trouble: str = ""
    """Why it can never be read; "" where it can."""
    raw: object = None


def parts(event: object) -> list[Part]:
    """The items of an event, in their order; what nobody can read is one with its trouble."""
    records = event.get("Records") if isinstance(event, dict) else None
    if isinstance(records, list) and records and all(isinstance(r, dict) for r in records):
        return [_part(record, _item(record)) for record in records]
    return [_part(event, "")]


def is_batch(found: Sequence[Part]) -> bool:
    """Whether Lambda wants to hear which items of an event have failed."""
    return any(part.item for part in found)


def check(records: bytes) -> None:
    """Raises Poisoned for the payload of a subscription or a stream that nobody can unpack."""
    for name, unwrap in ((b'{"awslogs"', unwrap_awslogs), (b'"aws:kinesis"', unwrap_kinesis)):
        if name in records[:_HEAD] and unwrap(records) is None:
            raise Poisoned("the payload is damaged, or grows beyond all measure")


def _item(record: Json) -> str:
    source = record.get("eventSource")
    if source == "aws:sqs":
        return _text(record, "messageId")
    if source == "aws:kinesis":
        kinesis = record.get("kinesis")
        return _text(kinesis, "sequenceNumber") if isinstance(kinesis, dict) else ""
    return ""


def _part(event: object, item: str) -> Part:
    try:
        return Part(item, tuple(each._replace(item=item) for each in _understood(event, 0)))
    except Poisoned as error:
        return Part(item, (), str(error), event)


def _understood(event: object, depth: int) -> Iterator[Delivery]:
    if depth > _DEEPEST:
        raise Poisoned("it is wrapped more often than anything that AWS sends")
    if not isinstance(event, dict):
        raise Poisoned("it is no JSON object")
    if TICK in event:
        yield Delivery(tick=True)
    elif event.get("Event") == "s3:TestEvent":
        return  # S3 says so when a notification is set up
    elif isinstance(event.get("Records"), list) and _is_notice(event["Records"]):
        for record in event["Records"]:
            yield from _understood(record, depth + 1)
    elif _source(event) == "aws:s3":
        yield from _noticed(event)
    elif _source(event) == "aws:sqs":
        yield from _carried(_text(event, "body"), depth)
    elif _source(event) == "aws:sns":
        sns = event.get("Sns")
        yield from _carried(_text(sns, "Message") if isinstance(sns, dict) else "", depth)
    elif event.get("Type") == "Notification" and "TopicArn" in event:
        yield from _carried(_text(event, "Message"), depth)
    elif "detail-type" in event and "source" in event:
        yield from _enveloped(event)
    else:
        yield Delivery(_written(event))


def _source(event: Json) -> object:
    return event.get("eventSource") or event.get("EventSource")


def _is_notice(records: list[object]) -> bool:
    """Whether these are records by which AWS calls; CloudTrail's own list is wrapped alike."""
    known = ("aws:s3", "aws:sqs", "aws:sns", "aws:kinesis")
    return bool(records) and all(isinstance(r, dict) and _source(r) in known for r in records)


def _carried(text: str, depth: int) -> Iterator[Delivery]:
    """A message: a notice or an envelope, else records as they stand."""
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        inner = None
    if isinstance(inner, dict):
        yield from _understood(inner, depth + 1)
    elif text.strip():
        yield Delivery(text.encode("utf-8", "surrogatepass"))
    else:
        raise Poisoned("the message is empty")


def _enveloped(event: Json) -> Iterator[Delivery]:
    """EventBridge."""
    if event["source"] == "aws.s3" and event["detail-type"] == "Object Created":
        detail = event.get("detail")
        bucket, found = (
            (detail.get("bucket"), detail.get("object"))
            if isinstance(detail, dict)
            else (None, None)
        )
        if not isinstance(bucket, dict) or not isinstance(found, dict):
            raise Poisoned("an Object Created that names no object")
        yield from _object(bucket, found, _text(found, "key"))
    elif event["detail-type"] == "Scheduled Event":
        yield Delivery(tick=True)
    else:
        yield Delivery(_written(event))


def _noticed(record: Json) -> Iterator[Delivery]:
    """One record of a notification of S3; keys are spelled as in an address."""
    if not _text(record, "eventName").startswith(("ObjectCreated", "s3:ObjectCreated")):
        return
    s3 = record.get("s3")
    bucket, found = (s3.get("bucket"), s3.get("object")) if isinstance(s3, dict) else (None, None)
    if not isinstance(bucket, dict) or not isinstance(found, dict):
        raise Poisoned("a notification of S3 that names no object")
    yield from _object(bucket, found, unquote_plus(_text(found, "key")))


def _object(bucket: Json, found: Json, key: str) -> Iterator[Delivery]:
    name, size = _text(bucket, "name"), found.get("size")
    if not name or not key:
        raise Poisoned("a notification of S3 that names no object")
    if _DIGESTS in f"/{key}" or key.endswith("/"):
        return
    version = _text(found, "versionId") or _text(found, "version-id")
    tag = _text(found, "eTag") or _text(found, "etag")
    yield Delivery(object=Object(name, key, version, tag, size if isinstance(size, int) else 0))


def _text(table: object, key: str) -> str:
    value = table.get(key) if isinstance(table, dict) else None
    return value if isinstance(value, str) else ""


def _written(event: Json) -> bytes:
    """The event as JSON again: the wrappings know the rest."""
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")
