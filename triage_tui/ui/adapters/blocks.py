"""Plans and blocks as rows and lines: what is asked before a block, and what is in force after."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from triage_tui.model import HOUR, BlockState, GuardLevel, Kind
from triage_tui.networks import network_of
from triage_tui.respond.planner import EXPIRIES
from triage_tui.respond.ranges import covers
from triage_tui.store.entities import StoreWitness
from triage_tui.store.filters import EVERYTHING, Bounds, Filter
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.rows import ListRows
from widgets.columns import Cell, Column, Row
from widgets.status import StatusItem
from widgets.text import cell_len, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from triage_tui.model import (
        Block,
        BlockPlan,
        CidrChoice,
        Collateral,
        EntityRef,
        GuardVerdict,
    )
    from triage_tui.respond.planner import Expiry
    from triage_tui.triage import Triage

Line = list[Cell]

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
EXTENSION = HOUR
"""How much longer a block lasts that is extended."""


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
    room = f"  {words.number(plan.capacity_left)} left"
    return [Cell(f"+ {choice.cidr}", "good"), Cell(f"  to {plan.blocklist}{simulated}{room}")]


def plan_lines(
    plan: BlockPlan, choice: CidrChoice, width: int, *, brief: bool = False
) -> list[Line]:
    """All there is to know about a choice, what speaks against it first; `brief` only names the
    checks that it passes."""
    made, into = change(plan, choice)
    fits = cell_len(made.text) + cell_len(into.text) <= width
    lines = [[made, into]] if fits else [[made], *_wrapped("", into.text, width, "")]
    lines += _about_entries(choice, width)
    lines += _verdicts(choice.verdicts, GuardLevel.REFUSE, width)
    lines += _verdicts(choice.verdicts, GuardLevel.WARN, width)
    lines += _advice_lines(_advice(plan, choice), width)
    lines += _behind(choice.collateral, width)
    passed = [v for v in choice.verdicts if v.level is GuardLevel.PASS]
    if passed:
        text = ", ".join(v.rule for v in passed) if brief else " · ".join(v.reason for v in passed)
        checks = words.counted(len(passed), "check")
        lines += _wrapped("✓ ", f"{checks} passed: {text}", width, "dim")
    return lines


def _advice_lines(sentences: Iterable[str], width: int) -> list[Line]:
    lines: list[Line] = []
    for sentence in sentences:
        if sentence.startswith("Simulated:"):
            lines += _wrapped("  ", sentence, width, "dim")
        else:
            lines += _wrapped("⚠ ", sentence, width, "medium")
    return lines


def no_choice_lines(plan: BlockPlan, width: int) -> list[Line]:
    """Why nothing can be blocked, and what to do instead."""
    found = _advice_lines(plan.advice, width)
    return found or [[Cell("there is nothing to block here")]]


def _wrapped(mark: str, text: str, width: int, style: str) -> list[Line]:
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
            lines += _wrapped(f"{word[0]} ", verdict.reason, width, style)
    return lines


def _about_entries(choice: CidrChoice, width: int) -> list[Line]:
    lines: list[Line] = []
    if choice.covered_by:
        text = f"blocked already, by {', '.join(choice.covered_by)}"
        lines += _wrapped("= ", text, width, "accent")
    if choice.covers:
        text = f"covers {', '.join(choice.covers)}, blocked already"
        lines += _wrapped("= ", text, width, "accent")
    return lines


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
    lines = _wrapped("", counts, width, "")
    if collateral.principals:
        text = f"principals: {', '.join(collateral.principals)}"
        lines += _wrapped("", text, width, "")
    if collateral.agents:
        products: Counter[str] = Counter()
        for agent, count in collateral.agents:
            products[words.agent(agent)] += count
        agents = ", ".join(f"{name} ({words.number(n)})" for name, n in products.most_common())
        lines += _wrapped("", f"user agents: {agents}", width, "dim")
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
    if choice.collateral.good:
        look = words.counted(choice.collateral.good, "event")
        addresses = words.counted(choice.collateral.good_addresses, "address", "addresses")
        warned.insert(0, f"{look} of {addresses} look innocent and would be stopped too")
    return [*lines, *(f"⚠ {warning}" for warning in warned)]


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


# -- what became of it ---------------------------------------------------------------------------


def result_words(block: Block) -> str:
    """`sent · verified · in force until …`."""
    if block.state is BlockState.VERIFIED:
        return f"sent · verified · in force, {words.until(block.expires)}"
    if block.state is BlockState.SENT:
        return f"sent · not verified yet, {words.until(block.expires)}"
    return f"{block.state.value}: it holds nothing back"


def since(triage: Triage, block: Block) -> Collateral:
    """What came from a block's CIDR after it was made, up to the cursor."""
    after = Filter(f"since {block.cursor}", EVERYTHING, Bounds(since=block.cursor + 1))
    return StoreWitness(triage.look(Kind.IP, after)).collateral(block.cidr)


