"""Blocks as rows and lines: what is in force, what still comes, and what others have added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import HOUR, BlockState, Kind
from triage_tui.networks import network_of
from triage_tui.store.aftermath import After, Blocked, aftermath
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.plan import enforcement_lines, wrapped
from triage_tui.ui.adapters.rows import ListRows
from widgets.columns import Cell, Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from triage_tui.model import Block
    from triage_tui.triage import Triage

Line = list[Cell]

EXTENSION = HOUR
"""How much longer a block lasts that is extended."""
MOST_WATCHED = 200
"""Blocks of which it is counted what still comes: the newest of those that hold something back."""
FOREIGN = "foreign:"
"""The row of an entry of somebody else has this before its list and CIDR."""


# -- what became of it ---------------------------------------------------------------------------


def result_lines(block: Block, width: int) -> list[Line]:
    """`sent · verified · in force until …`."""
    until = words.until(block.expires)
    if block.state is BlockState.SENT:
        return wrapped("", f"sent · not verified yet, {until}", width, "strong")
    if block.state is not BlockState.VERIFIED:
        return wrapped("", f"{block.state.value}: it holds nothing back", width, "strong")
    if block.simulated:
        return wrapped("", f"sent · verified · in force, {until}", width, "strong")
    mark, word, style = words.effect(block)
    lines = wrapped("", f"sent · verified · {word}, {until}", width, "strong")
    if block.enforcement is None:
        text = "whether a web ACL blocks it is not known yet"
        return lines + wrapped(f"{mark} ", text, width, style)
    return lines + enforcement_lines(block.enforcement, width, would=False)


def after(triage: Triage, blocks: Sequence[Block]) -> dict[str, After]:
    """By block, what came from its CIDR after it was made, up to the cursor."""
    watched = [
        (block.id, Blocked(network, block.cursor))
        for block in blocks
        if block.state in words.IN_FORCE and (network := network_of(block.cidr)) is not None
    ][:MOST_WATCHED]
    found = aftermath(triage.look(Kind.IP).sight, [each for _, each in watched])
    return {name: came for (name, _), came in zip(watched, found, strict=True)}


def after_lines(block: Block, came: After | None, width: int) -> list[Line]:
    """What still comes from a block's CIDR: let through against refused, and when it took hold."""
    if came is None:
        return []
    if came == After():
        return [[Cell("nothing has come from it since", "good")]]
    lines: list[Line] = []
    requests = came.through + came.stopped
    if requests:
        lines.append(
            [
                Cell(f"since then {words.counted(requests, 'request')} still came: "),
                Cell(
                    f"{words.number(came.through)} let through", "bad" if came.through else "good"
                ),
                Cell(f", {words.number(came.stopped)} refused"),
            ]
        )
        lines += _took_hold(block, came, width)
    if came.others:
        events = words.counted(came.others, "event")
        text = f"{events} still came where no web ACL stands: AWS's API, hosts, flows"
        lines += wrapped("", text, width, "medium")
    if block.simulated and came.through + came.others:
        lines += wrapped("", "The block is simulated: nothing is really held back.", width, "dim")
    return lines


def _took_hold(block: Block, came: After, width: int) -> list[Line]:
    if came.held is not None:
        wait = words.span(came.held - block.cursor)
        text = f"it took hold at {words.clock(came.held)}, {wait} after it was sent"
        return wrapped("", text, width, "good")
    if came.last_through is not None:
        text = f"it has not taken hold: the last got through at {words.clock(came.last_through)}"
        return wrapped("", text, width, "bad")
    return []


# -- the list of blocks --------------------------------------------------------------------------

_COLUMNS = (
    Column("state", "STATE", width=11),
    Column("cidr", "CIDR", min_width=18),
    Column("left", "ENDS IN", width=7),
    Column("through", "THROUGH", width=7, align="right", drop=6),
    Column("stopped", "REFUSED", width=7, align="right", drop=5),
    Column("reason", "REASON", min_width=14, weight=2, drop=4),
)
_MORE = (
    Column("since", "SINCE", width=9, drop=3),
    Column("who", "BY", width=12, drop=2),
    Column("simulated", "", width=9, drop=1),
)


def columns(triage: Triage) -> tuple[Column, ...]:
    """The columns of the list; with several blocklists, each block names its own."""
    if len(triage.blocklists) == 1:
        return (*_COLUMNS, *_MORE)
    return (*_COLUMNS[:3], Column("list", "LIST", min_width=6, drop=7), *_COLUMNS[3:], *_MORE)


STATE_CELLS = {
    BlockState.INTENDED: ("… intended", "medium"),
    BlockState.SENT: ("… sent", "medium"),
    BlockState.FAILED: ("✗ failed", "bad"),
    BlockState.UNDONE: ("↶ undone", "dim"),
    BlockState.EXPIRED: ("✓ expired", "dim"),
    BlockState.OVERDUE: ("■ overdue", "medium"),
    BlockState.MISSING: ("✗ taken out", "bad"),
}


def state_cell(block: Block) -> Cell:
    """The sign and the word of what a block does."""
    if block.drift:
        return Cell("≠ differs", "bad")
    if block.state is BlockState.VERIFIED:
        mark, word, style = words.effect(block)
        return Cell(f"{mark} {word}", style)
    return Cell(*STATE_CELLS[block.state])


class BlockRows(ListRows):
    """All blocks as of the cursor, newest first, and below them the entries of others."""

    def __init__(self, triage: Triage, blocks: Sequence[Block], came: Mapping[str, After]) -> None:
        now, several = triage.clock.position(), len(triage.blocklists) > 1
        rows = [_block_row(block, now, came.get(block.id), several) for block in blocks]
        super().__init__([*rows, *_foreign_rows(triage, several)])


