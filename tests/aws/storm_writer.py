"""One of ours in the storm, in a process of its own: blocks, extends, undoes and expires at random
until a file says that it is enough. `python -m tests.aws.storm_writer CONFIG STOP SEED`.

It opens the blocklists as the program does.
"""

import asyncio
import contextlib
import logging
import random
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from triage_tui.cli import blocklists, shared, state
from triage_tui.config import load
from triage_tui.model import HOUR, SECOND, BlockRequest
from triage_tui.respond import leases
from triage_tui.respond.blocklist import WafBlocklist
from triage_tui.respond.entries import in_force
from triage_tui.respond.journal import Journal, ResponseError

POOL = [f"8.8.{n // 8}.{n % 8 * 16}" for n in range(48)]
"""The addresses that all of ours quarrel about."""


def be_brief() -> None:
    """Whoever is killed here holds the others up for seconds, not for most of a minute."""
    leases.LEASE, leases.MARGIN = 3_000, 1_500


async def act(blocklist: WafBlocklist, chance: random.Random, author: str) -> None:
    """One decision, whatever comes of it."""
    held = [block for block in blocklist.blocks(None) if in_force(block)]
    now = time.time_ns()
    dice = chance.random()
    if dice < 0.1:
        await blocklist.expire()
    elif dice < 0.4 and held:
        await blocklist.undo(chance.choice(held), author=author, cursor=now)
    elif dice < 0.5 and held:
        await blocklist.extend(chance.choice(held), now + HOUR, author=author, cursor=now)
    else:
        request = BlockRequest(
            cidr=chance.choice(POOL),
            blocklist=blocklist.name,
            reason="the storm",
            author=author,
            expires_after=chance.choice((SECOND // 2, HOUR)),
            subject="",
            cursor=now,
        )
        block = await blocklist.apply(request)
        if chance.random() < 0.2:
            await blocklist.verify(block)


async def main(config: Path, stop: Path, seed: int) -> None:
    chance = random.Random(seed)
    be_brief()
    async with opened(config) as (journal, blocklist):
        while not await asyncio.to_thread(stop.exists):
            try:
                await act(blocklist, chance, f"writer {seed}")
            except ResponseError as error:
                logging.getLogger(__name__).info("%s", error)
            with contextlib.suppress(ResponseError):
                await journal.refresh()


@contextlib.asynccontextmanager
async def opened(config: Path) -> AsyncIterator[tuple[Journal, WafBlocklist]]:
    """The journal and the blocklist of the config, as the program opens them: its own, or those of
    a team."""
    settings = await asyncio.to_thread(lambda: load(config).settings)
    folder = await asyncio.to_thread(state.make, blocklists.folder())
    async with contextlib.AsyncExitStack() as stack:
        company = None
        if settings.shared is not None:
            desk = await stack.enter_async_context(
                shared.attended(settings, settings.shared, wall=time.time_ns)
            )
            journal, company = desk.journal, desk.company
            await journal.refresh()
        else:
            path = folder / state.JOURNAL
            journal = await Journal.open(path, wall=time.time_ns, real=True)
            stack.push_async_callback(journal.close)
        found = await stack.enter_async_context(
            blocklists.opened(settings, journal, wall=time.time_ns, company=company)
        )
        yield journal, found[0]


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
