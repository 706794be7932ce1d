"""Plans as rows and lines: what is asked before a block."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from triage_tui.model import Force, GuardLevel
from triage_tui.networks import network_of
from triage_tui.respond.planner import EXPIRIES
from triage_tui.respond.ranges import covers
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.rows import ListRows
from widgets.columns import Cell, Column, Row
from widgets.status import StatusItem
from widgets.text import cell_len, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from triage_tui.model import (
        BlockPlan,
        CidrChoice,
        Collateral,
        Enforcement,
        EntityRef,
        GuardVerdict,
    )
    from triage_tui.respond.planner import Expiry
    from triage_tui.triage import Triage

Line = list[Cell]

MOST_ENTRIES = 3
"""Entries of a blocklist that one line names."""
GUARD_WORDS = {
    GuardLevel.PASS: ("✓ ok", "good"),
    GuardLevel.WARN: ("! care", "medium"),
    GuardLevel.REFUSE: ("✗ refused", "bad"),
}
_LEVELS = list(GUARD_WORDS)
CHOICE_COLUMNS = (
    Column("guard", "GUARD", width=9),
    Column("cidr", "CIDR", min_width=19),
    Column("who", "WHO IS BEHIND IT", min_width=30, weight=2),
)


def level(choice: CidrChoice) -> GuardLevel:
    """The strictest verdict on a choice."""
    return max((verdict.level for verdict in choice.verdicts), key=_LEVELS.index)


def phrase(collateral: Collateral) -> str:
    """`41 addresses, 3,101 good events`."""
    if not collateral.known:
        return "cannot be told here"
    addresses = words.counted(collateral.addresses, "address", "addresses")
    good = words.counted(collateral.good, "good event")
    return f"{addresses}, {good if collateral.good else 'no good event'}"


def choice_rows(plan: BlockPlan) -> ListRows:
    """The CIDRs to choose from."""
    return ListRows(_choice_row(choice) for choice in plan.choices)


def _choice_row(choice: CidrChoice) -> Row:
    word, style = GUARD_WORDS[level(choice)]
    behind = Cell(phrase(choice.collateral), "medium" if choice.collateral.good else "")
    return Row(
        choice.cidr,
        (Cell(word, style), Cell(choice.cidr), behind),
        "dim" if choice.refused else "",
    )


def first_choice(plan: BlockPlan) -> int:
    """The narrowest that the guard does not refuse; the very first where it refuses all."""
    return next((n for n, choice in enumerate(plan.choices) if not choice.refused), 0)


def place_of(plan: BlockPlan, cidr: str) -> int:
    """Where a CIDR stands; the first choice where it does not."""
    found = (n for n, choice in enumerate(plan.choices) if choice.cidr == cidr)
    return next(found, first_choice(plan))


def blocklist_items(triage: Triage, chosen: str) -> list[StatusItem]:
    """The blocklists, the chosen one in brackets; nothing where there is but one."""
    names = [each.name for each in triage.blocklists]
    if len(names) == 1:
        return []
    return [
        StatusItem(f"[{name}]", "accent", 8) if name == chosen else StatusItem(f" {name} ", "dim")
        for name in names
    ]


# -- the plan in lines ---------------------------------------------------------------------------


def subject(triage: Triage, refs: Sequence[EntityRef]) -> str:
    """Whom a plan is about."""
    if len(refs) == 1:
        entity = triage.entity(refs[0])
        return entity.label if entity else refs[0].key
    kinds = {ref.kind for ref in refs}
    return (
        words.plural_kind(refs[0].kind, len(refs)) if len(kinds) == 1 else f"{len(refs)} entities"
    )


def change(plan: BlockPlan, choice: CidrChoice) -> Line:
    """The difference it would make to the blocklist."""
    simulated = "  SIMULATED" if plan.simulated else ""
    target = f", {choice.target}" if choice.target else ""
    room = f"  {words.number(plan.capacity_left)} left"
    into = f"  to {plan.blocklist}{target}{simulated}{room}"
    return [Cell(f"+ {choice.cidr}", "good"), Cell(into)]


def enforcement_lines(found: Enforcement | None, width: int, *, would: bool) -> list[Line]:
    """What the web ACLs make of it, or `would`; nothing where nobody asked them."""
    if found is None:
        return []
    mark, style = words.FORCE_MARKS[found.force]
    where = "; ".join(found.where)
    match found.force:
        case Force.FULL:
            text = f"{'would be ' if would else ''}in force: {where}"
            text += f" ({found.reason})" if found.reason else ""
        case Force.PARTLY:
            text = f"{'would be ' if would else ''}in force in part: {found.reason} ({where})"
        case Force.NOTHING:
            text = f"{'would do' if would else 'does'} nothing yet: {found.reason}"
        case Force.UNKNOWN:
            is_ = "would be" if would else "is"
            text = f"nobody knows whether it {is_} in force: {found.reason}"
    return wrapped(f"{mark} ", text, width, style)


def plan_lines(
    plan: BlockPlan, choice: CidrChoice, width: int, *, brief: bool = False
) -> list[Line]:
    """All there is to know about a choice, what speaks against it first; `brief` only names the
    checks that it passes."""
    made, into = change(plan, choice)
    fits = cell_len(made.text) + cell_len(into.text) <= width
    lines = [[made, into]] if fits else [[made], *wrapped("", into.text, width, "")]
    lines += enforcement_lines(choice.enforcement, width, would=True)
    lines += _about_entries(choice, width)
    lines += _verdicts(choice.verdicts, GuardLevel.REFUSE, width)
    lines += _verdicts(choice.verdicts, GuardLevel.WARN, width)
    lines += _advice_lines(_advice(plan, choice), width)
    lines += _behind(choice.collateral, width)
    passed = [v for v in choice.verdicts if v.level is GuardLevel.PASS]
    if passed:
        text = ", ".join(v.rule for v in passed) if brief else " · ".join(v.reason for v in passed)
        checks = words.counted(len(passed), "check")
        lines += wrapped("✓ ", f"{checks} passed: {text}", width, "dim")
    return lines


def _advice_lines(sentences: Iterable[str], width: int) -> list[Line]:
    lines: list[Line] = []
    for sentence in sentences:
        if sentence.startswith("Simulated:"):
            lines += wrapped("  ", sentence, width, "dim")
        else:
            lines += wrapped("⚠ ", sentence, width, "medium")
    return lines


def no_choice_lines(plan: BlockPlan, width: int) -> list[Line]:
    """Why nothing can be blocked, and what to do instead."""
    found = _advice_lines(plan.advice, width)
    return found or [[Cell("there is nothing to block here")]]


def wrapped(mark: str, text: str, width: int, style: str) -> list[Line]:
    """The text in lines, a sign before the first."""
    indent = " " * len(mark)
    return [
        [Cell(indent if n else mark, style), Cell(part, style)]
        for n, part in enumerate(wrap(text, width - len(mark)))
    ]


def _verdicts(verdicts: Iterable[GuardVerdict], wanted: GuardLevel, width: int) -> list[Line]:
    word, style = GUARD_WORDS[wanted]
    lines: list[Line] = []
    for verdict in verdicts:
        if verdict.level is wanted:
            lines += wrapped(f"{word[0]} ", verdict.reason, width, style)
    return lines


def _about_entries(choice: CidrChoice, width: int) -> list[Line]:
    """Entries that are there already, ours and those of others told apart."""
    lines: list[Line] = []
    foreign = set(choice.foreign)
    for what, entries in (("is blocked already by", choice.covered_by), ("covers", choice.covers)):
        ours = [entry for entry in entries if entry not in foreign]
        others = [entry for entry in entries if entry in foreign]
        if ours:
            lines += wrapped("= ", f"{what} {_few(ours)}, ours", width, "accent")
        if others:
            text = f"{what} {_few(others)}, which somebody else has added and stays theirs"
            lines += wrapped("= ", text, width, "accent")
    return lines


def _few(entries: Sequence[str]) -> str:
    """`192.0.2.1/32, 192.0.2.2/32 and 7 more`."""
    shown = ", ".join(entries[:MOST_ENTRIES])
    more = len(entries) - MOST_ENTRIES
    return f"{shown} and {words.number(more)} more" if more > 0 else shown


def _advice(plan: BlockPlan, choice: CidrChoice) -> Iterator[str]:
    """The plan's sentences but for those that are about another choice."""
    others = {other.cidr for other in plan.choices} - {choice.cidr}
    for sentence in plan.advice:
        named = {word.strip(".,:;()") for word in sentence.split()}
        if choice.cidr in named or not named & others:
            yield sentence


