"""It blocks in a strict WAF, and takes out what is over; what the guard refuses is told alone."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.aws.came import milliseconds
from tests.aws.guardduty import FakeGuardDuty
from tests.aws.server import FakeAws
from tests.aws.wafv2 import FakeWaf
from tests.trigger.night import subscription
from tests.trigger.real import TABLE, Clock, Site, site, waf_line
from triage_tui.model import HOUR, MINUTE, SECOND
from triage_tui.trigger.allowed import packed
from triage_tui.trigger.payloads import TICK

HOME = ("111122223333", "eu-west-1")

pytestmark = pytest.mark.may_block("the function runs in a thread, with a loop of its own")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def outcomes(alerts: list[Any]) -> dict[str, str]:
    """By address that was to be blocked, what came of it."""
    return {a["block"]["cidr"]: a["block"]["outcome"] for a in alerts if a["block"]["cidr"]}


async def call(function: Any, event: object) -> Any:
    return await asyncio.to_thread(function, event)


async def test_it_blocks_and_the_schedule_takes_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    waf, clock = FakeWaf(), Clock()
    v4 = waf.ip_set("b4", "198.18.0.1/32", description="kept by hand")
    v6 = waf.ip_set("b6", version="IPV6")
    async with FakeAws(waf) as aws:
        with site(aws.url, monkeypatch) as there:
            ec2 = there.client("ec2")
            own = ec2.allocate_address(Domain="vpc")["PublicIp"]
            function = there.function(clock, blocks_an_hour=3)
            ips = ["8.8.8.8", "203.0.113.7", "9.9.9.9", own, "2600:1f18:1:2::7"]
            lines = [waf_line(ip, n) for ip in ips for n in range(3)]
            event = subscription(lines, "aws-waf-logs-shop")
            for _ in range(3):
                await call(function, event)
            found = outcomes(there.alerts())
            assert "is blocked in shop" in found["8.8.8.8"]
            assert "2600:1f18:1:2::/64 is blocked in shop" in found["2600:1f18:1:2::7"]
            assert "documentation space" in found["203.0.113.7"]
            assert "the protect list" in found["9.9.9.9"]
            assert "your own account" in found[own]
            assert v4.addresses == ["198.18.0.1/32", "8.8.8.8/32"]
            assert len(v6.addresses) == 1
            await call(function, {TICK: True})
            assert v4.addresses == ["198.18.0.1/32", "8.8.8.8/32"]
            clock.ahead = HOUR + MINUTE
            await call(function, {TICK: True})
            assert (v4.addresses, v6.addresses) == (["198.18.0.1/32"], [])
            assert v4.body["Description"] == "kept by hand"


async def test_its_budget_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    waf = FakeWaf()
    v4 = waf.ip_set("b4")
    waf.ip_set("b6", version="IPV6")
    async with FakeAws(waf) as aws:
        with site(aws.url, monkeypatch) as there:
            function = there.function(Clock(stands=True), blocks_an_hour=2)
            lines = [waf_line(f"8.8.8.{n}", n) for n in range(1, 5)]
            await call(function, subscription(lines, "aws-waf-logs-shop"))
            assert len(v4.addresses) == 2
            said = list(outcomes(there.alerts()).values())
            assert sum("somebody should look" in each for each in said) >= 2


async def test_what_is_not_certain_is_not_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody may read the account's own addresses."""
    waf = FakeWaf()
    v4 = waf.ip_set("b4")
    waf.ip_set("b6", version="IPV6")
    async with FakeAws(waf) as aws:
        with site(aws.url, monkeypatch) as there:
            monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:9")
            function = there.function(Clock())
            await call(function, subscription([waf_line("8.8.8.8", 1)], "aws-waf-logs-shop"))
            assert "not certain" in outcomes(there.alerts())["8.8.8.8"]
            assert v4.addresses == []


def listed(name: str, location: str, form: str = "TXT") -> dict[str, Any]:
    return {"Name": name, "Format": form, "Location": location, "Status": "ACTIVE"}


