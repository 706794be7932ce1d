"""A row of the index as an Event: the hot half from the columns, the cold half from the raw
record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.detect.grounds import grounds as grounds_of
from triage_tui.detect.grounds import seen_of
from triage_tui.detect.packs import OWN
from triage_tui.formats.decode import describe
from triage_tui.formats.ids import hash_id
from triage_tui.model import (
    NO_NUMBER,
    NO_TIME,
    Actor,
    Event,
    Outcome,
    Place,
    RecordRef,
    RuleHit,
    Severity,
)

from .twins import ordinal_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.detect.grounds import Ground
    from triage_tui.detect.ruleset import Rule
    from triage_tui.ports import Geo, RawReader

    from .index import Index


def read_raw(index: Index, reader: RawReader, row: int) -> bytes:
    """The row's raw bytes, from where they lie. Raises OSError when they are gone."""
    return reader.read(
        index.runs.of(row).source,
        index.place(row),
        index.length.at(row),
        bool(index.spooled.at(row)),
    )


def record_ref(index: Index, paths: Sequence[str], row: int) -> RecordRef:
    """Where a row's raw bytes are, in terms of its own file. `paths` are the sources' names."""
    run = index.runs.of(row)
    spooled = bool(index.spooled.at(row))
    return RecordRef(
        path=paths[run.source],
        index=run.first + row - run.row,
        offset=index.offset.at(row) + (run.unwrapped if spooled else run.begin),
        length=index.length.at(row),
        spooled=spooled,
    )


def event(index: Index, reader: RawReader, paths: Sequence[str], row: int, geo: Geo) -> Event:
    """All that is known of a row."""
    raw = read_raw(index, reader, row)
    name, header = index.format.text(row), index.runs.of(row).header
    description = describe(name, raw, header, index.settings)
    time = index.time.at(row)
    who = index.identities[index.who.at(row)]
    severity = index.severity.at(row)
    ip = index.actor_ip.text(row)
    place = geo.place(ip) if ip else Place()
    return Event(
        id=_event_id(index, row, description.id),
        time=None if time == NO_TIME else time,
        format=index.format.text(row),
        action=index.action.text(row) or None,
        outcome=Outcome(index.outcome.at(row)).word,
        source_ip=index.source_ip.text(row) or None,
        source_service=index.service.text(row) or None,
        principal=who.key or None,
        principal_type=who.type or None,
        role_session=who.session or None,
        access_key=who.access_key or None,
        user_agent=index.agent.text(row) or None,
        account=index.account.text(row) or None,
        region=index.region.text(row) or None,
        resource=index.resource.text(row) or None,
        method=index.method.text(row) or None,
        path=index.path.text(row) or None,
        status=_number(index.status.at(row)),
        bytes=_number(index.size.at(row)),
        severity=Severity(severity).word if severity else None,
        summary=description.summary,
        forwarded=description.forwarded,
        linked=description.linked,
        vulnerabilities=description.vulnerabilities,
        country=index.country.text(row) or place.country,
        asn=place.asn,
        actors=_actors(index, row),
        detections=tuple(map(hit_of, index.rules_of(row))),
        duplicate=bool(index.duplicate.at(row)),
        record=record_ref(index, paths, row),
    )


def grounds(index: Index, reader: RawReader, row: int) -> list[tuple[Rule, list[Ground]]]:
    """The rules that matched a row, the gravest first, each with what of its record fulfils it;
    nothing of that for correlations. Raises OSError when the raw bytes are gone."""
    rules = sorted(index.rules_of(row), key=lambda rule: -rule.level)
    seen = None
    if any(rule.condition is not None for rule in rules):
        raw, header = read_raw(index, reader, row), index.runs.of(row).header
        seen = seen_of(raw, header, index.settings)
    return [(rule, grounds_of(rule, seen) if seen is not None else []) for rule in rules]


def hit_of(rule: Rule) -> RuleHit:
    """A rule as those name it who show its match."""
    return RuleHit(rule.id, rule.title, rule.level.word, rule.author, rule.licence)


def credited(rule: Rule) -> str:
    """A rule's title with whom it is by, which stands wherever its match is shown; our own rules
    go without."""
    whose = ", ".join(part for part in (rule.author, rule.licence) if part)
    return (
        f"{rule.title} ({whose})" if whose and not rule.path.startswith(f"{OWN}/") else rule.title
    )


def _event_id(index: Index, row: int, own: str) -> str:
    """The log's own id, or the content's hash with the twin's ordinal behind it."""
    if hash_id(own) == index.id.at(row):
        return own
    twin = ordinal_of(index.id.at(row), int(own, 16))
    return f"{own}-{twin}" if twin else own


def _number(value: int) -> int | None:
    return None if value == NO_NUMBER else value


def _actors(index: Index, row: int) -> tuple[Actor, ...]:
    return tuple(
        Actor(
            index.actor_ip.dictionary.values[ip] or None,
            index.identities[who].key or None,
        )
        for ip, who in index.actors(row)
        if ip or who
    )
