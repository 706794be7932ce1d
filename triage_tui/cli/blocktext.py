"""What `triage-tui blocks` prints: tables for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import BlockState, Force, GuardLevel
from triage_tui.report.times import rfc3339, spoken
from triage_tui.respond.entries import Intent, in_force
from widgets.text import wrap

from .tables import Cell, Column, Paper

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.model import Block, BlockPlan, CidrChoice, Enforcement
    from triage_tui.respond.entries import Entry

_COLUMNS = (
    Column("STATE"),
    Column("CIDR"),
    Column("ENDS"),
    Column("BY", most=16, drop=2),
    Column("ID"),
    Column("BLOCKLIST", most=20, drop=3),
    Column("REASON", most=200, drop=1),
)
_BAD = (BlockState.OVERDUE, BlockState.MISSING, BlockState.FAILED, BlockState.INTENDED)


def table(blocks: Sequence[Block]) -> str:
    """The blocks, a line each."""
    paper = Paper()
    if not blocks:
        return paper.line("nothing is blocked by us", "dim") + "\n"
    rows = [_row(block) for block in blocks]
    return "\n".join(paper.table(_COLUMNS, rows)) + "\n"


def _row(block: Block) -> list[Cell]:
    style = "medium" if block.state in _BAD else "" if in_force(block) else "dim"
    return [
        Cell(block.standing, style),
        Cell(block.cidr, "" if in_force(block) else "dim"),
        Cell(ends(block), "dim"),
        Cell(block.author, "dim"),
        Cell(block.id, "dim"),
        Cell(block.blocklist, "dim"),
        Cell(block.reason or "none given", "dim"),
    ]


def ends(block: Block) -> str:
    """When a block ends, for people."""
    return "never" if block.expires is None else spoken(block.expires)


def told(block: Block, entries: Iterable[Entry]) -> dict[str, object]:
    """A block with all that the journal says of it: its audit."""
    mine = [entry for entry in entries if entry.block == block.id]
    identity, ip_set = _made(mine)
    return {
        "id": block.id,
        "blocklist": block.blocklist,
        "cidr": block.cidr,
        "state": block.state.value,
        "in_force": in_force(block),
        "reason": block.reason,
        "author": block.author,
        "identity": identity,
        "set": ip_set,
        "subject": block.subject or None,
        "made": rfc3339(block.made),
        "expires": None if block.expires is None else rfc3339(block.expires),
        "enforcement": msgspec.to_builtins(block.enforcement),
        "audit": [audited(entry) for entry in mine],
    }


def _made(entries: Sequence[Entry]) -> tuple[str | None, str | None]:
    """As whom AWS was called, and the ARN of the set."""
    for entry in entries:
        if isinstance(entry.payload, Intent):
            return entry.payload.identity or None, entry.payload.set or None
    return None, None


def audited(entry: Entry) -> dict[str, object]:
    """An entry of the journal, with its place and its hash."""
    said = msgspec.to_builtins(entry.payload)
    said.pop("phase", None)
    if isinstance(said.get("expires"), int):
        said["expires"] = rfc3339(said["expires"])
    return {
        "seq": entry.seq,
        "at": rfc3339(entry.wall),
        "phase": entry.phase,
        **said,
        "hash": entry.hash,
    }


# -- plans ---------------------------------------------------------------------------------------


def plans_text(plans: Sequence[tuple[BlockPlan, CidrChoice]]) -> str:
    """What blocking these would mean; what is to be minded with all of them stands at the end."""
    paper = Paper()
    said = [_warnings(choice) for _, choice in plans]
    common = [words for words in said[0] if len(plans) > 1 and all(words in each for each in said)]
    lines: list[str] = []
    for plan, choice in plans:
        lines += _plan_lines(paper, plan, choice, common)
    for words in common:
        lines += _wrapped(paper, "mind, with all of them: ", words, "medium")
    return "\n".join(lines) + "\n"


def _warnings(choice: CidrChoice) -> list[str]:
    return [verdict.reason for verdict in choice.verdicts if verdict.level is GuardLevel.WARN]


def _plan_lines(
    paper: Paper, plan: BlockPlan, choice: CidrChoice, common: Sequence[str]
) -> list[str]:
    """What speaks against it first; nothing is cut."""
    lines = _wrapped(paper, "", f"+ {choice.cidr}  to {plan.blocklist} ({choice.target})", "strong")
    for verdict in choice.verdicts:
        if verdict.level is GuardLevel.REFUSE:
            lines += _wrapped(paper, "  refused: ", verdict.reason, "high")
    for words in _warnings(choice):
        if words not in common:
            lines += _wrapped(paper, "  mind: ", words, "medium")
    for words, entries in (("blocked already by", choice.covered_by), ("covers", choice.covers)):
        theirs = [f"{entry} (not ours)" if entry in choice.foreign else entry for entry in entries]
        if theirs:
            lines += _wrapped(paper, f"  {words} ", ", ".join(theirs))
    lines += _enforcement_lines(paper, choice.enforcement)
    for sentence in _advice(plan, choice):
        lines += _wrapped(paper, "  ", sentence, "medium")
    passed = sum(verdict.level is GuardLevel.PASS for verdict in choice.verdicts)
    lines.append(paper.line(f"  {passed} checks passed; room for {plan.capacity_left:,}", "dim"))
    return lines


_WOULD = {
    Force.FULL: "would be in force",
    Force.PARTLY: "would be in force in part",
    Force.NOTHING: "would do nothing yet",
    Force.UNKNOWN: "nobody knows whether it would be in force",
}


def _enforcement_lines(paper: Paper, found: Enforcement | None) -> list[str]:
    if found is None:
        return []
    reason = f": {found.reason}" if found.reason else ""
    style = "" if found.force is Force.FULL else "medium"
    lines = _wrapped(paper, "  ", f"{_WOULD[found.force]}{reason}", style)
    for where in found.where:
        lines += _wrapped(paper, "  ", where, "dim")
    return lines


def _advice(plan: BlockPlan, choice: CidrChoice) -> list[str]:
    """The plan's sentences but for those that are about another choice."""
    others = {other.cidr for other in plan.choices} - {choice.cidr}
    return [
        sentence
        for sentence in plan.advice
        if not {word.strip(".,:;()") for word in sentence.split()} & others
    ]


def _wrapped(paper: Paper, mark: str, text: str, style: str = "") -> list[str]:
    """The text after a mark, in as many lines as the window needs."""
    width = 10_000 if paper.width is None else max(20, paper.width - len(mark))
    parts = wrap(text, width)
    return [
        paper.line((mark if place == 0 else " " * len(mark)) + part, style)
        for place, part in enumerate(parts)
    ]


def plan_told(plan: BlockPlan, choice: CidrChoice) -> dict[str, object]:
    """The same for programs."""
    return {
        "blocklist": plan.blocklist,
        "cidr": choice.cidr,
        "refused": choice.refused,
        "target": choice.target,
        "verdicts": msgspec.to_builtins(choice.verdicts),
        "covered_by": list(choice.covered_by),
        "covers": list(choice.covers),
        "foreign": list(choice.foreign),
        "enforcement": msgspec.to_builtins(choice.enforcement),
        "capacity_left": plan.capacity_left,
        "advice": list(plan.advice),
    }
