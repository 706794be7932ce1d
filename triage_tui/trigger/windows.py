"""Correlations over invocations: the signals of each group are kept, and judged again with more.

What is kept of a group is a set of signals, so the order in which they come, and whether they come
twice, changes nothing. Only where signals are summed up does a delivery leave its name, so that it
is not summed up again. What held for a while, until an earlier event came, stays a signal of what
rests on it: somebody was told of it.
"""

from __future__ import annotations

import zlib
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.detect.correlate import LATENESS, Correlator, Fed, Held
from triage_tui.detect.windows import Run, Signal
from triage_tui.model import DAY, SECOND

from .ports import Change, Key, Trouble
from .watch import Actor, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from triage_tui.detect.correlate import Detection
    from triage_tui.detect.ruleset import RuleSet

    from .ports import Kept, Memory
    from .watch import Reading

PARTITION = "trigger#window#"
LARGEST = 300_000
"""Bytes of a group: what grows beyond loses its oldest signals."""
_DELIVERIES = 64
_TRIES = 12
_DEEPEST = 8
"""Correlations on correlations."""
_FORM = 1


class Fired(NamedTuple):
    """A correlation holds, as of what is known now."""

    rule: int
    id: int
    """That of the event at which it came to hold."""
    time: int
    last: int
    signals: int
    seen: Seen
    """That event, as far as it is remembered."""
    samples: tuple[Seen, ...]
    """Events of this delivery that took part."""


