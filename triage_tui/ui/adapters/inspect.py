"""One entity as the inspect screen's head and tabs; what its rows select, and their records."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import NO_TIME
from triage_tui.store.entities import event_rows, find
from triage_tui.store.events import record_ref
from triage_tui.store.filters import FilterError, parse
from triage_tui.ui.adapters import filtering, grounds, team, words
from triage_tui.ui.adapters.said import Said
from widgets.status import StatusItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from triage_tui.model import Block, Case, Entity, EntityRef
    from triage_tui.store.index import Index
    from triage_tui.triage import Triage

_MOST_CRUMBS = 3
"""Entities of the way here that are named."""
Line = tuple[list[StatusItem], list[StatusItem]]
"""What stands at the left and at the right of a line."""


def trail(labels: Sequence[str]) -> list[StatusItem]:
    """`203.0.113.77 » ci-deploy »`: whom one came by; of many the last ones."""
    if not labels:
        return []
    cut = "… » " if len(labels) > _MOST_CRUMBS else ""
    crumbs = " » ".join(labels[-_MOST_CRUMBS:])
    return [StatusItem(f"{cut}{crumbs} »", "dim", 4)]


# -- the head ------------------------------------------------------------------------------------


def name_line(
    ref: EntityRef,
    label: str,
    entity: Entity | None,
    case: Case,
    state: str,
    place: str,
    others: str = "",
) -> Line:
    """Who it is, how risky, and where its case stands; `state` is the word on blocks, `place` says
    where an address is from, `others` are on it too."""
    left = [StatusItem(label, "strong", 9), StatusItem(words.KIND_TITLES[ref.kind], "dim", 2)]
    if place:
        left.append(StatusItem(place, "", 4))
    if label != ref.key:
        left.append(StatusItem(ref.key, "dim", 1))
    if others:
        is_on = "are" if "," in others or " and " in others else "is"
        left.append(StatusItem(f"{others} {is_on} on this", "accent", 5))
    right = [StatusItem(f"#{tag}", "dim", 3) for tag in case.tags]
    if case.disputed:
        right.append(StatusItem(f"≠ {team.disputes(case)}", "warning", 7))
    right.append(StatusItem(words.status_words(case), "accent", 6))
    if state:
        right.append(StatusItem(state, "warning", 7))
    if entity:
        right.append(StatusItem(f"risk {entity.risk}", risk_status(entity.risk), 8))
    return left, right


def risk_status(risk: int) -> str:
    """The name of the status line's style for a risk."""
    for least, style in ((75, "alert"), (50, "bad"), (25, "warning")):
        if risk >= least:
            return style
    return "dim"


def counts_line(entity: Entity) -> Line:
    """How often, with what outcome, from when to when."""
    ok = entity.events - entity.refused - entity.errors
    left = [
        StatusItem(words.counted(entity.events, "event"), "strong", 9),
        StatusItem(
            f"{words.number(entity.refused)} refused", "bad" if entity.refused else "dim", 8
        ),
        StatusItem(words.counted(entity.errors, "error"), "warning" if entity.errors else "dim", 6),
        StatusItem(f"{words.number(ok)} ok or unknown", "dim", 4),
    ]
    if entity.findings:
        text = f"{words.counted(entity.findings, 'finding')}, worst {entity.worst.word}"
        left.append(StatusItem(text, "warning", 5))
    day = words.day_between(entity.first, entity.last)
    times = f"{words.day_clock(entity.first, day)} – {words.day_clock(entity.last, day)}"
    return left, [StatusItem(times, "dim", 7)]


def why_line(entity: Entity) -> Line:
    """Its reasons for risk; the heaviest stay longest."""
    items = [
        StatusItem(reason.text, "", 90 - place, f"+{reason.points}")
        for place, reason in enumerate(entity.reasons)
    ]
    return items or [StatusItem("nothing speaks against it so far", "dim")], []


def did_line(entity: Entity) -> Line:
    """What it did most, and where."""
    actions = [
        StatusItem(f"{name} ×{words.number(count)}", "", 90 - place)
        for place, (name, count) in enumerate(list(entity.actions.items())[:8])
    ]
    targets = [
        StatusItem(f"{words.resource(name)} ×{words.number(count)}", "dim", 60 - place)
        for place, (name, count) in enumerate(entity.targets)
    ]
    return actions, targets


def held_back(blocks: Sequence[Block], now: int) -> str:
    """`■ blocked 54m`, or nothing."""
    held = [block for block in blocks if block.state in words.IN_FORCE]
    if not held:
        return ""
    ends = [block.expires for block in held if block.expires is not None]
    left = words.span(max(ends) - now) if len(ends) == len(held) else "for ever"
    sign, _ = words.held_sign(held)
    words_for = {"■": "blocked", "◧": "blocked in part", "□": "no effect yet,"}
    return f"{sign} {words_for.get(sign, 'sent,')} {left}"


