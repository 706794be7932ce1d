"""`triage-tui blocks` against the strict fake: as a program of its own, and in a thread of ours."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.aws.server import FakeAws, ServiceError
from tests.aws.wafv2 import Entity, FakeWaf, in_set, rule
from triage_tui.cli import blocklists, main, state
from triage_tui.remedies import DeactivateKey, RemedyState
from triage_tui.respond.entries import Attempt, Intent
from triage_tui.respond.ipset import mark
from triage_tui.respond.journal import Journal
from triage_tui.respond.remedy.entries import RemedyIntent, RemedyResult

LB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/50dc6c495c0c9188"
CONFIG = """
[[blocklist]]
name = "shop"
region = "eu-west-1"
ipv4 = "shop-v4"
ipv6 = "shop-v6"
calls_per_second = 1000.0
[[blocklist]]
name = "edge"
scope = "CLOUDFRONT"
region = "eu-west-1"
ipv4 = "edge-v4"
calls_per_second = 1000.0
"""


pytestmark = pytest.mark.timeout(240)  # several programs, on a machine that may be busy


class Done(NamedTuple):
    code: int
    out: str
    err: str


class Waf(FakeWaf):
    """The fake, with the sets of the config in it."""

    def __init__(self) -> None:
        super().__init__()
        self.v4 = self.ip_set("shop-v4", "198.18.0.1/32", description="the bans")
        self.v6 = self.ip_set("shop-v6", version="IPV6")
        self.edge = self.ip_set("edge-v4", scope="CLOUDFRONT")


@pytest.fixture
def waf() -> Waf:
    return Waf()


@pytest.fixture
async def aws(waf: Waf, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeAws]:
    async with FakeAws(waf, Surroundings("guardduty"), Surroundings("ec2")) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        yield served


class Surroundings:
    """A service that is denied: the guard says what it does not know."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def handle(self, call: Any) -> dict[str, Any]:
        raise ServiceError("AccessDeniedException", "not allowed")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


Run = Callable[..., Awaitable[Done]]


