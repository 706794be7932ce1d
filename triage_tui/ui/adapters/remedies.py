"""Answers other than blocks as rows and lines: what can be done, what it would mean, what came of
it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import GOOD_BELOW, EntityRef, GuardLevel, Kind
from triage_tui.remedies import STANDING, RemedyState
from triage_tui.respond.remedy.findings import as_done
from triage_tui.respond.remedy.levers import staying, why_final
from triage_tui.respond.remedy.offers import offers
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.plan import GUARD_WORDS, wrapped
from triage_tui.ui.adapters.rows import ListRows
from widgets.columns import Cell, Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from triage_tui.model import GuardVerdict
    from triage_tui.remedies import Offer, Parts, Remedy, RemedyPlan, Usage
    from triage_tui.triage import Triage

Line = list[Cell]
COLUMNS = (
    Column("sign", "", width=2),
    Column("title", "WHAT", min_width=46, weight=3),
    # Cut to a few words it says nothing, and what is under the cursor is told below in full.
    Column("why", "WHY", min_width=40, weight=2, drop=1),
)
DONE = "done:"
"""The key of the row of a remedy has this before its id."""
STATE_CELLS = {
    RemedyState.INTENDED: ("… intended", "medium"),
    RemedyState.SENT: ("… sent", "medium"),
    RemedyState.DONE: ("■ done", "good"),
    RemedyState.PARTLY: ("◧ in part", "bad"),
    RemedyState.UNCLEAR: ("? not known", "bad"),
    RemedyState.FAILED: ("✗ failed", "bad"),
    RemedyState.UNDONE: ("↶ undone", "dim"),
    RemedyState.CHANGED: ("≠ changed", "bad"),
}
MOST_DOCUMENT = 400
"""Characters of a value that a plan shows."""


# -- the menu ------------------------------------------------------------------------------------


def offered(triage: Triage, ref: EntityRef) -> list[Offer]:
    """What can be done about an entity, what fits first."""
    remedies = triage.remedies
    suspect = as_done(triage.suspect(ref), triage.remedied())
    return offers(suspect, remedies.means, remedies.unable, _no_block(triage))


def _no_block(triage: Triage) -> str:
    """Why nothing can be blocked; "" where it can."""
    usual = triage.blocklist
    if usual.name != "none":
        return ""
    return "no blocklist to block with: B says what to do"


def made_for(triage: Triage, ref: EntityRef, found: Iterable[Offer]) -> list[Remedy]:
    """What was done about an entity, or to the very things that are offered, newest first."""
    changes = [offer.change for offer in found if offer.change is not None]
    subjects = set(ref.subjects)
    return [
        remedy
        for remedy in triage.remedied()
        if remedy.subject in subjects or remedy.change in changes
    ]


def menu_rows(found: Sequence[Offer], made: Sequence[Remedy]) -> ListRows:
    """The offers, then what was done."""
    first = next((offer.key for offer in found if offer.fits), "")
    rows = [_offer_row(offer, is_first=offer.key == first) for offer in found]
    return ListRows([*rows, *map(_made_row, made)])


def _offer_row(offer: Offer, *, is_first: bool) -> Row:
    sign = Cell("▶", "good") if is_first else Cell("·" if offer.fits else "✗", "dim")
    title = Cell(offer.title, "strong" if is_first else "")
    return Row(offer.key, (sign, title, Cell(offer.why, "dim")), "" if offer.fits else "dim")


def _made_row(remedy: Remedy) -> Row:
    text, style = STATE_CELLS[remedy.state]
    sign, _, word = text.partition(" ")
    mark = "  SIMULATED" if remedy.simulated else ""
    title = f"{word} {words.clock(remedy.cursor)}: {remedy.title}"
    why = f"by {remedy.author}{mark}"
    return Row(f"{DONE}{remedy.id}", (Cell(sign, style), Cell(title, style), Cell(why, "dim")))


def offer_lines(offer: Offer, width: int) -> list[Line]:
    """All that there is to say of an offer."""
    if offer.fits:
        return wrapped("", offer.why, width, "")
    return wrapped("✗ ", f"not to be had: {offer.why}", width, "bad")


def made_lines(remedy: Remedy, width: int) -> list[Line]:
    """What was done, by whom, why, and how it stands."""
    text, style = STATE_CELLS[remedy.state]
    mark = "  SIMULATED" if remedy.simulated else ""
    lines: list[Line] = [[Cell(text, style), Cell(f"{mark}  {remedy.id}", "dim")]]
    if remedy.note:
        lines += wrapped("", remedy.note, width, style)
    by = f"by {remedy.author}, {words.moment(remedy.made)}"
    by += f", as {remedy.identity}" if remedy.identity else ""
    lines += wrapped("", by, width, "dim")
    lines += wrapped("", f"reason: {remedy.reason or 'none given'}", width, "")
    lines += difference_lines(remedy.before, remedy.after, width)
    return lines + command_lines(remedy.commands, width)


# -- the plan ------------------------------------------------------------------------------------


def plan_lines(plan: RemedyPlan, width: int) -> list[Line]:
    """All there is to know about a change, what speaks against it first."""
    lines: list[Line] = []
    lines += _verdicts(plan.verdicts, GuardLevel.REFUSE, width)
    lines += _verdicts(plan.verdicts, GuardLevel.WARN, width)
    if plan.needless:
        lines += wrapped("= ", "it is so already: there is nothing to do", width, "accent")
    lines += difference_lines(plan.before, plan.after, width)
    for effect in plan.effects:
        lines += wrapped("", effect, width, "")
    lines += wrapped("↶ ", plan.undo, width, "dim")
    lines += wrapped("", f"in {plan.where}", width, "dim")
    return lines


def closing_lines(plan: RemedyPlan, width: int) -> list[Line]:
    """What stands at the end of a plan."""
    lines = command_lines(plan.commands, width)
    passed = [each.reason for each in plan.verdicts if each.level is GuardLevel.PASS]
    if passed:
        checks = words.counted(len(passed), "check")
        lines += wrapped("✓ ", f"{checks} passed: {' · '.join(passed)}", width, "dim")
    if plan.simulated:
        text = "Simulated: nothing outside this program changes."
        lines += wrapped("", text, width, "dim")
    return lines


def difference_lines(before: Parts, after: Parts, width: int) -> list[Line]:
    """What is there, and what is to be there instead."""
    lines: list[Line] = []
    for part in dict.fromkeys([*before, *after]):
        old, new = before.get(part), after.get(part)
        if old == new:
            continue
        if old is not None:
            lines += wrapped("- ", f"{part}  {_cut(old)}", width, "bad")
        if new is not None:
            lines += wrapped("+ ", f"{part}  {_cut(new)}", width, "good")
    return lines


def _cut(value: str) -> str:
    return value if len(value) <= MOST_DOCUMENT else f"{value[: MOST_DOCUMENT - 1]}…"


def command_lines(commands: Sequence[str], width: int) -> list[Line]:
    """What the AWS CLI would be told."""
    lines: list[Line] = []
    for command in commands:
        lines += wrapped("$ ", command, width, "accent")
    return lines


def _verdicts(verdicts: Iterable[GuardVerdict], wanted: GuardLevel, width: int) -> list[Line]:
    word, style = GUARD_WORDS[wanted]
    lines: list[Line] = []
    for verdict in verdicts:
        if verdict.level is wanted:
            lines += wrapped(f"{word[0]} ", verdict.reason, width, style)
    return lines


def usage_lines(triage: Triage, usage: Usage | None, width: int) -> list[Line]:
    """What would break: who used it, from where, for what; those that look innocent first."""
    if usage is None:
        return []
    back = f"the last {usage.hours} h"
    if not usage.events:
        text = f"nobody was seen to use {usage.what} in {back}"
        return wrapped("", text, width, "dim")
    lines: list[Line] = []
    for ip, events in _innocent(triage, usage):
        count = words.counted(events, "event")
        text = f"{ip} looks innocent, and used {usage.what} too: {count} of that kind would fail"
        lines += wrapped("⚠ ", text, width, "medium")
    refused = f", {words.number(usage.refused)} refused" if usage.refused else ""
    count = words.counted(usage.events, "event")
    text = f"{usage.what} in {back}: {count}{refused}, the last at {words.clock(usage.last)}"
    lines += wrapped("", text, width, "")
    for what, found in (
        ("from", usage.ips),
        ("as", usage.sessions),
        ("for", usage.actions),
        ("with", tuple((words.agent(name), count) for name, count in usage.agents)),
    ):
        if found:
            listed = ", ".join(f"{name} ({words.number(count)})" for name, count in found)
            lines += wrapped(f"{what:5}", listed, width, "")
    return lines


def _innocent(triage: Triage, usage: Usage) -> Iterator[tuple[str, int]]:
    for ip, events in usage.ips:
        entity = triage.entity(EntityRef(Kind.IP, ip))
        if entity is not None and entity.risk < GOOD_BELOW:
            yield ip, events


def confirm_lines(plan: RemedyPlan, usage: Usage | None, reason: str) -> list[str]:
    """What the last question says."""
    lines = ["SIMULATED: nothing outside this program changes", ""] if plan.simulated else []
    lines += ["".join(cell.text for cell in line) for line in _differences(plan)]
    lines += [f"  in {plan.where}", f"  reason: {reason or 'none given'}", f"  ↶ {plan.undo}"]
    if usage is not None and usage.events:
        where = "1 address" if len(usage.ips) == 1 else f"{len(usage.ips)} addresses"
        count = words.counted(usage.events, "event")
        lines.append(f"  used in the last {usage.hours} h: {count} from {where}")
    warned = [v.reason for v in plan.verdicts if v.level is GuardLevel.WARN]
    return [*lines, *(f"⚠ {warning}" for warning in warned)]


def _differences(plan: RemedyPlan) -> list[Line]:
    return difference_lines(plan.before, plan.after, 10_000)


def can_be_taken_back(remedy: Remedy) -> bool:
    """Whether there is something to take back."""
    return remedy.state in STANDING and not why_final(remedy)


def stays_done(remedy: Remedy) -> str | None:
    """What to say of a remedy to whoever leaves; None of one that leaves nothing behind."""
    if remedy.simulated or not can_be_taken_back(remedy):
        return None
    return f"{remedy.title}: {remedy.state.value}, until it is taken back"


def undo_lines(remedy: Remedy) -> list[str]:
    """What is asked before something is taken back."""
    stay = staying(remedy)
    back = {part: value for part, value in remedy.after.items() if part not in stay}
    there = {part: remedy.before.get(part) for part in back}
    return [
        *("".join(cell.text for cell in line) for line in difference_lines(back, there, 10_000)),
        *(f"  {part} stays: {why}" for part, why in stay.items()),
        f"  done by {remedy.author} for: {remedy.reason or 'no reason given'}",
        "",
        "What somebody else has changed since stays as it is, and is named.",
    ]
