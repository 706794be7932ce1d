"""What an earlier run had, told from its recording, so that a night goes on without a seam."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.wrappings.lenient import read_as

from .seen import LogEvent, Room, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Recorded(msgspec.Struct):
    """A log event as `group.record` writes it."""

    message: str
    timestamp: int
    logStreamName: str
    logGroupIdentifier: str
    ingestionTime: int = 0


_decoder = msgspec.json.Decoder(_Recorded)


class Memory:
    """The log events of a recording, by group."""

    def __init__(self) -> None:
        self.room = Room()
        """Which groups that go on share with those that are new."""
        self._seen: dict[tuple[str, str], Seen] = {}

    def take(self, records: Iterable[tuple[str, bytes]]) -> None:
        """Takes in (origin, record) pairs; what is no log event is none of our business."""
        for origin, data in records:
            found = read_as(_decoder, data)
            if found is None:
                continue
            key = origin, found.logGroupIdentifier
            seen = self._seen.get(key)
            if seen is None:
                seen = self._seen[key] = Seen(self.room)
            event = LogEvent(
                found.logStreamName, found.timestamp, found.ingestionTime, found.message
            )
            seen.remember([event])

    def seen(self, origin: str, identifier: str) -> Seen | None:
        """What was had of a group; None where nothing was."""
        return self._seen.get((origin, identifier))
