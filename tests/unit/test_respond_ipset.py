"""The change of an IP set: whatever happens between its steps, what is not ours stays as it was."""

import random
from collections.abc import Callable, Collection, Generator, Sequence
from ipaddress import ip_network
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.driving import driven
from triage_tui.networks import Network
from triage_tui.respond.ipset import (
    LONGEST_PAUSE,
    TRIES,
    Answer,
    Delta,
    Fate,
    Held,
    Outcome,
    Pause,
    Read,
    Sight,
    Step,
    Trouble,
    TroubleKind,
    Turned,
    Write,
    Written,
    change,
    covering,
    look,
    mark,
    rebase,
)

T = TypeVar("T")
A, B, C = (ip_network(f"198.51.100.{n}/32") for n in (1, 2, 3))
WIDE = ip_network("198.51.100.0/24")
SIX = ip_network("2001:db8:7::/64")
CONFLICT = Trouble(TroubleKind.CONFLICT, "somebody was faster")
BUSY = Trouble(TroubleKind.BUSY, "rate exceeded")
UNCLEAR = Trouble(TroubleKind.UNCLEAR, "no answer")
REFUSED = Trouble(TroubleKind.REFUSED, "denied")


def add(*networks: Network) -> list[Delta]:
    return [Delta(network, adds=True) for network in networks]


def remove(*networks: Network) -> list[Delta]:
    return [Delta(network, adds=False) for network in networks]


class Waf:
    """A set, the others who edit it, and what goes wrong."""

    def __init__(self, *addresses: str, description: str = "by hand") -> None:
        self.addresses = list(addresses)
        self.description = description
        self.number = 1
        self.writes: list[Write] = []
        self.before: Callable[[Step], Answer] = lambda step: None
        """What happens before a step; it may answer it, and then nothing else does."""
        self.after: Callable[[Step], Answer] = lambda step: None
        """The same once it was done."""
        self.late: list[Write] = []
        """Writes on their way."""
        self.past: list[Held] = []
        """States that are over."""

    @property
    def token(self) -> str:
        return f"token {self.number}"

    def edit(self, *, add: Collection[str] = (), remove: Collection[str] = ()) -> None:
        """Somebody else's change."""
        self.past.append(Held(tuple(self.addresses), self.token, self.description))
        self.addresses = [a for a in self.addresses if a not in remove] + [
            a for a in add if a not in self.addresses
        ]
        self.number += 1

    def perform(self, step: Step) -> Answer:
        answer = self.before(step) or self._do(step)
        return self.after(step) or answer

    def _do(self, step: Step) -> Answer:
        if isinstance(step, Read):
            return Held(tuple(self.addresses), self.token, self.description, f"r{self.number}")
        assert isinstance(step, Write)
        self.writes.append(step)
        return self.put(step)

    def put(self, step: Write) -> Answer:
        if step.token != self.token:
            return CONFLICT
        self.past.append(Held(tuple(self.addresses), self.token, self.description))
        self.addresses = list(step.addresses)
        self.description = step.description
        self.number += 1
        return Written(self.token, f"w{self.number}")


def run(steps: Generator[Step, Answer, T], waf: Waf) -> T:
    def answer(step: Step) -> Answer:
        if isinstance(step, Pause):
            assert 0 < step.seconds <= LONGEST_PAUSE
            return None
        return waf.perform(step)

    return driven(steps, answer)


def made(
    waf: Waf, deltas: Sequence[Delta], ours: Collection[Network] = (), **more: object
) -> Outcome:
    return run(change(deltas, ours=ours, chance=lambda: 0.5, **more), waf)  # type: ignore[arg-type]


def fates(outcome: Outcome) -> list[Fate]:
    return [turned.fate for turned in outcome.fates]


def once(
    answer: Answer, kind: type[Step], act: Callable[[], None] = lambda: None
) -> Callable[[Step], Answer]:
    """Answers the first step of a kind so."""
    left = [answer]

    def hook(step: Step) -> Answer:
        if left and isinstance(step, kind):
            act()
            return left.pop()
        return None

    return hook


