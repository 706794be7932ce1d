"""Many write one IP set while everything goes wrong, and some are killed: in the end every foreign
entry is there, ours are exactly what the journal says, and its chain is whole.

`python -m tests.aws.storm --changes 2000` is the long run.
"""

import argparse
import asyncio
import contextlib
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.aws.came import milliseconds
from tests.aws.clients import client
from tests.aws.dynamo import FakeDynamo
from tests.aws.faults import Faults
from tests.aws.guardduty import FakeGuardDuty
from tests.aws.server import Call, FakeAws, ServiceError
from tests.aws.storm_writer import POOL, opened
from tests.aws.wafv2 import Entity, FakeWaf
from triage_tui.model import BlockState
from triage_tui.respond import leases
from triage_tui.respond.entries import in_force

CONFIG = """
[[blocklist]]
name = "storm"
region = "eu-west-1"
ipv4 = "storm-v4"
calls_per_second = 1000.0
"""
TABLE = "storm"
TEAM = f"""
casebook = {{ table = "dynamodb://{TABLE}", region = "eu-west-1" }}
"""
"""Of those who share a journal: apps, shells and triggers."""
DESCRIPTION = "kept by hand, and by others"
THEIRS = [f"{address}/32" for address in POOL[::12]]
"""What somebody else has put in for good: of the addresses that ours want too."""
_KEY = re.compile(r"Credential=([^/]+)/")
CALLS = {"conflict": 0.06, "throttle": 0.06, "reset": 0.04, "error500": 0.02, "unavailable": 0.02}
ANSWERS = {"reset": 0.03, "cut": 0.03}


@dataclass
class Storm:
    """What is going on, and what came of it."""

    waf: FakeWaf
    ip_set: Entity
    chance: random.Random
    enough: int
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    """By the access key that they call with."""
    changes: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    mortality: float = 0.02

    @property
    def is_over(self) -> bool:
        return self.changes.total() >= self.enough

    def is_ahead(self, who: str) -> bool:
        """Whether these have made more changes than others, who take longer to begin."""
        return 2 * self.changes[who] > self.changes.total() + 10 and not self.is_over

    def before(self, call: Call) -> None:
        """A writer may die with its request under way."""
        if call.operation in ("UpdateIPSet", "GetIPSet"):
            self._kill(call, f"before {call.operation}")
        if call.operation == "UpdateIPSet" and self.chance.random() < 0.03:
            self.waf.late += 1

    def after(self, call: Call) -> None:
        """Or before it hears the answer. And at no time anything of others is gone."""
        if call.operation != "UpdateIPSet":
            return
        who = _key(call)
        self.changes["foreign" if who.startswith("FOREIGN") else "ours"] += 1
        self._kill(call, "after UpdateIPSet")
        if not set(THEIRS) <= set(self.ip_set.addresses):
            self.wrong.append(f"{who} has taken out what is not theirs")
        if self.ip_set.body.get("Description") != DESCRIPTION:
            self.wrong.append(f"{who} has lost the description")

    def _kill(self, call: Call, when: str) -> None:
        process = self.processes.get(_key(call))
        if process is None or self.is_over or self.chance.random() > self.mortality:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
            self.killed[when] += 1


def _key(call: Call) -> str:
    found = _KEY.search(call.http.headers["Authorization"])
    assert found
    return found[1]


