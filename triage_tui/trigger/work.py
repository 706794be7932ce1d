"""One invocation: deliveries in, alerts out, each once.

A delivery is taken in, and is done when all that follows from it is kept. Whatever breaks before
is tried again by Lambda, and what was kept already is not kept twice.
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.detect.fields import WEB
from triage_tui.model import DAY, SECOND, Severity
from triage_tui.networks import network_of

from . import alerts
from .alerts import Alert, Subject
from .claims import Claims, News, key_of
from .payloads import Poisoned, check, is_batch, parts
from .ports import Change, Key, Trouble
from .watch import FINDING, Seen, batches
from .windows import Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from triage_tui.detect.rule_settings import Mute

    from .aliases import Aliases
    from .claims import Claimed
    from .options import Options
    from .outbox import Outbox
    from .payloads import Delivery, Part
    from .ports import Blocker, Kept, Letters, Memory, Objects
    from .watch import Hit, Reading, Watch

DONE = "trigger#done#"
SINGLE = 20
"""Alerts of one rule that a delivery makes at most; the rest come together in one more."""
_LETTER = 250_000
"""Bytes of what is set aside, with the reason: SQS takes 256 KB of a queue that says no more."""


class Outside(NamedTuple):
    """What one invocation works with."""

    memory: Memory
    aliases: Aliases
    objects: Objects
    letters: Letters
    outbox: Outbox
    blocker: Blocker | None
    wall: Callable[[], int]
    pause: Callable[[int], None]


class _Case(NamedTuple):
    """What one delivery says of a reason and those who belong together."""

    reason: str
    strength: Severity
    news: dict[str, News]
    seen: list[Seen]


class Work:
    """The whole of the function, but for its drivers."""

    def __init__(self, watch: Watch, mutes: Iterable[Mute], options: Options, out: Outside) -> None:
        self._watch = watch
        self._rules = watch.rules
        self._muted = {(mute.rule, mute.entity) for mute in mutes}
        self._options = options
        self._out = out
        self._windows = Windows(watch.rules, out.memory, wall=out.wall, pause=out.pause)
        self._claims = Claims(out.memory, options.window, wall=out.wall, pause=out.pause)
        self._aliases = out.aliases
        self.counts: Counter[str] = Counter()
        """What was done, for whoever counts."""
        self.said: list[str] = []
        """What there is to say about it."""

    def run(self, event: object) -> dict[str, object] | None:
        """Does what Lambda calls for; of a batch, which items have failed. Raises Trouble where
        the whole is to be tried again."""
        failed: list[dict[str, object]] = []
        found = parts(event)
        for part in found:
            try:
                self._take(part)
            except Exception as error:  # a mistake of ours too fails one item, not the others
                if not part.item:
                    raise
                kind = "" if isinstance(error, Trouble) else f"{type(error).__name__}: "
                self.said.append(f"{part.item}: {kind}{error}")
                failed.append({"itemIdentifier": part.item})
        return {"batchItemFailures": failed} if is_batch(found) else None

    def _take(self, part: Part) -> None:
        if part.trouble:
            self._set_aside(part.trouble, part.raw)
        for delivery in part.deliveries:
            if delivery.tick:
                self._tick()
                continue
            try:
                self._deliver(delivery)
            except Poisoned as error:
                named = delivery.object or delivery.records.decode("utf-8", "replace")
                self._set_aside(f"{delivery.name}: {error}", named)

    def _set_aside(self, why: str, what: object) -> None:
        self._out.letters.put(_letter(why, what))
        self.said.append(f"set aside: {why}")
        self.counts["SetAside"] += 1

    # -- deliveries ------------------------------------------------------------------------------

    def _deliver(self, delivery: Delivery) -> None:
        memory, done = self._out.memory, Key(f"{DONE}{delivery.digest}")
        before = memory.read([done]).get(done)
        if before is not None:
            self.counts["Repeated"] += 1
            return
        data, origin = delivery.records, ""
        if delivery.object is not None:
            data = self._out.objects.fetch(delivery.object)
            origin = delivery.name
        now = self._out.wall()
        reading = self._watch.read(batches(data, origin, now), self._options.level)
        self.counts["Records"] += reading.records
        self.counts["Unparsed"] += reading.unparsed
        if reading.unparsed == reading.records == 1:
            check(data)
        reading = self._renamed(reading)
        owed: list[tuple[Key, Kept]] = []
        cases = list(self._cases(reading, delivery.digest))
        keys = [key_of(case.reason, entity) for case in cases for entity in case.news]
        known = memory.read(keys) if keys else {}
        for case in cases:
            mark, owing = _mark(delivery.digest, case), _Owed(self, case, now)
            owed += self._claims.take(case.reason, case.news, mark, owing, known)
        self.counts["Alerts"] += len(owed)
        self._out.outbox.send(owed)
        memory.write([Change(done, 0, b"1", (self._out.wall() + 2 * DAY) // SECOND)])

    def _renamed(self, reading: Reading) -> Reading:
        """With principals by their ARNs, where a record has told them before."""
        self._aliases.learn(reading.aliases)
        seen = [*(hit.seen for hit in reading.hits), *reading.fed]
        asked = [a for each in seen for actor in each.actors for a in actor.aliases]
        known = self._aliases.principals(asked) if asked else {}
        if not known:
            return reading
        return reading._replace(
            hits=[hit._replace(seen=hit.seen.renamed(known)) for hit in reading.hits],
            fed=[each.renamed(known) for each in reading.fed],
        )

    def _cases(self, reading: Reading, delivery: str) -> Iterator[_Case]:
        found: dict[tuple[str, str], _Case] = {}
        for hit in reading.hits:
            self._note(found, hit)
        for fired in self._windows.take(reading, delivery):
            rule = self._rules.rules[fired.rule]
            strength = self._watch.strength(fired.rule, fired.seen.refused)
            if rule.shown and strength >= self._options.level:
                news = News(
                    strength,
                    runs=((fired.id, fired.signals),),
                    first=fired.time,
                    last=fired.last,
                )
                case = self._add(found, rule.id, strength, fired.seen.entities, news)
                if case is not None:
                    case.seen.extend(fired.samples or (fired.seen,))
        yield from _bounded(found)

    def _note(self, found: dict[tuple[str, str], _Case], hit: Hit) -> None:
        seen = hit.seen
        reason = f"{FINDING}:{seen.action}" if hit.rule == FINDING else hit.rule
        news = News(hit.strength, (seen.id,), first=seen.time, last=seen.time)
        case = self._add(found, reason, hit.strength, seen.entities, news)
        if case is not None:
            case.seen.append(seen)

    def _add(
        self,
        found: dict[tuple[str, str], _Case],
        reason: str,
        strength: Severity,
        named: tuple[str, ...],
        news: News,
    ) -> _Case | None:
        """Those of one address belong together, else those of one principal."""
        entities = [each for each in named if (reason, each) not in self._muted]
        if (reason, "") in self._muted or (named and not entities):
            return None
        entities = entities or ["unknown:"]
        key = (reason, entities[0])
        case = found.get(key)
        if case is None:
            case = found[key] = _Case(reason, strength, {}, [])
        elif strength > case.strength:
            case = found[key] = case._replace(strength=strength)
        for entity in entities:
            before = case.news.get(entity)
            case.news[entity] = news if before is None else _joined(before, news)
        return case

    def alert(self, name: str, case: _Case, claimed: Mapping[str, Claimed], now: int) -> Alert:
        """What somebody is owed for a case."""
        labels = {}
        for seen in case.seen:
            for actor in seen.actors:
                labels[f"principal:{actor.principal}"] = actor.label
        subjects = [
            Subject(
                entity,
                labels.get(entity, "")[:200],
                claim.why,
                claim.told.count,
                claim.told.first,
                claim.told.last,
            )
            for entity, claim in claimed.items()
        ]
        subjects.sort(key=lambda each: (not each.why, each.kind, -each.count, each.key))
        shown = [_sample(seen) for seen in _chosen(case.seen)]
        number = self._rules.numbers.get(case.reason)
        rule = self._rules.rules[number] if number is not None else None
        is_finding = case.reason.startswith(f"{FINDING}:")
        return Alert(
            id=name,
            made=now,
            rule=FINDING if is_finding else case.reason,
            title=rule.title if rule is not None else case.reason.partition(":")[2],
            level=case.strength,
            author=rule.author if rule is not None else "",
            licence=rule.licence if rule is not None else "",
            description=(rule.description if rule is not None else "")[:2_000],
            tags=rule.tags[:20] if rule is not None else (),
            subjects=tuple(subjects),
            formats=alerts.merged([seen.format for seen in case.seen]),
            accounts=alerts.merged([seen.account for seen in case.seen]),
            regions=alerts.merged([seen.region for seen in case.seen]),
            samples=tuple(shown),
            block=self._to_block(case, claimed),
        )

    def _to_block(self, case: _Case, claimed: Mapping[str, Claimed]) -> str:
        """The address that is to be blocked, or told to the user's own function: of requests,
        which is what WAF can stop."""
        least = self._options.block
        ips = [entity.partition(":")[2] for entity in claimed if entity.startswith("ip:")]
        if least is None or case.strength < least or len(ips) != 1:
            return ""
        if not any(seen.format in WEB and seen.actor.ip == ips[0] for seen in case.seen):
            return ""
        return ips[0] if network_of(ips[0]) is not None else ""

    # -- the schedule ----------------------------------------------------------------------------

    def _tick(self) -> None:
        """Takes out what is over, and sends what was left behind: in this order, for a topic that
        does not answer takes all the time that there is."""
        try:
            if self._out.blocker is not None:
                self.said += self._out.blocker.expire()
                self.counts["Overdue"] = self._out.blocker.overdue
        finally:
            self.counts["Waiting"] += self._out.outbox.sweep()


class _Owed:
    """Makes the alert of a case, as `Claims.take` asks for it."""

    def __init__(self, work: Work, case: _Case, now: int) -> None:
        self._work, self._case, self._now = work, case, now

    def __call__(self, name: str, claimed: Mapping[str, Claimed]) -> bytes:
        return alerts.encode(self._work.alert(name, self._case, claimed, self._now))


def _letter(why: str, what: object) -> str:
    """What is set aside, as JSON; its end is left out where it is too long."""
    raw = json.dumps(what, ensure_ascii=True, default=repr)
    letter = {"why": why[:1_000], "sha256": sha256(raw.encode()).hexdigest(), "what": raw}
    while len(text := json.dumps(letter, ensure_ascii=True)) > _LETTER:
        letter["what"] = letter["what"][: min(_LETTER, len(letter["what"])) * 3 // 4]
    return text


def _mark(delivery: str, case: _Case) -> bytes:
    """Names what a delivery says of a case, for whoever may hear it twice."""
    named = repr((delivery, case.reason, next(iter(case.news)))).encode()
    return blake2b(named, digest_size=16).digest()


def _joined(one: News, other: News) -> News:
    return News(
        max(one.strength, other.strength),
        (*one.ids, *other.ids),
        (*one.runs, *other.runs),
        min(one.first, other.first),
        max(one.last, other.last),
    )


def _bounded(found: Mapping[tuple[str, str], _Case]) -> Iterator[_Case]:
    """The cases of each reason, those with most events first; the many that are left as one."""
    by_reason: dict[str, list[_Case]] = {}
    for case in found.values():
        by_reason.setdefault(case.reason, []).append(case)
    for reason, cases in by_reason.items():
        cases.sort(key=lambda each: (-each.strength, -len(each.seen)))
        yield from cases[:SINGLE]
        if rest := cases[SINGLE:]:
            whole = _Case(reason, max(each.strength for each in rest), {}, [])
            for case in rest:
                for entity, news in case.news.items():
                    before = whole.news.get(entity)
                    whole.news[entity] = news if before is None else _joined(before, news)
                whole.seen.extend(case.seen[:1])
            yield whole


def _chosen(seen: Sequence[Seen]) -> list[Seen]:
    """A few events: the first and the last ones."""
    ordered = sorted(dict.fromkeys(seen), key=lambda each: (each.time, each.id))
    if len(ordered) <= alerts.SAMPLES:
        return ordered
    return [*ordered[:2], *ordered[-(alerts.SAMPLES - 2) :]]


def _sample(seen: Seen) -> alerts.Sample:
    summary = seen.summary or seen.action
    return alerts.sample(seen.time, seen.format, summary, seen.raw)
