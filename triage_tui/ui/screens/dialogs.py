"""What is asked of people: where to go, what they say of an entity, whether they mean it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from triage_tui.detect.rule_settings import Mute
from triage_tui.model import KeepError, Kind
from triage_tui.ui.adapters import marks, words
from triage_tui.ui.adapters.said import Said
from triage_tui.ui.editor import EditorError
from triage_tui.ui.screens.ask import Work, ask, opened
from triage_tui.ui.screens.decide import DecideScreen
from triage_tui.ui.times import parse_goto
from widgets.confirm import Confirm
from widgets.text import clean, fit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Sequence

    from triage_tui.model import Block, EntityRef
    from triage_tui.ui.app import TriageApp


def go_to_time(app: TriageApp) -> Work:
    """Asks where to go, and goes there; there must be an event."""
    clock = app.triage.clock
    first, last = clock.first or 0, clock.latest()

    def meant(text: str) -> int | None:
        at = clock.position()
        return parse_goto(text, at, first, last, words.offset(at))

    def preview(text: str) -> Iterator[Said]:
        if not text.strip():
            yield Said(f"{words.moment(first)} to {words.moment(last)}; 02:10, +5m, -30s, end")
            return
        try:
            target = meant(text)
        except ValueError as error:
            yield Said(str(error), error=True)
            return
        yield Said("to the end" if target is None else _landing(target, first, last))

    asked = ask(app, "time", "go to", preview=preview)

    async def go() -> str | None:
        text = await asked
        if text and text.strip():
            target = meant(text)
            if target is None:
                clock.to_end()
            else:
                clock.pause()
                clock.seek(target)
        return None

    return go()


def _landing(target: int, first: int, last: int) -> str:
    if target < first:
        return f"before the first event: to {words.moment(first)}"
    if target > last:
        return "after the last event: to the end"
    return f"to {words.moment(target)}"


# -- what screens of entities have in common -----------------------------------------------------


def note(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Asks for a note and writes it."""
    asked = ask(app, "note", fit(f"note on {label}", 36).rstrip())

    async def write() -> str | None:
        text = (await asked or "").strip()
        if not text:
            return None
        return await write_note(app, ref.subject, text, label)

    return write()


