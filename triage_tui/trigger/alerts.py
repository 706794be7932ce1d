"""Alerts: what somebody is told, in words and as JSON. Pure; secrets are masked, and nothing that
came from outside is left that could steer a terminal.
"""

from __future__ import annotations

import datetime as dt
import json
import shlex
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.mask import mask
from triage_tui.model import SECOND, Severity
from widgets.text import clean, crop

from .claims import AGAIN, MORE, NEW, WORSE

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST = 256 * 1024
"""Bytes of a message, with all of its texts, its subject and its attributes."""
KEPT = 350_000
"""Bytes of an alert that waits: DynamoDB takes items of 400 KB."""
_SUBJECT, _ENVELOPE = 99, 1_000
"""Characters of a subject; bytes of it and of the attributes' names."""
_LINE = 300
"""Characters of a line that came from outside."""
_RAW = 4_000
"""The same of a raw record."""
SAMPLES, ENTITIES = 5, 50
_TOLD = LARGEST // 256
"""Entities that a message can have room for at most: each stands in two of its texts."""
_SMS = 140


class Subject(msgspec.Struct, frozen=True):
    """An entity that an alert is about."""

    entity: str
    """As the casebook spells it: `ip:203.0.113.7`."""
    label: str = ""
    why: str = ""
    """Why it is told now; "" for one that is only named."""
    count: int = 0
    first: int = 0
    last: int = 0

    @property
    def kind(self) -> str:
        return self.entity.partition(":")[0]

    @property
    def key(self) -> str:
        return self.entity.partition(":")[2]