class Denied:
    """A service that the guard asks in vain."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def handle(self, call: Call) -> dict[str, Any]:
        raise ServiceError("AccessDeniedException", "not allowed")


class Addressless:
    """EC2 of an account without any address of its own."""

    name = "ec2"

    async def handle(self, call: Call) -> dict[str, Any]:
        return {}


def faults(seed: int) -> Faults:
    """What goes wrong, by chance."""
    found = Faults(seed)
    for fault, chance in CALLS.items():
        for operation in ("UpdateIPSet", "GetIPSet"):
            if (operation, fault) != ("GetIPSet", "conflict"):
                found.add(operation, fault, chance=chance)
    for fault, chance in ANSWERS.items():
        found.add("UpdateIPSet.answer", fault, chance=chance)
    return found


# -- writers -------------------------------------------------------------------------------------


async def ours(storm: Storm, key: str, *command: str) -> None:
    """A process of ours, begun anew whenever it ends, until it is over."""
    number = 0
    while not storm.is_over:
        number += 1
        process = await asyncio.create_subprocess_exec(
            *(part.format(seed=f"{number}{key[-1]}", cidrs="") for part in command if part),
            env=os.environ | {"AWS_ACCESS_KEY_ID": key},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        storm.processes[key] = process
        _, err = await process.communicate()
        if b"Traceback" in err:
            storm.wrong.append(err.decode())
        del storm.processes[key]


async def pushes(storm: Storm, key: str, config: Path) -> None:
    """`blocks push`, `undo` and `expire`, one after the other."""
    while not storm.is_over:
        cidrs = storm.chance.sample(POOL, 4)
        for what in (
            ("push", *cidrs, "--expires", storm.chance.choice(("1s", "1h")), "--yes"),
            ("undo", *cidrs[:2], "--yes"),
            ("expire", "--yes"),
            ("list", "--check"),
        ):
            await _once(storm, key, config, what)


async def _once(storm: Storm, key: str, config: Path, what: tuple[str, ...]) -> None:
    if storm.is_over:
        return
    command = (sys.executable, "-m", "triage_tui", "blocks", *what, "--config", str(config))
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | {"AWS_ACCESS_KEY_ID": key},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    storm.processes[key] = process
    _, err = await process.communicate()
    if b"Traceback" in err:
        storm.wrong.append(err.decode())
    del storm.processes[key]


async def foreign(storm: Storm, aws: FakeAws, number: int, mine: set[str]) -> None:
    """Somebody else's tool on the same set: reads, changes one entry, writes with the token. What
    it has put in is in `mine`."""
    key = f"FOREIGN{number}"
    pool = [f"203.0.{113 + number}.{n}/32" for n in range(40)]
    async with client(aws, "wafv2", key=key) as waf:
        asked = {"Name": storm.ip_set.name, "Scope": "REGIONAL", "Id": storm.ip_set.id}
        while not storm.is_over:
            entry = storm.chance.choice(pool)
            adds = entry not in mine
            done = False
            while not done:
                done = await _done(waf, asked, entry, adds)
                await asyncio.sleep(0.01)
            (mine.add if adds else mine.discard)(entry)
            while storm.is_ahead("foreign"):  # noqa: ASYNC110 - a counter that the fake moves
                await asyncio.sleep(0.01)


async def _done(waf: Any, asked: dict[str, str], entry: str, adds: bool) -> bool:
    """One try; whether the entry is as it should be."""
    try:
        found = await waf.get_ip_set(**asked)
        held = found["IPSet"]["Addresses"]
        wanted = [*held, entry] if adds else [each for each in held if each != entry]
        if (entry in held) is adds:
            wanted = held  # written all the same: an old copy does not pass
        await waf.update_ip_set(
            **asked,
            Addresses=wanted,
            LockToken=found["LockToken"],
            Description=found["IPSet"]["Description"],
        )
    except (ClientError, BotoCoreError):
        return False
    return True


# -- the whole of it -----------------------------------------------------------------------------


@dataclass
class Outcome:
    """What came of it."""

    changes: Counter[str]
    killed: Counter[str]
    fired: Counter[tuple[str, str]]
    wrong: list[str]
    entries: int
    seconds: float
    states: Counter[str]


async def storm(
    seed: int,
    changes: int,
    folder: Path,
    *,
    apps: int,
    shells: int,
    others: int,
    mortality: float,
    triggers: int = 0,
) -> Outcome:
    """The storm; `folder` is for its config. State goes where the environment says. With triggers,
    all of ours share the journal of a table."""
    begun = time.monotonic()
    waf = FakeWaf(seed=seed)
    ip_set = waf.ip_set("storm-v4", *THEIRS, description=DESCRIPTION)
    going = Storm(waf, ip_set, random.Random(seed), changes, mortality=mortality)
    waf.before, waf.after, waf.lag = going.before, going.after, 0.05
    config, stop = folder / "config.toml", folder / "stop"
    config.write_text((TEAM if triggers else "") + CONFIG)
    sets: list[set[str]] = [set() for _ in range(others)]
    # A trigger blocks nothing where it may not read whom it must not block.
    ec2 = Addressless() if triggers else Denied("ec2")
    guardduty = FakeGuardDuty(milliseconds) if triggers else Denied("guardduty")
    services = (waf, ec2, guardduty, FakeDynamo(TABLE))
    async with FakeAws(*services, faults=faults(seed)) as aws:
        os.environ |= {"AWS_ENDPOINT_URL": aws.url, "AWS_DEFAULT_REGION": "eu-west-1"}
        writer = (sys.executable, "-m", "tests.aws.storm_writer", str(config), str(stop))
        async with asyncio.TaskGroup() as tasks:
            for number in range(apps):
                tasks.create_task(ours(going, f"APP{number}", *writer, "{seed}"))
            for number in range(shells):
                tasks.create_task(pushes(going, f"SHELL{number}", config))
            trigger = (sys.executable, "-m", "tests.aws.storm_trigger", str(config), str(stop))
            for number in range(triggers):
                tasks.create_task(ours(going, f"TRIGGER{number}", *trigger, "{seed}"))
            for number in range(others):
                tasks.create_task(foreign(going, aws, number, sets[number]))
            tasks.create_task(_stop(going, stop))
        aws.faults.clear()
        waf.lag, waf.late = 0.0, 0
        waf.before = waf.after = lambda call: None
        theirs = {*THEIRS, *(entry for each in sets for entry in each)}
        states, entries = await _judge(going, config, theirs)
        return Outcome(
            going.changes,
            going.killed,
            aws.faults.fired,
            going.wrong,
            entries,
            time.monotonic() - begun,
            states,
        )


async def _stop(going: Storm, stop: Path) -> None:
    while not going.is_over:  # noqa: ASYNC110 - a counter that the fake moves
        await asyncio.sleep(0.05)
    await asyncio.to_thread(stop.touch)


@contextlib.asynccontextmanager
async def all_gone() -> AsyncIterator[None]:
    """Whoever is left behind in the table is gone by now, however young, and though it said a
    moment ago that it was at work."""
    before = leases.YOUNG, leases.SILENT
    leases.YOUNG = leases.SILENT = 0
    try:
        yield
    finally:
        leases.YOUNG, leases.SILENT = before


async def _judge(going: Storm, config: Path, theirs: set[str]) -> tuple[Counter[str], int]:
    """Starts once more, as after any crash, and holds everything against everything."""
    async with all_gone(), opened(config) as (journal, blocklist):
        await blocklist.reconcile()
        blocks = blocklist.blocks(None)
        held = {block.cidr for block in blocks if in_force(block)}
        there = {str(ip_network(address)) for address in going.ip_set.addresses}
        wrong = going.wrong
        if gone := theirs - there:
            wrong.append(f"entries of others are gone: {sorted(gone)}")
        if lost := held - there:
            wrong.append(f"in the journal, and not in the set: {sorted(lost)}")
        if leaked := there - theirs - held:
            wrong.append(f"in the set, and nobody's: {sorted(leaked)}")
        if both := theirs & held:
            wrong.append(f"taken for ours: {sorted(both)}")
        left = [block.id for block in blocks if block.state is BlockState.INTENDED]
        if left:
            wrong.append(f"nobody knows what became of {left}")
        broken = await journal.verify_chain()
        if broken is not None:
            wrong.append(f"the chain is broken at {broken}")
        if going.ip_set.body.get("Description") != DESCRIPTION:
            wrong.append("the description is another")
        missing = [block.cidr for block in blocks if block.state is BlockState.MISSING]
        if missing:
            wrong.append(f"nobody has taken these out, and yet: {missing}")
        return Counter(block.state.value for block in blocks), len(journal.entries)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=2000)
    parser.add_argument("--triggers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_EC2_METADATA_DISABLED": "true",
            "XDG_STATE_HOME": f"{folder}/state",
            "XDG_CONFIG_HOME": f"{folder}/config",
        }
        found = asyncio.run(
            storm(
                arguments.seed,
                arguments.changes,
                Path(folder),
                apps=4,
                shells=2,
                others=2,
                mortality=0.02,
                triggers=arguments.triggers,
            )
        )
    fired = sum(found.fired.values())
    print(  # noqa: T201 - this is what it is for
        f"seed {arguments.seed}: {found.changes.total():,} changes ({dict(found.changes)}) in "
        f"{found.seconds:.0f} s, {fired:,} faults, {found.killed.total()} killed "
        f"({dict(found.killed)}); {found.entries:,} journal entries, blocks {dict(found.states)}"
    )
    for line in found.wrong:
        print(line)  # noqa: T201 - as above
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
