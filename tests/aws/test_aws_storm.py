"""The short form of the storm (`make soak` has the long one); single kills at the worst time."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.aws.server import Call, FakeAws
from tests.aws.storm import CONFIG, Denied, storm
from tests.aws.wafv2 import FakeWaf


@pytest.mark.timeout(240)
@pytest.mark.may_block("the storm lays out its files")
async def test_a_storm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"):  # the storm sets them
        monkeypatch.setenv(name, "")
    found = await storm(5, 40, tmp_path, apps=2, shells=1, others=2, mortality=0.08)
    assert found.wrong == []
    assert found.changes["ours"] > 6
    assert len(found.fired) >= 4
    assert found.entries > 25


@pytest.mark.timeout(240)
@pytest.mark.may_block("the storm lays out its files")
async def test_a_storm_of_apps_and_triggers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of ours write one journal, in a table."""
    for name in ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"):  # the storm sets them
        monkeypatch.setenv(name, "")
    found = await storm(9, 24, tmp_path, apps=1, shells=0, others=1, mortality=0.05, triggers=2)
    assert found.wrong == []
    assert found.changes["ours"] > 2
    assert found.entries > 10


async def blocks(config: Path, *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "triage_tui", "blocks", *arguments, "--config", str(config)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    PIDS.append(process.pid)
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


PIDS: list[int] = []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_kill_around_the_write(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while UpdateIPSet is under way, or when it is done and nobody has heard of it."""
    config = tmp_path / "config.toml"
    await asyncio.to_thread(config.write_text, CONFIG)
    waf = FakeWaf()
    made = waf.ip_set("storm-v4", "198.18.0.1/32")

    def kill(call: Call) -> None:
        if call.operation == "UpdateIPSet":
            os.kill(PIDS[-1], signal.SIGKILL)
            setattr(waf, when, lambda call: None)
            waf.late = int(when == "before")  # what was on its way comes with the next call

    setattr(waf, when, kill)
    async with FakeAws(waf, Denied("ec2"), Denied("guardduty")) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        code, _ = await blocks(config, "push", "8.8.8.8", "--yes")
        assert code == -signal.SIGKILL
        assert made.addresses == ["198.18.0.1/32", *(["8.8.8.8/32"] if when == "after" else [])]
        code, out = await blocks(config, "list", "--check", "--json")
        told = json.loads(out)
        assert (code, told["differences"], told["journal"]["broken"]) == (0, [], None)
        [block] = told["blocks"]
        assert (block["cidr"], block["state"]) == ("8.8.8.8/32", "in force")
        assert made.addresses == ["198.18.0.1/32", "8.8.8.8/32"]
        await blocks(config, "undo", block["id"], "--yes")
        assert made.addresses == ["198.18.0.1/32"]
