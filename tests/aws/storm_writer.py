"""One of ours in the storm, in a process of its own: blocks, extends, undoes and expires at random
until a file says that it is enough. `python -m tests.aws.storm_writer CONFIG STOP SEED`.

It opens the blocklists as the program does.
"""

import asyncio
import logging
import random
import sys
import time
from pathlib import Path

from triage_tui.cli import blocklists, state
from triage_tui.config import load
from triage_tui.model import HOUR, SECOND, BlockRequest
from triage_tui.respond.blocklist import WafBlocklist
from triage_tui.respond.entries import in_force
from triage_tui.respond.journal import Journal, ResponseError

POOL = [f"8.8.{n // 8}.{n % 8 * 16}" for n in range(48)]
"""The addresses that all of ours quarrel about."""


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
    settings = load(config).settings
    chance = random.Random(seed)
    folder = state.make(blocklists.folder())
    journal = await Journal.open(folder / state.JOURNAL, wall=time.time_ns, real=True)
    async with blocklists.opened(settings, journal, wall=time.time_ns) as found:
        blocklist = found[0]
        while not await asyncio.to_thread(stop.exists):
            try:
                await act(blocklist, chance, f"writer {seed}")
            except ResponseError as error:
                logging.getLogger(__name__).info("%s", error)
            await journal.refresh()
    await journal.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
