"""All that the inspect screen knows of its entity: who it is now, and the six lists about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.store.entities import entity, event_rows, find
from triage_tui.store.filters import ALL, parse
from triage_tui.ui.adapters import (
    brush,
    copies,
    decisions,
    detections,
    events,
    filtering,
    hours,
    inspect,
    marks,
    related,
    team,
    timebars,
    words,
)
from triage_tui.ui.adapters.links import of_entity
from widgets.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.detect.ruleset import Rule
    from triage_tui.model import Block, EntityRef, Finding
    from triage_tui.remedies import Remedy
    from triage_tui.store.columns import Array
    from triage_tui.store.filters import Filter
    from triage_tui.store.ranking import Ranking
    from triage_tui.triage import Triage
    from triage_tui.ui.adapters.copies import Copy
    from triage_tui.ui.adapters.links import Target
    from triage_tui.ui.adapters.rows import ListRows
    from triage_tui.ui.adapters.zoom import Window
    from widgets.bars import Bucket

EVENTS, FINDINGS, DETECTIONS, RELATED, NOTES, HOURS = range(6)
PANES = ("events", "findings", "detections", "related", "notes", "hours")


class Dossier:
    """One entity under a filter. `look` brings it to the cursor; a list is made when its pane is
    asked for."""

    def __init__(self, triage: Triage, ref: EntityRef, selected: Filter) -> None:
        self.triage = triage
        self.selected = selected
        self.asked_for = ref
        """The name it was opened by. It is looked for by this one, for the names that a merge
        brings belonged to somebody else before."""
        self.ref = ref
        self.label = ref.key
        self.entity = triage.entity(ref)
        self._wording = events.Wording(triage)
        ranking = triage.look(ref.kind, selected)
        self.width = 80
        """Of the screen, in cells."""
        self._said = marks.SaidOfEvents()
        self.events = events.EventRows(ranking, None, self._wording, self._said)
        self._bars = timebars.EntityBars()
        self.findings: dict[str, Finding] = {}
        self.links: dict[str, related.Link] = {}
        self.decisions: dict[str, decisions.Decision] = {}
        self._related = related.Related(triage)
        self._caught: tuple[Ranking, Ranking] | None = None
        """Everything and what is selected, at the moment that `look` shows."""
        self.look()

    def catching_up(self) -> Iterator[None]:
        """Takes in what has come, in steps; `look` then shows that moment, and has little to do."""
        triage, kind = self.triage, self.ref.kind
        self._caught = None
        caught = triage.look(kind), triage.look(kind, self.selected)
        for ranking in caught:
            yield from ranking.counting()
        entity(caught[0], self.asked_for)
        yield
        self._caught = caught

    def look(self) -> None:
        """Everything as of the cursor. While the entity is out of sight it keeps its last name."""
        caught, self._caught = self._caught, None
        whole = caught[0] if caught else self.triage.look(self.ref.kind)
        self.entity = entity(whole, self.asked_for)
        if self.entity is not None:
            self.ref, self.label = self.entity.ref, self.entity.label
        ranking = caught[1] if caught else self.triage.look(self.ref.kind, self.selected)
        number = find(ranking, self.ref) if self.entity else None
        history = self.triage.casebook.history()
        self._said.follow(history)
        self.events.follow(ranking, number)
        named = {name: self.event_label(row) for name, row in self.events.spoken_of().items()}
        found = decisions.decisions(
            self.ref, history, self.blocks(), self.now, named, self.remedies()
        )
        self.decisions = {decision.key: decision for decision in found}

    @property
    def now(self) -> int:
        """Where the triage stands in event time."""
        return self.triage.clock.position()

    def blocks(self) -> list[Block]:
        """The blocks that touch it."""
        return self.triage.blocks_on(self.entity) if self.entity else []

    def remedies(self) -> list[Remedy]:
        """What was done about it, but for blocks."""
        subjects = set(self.ref.subjects)
        return [each for each in self.triage.remedied() if each.subject in subjects]

    def list_rows(self, pane: int) -> ListRows:
        """The rows of a list, made anew; the events have a table model of their own."""
        recorded = self.triage.index.main_span()
        if pane == FINDINGS:
            ranking = self.triage.look(self.ref.kind)
            number = find(ranking, self.ref) if self.entity else None
            found = related.findings(ranking, number)
            self.findings = {finding.id: finding for finding in found}
            return related.finding_rows(found, self._wording, recorded)
        if pane == DETECTIONS:
            return detections.detection_rows(self.entity.detections if self.entity else ())
        if pane == RELATED:
            links = self._related.links(self.entity) if self.entity else []
            self.links = {link.key: link for link in links}
            return related.related_rows(links, recorded)
        if pane == HOURS:
            ranking, rows = self._all_events()
            number = find(ranking, self.ref) if self.entity else None
            return hours.heat_rows(hours.week(self.triage, ranking, number, rows), self.width)
        return decisions.decision_rows(list(self.decisions.values()))

    def _all_events(self, selected: Filter = ALL) -> tuple[Ranking, Array]:
        """Its events as of the cursor that a filter selects."""
        ranking = self.triage.look(self.ref.kind, selected)
        number = find(ranking, self.ref) if self.entity else None
        return ranking, event_rows(ranking, -1 if number is None else number)

    def bars(self, window: Window | None, width: int) -> list[Bucket]:
        """Its events over the time-line's span, those outside of a chosen range as well."""
        rest = brush.without(self.selected.text)
        rows = self.events.rows
        if rest != self.selected.text:
            rows = self._all_events(parse(rest))[1]
        return self._bars.bars(self.triage.sight(), rows, window, width)

    def event_label(self, row: int) -> str:
        """`DeleteItem at 02:13:58Z`."""
        index = self.triage.index
        return f"{events.action(index, row)} at {words.clock(index.time.at(row))}"

    def empty_text(self, pane: int) -> str:
        """What a list says that holds nothing."""
        if pane != EVENTS:
            return (
                "no finding names it so far",
                "no rule has matched what it did so far",
                "nobody is linked with it so far",
                "nothing was decided yet; ; writes a note, s sets the status",
                "",
            )[pane - 1]
        if self.entity is not None and self.selected.text:
            return f"nothing it did matches {self.selected.text}; Esc takes the filter off"
        if not self.triage.loaded:
            return "reading…"
        return "nothing yet at this time; ] steps on, Space plays"

    def head(self) -> inspect.Line:
        """The line with its name."""
        case = self.triage.case(self.ref)
        state = inspect.held_back(self.blocks(), self.now)
        place = words.place(self.triage.place(self.ref, self.triage.sight()))
        others = team.on(self.triage, self.ref)
        return inspect.name_line(self.ref, self.label, self.entity, case, state, place, others)

    def tabs(self, pane: int) -> inspect.Line:
        """The panes with what they hold, and the filter."""
        entity, shown = self.entity, ""
        if entity and self.selected.text:
            shown = f"{words.number(self.events.row_count())} of {words.number(entity.events)}"
        counts = (
            self.events.row_count(),
            entity.findings if entity else 0,
            len(entity.detections) if entity else 0,
            len(self.links) if pane == RELATED else None,
            len(self.decisions),
            None,
        )
        titles = [(name.capitalize(), count) for name, count in zip(PANES, counts, strict=True)]
        return inspect.tabs_line(titles, pane, brush.told(self.selected.text), shown)

    # -- what stands behind a row ----------------------------------------------------------------

    def record(self, pane: int, key: str) -> inspect.Record | None:
        """What a row opens to be read."""
        if pane == EVENTS:
            return inspect.record(self.triage, int(key))
        if pane == FINDINGS and key in self.findings:
            return inspect.record(self.triage, self.findings[key].row)
        rule = self._rule(key) if pane == DETECTIONS else None
        if rule is not None:
            text = detections.about(rule)
            return inspect.Record(f"rule: {rule.title}", lambda: text, len(text))
        if pane == NOTES and key in self.decisions:
            decision = self.decisions[key]
            title, text = f"{decision.what} by {decision.author}", decision.detail
            return inspect.Record(title, lambda: text, len(text))
        return None

    def _rule(self, key: str) -> Rule | None:
        """The rule with an id."""
        rules = self.triage.index.rules
        number = rules.numbers.get(key)
        return None if number is None else rules.rules[number]

    def term(self, pane: int, key: str) -> str | None:
        """The filter term that selects what a row stands for."""
        if pane == EVENTS:
            return inspect.event_term(self.triage.index, int(key))
        if pane == FINDINGS and key in self.findings:
            return f"action:{filtering.value(self.findings[key].type)}"
        if pane == DETECTIONS:
            return filtering.of_rule(self.triage.index.rules, key)
        if pane == RELATED and key in self.links and self.links[key].seen:
            link = self.links[key]
            return filtering.term(link.ref, self.triage.look(link.ref.kind))
        return None

    def console(self, pane: int, key: str | None) -> Target:
        """What the AWS console can show about a row, else about the entity."""
        if pane == EVENTS and key is not None:
            return int(key)
        if pane == FINDINGS and key in self.findings:
            return self.findings[key].row
        if pane == RELATED and key in self.links:
            return of_entity(self.triage, self.links[key].ref)
        return of_entity(self.triage, self.ref)

    def copies(self, pane: int, key: str | None) -> list[Copy]:
        """What can be copied of a row, the usual first, and of the entity."""
        found: list[Copy] = []
        if key is not None and pane == EVENTS:
            found += copies.of_record(self.triage, int(key))
        elif pane == FINDINGS and key in self.findings:
            found.append(copies.fixed("i", "finding", key))
            found += copies.of_record(self.triage, self.findings[key].row)
        elif pane == RELATED and key in self.links:
            found.append(copies.fixed("n", "name", self.links[key].ref.key))
        elif pane == NOTES and key in self.decisions:
            found.append(copies.fixed("t", "text", self.decisions[key].text))
        elif key is not None:
            found.append(copies.fixed("i", "id", key))
        found.append(copies.fixed("n", "name", clean(self.ref.key)))
        return found + (copies.of_entity(self.triage, self.entity) if self.entity else [])
