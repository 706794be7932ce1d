"""What records come wrapped in, written for tests: by name, a function from records to a file."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Records: TypeAlias = Sequence[bytes]
    Wrap: TypeAlias = Callable[[Records], bytes]

_AT = 1_773_540_551_000
"""Milliseconds: when the wrapped records were logged."""
_TAIL = b"2026-03-15T02:09:11.000000+00:00 s "


def _texts(records: Records) -> list[str]:
    return [record.decode() for record in records]


def _documents(records: Records) -> list[object]:
    return [json.loads(record) for record in records]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _pretty(value: object) -> bytes:
    """As the AWS command line prints it."""
    return json.dumps(value, ensure_ascii=False, indent=4).encode() + b"\n"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _log_events(records: Records, **more: object) -> list[dict[str, object]]:
    return [
        {"timestamp": _AT, "message": text, "ingestionTime": _AT, **more}
        for text in _texts(records)
    ]


def _subscribed(records: Records) -> dict[str, object]:
    """What a subscription delivers."""
    return {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "g",
        "logStream": "s",
        "subscriptionFilters": ["all"],
        "logEvents": [
            {"id": f"3{n}", "timestamp": _AT, "message": text}
            for n, text in enumerate(_texts(records))
        ],
    }


def _payload(records: Records) -> str:
    """The same packed, in base64."""
    return _base64(gzip.compress(_json(_subscribed(records))))


def _insights(records: Records) -> bytes:
    rows = [
        [
            {"field": "@timestamp", "value": "2026-03-15 02:09:11.000"},
            {"field": "@message", "value": text},
            {"field": "@ptr", "value": "x"},
        ]
        for text in _texts(records)
    ]
    return _pretty({"results": rows, "statistics": {}, "status": "Complete"})


def _firehose(payloads: Sequence[str]) -> bytes:
    return _json(
        {
            "deliveryStreamArn": "arn:aws:firehose:eu-west-1:111122223333:deliverystream/d",
            "records": [{"recordId": str(n), "data": data} for n, data in enumerate(payloads)],
        }
    )


def _notification(text: str) -> dict[str, object]:
    """As SNS posts it, also into a queue."""
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": text}


def _received(texts: Sequence[str]) -> bytes:
    """What ReceiveMessage prints."""
    return _pretty({"Messages": [{"MessageId": "1", "Body": text} for text in texts]})


def _event(detail: object) -> dict[str, object]:
    """An event of EventBridge."""
    return {"version": "0", "detail-type": "x", "source": "aws.x", "detail": detail}


def _recording(records: Records) -> bytes:
    lines: list[object] = [{"triage-tui-recording": 1, "made": 1, "by": "triage-tui 0.1.0"}]
    for number, text in enumerate(_texts(records)):
        place = {"source": "aws:logs:g", "position": str(number), "received": _AT * 1_000_000}
        lines.append({**place, "message": text})
    return b"\n".join(map(_json, lines))


OF_TEXT: Mapping[str, Wrap] = {
    "lines": lambda records: b"\n".join(records) + b"\n",
    "blank-lines": lambda records: b"\n  \n" + b"\n\n".join(records) + b"\n\n",
    "filter-log-events": lambda records: _pretty(
        {"events": _log_events(records, logStreamName="s", eventId="1"), "searchedLogStreams": []}
    ),
    "get-log-events": lambda records: _json(
        {"events": _log_events(records), "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}
    ),
    "log-events": lambda records: b"\n".join(
        _json(event) for event in _log_events(records, logStreamName="s", eventId="1")
    ),
    "live-tail": lambda records: _pretty(
        _log_events(records, logStreamName="s", logGroupIdentifier="1:g")
    ),
    "logs-tail": lambda records: b"".join(_TAIL + record + b"\n" for record in records),
    "logs-tail-short": lambda records: b"".join(
        b"2026-03-15T02:09:11 " + record + b"\n" for record in records
    ),
    "export": lambda records: b"".join(
        b"2026-03-15T02:09:11.000Z " + record + b"\n" for record in records
    ),
    "payload": lambda records: _payload(records).encode(),
    "payloads": lambda records: "\n".join(_payload([record]) for record in records).encode(),
    "subscription": lambda records: _json({"awslogs": {"data": _payload(records)}}),
    "delivery-stream": lambda records: b"".join(_json(_subscribed([record])) for record in records),
    "kinesis": lambda records: _json(
        {"Records": [{"kinesis": {"data": _payload(records), "partitionKey": "1"}}]}
    ),
    "kinesis-plain": lambda records: _pretty(
        {
            "Records": [
                {"SequenceNumber": "1", "Data": _base64(record), "PartitionKey": "1"}
                for record in records
            ]
        }
    ),
    "firehose": lambda records: _firehose([_payload(records)]),
    "firehose-plain": lambda records: _firehose([_base64(record + b"\n") for record in records]),
    "sqs": lambda records: _json(
        {
            "Records": [
                {"messageId": "1", "body": text, "eventSource": "aws:sqs"}
                for text in _texts(records)
            ]
        }
    ),
    "receive-message": lambda records: _received(_texts(records)),
    "sns": lambda records: _json(
        {
            "Records": [
                {"EventSource": "aws:sns", "Sns": {"Type": "Notification", "Message": text}}
                for text in _texts(records)
            ]
        }
    ),
    "sns-in-sqs": lambda records: _received(
        [json.dumps(_notification(text)) for text in _texts(records)]
    ),
    "sns-posted": lambda records: b"\n".join(
        _json(_notification(text)) for text in _texts(records)
    ),
    "get-query-results": _insights,
    "recording": _recording,
}
"""Wrappings that carry any record."""

OF_JSON: Mapping[str, Wrap] = {
    "array": lambda records: _json(_documents(records)),
    "array-of-lines": lambda records: b"[\n" + b",\n".join(records) + b"\n]\n",
    "array-pretty": lambda records: _pretty(_documents(records)),
    "pretty": lambda records: b"".join(map(_pretty, _documents(records))),
    "concatenated": b"".join,
    "concatenated-pretty": lambda records: b"".join(
        _pretty(document).strip() for document in _documents(records)
    ),
    "logs-tail-json": lambda records: b"".join(
        _TAIL + b"\n" + _pretty(document) for document in _documents(records)
    ),
    "eventbridge": lambda records: b"\n".join(
        _json(_event(document)) for document in _documents(records)
    ),
    "eventbridge-in-sqs": lambda records: _received(
        [json.dumps(_event(document)) for document in _documents(records)]
    ),
}
"""Wrappings of documents."""

OF_ONE: Mapping[str, tuple[str, Wrap]] = {
    "delivery": ("cloudtrail", lambda records: _json({"Records": _documents(records)})),
    "lookup-events": (
        "cloudtrail",
        lambda records: _pretty(
            {"Events": [{"EventId": "1", "CloudTrailEvent": text} for text in _texts(records)]}
        ),
    ),
    "get-findings": ("guardduty", lambda records: _pretty({"Findings": _documents(records)})),
    "get-findings-answer": (
        "guardduty",
        lambda records: _json({"findings": _documents(records)}),
    ),
    "security-hub-get-findings": (
        "securityhub",
        lambda records: _pretty({"Findings": _documents(records)}),
    ),
    "security-hub-imported": (
        "securityhub",
        lambda records: _json(_event({"findings": _documents(records)})),
    ),
}
"""Wrappings of one format alone: its name, and how."""
