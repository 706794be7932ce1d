"""Replay blocks nothing outside: no socket, no AWS client, no real journal, whatever the config."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import asyncio, socket, sys
from pathlib import Path

def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"):
        raise SystemExit(f"a socket: {event} {args[1:]}")
    if event == "socket.__new__" and args[1] not in (-1, socket.AF_UNIX):
        raise SystemExit(f"a socket of family {args[1]}")
sys.addaudithook(refuse)

from triage_tui.cli.attended import attended
from triage_tui.config import load
from triage_tui.demo import incident_files
from triage_tui.detect.geo import Nowhere
from triage_tui.model import EntityRef, Kind, BlockRequest, HOUR
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource

async def main(folder, config):
    clock = ReplayClock()
    sources = [FileSource(path, wall=clock.wall) for path in map(str, incident_files())]
    desk = await attended(sources, folder, clock, load(config).settings, Nowhere())
    triage = desk.triage
    await triage.run()
    worst = EntityRef(Kind.IP, "203.0.113.77")
    assert triage.entity(worst) is not None
    plan = await triage.plan_block([worst])
    choice = next(c for c in plan.choices if not c.refused)
    block = await triage.block(BlockRequest(
        choice.cidr, plan.blocklist, "scans", "kim", HOUR, worst.subject,
        triage.clock.position()))
    assert block.simulated and triage.blocklist.simulated
    assert triage.past is None
    await triage.undo(block)
    await desk.close()

asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"aiobotocore", "botocore", "boto3", "aiohttp"}, loaded
assert not {"triage_tui.aws.wafv2", "triage_tui.aws.athena_work"} & {*sys.modules}
print("done")
"""
CONFIG = """
casebook = "dynamodb://triage"

[[blocklist]]
name = "shop"
region = "eu-west-1"
ipv4 = "shop-v4"

[[history.athena]]
table = "trail"
database = "logs"
format = "cloudtrail"
"""


@pytest.mark.timeout(180)
def test_replay_opens_no_socket(tmp_path: Path, home: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "state"), str(config)],
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr
    assert not (home / "xdg-state" / "triage-tui" / "live").exists()


def test_the_core_of_a_change_needs_no_event_loop() -> None:
    """The Lambda trigger drives it too."""
    script = "import sys, triage_tui.respond.ipset; assert 'asyncio' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=150)
