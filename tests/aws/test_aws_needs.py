"""The calls of the code are those that the registry lists, and the policy allows no others."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

import triage_tui.aws
from tests import program
from tests.aws.calls import Call, Unreadable, called, in_source
from tests.aws.wire import model
from triage_tui.aws.access import SERVICES, Service
from triage_tui.aws.need import Configured, Home, Need
from triage_tui.aws.needs import FEATURES, needed
from triage_tui.aws.policy import LONGEST, policy
from triage_tui.aws.settings import (
    AthenaTable,
    AwsSettings,
    CasebookPlace,
    CloudTrailSettings,
    GuardDutySettings,
    HistorySettings,
    InspectorSettings,
    LogsSettings,
)
from triage_tui.respond.remedy.settings import AnswerSettings, FunctionSettings
from triage_tui.respond.settings import BlocklistSettings

ROOM = Path(triage_tui.aws.__file__).parent
CLIENTS = {name: "logs" if name == "tail" else name for name in get_args(Service)}
NEEDS = [need for feature in FEATURES for need in feature.needs]
EU = Home("111122223333", "eu-west-1")


ROLE = "arn:aws:iam::222233334444:role/triage"
EDGE = BlocklistSettings("edge", scope="CLOUDFRONT", ipv4="edge-v4", ipv6="edge-v6")
FUNCTION = FunctionSettings("isolate", "arn:aws:lambda:eu-west-1:111122223333:function:isolate")
NO_ANSWER = AnswerSettings()
EVERY_ANSWER = AnswerSettings(
    principals=True,
    findings=True,
    network=True,
    quarantine=("sg-0123",),
    functions=(FUNCTION,),
)
TRAIL = AthenaTable(
    "trail",
    "logs",
    "cloudtrail",
    workgroup="triage",
    region="eu-central-1",
    output="s3://results/triage/",
    location="s3://trail-logs",
)
TEAM = CasebookPlace("dynamodb://triage", region="us-east-1")
SHOP = BlocklistSettings("shop", region="eu-west-1", ipv4="11111111-2222-3333-4444-555555555555")


def configured(
    *groups: str,
    tail: Any = "auto",
    lookup: Any = "auto",
    on: bool = True,
    blocklists: tuple[BlocklistSettings, ...] = (),
    roles: tuple[str, ...] = (),
    answers: AnswerSettings = NO_ANSWER,
    casebook: CasebookPlace | None = None,
    inspector: bool = False,
    athena: tuple[AthenaTable, ...] = (),
) -> Configured:
    return Configured(
        AwsSettings(roles=roles),
        LogsSettings(groups=groups, tail=tail),
        GuardDutySettings(enabled=on),
        CloudTrailSettings(lookup=lookup),
        blocklists,
        answers=answers,
        casebook=casebook,
        inspector=InspectorSettings(enabled=inspector),
        history=HistorySettings(athena=athena),
    )


def actions(given: Configured, *homes: Home) -> set[str]:
    """Everything that a policy allows."""
    written = policy(given, homes or (EU,))
    return {action for each in written["Statement"] for action in each["Action"]}


def resources(given: Configured, action: str, *homes: Home) -> list[str]:
    [found] = [
        each for each in policy(given, homes or (EU,))["Statement"] if action in each["Action"]
    ]
    return found["Resource"]


# -- the calls of the code -----------------------------------------------------------------------


def test_the_calls_of_the_code_are_those_that_are_listed() -> None:
    calls = called(ROOM, CLIENTS)
    places = {call.action: call.place for call in calls}
    listed = {need.call for need in NEEDS if not need.indirect}
    assert {action: place for action, place in places.items() if action not in listed} == {}, (
        "called, and not in triage_tui/aws/needs.py"
    )
    assert listed - places.keys() == set(), "in triage_tui/aws/needs.py, and never called"


def test_clients_are_made_in_one_place_alone() -> None:
    makers = [
        path.name
        for path in sorted(ROOM.parent.rglob("*.py"))
        if re.search(r"\bcreate_client\(", path.read_text())
    ]
    # Whoever signs in assumes roles, by STS, before there is an access.
    assert makers == ["access.py", "signin.py"]


def test_every_client_has_its_service_and_every_action_is_one() -> None:
    assert sorted({*CLIENTS.values()}) == sorted(SERVICES)
    for need in NEEDS:
        service, _, operation = need.call.partition(":")
        assert operation in model(service).operation_names, need.action
    assert len({need.action for need in NEEDS if not need.indirect}) == sum(
        not need.indirect for need in NEEDS
    )


def test_what_cannot_be_tried_says_why() -> None:
    assert [need.action for need in NEEDS if bool(need.probe) == bool(need.untestable)] == []


STUBS = "from types_aiobotocore_guardduty import GuardDutyClient\n"


@pytest.mark.parametrize(
    ("source", "action"),
    [
        ("async def f(a):\n c = await a.client('logs')\n await c.put_log_events()", "PutLogEvents"),
        ("async def f(a):\n await (await a.client('logs')).create_log_group()", "CreateLogGroup"),
        ("async def f(a):\n c = await a.client('tail')\n c.get_paginator('filter_log_events')",
         "FilterLogEvents"),
        ("async def f(a):\n c = await a.client('logs')\n async def g():\n  await c.start_query()\n",
         "StartQuery"),
        ("async def f(a):\n c = await a.client('logs')\n g = c.delete_log_group\n await g()",
         "DeleteLogGroup"),
        ("async def f(a):\n c = await a.client('logs')\n h(lambda: c.stop_query())", "StopQuery"),
    ],
)  # fmt: skip
def test_calls_are_found_in_whatever_way_they_are_made(source: str, action: str) -> None:
    found = in_source(source, CLIENTS, "m.py")
    assert [call.action for call in found] == [f"logs:{action}"]


def test_clients_are_known_by_their_annotations() -> None:
    source = STUBS + "async def f(c: GuardDutyClient):\n await c.archive_findings()"
    assert in_source(source, CLIENTS, "m.py") == [Call("guardduty:ArchiveFindings", "m.py:3")]
    source = STUBS + (
        "class C:\n async def own(self) -> GuardDutyClient: ...\n"
        " async def f(self):\n  c = await self.own()\n  await c.list_detectors()"
    )
    assert in_source(source, CLIENTS, "m.py") == [Call("guardduty:ListDetectors", "m.py:6")]


@pytest.mark.parametrize(
    "source",
    [
        "async def f(c):\n await c.get_findings()",
        "async def f(a, s):\n c = await a.client(s)",
        "async def f(a):\n c = await a.client('logs')\n await getattr(c, 'x')()",
        "async def f(a):\n c = await a.client('logs')\n await c._make_api_call('X', {})",
        "async def f(a):\n c = await a.client('logs')\n await c.get_findings()",
        "async def f(a, n):\n c = await a.client('logs')\n c.get_paginator(n)",
    ],
)
def test_what_cannot_be_read_is_refused(source: str) -> None:
    with pytest.raises(Unreadable):
        in_source(source, CLIENTS, "m.py")


# -- the policy ----------------------------------------------------------------------------------


def test_a_policy_allows_what_the_features_call_and_nothing_else() -> None:
    everything = {need.action for need in NEEDS if not need.free}
    standing = {
        need.action for each in FEATURES if each.standing for need in each.needs if not need.free
    }
    both = configured(
        "/a",
        blocklists=(EDGE, SHOP),
        roles=(ROLE,),
        answers=EVERY_ANSWER,
        casebook=TEAM,
        inspector=True,
        athena=(TRAIL,),
    )
    assert actions(both) == standing <= everything
    assert actions(configured(on=False, lookup="off")) == set()
    assert actions(configured("/a", on=False, lookup="off", tail="poll")) == {
        "logs:DescribeLogGroups",
        "logs:FilterLogEvents",
        "logs:GetQueryResults",
        "logs:StartQuery",
        "logs:StopQuery",
        "oam:ListAttachedLinks",
        "oam:ListSinks",
    }
    assert actions(configured(on=False, lookup="on")) == {"cloudtrail:LookupEvents"}
    assert {need.action for _, need in needed(configured()) if need.free} == {
        "sts:GetCallerIdentity"
    }


def test_the_work_groups_of_the_tables_are_named() -> None:
    given = configured(athena=(TRAIL, TRAIL))
    assert resources(given, "athena:StartQueryExecution") == [
        "arn:aws:athena:eu-central-1:111122223333:workgroup/triage"
    ]
    assert not any(
        action.startswith(("athena:", "glue:", "s3:Put")) for action in actions(configured("/a"))
    )
    glue = "arn:aws:glue:eu-central-1:111122223333"
    assert resources(given, "glue:GetTable") == [
        f"{glue}:catalog",
        f"{glue}:database/logs",
        f"{glue}:table/logs/trail",
    ]
    assert resources(given, "s3:PutObject") == ["arn:aws:s3:::results/triage/*"]
    assert resources(given, "s3:ListBucket") == ["arn:aws:s3:::results", "arn:aws:s3:::trail-logs"]
    [reading] = [
        each["Resource"]
        for each in policy(given, [EU])["Statement"]
        if each["Sid"].startswith("Athena") and "s3:GetObject" in each["Action"]
    ]
    assert reading == ["arn:aws:s3:::results/triage/*", "arn:aws:s3:::trail-logs/*"]


def test_a_table_of_another_catalog_needs_no_glue() -> None:
    elsewhere = AthenaTable("trail", "logs", "cloudtrail", catalog="hive")
    given = actions(configured(athena=(elsewhere,)))
    assert "athena:StartQueryExecution" in given
    assert not any(action.startswith(("glue:", "s3:Put", "s3:List")) for action in given)


def test_a_table_is_named_where_it_is() -> None:
    given = configured(casebook=TEAM)
    table = "arn:aws:dynamodb:us-east-1:111122223333:table/triage"
    assert resources(given, "dynamodb:PutItem") == [table]
    other = configured(casebook=CasebookPlace("dynamodb://triage", profile="security"))
    assert resources(other, "dynamodb:Query") == [
        table.replace("us-east-1:1111", "eu-west-1:1111").replace("111122223333", "*")
    ]


def test_resources_are_narrowed() -> None:
    given = configured("/aws/lambda/shop-*", "trail", "/[ab]/${x}")
    home = "arn:aws:logs:eu-west-1:111122223333:log-group:"
    assert resources(given, "logs:FilterLogEvents") == [
        f"{home}/aws/lambda/shop-*",
        f"{home}trail",
        f"{home}trail:*",
        f"{home}/?/??x?",
        f"{home}/?/??x?:*",
    ]
    assert resources(given, "guardduty:GetFindings") == [
        "arn:aws:guardduty:eu-west-1:111122223333:detector/*"
    ]
    assert resources(given, "logs:DescribeLogGroups", Home("1" * 12, "cn-north-1")) == [
        f"arn:aws-cn:logs:cn-north-1:{'1' * 12}:log-group:*"
    ]


def test_groups_of_linked_accounts_are_allowed_where_they_are_wanted() -> None:
    given = configured("/a*")._replace(logs=LogsSettings(groups=("/a*",), linked=True))
    assert resources(given, "logs:StartLiveTail") == ["arn:aws:logs:eu-west-1:*:log-group:/a*"]
    assert resources(given, "oam:ListAttachedLinks") == [
        "arn:aws:oam:eu-west-1:111122223333:sink/*"
    ]


def test_the_sets_of_the_blocklists_are_named() -> None:
    given = configured("/a", blocklists=(EDGE, SHOP))
    home = "111122223333"
    assert resources(given, "wafv2:UpdateIPSet") == [
        f"arn:aws:wafv2:us-east-1:{home}:global/ipset/edge-v4/*",
        f"arn:aws:wafv2:us-east-1:{home}:global/ipset/edge-v6/*",
        f"arn:aws:wafv2:eu-west-1:{home}:regional/ipset/*/{SHOP.ipv4}",
    ]
    [listing] = [
        each for each in policy(given, [EU])["Statement"] if "wafv2:ListIPSets" in each["Action"]
    ]
    assert listing["Condition"] == {
        "StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}
    }
    assert not {"wafv2:UpdateIPSet", "wafv2:ListIPSets"} & actions(configured("/a"))


def test_what_knows_no_resources_is_narrowed_to_its_regions() -> None:
    written = policy(configured("/a"), [EU, Home("444455556666", "us-east-1")])
    for each in written["Statement"]:
        if each["Resource"] == ["*"]:
            assert each["Condition"] == {
                "StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}
            }
        else:
            assert "Condition" not in each
            assert not any(arn == "*" for arn in each["Resource"])
    free = policy(configured("/a"), [Home()])
    assert all("Condition" not in each for each in free["Statement"])


def test_no_policy_but_the_one_that_denies_is_attached() -> None:
    written = policy(configured(answers=EVERY_ANSWER), [EU])["Statement"]
    [found] = [each for each in written if "iam:AttachUserPolicy" in each["Action"]]
    assert found["Action"] == ["iam:AttachUserPolicy", "iam:DetachUserPolicy"]
    assert found["Resource"] == ["arn:aws:iam::111122223333:user/*"]
    assert found["Condition"] == {
        "ArnLike": {"iam:PolicyARN": ["arn:*:iam::aws:policy/AWSDenyAll"]}
    }
    assert "iam:AttachUserPolicy" not in actions(configured("/a"))


def test_statements_are_named_apart() -> None:
    names = [each["Sid"] for each in policy(configured("/a"), [EU])["Statement"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[A-Za-z0-9]+", name) for name in names)


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.action)
def test_no_resource_is_empty(need: Need) -> None:
    given = configured(
        "/a",
        blocklists=(EDGE,),
        roles=(ROLE,),
        answers=EVERY_ANSWER,
        casebook=TEAM,
        athena=(TRAIL,),
    )
    assert need.resources(given, EU)
    assert need.why


# -- the command ---------------------------------------------------------------------------------


def run(*arguments: str) -> program.Done:
    return program.run("policy", *arguments)


def test_the_command_prints_the_policy_of_the_config(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[aws]\nregions = ["eu-west-1"]\n[logs]\ngroups = ["/shop/*"]\ntail = "poll"')
    done = run("--config", str(config), "--account", "111122223333")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == policy(configured("/shop/*", tail="poll"), [EU])


def test_roles_say_their_accounts_themselves(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    role = "arn:aws:iam::444455556666:role/triage"
    config.write_text(
        f'[aws]\nregions = ["eu-west-1"]\nroles = ["{role}"]\n[logs]\ngroups = ["/a*"]'
    )
    done = run("--config", str(config))
    assert (done.returncode, done.stderr) == (0, "")
    found = {each["Sid"]: each["Resource"] for each in json.loads(done.stdout)["Statement"]}
    assert found["Roles"] == [role]
    assert "arn:aws:logs:eu-west-1:444455556666:log-group:/a*" in found["Logs2"]


def test_what_sets_up_is_in_the_policy_when_asked_for() -> None:
    asked = ("--region", "eu-west-1", "--log-group", "/a", "--account", "111122223333")
    assert "logs:DescribeLogStreams" not in run(*asked).stdout
    assert "logs:DescribeLogStreams" in run(*asked, "--init").stdout


def test_an_account_that_is_not_known_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    done = run("--region", "eu-west-1", "--log-group", "/a*")
    assert done.returncode == 0
    assert "the account is not known" in done.stderr
    assert "Traceback" not in done.stderr
    assert "arn:aws:logs:eu-west-1:*:log-group:/a*" in done.stdout


def test_what_is_too_long_for_a_managed_policy_is_said() -> None:
    many = [part for n in range(60) for part in ("--log-group", f"/a-rather-long-name/{n}")]
    done = run("--region", "eu-west-1", "--account", "111122223333", *many)
    assert done.returncode == 0
    assert f"more than the {LONGEST:,}" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "names no region"),
        (("--region", "eu-west-1", "--account", "12"), "twelve digits"),
        (("--profile", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_is_refused(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
