"""The incident report as data, made from a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import GOOD_BELOW, BlockState, Case, Severity

from .times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.health import FileReport
    from triage_tui.model import Block, Entity, Note

    from .snapshot import Decision, JournalState, Snapshot, Told

MOST_NAMES = 20
"""Addresses, principals and actions that one entity lists."""


class SourceLine(msgspec.Struct, frozen=True):
    """One input. `error` says what could not be read."""

    path: str
    formats: dict[str, int]
    records: int
    unparsed: int
    error: str | None


class Summary(msgspec.Struct, frozen=True):
    """When, how many, from what; and what is missing."""

    events: int
    unparsed: int
    duplicates: int
    first: str | None
    last: str | None
    cursor: str | None
    filter: str
    worst: str | None
    formats: dict[str, int]
    entities: dict[str, int]
    sources: tuple[SourceLine, ...]


class ReasonLine(msgspec.Struct, frozen=True):
    """Why; the points of an entity's reasons add up to its risk."""

    points: int
    text: str
    kind: str
    ref: str | None


class DetectionLine(msgspec.Struct, frozen=True):
    """A rule that matched, how often, and whom it is by."""

    rule: str
    title: str
    level: str
    count: int
    author: str
    licence: str


class EntityEntry(msgspec.Struct, frozen=True):
    """Who, what they did, and what was decided about them."""

    kind: str
    key: str
    label: str
    risk: int
    reasons: tuple[ReasonLine, ...]
    events: int
    denied: int
    errors: int
    blocked: int
    findings: int
    first: str
    last: str
    principals: tuple[str, ...]
    ips: tuple[str, ...]
    actions: tuple[tuple[str, int], ...]
    targets: tuple[tuple[str, int], ...]
    status: str
    verdict: str
    assignee: str
    tags: tuple[str, ...]
    detections: tuple[DetectionLine, ...] = ()


class FindingEntry(msgspec.Struct, frozen=True):
    """Another system's verdict: the newest version, with all actors so far."""

    id: str
    type: str
    severity: str
    first: str
    updated: str
    versions: int
    ips: tuple[str, ...]
    principals: tuple[str, ...]
    summary: str


class NoteEntry(msgspec.Struct, frozen=True):
    """What somebody wrote. `made` by the wall clock, `at` in event time."""

    subject: str
    text: str
    author: str
    made: str
    at: str


class BlockEntry(msgspec.Struct, frozen=True):
    """A CIDR that was blocked, and what became of it."""

    id: str
    cidr: str
    blocklist: str
    simulated: bool
    state: str
    reason: str
    author: str
    made: str
    at: str
    expires: str | None
    subject: str
    standing: str
    """How it stands for people: a real one that was read back need not be in force."""
    enforcement: str | None
    """What the web ACLs make of it, and why; null where nobody has read them."""


class Moment(msgspec.Struct, frozen=True):
    """One line of the time-line."""

    at: str
    kind: str
    """`finding`, `first seen`, `note`, `status`, `block` and the like."""
    subject: str
    text: str
    author: str | None = None


class DecisionEntry(msgspec.Struct, frozen=True):
    """Who decided what, and when by both clocks."""

    made: str
    at: str
    author: str
    what: str
    subject: str
    text: str


class Journal(msgspec.Struct, frozen=True):
    """Where the journal stood: with this hash one can tell later whether it was changed."""

    entries: int
    hash: str
    broken: int | None


class IncidentReport(msgspec.Struct, frozen=True):
    """The report; `to_markdown` and `to_json` write it down."""

    made: str
    program: str
    anonymized: bool
    summary: Summary
    entities: tuple[EntityEntry, ...]
    findings: tuple[FindingEntry, ...]
    notes: tuple[NoteEntry, ...]
    blocks: tuple[BlockEntry, ...]
    timeline: tuple[Moment, ...]
    decisions: tuple[DecisionEntry, ...]
    journal: Journal | None


def assemble(snapshot: Snapshot) -> IncidentReport:
    """The report, with everything still spelled as it was logged."""
    return IncidentReport(
        made=_wall(snapshot.made),
        program=snapshot.program,
        anonymized=False,
        summary=_summary(snapshot),
        entities=tuple(_entity(entity, snapshot) for entity in snapshot.entities),
        findings=tuple(_finding(told) for told in snapshot.findings),
        notes=tuple(_note(note) for note in snapshot.notes),
        blocks=tuple(_block(block) for block in snapshot.blocks),
        timeline=tuple(moment for _, moment in timeline(snapshot)),
        decisions=tuple(_decision(decision) for decision in snapshot.decisions),
        journal=_journal(snapshot.journal),
    )


def timeline(snapshot: Snapshot) -> list[tuple[int, Moment]]:
    """What mattered, by event time (nanoseconds): findings, first sight of risky entities,
    decisions."""
    return sorted(_moments(snapshot), key=lambda item: item[0])


