"""The index: every event as a row of numbers. One writer (`append`); readers take what they need.

A row is never changed once it is in. Text is interned, raw bytes stay on disk. Rows stand in order
of arrival; what is shown counts neither duplicates nor what nobody understood.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import accumulate, islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from triage_tui.detect.correlate import Several
from triage_tui.detect.knowledge import nothing
from triage_tui.detect.ruleset import EMPTY
from triage_tui.formats.settings import DEFAULT
from triage_tui.model import (
    AHEAD,
    EMPTY_IDENTITY,
    NO_TIME,
    Columns,
    Hop,
    Identity,
)
from triage_tui.networks import surroundings
from triage_tui.principals import is_aws

from .bulk import Bulk
from .columns import Array, Dictionary, Growing, Narrow, Renumbers, TextColumn, frame
from .doings import Doings
from .eventids import EventIds
from .judging import Judging
from .knocks import Knocks
from .known import Known
from .listed import Listed
from .runs import Runs
from .sparse import ExtraActors, HitRows
from .touching import Touching
from .zones import Zones

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from triage_tui.detect.correlate import Detection
    from triage_tui.detect.rule_settings import Mute
    from triage_tui.detect.ruleset import Rule, RuleSet
    from triage_tui.formats.settings import FormatSettings
    from triage_tui.model import Feed, Verdict
    from triage_tui.model.batch import Part

    from .columns import Mask

_FAR = 2**63 - 1
_KEPT_DOINGS = 3
"""Spans of time for which it is known what principals do."""


class Origin(NamedTuple):
    """Where a batch is from."""

    scope: int | str
    """Within what its true twins are told apart: its source, unless that is a part of something."""
    report: str = ""
    """The name of its file."""


class Index:
    """All events of one triage."""

    def __init__(self, settings: FormatSettings = DEFAULT, rules: RuleSet = EMPTY) -> None:
        """`settings` are those that the records are read with, `rules` those that ran on them."""
        self.settings = settings
        self.rules = rules
        self.hits = HitRows()
        self.correlated: Sequence[Detection] = ()
        """What correlations detected so far, in the order of time; whoever runs them sets it."""
        self.looked: dict[str, tuple[int, int]] = {}
        self.there: set[str] = set()
        self.barred: tuple[object, dict[tuple[int, tuple[str, ...]], tuple[str, ...]]] = None, {}
        """What follows of that for rules, as long as it holds; whoever asks keeps it here."""
        """By field that a rule asked a whole record for: how often, and how often it was there."""
        self.muted: frozenset[Mute] = frozenset()
        """What nobody wants to hear of; `mute` changes it."""
        self.shown = np.array([rule.shown for rule in rules.rules], np.bool_)
        """Per rule whether its matches are detections."""
        self.levels = np.array([rule.level for rule in rules.rules], np.int64)
        """Per rule its level."""
        self.about_outcomes = np.zeros(len(rules.rules), np.bool_)
        """Per rule whether it is about what became of an attempt, so that a refusal weakens
        nothing."""
        self.about_outcomes[[*rules.about_outcomes]] = True
        self.about_findings = np.zeros(len(rules.rules), np.bool_)
        """Per rule whether all it can match are findings."""
        self.about_findings[[*rules.about_findings]] = True
        self._correlated_of: Sequence[Detection] = ()
        self._correlated_at: dict[int, list[int]] = {}
        empty = np.empty(0, np.int64)
        self._correlated_rows: tuple[Array, Array] = (empty, empty)
        self.knowledge = nothing()
        """What is known beside the events."""
        self.verdicts: Mapping[str, tuple[Verdict, int]] = {}
        """Casebook subject -> what was decided of it last, and where the cursor was."""
        self.untaught = ""
        """Why what was learned cannot be used."""
        self.lessons = 0
        """Counts what was fetched of it."""
        self.rows = 0
        self.revision = 0
        self.unparsed = 0
        self.timeless = 0
        """Rows that tell of vulnerabilities, and are no events of any moment."""
        self.duplicates = 0
        self.time = Growing(np.int64)
        self.id = Growing(np.uint64)
        self.outcome = Narrow(np.uint8)
        self.severity = Narrow(np.uint8)
        self.who = Narrow(np.uint32)
        self.status = Narrow(np.int32)
        self.size = Narrow(np.int64)
        self.offset = Narrow(np.uint64)
        """Where the raw bytes begin, counted from where the row's run says."""
        self.length = Narrow(np.uint64)
        self.spooled = Narrow(np.uint8)
        self.duplicate = Narrow(np.uint8)
        addresses = Dictionary()
        self.format = TextColumn()
        self.action = TextColumn()
        self.source_ip = TextColumn(addresses)
        self.actor_ip = TextColumn(addresses)
        self.service = TextColumn()
        self.agent = TextColumn()
        self.account = TextColumn()
        self.region = TextColumn()
        self.resource = TextColumn()
        self.method = TextColumn()
        self.path = TextColumn()
        self.country = TextColumn()
        self.called = TextColumn()
        self.networks = Dictionary()
        self._network_of_ip = Narrow(np.uint32)
        self.identities: list[Identity] = [EMPTY_IDENTITY]
        self._identity_numbers: dict[Identity, int] = {EMPTY_IDENTITY: 0}
        self._identity_renumbers = Renumbers()
        self._parts: dict[str, str] = {}
        self._first_seen = np.full(1, _FAR, np.int64)
        self._first_list, self._first_list_of = array("q", [_FAR]), (0, 1)
        self.identity_version = 0
        self.extras = ExtraActors()
        self.hops: list[Hop] = []
        self.finding_rows: dict[str, list[int]] = {}
        self.archived_rows: set[int] = set()
        """Of findings: versions that somebody has put away."""
        self.runs = Runs()
        self._ids = EventIds()
        self.zones = Zones(self.time)
        self.judging = Judging(self)
        self.known = Known()
        """What reports say of vulnerable packages."""
        self.knocks = Knocks(self)
        self._listed: Listed | None = None
        self._touching: Touching | None = None
        self._touching_of: tuple[str, ...] = ()
        self._aws = np.zeros(0, np.bool_)
        self._doings: dict[int | None, Doings] = {}
        self._span: tuple[int, int] | None = None
        self._bulk = Bulk()
        self._begin: tuple[int, tuple[int, int] | None] = (-1, None)
        self._latest: int | None = None

    # -- writing ---------------------------------------------------------------------------------

    def append(
        self,
        columns: Columns,
        spool: int = 0,
        origins: Sequence[Origin] = (),
    ) -> range:
        """Takes in a batch, or several that were joined. `spool` is where their `spill` begins in
        the spool; `origins` tell of each where it is from. Returns the rows."""
        count = len(columns)
        start = self.rows
        if not count and not columns.vocabulary:
            return range(start, start)
        origins = origins or [Origin(part.source) for part in columns.parts]
        offset = self.runs.append(columns, start, spool)
        time = frame(columns.time, np.int64)
        ids = self._ids.of(columns, [origin.scope for origin in origins])
        repeated = self._ids.claim(ids) & (time != NO_TIME)
        renumber = self._append_texts(columns)
        who = self._append_identities(columns)
        for column, values in (
            (self.time, time),
            (self.id, ids),
            (self.outcome, frame(columns.outcome, np.uint8)),
            (self.severity, frame(columns.severity, np.uint8)),
            (self.status, frame(columns.status, np.int32)),
            (self.size, frame(columns.size, np.int64)),
            (self.offset, offset),
            (self.length, frame(columns.length, np.uint64)),
            (self.spooled, frame(columns.spooled, np.uint8)),
            (self.duplicate, repeated),
        ):
            column.extend(values)
        rows_who = who[frame(columns.who, np.uint32)]
        self.who.extend(rows_who)
        counted = (time != NO_TIME) & ~repeated
        self._note_identities(rows_who[counted], time[counted])
        self._widen_span(time[counted])
        self._note_latest(columns.parts, time, counted)
        self._append_sparse(columns, start, renumber, who, counted)
        self._append_known(columns, origins)
        self.hits.extend(columns.hits, start)
        for field, (asked, there) in columns.hits.looked.items():
            before = self.looked.get(field, (0, 0))
            self.looked[field] = before[0] + asked, before[1] + there
        self.there |= columns.hits.there
        self.unparsed += columns.unparsed
        self.timeless += int((time == NO_TIME).sum()) - columns.unparsed
        self.duplicates += int(repeated.sum())
        self.rows += count
        self.revision += 1
        return range(start, self.rows)

    def _widen_span(self, time: Array) -> None:
        if len(time):
            low, high = int(time.min()), int(time.max())
            known = self._span or (low, high)
            self._span = min(low, known[0]), max(high, known[1])
            self._bulk.note(time, low, high)

    def _note_latest(self, parts: Sequence[Part], time: Array, counted: Array) -> None:
        """The latest of events that are not dated later than they came: a wrong clock, or
        somebody's lie, says nothing of how late it is."""
        believed, high = time[counted], int(time.max(initial=NO_TIME)) - AHEAD
        if any(high > part.received for part in parts):
            came = np.repeat([part.received for part in parts], [part.rows for part in parts])
            believed = time[counted & (time - AHEAD <= came)]
        if len(believed):
            high = int(believed.max())
            self._latest = high if self._latest is None else max(self._latest, high)

    def _append_texts(self, columns: Columns) -> NDArray[np.uint32]:
        """Appends the text columns; returns the renumbering of the actors' addresses."""
        for column, texts in (
            (self.format, columns.format),
            (self.action, columns.action),
            (self.source_ip, columns.source_ip),
            (self.service, columns.service),
            (self.agent, columns.agent),
            (self.account, columns.account),
            (self.region, columns.region),
            (self.resource, columns.resource),
            (self.method, columns.method),
            (self.path, columns.path),
            (self.country, columns.country),
            (self.called, columns.called),
        ):
            column.extend(texts, columns.vocabulary)
        renumber = self.actor_ip.extend(columns.actor_ip, columns.vocabulary)
        addresses = self.actor_ip.dictionary.values[len(self._network_of_ip) :]
        self._network_of_ip.extend(self.networks.numbers(map(surroundings, addresses)))
        return renumber

    def _append_identities(self, columns: Columns) -> NDArray[np.uint32]:
        numbers, found = self._identity_numbers, []
        for identity in columns.identities:
            number = numbers.get(identity)  # once: to hash an identity takes its time
            if number is None:
                number = len(self.identities)
                known = self._interned(identity)
                numbers[known] = number
                self.identities.append(known)
            found.append(number)
        return self._identity_renumbers.extended(
            columns.vocabulary, columns.identities_known, np.array(found, np.uint32)
        )

    def _interned(self, identity: Identity) -> Identity:
        """The same out of texts that are kept once: sessions differ in little but their keys."""
        parts = msgspec.structs.astuple(identity)
        return Identity(*(self._parts.setdefault(part, part) for part in parts))

    def _note_identities(self, who: Array, time: Array) -> None:
        if len(self.identities) > len(self._first_seen):
            room = np.full(len(self.identities), _FAR, np.int64)
            self._first_seen = np.concatenate([self._first_seen, room])
        if bool((time < self._first_seen[who]).any()):
            np.minimum.at(self._first_seen, who, time)
            self.identity_version += 1

    def _append_sparse(
        self, columns: Columns, start: int, ips: Array, who: Array, counted: Array
    ) -> None:
        if columns.extras:
            table = np.array([(e.row, e.ip, e.who) for e in columns.extras], np.int64)
            row, ip, number = table[counted[table[:, 0]]].T
            self.extras.extend(row + start, ips[ip], who[number])
            self._note_identities(who[number], frame(columns.time, np.int64)[row])
        for hop in columns.hops:
            if counted[hop.row]:
                row = start + hop.row
                self.hops.append(Hop(row, hop.arn, hop.principal_id, hop.access_key))
        for finding in columns.findings:
            if counted[finding.row]:
                self.finding_rows.setdefault(finding.id, []).append(start + finding.row)
                if finding.archived:
                    self.archived_rows.add(start + finding.row)

    def _append_known(self, columns: Columns, origins: Sequence[Origin]) -> None:
        if not columns.vulnerabilities:
            return
        ends = [*accumulate(part.rows for part in columns.parts)]
        for each in columns.vulnerabilities:
            self.known.add(each.vulnerability, origins[bisect_right(ends, each.row)].report)

    def formats(self, rows: range) -> dict[str, int]:
        """How many of these rows there are of each format."""
        values, counts = np.unique(
            self.format.ids.view()[rows.start : rows.stop], return_counts=True
        )
        names = self.format.dictionary.values
        return {names[v]: n for v, n in zip(values.tolist(), counts.tolist(), strict=True)}

    def mute(self, muted: Iterable[Mute]) -> None:
        """Says which rules nobody wants to hear of, instead of those before."""
        self.muted = frozenset(muted)
        everywhere = {mute.rule for mute in self.muted if not mute.entity}
        self.shown = np.array(
            [rule.shown and rule.id not in everywhere for rule in self.rules.rules], np.bool_
        )
        self.revision += 1

    # -- reading ---------------------------------------------------------------------------------

    @property
    def touching(self) -> Touching:
        """Which rows touch what weighs more."""
        names = self.knowledge.sensitive
        if self._touching is None or self._touching_of != names:
            self._touching, self._touching_of = Touching(self, names), names
        return self._touching

    @property
    def listed(self) -> Listed:
        """Which addresses are on lists."""
        if self._listed is None or self._listed.intel is not self.knowledge.intel:
            self._listed = Listed(self.knowledge.intel, self.actor_ip.dictionary.values)
        return self._listed

    def aws_identities(self) -> Mask:
        """Per identity whether it is AWS at work for itself."""
        done = len(self._aws)
        fresh = [is_aws(who) for who in self.identities[done:]]
        if fresh:
            self._aws = np.concatenate([self._aws, np.array(fresh, np.bool_)])
        return self._aws

    def doings(self, since: int | None) -> Doings:
        """What principals do, from a time on."""
        found = self._doings.pop(since, None) or Doings(self, since)
        while len(self._doings) >= _KEPT_DOINGS:
            self._doings.pop(next(iter(self._doings)))
        self._doings[since] = found
        return found

    @property
    def network_of_ip(self) -> Array:
        """Per address number its network's number."""
        return self._network_of_ip.view()

    @property
    def identity_first(self) -> array[int]:
        """'q', per identity the time of its first event. Do not write."""
        if self._first_list_of != (self.identity_version, len(self.identities)):
            self._first_list = array("q", self._first_seen[: len(self.identities)].tobytes())
            self._first_list_of = self.identity_version, len(self.identities)
        return self._first_list

    def span(self) -> tuple[int, int] | None:
        """Times of the first and the last event."""
        return self._span

    def begin(self) -> tuple[int, int] | None:
        """The time from which nearly all events are, and how many are long before it; None where
        there are none of these."""
        if self._begin[0] != self.revision:
            last = self.latest()
            self._begin = self.revision, None if last is None else self._bulk.begin(last)
        return self._begin[1]

    def main_span(self) -> tuple[int, int] | None:
        """The span of nearly all events: without the few that are long before the others, and those
        that are dated later than they came."""
        begin, latest = self.begin(), self.latest()
        if self._span is None or latest is None:
            return None
        return begin[0] if begin else self._span[0], latest

    def latest(self) -> int | None:
        """Time of the last event that is not dated later than it came, by more than `AHEAD`; the
        last of all where each of them is."""
        return self._latest if self._latest is not None or not self._span else self._span[1]

    def place(self, row: int) -> int:
        """Where the raw bytes of a row begin: in its source's file, or in the spool."""
        run = self.runs.of(row)
        return self.offset.at(row) + (run.spill if self.spooled.at(row) else run.begin)

    def places(self, start: int, stop: int) -> tuple[Array, Array]:
        """Where the raw bytes of some rows of one run begin, and how many they are."""
        run = self.runs.of(start)
        spooled = self.spooled.view()[start:stop] != 0
        offsets = self.offset.view()[start:stop].astype(np.int64)
        offsets += np.where(spooled, run.spill, run.begin)
        return offsets, self.length.view()[start:stop].astype(np.int64)

    def rules_of(self, row: int) -> list[Rule]:
        """The rules that matched a row, and are shown."""
        _, numbers = self.hits.between(row, row + 1)
        self.correlated_rows()
        fired = self._correlated_at.get(row, ())
        found = (number for number in (*numbers.tolist(), *fired) if self.shown[number])
        return [self.rules.rules[number] for number in found]

    def fed(self, feed: Feed, start: int) -> Iterator[Several]:
        """What a batch that begins at row `start` feeds into correlations, by input and group; what
        came before, or at no known time, feeds nothing."""
        rows = np.frombuffer(feed.row, np.uint32).astype(np.int64) + start
        counted = (self.time.view()[rows] != NO_TIME) & (self.duplicate.view()[rows] == 0)
        inputs, groups, values = (
            np.frombuffer(column, np.uint32).astype(np.int64)
            for column in (feed.input, feed.group, feed.value)
        )
        keys = inputs * len(feed.texts) + groups
        order = np.flatnonzero(counted)
        order = order[np.argsort(keys[order], kind="stable")]
        if not len(order):
            return
        rows, keys, texts = rows[order], keys[order], feed.texts
        each = zip(
            map(texts.__getitem__, values[order].tolist()),
            self.time.view()[rows].tolist(),
            self.id.view()[rows].tolist(),
            rows.tolist(),
            strict=True,
        )
        ends = [*np.flatnonzero(keys[1:] != keys[:-1]) + 1, len(keys)]
        start = 0
        for key, end in zip(keys[[0, *ends[:-1]]].tolist(), ends, strict=True):
            number, group = divmod(key, len(texts))
            yield Several(number, texts[group], [*islice(each, end - start)])
            start = end

    def correlated_rows(self) -> tuple[Array, Array]:
        """(rows, rules) of what correlations detected: the events at which they fired."""
        if self._correlated_of is not self.correlated:
            self._correlated_of = self.correlated
            self._correlated_rows = (
                np.array([each.row for each in self.correlated], np.int64),
                np.array([each.rule for each in self.correlated], np.int64),
            )
            self._correlated_at.clear()
            for each in self.correlated:
                self._correlated_at.setdefault(each.row, []).append(each.rule)
        return self._correlated_rows

    def actors(self, row: int) -> list[tuple[int, int]]:
        """(address, identity) numbers of all whom we hold responsible, the first one first."""
        return [(self.actor_ip.ids.at(row), self.who.at(row)), *self.extras.of(row)]

    def nbytes(self) -> int:
        """Bytes of the number columns (text and identities come on top)."""
        columns = [value for value in vars(self).values() if isinstance(value, Growing)]
        columns += [v.ids for v in vars(self).values() if isinstance(v, TextColumn)]
        return sum(column.nbytes for column in columns)
