"""Events as rows of a table and as lines of a panel: from the index's columns, and in the record's
own words where these say more."""

from __future__ import annotations

import bisect
import re
from functools import cached_property
from typing import TYPE_CHECKING

from triage_tui.model import DAY, NO_NUMBER, Kind, Outcome, Severity
from triage_tui.store.entities import event_rows
from triage_tui.ui.adapters import marks, words
from triage_tui.ui.adapters.marks import SaidOfEvents
from widgets.columns import Cell, Column, Row

if TYPE_CHECKING:
    from triage_tui.store.columns import Array
    from triage_tui.store.index import Index
    from triage_tui.store.ranking import Ranking
    from triage_tui.triage import Triage

TOLD = frozenset({"application", "apache_error", "auth", "lambda", "nginx_error", "vpcflow"})
"""Formats whose records say more than the columns hold: ports, users who are none, messages."""
LONG = 16_000
"""Bytes from which on a record is not read only for its words."""
ROOMY = 80
"""From this width on, what was done is told before what it was done with."""
KEPT = 2_000
"""Rows whose words are kept."""


class Wording:
    """What events were done to, in as few words as say it."""

    def __init__(self, triage: Triage) -> None:
        self._triage = triage
        self._known: dict[int, str] = {}
        self._linked: dict[int, tuple[str, ...]] = {}

    def what(self, row: int, actor: str = "") -> str:
        """A path, a resource, the other end of a flow, or what the record says; `actor` is the
        address whose events are told."""
        index = self._triage.index
        path, resource = index.path.text(row), words.resource(index.resource.text(row))
        if index.format.text(row) in TOLD and not path:
            said = self.summary(row)
            for known in (index.action.text(row), resource):
                said = said.removeprefix(known).lstrip(" :")
            return _PLAINER.get(index.format.text(row), _as_it_is)(said, actor) or resource
        return path if index.method.text(row) else resource or path

    def summary(self, row: int) -> str:
        """The record in one line; "" where it cannot be read, or only at length."""
        found = self._known.get(row)
        if found is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            found = self._known[row] = self._read(row)
        return found

    def finding(self, row: int, type_: str) -> str:
        """What a finding says. GuardDuty's types do; those of others are headings, and alike."""
        return (
            type_
            if self._triage.index.format.text(row) == "guardduty"
            else (self.summary(row) or type_)
        )

    def linked(self, row: int) -> tuple[str, ...]:
        """Ids of the findings that a finding is made of, or of the one that it is a part of."""
        if self._triage.index.format.text(row) != "guardduty":
            return ()
        found = self._linked.get(row)
        if found is None:
            if len(self._linked) >= KEPT:
                self._linked.clear()
            try:
                found = self._triage.event(row).linked
            except OSError:
                found = ()
            self._linked[row] = found
        return found

    def _read(self, row: int) -> str:
        if self._triage.index.length.at(row) > LONG:
            return ""
        try:
            return self._triage.event(row).summary
        except OSError:  # the columns alone must do
            return ""


_FLOW = re.compile(r"(?P<how>[^→]*?)(?P<sender>[^ →]+)(?: \([^)]*\))? → (?P<receiver>[^ ]+)")


def _far_end(flow: str, actor: str) -> str:
    """`10.0.1.20:22 tcp` of `tcp 203.0.113.77:40000 → 10.0.1.20:22 (2 packets)`; where the actor is
    the receiver, `from 203.0.113.77:40000 tcp`."""
    match = _FLOW.match(flow)
    if match is None:
        return flow
    receiver = match["receiver"]
    at_end = actor and actor in (receiver, receiver.rpartition(":")[0].strip("[]"))
    end = f"from {match['sender']}" if at_end else receiver
    return f"{end} {match['how']}".rstrip()


def _message(line: str, _actor: str) -> str:
    """What a program said, without its name: the action tells that."""
    return line.partition(": ")[2] or line


def _as_it_is(text: str, _actor: str) -> str:
    return text


_PLAINER = {"auth": _message, "vpcflow": _far_end}


