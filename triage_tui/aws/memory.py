"""What an earlier run had, told from its recording, so that a night goes on without a seam."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from triage_tui.wrappings.lenient import read_as
from triage_tui.wrappings.recording import MARKED, marks_of

from .seen import LogEvent, Room, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Recorded(msgspec.Struct):
    """A log event as `logrecord.record` writes it."""

    message: str
    timestamp: int
    logStreamName: str
    logGroupIdentifier: str
    ingestionTime: int = 0


class _Finding(msgspec.Struct):
    """A finding as GetFindings gives it."""

    Id: str
    UpdatedAt: str


class _Hole(msgspec.Struct):
    """A finding of Inspector as `inspector.py` writes it."""

    findingArn: str
    updatedAt: str


class _TrailEvent(msgspec.Struct):
    """A record of CloudTrail."""

    eventID: str
    eventTime: str


_decoder = msgspec.json.Decoder(_Recorded)
_finding = msgspec.json.Decoder(_Finding)
_hole = msgspec.json.Decoder(_Hole)
_trail_event = msgspec.json.Decoder(_TrailEvent)


class Memory:
    """What is in a recording: the log events by group, the findings, the events of trails."""

    def __init__(self) -> None:
        self.room = Room()
        """Which groups that go on share with those that are new."""
        self._seen: dict[tuple[str, str], Seen] = {}
        self._findings: dict[str, dict[tuple[str, str], float]] = {}
        self._trails: dict[str, dict[str, float]] = {}
        self._complete: dict[str, int] = {}
        self._marked = 0
        """When it was said last how far everything is complete."""

    def take(self, records: Iterable[tuple[str, bytes]]) -> None:
        """Takes in (origin, record) pairs; what nobody would fetch again is passed over."""
        for origin, data in records:
            if origin == MARKED:
                self._take_marks(data)
                continue
            service = origin.partition(" ")[0]
            if service == "guardduty":
                self._take_finding(origin, data)
            elif service == "inspector":
                self._take_hole(origin, data)
            elif service == "cloudtrail":
                self._take_trail_event(origin, data)
            else:
                self._take_log_event(origin, data)

    def _take_marks(self, line: bytes) -> None:
        found = marks_of(line)
        if found is not None:
            self._complete |= found.complete
            self._marked = found.at

    def _take_log_event(self, origin: str, data: bytes) -> None:
        found = read_as(_decoder, data)
        if found is None:
            return
        key = origin, found.logGroupIdentifier
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = Seen(self.room)
        event = LogEvent(found.logStreamName, found.timestamp, found.ingestionTime, found.message)
        seen.remember([event])

    def _take_finding(self, origin: str, data: bytes) -> None:
        found = read_as(_finding, data)
        if found is not None:
            version = found.Id, found.UpdatedAt
            self._findings.setdefault(origin, {})[version] = _seconds(found.UpdatedAt)

    def _take_hole(self, origin: str, data: bytes) -> None:
        found = read_as(_hole, data)
        if found is not None:
            version = found.findingArn, found.updatedAt
            self._findings.setdefault(origin, {})[version] = _seconds(found.updatedAt)

    def _take_trail_event(self, origin: str, data: bytes) -> None:
        found = read_as(_trail_event, data)
        if found is not None:
            self._trails.setdefault(origin, {})[found.eventID] = _seconds(found.eventTime)

    def complete(self, feed: str) -> int | None:
        """Up to when (wall-clock nanoseconds) everything of a feed was recorded, by its key; None
        where the recording does not tell."""
        return self._complete.get(feed, self._marked) or None

    def seen(self, origin: str, identifier: str) -> Seen | None:
        """What was had of a group; None where nothing was."""
        return self._seen.get((origin, identifier))

    def findings(self, origin: str) -> dict[tuple[str, str], float]:
        """The versions of findings, by (id, update), with the seconds of the update."""
        return self._findings.get(origin, {})

    def trail_events(self, origin: str) -> dict[str, float]:
        """The events of a trail by their ids, with their time in seconds."""
        return self._trails.get(origin, {})


def _seconds(text: str) -> float:
    """Seconds since the epoch; a time that cannot be read is the oldest."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