def _behind(collateral: Collateral, width: int) -> list[Line]:
    if not collateral.known:
        return []
    counts = (
        f"behind it: {words.counted(collateral.events, 'event')} of "
        f"{words.counted(collateral.addresses, 'address', 'addresses')}: "
        f"{words.number(collateral.ok)} ok, {words.number(collateral.refused)} refused, "
        f"{words.counted(collateral.errors, 'error')}"
    )
    lines = wrapped("", counts, width, "")
    if collateral.flagged is not None and collateral.events:
        clean = collateral.events - collateral.flagged
        share = f"{100 * clean // collateral.events} %"
        text = f"no rule flagged {words.counted(clean, 'event')} of these ({share})"
        lines += wrapped("", text, width, "medium" if clean * 2 > collateral.events else "dim")
    if collateral.formats:
        seen = ", ".join(f"{name} ({words.number(n)})" for name, n in collateral.formats)
        through = f", {words.number(collateral.forwarded)} of them through a proxy"
        text = f"seen in: {seen}{through if collateral.forwarded else ''}"
        lines += wrapped("", text, width, "dim")
    if collateral.principals:
        text = f"principals: {', '.join(collateral.principals)}"
        lines += wrapped("", text, width, "")
    if collateral.agents:
        products: Counter[str] = Counter()
        for agent, count in collateral.agents:
            products[words.agent(agent)] += count
        agents = ", ".join(f"{name} ({words.number(n)})" for name, n in products.most_common())
        lines += wrapped("", f"user agents: {agents}", width, "dim")
    return lines


