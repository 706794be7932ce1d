"""What becomes of a source: how much was read, how it is, and what is known to be missing."""

from __future__ import annotations

import enum
from typing import NamedTuple

import msgspec


class HealthState(enum.StrEnum):
    """What a source is doing."""

    CONNECTING = "connecting"
    LIVE = "live"
    POLLING = "polling"
    THROTTLED = "throttled"
    DENIED = "denied"
    STALE = "stale"
    ENDED = "ended"


MOST_GAPS = 10
"""Gaps of a source that are told one by one; all are in the sum."""


class Lockout(msgspec.Struct, frozen=True):
    """Why nobody lets a source in; it is over as soon as somebody has signed in again."""

    words: str
    cure: str
    """What to do, or to run."""
    since: int
    """Wall-clock nanoseconds."""


class CodeRequest(NamedTuple):
    """A role asks for an MFA code."""

    role: str
    """Its ARN."""
    serial: str
    """Of the device that shows the code."""
    whose: str
    """`the profile 'prod'`."""
    refused: str = ""
    """Why the code that was given before is none."""


class Gap(msgspec.Struct, frozen=True):
    """A stretch of log time that could not be read, for good. Wall-clock nanoseconds."""

    since: int
    until: int
    why: str
    """In a few words: `the log group keeps events for 1 day`."""


class LiveHealth(msgspec.Struct):
    """How a live source is. Counts grow, times are wall-clock nanoseconds; 0 is never."""

    is_search: bool = False
    """Whether it looks for sources, and brings no events itself."""
    place: str = ""
    """Account or profile, and region: `prod eu-west-1`."""
    since: int = 0
    """When it was connected last."""
    heard: int = 0
    """When the service answered last, with or without an event: what tells silence from health."""
    arrived: int = 0
    """When the last event arrived."""
    events: int = 0
    """Events that were delivered."""
    complete: int = 0
    """Everything up to then is here; 0 while nobody knows."""
    every: int = 0
    """Nanoseconds between two looks, where it is polled: being so far behind is no delay."""
    unmatched: tuple[str, ...] = ()
    """Of a search: the globs that nothing matches, wherever it is looked for."""
    sampled: int = 0
    """Updates of which the service left events out; they are read again."""
    backfilled: int = 0
    """Events that came by the second reading alone, or are from before the first began."""
    late: int = 0
    """Events that came so late that nobody looks for others like them."""
    untold: int = 0
    """Late events that look like one that was delivered: repeats, or twins that count once."""
    missing: int = 0
    """Records that the service named and could not serve any more."""
    unfilled: int = 0
    """Nanoseconds of log time that could not be read again, for good."""
    gaps: list[Gap] = []
    """Which they are: the latest few."""
    throttled: int = 0
    """Requests that the service refused for being too many."""
    restarts: int = 0
    """How often it was begun anew after a failure."""
    trouble: str = ""
    """The last error in plain words, with what to do."""
    troubled: int = 0
    """When that was."""
    lockout: Lockout | None = None
    """Why nobody lets it in just now."""
    note: str = ""
    """How it is read, and what that costs: `polled every 5 s: Live Tail is denied`."""

    def behind(self, now: int) -> int | None:
        """How far (nanoseconds); None while nobody knows."""
        return max(0, now - self.complete) if self.complete else None

    def miss(self, since: int, until: int, why: str) -> None:
        """What is dated from `since` to `until` cannot be read any more; nothing where that is no
        time at all."""
        before = self.gaps[-1] if self.gaps else None
        begin = since
        if before is not None and before.why == why and before.since <= since <= before.until:
            begin, since = before.since, before.until
        if until <= since:
            return
        self.unfilled += until - since
        kept = self.gaps if begin == since else self.gaps[:-1]
        self.gaps = [*kept, Gap(begin, until, why)][-MOST_GAPS:]


def unmatched(glob: str) -> str:
    """That no log group matches a glob, and what to do."""
    return (
        f"no log group matches {glob!r}: is it mistyped, or in another region or account? "
        "triage-tui doctor looks there"
    )


class FileReport(msgspec.Struct):
    """What became of one input. `error` says what is wrong with it and what to do; None when
    whole."""

    path: str
    formats: dict[str, int] = {}
    records: int = 0
    unparsed: int = 0
    error: str | None = None
    left: str | None = None
    """Why it was left alone: it is no log. No error, unless no input is one."""
    lacks: str | None = None
    """What is known to be missing of it, though all that it holds can be read."""
    size: int = 0
    """Bytes to read, 0 when unknown."""
    done: int = 0
    """Bytes read."""
    segment: tuple[str, int] | None = None
    """Of a file of a recorded night: the night's identity, and the number of the segment."""
    state: HealthState = HealthState.CONNECTING
    live: LiveHealth | None = None
    """Of a live source alone."""


class CheckState(enum.StrEnum):
    """What came of one probe of doctor."""

    OK = "ok"
    FAILS = "fails"
    """Something that is configured will not work."""
    WARNING = "warning"
    """It works, with less."""
    UNTESTABLE = "not testable"
    """Nothing tries it that could not change something."""
    SKIPPED = "not tried"
    """What it rests on fails."""


class Checked(msgspec.Struct, frozen=True):
    """One row of what doctor says. The keys of its JSON output: keys are added, never renamed."""

    state: CheckState
    feature: str
    """As the config and the README call it."""
    what: str
    """What was tried: `logs:StartLiveTail`, `clock`."""
    place: str
    """Profile and region; "" for this machine."""
    found: str
    """What is so, in plain words."""
    fix: str = ""
    """What to do about it; "" where nothing is to be done."""
