"""Groups, streams and events as the answers of CloudWatch Logs have them."""

from typing import Any

from tests.aws.groups import Group, Stored

_DAY = 86_400.0


def group(of: Group, *, whole: bool) -> dict[str, Any]:
    """A group in DescribeLogGroups; not `whole` where it was asked for by a pattern."""
    found: dict[str, Any] = {
        "logGroupName": of.name,
        "arn": f"{of.arn}:*",
        "creationTime": of.created,
    }
    if not whole:
        return found
    if of.kept is not None:
        found["retentionInDays"] = max(1, round(of.kept / _DAY))
    return found | {
        "logGroupArn": of.arn,
        "logGroupClass": of.log_class,
        "storedBytes": of.size,
        "metricFilterCount": 0,
    }


def stream(of: Group, name: str) -> dict[str, Any]:
    """A stream in DescribeLogStreams."""
    known = of.streams[name]
    times = {
        "firstEventTimestamp": known.first,
        "lastEventTimestamp": known.last,
        "lastIngestionTime": known.ingested,
    }
    return {
        "logStreamName": name,
        "creationTime": known.created,
        "arn": f"{of.arn}:log-stream:{name}",
        "storedBytes": 0,  # as AWS says since 2019
    } | {key: when for key, when in times.items() if when is not None}


def filtered(event: Stored) -> dict[str, Any]:
    """An event of FilterLogEvents."""
    return {
        "logStreamName": event.stream,
        "timestamp": event.time,
        "message": event.message,
        "ingestionTime": event.ingested,
        "eventId": f"{event.time:020}{event.number:036}",
    }


def tailed(group: Group, event: Stored) -> dict[str, Any]:
    """An event of Live Tail: it has no id."""
    return {
        "logGroupIdentifier": f"{group.account}:{group.name}",
        "logStreamName": event.stream,
        "timestamp": event.time,
        "message": event.message,
        "ingestionTime": event.ingested,
    }
