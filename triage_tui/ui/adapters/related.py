"""Whom an entity is linked with: who acts from where, who became whom, which findings name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import EntityRef, Kind
from triage_tui.networks import surroundings
from triage_tui.store.entities import find, reference
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.events import severity_cell
from triage_tui.ui.adapters.rows import ListRows
from widgets.columns import Cell, Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from triage_tui.model import Entity, Finding
    from triage_tui.store.index import Index
    from triage_tui.store.ranking import Ranking
    from triage_tui.triage import Triage
    from triage_tui.ui.adapters.events import Wording

COLUMNS = (
    Column("how", "LINK", width=15),
    Column("who", "WHO", min_width=20),
    Column("kind", "KIND", width=9, drop=2),
    Column("risk", "RISK", width=4, align="right"),
    Column("events", "EVENTS", width=7, align="right"),
    Column("first", "FIRST", width=10, drop=1),
    Column("last", "LAST SEEN", width=10, drop=3),
)
FINDING_COLUMNS = (
    Column("severity", "SEVERITY", width=10),
    Column("type", "FINDING", min_width=24, weight=3),
    Column("first", "FIRST", width=10, drop=2),
    Column("updated", "UPDATED", width=10),
    Column("versions", "VERSIONS", width=8, align="right", drop=3),
    Column("actors", "ACTORS SO FAR", min_width=18, weight=2, drop=1),
)

_SEQUENCE = "AttackSequence:"
"""What the types of attack sequences begin with."""

# -- findings ------------------------------------------------------------------------------------


def findings(ranking: Ranking, number: int | None) -> list[Finding]:
    """An entity's findings as of the cursor, the worst first."""
    if number is None:
        return []
    sight = ranking.sight
    return [sight.finding(sight.findings[place]) for place in ranking.findings.get(number, [])]


def finding_rows(
    found: Sequence[Finding], wording: Wording, recorded: tuple[int, int] | None
) -> ListRows:
    """The table of them; `recorded` is the span of the recording. Below an attack sequence stand
    the findings that it is made of."""
    return ListRows(
        Row(
            finding.id,
            (
                severity_cell(finding.severity),
                Cell(f"{mark}{wording.finding(finding.row, finding.type)}"),
                Cell(words.seen(finding.first, recorded), "dim"),
                Cell(words.seen(finding.updated, recorded), "dim"),
                Cell(f"×{finding.versions}", "" if finding.versions > 1 else "dim"),
                Cell(", ".join((*finding.ips, *finding.principals)), "dim"),
            ),
        )
        for mark, finding in _unfolded(found, wording)
    )


def _unfolded(found: Sequence[Finding], wording: Wording) -> Iterator[tuple[str, Finding]]:
    """Each finding once with what stands before it, the parts of a sequence behind it."""
    wholes = {finding.id for finding in found if finding.type.startswith(_SEQUENCE)}
    whole_of: dict[str, str] = {}
    for finding in found if wholes else ():
        for other in wording.linked(finding.row):
            part, whole = (other, finding.id) if finding.id in wholes else (finding.id, other)
            if whole in wholes and part not in wholes:
                whole_of.setdefault(part, whole)
    for finding in found:
        if finding.id in whole_of:
            continue
        yield "", finding
        if finding.id in wholes:
            parts = [each for each in found if whole_of.get(each.id) == finding.id]
            yield from (("└ ", each) for each in parts)


# -- role hops -----------------------------------------------------------------------------------


class Session(NamedTuple):
    """A role session that somebody's call created."""

    arn: str
    principal_id: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self if name)

    @property
    def ref(self) -> EntityRef:
        return EntityRef(Kind.PRINCIPAL, self.names[0] if self.names else "", self.names)

    @property
    def label(self) -> str:
        """`role › session`, for one that has done nothing yet."""
        return " › ".join(self.arn.split("/")[1:]) or self.principal_id


