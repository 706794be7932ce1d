"""What was changed outside, with its audit, and commands to take it back and to look again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import GOOD_BELOW

from .marking import commands, plain, table

if TYPE_CHECKING:
    from .shape import AuditLine, BlockEntry, IncidentReport

MOST_AGAIN = 12
"""Entities, and findings, whose commands are listed; the JSON report has all."""
_DIGITS = 12
"""Of a hash: enough to tell two apart."""


def responses(report: IncidentReport) -> list[str]:
    """The blocks, then the audit of each."""
    lines = ["## Responses", ""]
    if not report.blocks:
        return [*lines, *(_answers(report) or ["None."])]
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
    lines += table(head, rows)
    for entry in report.blocks:
        lines += ["", *_audit(entry)]
    answers = _answers(report)
    return [*lines, "", *answers] if answers else lines


def _answers(report: IncidentReport) -> list[str]:
    """What was done but for blocks, each with what it changed."""
    lines: list[str] = []
    for entry in report.answers:
        mark = " (simulated)" if entry.simulated else ""
        lines += ["", f"### {plain(entry.title)}: {entry.state}{mark}", ""]
        lines.append(f"- By {plain(entry.author)}, at {entry.at} (made {entry.made})")
        if entry.reason:
            lines.append(f"- Reason: {plain(entry.reason)}")
        if entry.identity:
            lines.append(f"- As {plain(entry.identity)}")
        for part in dict.fromkeys([*entry.before, *entry.after]):
            values = (entry.before.get(part), entry.after.get(part))
            words = " → ".join("nothing" if value is None else plain(value) for value in values)
            lines.append(f"- {plain(part)}: {words}")
        if entry.note:
            lines.append(f"- {plain(' '.join(entry.note.split()))}")
        if entry.commands:
            lines += ["", "The AWS CLI does the same:", "", *commands(entry.commands)]
    return lines[1:]


def _audit(entry: BlockEntry) -> list[str]:
    where = plain(entry.blocklist)
    lines = [f"### {plain(entry.cidr)} in {where}: audit", ""]
    if entry.set:
        lines.append(f"- IP set {plain(entry.set)}, as {plain(entry.identity)}")
    if entry.enforcement:
        lines.append(f"- Web ACLs: {plain(entry.enforcement)}")
    lines += [f"- {_step(step)}" for step in entry.audit]
    if not (entry.set or entry.enforcement or entry.audit):
        lines.append("- The journal has nothing more about it.")
    if entry.undo:
        lines += ["", "To take it back:", "", *commands(entry.undo)]
    if entry.again:
        lines += ["", "To block it once more:", "", *commands(entry.again)]
    return lines


def _step(step: AuditLine) -> str:
    words = f"{step.made} {step.phase}"
    if step.author:
        words += f" by {plain(step.author)}"
    counts = [f"{count:,}" for count in (step.before, step.after) if count is not None]
    if counts:
        words += f": {' → '.join(counts)} entries"
    if step.digest:
        words += f", SHA-256 {step.digest[:_DIGITS]}…"
    if step.requests:
        words += f", requests {plain(', '.join(step.requests))}"
    if step.note:
        words += f"; {plain(step.note)}"
    return f"{words} (journal {step.entry:,}, {step.hash[:_DIGITS]}…)"


def look_again(report: IncidentReport) -> list[str]:
    """The commands that show it again to whoever has the account."""
    who = [entry for entry in report.entities if entry.again and entry.risk >= GOOD_BELOW]
    found = [entry for entry in report.findings if entry.again]
    lines = [
        line
        for name, again in (
            *((f"{entry.kind} {entry.label}", entry.again) for entry in who[:MOST_AGAIN]),
            *((entry.type, entry.again) for entry in found[:MOST_AGAIN]),
        )
        for line in (f"# {name}", again or "")
    ]
    if not lines:
        return ["## Commands to look again", "", "None."]
    return ["## Commands to look again", "", *commands(lines)]
