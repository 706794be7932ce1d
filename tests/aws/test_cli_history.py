"""`triage-tui history`: the estimate first, then what scan would say of what was found."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from tests import program
from tests.aws.athena import TRAIL, FakeAthena
from tests.aws.cloudtrail import FakeCloudTrail
from tests.aws.logs import FakeLogs
from tests.aws.server import FakeAws

pytestmark = pytest.mark.may_block("a program is run")
CONFIG = '[logs]\ngroups = ["/shop/*"]\n[aws]\nregions = ["eu-west-1"]\n'
MARIA = "arn:aws:iam::111122223333:user/maria"


TABLE = """[[history.athena]]
table = "trail"
database = "logs"
format = "cloudtrail"
workgroup = "triage"
"""


class Shop:
    """What is asked, and who asks: in a thread of ours, or as a program of its own."""

    def __init__(
        self, server: FakeAws, logs: FakeLogs, trail: FakeCloudTrail, athena: FakeAthena
    ) -> None:
        self.server, self.logs, self.trail, self.athena = server, logs, trail, athena
        self.config = Path(os.environ["HOME"]) / "config.toml"
        self.config.write_text(CONFIG)

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "triage_tui", "history", "--config", str(self.config)),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def found(self, *arguments: str) -> tuple[int, str, str]:
        """Of a program of its own, for whoever reads hears signals."""
        process = await self.start(*arguments)
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def run(self, *arguments: str) -> program.Done:
        return await program.aside("history", "--config", str(self.config), *arguments)


def call(number: int, ip: str) -> dict[str, object]:
    return {
        "eventVersion": "1.11",
        "eventID": f"00000000-0000-4000-8000-{number:012d}",
        "eventName": "DeleteTable",
        "eventSource": "dynamodb.amazonaws.com",
        "awsRegion": "eu-west-1",
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - number)),
        "sourceIPAddress": ip,
        "userIdentity": {
            "type": "IAMUser",
            "arn": MARIA,
            "userName": "maria",
            "accountId": "111122223333",
            "principalId": "AIDAMARIA0000000000A",
        },
    }


@pytest.fixture
async def shop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    logs, trail = FakeLogs(), FakeCloudTrail(wall=time.time)
    athena = FakeAthena()
    async with FakeAws(logs, trail, athena) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        group = logs.create("/shop/trail")
        group.created -= 86_400_000
        for number in range(1, 41):
            ip = "203.0.113.7" if number % 2 else "203.0.113.77"
            record = call(number, ip)
            logs.put(group, "s", [(int((time.time() - number) * 1000), json.dumps(record))])
            # The trail has them too.
            fields = {key: value for key, value in record.items() if key != "eventID"}
            trail.put(str(record["eventID"]), time.time() - number, **cast("Any", fields))
        yield Shop(server, logs, trail, athena)
    athena.engine.close()


async def test_an_address_is_told_as_scan_tells_it(shop: Shop) -> None:
    code, out, err = await shop.found("203.0.113.7", "--since", "2h", "--json", "--by", "ip")
    assert code == 0, err
    assert "1 log group, about" in err
    found = json.loads(out)
    assert found["events"] == 20
    assert [entity["key"] for entity in found["entities"]] == ["203.0.113.7"]
    assert "recording to" in err


async def test_a_principal_of_log_groups_and_trail_counts_once(shop: Shop) -> None:
    code, out, err = await shop.found(MARIA, "--json", "--by", "principal", "--learn")
    assert code == 0, err
    assert "1 look-up at CloudTrail" in err
    found = json.loads(out)
    assert (found["events"], found["duplicates"]) == (40, 40)
    assert "learned what is usual for 1 principals" in err


async def test_what_a_table_has_as_well_counts_once(shop: Shop) -> None:
    with shop.config.open("a") as file:
        file.write(TABLE)
    rows = [call(number, "203.0.113.7") for number in range(1, 61)]
    shop.athena.engine.create("logs.trail", TRAIL, rows)
    code, out, err = await shop.found(MARIA, "--json", "--by", "principal", "--learn")
    assert code == 0, err
    assert "1 table of Athena, 10.0 MB to scan at most" in err
    found = json.loads(out)
    # 40 are in the log group, the trail and the table; 20 in the table alone.
    assert (found["events"], found["duplicates"]) == (60, 80)
    assert found["entities"][0]["events"] == 60
    assert [entity["key"] for entity in found["entities"]] == [MARIA]
    assert "learned what is usual for 1 principals" in err


async def test_the_estimate_alone_reads_nothing(shop: Shop) -> None:
    code, out, err = await shop.run("203.0.113.7", "--estimate")
    assert (code, out) == (0, "")
    assert "to scan" in err
    assert shop.server.asked("StartQuery") == 0


async def test_what_is_too_much_is_refused(shop: Shop) -> None:
    code, _, err = await shop.run("203.0.113.7", "--limit-gb", "0.000001")
    assert code == 2
    assert "ask for less time" in err
    assert shop.server.asked("StartQuery") == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a|b",), "cannot be looked for"),
        (("ip:nobody",), "not an address"),
        (("203.0.113.7", "--since", "soon"), "no span of time"),
        (("203.0.113.7", "--limit-gb", "-1"), "no number of gigabytes"),
    ],
)
async def test_what_cannot_be_asked_is_told(
    shop: Shop, arguments: tuple[str, ...], words: str
) -> None:
    code, _, err = await shop.run(*arguments)
    assert (code, words in err) == (2, True), err


async def test_ctrl_c_stops_the_queries_and_prints_what_there_is(shop: Shop) -> None:
    shop.logs.insights.looks = 10**6
    process = await shop.start("203.0.113.7", "--json")
    while not shop.logs.insights.running:  # noqa: ASYNC110 - the fake has no event for it
        await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    assert process.returncode == 2
    assert b"stopped before its end" in err
    assert json.loads(out)["events"] == 0
    assert shop.logs.insights.running == 0
