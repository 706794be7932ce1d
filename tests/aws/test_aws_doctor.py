"""Doctor against servers that deny, that are away, and that hold something else than was meant."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests import program
from tests.aws.emulators import free_port
from tests.aws.examined import (
    EDGE,
    GLOBAL,
    SHOP,
    SIGNINS,
    TRAIL,
    World,
    _no_pause,
    configured,
    entered,
    examined,
    found_with,
    ill,
    row,
)
from tests.aws.logs import Quotas
from tests.aws.server import Call, ServiceError
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.checks import ScopeCheck
from triage_tui.aws.need import Configured
from triage_tui.aws.needs import FEATURES, needed
from triage_tui.aws.probes import PROBES
from triage_tui.aws.settings import (
    AthenaTable,
    AwsSettings,
    HistorySettings,
    InspectorSettings,
    LogsSettings,
)
from triage_tui.cli.examination import _scopes
from triage_tui.config import Settings
from triage_tui.health import CheckState
from triage_tui.respond.remedy.settings import AnswerSettings
from triage_tui.respond.settings import BlocklistSettings


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    made = World()
    async with entered(made, monkeypatch):
        yield made


NEEDED = [need for _, need in needed(configured())]
TRIED = [need for need in NEEDED if need.probe]
TRUSTED = [
    ("not tried", f"guardduty:{operation}")
    for operation in (
        *("ListIPSets", "GetIPSet", "ListTrustedEntitySets", "GetTrustedEntitySet"),
        *("ListThreatIntelSets", "GetThreatIntelSet"),
        *("ListThreatEntitySets", "GetThreatEntitySet"),
    )
]
FEATURE_OF = {need.action: feature for feature, need in needed(configured())}


def test_every_permission_has_its_probe_or_says_why_not() -> None:
    tried = {need.action for each in FEATURES if each.standing for need in each.needs if need.probe}
    assert tried == PROBES.keys()


async def test_a_world_that_is_well(world: World) -> None:
    rows = await examined(configured(), "eu-west-1", "us-east-1")
    assert ill(rows) == []
    assert {each.what for each in rows if each.state is CheckState.UNTESTABLE} == {
        *("logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery"),
        "wafv2:UpdateIPSet",
    }
    assert {need.action for need in NEEDED} == {each.what for each in rows if ":" in each.what}
    found = {(each.place, each.what): each.found for each in rows}
    assert found["eu-west-1", "logs:DescribeLogGroups"] == "2 log groups match"
    assert found["eu-west-1", "sts:GetCallerIdentity"] == "account 111122223333, as user/oncall"
    assert "endpoint_url http://127.0.0.1" in found["eu-west-1", "network"]
    assert not world.logs.sessions
    assert {name for name, _ in world.aws.calls} == {
        need.call.partition(":")[2] for need in TRIED
    }, "doctor calls what it lists, and nothing else"


async def test_who_denies_one_permission_is_told_that_one(world: World) -> None:
    """Each permission in turn, by the same clients: to make them takes longest."""
    given = configured(blocklists=(msgspec.structs.replace(SHOP, region=GLOBAL), EDGE))
    scope = Scope(None, GLOBAL)
    access = Access(scope, SIGNINS.of(scope))
    try:
        for need in TRIED:
            world.denied.add(need.call)
            if need.service == "sts":  # every server has its own
                world.aws.faults.add("GetCallerIdentity", "denied")
            rows = await found_with([access], given)
            told = {each.what: each for each in rows if each.found.startswith("denied")}
            assert told.keys() == {need.action}
            is_essential = need.essential(given) and FEATURE_OF[need.action].essential
            state = CheckState.FAILS if is_essential else CheckState.WARNING
            assert told[need.action].state is state, need.action
            assert f"allow {need.action} on " in told[need.action].fix
            bad = (CheckState.FAILS, CheckState.WARNING)
            assert {each.what for each in rows if each.state in bad} == {need.action}
            world.denied.clear()
            world.aws.faults.clear()
    finally:
        await access.close()


async def test_a_service_that_is_busy_is_asked_again(world: World) -> None:
    for name in {need.call.partition(":")[2] for need in TRIED}:
        world.aws.faults.add(name, "throttle", times=2)
    assert ill(await examined(configured())) == []


async def test_groups_are_tried_by_name_where_they_cannot_be_listed(world: World) -> None:
    world.aws.faults.add("DescribeLogGroups", "denied")
    rows = await examined(configured("/shop/cart", "/shop/[x]*"))
    assert ill(rows) == [("fails", "logs:DescribeLogGroups")]
    arns = [
        asked["logGroupIdentifier"] for name, asked in world.aws.calls if name == "FilterLogEvents"
    ]
    assert [arn.rpartition(":")[2] for arn in arns] == ["/shop/cart", "/shop/0triage-tui-doctor"]


async def test_a_permission_for_some_groups_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = world.logs.handle

    async def denies(call: Call) -> Any:
        if call.operation == "FilterLogEvents" and "cart" in call.asked["logGroupIdentifier"]:
            raise ServiceError("AccessDeniedException", "no")
        return await handle(call)

    monkeypatch.setattr(world.logs, "handle", denies)
    rows = await examined(configured("/shop/cart", "/shop/trail"))
    assert ill(rows) == [("fails", "logs:FilterLogEvents")]
    assert "denied for /shop/cart" in row(rows, "logs:FilterLogEvents").found


async def test_credentials_that_have_expired_are_told_once(world: World) -> None:
    world.aws.faults.add("*", "expired")
    rows = await examined(configured())
    assert [each.what for each in rows if each.state is CheckState.FAILS] == [
        "sts:GetCallerIdentity"
    ]
    failed = row(rows, "sts:GetCallerIdentity")
    assert "expired" in failed.found
    assert failed.fix
    assert [each.feature for each in rows if each.state is CheckState.SKIPPED] == [
        "logs",
        "linked accounts",
        "guardduty",
        "cloudtrail",
        "history",
        "blocklists",
        "in force",
        "own addresses",
        "trusted lists",
        "threat lists",
    ]


async def test_an_endpoint_that_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_GUARDDUTY", f"http://127.0.0.1:{free_port()}")
    rows = await examined(configured())
    assert ill(rows) == [
        ("fails", "guardduty"),
        ("not tried", "guardduty:ListDetectors"),
        ("not tried", "guardduty:GetAdministratorAccount"),
        ("not tried", "guardduty:ListMembers"),
        ("not tried", "guardduty:ListFindings"),
        ("not tried", "guardduty:GetFindings"),
        *TRUSTED,
    ]
    assert "Connection refused" in row(rows, "guardduty").found
    assert "endpoint_url" in row(rows, "guardduty").fix


async def test_guardduty_that_is_not_enabled(world: World) -> None:
    world.guardduty.disable()
    rows = await examined(configured())
    assert ill(rows) == [
        ("not tried", "guardduty:GetAdministratorAccount"),
        ("not tried", "guardduty:ListMembers"),
        ("not tried", "guardduty:ListFindings"),
        ("not tried", "guardduty:GetFindings"),
        *TRUSTED,
        ("fails", "detector"),
    ]
    rows = await examined(configured(), "eu-west-1", "us-east-1")
    assert ("warning", "detector") in ill(rows)
    assert ("fails", "detector") not in ill(rows)


async def test_inspector_is_tried_where_it_is_asked_for(world: World) -> None:
    given = configured()._replace(inspector=InspectorSettings(enabled=True))
    rows = await examined(given)
    assert ill(rows) == []
    assert row(rows, "inspector2:ListFindings").found == "one finding asked for"
    assert row(rows, "inspector2:BatchGetAccountStatus").found == "looks at functions and images"
    world.inspector.scans = {}
    rows = await examined(given)
    assert ill(rows) == [("warning", "scanning")]
    assert "[inspector]" in row(rows, "scanning").fix
    world.denied |= {"inspector2:ListFindings", "inspector2:BatchGetAccountStatus"}
    rows = await examined(given)
    assert ill(rows) == [
        ("fails", "inspector2:ListFindings"),
        ("warning", "inspector2:BatchGetAccountStatus"),
    ]


async def test_a_work_group_that_limits_nothing(world: World) -> None:
    table = AthenaTable("trail", "logs", "cloudtrail", workgroup="triage", region="eu-west-1")
    given = configured()._replace(history=HistorySettings(athena=(table,)))
    rows = await examined(given)
    assert row(rows, "athena:GetWorkGroup").found.startswith("1 table:")
    assert ill(rows) == []
    world.athena.cutoff = None
    found = row(await examined(given), "work group")
    assert found.state is CheckState.WARNING
    assert found.found.startswith("trail is left out of history: the work group triage does not")
    assert "--work-group triage --configuration-updates BytesScannedCutoff" in found.fix
    world.athena.groups = ("other",)
    assert "group triage is not there" in row(await examined(given), "work group").found
    world.denied.add("athena:GetWorkGroup")
    found = row(await examined(given), "athena:GetWorkGroup")
    assert (found.state, "no table is searched" in found.found) == (CheckState.WARNING, True)


def test_a_table_is_looked_at_where_it_is_asked() -> None:
    tables = (
        AthenaTable("here", "logs", "cloudtrail"),
        AthenaTable("there", "logs", "waf", region="us-east-1"),
    )
    aws = AwsSettings(regions=("eu-west-1", "eu-central-1"))
    live, given = _scopes(Settings(aws=aws, history=HistorySettings(athena=tables)))
    assert [scope.region for scope in live] == ["eu-west-1", "eu-central-1"]
    assert {
        scope.region: [table.table for table in there.history.athena]
        for scope, there in given.items()
    } == {"eu-west-1": ["here"], "eu-central-1": [], "us-east-1": ["there"]}


async def test_accounts_that_belong_together_are_named(world: World) -> None:
    world.oam.links.clear()
    rows = await examined(configured())
    assert row(rows, "oam:ListSinks").found == "no monitoring account"
    assert "nothing is linked to it" in row(rows, "oam:ListAttachedLinks").found
    assert row(rows, "guardduty:GetAdministratorAccount").found.startswith("no other account")
    assert row(rows, "guardduty:ListMembers").found == "it administers no other account"

    for number, label in enumerate(("shop", "bank", "444455556662")):
        world.oam.link("111122223333", f"44445555666{number}", label)
    world.oam.link("111122223333", "777788889999", "metrics", "AWS::CloudWatch::Metric")
    world.logs.linked["111122223333"] = {"444455556660"}
    world.logs.create("/bank/log", account="444455556660")
    world.guardduty.members = dict.fromkeys(("444455556660", "444455556661"), "111122223333")
    world.guardduty.members["444455556662"] = "111122223333"
    rows = await examined(configured("/shop/*"))
    assert row(rows, "oam:ListSinks").found == "a monitoring account"
    assert row(rows, "oam:ListAttachedLinks").found == (
        "3 accounts (444455556660 (shop), 444455556661 (bank), 444455556662) share their log "
        "groups, which are left out: linked = true under [logs] takes them in"
    )
    assert (
        "the administrator of 3 accounts (444455556660, "
        in row(rows, "guardduty:ListMembers").found
    )
    assert ill(rows) == []
    rows = await examined(configured("/bank/*", "/shop/*", linked=True))
    assert row(rows, "logs:DescribeLogGroups").found == "3 log groups match"
    assert row(rows, "oam:ListAttachedLinks").found.endswith("share their log groups")
    assert ill(rows) == []


async def test_an_administrator_elsewhere_and_links_that_are_not_there(world: World) -> None:
    world.oam.links.clear()
    world.guardduty.members["111122223333"] = "999900001111"
    given = configured(linked=True)._replace(answers=AnswerSettings(findings=True))
    rows = await examined(given)
    found = row(rows, "administrator")
    assert (found.state, found.found) == (
        CheckState.WARNING,
        "999900001111 alone archives and rates findings of this account",
    )
    assert "none of these is a monitoring account" in row(rows, "logs.linked").found
    assert row(rows, "guardduty:GetAdministratorAccount").found.startswith("999900001111 admin")


async def test_two_profiles_that_lead_to_one_account(world: World, home: Path) -> None:
    keys = "aws_access_key_id = A\naws_secret_access_key = s\n"
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(f"[prod]\n{keys}")
    scopes = Scope(None, "eu-west-1"), Scope("prod", "eu-west-1"), Scope("prod", GLOBAL)
    accesses = [Access(scope, SIGNINS.of(scope)) for scope in scopes]
    try:
        rows = await found_with(accesses, configured("/shop/*"))
    finally:
        for access in accesses:
            await access.close()
    [found] = [row for row in rows if row.what == "account"]
    assert (found.state, found.place) == (CheckState.OK, "prod eu-west-1")
    assert found.found == "the same account as eu-west-1, which reads it: this one stands in"


async def test_a_group_in_another_region(world: World) -> None:
    world.logs.create("/bank/api", region="eu-central-1")
    found = row(await examined(configured("/shop/*", "/bank/*")), "/bank/*")
    assert found.state is CheckState.FAILS
    assert found.fix == "/bank/api is in eu-central-1: add that to aws.regions"


async def test_a_group_whose_name_is_mistyped(world: World) -> None:
    found = row(await examined(configured("/shop/card")), "/shop/card")
    assert (found.state, found.fix) == (CheckState.FAILS, "did you mean /shop/cart?")


async def test_events_of_services_without_a_region(world: World) -> None:
    world.trail.trails = []
    found = row(await examined(configured()), "regions")
    assert found.state is CheckState.WARNING
    assert "us-east-1" in found.fix
    rows = await examined(configured(), "eu-west-1", "us-east-1")
    assert "regions" not in {each.what for each in rows}


async def test_a_trail_that_was_stopped(world: World) -> None:
    world.trail.stopped.add(TRAIL)
    assert ("warning", "trail") in ill(await examined(configured()))


async def test_no_groups_at_all(world: World) -> None:
    given = configured(lookup="off")._replace(logs=LogsSettings())
    assert ill(await examined(given)) == [("warning", "groups")]


async def test_sessions_of_live_tail_that_are_all_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    full = World(quotas=Quotas(sessions=0))
    async with entered(full, monkeypatch):
        rows = await examined(configured())
    assert ill(rows) == [("warning", "logs:StartLiveTail")]
    assert "sessions" in row(rows, "logs:StartLiveTail").found


async def test_more_groups_than_sessions_hold(world: World) -> None:
    for number in range(22):
        world.logs.create(f"/shop/{number:02}", log_class="STANDARD" if number else "DELIVERY")
    rows = await examined(configured(tail_sessions=2))
    assert ill(rows) == [("warning", "log class"), ("warning", "Live Tail quota")]
    quota = row(rows, "Live Tail quota").found
    assert (
        quota == "23 log groups need 3 Live Tail sessions, and 2 may be open: 3 groups are polled"
    )


@pytest.mark.parametrize(
    ("named", "words", "fix"),
    [
        ("shop-v5", "there is no IP set shop-v5", "triage-tui blocks init"),
        ("edge", "there is no IP set edge", 'scope = "CLOUDFRONT"'),
        ("shop-v6", "does not hold IPv4", "name it as ipv6"),
    ],
)
async def test_an_ip_set_that_is_not_as_it_is_named(
    world: World, named: str, words: str, fix: str
) -> None:
    world.waf.ip_set("edge", scope="CLOUDFRONT")
    wrong = BlocklistSettings("shop", region="eu-west-1", ipv4=named)
    rows = await examined(configured(blocklists=(wrong,)))
    assert ill(rows) == [("fails", "shop")]
    assert words in row(rows, "shop").found
    assert fix in row(rows, "shop").fix


async def test_a_set_of_cloudfront_that_is_regional(world: World) -> None:
    wrong = BlocklistSettings("edge", scope="CLOUDFRONT", ipv4="shop-v4")
    access = Access(Scope(None, "us-east-1"))
    try:
        rows = await ScopeCheck(access, Configured.nothing()._replace(blocklists=(wrong,))).run()
    finally:
        await access.close()
    assert ill(rows) == [("fails", "edge")]


@pytest.mark.parametrize(
    ("ahead", "state"), [(30, "ok"), (-90, "warning"), (90, "warning"), (-1000, "fails")]
)
async def test_a_clock_that_is_wrong(world: World, ahead: float, state: str) -> None:
    given = configured(blocklists=())
    access = Access(Scope(None, "eu-west-1"))
    try:
        check = ScopeCheck(access, given, wall=lambda: time.time() + ahead, sleep=_no_pause)
        found = row(await check.run(), "clock")
    finally:
        await access.close()
    assert found.state == state
    assert ("ahead of" if ahead > 0 else "behind") in found.found or state == "ok"


# -- the command ---------------------------------------------------------------------------------


async def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "triage_tui", "doctor", *arguments,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


ASKED = ("--region", "eu-west-1", "--log-group", "/shop/*")


@pytest.mark.may_block("a command is run, which has an event loop of its own")
async def test_the_command(world: World, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[[blocklist]]\nname = "edge"\nscope = "CLOUDFRONT"\nipv4 = "edge"\n'
        '[[blocklist]]\nname = "shop"\nregion = "eu-west-1"\nipv4 = "shop-v4"\n'
    )
    world.waf.ip_set("edge", scope="CLOUDFRONT")
    code, out, err = await run(*ASKED, "--json", "--config", str(config))
    told = json.loads(out)
    assert (code, err, told["ok"]) == (0, "", True)
    assert {each["state"] for each in told["checks"]} == {"ok", "not tried", "not testable"}
    where = {each["place"] for each in told["checks"] if each["what"] == "wafv2:GetIPSet"}
    assert where == {"us-east-1", "eu-west-1"}
    assert list(told["checks"][0]) == ["state", "feature", "what", "place", "found", "fix"]
    world.aws.faults.add("ListFindings", "denied")
    code, out, err = await program.aside("doctor", *ASKED)
    assert (code, err) == (1, "")
    assert "fails         guardduty:ListFindings     denied" in out
    assert "1 check failed (guardduty)" in out
    _, out, _ = await program.aside("doctor", *ASKED, "--quiet")
    assert "guardduty:ListFindings" in out
    assert "cloudtrail" not in out


SSO = (
    "sso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n"
    "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x\n"
)
FAILURES = [
    ("", {}, "there are no credentials", "--profile"),
    ("", {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"}, "half of the credentials", "AWS"),
    ("", {"AWS_PROFILE": "nobody"}, "there is no profile 'nobody'", "list-profiles"),
    (SSO, {"AWS_PROFILE": "nobod"},
     "not signed in to SSO", "aws sso login --profile nobod"),
    ("credential_process = false\n", {"AWS_PROFILE": "nobod"}, "credential_process of", "by hand"),
    ("login_session = arn:aws:iam::1:user/x\n", {"AWS_PROFILE": "nobod"},
     "aws login", "botocore[crt]"),
    ("web_identity_token_file = /nowhere\nrole_arn = arn:aws:iam::111122223333:role/r\n",
     {"AWS_PROFILE": "nobod"}, "/nowhere", "web_identity_token_file"),
    ("[[[\n", {}, "cannot be read as a config of the AWS CLI", "mend it"),
    ("", {"AWS_DEFAULT_REGION": ""}, "names no region", "--region"),
]  # fmt: skip
LIBRARY = ("Traceback", "botocore.", "aiohttp", "Error:", "Exception", "urllib")


@pytest.mark.may_block("a command is run, which has an event loop of its own")
@pytest.mark.parametrize(("profile", "environment", "said", "fix"), FAILURES)
async def test_credentials_that_fail(
    world: World,
    home: Path,
    profile: str,
    environment: dict[str, str],
    said: str,
    fix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    for name, value in ({"AWS_DEFAULT_REGION": "eu-west-1"} | environment).items():
        monkeypatch.setenv(name, value)
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(f"[profile nobod]\nregion = eu-west-1\n{profile}")
    code, out, err = await program.aside("doctor", "--quiet")
    assert (code, err) == (1, "")
    words = " ".join(out.split())
    assert said in words
    assert fix in words
    assert [word for word in LIBRARY if word in out] == []