def expiry_items(chosen: int) -> list[StatusItem]:
    """The answers to "until when?", the chosen one in brackets."""
    items = [StatusItem("expires", "dim", 5)]
    for place, expiry in enumerate(EXPIRIES):
        if place == chosen:
            items.append(StatusItem(f"[{expiry.label}]", "accent", 9))
        else:
            items.append(StatusItem(f" {expiry.label} ", "dim", 4))
    return items


def confirm_lines(
    plan: BlockPlan, choice: CidrChoice, expiry: Expiry, reason: str, now: int
) -> list[str]:
    """What the last question says."""
    until = words.until(None if expiry.after is None else now + expiry.after)
    lines = ["".join(cell.text for cell in change(plan, choice)), f"  {until}"]
    lines.append(f"  reason: {reason or 'none given'}")
    warned = [v.reason for v in choice.verdicts if v.level is GuardLevel.WARN]
    if choice.enforcement is not None and choice.enforcement.force is not Force.FULL:
        cells = enforcement_lines(choice.enforcement, 10_000, would=True)[0]
        warned.append("it " + cells[-1].text.removeprefix("it "))
    if choice.collateral.good:
        look = words.counted(choice.collateral.good, "event")
        addresses = words.counted(choice.collateral.good_addresses, "address", "addresses")
        warned.insert(0, f"{look} of {addresses} look innocent and would be stopped too")
    return [*lines, *(f"⚠ {warning}" for warning in warned)]


def is_wide(choice: CidrChoice) -> bool:
    """Whether it is wider than what one customer usually has: whoever means it types it."""
    return any(v.rule == "width" and v.level is GuardLevel.WARN for v in choice.verdicts)


def is_plain(choice: CidrChoice) -> bool:
    """Whether nothing speaks against it: the question may have "yes" marked."""
    good = choice.collateral.good or not choice.collateral.known
    return level(choice) is GuardLevel.PASS and not good


def is_refusal(verdict: GuardVerdict) -> bool:
    """Whether a verdict forbids."""
    return verdict.level is GuardLevel.REFUSE


def subject_of(refs: Sequence[EntityRef], choice: CidrChoice) -> str:
    """The entity that a block is made for: of several, the first that the CIDR holds."""
    network = network_of(choice.cidr)
    for ref in refs:
        own = network_of(ref.key)
        if network is not None and own is not None and covers(network, own):
            return ref.subject
    return refs[0].subject


def default_reason(triage: Triage, ref: EntityRef) -> str:
    """The heaviest reason for an entity's risk."""
    entity = triage.entity(ref)
    return entity.reasons[0].text if entity and entity.reasons else ""