def tabs_line(
    titles: Sequence[tuple[str, int | None]], chosen: int, filter_text: str, shown: str
) -> Line:
    """The panes with what they hold, the open one in brackets; the filter at the right."""
    left = []
    for place, (title, count) in enumerate(titles):
        text = title if count is None else f"{title} {words.number(count)}"
        if place == chosen:
            left.append(StatusItem(f"[{text}]", "accent", 9))
        else:
            left.append(StatusItem(f" {text} ", "dim", 5))
    right = [StatusItem(f"filter: {filter_text}", "warning", 7)] if filter_text else []
    if shown:
        right.append(StatusItem(shown, "dim", 6))
    return left, right


def event_term(index: Index, row: int) -> str:
    """The filter term that selects what a row did."""
    if index.method.text(row) and index.path.text(row):
        return f"path:{filtering.value(index.path.text(row))}"
    return f"action:{filtering.value(index.action.text(row))}"


_RECORD_KEYS = {
    "access_key": "accesskeyid",
    "account": "accountid awsaccountid recipientaccountid",
    "action": "action eventname",
    "agent": "agent csuseragent httpuseragent useragent",
    "ip": "cip clientip ip ipaddress ipaddressv4 remoteaddr remoteip sourceip sourceipaddress"
    " sourceips srcaddr dstaddr srcip",
    "method": "csmethod httpmethod method requestmethod",
    "path": "csuristem path requestpath requesturi resourcepath uri url",
    "principal": "arn principalid sub user useridentity username",
    "region": "awsregion region",
    "resource": "queryname",
    "status": "scstatus status statuscode",
}
RECORD_KEYS = {name: key for key, names in _RECORD_KEYS.items() for name in names.split()}
"""What a record's field is called in filters, its name in lower case and without marks between; the
words of other fields are searched as text."""
_MARKS = re.compile(r"[^a-z0-9]+")


def value_term(path: Sequence[str | int], value: str) -> str:
    """The filter term that selects the events with a value that stands in a record."""
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    # `arn` is who; `ARN` is what, among a record's resources.
    key = RECORD_KEYS.get(_MARKS.sub("", name.lower())) if name != "ARN" else None
    term = f"{key}:{filtering.value(value)}"
    try:
        parse(term)
    except FilterError:  # a name where an address is expected, a word where a number is
        key = None
    return term if key else '"' + value.replace('"', "") + '"'


def preview(triage: Triage, ref: EntityRef, entity: Entity | None, text: str) -> Iterator[Said]:
    """How much of what an entity did an expression would select."""
    try:
        selected = parse(text)
    except FilterError as error:
        yield Said(error.message, error=True, position=error.position)
        return
    if not text.strip():
        yield Said("all of its events; try -outcome:ok  action:Delete*  or any text")
        return
    yield Said("…")
    if not selected.selects_all:
        for _ in triage.search_aside(selected):
            yield Said("searching…")
    ranking = triage.look(ref.kind, selected)
    number = find(ranking, ref)
    found = 0 if number is None else len(event_rows(ranking, number))
    total = entity.events if entity else 0
    yield Said(f"{words.number(found)} of {words.counted(total, 'event')} match")


class Record(NamedTuple):
    """A text to be read in full: what it is, and how to come by it."""

    title: str
    read: Callable[[], str]
    """Raises OSError. May be called in a thread."""
    size: int
    """Bytes, or about so many."""
    place: str = ""
    """The file, and the record's number in it."""
    fix: str = ""
    """What to do where it cannot be read."""
    behind: Callable[[], Line] = lambda: ([], [])
    """Whom proxies name, and whom we believe; nothing where no proxy speaks. As `read`."""
    matched: Callable[[], Sequence[grounds.Matched]] = lambda: ()
    """The rules that matched it. As `read`."""


def record(triage: Triage, row: int) -> Record:
    """The raw record of a row."""
    index = triage.index
    where = record_ref(index, triage.paths, row)
    time = index.time.at(row)
    when = words.moment(time) if time != NO_TIME else "no time"
    title = f"{when}  {index.action.text(row)}"
    place = f"{where.path.rpartition('/')[2]} #{where.index}"
    fix = f"It was read from {where.path}: put the file back, then open the record anew."
    read, about = partial(triage.raw_text, row), partial(behind, triage, row)
    return Record(
        title, read, where.length, place, fix, about, partial(grounds.matched, triage, row)
    )


def behind(triage: Triage, row: int) -> Line:
    """The chain of proxies that a record names, which anybody can invent, and the actor. Raises
    OSError."""
    event = triage.event(row)
    if not event.forwarded:
        return [], []
    chain = f"{words.chain(event.forwarded)} (not verified)"
    actor = event.actors[0].source_ip if event.actors else None
    return [StatusItem(chain, "", 9, "forwarded")], [StatusItem(actor or "", "strong", 8, "actor")]
