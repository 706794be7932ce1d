"""The report as Markdown. What comes from outside is cleaned, and has no say in layout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from triage_tui.model import GOOD_BELOW
from widgets.text import clean, clean_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .incident import EntityEntry, IncidentReport, Moment, SourceLine, Summary

MOST_SOURCES = 40
"""Inputs that are listed one by one, unless something is wrong with them."""

_SPECIAL = re.compile(r"[\\`*\[\]<>|~#&!{}$^=]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.", re.I)
_BLOCK_START = re.compile(r"^(\s*)([-+]|\d{1,9}(?=[.)]))")


def plain(text: str) -> str:
    """One line of data: no markup, link, HTML or table column can come of it."""
    return _SPECIAL.sub(_escaped, clean(text))


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    # Some renderers read HTML before they read backslashes.
    entities = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
    return entities.get(char) or f"\\{char}"


def quoted(text: str) -> list[str]:
    """Lines of data as a block quote."""
    return [f"> {_not_a_block(plain(line.strip()))}" for line in clean_lines(text).split("\n")]


def _not_a_block(line: str) -> str:
    """Takes from a line's beginning what would make it a list or a heading."""
    match = _BLOCK_START.match(line)
    if match is None:
        return line
    if match[2].isdigit():
        return f"{line[: match.end()]}\\{line[match.end() :]}"
    return f"\\{line}"


def to_markdown(report: IncidentReport) -> str:
    """The report for people to read, paste into a ticket, or print."""
    parts = [
        ["# Incident report", "", _made(report)],
        _summary(report.summary, report.entities),
        _entities(report.entities),
        _findings(report),
        _notes(report),
        _blocks(report),
        _timeline(report),
        _decisions(report),
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
    return [*lines, "", "### Sources", "", *_sources(summary.sources)]


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
    lines = _table(("source", "read", "not understood", "problem"), rows, right={2})
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
    lines += _table(head, rows, right={0, 3, 4, 5, 6})
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
    return ["## Findings", "", *_table(head, rows)]


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


def _blocks(report: IncidentReport) -> list[str]:
    if not report.blocks:
        return ["## Blocks", "", "None."]
    rows = [
        (
            plain(entry.cidr),
            entry.standing + (" (simulated)" if entry.simulated else ""),
            plain(entry.reason),
            plain(entry.author),
            entry.at,
            entry.made,
            entry.expires or "never",
        )
        for entry in report.blocks
    ]
    head = ("CIDR", "state", "reason", "by", "event time", "made", "expires")
    return ["## Blocks", "", *_table(head, rows)]


def _timeline(report: IncidentReport) -> list[str]:
    rows = [
        (moment.at, moment.kind, _what_happened(moment), _by(moment.author))
        for moment in report.timeline
    ]
    lines = ["## Time-line", ""]
    return [*lines, *_table(("event time", "what", "", "by"), rows)] if rows else [*lines, "Empty."]


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
        lines += _table(("made", "event time", "by", "what", ""), rows)
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


def _table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()
) -> list[str]:
    """A table of cells that are Markdown already; the columns `right` are numbers."""
    numbers = set(right)
    rule = ["---:" if place in numbers else "---" for place in range(len(head))]
    return ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]
