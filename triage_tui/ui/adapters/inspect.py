"""One entity as the inspect screen's head, tabs and list of events."""

from __future__ import annotations

import bisect
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import DAY, NO_NUMBER, NO_TIME, Kind, Outcome, Severity
from triage_tui.store.entities import event_rows
from triage_tui.store.events import record_ref
from triage_tui.store.filters import FilterError, parse
from triage_tui.ui.adapters import filtering, words
from triage_tui.ui.adapters.filtering import Said
from widgets.columns import Cell, Column, Row
from widgets.status import StatusItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from triage_tui.model import Block, Case, Entity, EntityRef
    from triage_tui.store.columns import Array
    from triage_tui.store.index import Index
    from triage_tui.store.ranking import Ranking
    from triage_tui.triage import Triage

Line = tuple[list[StatusItem], list[StatusItem]]
"""What stands at the left and at the right of a line."""

SERVICE_RESOURCE = 6
"""Parts of an ARN up to the resource; it may hold colons itself."""


def find(ranking: Ranking, ref: EntityRef) -> int | None:
    """The number of an entity in sight, by any of its names; None while out of sight."""
    for name in (ref.key, *ref.aliases):
        number = ranking.number(name)
        if number is not None and number in ranking.places:
            return number
    return None


# -- the head ------------------------------------------------------------------------------------


def name_line(ref: EntityRef, label: str, entity: Entity | None, case: Case, state: str) -> Line:
    """Who it is, how risky, and where its case stands; `state` is the word on blocks."""
    left = [StatusItem(label, "strong", 9), StatusItem(words.KIND_TITLES[ref.kind], "dim", 2)]
    if label != ref.key:
        left.append(StatusItem(ref.key, "dim", 1))
    right = [StatusItem(f"#{tag}", "dim", 3) for tag in case.tags]
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
    times = f"{words.weekday_clock(entity.first)} – {words.weekday_clock(entity.last)}"
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
        StatusItem(f"{short_resource(name)} ×{words.number(count)}", "dim", 60 - place)
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
    return f"■ blocked {left}"


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


# -- events --------------------------------------------------------------------------------------


def event_columns(kind: Kind, several_days: bool) -> tuple[Column, ...]:
    """Columns of the events of an entity of a kind; they go by `drop` as it narrows."""
    who = "FROM" if _shows_address(kind) else "PRINCIPAL"
    return (
        Column("time", "TIME", width=15 if several_days else 9),
        Column("action", "ACTION", min_width=12, weight=2),
        Column("what", "WHAT", min_width=14, weight=3),
        Column("outcome", "OUTCOME", width=10),
        Column("who", who, min_width=15, weight=1, drop=4),
        Column("status", "HTTP", width=4, align="right", drop=1),
        Column("agent", "AGENT", min_width=18, weight=1, drop=3),
        Column("region", "REGION", width=12, drop=2),
    )


def _shows_address(kind: Kind) -> bool:
    return kind in (Kind.PRINCIPAL, Kind.NETWORK)


def short_resource(name: str) -> str:
    """`table/orders` of an ARN; anything else as it is."""
    parts = name.split(":", SERVICE_RESOURCE - 1)
    if parts[0] == "arn" and len(parts) == SERVICE_RESOURCE:
        return parts[-1] or name
    return name


def day_and_clock(time: int) -> str:
    """`03-15 02:14:07Z`."""
    return f"{words.moment(time)[5:10]} {words.clock(time)}"


