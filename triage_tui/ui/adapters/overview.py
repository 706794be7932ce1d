"""A ranking as the overview's rows, time-line, status line and panel."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from triage_tui.detect.geo import Nowhere
from triage_tui.model import MINUTE, Kind, Severity
from triage_tui.store.entities import built, pulse, pulse_peak, reference
from triage_tui.ui.adapters import health, marks, team, words
from triage_tui.ui.adapters.news import SIGN as NEWS
from triage_tui.ui.adapters.news import Looked
from triage_tui.ui.adapters.status import awaited, left_out, progress, unreadable
from widgets.bars import common_peak, sparkline
from widgets.columns import Cell, Column, Row
from widgets.text import fit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Network, IPv6Network

    from triage_tui.model import Block, Case, Entity, EntityRef
    from triage_tui.store.filters import Filter
    from triage_tui.store.index import Index
    from triage_tui.store.ranking import Ranking
    from triage_tui.triage import Triage

PULSE_SPAN = 15 * MINUTE
PULSE_BARS = 11
WIDE = 100
"""From this width on there is room for where addresses are from."""
_DELETES = re.compile(r"^delete|\.DELETE\.", re.IGNORECASE)
"""Actions that delete: of an API, a web request's method, of S3's own log, of Kubernetes."""
STEP = 4
"""Rows that are built between two moments in which keys are heard."""
_ASIDE = re.compile(r" \([^()]*\)")
PAGE = 16
"""Rows that are built together. The busiest stand first: few of them are much work."""


def columns(
    kind: Kind, width: int, *, places: bool = False, accounts: bool = False
) -> tuple[Column, ...]:
    """The overview's columns. They go by `drop` as it narrows; what stands out gets room first.
    With `places` there is one for where addresses are from, on wide screens; with `accounts` one
    for the account in which an entity acts."""
    title = words.KIND_TITLES[kind].upper()
    named = kind in (Kind.PRINCIPAL, Kind.SERVICE)
    size = 0 if width < 110 else 1 if width < 150 else 2
    least = (20, 26, 36)[size] if named else (15, 20, 39)[size]
    why, state = (14, 24 if accounts else 30, 44)[size], (9, 14, 16)[size]
    return (
        Column("risk", "RISK", width=4, align="right"),
        Column("entity", title, min_width=least, weight=int(named)),
        Column("events", "EVENTS", width=7, align="right"),
        Column("refused", "REFUSED", width=7, align="right", drop=7),
        Column("errors", "ERRORS", width=7, align="right", drop=3),
        Column("findings", "FINDINGS", width=10, drop=4),
        Column("pulse", "LAST 15 MIN", width=PULSE_BARS, drop=6),
        *((Column("where", "WHERE", width=5, drop=5 if width >= WIDE else 1),) if places else ()),
        *((Column("account", "ACCOUNT", width=15, drop=6),) if accounts else ()),
        Column("who", "WITH", width=18, drop=2),
        Column("first", "FIRST SEEN", width=10, drop=1),
        Column("why", "STANDS OUT", min_width=why, weight=2),
        Column("state", "STATE", width=state),
    )


def several_accounts(index: Index) -> bool:
    """Whether the records are of more than one account."""
    return len(index.account.dictionary.values) > 2  # none is a value too


class BlocksInForce:
    """Which blocks hold something back as of the cursor."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = [block for block in blocks if block.state in words.IN_FORCE]
        self._nets: list[tuple[IPv4Network | IPv6Network, Block]] = [
            (ip_network(block.cidr), block) for block in self.blocks
        ]

    def on(self, entity: Entity) -> list[Block]:
        """Those that touch one of the entity's addresses, or were made for it; newest first."""
        if not self._nets:
            return []
        names = set(entity.ref.subjects)
        addresses = [ip_address(ip) for ip in entity.ips]
        return [
            block
            for net, block in self._nets
            if block.subject in names or any(address in net for address in addresses)
        ]


