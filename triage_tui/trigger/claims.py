"""What was told of whom: one alert for an entity and a reason within a window, more when it gets
worse.

A claim is kept for each pair of entity and reason. The alert that somebody is owed is kept in the
same write, so that of what is claimed nothing is lost, and what is told again is told once.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.model import DAY, SECOND, Severity

from .ports import Change, Kept, Key, Trouble

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from .ports import Memory

PARTITION = "trigger#told#"
OUTBOX = "trigger#outbox"
MOST = 90
"""Claims in one write; DynamoDB takes a hundred items."""
_IDS, _DELIVERIES, _RUNS = 256, 64, 16
_TRIES = 12
_TENFOLD = 10
"""So many times as much as was told is worse."""
KEPT_FOR = 7 * DAY
"""So long an alert waits that cannot be sent."""

NEW, AGAIN, WORSE, MORE = "new", "again", "worse", "more"
"""Why somebody is told: for the first time, in another window, at a higher level, much more of
it."""


class News(NamedTuple):
    """What a delivery brings of an entity and a reason."""

    strength: Severity
    ids: tuple[int, ...] = ()
    """Of its events."""
    runs: tuple[tuple[int, int], ...] = ()
    """Of a correlation: ids of what holds, with their events."""
    first: int = 0
    last: int = 0


class Told(msgspec.Struct, array_like=True, frozen=True):
    """A claim as it is kept. Times are nanoseconds; `at` and `made` are of the wall."""

    at: int = 0
    """When somebody was told last; 0 never."""
    strength: int = 0
    told: int = 0
    """How many events they were told of."""
    count: int = 0
    """How many there are since the window began."""
    first: int = 0
    last: int = 0
    ids: tuple[int, ...] = ()
    runs: tuple[tuple[int, int], ...] = ()
    deliveries: tuple[bytes, ...] = ()
    tells: int = 0
    """How often somebody was told."""


def advanced(before: Told, news: News, delivery: bytes, now: int, window: int) -> tuple[Told, str]:
    """(the claim as it is from now on, why somebody is to be told; "" where nobody is)."""
    if delivery in before.deliveries:
        return before, ""
    known, grown = set(before.ids), dict(before.runs)
    fresh = [each for each in dict.fromkeys(news.ids) if each not in known]
    more = len(fresh)
    for run, signals in news.runs:
        more += max(0, signals - grown.get(run, 0))
        grown[run] = max(signals, grown.get(run, 0))
    if not more:
        return before, ""
    # Whoever wrote it may have a clock that is a little ahead of ours.
    over = before.at == 0 or abs(now - before.at) >= window
    count = more if over else before.count + more
    why = _why(before, news, count, over=over)
    after = Told(
        at=now if why else before.at,
        strength=max(news.strength, 0 if over else before.strength),
        told=count if why else before.told,
        count=count,
        first=news.first if over else min(before.first, news.first),
        last=max(news.last, 0 if over else before.last),
        ids=(*before.ids, *fresh)[-_IDS:],
        runs=tuple(grown.items())[-_RUNS:],
        deliveries=(*before.deliveries, delivery)[-_DELIVERIES:],
        tells=before.tells + bool(why),
    )
    return after, why


def _why(before: Told, news: News, count: int, *, over: bool) -> str:
    if over:
        return AGAIN if before.tells else NEW
    if news.strength > before.strength:
        return WORSE
    return MORE if count >= _TENFOLD * max(1, before.told) else ""


class Claimed(NamedTuple):
    """What came of a claim."""

    told: Told
    why: str


class Claims:
    """The claims, over a memory."""

    def __init__(
        self,
        memory: Memory,
        window: int,
        *,
        wall: Callable[[], int],
        pause: Callable[[int], None],
    ) -> None:
        self._memory = memory
        self._window = window
        self._wall = wall
        self._pause = pause

    def take(
        self,
        reason: str,
        news: Mapping[str, News],
        delivery: bytes,
        owed: Callable[[str, Mapping[str, Claimed]], bytes],
        known: Mapping[Key, Kept] | None = None,
    ) -> list[tuple[Key, Kept]]:
        """Takes in what a delivery brings of a reason, by entity; `delivery` names it. Where
        somebody is to be told, `owed` makes the alert of its id and the claims; what was put in
        the outbox is returned. `known` is what was read just now of all that may be asked for.
        Raises Trouble."""
        found: list[tuple[Key, Kept]] = []
        entities = sorted(news)
        for begin in range(0, len(entities), MOST):
            chosen = {entity: news[entity] for entity in entities[begin : begin + MOST]}
            put = self._take(reason, chosen, delivery, owed, known)
            if put is not None:
                found.append(put)
        return found

    def _take(
        self,
        reason: str,
        news: Mapping[str, News],
        delivery: bytes,
        owed: Callable[[str, Mapping[str, Claimed]], bytes],
        known: Mapping[Key, Kept] | None,
    ) -> tuple[Key, Kept] | None:
        keys = {entity: key_of(reason, entity) for entity in news}
        for tries in range(_TRIES):
            if tries:
                self._pause(tries)
            now = self._wall()
            kept = known if known is not None else self._memory.read(list(keys.values()))
            known = None
            before = {entity: _read(kept.get(key)) for entity, key in keys.items()}
            claimed = {
                entity: Claimed(*advanced(before[entity], each, delivery, now, self._window))
                for entity, each in news.items()
            }
            changes = [
                _change(keys[entity], kept.get(keys[entity]), claim.told, now + self._window)
                for entity, claim in claimed.items()
                if claim.told is not before[entity]
            ]
            if not changes:
                return None
            outbox: tuple[Key, Kept] | None = None
            if any(claim.why for claim in claimed.values()):
                name = _name(reason, claimed)
                key, data = Key(OUTBOX, name), owed(name, claimed)
                outbox = key, Kept(1, data)
                changes.append(Change(key, 0, data, (now + KEPT_FOR) // SECOND))
            if self._memory.write(changes):
                return outbox
        raise Trouble(f"the claims of {reason} are changed by others all the time")


def key_of(reason: str, entity: str) -> Key:
    """Where the claim of an entity and a reason is kept."""
    named = msgspec.json.encode((reason, entity.encode("utf-8", "surrogatepass")))
    return Key(f"{PARTITION}{blake2b(named, digest_size=16).hexdigest()}")


def _name(reason: str, claimed: Mapping[str, Claimed]) -> str:
    """The id of an alert: the same for the same claims, another one for whatever follows."""
    told = [(e, c.told.tells) for e, c in sorted(claimed.items()) if c.why]
    named = repr((reason, told)).encode("utf-8", "surrogatepass")
    return blake2b(named, digest_size=12).hexdigest()


def _read(kept: Kept | None) -> Told:
    if kept is None:
        return Told()
    try:
        return msgspec.msgpack.decode(kept.data, type=Told)
    except (msgspec.DecodeError, ValueError):
        return Told()  # of another version: told anew at worst


def _change(key: Key, kept: Kept | None, told: Told, until: int) -> Change:
    version = kept.version if kept is not None else 0
    return Change(key, version, msgspec.msgpack.encode(told), (until + DAY) // SECOND)


def waiting(tries: int, chance: random.Random) -> float:
    """Seconds to wait after so many tries that others have crossed."""
    return chance.uniform(0.5, 1.0) * min(1.0, 0.02 * 2.0 ** min(tries, 6))
