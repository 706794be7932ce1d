"""The alerts that somebody is owed: acted on, sent, and only then forgotten.

Whoever puts one in sends it. What is left behind (the function was stopped or nears its end, SNS
did not answer) the schedule sends, once it is clear that nobody else does. What came of acting is
kept before it is told, so that it is not done again for want of a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import MINUTE, SECOND

from . import alerts
from .claims import KEPT_FOR, OUTBOX
from .ports import Change, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .alerts import Alert
    from .ports import Blocker, Custom, Kept, Key, Memory, Topic

LEFT_BEHIND = 3 * MINUTE
"""After so long nobody is about to send it any more: a call of the function takes less."""
_MOST_SWEPT = 100
"""Alerts that one tick sends."""
NO_BLOCKLIST = (
    "not blocked: the function was packaged without a blocklist; configure one, package it again "
    "and deploy it, template and all"
)


class Outbox:
    """Alerts on their way."""

    def __init__(
        self,
        memory: Memory,
        topic: Topic,
        blocker: Blocker | None,
        custom: Custom | None,
        *,
        wall: Callable[[], int],
        ends: int | None = None,
    ) -> None:
        """`custom` is called instead of blocking; at `ends` nothing more is begun."""
        self._memory = memory
        self._topic = topic
        self._blocker = blocker
        self._custom = custom
        self._wall = wall
        self._ends = ends
        self.troubles: list[str] = []
        """What could not be sent yet, and why."""

    def send(self, put: Sequence[tuple[Key, Kept]]) -> None:
        """Sends what was just put in; what cannot be sent waits for the schedule."""
        for place, (key, kept) in enumerate(put):
            if self._is_late():
                self.troubles.append(f"{len(put) - place} alerts are left to the schedule")
                break
            self._send(key, kept)

    def _is_late(self) -> bool:
        return self._ends is not None and self._wall() >= self._ends

    def sweep(self) -> int:
        """Sends what was left behind; how much is left even then."""
        left = 0
        # Each try makes another version: what was tried least comes first.
        waiting = sorted(self._memory.listed(OUTBOX), key=lambda each: each[1].version)
        for place, (key, kept) in enumerate(waiting):
            if place >= _MOST_SWEPT or self._is_late():
                return left + len(waiting) - place
            alert = alerts.decode(kept.data)
            if alert is not None and self._wall() - alert.made < LEFT_BEHIND:
                continue
            # Only one sends it, though two ticks may meet.
            ends = 0 if alert is None else (alert.made + KEPT_FOR) // SECOND
            if alert is None or self._memory.write([Change(key, kept.version, kept.data, ends)]):
                ours = kept._replace(version=kept.version + 1)
                left += not self._send(key, ours)
        return left

    def _send(self, key: Key, kept: Kept) -> bool:
        alert, version = alerts.decode(kept.data), kept.version
        try:
            if alert is None:
                self.troubles.append(f"alert {key.sort} is of another version, and was not sent")
            else:
                acted = self._acted(alert)
                if acted is not alert:
                    ends = (alert.made + KEPT_FOR) // SECOND
                    change = Change(key, version, alerts.encode(acted), ends)
                    if not self._memory.write([change]):
                        return True  # somebody else has taken it up
                    version += 1
                message = alerts.message(acted)
                self._topic.tell(message.subject, message.body, message.attributes)
            self._memory.write([Change(key, version, None)])
        except Trouble as error:
            self.troubles.append(f"alert {key.sort} waits: {error}")
            return False
        return True

    def _acted(self, alert: Alert) -> Alert:
        """The alert with what came of it."""
        if not alert.block or alert.outcome:
            return alert
        if self._custom is not None:
            return self._called(alert, self._custom)
        if self._blocker is None:
            return msgspec.structs.replace(alert, outcome=NO_BLOCKLIST)
        subject = f"ip:{alert.block}"
        try:
            outcome = self._blocker.block(alert.block, f"{alert.title} (trigger)", subject)
        except Trouble as error:
            outcome = f"not blocked: {error}"
        return msgspec.structs.replace(alert, outcome=outcome)

    def _called(self, alert: Alert, custom: Custom) -> Alert:
        try:
            custom.call(alerts.plain(alert))
            outcome = "your own function was called"
        except Trouble as error:
            outcome = f"your own function could not be called: {error}"
        return msgspec.structs.replace(alert, outcome=outcome)
