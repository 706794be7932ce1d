"""Risk: 0-100 for an entity as of the cursor, with reasons whose points add up to it.

Every weight stands in `WEIGHTS` with its reason; nothing else in the product invents points.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import HOUR, MINUTE, Kind, Reason, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Weight(NamedTuple):
    """A row of the weight table."""

    most: int
    """Points at full strength."""
    why: str


WEIGHTS = {
    "finding": Weight(
        60, "another system has judged it: 60 critical, 45 high, 25 medium, 8 low, 2 informational"
    ),
    "detection": Weight(
        20,
        "the gravest rule that matched: 20 critical, 15 high, 8 medium, 2 low; one level less where"
        " all it matched was refused or failed, unless it is about that; none beside the finding"
        " that it repeats",
    ),
    "detections": Weight(5, "each further rule of at least low level adds 1: rules agree"),
    "findings": Weight(10, "each further finding adds 5: independent verdicts agree"),
    "intel": Weight(
        40, "on a block list 30, each further one 5; an exit of Tor 10; half of it on a stale list"
    ),
    "hole": Weight(
        60,
        "reached a function with a known hole: 6 critical, 4 high, 2 medium, 1 low, a level more"
        " where it is exploited or likely to be; twice that where an exploit was tried and refused;"
        " 60, 50, 30 and 10 where one was answered",
    ),
    "touched": Weight(
        12,
        "what it did that is not usual for it: destroyed something, gave power away, read secrets,"
        " 4 for the first sort and 3 for each further one; 2 where that was sensitive",
    ),
    "rate": Weight(
        40,
        "an hour as busy as this at this time of the week: from 1 in 100 on, all at 1 in a"
        " million; half of it after 24 h",
    ),
    "unknown": Weight(8, "a principal that the history does not know, where that is rare"),
    "silence": Weight(6, "first seen again after 14 days or more, where that is rare"),
    "travel": Weight(
        15,
        "in two places so far apart that nobody gets there so soon, at 1,000 km/h; less for who"
        " often is in several on one day",
    ),
    "new network": Weight(10, "from a /24 or /64 it never came from; less where it often is new"),
    "new country": Weight(10, "the same for countries"),
    "new action": Weight(8, "the same for API calls"),
    "new service": Weight(6, "the same for the AWS services it calls"),
    "new region": Weight(8, "the same for regions"),
    "new user agent": Weight(8, "the same for tools, whatever their version"),
    "new session": Weight(4, "the same for the names of a role's sessions"),
    "refused": Weight(
        35, "share of its requests that were refused, full strength from 100 refusals on"
    ),
    "errors": Weight(10, "share of its requests that failed, full strength from 100 errors on"),
    "new": Weight(
        10, "first seen within two hours, when the recording began at least 30 min before"
    ),
    "volume": Weight(
        20,
        "events against what is usual for its kind here: 10 for a hundredfold, 20 for"
        " ten-thousandfold",
    ),
}
"""How much each kind of reason may weigh, and why."""

_FINDING_POINTS = {
    Severity.CRITICAL: 60,
    Severity.HIGH: 45,
    Severity.MEDIUM: 25,
    Severity.LOW: 8,
    Severity.INFORMATIONAL: 2,
    Severity.NONE: 0,
}
DETECTION_POINTS = {
    Severity.CRITICAL: 20,
    Severity.HIGH: 15,
    Severity.MEDIUM: 8,
    Severity.LOW: 2,
    Severity.INFORMATIONAL: 0,
    Severity.NONE: 0,
}
LASTING = frozenset(
    ("new", "rate", "unknown", "silence", "travel", *(k for k in WEIGHTS if k.startswith("new ")))
)
"""Reasons that fade, or end, by themselves: what is unusual is that of the cursor's day and of the
one before."""
FADES_FROM, FADES_AFTER = 4, 24
"""Hours without anything more of what they rest on after which reasons weigh less, and hours from
then on after which they weigh half."""
_RESTS_ON = {
    "finding": "findings",
    "findings": "findings",
    "detection": "matches",
    "detections": "matches",
    "refused": "refusals",
    "errors": "errors",
    "touched": "deeds",
}
"""What of an entity a kind of reasons rests on; others rest on all that it does."""
BENIGN_PART = 4
"""What somebody has called benign weighs that many times less."""
NEW_WITHIN = 2 * HOUR
NEW_AFTER = 30 * MINUTE
FEW = 5
"""Fewer refusals, errors or events than this say nothing."""
LOUD = 50
"""Volume counts from this many events on."""
_PRIOR_ENTITIES, _PRIOR_EVENTS = 10, 10
"""What is usual is told as though so many entities with so many events each had been seen first:
where there are few, nobody's coming changes much for the others."""