async def test_whom_lists_trust_is_not_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """GuardDuty's trusted lists, of both kinds and over pages, and the config's allow lists."""
    waf, guardduty = FakeWaf(), FakeGuardDuty(milliseconds)
    guardduty.enable()
    guardduty.lists[HOME] = {
        "a": listed("partners", "s3://lists/partners.txt"),
        "b": listed("offices", "https://s3.amazonaws.com/lists/off%20ices.txt"),
    }
    guardduty.entity_lists[HOME] = {
        "c": listed("bank", "s3://lists/bank.txt")
        | {"CreatedAt": 1_700_000_000, "UpdatedAt": 1_700_000_000}
    }
    v4 = waf.ip_set("b4")
    waf.ip_set("b6", version="IPV6")
    async with FakeAws(waf, guardduty) as aws:
        with site(aws.url, monkeypatch) as there:
            monkeypatch.setenv("AWS_ENDPOINT_URL_GUARDDUTY", aws.url)
            s3 = there.client("s3")
            s3.create_bucket(
                Bucket="lists", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
            for key, text in {
                "partners.txt": b"8.8.1.0/24\n# rubbish\n",
                "off ices.txt": b"8.8.2.2\n",
                "bank.txt": b"8.8.3.3\n",
            }.items():
                s3.put_object(Bucket="lists", Key=key, Body=text)
            allowed = packed("allow list crawlers of 2026-03-01", [0x0808_0404, 0x0808_0405], [])
            function = there.function(Clock(), [allowed])
            ips = ["8.8.1.1", "8.8.2.2", "8.8.3.3", "8.8.4.4", "8.8.5.5"]
            lines = [waf_line(ip, n) for n, ip in enumerate(ips)]
            await call(function, subscription(lines, "aws-waf-logs-shop"))
            found = outcomes(there.alerts())
            for ip, name in zip(ips, ("partners", "offices", "bank"), strict=False):
                assert f"trusted list {name}" in found[ip]
            assert "on the allow list crawlers of 2026-03-01" in found["8.8.4.4"]
            assert v4.addresses == ["8.8.5.5/32"]


@pytest.mark.parametrize("wrong", ["absent", "format", "denied"])
async def test_while_a_trusted_list_is_not_known_nobody_is_blocked(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waf, guardduty = FakeWaf(), FakeGuardDuty(milliseconds)
    guardduty.enable()
    form = "STIX" if wrong == "format" else "TXT"
    guardduty.lists[HOME] = {"a": listed("partners", "s3://lists/partners.txt", form)}
    v4 = waf.ip_set("b4")
    waf.ip_set("b6", version="IPV6")
    async with FakeAws(waf, guardduty) as aws:
        with site(aws.url, monkeypatch) as there:
            monkeypatch.setenv("AWS_ENDPOINT_URL_GUARDDUTY", aws.url)
            if wrong == "denied":
                aws.faults.add("ListIPSets", "denied")
            function = there.function(Clock())
            await call(function, subscription([waf_line("8.8.8.8", 1)], "aws-waf-logs-shop"))
            said = outcomes(there.alerts())["8.8.8.8"]
            assert "nobody knows whether it is on a trusted list of GuardDuty" in said
            assert v4.addresses == []


async def test_it_takes_out_what_a_closed_app_has_blocked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program blocks by the shared journal and ends; the schedule does the rest."""
    config = tmp_path / "config.toml"
    config.write_text(
        f'casebook = "dynamodb://{TABLE}"\n'
        '[aws]\nregions = ["eu-west-1"]\n'
        '[[blocklist]]\nname = "shop"\nregion = "eu-west-1"\nipv4 = "b4"\nipv6 = "b6"\n'
        "calls_per_second = 1000.0\n"
    )
    waf, clock = FakeWaf(), Clock()
    v4 = waf.ip_set("b4")
    waf.ip_set("b6", version="IPV6")
    async with FakeAws(waf) as aws:
        with site(aws.url, monkeypatch) as there:
            function = there.function(clock)
            await call(function, {TICK: True})  # marks the table as ours
            code, _ = await program(config, "push", "8.8.8.8", "--expires", "1m", "--yes")
            assert (code, v4.addresses) == (0, ["8.8.8.8/32"])
            await call(function, {TICK: True})
            assert v4.addresses == ["8.8.8.8/32"]
            clock.ahead = 2 * MINUTE
            await call(function, {TICK: True})
            assert v4.addresses == []
            code, out = await program(config, "list", "--all", "--json")
            told = json.loads(out)
            [block] = told["blocks"]
            assert (block["state"], told["journal"]["broken"]) == ("expired", None)
            code, said = await program(config, "undo", "8.8.8.8", "--yes")
            assert (code, "Traceback" in said) == (2, False)


async def program(config: Path, *arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "triage_tui", "blocks", *arguments, "--config", str(config)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode() + err.decode()


async def test_a_permission_that_was_revoked_is_heard_of_and_what_is_over_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The alarm hears of blocks that are over and cannot be taken out; they are, once they can."""
    waf, clock = FakeWaf(), Clock()
    v4 = waf.ip_set("b4")
    waf.ip_set("b6", version="IPV6")
    async with FakeAws(waf) as aws:
        with site(aws.url, monkeypatch) as there:
            function = there.function(clock)
            await call(function, subscription([waf_line("8.8.8.8", 1)], "aws-waf-logs-shop"))
            assert v4.addresses == ["8.8.8.8/32"]
            aws.faults.add("UpdateIPSet", "denied")
            clock.ahead = HOUR + MINUTE
            capfd.readouterr()
            await call(function, {TICK: True})
            assert json.loads(capfd.readouterr().out.splitlines()[-1])["Overdue"] == 1
            assert v4.addresses == ["8.8.8.8/32"]
            await call(function, subscription([waf_line("8.8.4.4", 1)], "aws-waf-logs-shop"))
            assert "not blocked" in outcomes(there.alerts())["8.8.4.4"]
            aws.faults.clear()
            clock.ahead += 10 * MINUTE
            await call(function, {TICK: True})
            assert json.loads(capfd.readouterr().out.splitlines()[-1])["Overdue"] == 0
            assert v4.addresses == []


async def test_sets_that_nobody_has_made_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack is there, `blocks init` was forgotten."""
    async with FakeAws(FakeWaf()) as aws:
        with site(aws.url, monkeypatch) as there:
            function = there.function(Clock())
            await call(function, subscription([waf_line("8.8.8.8", 1)], "aws-waf-logs-shop"))
            assert "blocks init" in outcomes(there.alerts())["8.8.8.8"]
            await call(function, {TICK: True})


async def test_two_functions_and_a_conflict_end_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once block the same and others; one entry each, one journal."""
    waf, clock = FakeWaf(), Clock()
    v4 = waf.ip_set("b4")
    waf.ip_set("b6", version="IPV6")
    async with FakeAws(waf) as aws:
        with site(aws.url, monkeypatch) as there:
            one, other = there.function(clock), there.function(clock)
            events = [
                subscription([waf_line(f"8.8.{n}.{i}", i) for i in (1, 2)], "aws-waf-logs-shop")
                for n in range(2)
            ]
            await asyncio.gather(
                *(call(one, event) for event in events[:1]),
                *(call(other, event) for event in events[1:]),
            )
            said = outcomes(there.alerts())
            wanted = sorted(f"8.8.{n}.{i}/32" for n in (0, 1) for i in (1, 2))
            assert sorted(v4.addresses) == wanted, said
            clock.ahead = HOUR + SECOND
            await call(one, {TICK: True})
            assert v4.addresses == []


def test_the_site_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with site("http://127.0.0.1:9", monkeypatch) as there:
        assert isinstance(there, Site)
        assert there.alerts() == []