class Hops:
    """Who handed whom a role session; follows the index as it grows, each hop read once."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._read = 0
        self._made: dict[int, dict[Session, int]] = {}
        """Identity -> the sessions its calls created, with the time of the first."""
        self._makers: dict[str, dict[int, int]] = {}
        """Name of a session -> the identities that created it, with the time of the first."""

    def follow(self) -> None:
        """Takes in the hops that are new."""
        index = self._index
        for hop in index.hops[self._read :]:
            who, time = index.who.at(hop.row), index.time.at(hop.row)
            session = Session(hop.arn, hop.principal_id)
            made = self._made.setdefault(who, {})
            made[session] = min(time, made.get(session, time))
            for name in session.names:
                makers = self._makers.setdefault(name, {})
                makers[who] = min(time, makers.get(who, time))
        self._read = len(index.hops)

    def made_by(self, identities: Iterable[int], until: int) -> Iterator[Session]:
        """The sessions that these identities had created by a time."""
        for who in identities:
            for session, time in self._made.get(who, {}).items():
                if time <= until:
                    yield session

    def makers_of(self, names: Iterable[str], until: int) -> Iterator[int]:
        """The identities that had created a session of one of these names by a time."""
        for name in names:
            for who, time in self._makers.get(name, {}).items():
                if time <= until:
                    yield who


# -- related entities ----------------------------------------------------------------------------


class Link(NamedTuple):
    """One related entity; `number` is None while it has no event in sight."""

    how: str
    ref: EntityRef
    label: str
    risk: int = 0
    events: int = 0
    first: int = 0
    last: int = 0
    seen: bool = True

    @property
    def key(self) -> str:
        return f"{self.how}|{self.ref.kind}|{self.ref.key}"

    def row(self, recorded: tuple[int, int] | None) -> Row:
        """How it is listed; `recorded` is the span of the recording."""
        kind = words.KIND_TITLES[self.ref.kind]
        if not self.seen:
            cells = (Cell(self.how, "dim"), Cell(self.label, "dim"), Cell(kind, "dim"))
            return Row(self.key, (*cells, Cell("–", "dim"), Cell("0", "dim")))
        return Row(
            self.key,
            (
                Cell(self.how, "dim"),
                Cell(self.label),
                Cell(kind, "dim"),
                Cell(str(self.risk), words.risk_style(self.risk)),
                Cell(words.number(self.events)),
                Cell(words.seen(self.first, recorded), "dim"),
                Cell(words.seen(self.last, recorded), "dim"),
            ),
        )


class Related:
    """Finds the links of entities as of the cursor; filters do not matter."""

    def __init__(self, triage: Triage) -> None:
        self._triage = triage
        self._hops = Hops(triage.index)

    def links(self, entity: Entity) -> list[Link]:
        """Whom an entity is linked with; within each sort of link the riskiest first."""
        kind = entity.ref.kind
        found: list[Link] = []
        if kind is Kind.PRINCIPAL:
            found += self._hop_links(entity.ref)
            found += self._links("came from", Kind.IP, entity.ips)
        else:
            with_whom = "acts with it" if kind is Kind.SERVICE else "acts from here"
            found += self._links(with_whom, Kind.PRINCIPAL, entity.principals)
        if kind is Kind.IP:
            found += self._links("its network", Kind.NETWORK, [surroundings(entity.ref.key)])
        if kind in (Kind.NETWORK, Kind.SERVICE):
            how = "address in it" if kind is Kind.NETWORK else "came from"
            found += self._links(how, Kind.IP, entity.ips)
        return found

    def _links(self, how: str, kind: Kind, keys: Iterable[str]) -> list[Link]:
        ranking = self._triage.look(kind)
        unique = {self._link(how, ranking, EntityRef(kind, key)) for key in keys if key}
        return sorted(unique, key=lambda link: (-link.risk, -link.events, link.label))

    def _link(self, how: str, ranking: Ranking, ref: EntityRef, label: str = "") -> Link:
        number = find(ranking, ref)
        if number is None:
            return Link(how, ref, label or ref.key, seen=False)
        counts = ranking.counts
        if ranking.kind is Kind.PRINCIPAL:
            label = ranking.sight.principal(number).label
        return Link(
            how,
            reference(ranking, number),
            label or ranking.key(number),
            int(ranking.risks[number]),
            int(counts.by_outcome[number].sum()),
            int(counts.first[number]),
            counts.last_of(number),
        )

    def _hop_links(self, ref: EntityRef) -> list[Link]:
        """The sessions it became, and who became it."""
        ranking = self._triage.look(Kind.PRINCIPAL)
        number = find(ranking, ref)
        if number is None:
            return []
        self._hops.follow()
        sight, index = ranking.sight, self._triage.index
        members = sight.principal(number).members
        people = [index.identities[who] for who in members]
        names = {name for who in people for name in (who.principal_id, who.arn) if name}
        found = {
            self._link("became", ranking, session.ref, session.label)
            for session in self._hops.made_by(members, sight.cursor)
            if not names & set(session.names)
        }
        for who in self._hops.makers_of(names, sight.cursor):
            if who not in members:
                maker = index.identities[who]
                aliases = tuple(name for name in (maker.principal_id, maker.key) if name)
                ref = EntityRef(Kind.PRINCIPAL, maker.key, aliases)
                found.add(self._link("was made by", ranking, ref, maker.label))
        return sorted(found, key=lambda link: (link.how, -link.risk, -link.events, link.label))


def related_rows(found: Sequence[Link], recorded: tuple[int, int] | None) -> ListRows:
    """The table of them; `recorded` is the span of the recording."""
    return ListRows(link.row(recorded) for link in found)