class Idle(NamedTuple):
    """Whole hours since the last of what reasons rest on; 0 where there is none."""

    events: int = 0
    """Since its last event or finding."""
    findings: int = 0
    matches: int = 0
    """Of rules."""
    refusals: int = 0
    errors: int = 0
    deeds: int = 0
    """Since it last touched what weighs more."""

    def of(self, kind: str) -> int:
        """The hours that count for a kind of reasons."""
        found: int = getattr(self, _RESTS_ON.get(kind, "events"))
        return found


class Facts(NamedTuple):
    """What is known of one entity as of the cursor."""

    kind: Kind
    events: int
    refused: int
    errors: int
    findings: int
    worst: Severity
    fresh: bool
    """First seen lately (see `WEIGHTS["new"]`)."""
    level: int
    """What is usual for its kind: `level`."""
    alert: Severity = Severity.NONE
    """The level of the gravest rule that matched."""
    rules: int = 0
    """Rules of at least low level that matched."""
    marks: tuple[tuple[str, int], ...] = ()
    """(kind, points) of what is known of it beside its events: lists, and habits."""
    idle: Idle = Idle()
    """How long it has been quiet."""
    service: bool = False
    """Whether it is AWS at work for itself."""
    benign: frozenset[str] = frozenset()
    """The kinds of reasons that rest on what somebody has looked at and called benign."""


class Detail(NamedTuple):
    """What the reasons' words need beyond the facts."""

    first: str
    """Clock time of its first event."""
    finding_types: Sequence[tuple[str, str]]
    """(id, type) of its findings, the worst first."""
    rule_titles: Sequence[tuple[str, str]] = ()
    """(id, title) of the rules that matched, the gravest first."""
    marks: Mapping[str, tuple[str, str | None]] = {}
    """Kind -> (text, ref) of the facts' marks."""


def is_fresh(first: int, start: int, cursor: int) -> bool:
    """Whether an entity first seen at `first` is new, for a recording that starts at `start`."""
    return first - start >= NEW_AFTER and cursor - first <= NEW_WITHIN


@functools.lru_cache(maxsize=4_096)
def points(facts: Facts) -> tuple[tuple[str, int], ...]:
    """(kind, points) of every reason that applies, the heaviest first; their sum is at most 100."""
    found = [
        ("finding", _FINDING_POINTS[facts.worst]),
        ("findings", further_points(facts.findings)),
        ("detection", DETECTION_POINTS[facts.alert]),
        ("detections", more_rules_points(facts.rules)),
        *facts.marks,
    ]
    if facts.kind is not Kind.SERVICE and not facts.service:
        found += _behaviour(facts)
    found = [
        (kind, int(value * _fade_of(kind, facts.idle) / benignity(kind, facts.benign)))
        for kind, value in found
    ]
    found = sorted((item for item in found if item[1] > 0), key=lambda item: -item[1])
    total, kept = 0, []
    for kind, value in found:
        part = min(value, 100 - total)
        if part > 0:
            kept.append((kind, part))
            total += part
    return tuple(kept)


def _behaviour(facts: Facts) -> list[tuple[str, int]]:
    """What it does. An AWS service's own noise is left out: nobody can act on it."""
    return [
        ("refused", refused_points(facts.refused, facts.events)),
        ("errors", error_points(facts.errors, facts.events)),
        ("new", WEIGHTS["new"].most if facts.fresh else 0),
        ("volume", volume_points(facts.events, facts.level)),
    ]