# -- rebasing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deltas", "ours", "addresses", "expected"),
    [
        (add(A), (), ("203.0.113.9/32",), Turned(Fate.ADDED, str(A))),
        (add(A), (A,), (str(A),), Turned(Fate.OURS, str(A))),
        (add(A), (), (str(A),), Turned(Fate.FOREIGN, str(A))),
        (add(A), (A,), (), Turned(Fate.ADDED, str(A))),  # somebody took it out: it comes again
        (add(A), (), (str(WIDE),), Turned(Fate.COVERED, str(WIDE))),
        (add(WIDE), (A,), (str(A),), Turned(Fate.ADDED, str(WIDE))),
        (add(SIX), (), ("2001:0db8:0007::/64",), Turned(Fate.FOREIGN, "2001:0db8:0007::/64")),
        (remove(A), (A,), (str(A), str(B)), Turned(Fate.REMOVED, str(A))),
        (remove(A), (A,), (str(A),), Turned(Fate.REMOVED, str(A))),  # the last one
        (remove(A), (), (str(A),), Turned(Fate.FOREIGN, str(A))),
        (remove(A), (A,), (str(B),), Turned(Fate.ABSENT)),
    ],
)
def test_a_delta_on_what_a_set_holds(
    deltas: list[Delta], ours: tuple[Network, ...], addresses: tuple[str, ...], expected: Turned
) -> None:
    found = rebase(Held(addresses, "t"), deltas, ours=ours)
    assert found.fates == (expected,)
    theirs = [a for a in addresses if ip_network(a) not in ours]
    assert [a for a in found.addresses if a in theirs] == theirs


def test_the_last_entry_goes_too() -> None:
    assert rebase(Held((str(A),), "t"), remove(A), ours=[A]).addresses == ()


def test_a_set_is_full_for_what_is_added_and_not_for_what_goes() -> None:
    full = Held((str(A), str(B)), "t")
    assert rebase(full, add(C), ours=(), limit=2).fates == (Turned(Fate.FULL),)
    both = rebase(full, [*remove(A), *add(C)], ours=[A], limit=2)
    assert [turned.fate for turned in both.fates] == [Fate.REMOVED, Fate.ADDED]
    assert both.addresses == (str(B), str(C))


def test_out_and_in_again_is_no_change() -> None:
    found = rebase(Held((str(A),), "t"), [*remove(A), *add(A)], ours=[A])
    assert (found.adds, found.removes) == ((), ())
    assert [turned.fate for turned in found.fates] == [Fate.REMOVED, Fate.ADDED]


def test_everything_is_never_added() -> None:
    with pytest.raises(ValueError, match="everything"):
        rebase(Held((), "t"), add(ip_network("0.0.0.0/0")), ours=())


def test_what_covers_is_the_narrowest() -> None:
    entries: dict[Network | str, str] = {
        ip_network(text): text for text in ("198.51.0.0/16", "198.51.100.0/24", "198.51.100.1/32")
    }
    assert covering(A, entries) == "198.51.100.0/24"
    assert covering(SIX, entries) == ""


def test_a_mark_knows_no_spelling() -> None:
    assert mark([str(SIX), str(A)], "t") == mark([str(A), SIX.exploded], "t")
    assert mark([str(A)], "t").digest != mark([str(B)], "t").digest


# -- the change ----------------------------------------------------------------------------------


def test_a_change_keeps_what_others_have() -> None:
    waf = Waf("203.0.113.9/32", "not an address", description="the ban list")
    found = made(waf, add(A, B))
    assert fates(found) == [Fate.ADDED, Fate.ADDED]
    assert waf.addresses == ["203.0.113.9/32", "not an address", str(A), str(B)]
    assert waf.description == "the ban list"
    assert found.before == mark(("203.0.113.9/32", "not an address"), "token 1")
    assert found.after == mark(waf.addresses, waf.token)
    assert found.request_ids == ("r1", "w2")
    assert len(waf.writes) == 1  # both in one


def test_nothing_to_change_writes_nothing() -> None:
    waf = Waf(str(A))
    assert fates(made(waf, add(A, B), ours=[B])) == [Fate.FOREIGN, Fate.ADDED]
    waf.writes.clear()
    assert fates(made(waf, add(A, B), ours=[B])) == [Fate.FOREIGN, Fate.OURS]
    assert not waf.writes


def test_what_is_not_there_is_made_sure_of() -> None:
    """An old copy, of before it was added, must not let it stay for good."""
    waf = Waf(str(A))
    waf.before = once(Held(("203.0.113.9/32",), "an older token"), Read)
    assert fates(made(waf, remove(A), ours=[A])) == [Fate.REMOVED]
    assert waf.addresses == []
    assert fates(made(waf, remove(A), ours=[A])) == [Fate.ABSENT]


