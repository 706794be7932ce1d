"""Records to what rules matched in them: the decoder and the matcher of the program, batch by
batch. Pure.
"""

from __future__ import annotations

import gzip
import io
import zlib
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.detect.correlate import Fed
from triage_tui.detect.matcher import RuleMatcher
from triage_tui.formats.decode import decode, describe
from triage_tui.model import NO_TIME, Batch, Outcome, Severity
from triage_tui.sources.framing import Framer, RecordTooLong
from triage_tui.sources.heads import Headers

from .payloads import Poisoned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from triage_tui.formats.settings import FormatSettings
    from triage_tui.model import Columns, Identity
    from triage_tui.sources.framing import Framed

    from .bundle import Bundle

LARGEST = 128 * 1024 * 1024
"""Bytes that an object may grow to when it is unpacked."""
_BLOCK = 4 * 1024 * 1024
_GZ = b"\x1f\x8b"
_TWIN, _MASK = 0x9E3779B97F4A7C15, 2**64 - 1
LONGEST = 1_000
"""Characters of a name that count."""
FINDING = "finding"
"""The reason that stands for a finding that no rule matched."""


def whole(text: str) -> str:
    """The text; half a pair of surrogates is spelled out, for nobody could keep it."""
    return text.encode("utf-8", "backslashreplace").decode()


def is_arn(key: str) -> bool:
    """Whether a principal is known by its ARN."""
    return key.startswith("arn:")


def aliases_of(who: Identity) -> tuple[str, ...]:
    """What else it is known by."""
    return tuple(whole(each[:LONGEST]) for each in (who.principal_id, who.access_key) if each)


class Actor(NamedTuple):
    """Whom a record is about, as far as it says."""

    ip: str = ""
    principal: str = ""
    """The row's own grouping key."""
    label: str = ""
    service: str = ""
    aliases: tuple[str, ...] = ()
    """Other names of the principal, where it has no ARN."""

    @classmethod
    def named(cls, ip: str, who: Identity, service: str) -> Actor:
        """Of a record; names that nobody could have are cut."""
        ip, key, label, service = (
            whole(name[:LONGEST]) for name in (ip, who.key, who.label, service)
        )
        return cls(ip, key, label, service, () if is_arn(key) else aliases_of(who))

    @property
    def entities(self) -> tuple[str, ...]:
        """Their names, as the casebook spells them: the address, the principal, else the service.
        Empty where nobody is named."""
        named = [f"ip:{self.ip}"] if self.ip else []
        if self.principal:
            named.append(f"principal:{self.principal}")
        if not named and self.service:
            named.append(f"service:{self.service}")
        return tuple(named)


class Seen(NamedTuple):
    """A record that a rule matched, or with which a correlation fired."""

    id: int
    time: int
    actor: Actor
    refused: bool
    format: str
    action: str = ""
    account: str = ""
    region: str = ""
    summary: str = ""
    """One line, raw text."""
    raw: bytes = b""
    others: tuple[Actor, ...] = ()
    """Further actors: of findings."""

    @property
    def entities(self) -> tuple[str, ...]:
        """Whom it is about, each once, the first actor's before all others."""
        named = [each for actor in self.actors for each in actor.entities]
        return tuple(dict.fromkeys(named))

    @property
    def actors(self) -> tuple[Actor, ...]:
        """All of them, the first one first."""
        return (self.actor, *self.others)

    def renamed(self, known: Mapping[str, str]) -> Seen:
        """With principals by the names that their aliases stand for."""
        first, *others = (_renamed(actor, known) for actor in self.actors)
        return self._replace(actor=first, others=tuple(others))


def _renamed(actor: Actor, known: Mapping[str, str]) -> Actor:
    found = next((known[alias] for alias in actor.aliases if alias in known), "")
    return actor._replace(principal=found, aliases=()) if found else actor


class Hit(NamedTuple):
    """A rule matched a record."""

    rule: str
    """Its id."""
    strength: Severity
    """Its level; one below for what was refused, unless the rule is about refusals."""
    seen: Seen


class Reading(NamedTuple):
    """What one delivery holds."""

    hits: list[Hit]
    signals: list[Fed]
    """What correlations are made of; `row` is a place in `fed`."""
    fed: list[Seen]
    records: int
    unparsed: int
    aliases: dict[str, str]
    """Other names of principals that have an ARN."""


