"""The trigger in the storm, in a process of its own: blocks and expires at random by the shared
journal, until a file says that it is enough. `python -m tests.aws.storm_trigger CONFIG STOP SEED`.
"""

import logging
import random
import sys
from pathlib import Path

from tests.aws.storm_writer import POOL, be_brief
from triage_tui.config import load
from triage_tui.model import SECOND, Severity
from triage_tui.trigger.blocking import TableBlocker
from triage_tui.trigger.bundle import Bundle
from triage_tui.trigger.drivers import Clients, DynamoMemory
from triage_tui.trigger.options import Options
from triage_tui.trigger.ports import Trouble


def main(config: Path, stop: Path, seed: int) -> None:
    be_brief()
    settings = load(config).settings
    assert settings.shared is not None
    table = settings.shared.name
    bundle = Bundle(guard=settings.guard(()), blocklist=settings.blocklist[0])
    options = Options(
        table=table,
        topic="-",
        block=Severity.LOW,
        block_for=SECOND // 2,
        blocks_an_hour=1_000_000,
    )
    clients = Clients()
    memory = DynamoMemory(clients, table)
    chance = random.Random(seed)
    blocker = TableBlocker(bundle, settings.blocklist[0], options, clients, memory)
    while not stop.exists():
        try:
            if chance.random() < 0.4:
                blocker.expire()
            else:
                blocker.block(chance.choice(POOL), "the storm", "")
        except Trouble as error:
            logging.getLogger(__name__).info("%s", error)
    blocker.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
