"""A remedy as steps: look, write down what is meant, change it, look again; and the way back.

Sans-IO: `make` and `take_back` yield a `Call`, a `Pause` or an `Intend` and are sent what came of
it, so that one and the same remedy is driven by asyncio here and without it elsewhere. An `Intend`
comes before the first call that changes anything: whoever drives has it on disk before going on.

What is done is what was read afterwards; an answer that never came decides nothing. Nothing is put
back that somebody else has changed since.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Generator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.respond.ipset import TroubleKind

from .calls import Call, Pause, Reply, Trouble, took

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from triage_tui.remedies import Parts

    from .calls import Answer
    from .lever import AnyLever

TRIES = 5
"""Times that a change is tried, where nobody knows what became of it or AWS has too much to do."""
REHEARSED = "DryRunOperation"
"""What EC2 calls a trial that went well."""
LOOKS = 5
"""Times that is looked, until what was changed shows: IAM shows it after seconds."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between them: they double, and are scattered by chance."""


class Intend(NamedTuple):
    """Step: write down what is going to be changed, and wait until it is on disk. The answer is
    None."""

    before: Parts
    after: Parts


class Fate(enum.StrEnum):
    """What became of a change."""

    DONE = "done"
    SENT = "sent"
    """AWS has taken it, and does not show it yet."""
    PARTLY = "done in part"
    SAME = "is so already"
    CHANGED = "changed meanwhile"
    """Somebody else has changed it: since the plan, or since it was done."""
    FAILED = "failed"
    UNCLEAR = "not known"


class Outcome(NamedTuple):
    """What became of a change."""

    fate: Fate
    now: Parts | None
    """What is there by now, as far as anybody could read it."""
    words: str = ""
    """What was in the way, or what there is to say."""
    requests: tuple[str, ...] = ()
    """AWS's own ids of the calls."""
    left: tuple[str, ...] = ()
    """Parts that somebody else has changed since, and that stay as they are."""
    denied: str = ""
    """The call that nobody permits us, where that was in the way."""


Step: TypeAlias = Call | Pause | Intend
Course: TypeAlias = Generator[Step, "Answer", Outcome]