def _block_row(block: Block, now: int, came: After | None, several: bool) -> Row:
    held = block.state in words.IN_FORCE
    through, stopped = _counts(came)
    return Row(
        block.id,
        (
            state_cell(block),
            Cell(block.cidr),
            Cell(time_left(block, now), "" if held else "dim"),
            *([Cell(block.blocklist, "dim")] if several else []),
            through,
            stopped,
            Cell(block.reason or "no reason given"),
            Cell(words.clock(block.cursor), "dim"),
            Cell(block.author, "dim"),
            Cell("simulated" if block.simulated else "", "dim"),
        ),
        "" if held else "dim",
    )


def _counts(came: After | None) -> tuple[Cell, Cell]:
    """What came after it: let through, and refused."""
    if came is None:
        return Cell(""), Cell("")
    through = came.through + came.others
    shown = words.number(through) if through < 1_000_000 else words.short_number(through)
    refused = (
        words.number(came.stopped)
        if came.stopped < 1_000_000
        else (words.short_number(came.stopped))
    )
    return Cell(shown, "bad" if through else "dim"), Cell(refused, "" if came.stopped else "dim")


def _foreign_rows(triage: Triage, several: bool) -> Iterator[Row]:
    for blocklist in triage.blocklists:
        for cidr in blocklist.foreign():
            yield Row(
                f"{FOREIGN}{blocklist.name}:{cidr}",
                (
                    Cell("◇ foreign", "dim"),
                    Cell(cidr),
                    Cell("–", "dim"),
                    *([Cell(blocklist.name, "dim")] if several else []),
                    Cell(""),
                    Cell(""),
                    Cell("somebody else has added it", "dim"),
                    Cell(""),
                    Cell(""),
                    Cell(""),
                ),
                "dim",
            )


def foreign_entry(key: str) -> tuple[str, str] | None:
    """(blocklist, CIDR) of the row of somebody else's entry; None of any other row."""
    if not key.startswith(FOREIGN):
        return None
    name, _, cidr = key.removeprefix(FOREIGN).partition(":")
    return name, cidr


def foreign_lines(blocklist: str, cidr: str, width: int) -> list[Line]:
    """What there is to say about an entry of somebody else."""
    text = (
        f"{cidr} is in {blocklist}, and not by this program: by hand, by another tool, or by "
        "infrastructure as code. It stays as it is; change it where it was made."
    )
    return wrapped("", text, width, "")


def time_left(block: Block, now: int) -> str:
    """`54m` of event time; `never`; a dash once it is over."""
    if block.state not in words.IN_FORCE:
        return "–"
    return "never" if block.expires is None else words.span(max(0, block.expires - now))


def block_lines(block: Block, came: After | None, width: int) -> list[Line]:
    """All that is known of one block, what is wrong with it first."""
    lines: list[Line] = []
    if block.drift:
        lines += wrapped("≠ ", block.drift, width, "bad")
    if block.state in words.IN_FORCE:
        lines += enforcement_lines(block.enforcement, width, would=False)
    lines += after_lines(block, came, width)
    lines += wrapped("", f"reason: {block.reason or 'none given'}", width, "")
    until = f"{words.until(block.expires)}; for {block.subject or 'nobody'}"
    lines += wrapped("", f"{until}; in {block.blocklist}", width, "")
    made = f"by {block.author} at {words.moment(block.cursor)}, {words.moment(block.made)} by wall"
    return lines + wrapped("", made, width, "dim")


def summary(triage: Triage, blocks: Sequence[Block]) -> str:
    """`2 in force · 1 undone · 3 foreign`."""
    counts: dict[str, int] = {}
    for block in blocks:
        word = words.state(block)
        counts[word] = counts.get(word, 0) + 1
    foreign = sum(len(each.foreign()) for each in triage.blocklists)
    found = [f"{words.number(count)} {word}" for word, count in counts.items()]
    return " · ".join([*found, *([f"{words.number(foreign)} foreign"] if foreign else [])])


def difference_lines(triage: Triage, width: int, most: int) -> list[Line]:
    """What the journal says and the sets do not: so many lines at most."""
    several = len(triage.blocklists) > 1
    lines = [
        line
        for each in triage.blocklists
        for sentence in each.differences()
        for line in wrapped("≠ ", f"{each.name}: {sentence}" if several else sentence, width, "bad")
    ]
    if len(lines) <= most:
        return lines
    more = words.counted(len(lines) - most + 1, "more line")
    return [
        *lines[: most - 1],
        [Cell(f"  {more}; triage-tui blocks list --check tells all", "dim")],
    ]


def extended(block: Block, now: int) -> int | None:
    """When a block would end that is extended now; None for one that never ends."""
    return None if block.expires is None else max(block.expires, now) + EXTENSION


def stays_behind(block: Block) -> str | None:
    """What to say of a block to whoever leaves; None of one that ends by itself."""
    if block.state not in words.IN_FORCE:
        return None
    if block.simulated:
        return (
            None
            if block.expires is not None
            else (f"{block.cidr} stays blocked (simulated): {words.until(block.expires)}")
        )
    if block.expires is None:
        return f"{block.cidr} stays in {block.blocklist}: {words.until(block.expires)}"
    return (
        f"{block.cidr} stays in {block.blocklist}, {words.until(block.expires)}: then "
        "`triage-tui blocks expire` takes it out, or the next triage does"
    )