class Sample(msgspec.Struct, frozen=True):
    """An event of it; masked already."""

    time: int
    format: str
    summary: str
    record: str


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is owed; kept in the outbox until it was sent."""

    id: str
    made: int
    rule: str
    title: str
    level: Severity
    author: str = ""
    licence: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    subjects: tuple[Subject, ...]
    more: int = 0
    """Entities beyond those that are named."""
    formats: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    block: str = ""
    """The address that is to be blocked; "" for none."""
    outcome: str = ""
    """What came of it, in a sentence."""

    @property
    def first(self) -> int:
        return min((each.first for each in self.subjects), default=0)

    @property
    def last(self) -> int:
        return max((each.last for each in self.subjects), default=0)

    @property
    def count(self) -> int:
        return max((each.count for each in self.subjects), default=0)


class Message(NamedTuple):
    """An alert as SNS takes it."""

    subject: str
    body: str
    """JSON with a text for each protocol."""
    attributes: dict[str, str]


def sample(time: int, format_: str, summary: str, raw: bytes) -> Sample:
    """An event, masked and cut."""
    text = raw[: 4 * _RAW].decode("utf-8", "replace")
    return Sample(time, format_, _line(summary), mask(text)[:_RAW])


def encode(alert: Alert) -> bytes:
    """As it is kept; records go first where it is too large, then entities."""
    alert = _fewer(alert, _TOLD)
    while len(data := msgspec.msgpack.encode(alert)) > KEPT:
        alert = _less(alert, KEPT / len(data))
    return data


def decode(data: bytes) -> Alert | None:
    """What `encode` wrote; None for anything else."""
    try:
        return msgspec.msgpack.decode(data, type=Alert)
    except (msgspec.DecodeError, ValueError):
        return None


def message(alert: Alert) -> Message:
    """The alert for people and for programs, within what SNS takes: records go first, then
    entities."""
    attributes = {"level": alert.level.word, "rule": alert.rule or "-"}
    room = LARGEST - _ENVELOPE - sum(len(each.encode()) for each in attributes.values())
    alert = _fewer(alert, _TOLD)
    while True:
        words, json_text = text(alert), _dumped(told(alert))
        body = _dumped(
            {
                "default": json_text,
                "email": words,
                "email-json": json_text,
                "sms": crop(words.partition("\n")[0], _SMS),
            }
        )
        if len(body) <= room:
            break
        alert = _less(alert, room / len(body))
    return Message(_subject(alert), body, attributes)


def _less(alert: Alert, share: float) -> Alert:
    """The alert without the least of what makes it too large; of entities, somewhat less than the
    share that has room is left, so that few steps do, however many they are."""
    if any(each.record for each in alert.samples):
        bare = tuple(msgspec.structs.replace(each, record="") for each in alert.samples)
        return msgspec.structs.replace(alert, samples=bare)
    if alert.samples or alert.description:
        return msgspec.structs.replace(alert, samples=(), description="")
    short = tuple(map(_shortened, alert.subjects))
    if short != alert.subjects:
        return msgspec.structs.replace(alert, subjects=short)
    whole = len(alert.subjects)
    if whole <= 1:
        return msgspec.structs.replace(alert, tags=(), title=alert.title[:200])
    return _fewer(alert, max(1, int(0.9 * whole * share)))


def _fewer(alert: Alert, most: int) -> Alert:
    """With the first of its entities alone, which are the gravest; the rest is counted."""
    gone = max(0, len(alert.subjects) - most)
    left = alert.subjects[:most]
    return msgspec.structs.replace(alert, subjects=left, more=alert.more + gone) if gone else alert


def _shortened(subject: Subject) -> Subject:
    """With names as long as they are told."""
    entity = f"{subject.kind}:{_line(subject.key)}"
    return msgspec.structs.replace(subject, entity=entity, label=_line(subject.label))


# -- as JSON -------------------------------------------------------------------------------------


def told(alert: Alert) -> dict[str, object]:
    """The alert as programs get it: a contract, to which keys are added and never renamed."""
    return {
        "version": 1,
        "id": alert.id,
        "made": rfc3339(alert.made),
        "level": alert.level.word,
        "rule": {
            "id": alert.rule,
            "title": alert.title,
            "author": alert.author or None,
            "licence": alert.licence or None,
            "tags": alert.tags,
            "description": alert.description or None,
        },
        "entities": [
            {
                "kind": each.kind,
                "key": _line(each.key),
                "label": _line(each.label),
                "why": each.why or None,
                "events": each.count,
                "first": rfc3339(each.first),
                "last": rfc3339(each.last),
            }
            for each in alert.subjects
        ],
        "more_entities": alert.more,
        "events": alert.count,
        "first": rfc3339(alert.first),
        "last": rfc3339(alert.last),
        "formats": alert.formats,
        "accounts": alert.accounts,
        "regions": alert.regions,
        "samples": [
            {
                "time": rfc3339(each.time),
                "format": each.format,
                "summary": each.summary,
                "record": each.record,
            }
            for each in alert.samples
        ],
        "block": {"cidr": alert.block or None, "outcome": alert.outcome or None},
        "run": commands(alert),
    }


def plain(alert: Alert) -> bytes:
    """The alert as JSON, alone, within what Lambda takes that is not waited for."""
    alert = _fewer(alert, _TOLD)
    while len(data := _dumped(told(alert)).encode()) > LARGEST:
        alert = _less(alert, LARGEST / len(data))
    return data


def _dumped(value: object) -> str:
    """ASCII alone: no control, bidi or surrogate character is in it."""
    text_ = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text_.replace("\x7f", "\\u007f")


# -- in words ------------------------------------------------------------------------------------

_WHY = {
    NEW: "",
    AGAIN: "still going on",
    WORSE: "it got worse",
    MORE: "much more of it",
}


def text(alert: Alert) -> str:
    """The alert as people read it."""
    whom = alert.subjects[0] if alert.subjects else Subject("")
    reasons = dict.fromkeys(_WHY.get(each.why, "") for each in alert.subjects)
    why = ", ".join(word for word in reasons if word)
    lines = [
        f"{alert.level.word.upper()}: {_line(alert.title)}: {_named(whom)}"
        + (f" ({why})" if why else ""),
        "",
        *_who(alert),
        f"What    {_count(alert.count)} from {spoken(alert.first)} to {spoken(alert.last)}",
        *_where(alert),
    ]
    if alert.description:
        lines += [f"Why     {_line(alert.description)}"]
    by = ", ".join(word for word in (alert.author, alert.licence) if word)
    lines += [f"Rule    {_line(alert.rule)}{f' ({_line(by)})' if by else ''}"]
    if alert.outcome:
        lines += [f"Block   {_line(alert.outcome)}"]
    if alert.samples:
        lines += ["", "Events (secrets masked)"]
        lines += [f"  {spoken(each.time)}  {each.summary}" for each in alert.samples]
    lines += ["", "What to run", *(f"  {each}" for each in commands(alert))]
    lines += ["", f"Alert {alert.id} of triage-tui's trigger"]
    return "\n".join(lines) + "\n"


def _who(alert: Alert) -> list[str]:
    shown = [_named(each) for each in alert.subjects[:ENTITIES]]
    more = alert.more + len(alert.subjects) - len(shown)
    if more:
        shown.append(f"and {more:,} more")
    return [f"{'Who' if not place else '':<8}{each}" for place, each in enumerate(shown)]


def _where(alert: Alert) -> list[str]:
    words = [
        f"account {', '.join(alert.accounts)}" if alert.accounts else "",
        ", ".join(alert.regions),
        f"in {', '.join(alert.formats)}" if alert.formats else "",
    ]
    found = ", ".join(_line(word) for word in words if word)
    return [f"Where   {found}"] if found else []


def _named(subject: Subject) -> str:
    label = subject.label if subject.label and subject.label != subject.key else ""
    return _line(f"{subject.key} ({label})" if label else subject.key)


def commands(alert: Alert) -> list[str]:
    """What to run next, as a shell takes it."""
    found: list[str] = []
    for kind in ("ip", "principal"):
        first = next((each for each in alert.subjects if each.kind == kind), None)
        if first is not None:
            found.append(f"triage-tui live --{kind} {_quoted(first.key)} --since {_since(alert)}")
    address = next((each.key for each in alert.subjects if each.kind == "ip"), "")
    if address:
        found.append(f"triage-tui blocks plan {_quoted(address)}")
    return found or [f"triage-tui live --since {_since(alert)}"]


def _since(alert: Alert) -> str:
    """How far back a triage that begins now sees the first event, roughly."""
    seconds = max(0, alert.made - alert.first) // SECOND
    hours = seconds // 3600 + 1
    return "1h" if hours <= 1 else f"{min(hours, 72)}h"


def _quoted(text_: str) -> str:
    return shlex.quote(_line(text_))


def _count(number: int) -> str:
    return "1 event" if number == 1 else f"{number:,} events"


def _line(text_: str) -> str:
    """One line of text from outside."""
    return _safe(text_[: 4 * _LINE])


@lru_cache(maxsize=4 * _TOLD)
def _safe(text_: str) -> str:
    """The same; kept, because a message that was too large is put together again."""
    return crop(clean(mask(text_)), _LINE)


def _subject(alert: Alert) -> str:
    """ASCII without line ends, of at most 99 characters: what SNS takes."""
    whom = alert.subjects[0].key if alert.subjects else ""
    line = f"{alert.level.word.upper()}: {alert.title}: {whom}"
    plain = "".join(c if " " <= c <= "~" else "?" for c in mask(line))
    return plain[:_SUBJECT].rstrip()


def rfc3339(time: int) -> str:
    """A time to the second: what people and programs compare."""
    return f"{_moment(time):%Y-%m-%dT%H:%M:%SZ}"


def spoken(time: int) -> str:
    """The same, for people alone."""
    return f"{_moment(time):%a %Y-%m-%d %H:%M:%SZ}"


def _moment(time: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=max(0, time) // SECOND)


def merged(values: Sequence[str]) -> tuple[str, ...]:
    """Each once, sorted, without what is empty; at most a handful."""
    return tuple(sorted({value for value in values if value}))[:8]