def since_lines(triage: Triage, block: Block, width: int) -> list[Line]:
    """What still comes from a block's CIDR: let through against blocked."""
    came = since(triage, block)
    if not came.events:
        return [[Cell("nothing has come from it since", "good")]]
    through = came.events - came.refused
    line = [
        Cell(f"since then {words.counted(came.events, 'event')} still came: "),
        Cell(f"{words.number(through)} let through", "bad" if through else "good"),
        Cell(f", {words.number(came.refused)} refused"),
    ]
    lines: list[Line] = [line]
    if block.simulated and through:
        lines += _wrapped("", "The block is simulated: nothing is really held back.", width, "dim")
    return lines


# -- the list of blocks --------------------------------------------------------------------------

BLOCK_COLUMNS = (
    Column("state", "STATE", width=11),
    Column("cidr", "CIDR", min_width=18),
    Column("left", "ENDS IN", width=8),
    Column("reason", "REASON", min_width=14, weight=2, drop=4),
    Column("since", "SINCE", width=9, drop=3),
    Column("who", "BY", width=12, drop=2),
    Column("simulated", "", width=9, drop=1),
)
STATE_CELLS = {
    BlockState.INTENDED: ("… intended", "medium"),
    BlockState.SENT: ("… sent", "medium"),
    BlockState.VERIFIED: ("■ in force", "accent"),
    BlockState.FAILED: ("✗ failed", "bad"),
    BlockState.UNDONE: ("↶ undone", "dim"),
    BlockState.EXPIRED: ("✓ expired", "dim"),
    BlockState.OVERDUE: ("■ overdue", "medium"),
    BlockState.MISSING: ("✗ taken out", "bad"),
}


def block_rows(blocks: Sequence[Block], now: int) -> ListRows:
    """All blocks as of the cursor, newest first."""
    return ListRows(_block_row(block, now) for block in blocks)


def _block_row(block: Block, now: int) -> Row:
    held = block.state in words.IN_FORCE
    return Row(
        block.id,
        (
            Cell(*STATE_CELLS[block.state]),
            Cell(block.cidr),
            Cell(time_left(block, now), "" if held else "dim"),
            Cell(block.reason or "no reason given"),
            Cell(words.clock(block.cursor), "dim"),
            Cell(block.author, "dim"),
            Cell("simulated" if block.simulated else "", "dim"),
        ),
        "" if held else "dim",
    )


def time_left(block: Block, now: int) -> str:
    """`54m` of event time; `never`; a dash once it is over."""
    if block.state not in words.IN_FORCE:
        return "–"
    return "never" if block.expires is None else words.span(max(0, block.expires - now))


def block_lines(triage: Triage, block: Block, width: int) -> list[Line]:
    """All that is known of one block."""
    made = f"by {block.author} at {words.moment(block.cursor)}, {words.moment(block.made)} by wall"
    lines = _wrapped("", f"{made}", width, "")
    lines += _wrapped(
        "", f"{words.until(block.expires)}; for {block.subject or 'nobody'}", width, ""
    )
    lines += _wrapped("", f"reason: {block.reason or 'none given'}", width, "")
    lines += since_lines(triage, block, width)
    return lines


def summary(blocks: Sequence[Block]) -> str:
    """`2 in force · 1 undone`."""
    counts: dict[BlockState, int] = {}
    for block in blocks:
        counts[block.state] = counts.get(block.state, 0) + 1
    return " · ".join(f"{count} {state.value}" for state, count in counts.items())


def extended(block: Block, now: int) -> int | None:
    """When a block would end that is extended now; None for one that never ends."""
    return None if block.expires is None else max(block.expires, now) + EXTENSION