class _Log:
    """What was heard on the way."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self.requests: list[str] = []
        self.trouble: Trouble | None = None
        self._chance = chance
        self._failures = 0

    def pause(self) -> Pause:
        """Half of the step for sure, the rest by chance."""
        step = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**self._failures)
        self._failures = min(20, self._failures + 1)
        return Pause(step * (0.5 + 0.5 * self._chance()))

    def end(
        self, fate: Fate, now: Parts | None, words: str = "", left: tuple[str, ...] = ()
    ) -> Outcome:
        denied = self.trouble.denied if self.trouble and fate is not Fate.DONE else ""
        return Outcome(fate, now, words, tuple(self.requests), left, denied)


def make(
    lever: AnyLever, planned: Parts | None = None, *, chance: Callable[[], float] = random.random
) -> Course:
    """Makes the change, unless something else is there than was `planned` with."""
    log = _Log(chance)
    before = yield from _look(lever, log)
    if isinstance(before, Trouble):
        return log.end(Fate.FAILED, None, before.words)
    if planned is not None and before != planned:
        return log.end(Fate.CHANGED, before, _differences(planned, before))
    after = lever.wanted(before)
    if after == before:
        return log.end(Fate.SAME, before)
    yield Intend(before, after)
    if lever.once:
        return (yield from _call_once(lever, before, after, log))
    return (yield from _change(lever, before, after, log))


def _call_once(lever: AnyLever, before: Parts, after: Parts, log: _Log) -> Course:
    """Makes the one call, and never again: an answer that does not come leaves it unclear."""
    [call] = lever.write(before, aim(before, after))
    answer = took((yield call))
    _note(log, answer)
    well, words = lever.heard(answer)
    if isinstance(answer, Trouble):
        log.trouble = answer
        unclear = answer.kind is TroubleKind.UNCLEAR
        return log.end(Fate.UNCLEAR if unclear else Fate.FAILED, None, words)
    return log.end(Fate.DONE if well else Fate.FAILED, after, words)


def take_back(
    lever: AnyLever, before: Parts, after: Parts, *, chance: Callable[[], float] = random.random
) -> Course:
    """Puts back what was there before, part by part, but for parts that somebody else has changed
    since, and those that nobody can put back: those stay, and are named."""
    log = _Log(chance)
    now = yield from _look(lever, log)
    if isinstance(now, Trouble):
        return log.end(Fate.FAILED, None, now.words)
    changed = changed_parts(before, after)
    ours = [part for part in changed if now.get(part) == after.get(part)]
    left = tuple(p for p in changed if now.get(p) not in (before.get(p), after.get(p)))
    stay = {part: why for part in ours if (why := lever.stays(part, before.get(part)))}
    ours = [part for part in ours if part not in stay]
    words = "; ".join(
        [f"{part} is {_shown(now.get(part))} by now" for part in left]
        + [f"{part} stays {_shown(now.get(part))}: {why}" for part, why in stay.items()]
    )
    if not ours:
        return log.end(Fate.CHANGED if left else Fate.SAME, now, words, (*left, *stay))
    back = {**now, **{part: before.get(part) for part in ours}}
    yield Intend(now, back)
    done = yield from _change(lever, now, back, log)
    return done._replace(left=(*left, *stay), words=done.words or words)


def look(lever: AnyLever, *, chance: Callable[[], float] = random.random) -> Course:
    """What is there now: an outcome that is done, or failed."""
    log = _Log(chance)
    now = yield from _look(lever, log)
    if isinstance(now, Trouble):
        return log.end(Fate.FAILED, None, now.words)
    return log.end(Fate.DONE, now)


def rehearse(
    lever: AnyLever, before: Parts, after: Parts
) -> Generator[Call, Answer, tuple[GuardVerdict, ...]]:
    """What AWS says against the calls of a change, where it tries them without making any: one
    verdict for each operation that speaks against it."""
    calls = {call.action: call for call in reversed(lever.write(before, aim(before, after)))}
    found: list[GuardVerdict] = []
    for call in calls.values():
        if call.service != "ec2":
            continue  # the others know no such thing
        trial = call._replace(parameters={**call.parameters, "DryRun": True})
        answer = took((yield trial))
        if not isinstance(answer, Trouble) or answer.code == REHEARSED:
            continue
        if answer.denied:
            words = f"no permission: {answer.denied}"
            found.append(GuardVerdict("permission", GuardLevel.REFUSE, words))
        else:
            found.append(GuardVerdict("rehearsal", GuardLevel.WARN, answer.words))
    return tuple(found)


def _look(lever: AnyLever, log: _Log) -> Generator[Step, Answer, Parts | Trouble]:
    """What is there, asked again where the service has too much to do or does not answer."""
    left = LOOKS
    while True:
        found = yield from _heard(lever, log)
        left -= 1
        if not isinstance(found, Trouble):
            return found
        log.trouble = found
        if found.kind is TroubleKind.REFUSED or not left:
            return found
        yield log.pause()


def _heard(lever: AnyLever, log: _Log) -> Generator[Step, Answer, Parts | Trouble]:
    """One reading, whose calls are noted."""
    reading = lever.read()
    answer: Answer = None
    while True:
        try:
            call = reading.send(answer)
        except StopIteration as stop:
            found: Parts | Trouble = stop.value
            return found
        answer = yield call
        _note(log, took(answer))


def _note(log: _Log, answer: Reply | Trouble) -> None:
    if answer.request_id:
        log.requests.append(answer.request_id)


def _change(lever: AnyLever, before: Parts, after: Parts, log: _Log) -> Course:
    """Leads from `before`, which was just read, to `after`."""
    now: Parts = before
    unclear = False
    for left in range(TRIES, 0, -1):
        taken = yield from _write(lever, before, now, after, log)
        unclear = unclear or (log.trouble is not None and log.trouble.kind is TroubleKind.UNCLEAR)
        seen = yield from _settled(lever, before, after, log, patient=taken)
        if seen is None:
            words = log.trouble.words if log.trouble else ""
            return log.end(Fate.SENT if taken else Fate.UNCLEAR, None, words)
        now = seen
        if _reached(before, now, after):
            return log.end(Fate.DONE, now)
        meddled = _meddled(before, now, after)
        if meddled:
            return log.end(
                Fate.PARTLY if _began(before, now, after) else Fate.CHANGED, now, meddled
            )
        if taken:
            return log.end(Fate.SENT, now, "AWS has taken it, and does not show it yet")
        if log.trouble is not None and log.trouble.kind is TroubleKind.REFUSED:
            break
        if left > 1:
            yield log.pause()
    words = log.trouble.words if log.trouble else ""
    if _began(before, now, after):
        return log.end(Fate.PARTLY, now, words)
    refused = log.trouble is not None and log.trouble.kind is TroubleKind.REFUSED
    return log.end(Fate.UNCLEAR if unclear and not refused else Fate.FAILED, now, words)


def _write(
    lever: AnyLever, before: Parts, now: Parts, after: Parts, log: _Log
) -> Generator[Step, Answer, bool]:
    """Makes the calls, up to the first that fails; whether all were taken."""
    log.trouble = None
    for call in lever.write(now, aim(before, after)):
        answer = took((yield call))
        _note(log, answer)
        if isinstance(answer, Trouble):
            log.trouble = answer
            return False
    return True


def _settled(
    lever: AnyLever, before: Parts, after: Parts, log: _Log, *, patient: bool
) -> Generator[Step, Answer, Parts | None]:
    """What is there after calls: whoever knows that they were taken waits until it shows. None
    where it cannot be read."""
    trouble, left = log.trouble, LOOKS if patient else 1
    while True:
        now = yield from _look(lever, log)
        left -= 1
        if isinstance(now, Trouble):
            log.trouble = trouble or now
            return None
        if not left or _reached(before, now, after) or _meddled(before, now, after):
            log.trouble = trouble
            return now
        yield log.pause()


def _reached(before: Parts, now: Parts, after: Parts) -> bool:
    """Whether all that was to change has; what else is there is others' affair."""
    return all(now.get(part) == after.get(part) for part in changed_parts(before, after))


