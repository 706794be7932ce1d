"""The incident report as data, made from a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui import aws_commands
from triage_tui.aws_commands import Span
from triage_tui.mask import mask
from triage_tui.model import GOOD_BELOW, SECOND, BlockState, Case, Kind, Severity

from .shape import (
    AnswerEntry,
    AuditLine,
    BlockEntry,
    DecisionEntry,
    DetectionEntry,
    DetectionLine,
    EntityEntry,
    FindingEntry,
    IncidentReport,
    Journal,
    Moment,
    NoteEntry,
    ReasonLine,
    SourceLine,
    Summary,
)
from .snapshot import Audit
from .times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.health import FileReport
    from triage_tui.model import Block, Entity, Note
    from triage_tui.remedies import Remedy

    from .snapshot import Decision, JournalState, Matched, Snapshot, Step, Told

SOME_GROUP = "LOG_GROUP"
"""Where nobody knows which log group holds an address."""
MOST_NAMES = 20
"""Addresses, principals and actions that one entity lists."""


def assemble(snapshot: Snapshot) -> IncidentReport:
    """The report, with everything still spelled as it was logged."""
    return IncidentReport(
        made=_wall(snapshot.made),
        program=snapshot.program,
        anonymized=False,
        summary=_summary(snapshot),
        entities=tuple(_entity(entity, snapshot) for entity in snapshot.entities),
        findings=tuple(_finding(told) for told in snapshot.findings),
        detections=tuple(_detection(matched) for matched in snapshot.matched),
        notes=tuple(_note(note) for note in snapshot.notes),
        blocks=tuple(_block(block, snapshot) for block in snapshot.blocks),
        answers=tuple(_answer(remedy) for remedy in snapshot.remedies),
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
    for rule in snapshot.matched:
        if Severity[rule.level.upper()] >= Severity.MEDIUM:
            times = "once" if rule.count == 1 else f"{rule.count:,} times"
            text = f"{rule.level}: {rule.title} ({times}, first here)"
            yield rule.first, Moment(rfc3339(rule.first), "detected", rule.rule, text)
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
        again=_again(entity, snapshot),
    )


def _again(entity: Entity, snapshot: Snapshot) -> str | None:
    """What shows somebody what it did."""
    span = Span(entity.first // SECOND, entity.last // SECOND)
    if entity.ref.kind is Kind.PRINCIPAL:
        return aws_commands.principal(entity.ref.key, span)
    if entity.ref.kind is Kind.IP:
        group, region = next(iter(snapshot.groups), (SOME_GROUP, ""))
        return aws_commands.address(entity.ref.key, group, span, region)
    return None


def _detection(matched: Matched) -> DetectionEntry:
    return DetectionEntry(
        rule=matched.rule,
        title=matched.title,
        level=matched.level,
        author=matched.author,
        licence=matched.licence,
        count=matched.count,
        first=rfc3339(matched.first),
        last=rfc3339(matched.last),
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
        again=aws_commands.finding(finding.id, told.region) if told.is_guardduty else None,
    )


def _note(note: Note) -> NoteEntry:
    return NoteEntry(
        subject=note.subject,
        text=note.text,
        author=note.author,
        made=_wall(note.made),
        at=rfc3339(note.cursor),
    )


def _block(block: Block, snapshot: Snapshot) -> BlockEntry:
    audit = snapshot.audits.get(block.id, Audit("", "", ()))
    takes_back: tuple[str, ...] = ()
    if not block.simulated:
        takes_back = (f"triage-tui blocks undo {block.id}",)
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
        set=audit.set,
        identity=audit.identity,
        audit=tuple(_audit_line(step) for step in audit.steps),
        undo=(*takes_back, *aws_commands.change(audit.set, block.cidr, add=False)),
        again=aws_commands.change(audit.set, block.cidr, add=True),
    )


def _answer(remedy: Remedy) -> AnswerEntry:
    names = dict.fromkeys([*remedy.before, *remedy.after])
    parts = [n for n in names if remedy.before.get(n) != remedy.after.get(n)]
    return AnswerEntry(
        id=remedy.id,
        title=mask(remedy.title),
        simulated=remedy.simulated,
        state=remedy.state,
        note=mask(remedy.note),
        reason=remedy.reason,
        author=remedy.author,
        made=_wall(remedy.made),
        at=rfc3339(remedy.cursor),
        subject=remedy.subject,
        identity=remedy.identity,
        before={mask(n): remedy.before.get(n) for n in parts},
        after={mask(n): remedy.after.get(n) for n in parts},
        commands=tuple(map(mask, remedy.commands)),
    )


def _audit_line(step: Step) -> AuditLine:
    return AuditLine(
        entry=step.entry,
        hash=step.hash,
        made=_wall(step.made),
        phase=step.phase,
        author=step.author,
        before=step.before,
        after=step.after,
        digest=step.digest,
        requests=step.requests,
        note=step.note,
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
