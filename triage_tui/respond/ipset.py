"""A change of a WAFv2 IP set, as steps: read, rebase, write, and again where somebody was faster.

Sans-IO: `change` yields a `Read`, a `Write` or a `Pause` and is sent what came of it, so that one
and the same change is driven by asyncio here and without it elsewhere. UpdateIPSet replaces the
whole set; what is kept and asked for are deltas, which are laid on what the set holds at that
moment. Entries that are not ours stay, with the description, whatever happens.
"""

from __future__ import annotations

import enum
import random
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.networks import network_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence

    from triage_tui.networks import Network

LIMIT = 10_000
"""Entries that one IP set holds."""
TRIES = 12
"""Steps forward until a change is given up; what is not made then is said, and tried no more."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 8.0
"""Between them, in the time that two calls keep apart: they double, and are scattered by chance."""


# -- what is asked, and what comes of it ---------------------------------------------------------


class Delta(NamedTuple):
    """One entry to add or to take out. `network` is canonical (`network_of`)."""

    network: Network
    adds: bool


class Read(NamedTuple):
    """Step: GetIPSet. The answer is a `Held` or a `Trouble`."""


class Write(NamedTuple):
    """Step: UpdateIPSet. The answer is a `Written` or a `Trouble`.

    `adds` and `removes` are what it changes; both are empty where it only makes sure that the set
    holds what was read, and that no earlier write comes late.
    """

    addresses: tuple[str, ...]
    description: str
    token: str
    before: Mark
    adds: tuple[Network, ...]
    removes: tuple[Network, ...]


class Pause(NamedTuple):
    """Step: wait. The answer is None."""

    seconds: float


class Held(NamedTuple):
    """What a set holds."""

    addresses: tuple[str, ...]
    """As they are spelled there."""
    token: str
    description: str = ""
    request_id: str = ""


class Written(NamedTuple):
    """The set holds what was sent."""

    token: str
    """The one that the next write needs."""
    request_id: str = ""


class TroubleKind(enum.StrEnum):
    """What a failed step means for the change."""

    CONFLICT = "conflict"
    """Somebody was faster: nothing was written."""
    BUSY = "busy"
    """Throttled, or not to be had just now: nothing was done."""
    UNCLEAR = "unclear"
    """No answer, or half of one: it may have been done, and may be done yet."""
    REFUSED = "refused"
    """It is wrong, denied or gone: asking the same again is of no use."""


class Trouble(NamedTuple):
    """A step that failed, in words for people."""

    kind: TroubleKind
    words: str
    request_id: str = ""


class Fate(enum.StrEnum):
    """What became of a delta."""

    ADDED = "added"
    REMOVED = "removed"
    OURS = "ours already"
    """It was to be added, and is an entry of ours."""
    FOREIGN = "held by others"
    """The very entry is there, and is not ours: it stays, and stays theirs."""
    COVERED = "covered"
    """A wider entry covers it."""
    FULL = "no room"
    ABSENT = "not there"
    """It was to be taken out, and is not there."""
    UNDONE = "not made"
    """Of an earlier write: it has changed nothing, and will not."""
    FAILED = "failed"
    """Nothing was changed; `Outcome.trouble` says why."""
    UNKNOWN = "unknown"
    """It may have been made: nobody has answered since."""


class Turned(NamedTuple):
    """The fate of a delta, and the entry that decided it where there is one."""

    fate: Fate
    entry: str = ""


class Outcome(NamedTuple):
    """What became of a change."""

    fates: tuple[Turned, ...]
    """One for each delta, in their order."""
    settled: tuple[Turned, ...]
    """One for each delta of earlier writes."""
    before: Mark | None
    """What the set held before the write that went through; without one, what was read last."""
    after: Mark | None
    """What it held after."""
    request_ids: tuple[str, ...]
    trouble: Trouble | None = None
    """What was in the way at last, where not everything was decided."""


class Mark(msgspec.Struct, frozen=True):
    """Tells one state of a set from another."""

    entries: int
    digest: str
    """SHA-256 over the entries in their one spelling, sorted, one a line."""
    token: str


def mark(addresses: Collection[str], token: str) -> Mark:
    """The mark of a set that holds these."""
    # WAF spells IPv6 in full, and IPv4 as we do.
    spelled = (str(network_of(a) or a) if ":" in a else a for a in addresses)
    text = "\n".join(sorted(spelled))
    return Mark(len(addresses), sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), token)


Answer = Held | Written | Trouble | None
Step = Read | Write | Pause


# -- rebasing ------------------------------------------------------------------------------------


class Rebased(NamedTuple):
    """Deltas laid on what a set holds."""

    addresses: tuple[str, ...]
    adds: tuple[Network, ...]
    removes: tuple[Network, ...]
    fates: tuple[Turned, ...]
    present: Collection[Network | str]
    """What the set holds before: what nobody can read stays as it is spelled."""


def rebase(
    held: Held,
    deltas: Sequence[Delta],
    *,
    ours: Collection[Network],
    settle: Sequence[Delta] = (),
    added: Collection[Network] = (),
    removed: Collection[Network] = (),
    limit: int = LIMIT,
) -> Rebased:
    """What the set must hold, and what becomes of each delta.

    `ours` are the entries that we have added and not taken out, and those that an earlier write
    (`settle`) has added, if they are there. `added` and `removed` are those of writes of ours of
    which nobody knows what became: what they would explain is theirs.
    """
    before: dict[Network | str, str] = {network_of(a) or a: a for a in held.addresses}
    entries = dict(before)
    own = set(ours) | {delta.network for delta in settle if delta.adds and delta.network in before}
    fates: list[Turned] = []
    for network, adds in deltas:
        if adds:
            turned = _add(network, entries, own, added, limit)
        else:
            turned = _remove(network, entries, own, removed)
        fates.append(turned)
    added_, gone = _changed(deltas, before, entries)
    kept = tuple(spelled for entry, spelled in before.items() if entry in entries)
    return Rebased((*kept, *map(str, added_)), added_, gone, tuple(fates), before)


def _changed(
    deltas: Sequence[Delta], before: Collection[Network | str], after: Collection[Network | str]
) -> tuple[tuple[Network, ...], tuple[Network, ...]]:
    """(what came, what went)."""
    named = list(dict.fromkeys(delta.network for delta in deltas))
    return (
        tuple(n for n in named if n in after and n not in before),
        tuple(n for n in named if n in before and n not in after),
    )


def _add(
    network: Network,
    entries: dict[Network | str, str],
    own: set[Network],
    added: Collection[Network],
    limit: int,
) -> Turned:
    if network.prefixlen == 0:
        raise ValueError(f"{network} is everything: no set takes it")
    if network in entries:
        if network in own:
            return Turned(Fate.OURS, entries[network])
        if network in added:
            own.add(network)
            return Turned(Fate.ADDED, entries[network])
        return Turned(Fate.FOREIGN, entries[network])
    wider = covering(network, entries)
    if wider:
        return Turned(Fate.COVERED, wider)
    if len(entries) >= limit:
        return Turned(Fate.FULL)
    entries[network] = str(network)
    own.add(network)
    return Turned(Fate.ADDED, str(network))


def _remove(
    network: Network,
    entries: dict[Network | str, str],
    own: set[Network],
    removed: Collection[Network],
) -> Turned:
    if network not in entries:
        own.discard(network)
        return Turned(Fate.REMOVED if network in removed else Fate.ABSENT)
    if network not in own:
        return Turned(Fate.FOREIGN, entries[network])
    own.discard(network)
    return Turned(Fate.REMOVED, entries.pop(network))


def covering(network: Network, entries: Mapping[Network | str, str]) -> str:
    """The narrowest entry that is wider than the network and holds all of it; "" for none."""
    for length in range(network.prefixlen - 1, 0, -1):
        wider = network.supernet(new_prefix=length)
        if wider in entries:
            return entries[wider]
    return ""


# -- the change ----------------------------------------------------------------------------------


class _Course:
    """Where a change stands."""

    def __init__(self, settle: Sequence[Delta], apart: float, chance: Callable[[], float]) -> None:
        self.request_ids: list[str] = []
        self.trouble: Trouble | None = None
        self.added = {delta.network for delta in settle if delta.adds}
        self.removed = {delta.network for delta in settle if not delta.adds}
        self.wrote = False
        """Whether a write of this change is unclear."""
        self._apart = apart
        self._chance = chance
        self._failures = 0

    def pause(self) -> Pause:
        """Half of the step for sure, the rest by chance: those who collided come back apart."""
        step = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures, 20))
        self._failures += 1
        return Pause(self._apart * step * (0.5 + 0.5 * self._chance()))

    def took(self, answer: Answer) -> None:
        if not isinstance(answer, Held | Written | Trouble):
            raise TypeError(f"a step of a change cannot be answered by {answer!r}")
        if answer.request_id:
            self.request_ids.append(answer.request_id)
        if isinstance(answer, Trouble):
            self.trouble = answer


def change(
    deltas: Sequence[Delta],
    *,
    ours: Collection[Network],
    settle: Sequence[Delta] = (),
    stale: Collection[str] = (),
    limit: int = LIMIT,
    tries: int = TRIES,
    apart: float = 1.0,
    chance: Callable[[], float] = random.random,
) -> Generator[Step, Answer, Outcome]:
    """Makes the deltas, all of one family, in one set; what became of each.

    `settle` are deltas of earlier writes of ours of which nobody knows what became (a crash came
    between). `stale` are tokens of states that we know to be over: a read that shows one is an old
    copy, and decides nothing. What is taken to be done, or never to be done, is so because a write
    with the token of the very read went through: such a read was no old copy, and an earlier write
    that may be on its way yet finds another token.
    `apart` are the seconds that two calls keep apart.
    """
    course = _Course(settle, apart, chance)
    for left in range(tries, 0, -1):
        held = yield Read()
        course.took(held)
        if not isinstance(held, Held) or held.token in stale:
            if isinstance(held, Held):
                course.trouble = Trouble(TroubleKind.BUSY, "WAF shows an old state of the set")
            elif course.trouble and course.trouble.kind is TroubleKind.REFUSED:
                break
            if left > 1:
                yield course.pause()
            continue
        rebased = rebase(
            held,
            deltas,
            ours=ours,
            settle=settle,
            added=course.added,
            removed=course.removed,
            limit=limit,
        )
        before = mark(held.addresses, held.token)
        absent = any(turned.fate is Fate.ABSENT for turned in rebased.fates)
        if not (rebased.adds or rebased.removes or settle or absent):
            return _outcome(course, settle, rebased, before, before)
        answer = yield Write(
            rebased.addresses, held.description, held.token, before, rebased.adds, rebased.removes
        )
        course.took(answer)
        if isinstance(answer, Written):
            after = mark(rebased.addresses, answer.token)
            return _outcome(course, settle, rebased, before, after)
        assert course.trouble is not None  # noqa: S101 - whatever is not written is trouble
        if course.trouble.kind is TroubleKind.REFUSED:
            break
        if course.trouble.kind is TroubleKind.UNCLEAR:
            course.added |= set(rebased.adds)
            course.removed |= set(rebased.removes)
            course.wrote = True
        if left > 1:
            yield course.pause()
    return _given_up(course, deltas, settle)


def _outcome(
    course: _Course, settle: Sequence[Delta], rebased: Rebased, before: Mark, after: Mark
) -> Outcome:
    return Outcome(
        rebased.fates,
        tuple(_settled(delta, delta.network in rebased.present) for delta in settle),
        before,
        after,
        tuple(course.request_ids),
    )


def _settled(delta: Delta, present: bool) -> Turned:
    if delta.adds is not present:
        return Turned(Fate.UNDONE)
    return Turned(Fate.ADDED if delta.adds else Fate.REMOVED, str(delta.network))


def _given_up(course: _Course, deltas: Sequence[Delta], settle: Sequence[Delta]) -> Outcome:
    """Nothing could be made sure of."""
    sent = course.added | course.removed if course.wrote else set()
    fates = tuple(
        Turned(Fate.UNKNOWN if delta.network in sent else Fate.FAILED) for delta in deltas
    )
    unknown = tuple(Turned(Fate.UNKNOWN) for _ in settle)
    return Outcome(fates, unknown, None, None, tuple(course.request_ids), course.trouble)


# -- looking -------------------------------------------------------------------------------------


class Sight(NamedTuple):
    """What a look at a set tells."""

    present: frozenset[Network]
    held: Held


def look(
    *,
    stale: Collection[str] = (),
    tries: int = 4,
    apart: float = 1.0,
    chance: Callable[[], float] = random.random,
) -> Generator[Step, Answer, Sight | Trouble]:
    """Reads a set; the trouble where it cannot be read, or shows nothing but an old state."""
    course = _Course((), apart, chance)
    for left in range(tries, 0, -1):
        held = yield Read()
        course.took(held)
        if isinstance(held, Held):
            if held.token not in stale:
                return Sight(networks(held.addresses), held)
            course.trouble = Trouble(TroubleKind.BUSY, "WAF shows an old state of the set")
        elif course.trouble and course.trouble.kind is TroubleKind.REFUSED:
            break
        if left > 1:
            yield course.pause()
    return course.trouble or Trouble(TroubleKind.BUSY, "WAF did not answer")


def networks(addresses: Iterable[str]) -> frozenset[Network]:
    """The entries of a set, those left out that nobody can read."""
    found = (network_of(address) for address in addresses)
    return frozenset(network for network in found if network is not None)
