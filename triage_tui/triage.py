"""One running triage: sources into the index, and what people and screens ask of it. No screen
here.

The event loop is the index's only writer; between batches it lets others run. Everything shown is
read
through `look`, as of the clock's cursor.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, NamedTuple

from .casework import Casework
from .correlating import Correlating
from .decoding import Decoders
from .detect.geo import Nowhere
from .detect.rule_settings import Mute
from .habits import role_key
from .health import FileReport
from .keeping import Keeping
from .model import Kind, Place, Span
from .principals import AliasGraph
from .respond.remedy.event import told
from .respond.remedy.simulated import NoRemedies
from .responding import Responding
from .sources.spans import Unreadable
from .statefile import StateFileError
from .store import entities as store_entities
from .store import events as store_events
from .store.copies import Copies
from .store.filters import ALL, Bounds, Filter
from .store.index import Index
from .store.ledger import Ledger
from .store.matches import Matches
from .store.ranking import Ranking
from .store.resources import VISITORS, resources
from .store.scope import FAR
from .store.searching import search
from .store.sight import Sight
from .store.suspects import suspect, usage
from .store.witness import StoreWitness

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from .detect.intel import Intel
    from .detect.knowledge import Knowledge
    from .model import (
        Batch,
        Columns,
        Entity,
        EntityRef,
        Event,
        Resource,
    )
    from .ports import Casebook, Clock, Geo, Past, Recorder, Remedies, Response, Source, Team
    from .remedies import AnyChange, Suspect, Usage
    from .sources.spool import RawFiles, Spool
    from .store.searching import Found

_NO_LOG = "no log known here; left out"
_KEPT_FILTERS = 8
_KEPT_VIEWS = 3
_AHEAD = 2
"""Portions that are searched ahead of what was taken in."""
_A_MOMENT = 0.002
"""Seconds until it is asked again whether somebody else goes first."""
_KEPT_LEDGERS = 6
"""Without and with a filter, for a few spans of time."""


class Token(NamedTuple):
    """Changes whenever anything shown may change."""

    revision: int
    cursor: int | None
    decisions: int
    horizon: int | None


class _View(NamedTuple):
    """What is in sight, and its rankings so far."""

    sight: Sight
    rankings: dict[Kind, Ranking]


class Triage(Casework, Responding):
    """The engine of one triage."""

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        clock: Clock,
        spool: Spool,
        raw: RawFiles,
        casebook: Casebook,
        blocklist: Response,
        author: str,
        decoders: Decoders | None = None,
        geo: Geo | None = None,
        recorder: Recorder | None = None,
        more_blocklists: Sequence[Response] = (),
        knowledge: Knowledge | None = None,
        muted: Iterable[Mute] = (),
        remedies: Remedies | None = None,
        team: Team | None = None,
    ) -> None:
        """What endless sources bring goes to the `recorder` before anything else. A plan is made
        for `blocklist` unless another one is chosen. Of `muted` rules nothing is heard. `team` are
        those who share the casebook."""
        self.sources = list(sources)
        self.paths = [source.report.path for source in sources]
        self.clock = clock
        self.raw = raw
        self.casebook = casebook
        self.blocklist = blocklist
        self.more_blocklists = tuple(more_blocklists)
        self.remedies = remedies or NoRemedies()
        self.author = author
        self.team = team
        self.past: Past | None = None
        """Searches the logs of the past, where there are any."""
        self.geo = geo or Nowhere()
        self.recorder = recorder
        self.unkept = 0
        """Bytes of raw records that the disk refused: they are counted, and cannot be read back."""
        self._copies = Copies()
        self._keeping = None if recorder is None else Keeping(recorder)
        self.gives_way: Callable[[], bool] = lambda: False
        """Whether somebody waits for something that goes before taking events in."""
        self.settled: Callable[[], None] = lambda: None
        """Called when all that endless sources have brought is taken in."""
        self._arriving: list[deque[FileReport | None]] = []
        """By endless source: of each batch that was brought and is not taken in yet, the segment of
        the recording that it is in."""
        self._turn = asyncio.Lock()
        """Of those who take something in: one between two moments in which keys are heard."""
        self.loaded = False
        """Whether every source has ended but the endless ones."""
        self.decisions = 0
        """Counts what people did: notes, verdicts, blocks."""
        self._spool = spool
        self._decoders = decoders or Decoders()
        self.index = Index(self._decoders.settings, self._decoders.rules)
        self.index.mute(muted)
        self.correlating = Correlating(self.index)
        if knowledge is not None:
            self.index.knowledge = knowledge._replace(geo=self.geo)
        self._recalled = 0
        """Identities whose habits were fetched."""
        self._closed = False
        self._searchers = ThreadPoolExecutor(1, "search")
        self._graph = AliasGraph()
        self._matches: dict[str, Matches] = {}
        self._views: dict[object, _View] = {}
        self._views_of = 0
        """The revision of the index that they are of."""
        self._ledgers: dict[tuple[Bounds, str | None], Ledger] = {}

        self._heed()

    # -- loading ---------------------------------------------------------------------------------

    async def run(
        self,
        on_rows: Callable[[range], None] | None = None,
        arrivals: AsyncGenerator[Source] | None = None,
    ) -> None:
        """Reads every source to its end, in order; endless ones beside each other, and `arrivals`
        as they come. `on_rows` hears of the rows of each batch."""
        endless = [number for number, source in enumerate(self.sources) if source.endless]
        try:
            for number, source in enumerate(self.sources):
                if not source.endless:
                    await self._read(number, source, on_rows)
            self.loaded = True
            if not endless and arrivals is None:
                return
            async with asyncio.TaskGroup() as group:
                judging = group.create_task(self.correlating.keep_judging(lambda: self.gives_way()))
                reading = [
                    group.create_task(self._read(number, self.sources[number], on_rows))
                    for number in endless
                ]
                if arrivals is not None:
                    reading += await self._welcome(arrivals, group, on_rows)
                if reading:
                    await asyncio.wait(reading)
                judging.cancel()
        finally:
            self.correlating.judge()
            self._decoders.close()

    async def _welcome(
        self,
        arrivals: AsyncGenerator[Source],
        group: asyncio.TaskGroup,
        on_rows: Callable[[range], None] | None,
    ) -> list[asyncio.Task[None]]:
        """Reads sources that come while others are read: who does."""
        reading = []
        async with aclosing(arrivals):
            async for source in arrivals:
                self.sources.append(source)
                self.paths.append(source.report.path)
                number = len(self.sources) - 1
                reading.append(group.create_task(self._read(number, source, on_rows)))
        return reading

    async def _read(
        self, number: int, source: Source, on_rows: Callable[[range], None] | None
    ) -> None:
        """Reads one source to its end; leaves it at once if it begins as no log does."""
        report, segments = source.report, deque[FileReport | None]()
        batches = self._recorded(number, source, segments)
        decode = self._decoders.decode_each if source.endless else self._decoders.decode
        if source.endless:
            self._arriving.append(segments)
        async with aclosing(decode(batches)) as decoded:
            try:
                async for columns in decoded:
                    if (
                        columns.foreign
                        and not report.records
                        and report.size
                        and not source.endless
                    ):
                        report.left = _NO_LOG
                        return
                    async with self._turn:
                        while self.gives_way():  # noqa: ASYNC110 - time alone may end it
                            await asyncio.sleep(_A_MOMENT)
                        # There is a segment for each batch, in order.
                        rows = self._take_in(columns, report, segments[0])
                        if not source.endless:
                            self.correlating.judge()
                    segments.popleft()
                    await self._recall()
                    if self.clock.at_end:
                        # A few at a time: all at once would be felt when the screen is painted.
                        self._view(ALL).sight.meet()
                    if on_rows is not None:
                        on_rows(rows)
                    if source.endless and self.is_settled:
                        self.settled()
                    await asyncio.sleep(0)
            except Unreadable as error:
                report.error = f"cannot read on after {report.records:,} records: {error}"
            finally:
                segments.clear()

    @property
    def is_settled(self) -> bool:
        """Whether all that endless sources have brought is taken in."""
        return not any(self._arriving)

    async def _recorded(
        self, number: int, source: Source, segments: deque[FileReport | None]
    ) -> AsyncGenerator[Batch | Span]:
        """The source's batches, each of which was recorded before anybody sees it."""
        async with aclosing(source.batches(number)) as batches:
            async for batch in batches:
                segments.append(None)
                segments[-1] = await self._record(batch, source)
                yield batch

    async def _record(self, batch: Batch | Span, source: Source) -> FileReport | None:
        if self._keeping is None or not source.endless or isinstance(batch, Span):
            return None
        return await self._keeping.keep(batch, source.report.path)

    def _take_in(self, columns: Columns, report: FileReport, segment: FileReport | None) -> range:
        spool = self._keep(columns.spill)
        scope = self._scope(columns.source, report)
        rows = self.index.append(columns, spool, scope, report.path)
        self.correlating.gather(columns, rows)
        formats = self.index.formats(rows)
        formats.pop("unparsed", None)
        for each in (report, segment):
            if each is not None:
                for name, count in formats.items():
                    each.formats[name] = each.formats.get(name, 0) + count
                each.records += len(columns)
                each.unparsed += columns.unparsed
        span = self.index.span()
        if span is not None:
            self.clock.extend(*span)
        return rows

    async def _recall(self) -> None:
        """Fetches what was learned of principals that are new here."""
        identities, store = self.index.identities, self.index.knowledge.baseline
        if store is None or self._recalled == len(identities):
            return
        fresh, self._recalled = identities[self._recalled :], len(identities)
        names = ((who.key, who.principal_id, role_key(who.role)) for who in fresh)
        try:
            if await store.fetch(name for each in names for name in each if name):
                self.index.lessons += 1
        except StateFileError as error:  # the rest of the triage works without
            self.index.untaught = f"what is usual is not known: {error}"
            self.index.knowledge = self.index.knowledge._replace(baseline=None)
            await store.close()

    def _scope(self, source: int, report: FileReport) -> int | str:
        """Within what a source's true twins are told apart: an earlier part of the same night knows
        some of them."""
        if self.recorder is not None and self.sources[source].endless:
            return self._copies.goes_on(self.recorder.night) or source
        return self._copies.scope(source, report.segment)

    def _keep(self, spill: bytes) -> int:
        """Where the raw bytes lie in the spool; a full disk stops nothing but their reading."""
        try:
            return self._spool.append(spill)
        except OSError:
            if self.recorder is None:
                raise
            self.unkept += len(spill)
            return self._spool.skip(len(spill))

    async def close(self) -> None:
        """Gives everything back."""
        self._closed = True
        if self.recorder is not None:
            await asyncio.to_thread(self.recorder.close)
        self._decoders.close()
        self._searchers.shutdown(wait=False, cancel_futures=True)
        await self.casebook.close()
        if self.index.knowledge.baseline is not None:
            await self.index.knowledge.baseline.close()
        self.raw.close()

    def know(self, intel: Intel) -> None:
        """From now on these are the lists of addresses."""
        self.index.knowledge = self.index.knowledge._replace(intel=intel)
        self.index.revision += 1
        self._views.clear()

    def mute(self, muted: Iterable[Mute]) -> None:
        """Says which rules nobody wants to hear of, instead of those before."""
        self.index.mute(muted)
        self.decisions += 1

    def ignore(self, rule: str, entity: str, reason: str) -> None:
        """Nobody wants to hear of a rule on an entity any more."""
        self.mute([*self.index.muted, Mute(rule, entity, reason)])

    def protect(self, cidr: str, reason: str) -> None:
        """From now on no blocklist takes it."""
        for each in self.blocklists:
            each.protect(cidr, reason)
        self.decisions += 1

    def _forget_views(self) -> None:
        self._views.clear()

    # -- looking ---------------------------------------------------------------------------------

    def token(self) -> Token:
        """Compare two of them to know whether to paint."""
        clock = self.clock
        return Token(self.index.revision, clock.cursor(), self.decisions, clock.horizon())

    def matches(self, selected: Filter) -> Matches:
        """Which rows a filter selects; kept, so that it follows the index, until several others
        were asked for since."""
        found = self._matches.pop(selected.text, None) or Matches(self.index, selected)
        while len(self._matches) >= _KEPT_FILTERS:
            self._matches.pop(next(iter(self._matches)))
        self._matches[selected.text] = found
        found.renew()
        return found

    def sight(self, selected: Filter = ALL) -> Sight:
        """What is in sight at the cursor, under a filter."""
        return self._view(selected).sight

    def look(self, kind: Kind, selected: Filter = ALL) -> Ranking:
        """The entities of a kind in sight, ranked."""
        view = self._view(selected)
        if kind not in view.rankings:
            view.rankings[kind] = Ranking(view.sight, kind)
        return view.rankings[kind]

    def resources(self, most: int = VISITORS) -> tuple[Resource, ...]:
        """What reports of vulnerable packages tell of, as of the cursor, each with so many of those
        who knock there; filters do not matter."""
        if not self.index.known:
            return ()
        return resources([self.look(Kind.IP), self.look(Kind.PRINCIPAL)], most)

    def _view(self, selected: Filter) -> _View:
        """Views are kept for all who ask before anything changes."""
        span, bounds = self.index.span(), selected.bounds
        ends = [end for end in (self.clock.cursor(), bounds.until) if end is not None]
        # From the last event on all is the same: what is lately is so by the events' own time.
        until = min(ends) if ends and span and min(ends) < span[1] else None
        matches = None if selected.selects_all else self.matches(selected)
        searched = matches.searched if matches else 0
        if self._views_of != self.index.revision:
            self._views_of = self.index.revision
            self._views.clear()
        horizon = self.clock.horizon() if until is None else None
        key = (until, selected.text, searched, horizon, matches and matches.version)
        found = self._views.get(key)
        if found is None:
            asked = Bounds(bounds.since, until)
            whole = self._ledger(bounds, None, until)
            chosen = whole if matches is None else self._ledger(bounds, matches, until)
            sight = Sight(self.index, self._graph, asked, matches, (whole, chosen), horizon)
            while len(self._views) >= _KEPT_VIEWS:
                self._views.pop(next(iter(self._views)))
            found = self._views[key] = _View(sight, {})
        return found

    def _ledger(self, bounds: Bounds, matches: Matches | None, until: int | None) -> Ledger:
        """The ledger that goes on to `until`; another one where time goes back."""
        key = (bounds, matches.filter.text if matches else None)
        found = self._ledgers.pop(key, None)
        if (
            found is None
            or not found.counts_by(matches)
            or not found.reaches(FAR - 1 if until is None else until)
        ):
            found = Ledger(self.index, bounds.since, matches)
        while len(self._ledgers) >= _KEPT_LEDGERS:
            self._ledgers.pop(next(iter(self._ledgers)))
        self._ledgers[key] = found
        return found

    def search(self, selected: Filter) -> Iterator[None]:
        """Searches raw records for the filter's words, a portion at each step, and waits for it."""
        matches = self.matches(selected)
        while not matches.complete:
            matches.search(self.raw)
            yield

    def search_aside(self, selected: Filter) -> Iterator[None]:
        """The same in a thread: a step takes in what was found by now, and waits for nothing.
        Whoever goes no further ends the search."""
        matches = self.matches(selected)
        ahead: deque[Future[Found]] = deque()
        planned = matches.decided
        try:
            while not matches.complete and not self._closed:
                planned = max(planned, matches.decided)
                while len(ahead) < _AHEAD and (portion := matches.portion(planned)) is not None:
                    ahead.append(self._searchers.submit(search, portion, self.raw))
                    planned = portion.stop
                yield
                while ahead and ahead[0].done():
                    if ahead[0].cancelled():  # by `close`
                        return
                    matches.take(ahead.popleft().result())
                if not ahead:
                    planned = matches.decided
        finally:
            for future in ahead:
                future.cancel()

    def entity(self, ref: EntityRef, selected: Filter = ALL) -> Entity | None:
        """One entity as of the cursor, found by any of its names; None while out of sight."""
        return store_entities.entity(self.look(ref.kind, selected), ref)

    def place(self, ref: EntityRef, sight: Sight) -> Place:
        """Where an address is from, as the records in sight say, else where it is registered;
        nothing of what is no address."""
        if ref.kind is not Kind.IP:
            return Place()
        found = self.geo.place(ref.key)
        country = sight.country(ref.key)
        return Place(country, found.asn) if country else found

    def event(self, row: int) -> Event:
        """All that is known of one row. Raises OSError when its file is gone."""
        return store_events.event(self.index, self.raw, self.paths, row, self.geo)

    def raw_text(self, row: int) -> str:
        """The raw record as text; bytes that are not UTF-8 show as replacement characters."""
        raw = store_events.read_raw(self.index, self.raw, row)
        return raw.decode("utf-8", "replace")

    # -- responding ------------------------------------------------------------------------------

    def witness(self) -> StoreWitness:
        """Who is behind a CIDR as of the cursor; filters do not matter."""
        return StoreWitness(lambda: self.look(Kind.IP))

    def suspect(self, ref: EntityRef) -> Suspect:
        """All that offers of answers rest on, as of the cursor; filters do not matter."""
        entity = self.entity(ref)
        label = entity.label if entity is not None else ref.key
        now = self.clock.position() if self.remedies.simulated else self.clock.wall()
        event = told(entity, self.latest(ref)) if self.remedies.means.functions else "{}"
        return suspect(self.look(ref.kind), ref, label, now, event)

    def latest(self, ref: EntityRef, most: int = 20) -> list[Event]:
        """The last events of an entity as of the cursor; those whose file is gone are left out."""
        ranking = self.look(ref.kind)
        number = ranking.number(ref.key)
        rows = [] if number is None else store_entities.latest_rows(ranking, number, most)
        found = []
        for row in rows:
            with suppress(OSError):
                found.append(self.event(row))
        return found

    def usage(self, change: AnyChange) -> Usage | None:
        """Who used what a change would take away; None where events cannot tell."""
        return usage(self.sight(), change)