def note_in_editor(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Lets somebody write a note in their editor, and keeps it."""

    async def write() -> str | None:
        try:
            text = await app.edited("", f"a note on {clean(label)}; left empty, nothing is noted")
        except EditorError as error:
            app.say(str(error), "error")
            return None
        if text is None:
            return "nothing was noted"
        return await write_note(app, ref.subject, text, label)

    return write()


async def write_note(app: TriageApp, subject: str, text: str, label: str) -> str:
    """Writes a note, which can be taken back; what to say."""
    written = await app.triage.note(subject, text)
    app.undo.did(f"the note on {label}", lambda: app.triage.remove_note(written))
    return f"noted on {label}"


def note_event(app: TriageApp, row: int, label: str) -> Work:
    """Asks for a note on a single event and writes it."""
    asked = ask(app, "note", fit(f"note on {label}", 40).rstrip())

    async def write() -> str | None:
        text = (await asked or "").strip()
        if not text:
            return None
        try:
            event = await asyncio.to_thread(app.triage.event, row)
        except OSError as problem:
            app.say(f"cannot read this record again: {problem}", "error")
            return None
        return await write_note(app, marks.subject(event.id), text, label)

    return write()


def mark_entity(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Marks an entity, or takes its mark off."""
    return mark(app, ref.subject, label, marked=app.triage.case(ref).is_marked)


async def mark_event(app: TriageApp, row: int, label: str, *, marked: bool) -> str | None:
    """Marks a single event, or takes its mark off; what to say."""
    try:
        event = await asyncio.to_thread(app.triage.event, row)
    except OSError as problem:
        app.say(f"cannot read this record again: {problem}", "error")
        return None
    return await mark(app, marks.subject(event.id), label, marked=marked)


async def mark(app: TriageApp, subject: str, label: str, *, marked: bool) -> str:
    """Marks a subject, or takes its mark off where it is `marked`; what to say."""
    triage = app.triage
    if marked:
        await triage.unmark(subject)
        app.undo.did(f"that {label} was unmarked", lambda: triage.mark(subject))
        return f"{label}: no longer marked"
    await triage.mark(subject)
    app.undo.did(f"the mark on {label}", lambda: triage.unmark(subject))
    return f"{label}: marked; ' goes to the next mark"


def decide(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Asks for status and verdict and writes what is new."""
    case = app.triage.case(ref)
    asked = opened(app, DecideScreen(label, case))

    async def back() -> None:
        await app.triage.set_status(ref, case.status)
        await app.triage.set_verdict(ref, case.verdict)

    async def write() -> str | None:
        decision = await asked
        if decision is None or (decision.status, decision.verdict) == (case.status, case.verdict):
            return None
        app.undo.did(f"status and verdict of {label}", back)
        if decision.status is not case.status:
            await app.triage.set_status(ref, decision.status)
        if decision.verdict is not case.verdict:
            await app.triage.set_verdict(ref, decision.verdict)
        return f"{label}: {words.status_words(app.triage.case(ref))}"

    return write()


def tag(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Asks for a tag and adds it."""
    asked = ask(app, "tag", fit(f"tag {label}", 36).rstrip())

    async def write() -> str | None:
        text = (await asked or "").strip()
        if not text:
            return None
        if text not in app.triage.case(ref).tags:
            app.undo.did(f"the tag {text} on {label}", lambda: app.triage.untag(ref.subject, text))
        await app.triage.tag(ref, text)
        return f"{label}: tagged {text}"

    return write()


_NO_CONFIG = "the demo leaves the config alone"


def protect(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Asks why an address is never to be blocked, and writes it into the config."""
    keeper = app.keeper
    if ref.kind not in (Kind.IP, Kind.NETWORK):
        return _told("only addresses and networks can be blocked, or protected")
    if keeper is None:
        return _told(_NO_CONFIG)
    asked = ask(app, "reason", fit(f"why {label} is never blocked", 40).rstrip())

    async def write() -> str | None:
        reason = await asked
        if reason is None:
            return None
        said = await keeper.protect(ref.key, reason.strip())
        app.triage.protect(ref.key, reason.strip())
        return said

    return _kept(app, write())


def ignore(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Asks why the gravest rule on an entity says nothing, and writes it into the config."""
    keeper, entity = app.keeper, app.triage.entity(ref)
    if entity is None or not entity.detections:
        return _told(f"no rule has matched anything of {label}")
    if keeper is None:
        return _told(_NO_CONFIG)
    hit = entity.detections[0][0]
    asked = ask(app, "reason", fit(f"why to ignore: {hit.title}", 48).rstrip())

    async def write() -> str | None:
        reason = await asked
        if reason is None:
            return None
        said = await keeper.ignore(hit.rule, ref.subject, reason.strip())
        app.triage.ignore(hit.rule, ref.subject, reason.strip())
        return said

    return _kept(app, write())


def mute(app: TriageApp, rule: str, *, on: bool) -> Work:
    """Hears nothing of a rule any more, or hears of it again: so it stands in the config, too."""

    async def write() -> str | None:
        keeper, muted = app.keeper, app.triage.index.muted
        if on:
            said = "muted until you quit" if keeper is None else await keeper.ignore(rule, "", "")
            app.triage.mute((*muted, Mute(rule)))
        else:
            said = "it is heard again" if keeper is None else await keeper.heed(rule)
            app.triage.mute(each for each in muted if each.rule != rule or each.entity)
        return said

    return _kept(app, write())


def heed(app: TriageApp, rule: str) -> Work:
    """Hears again of a rule where it was muted for one entity or several."""

    async def write() -> str | None:
        keeper, muted = app.keeper, app.triage.index.muted
        said = "it is heard again, of everybody"
        if keeper is not None:
            said = await keeper.heed(rule, entities=True)
        app.triage.mute(each for each in muted if each.rule != rule or not each.entity)
        return said

    return _kept(app, write())


async def _told(words: str) -> str | None:
    return words


async def _kept(app: TriageApp, writing: Work) -> str | None:
    try:
        return await writing
    except KeepError as error:
        app.say(str(error), "error")
        return None


# -- last questions ------------------------------------------------------------------------------


class QuitQuestion(Confirm):
    """Whether to quit."""

    def __init__(self, stays: Sequence[str] = ()) -> None:
        super().__init__("Quit?", stays)


def confirm_undo(app: TriageApp, block: Block) -> Awaitable[bool | None]:
    """Asks at once whether a block is to be taken back; await the answer."""
    body = [
        f"- {block.cidr}  from {block.blocklist}{'  SIMULATED' if block.simulated else ''}",
        f"  blocked by {block.author} for: {block.reason or 'no reason given'}",
        f"  {words.until(block.expires)}",
        "",
        "From then on its requests are let through again.",
    ]
    return opened(app, Confirm(f"Undo the block of {block.cidr}?", body, danger=True))