@pytest.fixture
def run(config: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in a thread: it has a loop of its own, and Python is up already."""

    async def start(*arguments: str) -> Done:
        capsys.readouterr()
        asked = ["blocks", *arguments, "--config", str(config)]
        code = await asyncio.to_thread(main, asked)
        return Done(code, *capsys.readouterr())

    return start


async def program(config: Path, *arguments: str) -> Done:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "triage_tui", "blocks", *arguments, "--config", str(config)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


def writes(aws: FakeAws) -> int:
    return aws.asked("UpdateIPSet") + aws.asked("CreateIPSet")


async def test_from_push_to_expiry(waf: Waf, aws: FakeAws, config: Path) -> None:
    waf.web_acl("shop", rule("bans", in_set(waf.v4)), resources=(LB,))
    done = await program(config, "push", "8.8.8.7", "8.8.4.0/24", "--reason", "scans", "--yes")
    assert done.code == 0, done.err
    assert "web ACL shop" in done.out
    assert waf.v4.addresses == ["198.18.0.1/32", "8.8.8.7/32", "8.8.4.0/24"]
    assert waf.v4.body["Description"] == "the bans"
    assert writes(aws) <= 2
    listed = await program(config, "list", "--json", "--check")
    told = json.loads(listed.out)
    assert [(b["cidr"], b["state"], b["in_force"]) for b in told["blocks"]] == [
        ("8.8.4.0/24", "in force", True),
        ("8.8.8.7/32", "in force", True),
    ]
    one = told["blocks"][1]
    assert (one["reason"], one["identity"]) == ("scans", "arn:aws:iam::111122223333:user/oncall")
    phases = [entry["phase"] for entry in one["audit"]]
    assert phases == ["intent", "attempt", "result", "verified"]
    assert one["audit"][2]["evidence"]["requests"]
    assert told["journal"]["broken"] is None
    assert (told["foreign"]["shop"], told["differences"]) == (["198.18.0.1/32"], [])
    undone = await program(config, "undo", one["id"], "--yes")
    assert (undone.code, "undone" in undone.out) == (0, True)
    assert waf.v4.addresses == ["198.18.0.1/32", "8.8.4.0/24"]
    nothing = await program(config, "expire", "--yes")
    assert nothing == (0, "", "")
    text = await program(config, "list", "--all")
    assert [line.split()[0] for line in text.out.splitlines()[1:]] == ["verified", "undone"]


async def test_what_is_over_goes_by_cron(waf: Waf, aws: FakeAws, run: Run) -> None:
    await run("push", "8.8.8.7", "--expires", "1s", "--yes")
    assert "8.8.8.7/32" in waf.v4.addresses
    while (done := await run("expire", "--yes")).out == "":
        assert done == (0, "", "")
    assert "expired" in done.out
    assert waf.v4.addresses == ["198.18.0.1/32"]


async def left_open(waf: Waf, *, ago: int) -> None:
    """As a push leaves it that is killed before WAF answers: `ago` is when it ended (ns)."""
    wall = time.time_ns
    folder = await asyncio.to_thread(state.make, blocklists.folder())
    journal = await Journal.open(folder / state.JOURNAL, wall=wall, real=True)
    intent = Intent(
        *("shop", "8.8.8.7/32", "scans", "kim", wall() - ago, "ip:8.8.8.7", False),
        identity="arn:aws:iam::111122223333:user/oncall",
        set=waf.v4.arn,
        writer="gone",
    )
    begun = await journal.append(intent, response="shop", cursor=wall())
    sent = Attempt(True, mark(waf.v4.addresses, waf.v4.token), intent.identity)
    await journal.append(sent, response="shop", cursor=wall(), block=begun.block)
    waf.edit(waf.v4, add=("8.8.8.7/32",))
    await journal.close()


async def test_what_a_killed_push_left_goes_by_cron(
    waf: Waf, aws: FakeAws, run: Run, config: Path
) -> None:
    await left_open(waf, ago=1)
    await asyncio.to_thread(config.write_text, CONFIG.replace('"shop"', '"shop2"'))
    done = await run("expire", "--yes")
    assert (done.code, "nothing takes it out" in done.err) == (2, True)
    await asyncio.to_thread(config.write_text, CONFIG)
    done = await run("expire", "--yes")
    assert (done.code, "8.8.8.7/32  expired" in done.out) == (0, True)
    assert waf.v4.addresses == ["198.18.0.1/32"]


async def test_a_check_that_may_only_read(waf: Waf, aws: FakeAws, run: Run) -> None:
    await left_open(waf, ago=0)
    done = await run("list", "--check", "--read-only")
    assert (done.code, writes(aws)) == (0, 0)
    assert "nobody knows yet what became of its last change" in done.err
    done = await run("list", "--check")
    assert (done.code, writes(aws), "nobody knows" in done.err) == (0, 1, False)


async def test_what_was_pushed_is_told_where_it_cannot_be_read_back(
    waf: Waf, aws: FakeAws, run: Run
) -> None:
    def denied(call: Any) -> None:
        if call.operation == "GetIPSet" and writes(aws):
            raise ServiceError("AccessDeniedException", "not allowed any more")

    waf.before = denied
    done = await run("push", "8.8.8.7", "--yes")
    assert "8.8.8.7/32" in waf.v4.addresses
    assert "8.8.8.7/32  " in done.out.splitlines()[-1]
    assert "blk-" in done.out.splitlines()[-1]
    assert (done.code, "Cannot read the blocklist shop" in done.err) == (2, True)


async def test_cloudfront_is_blocked_in_us_east_1(waf: Waf, aws: FakeAws, run: Run) -> None:
    done = await run("push", "8.8.8.7", "--blocklist", "edge", "--yes")
    assert done.code == 0, done.err
    assert waf.edge.addresses == ["8.8.8.7/32"]
    assert waf.v4.addresses == ["198.18.0.1/32"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("push", "8.8.8.7", "10.0.0.1", "--yes"), "the guard refuses 10.0.0.1/32"),
        (("push", "8.8.8.7", "--expires", "never", "--yes"), "needs a reason"),
        (("push", "rds.amazonaws.com", "--yes"), "neither an address nor a CIDR"),
        (("push", "8.8.8.7", "--read-only", "--yes"), "--read-only"),
        (("push", "8.8.8.7"), "without a terminal, --yes"),
        (("undo", "198.18.0.1", "--yes"), "what others added stays theirs"),
        (("push", "8.8.8.7", "--blocklist", "other", "--yes"), "known are shop, edge"),
        (("push", "8.8.8.7", "--expires", "0s", "--yes"), "over before it begins"),
    ],
)
async def test_it_refuses(
    arguments: tuple[str, ...], said: str, waf: Waf, aws: FakeAws, run: Run
) -> None:
    done = await run(*arguments)
    assert (done.code, writes(aws)) == (2, 0)
    assert said in done.err
    assert "Traceback" not in done.err


async def test_a_dry_run_changes_nothing(waf: Waf, aws: FakeAws, run: Run) -> None:
    del waf.entities["111122223333", "eu-west-1", "REGIONAL"][1]
    for arguments in (("init",), ("push", "8.8.8.7", "--blocklist", "edge")):
        done = await run(*arguments, "--dry-run")
        assert (done.code, "--dry-run: would" in done.err) == (0, True)
    assert writes(aws) == 0


async def test_what_is_blocked_already_is_not_blocked_again(
    waf: Waf, aws: FakeAws, run: Run
) -> None:
    waf.edit(waf.v4, add=("8.8.4.0/24",))
    done = await run("push", "8.8.4.4", "--yes")
    assert (done.code, "blocked already by 8.8.4.0/24 (not ours)" in done.out) == (0, True)
    assert "nothing to do" in done.err
    both = await run("push", "8.8.4.4", "8.8.8.8", "--yes")
    assert (both.code, both.out.count("mind, with all of them:")) == (0, 2)
    assert "nobody knows whether it is an address of your own account" in both.out
    assert "would do nothing yet: " in both.out
    assert "8.8.8.8/32  no effect" in both.out
    assert waf.v4.addresses == ["198.18.0.1/32", "8.8.4.0/24", "8.8.8.8/32"]
    assert writes(aws) == 1
    checked = await run("list", "--check")
    assert checked.out.splitlines()[1].startswith("no effect  8.8.8.8/32")
    assert "does nothing yet: " in checked.err
    told = json.loads((await run("plan", "8.8.4.4", "--json")).out)["plans"][0]
    assert (told["cidr"], told["foreign"], told["refused"]) == (
        *("8.8.4.4/32", ["8.8.4.0/24"]),
        False,
    )


async def test_init_creates_what_is_missing(aws: FakeAws, waf: Waf, run: Run) -> None:
    waf.entities.clear()
    broken = await run("push", "8.8.8.7", "--yes")
    assert (broken.code, "blocks init" in broken.err) == (2, True)
    done = await run("init", "--yes")
    assert done.code == 0, done.err
    found: dict[str, Entity] = {each.name: each for held in waf.entities.values() for each in held}
    assert sorted(found) == ["edge-v4", "shop-v4", "shop-v6"]
    assert found["shop-v6"].tags == {"triage-tui": "shop"}
    assert found["edge-v4"].scope == "CLOUDFRONT"
    again = await run("init", "--yes")
    assert (again.code, "every set is there" in again.err) == (0, True)
    assert aws.asked("CreateIPSet") == 3


async def test_without_aws_the_journal_is_still_read(
    waf: Waf, aws: FakeAws, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run("push", "8.8.8.7", "--reason", "a [/x] \x1b]0;boo\x07", "--yes")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    done = await run("list")
    assert (done.code, done.err) == (0, "")
    assert "8.8.8.7/32" in done.out
    assert "\x1b" not in done.out
    checked = await run("list", "--check")
    assert checked.code == 2
    assert "8.8.8.7/32" in checked.out
    assert os.environ["AWS_ENDPOINT_URL"] != aws.url


async def test_an_entry_that_others_took_out_is_said(waf: Waf, aws: FakeAws, run: Run) -> None:
    await run("push", "8.8.8.7", "--yes")
    waf.edit(waf.v4, remove=("8.8.8.7/32",))
    done = await run("undo", "8.8.8.7", "--yes")
    assert done.code == 0
    assert waf.v4.addresses == ["198.18.0.1/32"]
    listed = json.loads((await run("list", "--all", "--json")).out)
    last = listed["blocks"][0]["audit"][-1]
    assert (last["phase"], last["evidence"]["note"]) == (
        "undone",
        "it was not in the set any more",
    )


async def test_a_blocklist_that_the_config_no_longer_names(
    waf: Waf, aws: FakeAws, run: Run, config: Path
) -> None:
    await run("push", "8.8.8.7", "--expires", "1s", "--yes")
    renamed = CONFIG.replace('"shop"', '"shop2"')
    await asyncio.to_thread(config.write_text, renamed)
    listed = await run("list")
    assert "8.8.8.7/32" in listed.out
    assert "the blocklist shop, which the config does not name" in listed.err
    while (done := await run("expire", "--yes")).code == 0:
        assert "nothing takes it out" in done.err  # until its second is over
    assert done.code == 2


def test_without_a_blocklist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "config.toml"
    empty.write_text("")
    assert main(["blocks", "list", "--config", str(empty)]) == 2
    assert "no blocklist is configured" in capsys.readouterr().err


async def test_answers_stand_in_the_same_journal(aws: FakeAws, run: Run) -> None:
    """Also headless: what was done besides blocks, by whom, and what became of it."""
    folder = await asyncio.to_thread(state.make, blocklists.folder())
    journal = await Journal.open(folder / state.JOURNAL, wall=time.time_ns, real=True)
    key, hostile = "AKIAEXAMPLE000000001", "kim\x1b]52;c;x\x07"
    intent = RemedyIntent(
        change=DeactivateKey(account="111122223333", user=hostile, key=key),
        title=f"Deactivate the key {key} of {hostile}",
        before={key: "Active"},
        after={key: "Inactive"},
        reason="stolen",
        author="kim",
        subject="ip:8.8.8.7",
        simulated=False,
        identity="arn:aws:iam::111122223333:user/oncall",
        commands=("aws iam update-access-key",),
    )
    for end in (RemedyState.DONE, RemedyState.FAILED):
        now = time.time_ns()
        begun = await journal.append(intent, response="deactivate key", cursor=now)
        await journal.append(
            RemedyResult(end), response="deactivate key", cursor=now, block=begun.block
        )
    await journal.close()
    listed = await run("list")
    assert listed.code == 0
    assert "nothing is blocked by us" in listed.out
    assert listed.out.count("Deactivate the key") == 1
    assert "\x1b" not in listed.out
    [one] = json.loads((await run("list", "--json")).out)["answers"]
    assert (one["kind"], one["state"], one["reason"]) == ("deactivate key", "done", "stolen")
    assert (one["before"], one["after"]) == ({key: "Active"}, {key: "Inactive"})
    assert one["identity"] == intent.identity
    assert [each["phase"] for each in one["audit"]] == ["remedy intent", "remedy result"]
    every = json.loads((await run("list", "--all", "--json")).out)
    assert sorted(each["state"] for each in every["answers"]) == ["done", "failed"]
    assert every["blocks"] == []