class OverviewRows:
    """Implements `TableModel` over a ranking; rows are built a page at a time."""

    def __init__(self, triage: Triage, ranking: Ranking, looked: Looked | None = None) -> None:
        """`looked` knows what somebody has looked at."""
        self.triage = triage
        self._looked = looked or Looked()
        self.follow(ranking)

    def follow(self, ranking: Ranking) -> None:
        """Something changed: the rows are those of this ranking now."""
        self.ranking = ranking
        self._placed = ranking.kind is Kind.IP and not isinstance(self.triage.geo, Nowhere)
        self._accounts = several_accounts(ranking.sight.index)
        self.blocks = BlocksInForce(self.triage.blocks())
        self._pages: dict[int, list[tuple[Entity, Row]]] = {}
        self._peak: int | None = None

    def adopt(self, fresh: OverviewRows) -> bool:
        """The rows are those of another model now, as far as they are built; whether they have
        other columns."""
        before = self._accounts
        self.ranking, self.blocks = fresh.ranking, fresh.blocks
        self._placed, self._pages, self._peak = fresh._placed, fresh._pages, fresh._peak
        self._accounts = fresh._accounts
        return before != self._accounts

    def columns(self, width: int) -> tuple[Column, ...]:
        """The columns of its rows on a screen so wide."""
        return columns(self.ranking.kind, width, places=self._placed, accounts=self._accounts)

    def row_count(self) -> int:
        return len(self.ranking)

    def row(self, index: int) -> Row:
        return self._at(index)[1]

    def entity(self, index: int) -> Entity:
        """The entity of a row."""
        return self._at(index)[0]

    def index_of(self, key: str) -> int | None:
        number = self.ranking.number(key)
        return None if number is None else self.ranking.place(number)

    def ref(self, key: str) -> EntityRef | None:
        """The entity that has a key, or had it before a merge; None when it is out of sight."""
        number = self.ranking.number(key)
        if number is None or number not in self.ranking:
            return None
        return reference(self.ranking, number)

    def building(self, index: int) -> Iterator[None]:
        """Builds the page of a row in steps, unless it is built."""
        page = index // PAGE
        if page in self._pages:
            return
        numbers = self.ranking.page(page * PAGE, (page + 1) * PAGE).tolist()
        pulses = pulse(self.ranking, numbers, PULSE_SPAN, PULSE_BARS)
        if self._peak is None:
            self._peak = common_peak(pulse_peak(self.ranking, PULSE_SPAN, PULSE_BARS))
        yield
        rows: list[tuple[Entity, Row]] = []
        for entity, counts in zip(built(self.ranking, numbers), pulses, strict=True):
            rows.append((entity, self._row(entity, counts)))
            if len(rows) % STEP == 0:
                yield
        self._pages[page] = rows

    def _at(self, index: int) -> tuple[Entity, Row]:
        for _ in self.building(index):
            pass
        return self._pages[index // PAGE][index % PAGE]

    def next_marked(self, index: int) -> int | None:
        """The place of the next marked entity after `index`, from the top again behind the last;
        None without any."""
        kind = f"{self.ranking.kind}:"
        names = [
            each
            for each in marks.marked(self.triage.casebook.history())
            if each[: len(kind)] == kind
        ]
        found = (self.index_of(name.removeprefix(kind)) for name in names)
        places = [place for place in found if place is not None]
        return marks.next_place(places, index)

    def _sign(self, entity: Entity) -> str:
        if self.triage.case(entity.ref).is_marked:
            return marks.SIGN
        return NEWS if self._looked.is_news(entity) else ""

    def _row(self, entity: Entity, counts: Sequence[int]) -> Row:
        style = words.risk_style(entity.risk)
        refused = Cell(words.number(entity.refused), "bad" if entity.refused else "dim")
        errors = Cell(words.number(entity.errors), "medium" if entity.errors else "dim")
        findings = f"{entity.findings} {entity.worst.word}" if entity.findings else ""
        return Row(
            entity.ref.key,
            (
                Cell(str(entity.risk), style),
                Cell(entity.label),
                Cell(words.number(entity.events)),
                refused,
                errors,
                Cell(findings, words.SEVERITY_STYLES[entity.worst]),
                Cell(sparkline(counts, PULSE_BARS, self._peak), "accent" if any(counts) else "dim"),
                *self._where(entity),
                *self._in_accounts(entity),
                Cell(company(entity), "dim"),
                Cell(words.seen(entity.first, self.triage.index.main_span()), "dim"),
                Cell(stands_out(entity)),
                self._state(entity),
            ),
            sign=self._sign(entity),
        )

    def _where(self, entity: Entity) -> Iterator[Cell]:
        if self._placed:
            place = self.triage.place(entity.ref, self.ranking.sight)
            yield Cell(place.country or "", "dim")

    def _in_accounts(self, entity: Entity) -> Iterator[Cell]:
        if self._accounts:
            more = len(entity.accounts) - 1
            yield Cell("".join(entity.accounts[:1]) + (f" +{more}" if more > 0 else ""), "dim")

    def _state(self, entity: Entity) -> Cell:
        return state(
            self.triage.case(entity.ref),
            self.blocks.on(entity),
            self.triage.clock.position(),
            team.on(self.triage, entity.ref),
        )


def state(case: Case, blocks: Sequence[Block], now: int, others: str = "") -> Cell:
    """`■ 54m` while blocked, else the status; how many notes there are, whether somebody says
    otherwise (≠), and who else is on it."""
    notes = f" {len(case.notes)}✎" if case.notes else ""
    notes += f" @{others}" if others else ""
    if case.disputed:
        notes = f" ≠{notes}"
    if blocks:
        ends = [block.expires for block in blocks if block.expires is not None]
        left = words.span(max(ends) - now) if len(ends) == len(blocks) else "for ever"
        sign, style = words.held_sign(blocks)
        return Cell(f"{sign} {left}{notes}", style)
    glyph = words.STATUS_GLYPHS[case.status]
    if glyph:
        return Cell(f"{glyph} {case.status.value}{notes}", "good" if glyph == "✓" else "medium")
    return Cell(f"{case.status.value}{notes}", "dim")


def company(entity: Entity) -> str:
    """Who else acts there: an address's principals, a principal's addresses."""
    if entity.ref.kind is Kind.IP:
        others, many = entity.principals, "principals"
    else:
        others, many = entity.ips, "addresses"
    if len(others) == 1:
        return words.principal(others[0])
    return f"{len(others)} {many}" if others else ""


def stands_out(entity: Entity) -> str:
    """What one would say first about an entity, in a few words."""
    deletes = sum(count for name, count in entity.actions.items() if _DELETES.search(name))
    rejected = entity.actions.get("REJECT", 0)
    logins = entity.actions.get("ssh failed", 0)
    said = [*_rarest(entity)]
    if deletes >= 3 and not any("delete" in each for each in said):
        said.append(words.counted(deletes, "delete"))
    if entity.worst >= Severity.MEDIUM:
        title = next((r.text for r in entity.reasons if r.kind == "finding"), "")
        said.append(f"{entity.worst.word}: {title.partition(': ')[2]}")
    said += (r.text.partition(": ")[2] for r in entity.reasons if r.kind == "detection")
    if rejected >= 5:
        said.append(f"{words.short_number(rejected)} flows rejected")
    if logins >= 5:
        said.append(f"{words.short_number(logins)} SSH logins failed")
    refused = entity.refused - rejected - logins
    if refused >= 5:
        target, there = entity.targets[0] if entity.targets else ("", 0)
        at = f" at {words.resource(target)}" if there == entity.events else ""
        said.append(f"{words.short_number(refused)} refused{at}")
    for least in (_unlike_itself, _loud):
        if not said:
            said += least(entity)
    if said:
        return ", ".join(said)
    if entity.ref.kind is Kind.NETWORK and len(entity.ips) > 1:
        return words.counted(len(entity.ips), "address", "addresses")
    return _mostly(entity)


RARE = 10
"""Points from which on an unusual hour, or being where one cannot be so soon, is what one would say
first."""
_NEWS = 5
"""Points from which on something new is worth a word, where there is nothing else to say."""


def _rarest(entity: Entity) -> Iterator[str]:
    """What hardly ever happens: an hour like none before, being in two places at once, an address
    that others know as bad."""
    for reason in entity.reasons:
        if reason.kind == "rate" and reason.points >= RARE:
            before, _, now = reason.text.partition(", now ")
            yield f"{_ASIDE.sub('', now)}, {before}"
        if reason.kind == "travel" and reason.points >= RARE:
            places, _, far = reason.text.rpartition(": ")
            yield f"{far}, {places}"
        if reason.kind == "intel":
            yield reason.text.partition(" of 2")[0] if len(entity.ips) == 1 else reason.text


def _unlike_itself(entity: Entity) -> Iterator[str]:
    """What is newest about who does as always but for that."""
    for reason in entity.reasons:
        unusual = reason.kind.startswith("new ") or reason.kind in ("unknown", "silence")
        if unusual and reason.points >= _NEWS:
            yield reason.text
            return


def _loud(entity: Entity) -> Iterator[str]:
    """Far more than others do, as in a flood that is answered in full."""
    for reason in entity.reasons:
        if reason.kind == "volume" and reason.points >= RARE:
            yield f"{words.short_number(entity.events)} events{reason.text.partition(' events')[2]}"


def _mostly(entity: Entity) -> str:
    """What it did most, and where; only one of them where it may never have done that there: the
    two are counted apart."""
    action, times = next(iter(entity.actions.items()), ("", 0))
    name, there = entity.targets[0] if entity.targets else ("", 0)
    target = words.resource(name)
    if action and target and times + there <= entity.events:
        return action if times >= there else target
    return f"{action} {target}".strip()


_LONGEST_FILTER = 36
"""Cells of a filter in a sentence: what to do about it must be seen too."""


def empty_words(triage: Triage, kind: Kind, selected: Filter) -> str:
    """Why the table is empty, and what to do about it."""
    if not triage.loaded:
        return f"reading {_names(triage)} {progress(triage)}"
    if not triage.index.rows:
        if bad := unreadable(triage) or left_out(triage):
            path, why = bad[0]
            return f"{path.rpartition('/')[2]}: {why}"
        if said := _live_words(triage):
            return said
        if late := awaited(triage):
            return f"{late[0].rpartition('/')[2]} is not there yet; it is read as soon as it comes"
        return "there is no event in these files"
    if selected.text and len(triage.look(kind)):
        if not selected.selects_all and not triage.matches(selected).complete:
            return "nothing yet; searching the raw records"
        text = fit(selected.text, min(_LONGEST_FILTER, len(selected.text)))
        return f"nothing matches {text}; Esc clears the filter"
    if triage.clock.at_end:
        return f"no {words.KIND_PLURALS[kind]} in these events; Tab shows the others"
    at = words.clock(triage.clock.position())
    return f"no {words.KIND_PLURALS[kind]} yet at {at}; Space plays, ] steps on"


def _live_words(triage: Triage) -> str:
    """Why nothing live has come yet; "" where nothing is live."""
    reports = [source.report for source in triage.sources if source.report.live is not None]
    if any(report.live and report.live.lockout for report in reports):
        return "AWS does not let us in; what to do stands above"
    why = health.worst(reports, triage.clock.wall())
    if why:
        return f"nothing has come yet: {why}; i shows how each source is"
    return "nothing has come yet; i shows how each source is" if reports else ""


def _names(triage: Triage) -> str:
    paths = [source.report.path for source in triage.sources]
    if len(paths) == 1:
        return paths[0].rpartition("/")[2]
    return words.counted(len(paths), "file")
