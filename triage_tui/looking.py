"""What screens and reports read of a triage: everything is as of the clock's cursor."""

from __future__ import annotations

from abc import ABC
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from .model import Kind, Place
from .principals import AliasGraph
from .store import entities as store_entities
from .store import events as store_events
from .store.filters import ALL, Bounds, Filter
from .store.ledger import Ledger
from .store.matches import Matches
from .store.ranking import Ranking
from .store.resources import VISITORS, resources
from .store.scope import FAR
from .store.searching import search
from .store.sight import LEEWAY, Sight

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from .detect.grounds import Ground
    from .detect.ruleset import Rule
    from .model import Entity, EntityRef, Event, Resource
    from .ports import Clock, Geo
    from .sources.spool import RawFiles
    from .store.index import Index
    from .store.searching import Found

_KEPT_FILTERS = 8
_KEPT_VIEWS = 3
_AHEAD = 2
"""Portions that are searched ahead of what was taken in."""
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


class Looking(ABC):
    """The part of a `Triage` that is looked at."""

    index: Index
    clock: Clock
    raw: RawFiles
    geo: Geo
    paths: list[str]
    """Of the sources, by their numbers."""
    decisions: int
    """Counts what people did: notes, verdicts, blocks."""

    def __init__(self) -> None:
        self._closed = False
        self._searchers = ThreadPoolExecutor(1, "search")
        self._graph = AliasGraph()
        self._matches: dict[str, Matches] = {}
        self._views: dict[object, _View] = {}
        self._views_of = 0
        """The revision of the index that they are of."""
        self._ledgers: dict[tuple[Bounds, str | None], Ledger] = {}

    def _close_searches(self) -> None:
        """Nobody searches any more."""
        self._closed = True
        self._searchers.shutdown(wait=False, cancel_futures=True)

    def _forget_views(self) -> None:
        self._views.clear()

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
        horizon = self._horizon(span) if until is None else None
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

    def _horizon(self, span: tuple[int, int] | None) -> int | None:
        """What "lately" is measured from; None where the last event tells it, of `span`."""
        horizon, latest = self.clock.horizon(), self.index.latest()
        if horizon is None and span and latest is not None and latest < span[1]:
            return latest - LEEWAY
        return horizon

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

    def grounds(self, row: int) -> list[tuple[Rule, list[Ground]]]:
        """The rules that matched a row, each with what of its record fulfils it. Raises OSError
        when its file is gone."""
        return store_events.grounds(self.index, self.raw, row)

    def raw_text(self, row: int) -> str:
        """The raw record as text; bytes that are not UTF-8 show as replacement characters."""
        raw = store_events.read_raw(self.index, self.raw, row)
        return raw.decode("utf-8", "replace")

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