def _fade_of(kind: str, idle: Idle) -> float:
    return 1.0 if kind in LASTING else fade(idle.of(kind))


def fade(idle: int) -> float:
    """What is left of reasons so many hours after the last of what they rest on."""
    return float(0.5 ** (max(0, idle - FADES_FROM) / FADES_AFTER))


def benignity(kind: str, benign: frozenset[str]) -> int:
    """By what a reason's points are divided."""
    return BENIGN_PART if kind in benign else 1


def finding_points(worst: Severity, findings: int) -> tuple[int, int]:
    """What others' verdicts weigh: the worst, and those beyond it."""
    return _FINDING_POINTS[worst], further_points(findings)


def further_points(findings: int) -> int:
    """What each verdict beyond the first adds."""
    return max(0, min(WEIGHTS["findings"].most, 5 * (findings - 1)))


def more_rules_points(rules: int) -> int:
    """What each rule beyond the first adds."""
    return max(0, min(WEIGHTS["detections"].most, rules - 1))


def refused_points(refused: int, events: int) -> int:
    """What its refused requests weigh."""
    return _share(refused, events, WEIGHTS["refused"].most)


def error_points(errors: int, events: int) -> int:
    """What its failed requests weigh."""
    return _share(errors, events, WEIGHTS["errors"].most)


def level(logarithms: float, entities: int) -> int:
    """What is usual for a kind: the mean of the logarithms (to the base 10) of the entities'
    events, in hundredths, given their sum."""
    prior = _PRIOR_ENTITIES * math.log10(_PRIOR_EVENTS)
    return round(100 * (logarithms + prior) / (entities + _PRIOR_ENTITIES))


def volume_points(events: int, level: int) -> int:
    """What much traffic weighs, against what is usual for the kind."""
    if events < LOUD:
        return 0
    tenfold = math.log10(events) - level / 100
    return max(0, min(WEIGHTS["volume"].most, int(5 * tenfold)))


def _share(part: int, whole: int, most: int) -> int:
    """`most`, scaled by the share and by how many there are (full strength from 100 on)."""
    if part < FEW:
        return 0
    return round(most * (part / whole) * min(1.0, math.log10(part) / 2))


def score(facts: Facts) -> int:
    """The risk, 0-100: the sum of all points, at most 100."""
    return sum(value for _, value in points(facts))


def reasons(facts: Facts, detail: Detail) -> tuple[Reason, ...]:
    """The reasons in words. Their points add up to `score(facts)`."""
    return tuple(Reason(value, *_said(kind, facts, detail)) for kind, value in points(facts))


def _said(kind: str, facts: Facts, detail: Detail) -> tuple[str, str, str | None]:
    text, kind, ref = _words(kind, facts, detail)
    if kind in facts.benign:
        text += " (a quarter: it was called benign)"
    return text, kind, ref


def _words(kind: str, facts: Facts, detail: Detail) -> tuple[str, str, str | None]:
    """(text, kind, ref) of a reason."""
    if kind in detail.marks:
        text, ref = detail.marks[kind]
        return text, kind, ref
    match kind:
        case "finding":
            ref, title = detail.finding_types[0] if detail.finding_types else (None, "")
            return f"finding, {facts.worst.word}: {title}", kind, ref
        case "findings":
            others = [name for _, name in detail.finding_types[1:]]
            return f"{facts.findings - 1} more: {', '.join(dict.fromkeys(others))}", kind, None
        case "detection":
            ref, title = detail.rule_titles[0] if detail.rule_titles else (None, "")
            return f"rule, {facts.alert.word}: {title}", kind, ref
        case "detections":
            names = [title for _, title in detail.rule_titles[1:]]
            return f"{facts.rules - 1} more: {', '.join(dict.fromkeys(names))}", kind, None
        case "refused":
            return f"{facts.refused:,} of {facts.events:,} requests refused", kind, None
        case "errors":
            return f"{facts.errors:,} of {facts.events:,} requests failed", kind, None
        case "new":
            return f"first seen {detail.first}", kind, None
        case _:
            usual = round(10 ** (facts.level / 100))
            return f"{facts.events:,} events; usual here are {usual:,}", kind, None