def event_columns(kind: Kind, width: int, day: str) -> tuple[Column, ...]:
    """Columns of the events of an entity of a kind; they go by `drop` as it narrows. `day` is that
    of `EventRows`."""
    who = "FROM" if _shows_address(kind) else "PRINCIPAL"
    action, what = (15, 20) if width >= ROOMY else (12, 14)
    return (
        Column("time", "TIME", width=len(words.day_clock(0, day))),
        Column("action", "ACTION", min_width=action, weight=2),
        Column("what", "WHAT", min_width=what, weight=3),
        Column("outcome", "OUTCOME", width=10),
        Column("who", who, min_width=15, weight=1, drop=4),
        Column("status", "HTTP", width=4, align="right", drop=2),
        Column("agent", "AGENT", min_width=14, weight=1, drop=3),
        Column("format", "LOG", width=10, drop=2),
        Column("region", "REGION", width=12, drop=1),
    )


def _shows_address(kind: Kind) -> bool:
    return kind in (Kind.PRINCIPAL, Kind.NETWORK)


class EventRows:
    """Implements `TableModel` over the rows of an entity, by time; a row is read when it is asked
    for."""

    def __init__(
        self,
        ranking: Ranking,
        number: int | None,
        wording: Wording,
        said: SaidOfEvents | None = None,
    ) -> None:
        self.said = said or SaidOfEvents()
        """Which of them have a note or a mark."""
        self.looked_at: int | None = None
        """Up to when somebody has looked at them; what is later is new."""
        self._index = ranking.sight.index
        self._address = _shows_address(ranking.kind)
        self._wording = wording
        self.follow(ranking, number)

    def follow(self, ranking: Ranking, number: int | None) -> None:
        """Shows the events of an entity in a ranking; none where it is out of sight."""
        self.rows: Array = event_rows(ranking, -1 if number is None else number)
        self._far_end = "" if number is None or self._address else ranking.key(number)
        self.day = self._day()
        """How the day is written in front of a time; "" where all are of one day."""
        self.__dict__.pop("_refused", None)

    def _day(self) -> str:
        if not len(self.rows):
            return ""
        first, last = (self._index.time.at(int(self.rows[at])) for at in (0, -1))
        same = first // DAY == last // DAY
        return "" if same else words.day_between(first, last, words.DATE)

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

    def next_marked(self, index: int) -> int | None:
        """The next marked row after `index`, from the top again behind the last; None without
        any."""
        ids = self._index.id.view()[self.rows]
        places = [int(place) for mark in self.said.marks for place in (ids == mark).nonzero()[0]]
        return marks.next_place(places, index)

    def is_marked(self, number: int) -> bool:
        """Whether somebody wants to come back to an event."""
        return self._index.id.at(number) in self.said.marks

    def spoken_of(self) -> dict[str, int]:
        """The casebook's names of those that have something said of them, and their rows."""
        if not self.said.names:
            return {}
        ids = self._index.id.view()[self.rows]
        return {
            name: int(self.rows[place])
            for number, name in self.said.names.items()
            for place in (ids == number).nonzero()[0][:1]
        }

    def sign(self, number: int) -> str:
        """`◆`, `✎`, or `+` for what came since somebody looked."""
        said = self.said.signs(self._index.id.at(number))
        fresh = self.looked_at is not None and self._index.time.at(number) > self.looked_at
        return said[:1] or ("+" if fresh else "")

    def row(self, index: int) -> Row:
        number = self.number(index)
        events = self._index
        time = events.time.at(number)
        outcome = outcome_cell(events, number)
        status = events.status.at(number)
        return Row(
            str(number),
            (
                Cell(words.day_clock(time, self.day), "dim"),
                Cell(action(events, number)),
                Cell(self._wording.what(number, self._far_end)),
                outcome,
                Cell(self._who(number)),
                Cell("" if status == NO_NUMBER else str(status), "dim"),
                Cell(words.agent(events.agent.text(number)), "dim"),
                Cell(events.format.text(number), "dim"),
                Cell(events.region.text(number), "dim"),
            ),
            sign=self.sign(number),
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