def _moments(snapshot: Snapshot) -> Iterator[tuple[int, Moment]]:
    for entity in snapshot.entities:
        if entity.risk >= GOOD_BELOW:
            text = f"{entity.label} (risk {entity.risk} now)"
            yield (
                entity.first,
                Moment(rfc3339(entity.first), "first seen", entity.ref.subject, text),
            )
    for told in snapshot.findings:
        yield from _finding_moments(told)
    for decision in snapshot.decisions:
        yield (
            decision.cursor,
            Moment(
                rfc3339(decision.cursor),
                decision.what,
                decision.subject,
                decision.text,
                decision.author,
            ),
        )
    for block in snapshot.blocks:
        # Of a real one, the journal tells when it was taken out.
        if block.state is BlockState.EXPIRED and block.expires is not None and block.simulated:
            at = rfc3339(block.expires)
            yield block.expires, Moment(at, "expired", block.cidr, f"the block on {block.cidr}")


def _finding_moments(told: Told) -> Iterator[tuple[int, Moment]]:
    finding = told.finding
    actors = ", ".join([*finding.ips, *finding.principals][:MOST_NAMES])
    text = f"{finding.severity.word}: {finding.type}" + (f" ({actors})" if actors else "")
    yield finding.first, Moment(rfc3339(finding.first), "finding", finding.id, text)
    if finding.versions > 1:
        again = f"{finding.type}: version {finding.versions}, {finding.severity.word}"
        at = rfc3339(finding.updated)
        yield finding.updated, Moment(at, "finding updated", finding.id, again)


def _summary(snapshot: Snapshot) -> Summary:
    formats: dict[str, int] = {}
    for report in snapshot.files:
        for name, count in report.formats.items():
            formats[name] = formats.get(name, 0) + count
    worst = max((told.finding.severity for told in snapshot.findings), default=Severity.NONE)
    return Summary(
        events=snapshot.events,
        unparsed=snapshot.unparsed,
        duplicates=snapshot.duplicates,
        first=_time(snapshot.first),
        last=_time(snapshot.last),
        cursor=_time(snapshot.cursor),
        filter=snapshot.filter,
        worst=worst.word if worst else None,
        formats=formats,
        entities=dict(snapshot.totals),
        sources=tuple(_source(report) for report in snapshot.files),
    )


def _wall(time: int) -> str:
    """Wall-clock time, to the millisecond: nobody decides faster."""
    return rfc3339(time - time % 1_000_000)


def _time(time: int | None) -> str | None:
    return None if time is None else rfc3339(time)


def _source(report: FileReport) -> SourceLine:
    formats = dict(report.formats)
    return SourceLine(report.path, formats, report.records, report.unparsed, report.error)


def _entity(entity: Entity, snapshot: Snapshot) -> EntityEntry:
    case = snapshot.cases.get(entity.ref.subject, Case())
    return EntityEntry(
        kind=entity.ref.kind,
        key=entity.ref.key,
        label=entity.label,
        risk=entity.risk,
        reasons=tuple(ReasonLine(r.points, r.text, r.kind, r.ref) for r in entity.reasons),
        events=entity.events,
        denied=entity.denied,
        errors=entity.errors,
        blocked=entity.blocked,
        findings=entity.findings,
        first=rfc3339(entity.first),
        last=rfc3339(entity.last),
        principals=entity.principals[:MOST_NAMES],
        ips=entity.ips[:MOST_NAMES],
        actions=tuple(entity.actions.items())[:MOST_NAMES],
        targets=entity.targets,
        status=case.status,
        verdict=case.verdict,
        assignee=case.assignee,
        tags=case.tags,
        detections=tuple(
            DetectionLine(hit.rule, hit.title, hit.level, count, hit.author, hit.licence)
            for hit, count in entity.detections
        ),
    )


def _finding(told: Told) -> FindingEntry:
    finding = told.finding
    return FindingEntry(
        id=finding.id,
        type=finding.type,
        severity=finding.severity.word,
        first=rfc3339(finding.first),
        updated=rfc3339(finding.updated),
        versions=finding.versions,
        ips=finding.ips,
        principals=finding.principals,
        summary=told.summary,
    )


def _note(note: Note) -> NoteEntry:
    return NoteEntry(
        subject=note.subject,
        text=note.text,
        author=note.author,
        made=_wall(note.made),
        at=rfc3339(note.cursor),
    )


def _block(block: Block) -> BlockEntry:
    return BlockEntry(
        id=block.id,
        cidr=block.cidr,
        blocklist=block.blocklist,
        simulated=block.simulated,
        state=block.state,
        reason=block.reason,
        author=block.author,
        made=_wall(block.made),
        at=rfc3339(block.cursor),
        expires=_time(block.expires),
        subject=block.subject,
        standing=block.standing,
        enforcement=_enforcement(block),
    )


def _enforcement(block: Block) -> str | None:
    found = block.enforcement
    if found is None:
        return None
    return ": ".join(part for part in (found.force.value, found.reason) if part)


def _decision(decision: Decision) -> DecisionEntry:
    return DecisionEntry(
        made=_wall(decision.made),
        at=rfc3339(decision.cursor),
        author=decision.author,
        what=decision.what,
        subject=decision.subject,
        text=decision.text,
    )


def _journal(state: JournalState | None) -> Journal | None:
    return None if state is None else Journal(state.entries, state.hash, state.broken)
