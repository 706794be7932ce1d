"""What a triage shows as of its cursor, gathered for text, JSON and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui import __version__
from triage_tui.detect.holes import gravity
from triage_tui.model import Kind, Severity
from triage_tui.report.snapshot import Matched, Snapshot, Told
from triage_tui.store.detections import matched
from triage_tui.store.entities import entities
from triage_tui.store.filters import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from triage_tui.model import Entity
    from triage_tui.report.snapshot import Audit, Decision, JournalState
    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage

PEOPLE = (Kind.IP, Kind.PRINCIPAL)
"""Who does it: what everything is grouped by, unless somebody asks otherwise."""
MOST_FINDINGS = 500
"""Findings that a report tells in words, the worst and newest ones."""


def ranked(triage: Triage, kind: Kind, selected: Filter, top: int) -> list[Entity]:
    """The riskiest entities of a kind; `top` 0 is all of them."""
    ranking = triage.look(kind, selected)
    numbers = ranking.page(0, top or len(ranking))
    return entities(ranking, numbers.tolist())


def span(triage: Triage, selected: Filter) -> tuple[int | None, int | None]:
    """Times of the first and the last event that the filter selects."""
    return triage.sight(selected).span or (None, None)


def found(triage: Triage, selected: Filter, level: Severity) -> bool:
    """Whether a finding or a detection of at least that severity is in sight, or on an entity that
    is; without a filter, whether a hole is as bad."""
    if _detected(triage, selected, level) or (not selected.text and _has_hole(triage, level)):
        return True
    sight = triage.sight(selected)
    grave = {state.id: state for state in sight.findings if state.severity >= level}
    if not grave:
        return False
    if selected.selects_all:
        return True
    mask = triage.matches(selected).mask()
    if any(mask[state.row] for state in grave.values()):
        return True
    for kind in PEOPLE:
        ranking = triage.look(kind, selected)
        for number, places in ranking.findings.items():
            worst = sight.findings[places[0]].severity
            if worst >= level and number in ranking:
                return True
    return False


def _has_hole(triage: Triage, level: Severity) -> bool:
    return any(gravity(hole) >= level for each in triage.resources(0) for hole in each.open)


def _detected(triage: Triage, selected: Filter, level: Severity) -> bool:
    sight, index = triage.sight(selected), triage.index
    grave = [
        number
        for number in sight.by_rule()
        if index.shown[number] and index.rules.rules[number].level >= level
    ]
    if not grave or selected.selects_all:
        return bool(grave)
    wanted = set(grave)
    for kind in PEOPLE:
        ranking = triage.look(kind, selected)
        found = ranking.detected
        pairs = zip(found.ids.tolist(), found.rules.tolist(), strict=True)
        if any(rule in wanted and number in ranking for number, rule in pairs):
            return True
    return False


def snapshot(
    triage: Triage,
    selected: Filter = ALL,
    *,
    top: int,
    decisions: Sequence[Decision] = (),
    journal: JournalState | None = None,
    audits: Mapping[str, Audit] | None = None,
) -> Snapshot:
    """Everything that a report is made from, as of the cursor."""
    chosen = [entity for kind in PEOPLE for entity in ranked(triage, kind, selected, top)]
    sight = triage.sight(selected)
    first, last = span(triage, selected)
    cases = {entity.ref.subject: triage.case(entity.ref) for entity in chosen}
    subjects = dict.fromkeys(d.subject for d in decisions if d.what == "note")
    return Snapshot(
        made=triage.clock.wall(),
        program=f"triage-tui {__version__}",
        cursor=triage.clock.cursor(),
        filter=selected.text,
        files=tuple(source.report for source in triage.sources),
        events=sight.events,
        unparsed=triage.index.unparsed,
        duplicates=triage.index.duplicates,
        first=first,
        last=last,
        totals={kind.value: len(triage.look(kind, selected)) for kind in PEOPLE},
        entities=tuple(chosen),
        cases=cases,
        findings=tuple(_told(triage, selected)),
        notes=triage.casebook.case(subjects).notes if subjects else (),
        blocks=tuple(triage.blocks()),
        remedies=tuple(triage.remedied()),
        decisions=tuple(decisions),
        journal=journal,
        matched=tuple(_matched(triage, selected)),
        audits=dict(audits or {}),
        groups=tuple(_groups(triage)),
    )


def _matched(triage: Triage, selected: Filter) -> list[Matched]:
    """The rules that matched, the gravest first, then those that did so first."""
    rules = triage.index.rules.rules
    found = sorted(
        matched(triage.sight(selected)).items(),
        key=lambda item: (-rules[item[0]].level, item[1].first, rules[item[0]].title),
    )
    return [
        Matched(
            rule=rule.id,
            title=rule.title,
            level=rule.level.word,
            author=rule.author,
            licence=rule.licence,
            count=seen.times,
            first=seen.first,
            last=seen.last,
        )
        for rule, seen in ((rules[number], seen) for number, seen in found)
    ]


def _groups(triage: Triage) -> Iterable[tuple[str, str]]:
    """The log groups that are read live, the busiest first, each with its region."""
    live = [source.report for source in triage.sources if source.report.live is not None]
    for report in sorted(live, key=lambda report: -report.records):
        if report.live is not None and report.path.startswith("/"):
            yield report.path, report.live.place.rpartition(" ")[2]


def _told(triage: Triage, selected: Filter) -> Iterable[Told]:
    sight = triage.sight(selected)
    for state in sight.findings[:MOST_FINDINGS]:
        index = triage.index
        try:
            summary = triage.event(state.row).summary
        except OSError:  # the file is gone since: the finding itself is still known
            summary = ""
        yield Told(
            sight.finding(state),
            summary,
            index.region.text(state.row),
            index.format.text(state.row) == "guardduty",
        )