def aim(before: Parts, after: Parts) -> Parts:
    """What is to be there of the parts that change: nothing else is ever written."""
    return {part: after.get(part) for part in changed_parts(before, after)}


def changed_parts(before: Parts, after: Parts) -> list[str]:
    """The parts that were to change."""
    names = dict.fromkeys([*before, *after])
    return [part for part in names if before.get(part) != after.get(part)]


def _began(before: Parts, now: Parts, after: Parts) -> bool:
    """Whether any part that was to change has."""
    return any(now.get(part) == after.get(part) for part in changed_parts(before, after))


def _meddled(before: Parts, now: Parts, after: Parts) -> str:
    """What is neither as it was nor as it is to be, in words; "" where nothing is."""
    return "; ".join(
        f"{part} is {_shown(now.get(part))} by now: somebody else has changed it"
        for part in changed_parts(before, after)
        if now.get(part) not in (before.get(part), after.get(part))
    )


def _differences(planned: Parts, now: Parts) -> str:
    """What is not as it was planned with."""
    names = dict.fromkeys([*planned, *now])
    return "; ".join(
        f"{part} was {_shown(planned.get(part))}, and is {_shown(now.get(part))} by now"
        for part in names
        if planned.get(part) != now.get(part)
    )


def _shown(value: str | None) -> str:
    return "not there" if value is None else value


# -- after a crash -------------------------------------------------------------------------------


def found_after(before: Parts, after: Parts, now: Parts) -> Fate:
    """What became of a change whose end nobody saw, by what is there now."""
    if _reached(before, now, after):
        return Fate.DONE
    if _meddled(before, now, after):
        return Fate.PARTLY if _began(before, now, after) else Fate.CHANGED
    return Fate.PARTLY if _began(before, now, after) else Fate.FAILED


def changed_since(before: Parts, after: Parts, now: Parts) -> str:
    """What is no longer as a change left it, in words; "" where everything is."""
    return "; ".join(
        f"{part} is {_shown(now.get(part))} by now"
        for part in changed_parts(before, after)
        if now.get(part) != after.get(part)
    )


def merged(known: Mapping[str, str | None], changed: Parts) -> Parts:
    """What is there after a change of some parts."""
    return {**known, **changed}