class EventRows:
    """Implements `TableModel` over the rows of an entity, by time; a row is read when it is asked
    for."""

    def __init__(self, ranking: Ranking, number: int | None) -> None:
        self._index = ranking.sight.index
        self._address = _shows_address(ranking.kind)
        self.follow(ranking, number)

    def follow(self, ranking: Ranking, number: int | None) -> None:
        """Shows the events of an entity in a ranking; none where it is out of sight."""
        self.rows: Array = event_rows(ranking, -1 if number is None else number)
        self.several_days = self._spans_days()
        self.__dict__.pop("_refused", None)

    def _spans_days(self) -> bool:
        if not len(self.rows):
            return False
        first, last = (self._index.time.at(int(self.rows[at])) for at in (0, -1))
        return first // DAY != last // DAY

    def row_count(self) -> int:
        return len(self.rows)

    def index_of(self, key: str) -> int | None:
        number, time = int(key), self._index.time
        at = time.at(number)
        low = bisect.bisect_left(self.rows, at, key=lambda row: time.at(int(row)))
        high = bisect.bisect_right(self.rows, at, low, key=lambda row: time.at(int(row)))
        found = (self.rows[low:high] == number).nonzero()[0]
        return low + int(found[0]) if len(found) else None

    def number(self, index: int) -> int:
        """The index's row behind a row of the table."""
        return int(self.rows[index])

    @cached_property
    def _refused(self) -> Array:
        outcome = self._index.outcome.view()[self.rows]
        places: Array = (outcome >= Outcome.DENIED).nonzero()[0]
        return places

    def next_error(self, index: int, by: int) -> int | None:
        """The next row after `index` (before it, for a negative `by`) that was refused or failed;
        None where there is none."""
        places = self._refused
        if by > 0:
            at = int(places.searchsorted(index, "right"))
        else:
            at = int(places.searchsorted(index, "left")) - 1
        return int(places[at]) if 0 <= at < len(places) else None

    def row(self, index: int) -> Row:
        number = self.number(index)
        events = self._index
        time = events.time.at(number)
        outcome = outcome_cell(events, number)
        status = events.status.at(number)
        return Row(
            str(number),
            (
                Cell(day_and_clock(time) if self.several_days else words.clock(time), "dim"),
                Cell(action(events, number)),
                Cell(what(events, number)),
                outcome,
                Cell(self._who(number)),
                Cell("" if status == NO_NUMBER else str(status), "dim"),
                Cell(words.agent(events.agent.text(number)), "dim"),
                Cell(events.region.text(number), "dim"),
            ),
        )

    def _who(self, number: int) -> str:
        events = self._index
        if self._address:
            return events.source_ip.text(number) or events.service.text(number)
        who = events.identities[events.who.at(number)]
        return who.label or who.key


def action(index: Index, row: int) -> str:
    """What was done: the method of a web request, the action of anything else."""
    return index.method.text(row) or index.action.text(row)


def what(index: Index, row: int) -> str:
    """What it was done to."""
    return index.path.text(row) or short_resource(index.resource.text(row))


def outcome_cell(index: Index, row: int) -> Cell:
    """What became of it; of a finding, how bad it is."""
    severity = Severity(index.severity.at(row))
    if severity:
        return severity_cell(severity)
    outcome = Outcome(index.outcome.at(row))
    return Cell(words.outcome(outcome), words.OUTCOME_STYLES[outcome])


def severity_cell(severity: Severity) -> Cell:
    """`▲ high`."""
    word = "info" if severity is Severity.INFORMATIONAL else severity.word
    return Cell(f"▲ {word}", words.SEVERITY_STYLES[severity])


def event_term(index: Index, row: int) -> str:
    """The filter term that selects what a row did."""
    if index.method.text(row) and index.path.text(row):
        return f"path:{filtering.value(index.path.text(row))}"
    return f"action:{filtering.value(index.action.text(row))}"


RECORD_KEYS = {
    "accessKeyId": "access_key",
    "arn": "principal",
    "awsRegion": "region",
    "clientIp": "ip",
    "eventName": "action",
    "httpMethod": "method",
    "ipAddressV4": "ip",
    "principalId": "principal",
    "recipientAccountId": "account",
    "sourceIPAddress": "ip",
    "uri": "path",
    "userAgent": "agent",
    "userName": "principal",
}
"""What a record's field is called in filters; the words of other fields are searched as text."""


def value_term(path: Sequence[str | int], value: str) -> str:
    """The filter term that selects the events with a value that stands in a record."""
    name = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    key = RECORD_KEYS.get(name) or RECORD_KEYS.get(name[:1].lower() + name[1:])
    return f"{key}:{filtering.value(value)}" if key else '"' + value.replace('"', "") + '"'


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
        for _ in triage.search(selected):
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


def record(triage: Triage, row: int) -> Record:
    """The raw record of a row."""
    index = triage.index
    where = record_ref(index, triage.paths, row)
    time = index.time.at(row)
    when = words.moment(time) if time != NO_TIME else "no time"
    title = f"{when}  {index.action.text(row)}"
    place = f"{where.path.rpartition('/')[2]} #{where.index}"
    fix = f"It was read from {where.path}: put the file back, then open the record anew."
    return Record(title, partial(triage.raw_text, row), where.length, place, fix)
