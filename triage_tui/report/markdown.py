"""The report as Markdown. What comes from outside is cleaned, and has no say in layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import GOOD_BELOW

from .marking import plain, quoted, table
from .responses import look_again, responses

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .shape import EntityEntry, IncidentReport, Moment, SourceLine, Summary

MOST_BLOCKED = 10
"""Blocks that the summary names."""
MOST_SOURCES = 40
"""Inputs that are listed one by one, unless something is wrong with them."""


def to_markdown(report: IncidentReport) -> str:
    """The report for people to read, paste into a ticket, or print."""
    parts = [
        ["# Incident report", "", _made(report)],
        [*_summary(report.summary, report.entities), *_outcome(report)],
        _sources(report.summary.sources),
        _timeline(report),
        _entities(report.entities),
        _findings(report),
        _detections(report),
        responses(report),
        _notes(report),
        _decisions(report),
        look_again(report),
    ]
    return "\n".join(line for part in parts if part for line in (*part, ""))


def _made(report: IncidentReport) -> str:
    words = f"Made {report.made} by {plain(report.program)}. All times are UTC."
    if report.anonymized:
        words += (
            " Names were replaced by pseudonyms; read what people typed (notes, reasons) "
            "before you pass this on."
        )
    return words


def _summary(summary: Summary, entities: Sequence[EntityEntry]) -> list[str]:
    lines = ["## Summary", ""]
    formats = ", ".join(f"{plain(name)} {count:,}" for name, count in summary.formats.items())
    span = f", {summary.first} to {summary.last}" if summary.first else ""
    lines.append(f"- {summary.events:,} events{span}" + (f" ({formats})" if formats else ""))
    lines.append(f"- {summary.unparsed:,} not understood, {summary.duplicates:,} duplicates")
    if summary.cursor:
        lines.append(f"- As of {summary.cursor}")
    if summary.filter:
        lines.append(f"- Counts are of the filter {plain(summary.filter)}")
    for kind, count in summary.entities.items():
        top = next((entry for entry in entities if entry.kind == kind), None)
        riskiest = f"; riskiest: {plain(top.label)} ({top.risk})" if top else ""
        lines.append(f"- {_plural(kind)}: {count:,}{riskiest}")
    lines.append(f"- Worst finding: {summary.worst or 'none'}")
    return lines


def _outcome(report: IncidentReport) -> list[str]:
    """What people made of it, in short."""
    lines = []
    for entry in report.blocks[:MOST_BLOCKED]:
        mark = ", simulated" if entry.simulated else ""
        lines.append(f"- Blocked: {plain(entry.cidr)} ({entry.standing}{mark})")
    if len(report.blocks) > MOST_BLOCKED:
        lines.append(f"- and {len(report.blocks) - MOST_BLOCKED:,} blocks more")
    judged = [entry for entry in report.entities if entry.verdict != "undecided"]
    lines += [f"- {plain(entry.label)}: {entry.verdict}, {entry.status}" for entry in judged]
    return lines


def _plural(kind: str) -> str:
    return {"ip": "Source IPs", "network": "Networks", "principal": "Principals"}.get(
        kind, "Services"
    )


def _sources(sources: Sequence[SourceLine]) -> list[str]:
    shown = [
        source
        for n, source in enumerate(sources)
        if source.error or source.unparsed or n < MOST_SOURCES
    ]
    rows = [
        (
            plain(source.path),
            ", ".join(f"{plain(name)} {count:,}" for name, count in source.formats.items()),
            f"{source.unparsed:,}",
            plain(source.error or ""),
        )
        for source in shown
    ]
    lines = ["### Sources", ""]
    lines += table(("source", "read", "not understood", "problem"), rows, right={2})
    left = len(sources) - len(shown)
    return [*lines, "", f"and {left:,} more without a problem"] if left else lines


def _entities(entities: Sequence[EntityEntry]) -> list[str]:
    lines = ["## Entities", ""]
    if not entities:
        return [*lines, "None."]
    rows = [
        (
            str(entry.risk),
            entry.kind,
            plain(entry.label),
            f"{entry.events:,}",
            f"{entry.denied + entry.blocked:,}",
            f"{entry.errors:,}",
            str(entry.findings),
            entry.first,
            entry.last,
            _standing(entry),
        )
        for entry in entities
    ]
    head = (
        *("risk", "kind", "entity", "events", "refused", "errors", "findings"),
        *("first", "last", "status"),
    )
    lines += table(head, rows, right={0, 3, 4, 5, 6})
    for entry in entities:
        if entry.risk >= GOOD_BELOW:
            lines += ["", *_why(entry)]
    return lines


def _standing(entry: EntityEntry) -> str:
    words = [entry.status]
    if entry.verdict != "undecided":
        words.append(entry.verdict)
    if entry.assignee:
        words.append(f"with {plain(entry.assignee)}")
    words += [f"\\#{plain(tag)}" for tag in entry.tags]
    return ", ".join(words)


def _why(entry: EntityEntry) -> list[str]:
    lines = [f"### {entry.kind} {plain(entry.label)}: why {entry.risk}", ""]
    if entry.label != entry.key:
        lines += [f"Key: {plain(entry.key)}", ""]
    lines += [f"- +{reason.points} {plain(reason.text)}" for reason in entry.reasons]
    for found in entry.detections:
        by = ", ".join(filter(None, (found.author, found.licence)))
        whose = f" (rule by {plain(by)})" if by else ""
        lines.append(f"- Detected, {found.level}: {plain(found.title)}, {found.count:,} ×{whose}")
    for title, counted in (("Did", entry.actions), ("Went for", entry.targets)):
        if counted:
            names = ", ".join(f"{plain(name)} ({count:,})" for name, count in counted)
            lines.append(f"- {title}: {names}")
    if entry.kind == "principal" and entry.ips:
        lines.append(f"- From: {_list(entry.ips)}")
    elif entry.principals:
        lines.append(f"- As: {_list(entry.principals)}")
    return lines


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(plain, names))


def _findings(report: IncidentReport) -> list[str]:
    if not report.findings:
        return ["## Findings", "", "None."]
    rows = [
        (
            entry.severity,
            plain(entry.type),
            entry.first,
            entry.updated + (f" (version {entry.versions})" if entry.versions > 1 else ""),
            _list([*entry.ips, *entry.principals]),
            plain(entry.summary),
        )
        for entry in report.findings
    ]
    head = ("severity", "type", "first", "updated", "actors", "summary")
    return ["## Findings", "", *table(head, rows)]


def _detections(report: IncidentReport) -> list[str]:
    """The rules that matched, each with whom it is by."""
    if not report.detections:
        return ["## Detections", "", "None."]
    rows = [
        (
            entry.level,
            plain(entry.title),
            f"{entry.count:,}",
            entry.first,
            entry.last,
            plain(", ".join(filter(None, (entry.author, entry.licence)))),
        )
        for entry in report.detections
    ]
    head = ("level", "rule", "times", "first", "last", "by")
    return ["## Detections", "", *table(head, rows, right={2})]


def _notes(report: IncidentReport) -> list[str]:
    lines = ["## Notes", ""]
    for note in report.notes:
        who = f"On {plain(note.subject)}, by {plain(note.author)}"
        lines += [
            f"{who}, at {note.at} (written {note.made}):",
            "",
            *quoted(note.text),
            "",
        ]
    return lines[:-1] if report.notes else [*lines, "None."]


def _timeline(report: IncidentReport) -> list[str]:
    rows = [
        (moment.at, moment.kind, _what_happened(moment), _by(moment.author))
        for moment in report.timeline
    ]
    lines = ["## Time-line", ""]
    return [*lines, *table(("event time", "what", "", "by"), rows)] if rows else [*lines, "Empty."]


def _what_happened(moment: Moment) -> str:
    """What others saw says itself whom it is about; what people decided does not."""
    if moment.author is None:
        return plain(moment.text)
    return _with_subject(moment.subject, moment.text)


def _by(author: str | None) -> str:
    return plain(author) if author else ""


def _with_subject(subject: str, text: str) -> str:
    name = subject.partition(":")[2] if subject.startswith(("ip:", "principal:")) else subject
    return plain(text) if name in text else plain(f"{subject}: {text}" if text else subject)


def _decisions(report: IncidentReport) -> list[str]:
    lines = ["## Decisions", ""]
    rows = [
        (
            entry.made,
            entry.at,
            plain(entry.author),
            entry.what,
            _with_subject(entry.subject, entry.text),
        )
        for entry in report.decisions
    ]
    if rows:
        lines += table(("made", "event time", "by", "what", ""), rows)
    else:
        lines.append("None.")
    if report.journal is not None:
        lines += ["", _journal_line(report)]
    return lines


def _journal_line(report: IncidentReport) -> str:
    journal = report.journal
    if journal is None:
        return ""
    words = f"Journal: {journal.entries:,} entries, last hash {plain(journal.hash)}."
    if journal.broken is not None:
        words += f" **Entry {journal.broken:,} was changed after it was written.**"
    return words
