"""All that the screens show of a triage as of its cursor, as values that can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import Kind
from triage_tui.store.entities import entities, latest_rows, pulse, pulse_peak
from triage_tui.store.filters import parse
from triage_tui.ui.adapters import preview, status
from triage_tui.ui.adapters.dossier import HOURS, PANES, Dossier
from triage_tui.ui.adapters.events import Wording
from triage_tui.ui.adapters.overview import OverviewRows, empty_words
from triage_tui.ui.adapters.resources import ResourceRows
from triage_tui.ui.adapters.rules import RuleRows
from triage_tui.ui.adapters.timebars import TimeBars
from triage_tui.ui.adapters.zoom import Window
from triage_tui.ui.alarm import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from triage_tui.model import EntityRef
    from triage_tui.store.filters import Filter
    from triage_tui.store.ranking import Ranking
    from triage_tui.triage import Triage
    from widgets.columns import Row, TableModel

KINDS = tuple(Kind)
FILTERS = [
    parse(text)
    for text in (
        "",
        "-outcome:ok",
        "action:Delete* or rule:*",
        "intel:drop",
        "ip:198.51.100.0/24",
        "phpmyadmin or maria",
    )
]
CIDRS = ("198.51.100.0/24", "203.0.113.77/32", "2001:db8:7::/64")
BARS, WIDTH, SPAN = 40, 100, 10**12
Shown = tuple[str, object]


def shown(triage: Triage, random: Random) -> Iterator[Shown]:
    """What is shown, and the value of it: under some of the filters, of some of the entities."""
    pairs = [(kind, selected) for selected in FILTERS for kind in KINDS]
    for kind, selected in random.sample(pairs, 7):
        for _ in triage.search(selected):
            pass
        for what, value in _ranked(triage, triage.look(kind, selected), selected):
            yield f"{what} of {kind.value} `{selected.text}`", value
        for what, value in _timed(triage, selected):
            yield f"{what} `{selected.text}`", value
    for ref in _leading(triage, random):
        for what, value in _told(triage, ref, random.choice(FILTERS[:5])):
            yield f"{what} of {ref.key}", value
    for cidr in CIDRS:
        yield f"who else is behind {cidr}", triage.witness().collateral(cidr)
    yield "rules", _rows(RuleRows(triage))
    yield "resources", _rows(ResourceRows(triage))
    alarm = Alarm()
    for _ in alarm.look(triage):
        pass
    yield "who is critical", sorted(alarm.known or ())
    yield "blocks", triage.blocks()


def _ranked(triage: Triage, ranking: Ranking, selected: Filter) -> Iterator[Shown]:
    yield "order", [ranking.key(number) for number in ranking.ids.tolist()]
    numbers = ranking.page(0, 20).tolist()
    found = entities(ranking, numbers)
    yield "entities", found
    yield "risks", [int(ranking.risks[number]) for number in numbers]
    yield "alarms", ranking.alarms
    yield "pulses", [list(each) for each in pulse(ranking, numbers, SPAN, 8)]
    yield "greatest pulse", pulse_peak(ranking, SPAN, 8)
    yield "latest rows", [latest_rows(ranking, number, 5) for number in numbers]
    yield "rows", _rows(OverviewRows(triage, ranking), 20)
    yield "line of kinds", status.kind_line(triage, ranking, selected, WIDTH)
    yield "words for nothing", empty_words(triage, ranking.kind, selected)
    if found:
        case, blocks = triage.case(found[0].ref), triage.blocks_on(found[0])
        lines = preview.lines(
            found[0],
            ranking,
            case,
            blocks,
            Wording(triage),
            now=triage.clock.position(),
            width=WIDTH,
            height=12,
        )
        yield "panel", lines


def _timed(triage: Triage, selected: Filter) -> Iterator[Shown]:
    span = triage.index.span()
    if span is None:
        return
    whole = Window(*span)
    close = whole.around((whole.start + whole.end) // 2, whole.width // 4)
    yield "bars", TimeBars(triage).bars(selected, whole, BARS, None)
    yield "close bars", TimeBars(triage).bars(selected, close, BARS, close)
    yield "notes of time", status.time_notes(triage.look(Kind.IP, selected))


def _leading(triage: Triage, random: Random) -> Iterator[EntityRef]:
    """One of the first of each kind."""
    for kind in KINDS:
        ranking = triage.look(kind)
        page = ranking.page(0, 8).tolist()
        for entity in entities(ranking, random.sample(page, min(1, len(page)))):
            yield entity.ref


def _told(triage: Triage, ref: EntityRef, selected: Filter) -> Iterator[Shown]:
    dossier = Dossier(triage, ref, selected)
    yield f"head under `{selected.text}`", dossier.head()
    for pane, name in enumerate(PANES):
        listed = dossier.list_rows(pane) if pane else dossier.events
        rows = _rows(listed, 30)
        yield f"{name} under `{selected.text}`", rows
        yield f"tabs at {name} under `{selected.text}`", dossier.tabs(pane)
        keys = [row.key for row in rows[:3]] if pane != HOURS else []
        yield f"terms of {name}", [dossier.term(pane, key) for key in keys]
        records = [dossier.record(pane, key) for key in keys]
        yield f"records of {name}", [each and (each.title, each.read()) for each in records]
    span = triage.index.span()
    yield "bars", dossier.bars(Window(*span) if span else None, BARS)
    yield "suspect", triage.suspect(ref)
    yield "latest", triage.latest(ref)
    yield "place", triage.place(ref, triage.sight())


def _rows(model: TableModel, most: int = 1000) -> list[Row]:
    return [model.row(place) for place in range(min(most, model.row_count()))]