class _Brief(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of the event behind a signal."""

    ip: str
    principal: str
    label: str
    service: str
    refused: bool
    format: str
    action: str
    account: str
    region: str


class _State(msgspec.Struct, array_like=True):
    """A group as it is kept. Of signals, `row` is a place in `briefs`."""

    form: int
    briefs: list[_Brief]
    signals: list[tuple[int, int, int, str | int | None, int, int]]
    closed: list[tuple[tuple[int, int, int, str | int | None, int, int], int, int]]
    edge: int
    deliveries: list[bytes]


class _Group(NamedTuple):
    correlation: int
    name: str


class Windows:
    """The correlations of a rule set, over a memory."""

    def __init__(
        self,
        rules: RuleSet,
        memory: Memory,
        *,
        wall: Callable[[], int],
        pause: Callable[[int], None],
    ) -> None:
        """`pause` waits a little after so many tries."""
        self._rules = rules
        self._memory = memory
        self._wall = wall
        self._pause = pause
        self.lost = 0
        """Signals that had no room."""

    def take(self, reading: Reading, delivery: str) -> list[Fired]:
        """Takes in the signals of a delivery: what holds now in the groups that it touches. Raises
        Trouble."""
        found: list[Fired] = []
        signals, seen = reading.signals, list(reading.fed)
        for depth in range(_DEEPEST):
            if not signals:
                break
            # What rests on detections is another taking in.
            mark = bytes((*bytes.fromhex(delivery)[1:], depth))
            fired, signals, seen = self._pass(signals, seen, mark)
            found += fired
        return found

    def _pass(
        self, signals: Sequence[Fed], seen: Sequence[Seen], delivery: bytes
    ) -> tuple[list[Fired], list[Fed], list[Seen]]:
        """(what holds, signals for correlations that rest on it, their events)."""
        pending = _grouped(signals, Correlator(self._rules))
        fired: list[Fired] = []
        onward: list[Fed] = []
        behind: list[Seen] = []
        for tries in range(_TRIES):
            if tries:
                self._pause(tries)
            keys = {group: self._key(group) for group in pending}
            kept = self._memory.read(list(keys.values()))
            left: dict[_Group, list[Fed]] = {}
            for group, own in pending.items():
                one = _One(self._rules, group, seen, self._wall())
                one.begin(kept.get(keys[group]))
                one.take(own, delivery)
                if not self._keep(one, keys[group], kept.get(keys[group]), delivery):
                    left[group] = own
                    continue
                for detection in one.detections():
                    behind.append(one.seen[detection.row])
                    onward += (
                        fed._replace(row=len(behind) - 1)
                        for fed in one.correlator.onward([detection])
                    )
                    fired.append(one.fired(detection, own))
            pending = left
            if not pending:
                return fired, onward, behind
        raise Trouble(f"{len(pending)} groups of correlations are changed by others all the time")

    def _key(self, group: _Group) -> Key:
        """A rule that is changed begins anew."""
        rule = self._rules.rules[group.correlation]
        named = msgspec.msgpack.encode((_FORM, rule.id, rule.correlation, group.name))
        return Key(f"{PARTITION}{blake2b(named, digest_size=16).hexdigest()}")

    def _keep(self, one: _One, key: Key, before: Kept | None, delivery: bytes) -> bool:
        data, lost = one.written(delivery)
        self.lost += lost
        span = one.span
        ends = (self._wall() + 2 * span + LATENESS + DAY) // SECOND
        version = before.version if before is not None else 0
        return self._memory.write([Change(key, version, data, ends)])


def _grouped(signals: Iterable[Fed], correlator: Correlator) -> dict[_Group, list[Fed]]:
    found: dict[_Group, list[Fed]] = {}
    for fed in signals:
        found.setdefault(_Group(correlator.target(fed), fed.group), []).append(fed)
    return found


class _One:
    """One group, while it is judged."""

    def __init__(self, rules: RuleSet, group: _Group, fresh: Sequence[Seen], now: int) -> None:
        self.correlator = Correlator(rules)
        self._group = group
        self._now = now
        self.seen: list[Seen] = list(fresh)
        """By row: first those of this delivery."""
        self._known: set[tuple[int, int, int]] = set()
        self._deliveries: list[bytes] = []
        correlation = rules.rules[group.correlation].correlation
        self.span = correlation.timespan if correlation is not None else 0

    def begin(self, kept: Kept | None) -> None:
        """With what is kept of it; what nobody can read is begun anew."""
        state = _read(kept.data) if kept is not None else None
        if state is None:
            return
        first = len(self.seen)
        self.seen += [_remembered(brief) for brief in state.briefs]
        signals = tuple(Signal(*s[:4], first + s[4], s[5]) for s in state.signals)
        closed = tuple(
            Run(Signal(*s[:4], first + s[4], s[5]), last, count) for s, last, count in state.closed
        )
        self._known = {signal[:3] for signal in signals}
        self._deliveries = state.deliveries
        self.correlator.begin(
            self._group.correlation, self._group.name, Held(signals, closed, state.edge)
        )

    def take(self, signals: Sequence[Fed], delivery: bytes) -> None:
        """With what came; each event once."""
        fresh: list[Fed] = []
        if delivery not in self._deliveries:
            for fed in signals:
                mark = (fed.time, fed.id, self.correlator.place(fed))
                if mark not in self._known:
                    self._known.add(mark)
                    fresh.append(fed)
        self.correlator.take(fresh, self._now)

    def detections(self) -> list[Detection]:
        """What holds; of this group alone."""
        number = self._group.correlation
        return [each for each in self.correlator.detections() if each.rule == number]

    def fired(self, detection: Detection, own: Sequence[Fed]) -> Fired:
        """A detection in words of its own."""
        seen = self.seen[detection.row]._replace(id=detection.id, time=detection.time)
        samples = dict.fromkeys(self.seen[fed.row] for fed in own[-8:])
        return Fired(
            detection.rule,
            detection.id,
            detection.time,
            detection.last,
            detection.signals,
            seen,
            tuple(samples),
        )

    def written(self, delivery: bytes) -> tuple[bytes, int]:
        """(the group as it is kept, signals that had no room)."""
        held = self.correlator.held(self._group.correlation, self._group.name, self._now)
        lost = 0
        while True:
            data = self._encoded(held, delivery)
            if len(data) <= LARGEST or not held.signals:
                return data, lost
            half = len(held.signals) // 2 + 1
            lost += half
            held = held._replace(signals=held.signals[half:])

    def _encoded(self, held: Held, delivery: bytes) -> bytes:
        places: dict[_Brief, int] = {}

        def plain(signal: Signal) -> tuple[int, int, int, str | int | None, int, int]:
            brief = _brief(self.seen[signal.row])
            row = places.setdefault(brief, len(places))
            return (*signal[:4], row, signal.weight)

        signals = [plain(signal) for signal in held.signals]
        closed = [(plain(run.fired), run.last, run.signals) for run in held.closed]
        deliveries = [each for each in self._deliveries if each != delivery]
        kept = [*deliveries, delivery][-_DELIVERIES:]
        state = _State(_FORM, list(places), signals, closed, held.edge, kept)
        return zlib.compress(msgspec.msgpack.encode(state))


def _read(data: bytes) -> _State | None:
    try:
        state = msgspec.msgpack.decode(zlib.decompress(data), type=_State)
    except (zlib.error, msgspec.DecodeError, ValueError):
        return None
    return state if state.form == _FORM else None


def _brief(seen: Seen) -> _Brief:
    return _Brief(
        *seen.actor[:4], seen.refused, seen.format, seen.action, seen.account, seen.region
    )  # fmt: skip


def _remembered(brief: _Brief) -> Seen:
    actor = Actor(brief.ip, brief.principal, brief.label, brief.service)
    return Seen(
        0, 0, actor, brief.refused, brief.format, brief.action, brief.account, brief.region
    )  # fmt: skip