class Watch:
    """The rules of a bundle, ready to run."""

    def __init__(self, bundle: Bundle) -> None:
        self._settings = bundle.reading
        self._matcher = RuleMatcher(bundle.rules)
        self.rules = bundle.rules

    def warm(self) -> None:
        """Makes what the first record of the usual formats would wait for."""
        for name in ("cloudtrail", "waf", "guardduty", "alb", "vpcflow"):
            self._matcher.engine(name)

    def read(self, batches: Sequence[Batch], least: Severity) -> Reading:
        """What rules make of the records of one delivery; hits of at least a level."""
        found = Reading([], [], [], 0, 0, {})
        twins: dict[tuple[str, int], int] = {}
        records = unparsed = 0
        for batch in batches:
            columns = decode(batch, self._settings, None, self._matcher)
            records += len(columns)
            unparsed += columns.time.count(NO_TIME)
            for who in columns.identities:
                if is_arn(who.key):
                    found.aliases.update(dict.fromkeys(aliases_of(who), whole(who.key[:LONGEST])))
            self._take(_Rows(columns, _ids(columns, twins), self._settings), least, found)
        return found._replace(records=records, unparsed=unparsed)

    def _take(self, rows: _Rows, least: Severity, found: Reading) -> None:
        columns, rules = rows.columns, self.rules
        matched = set()
        for row, number in zip(columns.hits.row, columns.hits.rule, strict=True):
            matched.add(row)
            if columns.time[row] != NO_TIME:
                strength = self.strength(number, rows.refused(row))
                if strength >= least:
                    found.hits.append(Hit(rules.rules[number].id, strength, rows.seen(row)))
        for ref in columns.findings:
            severity = Severity(columns.severity[ref.row])
            if ref.row not in matched and severity >= least and columns.time[ref.row] != NO_TIME:
                found.hits.append(Hit(FINDING, severity, rows.seen(ref.row)))
        feed = columns.hits.feed
        if feed is not None:
            places: dict[int, int] = {}
            for row, into, group, value in zip(
                feed.row, feed.input, feed.group, feed.value, strict=True
            ):
                if columns.time[row] == NO_TIME:
                    continue
                if row not in places:
                    places[row] = len(found.fed)
                    found.fed.append(rows.seen(row))
                time, event, texts = columns.time[row], rows.ids[row], feed.texts
                named, counted = whole(texts[group]), whole(texts[value])
                found.signals.append(Fed(into, named, counted, time, event, places[row]))

    def strength(self, number: int, refused: bool) -> Severity:
        """What a match of a rule is worth."""
        level = self.rules.rules[number].level
        if refused and number not in self.rules.about_outcomes and level > Severity.INFORMATIONAL:
            return Severity(level - 1)
        return level


class _Rows:
    """The rows of a batch, made into what is told of them where that is asked for."""

    def __init__(self, columns: Columns, ids: Sequence[int], settings: FormatSettings) -> None:
        self.columns = columns
        self.ids = ids
        self._settings = settings
        self._known: dict[int, Seen] = {}
        self._others: dict[int, list[Actor]] = {}
        for extra in columns.extras:
            ip, who = columns.actor_ip.values[extra.ip], columns.identities[extra.who]
            self._others.setdefault(extra.row, []).append(Actor.named(ip, who, ""))

    def refused(self, row: int) -> bool:
        return self.columns.outcome[row] in (Outcome.DENIED, Outcome.BLOCKED)

    def seen(self, row: int) -> Seen:
        found = self._known.get(row)
        if found is None:
            found = self._known[row] = self._seen(row)
        return found

    def _seen(self, row: int) -> Seen:
        columns = self.columns

        def text(name: str) -> str:
            column = getattr(columns, name)
            return whole(column.values[column.ids[row]][:LONGEST])

        who: Identity = columns.identities[columns.who[row]]
        begin = columns.offset[row]
        raw = columns.spill[begin : begin + columns.length[row]]
        format_ = text("format")
        described = describe(format_, raw, columns.header, self._settings)
        return Seen(
            id=self.ids[row],
            time=columns.time[row],
            actor=Actor.named(text("actor_ip"), who, text("service")),
            refused=self.refused(row),
            format=format_,
            action=text("action"),
            account=text("account"),
            region=text("region"),
            summary=whole(described.summary[:LONGEST]),
            raw=raw,
            others=tuple(self._others.get(row, ())),
        )


def _ids(columns: Columns, twins: dict[tuple[str, int], int]) -> list[int]:
    """The ids of a batch's records, true twins of a delivery told apart as in a triage."""
    found = []
    for row, (number, own) in enumerate(zip(columns.id, columns.own_id, strict=True)):
        if not own:
            key = (columns.origin.values[columns.origin.ids[row]], number)
            ordinal = twins.get(key, 0)
            twins[key] = ordinal + 1
            number = (number + ordinal * _TWIN) & _MASK
        found.append(number)
    return found


# -- batches -------------------------------------------------------------------------------------


def batches(data: bytes, origin: str, received: int) -> list[Batch]:
    """What was delivered, as the decoder takes it: cut as files are. Raises Poisoned for what
    cannot be unpacked."""
    plain, framer, headed = unpacked(data), Framer(), Headers()
    framed: list[Framed] = []
    try:
        for begin in range(0, len(plain), _BLOCK):
            framed += framer.feed(plain[begin : begin + _BLOCK])
        framed += framer.finish()
    except RecordTooLong as error:
        raise Poisoned(str(error)) from error
    return [
        Batch(0, part.data, part.starts, part.lengths, received, origin=origin, header=part.header)
        for each in framed
        for part in headed.split(each)
    ]


def unpacked(data: bytes) -> bytes:
    """The plain bytes of an object, gz once or twice. Raises Poisoned."""
    for _ in range(2):
        if not data.startswith(_GZ):
            break
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                data = file.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise Poisoned(f"it cannot be unpacked: {error}") from error
        if len(data) > LARGEST:
            raise Poisoned(f"it is more than {LARGEST:,} bytes when it is unpacked")
    return data
