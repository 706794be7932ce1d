"""What a report of an attended triage is made from: what was decided, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.mask import mask
from triage_tui.report import Audit, Decision, JournalState, Step
from triage_tui.respond.entries import (
    Attempt,
    Evidence,
    Expired,
    Extended,
    Failed,
    Intent,
    Missing,
    Result,
    UndoFailed,
    Undone,
    Verified,
)
from triage_tui.respond.remedy.entries import (
    RemedyIntent,
    RemedyResult,
    RemedyUndoFailed,
    RemedyUndone,
)
from triage_tui.store.filters import ALL

from .looking import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from triage_tui.model import Change
    from triage_tui.report import Snapshot
    from triage_tui.respond.entries import Entry
    from triage_tui.respond.journal import Journal
    from triage_tui.store.filters import Filter

    from .attended import Attended

TOP = 20
"""Entities of each kind in a report."""


async def taken(desk: Attended, selected: Filter = ALL, *, top: int = TOP) -> Snapshot:
    """The triage as of its cursor, with everything that was ever decided."""
    entries = [entry for each in desk.journals for entry in each.entries]
    made = decisions(desk.triage.casebook.history(), entries)
    # Of a live night, its own journal is the one to hold against.
    journal = await journal_state(desk.journals[-1])
    return snapshot(
        desk.triage,
        selected,
        top=top,
        decisions=made,
        journal=journal,
        audits=audits(entries),
    )


async def journal_state(journal: Journal) -> JournalState | None:
    """Where the journal stands; None where nothing was ever done."""
    if not journal.entries:
        return None
    return JournalState(len(journal.entries), journal.head, await journal.verify_chain())


def decisions(changes: Iterable[Change], entries: Iterable[Entry]) -> list[Decision]:
    """What people said and did, by the wall clock."""
    said = [Decision(c.made, c.cursor, c.author, c.field, c.subject, c.value) for c in changes]
    return sorted([*said, *_done(entries)], key=lambda decision: decision.made)


def _done(entries: Iterable[Entry]) -> Iterable[Decision]:
    """The journal's entries that somebody decided, or that did not go as decided."""
    cidrs: dict[str, str] = {}
    people: dict[str, str] = {}
    for entry in entries:
        payload = entry.payload
        if isinstance(payload, Intent):
            cidrs[entry.block], people[entry.block] = payload.cidr, payload.author
        elif isinstance(payload, RemedyIntent):
            cidrs[entry.block] = mask(payload.title)
            people[entry.block] = payload.author
        what = _what(payload)
        if what is not None:
            author = getattr(payload, "author", people.get(entry.block, ""))
            subject = cidrs.get(entry.block, entry.block)
            yield Decision(entry.wall, entry.cursor, author, *what[:1], subject, what[1])


def _what(payload: object) -> tuple[str, str] | None:
    """(what, in words) of a journal entry; None for mere follow-ups."""
    from triage_tui.report.times import rfc3339

    def until(expires: int | None) -> str:
        return "never expires" if expires is None else f"until {rfc3339(expires)}"

    match payload:
        case Intent():
            words = f"{payload.cidr} {until(payload.expires)}"
            words += f": {payload.reason}" if payload.reason else ""
            if payload.simulated:
                return "block", f"{words} (simulated)"
            return "block", f"{words}; as {payload.identity}, in {payload.set}"
        case Result(evidence=Evidence() as evidence):
            return "sent", _evidence(evidence)
        case Verified(evidence=Evidence() as evidence):
            return "verified", f"it is in the set; {_evidence(evidence)}"
        case Missing():
            return "missing", "somebody else has taken it out of the set"
        case Extended():
            return "extended", until(payload.expires)
        case Undone():
            return "undone", _evidence(payload.evidence)
        case Expired():
            return "expired", _evidence(payload.evidence)
        case RemedyIntent():
            words = f"for {payload.reason}" if payload.reason else "for no reason given"
            mark = " (simulated)" if payload.simulated else f"; as {payload.identity}"
            return "answer", f"{words}{mark}"
        case RemedyResult(state=state, note=note):
            return state.value, mask(note)
        case RemedyUndone(note=note):
            return "taken back", mask(note)
        case RemedyUndoFailed(reason=reason):
            return "not taken back", mask(reason)
        case Failed() | UndoFailed():
            return "failed", payload.reason
        case _:
            return None


def _evidence(evidence: Evidence | None) -> str:
    """What was seen of the set outside, in words."""
    if evidence is None:
        return ""
    counts = [f"{mark.entries:,}" for mark in (evidence.before, evidence.after) if mark is not None]
    words = f"{' → '.join(counts)} entries" if counts else ""
    if evidence.requests:
        words += f" (requests {', '.join(evidence.requests)})"
    return f"{words}; {evidence.note}" if evidence.note else words


def audits(entries: Iterable[Entry]) -> dict[str, Audit]:
    """What the journal holds of each block, by the block's id."""
    heads: dict[str, tuple[str, str]] = {}
    steps: dict[str, list[Step]] = {}
    for entry in entries:
        if isinstance(entry.payload, Intent):
            heads[entry.block] = entry.payload.set, entry.payload.identity
        steps.setdefault(entry.block, []).append(_step(entry))
    return {block: Audit(*heads.get(block, ("", "")), tuple(steps[block])) for block in steps}


def _step(entry: Entry) -> Step:
    payload = entry.payload
    evidence = getattr(payload, "evidence", None) or Evidence()
    before = payload.before if isinstance(payload, Attempt) else evidence.before
    after = evidence.after
    last = after or before
    return Step(
        entry=entry.seq,
        hash=entry.hash,
        made=entry.wall,
        phase=entry.phase,
        author=getattr(payload, "author", ""),
        before=None if before is None else before.entries,
        after=None if after is None else after.entries,
        digest="" if last is None else last.digest,
        requests=evidence.requests,
        note=_note(payload, evidence),
    )


def _note(payload: object, evidence: Evidence) -> str:
    reason = getattr(payload, "reason", "") if isinstance(payload, Failed | UndoFailed) else ""
    return "; ".join(filter(None, (reason, evidence.note)))