def test_a_conflict_is_read_again_and_rebased() -> None:
    waf = Waf("203.0.113.9/32")
    waf.before = once(None, Write, lambda: waf.edit(add=["203.0.113.10/32"]))
    assert fates(made(waf, add(A))) == [Fate.ADDED]
    assert waf.addresses == ["203.0.113.9/32", "203.0.113.10/32", str(A)]


def test_what_somebody_adds_meanwhile_is_theirs() -> None:
    waf = Waf()
    waf.before = once(None, Write, lambda: waf.edit(add=[str(A)]))
    assert fates(made(waf, add(A))) == [Fate.FOREIGN]
    assert waf.addresses == [str(A)]


@pytest.mark.parametrize("kind", [Read, Write])
@pytest.mark.parametrize("trouble", [CONFLICT, BUSY, UNCLEAR])
def test_a_step_that_failed_is_tried_again(kind: type[Step], trouble: Trouble) -> None:
    waf = Waf("203.0.113.9/32")
    waf.before = once(trouble, kind)
    assert fates(made(waf, add(A))) == [Fate.ADDED]
    assert waf.addresses == ["203.0.113.9/32", str(A)]


def test_an_unclear_write_that_went_through() -> None:
    waf = Waf(str(B))
    waf.after = once(UNCLEAR, Write)
    found = made(waf, [*add(A), *remove(B)], ours=[B])
    assert fates(found) == [Fate.ADDED, Fate.REMOVED]
    assert waf.addresses == [str(A)]
    assert len(waf.writes) == 1


def test_an_unclear_write_that_comes_late_meets_a_newer_token() -> None:
    waf = Waf("203.0.113.9/32")

    def lose(step: Step) -> Answer:
        if isinstance(step, Write) and not waf.late:
            waf.late.append(step)
            return UNCLEAR
        return None

    waf.before = lose
    assert fates(made(waf, add(A))) == [Fate.ADDED]
    assert waf.put(waf.late[0]) is CONFLICT


@pytest.mark.parametrize("trouble", [BUSY, CONFLICT, UNCLEAR])
def test_a_change_is_given_up_in_the_end(trouble: Trouble) -> None:
    waf = Waf()
    waf.before = lambda step: trouble if isinstance(step, Write) else None
    found = made(waf, add(A))
    assert fates(found) == [Fate.UNKNOWN if trouble is UNCLEAR else Fate.FAILED]
    assert found.trouble is trouble
    assert waf.addresses == []


@pytest.mark.parametrize("kind", [Read, Write])
def test_what_is_refused_is_not_asked_twice(kind: type[Step]) -> None:
    waf, asked = Waf(), list[Step]()

    def refuse(step: Step) -> Answer:
        asked.append(step)
        return REFUSED if isinstance(step, kind) else None

    waf.before = refuse
    assert fates(made(waf, add(A))) == [Fate.FAILED]
    assert len(asked) == (1 if kind is Read else 2)


def test_an_old_copy_decides_nothing() -> None:
    waf = Waf()
    waf.before = once(Held((str(A),), "token 0"), Read)  # where A still was
    found = made(waf, add(A), stale=["token 0"])
    assert fates(found) == [Fate.ADDED]


# -- after a crash -------------------------------------------------------------------------------


def settled(waf: Waf, *settle: Delta, deltas: Sequence[Delta] = ()) -> Outcome:
    return made(waf, deltas, settle=settle)


def test_a_write_before_the_crash_is_found() -> None:
    waf = Waf("203.0.113.9/32", str(A))
    found = settled(waf, *add(A), *remove(B))
    assert [turned.fate for turned in found.settled] == [Fate.ADDED, Fate.REMOVED]
    assert waf.addresses == ["203.0.113.9/32", str(A)]


def test_an_old_copy_settles_nothing() -> None:
    waf = Waf("203.0.113.9/32", str(A))
    waf.before = once(Held(("203.0.113.9/32",), "an older token"), Read)
    found = settled(waf, *add(A))
    assert [turned.fate for turned in found.settled] == [Fate.ADDED]


