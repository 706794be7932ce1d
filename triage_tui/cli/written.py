"""Reports of an attended triage: what was decided, and the file that `w` writes."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from triage_tui.model import SECOND
from triage_tui.report import Decision, JournalState, incident, to_markdown
from triage_tui.respond.entries import (
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
from triage_tui.store.filters import ALL

from .looking import snapshot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

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
    made = decisions(desk.triage.casebook.history(), desk.journal.entries)
    journal = await journal_state(desk.journal)
    return snapshot(desk.triage, selected, top=top, decisions=made, journal=journal)


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


def report_writer(desk: Attended, folder: Path | None = None) -> Callable[[], Awaitable[str]]:
    """What the screen calls to write a report; it returns the path.

    The file goes into `folder` (the current one unless given), for its owner alone, and never
    takes the place of another.
    """

    async def write() -> str:
        found = await taken(desk)
        into = folder or Path.cwd()
        return str(await asyncio.to_thread(_write, found, into))

    return write


def _write(found: Snapshot, folder: Path) -> Path:
    text = to_markdown(incident(found))
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(found.made // SECOND))
    for number in range(1, 1000):
        path = folder / f"triage-report-{stamp}{f'-{number}' if number > 1 else ''}.md"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        return path
    raise FileExistsError(f"{folder} holds too many reports of this second")
