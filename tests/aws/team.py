"""Some people at one table, over real HTTP: they all decide things at once, calls fail, answers are
lost, and one of them is offline for a while. In the end everybody knows everything, once.

`python -m tests.aws.team --edits 5000` is the long run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from tests.aws.dynamo import FakeDynamo
from tests.aws.faults import Faults
from tests.aws.server import FakeAws
from tests.relay import Relay
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.dynamodb import DynamoTable
from triage_tui.casebook.shared import SharedCasebook
from triage_tui.casebook.team import Team
from triage_tui.model import Change, Status, Verdict
from triage_tui.replica import Replica
from triage_tui.respond.entries import Intent
from triage_tui.respond.journal import Journal, ResponseError
from triage_tui.respond.sharedjournal import open_shared

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = "triage"
INTENT = Intent("edge", "203.0.113.7/32", "why", "kim", None, "ip:203.0.113.7", simulated=False)
PROBES = 5
"""Notes whose way from one to the other is timed, in the end."""
SECONDS = 2.0
"""Within which what one says is to be known to the other."""
_PATIENCE = 120.0


@dataclass
class Desk:
    """Somebody at work, on a machine of their own."""

    who: str
    line: Relay
    book: SharedCasebook
    journal: Journal
    team: Team
    made: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """(author, subject, field, value) of what was decided here."""
    blocks: list[str] = field(default_factory=list)
    """Hashes of the entries that the journal took."""

    async def decide(self, chance: random.Random, number: int) -> None:
        """Decides something. Never fails, whatever the table does."""
        subject = f"ip:203.0.113.{chance.randrange(5)}"
        what, text = chance.choice(("note", "note", "tag", "status", "verdict")), f"{number}"
        match what:
            case "note":
                await self.book.note(subject, text, author=self.who, cursor=number)
            case "tag":
                await self.book.tag(subject, text, author=self.who, cursor=number)
            case "status":
                status = chance.choice([*Status])
                text = status.value
                await self.book.set_status(subject, status, author=self.who, cursor=number)
            case "verdict":
                verdict = chance.choice([*Verdict])
                text = verdict.value
                await self.book.set_verdict(subject, verdict, author=self.who, cursor=number)
        self.made[self.who, subject, what, text] += 1

    async def block(self, number: int) -> None:
        """Writes an intent into the journal, if the table can be reached."""
        try:
            self.blocks.append(
                (await self.journal.append(INTENT, response="edge", cursor=number)).hash
            )
        except ResponseError:
            return


@dataclass
class Outcome:
    """What came of it."""

    edits: int
    offline: int
    """Of those, how many were made by somebody who was offline."""
    lost: Counter[tuple[str, str, str, str]]
    twice: Counter[tuple[str, str, str, str]]
    wrong: list[str]
    fired: Counter[tuple[str, str]]
    blocks: int
    seen: list[float]
    """Seconds until a note of one was known to the other."""
    seconds: float

    @property
    def is_exact(self) -> bool:
        return not self.lost and not self.twice and not self.wrong


def faults(seed: int) -> Faults:
    """What goes wrong: before something was done, and after."""
    made = Faults(seed)
    for operation in ("PutItem", "Query", "GetItem"):
        made.add(operation, "throttle", chance=0.05)
        made.add(operation, "error500", chance=0.05)
        made.add(operation, "reset", chance=0.03)
        made.add(f"{operation}.answer", "cut", chance=0.05)
        made.add(f"{operation}.answer", "reset", chance=0.05)
    return made


async def together(seed: int, edits: int, people: int = 3, probes: int = PROBES) -> Outcome:
    """So many edits of all together; the last of the people is offline for a third of theirs."""
    begun, chance = time.monotonic(), random.Random(seed)
    async with FakeAws(FakeDynamo(TABLE)) as aws, AsyncExitStack() as stack:
        desks = [await _desk(f"p{number}", aws.url, stack) for number in range(people)]
        aws.faults = faults(seed)
        numbers, share = count(), edits // people
        offline = await asyncio.gather(
            *(_work(desk, share, numbers, chance, leaves=desk is desks[-1]) for desk in desks)
        )
        fired, aws.faults = aws.faults.fired, Faults()
        for desk in [*desks, *desks]:  # the first ones learn what the last ones had to tell
            await desk.team.look()
        following = [asyncio.ensure_future(desk.team.follow(_nothing)) for desk in desks]
        seen = [await _timed(desks[0], desks[1], next(numbers)) for _ in range(probes)]
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        for desk in desks:
            await desk.book.sync()
        return await _judged(desks, sum(offline), fired, seen, begun)


async def _work(
    desk: Desk, share: int, numbers: Iterator[int], chance: random.Random, *, leaves: bool
) -> int:
    """One's share of the edits; who `leaves` is offline for the middle third. How many were made
    offline."""
    offline = 0
    for step in range(share):
        if leaves and step == share // 3:
            await asyncio.to_thread(desk.line.cut)
        if leaves and step == 2 * share // 3:
            desk.line.mend()
        is_offline = leaves and share // 3 <= step < 2 * share // 3
        offline += is_offline
        await desk.decide(chance, next(numbers))
        if chance.random() < (0.05 if is_offline else 0.4):
            await desk.team.look()
        if not is_offline and chance.random() < 0.1:
            await desk.block(next(numbers))
    return offline


async def _desk(who: str, url: str, stack: AsyncExitStack) -> Desk:
    line = Relay(url)
    await asyncio.to_thread(line.__enter__)
    stack.push_async_callback(asyncio.to_thread, line.__exit__)
    os.environ["AWS_ENDPOINT_URL"] = line.url
    table = DynamoTable(Access(Scope(None, "eu-west-1")), TABLE)
    stack.push_async_callback(table.close)
    await table.check()  # its client goes this way from now on
    replica = await Replica.open(None)
    stack.push_async_callback(replica.close)
    book = await SharedCasebook.open(table, replica, wall=time.time_ns)
    journal = await open_shared(table, replica, wall=time.time_ns)
    team = Team(table, book, who, f"{who} 1", wall=time.time_ns)
    return Desk(who, line, book, journal, team)


def _nothing() -> None:
    pass


async def _timed(one: Desk, other: Desk, number: int) -> float:
    begun, text = time.monotonic(), f"probe {number}"
    await one.book.note("ip:198.51.100.1", text, author=one.who, cursor=number)
    one.made[one.who, "ip:198.51.100.1", "note", text] += 1
    async with asyncio.timeout(_PATIENCE):
        while not any(change.value == text for change in other.book.history()):  # noqa: ASYNC110 - it goes by its own second
            await asyncio.sleep(0.02)
    return time.monotonic() - begun


async def _judged(
    desks: list[Desk],
    offline: int,
    fired: Counter[tuple[str, str]],
    seen: list[float],
    begun: float,
) -> Outcome:
    wrong: list[str] = []
    first = desks[0]
    for desk in desks:
        if desk.book.waiting:
            wrong.append(f"{desk.who}: {desk.book.waiting} wait")
        if [*desk.book.history()] != [*first.book.history()]:
            wrong.append(f"{desk.who} knows another history than {first.who}")
        await desk.journal.refresh()
        if await desk.journal.verify_chain() is not None:
            wrong.append(f"{desk.who}: the chain of the journal is broken")
        if desk.journal.entries != first.journal.entries:
            wrong.append(f"{desk.who} knows another journal than {first.who}")
    for number in range(5):
        subject = f"ip:203.0.113.{number}"
        if len({repr(desk.book.case([subject])) for desk in desks}) != 1:
            wrong.append(f"{subject}: not everybody sees the same case")
    entries = Counter(entry.hash for entry in first.journal.entries)
    told_of = Counter(entry.cursor for entry in first.journal.entries)
    wrong += [f"the journal has intent {each} twice" for each, n in told_of.items() if n > 1]
    taken = [each for desk in desks for each in desk.blocks]
    wrong += [
        f"the journal has {entries[each]} of an entry" for each in taken if entries[each] != 1
    ]
    told = Counter(map(_key, first.book.history()))
    made = sum((desk.made for desk in desks), Counter[tuple[str, str, str, str]]())
    return Outcome(
        made.total() - len(seen),
        offline,
        made - told,
        told - made,
        wrong,
        fired,
        len(taken),
        seen,
        time.monotonic() - begun,
    )


def _key(change: Change) -> tuple[str, str, str, str]:
    return change.author, change.subject, change.field, change.value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=5_000)
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    found = asyncio.run(together(arguments.seed, arguments.edits, arguments.people))
    slowest = max(found.seen)
    print(  # noqa: T201 - this is what it is for
        f"seed {arguments.seed}: {found.edits:,} edits of {arguments.people} people "
        f"({found.offline:,} of them offline) and {found.blocks:,} entries of the journal in "
        f"{found.seconds:.0f} s; lost {found.lost.total()}, twice {found.twice.total()}; "
        f"known to the other after {slowest:.2f} s at most; "
        f"{found.fired.total():,} faults: {dict(found.fired)}"
    )
    for words in [*found.wrong, *map(str, [*found.lost.items(), *found.twice.items()][:5])]:
        print(words)  # noqa: T201 - as above
    return 0 if found.is_exact and slowest <= SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
