"""A triage as text for people: the ranking, why, the findings, the time-line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.detect.holes import gravity, words
from triage_tui.model import GOOD_BELOW, Kind, Severity
from triage_tui.report import timeline
from triage_tui.report.times import spoken

from .looking import ranked, snapshot, span
from .tables import Cell, Column, Paper

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.model import Entity, Resource
    from triage_tui.report import Snapshot
    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage

TITLES = {
    Kind.IP: "SOURCE IP",
    Kind.NETWORK: "NETWORK",
    Kind.PRINCIPAL: "PRINCIPAL",
    Kind.SERVICE: "SERVICE",
}
PLURALS = {
    Kind.IP: "source IPs",
    Kind.NETWORK: "networks",
    Kind.PRINCIPAL: "principals",
    Kind.SERVICE: "services",
}
_RISK_STYLES = ((75, "critical"), (50, "high"), (GOOD_BELOW, "medium"))
_LEVEL_STYLES = {Severity.CRITICAL: "critical", Severity.HIGH: "high", Severity.MEDIUM: "medium"}
LONGEST_NAME = 44


def ranking_text(
    triage: Triage,
    selected: Filter,
    kinds: Sequence[Kind],
    top: int,
    *,
    resources: bool = True,
) -> str:
    """What `scan` prints: the totals, then a table for each kind, and one of `resources`."""
    paper = Paper()
    lines = list(_totals(paper, triage, selected))
    for kind in kinds:
        lines += ["", *_table(paper, triage, selected, kind, top)]
    if resources:
        lines += _resources(paper, triage, top)
    return "\n".join(lines) + "\n"


def story_text(
    triage: Triage, selected: Filter, kinds: Sequence[Kind], top: int, *, title: str
) -> str:
    """What `demo` prints without a terminal: the ranking, and what it rests on."""
    paper = Paper()
    taken = snapshot(triage, selected, top=top)
    lines = [paper.line(title, "strong"), "", *_totals(paper, triage, selected)]
    for kind in kinds:
        lines += ["", *_table(paper, triage, selected, kind, top)]
    lines += _resources(paper, triage, top)
    lines += ["", *_reasons(paper, taken)]
    lines += ["", *_findings(paper, taken)]
    lines += ["", *_timeline(paper, taken)]
    return "\n".join(lines) + "\n"


def _totals(paper: Paper, triage: Triage, selected: Filter) -> Iterable[str]:
    first, last = span(triage, selected)
    events, files = triage.sight(selected).events, len(triage.sources)
    when = f", {spoken(first)} to {spoken(last)}" if first is not None and last is not None else ""
    formats: dict[str, int] = {}
    for source in triage.sources:
        for name, count in source.report.formats.items():
            formats[name] = formats.get(name, 0) + count
    yield paper.line(f"{_many(events, 'event')}{when}", "strong")
    parts = [f"{name} {count:,}" for name, count in formats.items()]
    index = triage.index
    parts += [_many(index.duplicates, "duplicate"), f"{index.unparsed:,} not understood"]
    yield paper.line(f"from {_many(files, 'file')}: {', '.join(parts)}")
    if selected.text:
        yield paper.line(f"filter: {selected.text}")


def _longest_name(paper: Paper) -> int:
    """Cells for an entity's name: a third of a window, and never very many."""
    return LONGEST_NAME if paper.width is None else max(15, min(LONGEST_NAME, paper.width // 3))


def _many(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _table(paper: Paper, triage: Triage, selected: Filter, kind: Kind, top: int) -> Iterable[str]:
    found = ranked(triage, kind, selected, top)
    total = len(triage.look(kind, selected))
    if not total:
        return [f"no {PLURALS[kind]}"]
    columns = (
        Column("RISK", right=True),
        Column(TITLES[kind], most=_longest_name(paper)),
        Column("EVENTS", right=True),
        Column("REFUSED", right=True, drop=1),
        Column("ERRORS", right=True, drop=3),
        Column("FINDINGS", right=True, drop=2),
        Column("FIRST SEEN", drop=4),
        Column("WHY"),
    )
    lines = paper.table(columns, [_row(entity) for entity in found])
    if len(found) < total:
        more = f"{len(found):,} of {total:,} {PLURALS[kind]}; --top 0 shows all"
        lines.append(paper.styled(more, "dim"))
    return lines


def _row(entity: Entity) -> tuple[Cell, ...]:
    return (
        Cell(str(entity.risk), _risk_style(entity.risk)),
        Cell(entity.label),
        Cell(f"{entity.events:,}"),
        Cell(f"{entity.refused:,}", "" if entity.refused else "dim"),
        Cell(f"{entity.errors:,}", "" if entity.errors else "dim"),
        Cell(str(entity.findings), _LEVEL_STYLES.get(entity.worst, "dim")),
        Cell(spoken(entity.first)[4:]),
        Cell("; ".join(reason.text for reason in entity.reasons) or "-"),
    )


def _resources(paper: Paper, triage: Triage, top: int) -> list[str]:
    """What reports of vulnerable packages tell of; nothing where there are none."""
    found = triage.resources()
    if not found:
        return []
    columns = (
        Column("RESOURCE", most=_longest_name(paper)),
        Column("HOLES", right=True),
        Column("WORST", most=60),
        Column("EVENTS", right=True, drop=3),
        Column("ATTEMPTS", right=True, drop=1),
        Column("KNOCKING", drop=2),
    )
    lines = ["", *paper.table(columns, [_resource(each) for each in found[: top or None]])]
    if top and len(found) > top:
        more = f"{top:,} of {len(found):,} resources; --top 0 shows all"
        lines.append(paper.styled(more, "dim"))
    return lines


def _resource(resource: Resource) -> tuple[Cell, ...]:
    holes = resource.open
    style = _LEVEL_STYLES.get(gravity(holes[0]), "") if holes else "dim"
    attempts = f"{resource.attempts:,}"
    if resource.answered:
        attempts += f" ({resource.answered:,} answered)"
    return (
        Cell(resource.name),
        Cell(str(len(holes)), style),
        Cell(words(holes[0]) if holes else "none that is open", style),
        Cell(f"{resource.events:,}", "" if resource.events else "dim"),
        Cell(attempts, "critical" if resource.answered else "" if resource.attempts else "dim"),
        Cell(", ".join(visitor.label for visitor in resource.visitors) or "-"),
    )


def _risk_style(risk: int) -> str:
    return next((style for least, style in _RISK_STYLES if risk >= least), "dim")


def _reasons(paper: Paper, taken: Snapshot) -> Iterable[str]:
    yield paper.styled("WHY", "head")
    risky = [entity for entity in taken.entities if entity.risk >= GOOD_BELOW]
    for entity in risky:
        yield paper.line(f"{entity.risk:>4}  {entity.label}", _risk_style(entity.risk))
        for reason in entity.reasons:
            yield paper.line(f"      {f'+{reason.points}':>4} {reason.text}")
        did = ", ".join(f"{name} {count:,}" for name, count in list(entity.actions.items())[:5])
        if did:
            yield paper.line(f"           did: {did}", "dim")
        others = entity.principals if entity.ref.kind is Kind.IP else entity.ips
        if others:
            word = "as" if entity.ref.kind is Kind.IP else "from"
            more = f" and {len(others) - 3:,} more" if len(others) > 3 else ""
            yield paper.line(f"           {word}: {', '.join(others[:3])}{more}", "dim")
    if not risky:
        yield "  nobody stands out"


def _findings(paper: Paper, taken: Snapshot) -> Iterable[str]:
    rows = [
        (
            Cell(told.finding.severity.word, _LEVEL_STYLES.get(told.finding.severity, "")),
            Cell(spoken(told.finding.updated)[4:]),
            Cell(told.finding.type),
            Cell(", ".join([*told.finding.ips, *told.finding.principals])),
        )
        for told in taken.findings
    ]
    if not rows:
        return ["no findings"]
    columns = (Column("FINDINGS"), Column("UPDATED", drop=1), Column("TYPE"), Column("ACTORS"))
    return paper.table(columns, rows)


def _timeline(paper: Paper, taken: Snapshot) -> Iterable[str]:
    moments = timeline(taken)
    rows = [(Cell(spoken(at)), Cell(m.kind), Cell(m.text)) for at, m in moments]
    if not rows:
        return []
    return paper.table((Column("TIME-LINE"), Column(""), Column("")), rows)