def test_a_write_that_never_came_cannot_come_late() -> None:
    waf = Waf("203.0.113.9/32")
    late = Write((*waf.addresses, str(A)), "", waf.token, mark((), waf.token), (A,), ())
    found = settled(waf, *add(A))
    assert [turned.fate for turned in found.settled] == [Fate.UNDONE]
    assert waf.addresses == ["203.0.113.9/32"]
    assert waf.put(late) is CONFLICT


def test_a_write_that_comes_while_it_is_settled() -> None:
    waf = Waf("203.0.113.9/32")
    late = Write((*waf.addresses, str(A)), "", waf.token, mark((), waf.token), (A,), ())

    def arrive() -> None:
        assert isinstance(waf.put(late), Written)

    waf.before = once(None, Write, arrive)
    found = settled(waf, *add(A))
    assert [turned.fate for turned in found.settled] == [Fate.ADDED]
    assert waf.addresses == ["203.0.113.9/32", str(A)]


def test_what_is_settled_is_ours_for_what_comes_with_it() -> None:
    waf = Waf(str(A))
    found = settled(waf, *add(A), deltas=remove(A))
    assert fates(found) == [Fate.REMOVED]
    assert waf.addresses == []


# -- looking -------------------------------------------------------------------------------------


def test_a_look() -> None:
    waf = Waf(str(A), "not an address")
    waf.before = once(BUSY, Read)
    found = run(look(chance=lambda: 0.0), waf)
    assert isinstance(found, Sight)
    assert found.present == {A}
    waf.before = lambda step: REFUSED
    assert run(look(), waf) == REFUSED
    waf.before = lambda step: None
    assert isinstance(run(look(stale=[waf.token], chance=lambda: 0.0), waf), Trouble)


# -- whatever happens ----------------------------------------------------------------------------

POOL = [ip_network(f"198.51.100.{n}/32") for n in range(6)] + [WIDE]
_networks = st.sampled_from(POOL)
_troubles = st.sampled_from([CONFLICT, BUSY, UNCLEAR, None, None, None])


@given(
    theirs=st.sets(_networks, max_size=4),
    told=st.lists(st.tuples(_networks, st.booleans()), max_size=8),
    seed=st.integers(0, 2**32),
    trouble=st.lists(st.tuples(_troubles, st.booleans()), max_size=TRIES * 2),
    foreign=st.lists(st.integers(1, 40), max_size=TRIES * 2),
    old=st.lists(st.integers(0, 4), max_size=TRIES * 2),
)
def test_any_story(
    theirs: set[Network],
    told: list[tuple[Network, bool]],
    seed: int,
    trouble: list[tuple[Trouble | None, bool]],
    foreign: list[int],
    old: list[int],
) -> None:
    """Changes one after another, with anything going wrong and others editing between any two
    steps: theirs is as they left it, ours is what we were told of it."""
    chance = random.Random(seed)
    waf = Waf(*map(str, sorted(theirs, key=str)), description="theirs")
    theirs_now = {str(network) for network in theirs}
    ours: set[Network] = set()

    def before(step: Step) -> Answer:
        if foreign:
            name = f"203.0.113.{foreign.pop()}/32"
            if name in theirs_now:
                theirs_now.discard(name)
                waf.edit(remove=[name])
            else:
                theirs_now.add(name)
                waf.edit(add=[name])
        for late in list(waf.late):
            if chance.random() < 0.5:
                waf.late.remove(late)
                waf.put(late)
        if trouble:
            answer, is_done = trouble.pop()
            if answer is UNCLEAR and isinstance(step, Write):
                if is_done:
                    waf.put(step)
                else:
                    waf.late.append(step)
            return answer
        if old and isinstance(step, Read):
            behind = old.pop()
            if 0 < behind <= len(waf.past):
                return waf.past[-behind]
        return None

    waf.before = before
    for network, adds in told:
        [turned] = made(waf, [Delta(network, adds)], ours=frozenset(ours), tries=99).fates
        if turned.fate is Fate.ADDED:
            ours.add(network)
        elif turned.fate in (Fate.REMOVED, Fate.ABSENT):
            ours.discard(network)
        assert turned.fate is not Fate.UNKNOWN  # so many tries outlast the trouble
    for late in waf.late:
        waf.put(late)
    assert {a for a in waf.addresses if ip_network(a) not in ours} == theirs_now
    assert {ip_network(a) for a in waf.addresses if a not in theirs_now} == ours
    assert waf.description == "theirs"
