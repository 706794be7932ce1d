"""What PutLogEvents takes."""

from typing import Any

from tests.aws.groups import Group, size_of
from tests.aws.server import ServiceError

_BYTES = 1 << 20
_HOUR = 3_600_000
_OLDEST, _NEWEST = 14 * 24 * _HOUR, 2 * _HOUR


def accepted(
    group: Group, events: list[dict[str, Any]], now: int
) -> tuple[list[tuple[int, str]], dict[str, int]]:
    """(time, message) of what is taken, and which are rejected, as the answer says it. Times in
    milliseconds. Raises ServiceError."""
    times = [event["timestamp"] for event in events]
    if times != sorted(times):
        text = "Log events in a single PutLogEvents request must be in chronological order."
        raise ServiceError("InvalidParameterException", text)
    if times[-1] - times[0] > 24 * _HOUR:
        text = "The batch of log events in a single PutLogEvents request cannot span over 24 hours."
        raise ServiceError("InvalidParameterException", text)
    if sum(size_of(event["message"]) for event in events) > _BYTES:
        raise ServiceError("InvalidParameterException", f"Upload too large: over {_BYTES} bytes")
    expired = now - int(group.kept * 1000) if group.kept is not None else 0
    taken = range(
        sum(when < max(now - _OLDEST, expired) for when in times),
        sum(when <= now + _NEWEST for when in times),
    )
    rejected = {}
    if taken.start:
        name = "expired" if expired > now - _OLDEST else "tooOld"
        rejected[f"{name}LogEventEndIndex"] = taken.start
    if taken.stop < len(events):
        rejected["tooNewLogEventStartIndex"] = taken.stop
    return [(events[at]["timestamp"], events[at]["message"]) for at in taken], rejected
