"""What stands in the journal of remedies, and what follows from it: which there are as of a cursor.

Pure. An entry takes effect at its cursor, as those of blocks do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from triage_tui.remedies import AnyChange, Remedy, RemedyState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from triage_tui.respond.entries import Entry


class RemedyIntent(
    msgspec.Struct, frozen=True, tag_field="phase", tag="remedy intent", omit_defaults=True
):
    """Somebody confirmed a change, and it was read what is there; written before anything is
    changed."""

    change: AnyChange
    title: str
    before: dict[str, str | None]
    after: dict[str, str | None]
    reason: str
    author: str
    subject: str
    simulated: bool
    identity: str = ""
    writer: str = ""
    """The process that makes the change (`turns.Presence`)."""
    commands: tuple[str, ...] = ()


class RemedyResult(
    msgspec.Struct, frozen=True, tag_field="phase", tag="remedy result", omit_defaults=True
):
    """What became of it."""

    state: RemedyState
    note: str = ""
    requests: tuple[str, ...] = ()


class RemedyUndoIntent(
    msgspec.Struct, frozen=True, tag_field="phase", tag="remedy undo intent", omit_defaults=True
):
    """Somebody confirmed that it is taken back; `after` is what is put there."""

    author: str
    after: dict[str, str | None]
    identity: str = ""
    writer: str = ""


class RemedyUndone(
    msgspec.Struct, frozen=True, tag_field="phase", tag="remedy undone", omit_defaults=True
):
    """What was there before is there again, but for what others have changed since."""

    author: str
    note: str = ""
    requests: tuple[str, ...] = ()


class RemedyUndoFailed(
    msgspec.Struct, frozen=True, tag_field="phase", tag="remedy undo failed", omit_defaults=True
):
    """It was not taken back, and why."""

    reason: str
    requests: tuple[str, ...] = ()


RemedyPayload: TypeAlias = (
    RemedyIntent | RemedyResult | RemedyUndoIntent | RemedyUndone | RemedyUndoFailed
)


def remedies_as_of(entries: Iterable[Entry], cursor: int | None) -> list[Remedy]:
    """All remedies decided up to the cursor, newest first, each in the state that it had there."""
    found: dict[str, Remedy] = {}
    for entry in entries:
        if cursor is None or entry.cursor <= cursor:
            follow(found, entry)
    return list(reversed(found.values()))


def follow(remedies: dict[str, Remedy], entry: Entry) -> None:
    """What one more entry makes of the remedies."""
    payload = entry.payload
    if isinstance(payload, RemedyIntent):
        remedies[entry.block] = _made(entry, payload)
    known = remedies.get(entry.block)
    if known is None:
        return
    match payload:
        case RemedyResult():
            state, note = payload.state, payload.note
        case RemedyUndone():
            state, note = RemedyState.UNDONE, payload.note
        case RemedyUndoFailed():
            state, note = known.state, f"not taken back: {payload.reason}"
        case _:
            return
    remedies[entry.block] = msgspec.structs.replace(known, state=state, note=note)


def _made(entry: Entry, intent: RemedyIntent) -> Remedy:
    return Remedy(
        id=entry.block,
        change=intent.change,
        title=intent.title,
        reason=intent.reason,
        author=intent.author,
        made=entry.wall,
        cursor=entry.cursor,
        state=RemedyState.INTENDED,
        simulated=intent.simulated,
        subject=intent.subject,
        before=intent.before,
        after=intent.after,
        identity=intent.identity,
        commands=intent.commands,
    )


def open_entries(entries: Iterable[Entry]) -> dict[str, Entry]:
    """By remedy, the last intent (or undo intent) that nothing has followed: a crash came between,
    or the change is under way."""
    found: dict[str, Entry] = {}
    for entry in entries:
        match entry.payload:
            case RemedyIntent() | RemedyUndoIntent():
                found[entry.block] = entry
            case RemedyResult() | RemedyUndone() | RemedyUndoFailed():
                found.pop(entry.block, None)
            case _:
                pass
    return found
