"""Why an entity stands where it does: the lines of the panel under the overview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import Kind, Outcome, Severity
from triage_tui.store.entities import latest_rows
from triage_tui.ui.adapters import team, words
from widgets.columns import Cell
from widgets.text import cell_len, fit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from triage_tui.model import Block, Case, Entity, Note, Reason
    from triage_tui.store.index import Index
    from triage_tui.store.ranking import Ranking
    from triage_tui.ui.adapters.events import Wording

Line = list[Cell]
MOST_EVENTS = 6


def title(entity: Entity) -> str:
    """`198.51.100.23: why 91`."""
    return f"{entity.label}: why {entity.risk}"


def lines(
    entity: Entity,
    ranking: Ranking,
    case: Case,
    blocks: Sequence[Block],
    wording: Wording,
    *,
    now: int,
    width: int,
    height: int,
) -> list[Line]:
    """At most `height` lines of `width` cells: reasons, what people say, the latest events. The
    least reasons make room for what people say."""
    opinions = list(said(case, blocks, now))
    reasons = _reasons(entity.reasons, width)
    events = min(MOST_EVENTS, max(1, height - len(reasons) - len(opinions)))
    room = max(0, height - events)
    above = [*reasons[: max(1, room - len(opinions))], *opinions][:room]
    return above + latest_events(entity, ranking, wording, events, width)


def _reasons(reasons: Sequence[Reason], width: int) -> list[Line]:
    """The reasons with their points, as many on a line as fit."""
    if not reasons:
        return [[Cell("nothing speaks against it so far", "dim")]]
    found: list[Line] = [[]]
    used = 0
    for reason in reasons:
        points, text = f"+{reason.points}", f" {reason.text}"
        size = cell_len(points) + cell_len(text)
        if used and used + 2 + size > width:
            found.append([])
            used = 0
        if used:
            found[-1].append(Cell("  "))
            used += 2
        if size > width:
            text = fit(text, max(4, width - cell_len(points)))
        found[-1] += [Cell(points, words.risk_style(2 * reason.points)), Cell(text)]
        used += size
    return found


def said(case: Case, blocks: Sequence[Block], now: int) -> Iterator[Line]:
    """Blocks, case and the newest note."""
    for block in blocks[:1]:
        simulated = "  simulated" if block.simulated else ""
        left = "" if block.expires is None else f" ({words.span(block.expires - now)} left)"
        more = f"  and {len(blocks) - 1} more" if len(blocks) > 1 else ""
        sign, style = words.held_sign([block])
        what = words.state(block) if not block.simulated else "blocked"
        text = f"{sign} {block.cidr} {what}, {words.until(block.expires)}{left}{simulated}{more}"
        yield [Cell(text, style)]
    status = words.status_words(case)
    tags = "".join(f"  #{tag}" for tag in case.tags)
    others = f"  ≠ {team.disputes(case)}" if case.disputed else ""
    if status != "new" or tags or others:
        yield [
            Cell(status, "medium"),
            Cell(others, "high"),
            Cell(tags, "accent"),
            Cell(f"  {case.assignee}", "dim"),
        ]
    if case.notes:
        yield note_line(case.notes[-1], now, len(case.notes))


def note_line(note: Note, now: int, count: int = 1) -> Line:
    """A note with its author; one from beyond the cursor says so."""
    later = "  (made later)" if note.cursor > now else ""
    more = f" +{count - 1}" if count > 1 else ""
    return [
        Cell(f"✎{more} ", "accent"),
        Cell(note.text),
        Cell(f"  {note.author} at {words.clock(note.cursor)}{later}", "dim"),
    ]


def latest_events(
    entity: Entity, ranking: Ranking, wording: Wording, count: int, width: int
) -> list[Line]:
    """Its last events up to the cursor, the newest at the bottom."""
    number = ranking.number(entity.ref.key)
    if number is None or count <= 0:
        return []
    rows = latest_rows(ranking, number, count)
    index = ranking.sight.index
    actor = "" if entity.ref.kind is Kind.PRINCIPAL else entity.ref.key
    return [
        event_line(index, row, entity.ref.kind, wording.what(row, actor), width) for row in rows
    ]


def event_line(index: Index, row: int, kind: Kind, target: str, width: int) -> Line:
    """One event, and what it was done to."""
    severity = Severity(index.severity.at(row))
    outcome = Outcome(index.outcome.at(row))
    finding = severity is not Severity.NONE
    verdict = severity.word if finding else words.outcome(outcome)
    style = words.SEVERITY_STYLES[severity] if finding else words.OUTCOME_STYLES[outcome]
    who = index.identities[index.who.at(row)].label
    if kind is Kind.PRINCIPAL or not who:
        who = index.source_ip.text(row) or index.service.text(row) or who
    agent = words.agent(index.agent.text(row))
    action = index.action.text(row)
    when = words.seen(index.time.at(row), index.main_span()).removesuffix("Z")
    room = width - len(when) - 1 - 11
    tail = _actor(who, agent, min(44, room // 2)) if room > 50 else ""
    what = fit(f"{action} {target}", max(8, room - cell_len(tail)))
    return [
        Cell(f"{when} ", "dim"),
        Cell(what),
        Cell(f" {fit(verdict, 10)}", style),
        Cell(tail, "dim"),
    ]


def _actor(who: str, agent: str, width: int) -> str:
    """Who did it and with what; a user agent is not begun where there is no room for it."""
    room = width - 3 - cell_len(who)
    if agent and room >= 8:
        return fit(f" {who}  {fit(agent, room).rstrip()}", width)
    return fit(f" {who}", width)
