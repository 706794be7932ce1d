"""What the function calls, what its role may, and what `policy --trigger` says are one list."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml

import triage_tui.trigger
from tests.aws.calls import called
from triage_tui.aws.need import Home
from triage_tui.cli import trigger_policy
from triage_tui.cli.sam.template import template
from triage_tui.cli.sam.words import TemplateError, Wanted
from triage_tui.cli.sam.yaml import yaml
from triage_tui.cli.trigger_package import Target
from triage_tui.respond.settings import BlocklistSettings
from triage_tui.statetable import creation, expiry
from triage_tui.trigger import needs

ROOM = Path(triage_tui.trigger.__file__).parent
SERVICES = ("dynamodb", "ec2", "guardduty", "lambda", "s3", "sns", "sqs", "sts", "wafv2")
SHOP = BlocklistSettings("shop", region="eu-west-1", ipv4="shop-v4", ipv6="shop-v6")
EDGE = BlocklistSettings("edge", scope="CLOUDFRONT", ipv4="11111111-2222-3333-4444-555555555555")
TARGET = Target((3, 12), "x86_64")
OF_LAMBDA = {
    *("logs:CreateLogStream", "logs:PutLogEvents", "kms:Decrypt"),
    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
}
"""What Lambda itself needs of a function's role, and whoever has encrypted the logs."""


def wanted(**more: Any) -> Wanted:
    usual: dict[str, Any] = {
        "code": "trigger.zip",
        "target": TARGET,
        "groups": ["/shop/waf"],
        "buckets": ["trail-logs"],
        "blocklist": SHOP,
        "lists": ["s3://team/trusted/offices.txt", "https://s3.amazonaws.com/partners/all.txt"],
    }
    return Wanted(**(usual | more))


def statements(made: Any) -> list[Any]:
    """Those of the role, whether conditions hold or not."""
    found = made["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in found]


def test_the_calls_of_the_code_are_those_that_are_listed() -> None:
    calls = {call.action: call.place for call in called(ROOM, {name: name for name in SERVICES})}
    listed = {need.call for need in needs.EVERYTHING} | {needs.TRANSACTION}
    assert {action: place for action, place in calls.items() if action not in listed} == {}
    assert listed - calls.keys() == set()


def test_clients_are_made_in_one_place_alone() -> None:
    makers = [path.name for path in ROOM.rglob("*.py") if "boto3 import" in path.read_text()]
    assert makers == ["drivers.py"]


@pytest.mark.parametrize("blocklist", [None, SHOP, EDGE])
def test_the_policy_and_the_template_agree(blocklist: BlocklistSettings | None) -> None:
    made = json.loads(json.dumps(template(wanted(blocklist=blocklist))))
    role = {action for each in statements(made) for action in each["Action"]}
    written = trigger_policy.policy([Home("1" * 12, "eu-west-1")], blocklist)
    policy = {action for each in written["Statement"] for action in each["Action"]}
    assert role - OF_LAMBDA == policy
    of_blocking = {*needs.BLOCKS, *needs.TRUSTS, *needs.READS}
    asked = {*needs.EVERYTHING} - (set() if blocklist is not None else of_blocking)
    assert policy == {need.action for need in asked if not need.free}


@pytest.mark.parametrize("blocklist", [SHOP, EDGE])
def test_resources_are_narrow(blocklist: BlocklistSettings) -> None:
    made = json.loads(json.dumps(template(wanted(blocklist=blocklist))))
    known = {
        *("wafv2:ListIPSets", "ec2:DescribeNatGateways", "ec2:DescribeAddresses"),
        "guardduty:ListDetectors",
    }
    for each in statements(made):
        if "*" in each["Resource"]:
            assert known.issuperset(each["Action"])
    written = trigger_policy.policy([Home("1" * 12, "eu-west-1")], blocklist, "triage")
    by_action = {a: each["Resource"] for each in written["Statement"] for a in each["Action"]}
    place = "us-east-1:111111111111:global" if blocklist is EDGE else "eu-west-1:111111111111:regi"
    assert all(place in arn for arn in by_action["wafv2:UpdateIPSet"])
    assert by_action["dynamodb:PutItem"] == ["arn:aws:dynamodb:eu-west-1:111111111111:table/triage"]


def test_it_reads_the_trusted_lists_that_are_named_and_no_others() -> None:
    made = json.loads(json.dumps(template(wanted())))
    (reads,) = [each for each in statements(made) if each["Sid"] == "Lists"]
    assert [each["Fn::Sub"] for each in reads["Resource"]] == [
        "arn:${AWS::Partition}:s3:::team/trusted/offices.txt",
        "arn:${AWS::Partition}:s3:::partners/all.txt",
    ]
    for asked in (wanted(lists=[]), wanted(trusts=False), wanted(blocklist=None)):
        made = json.loads(json.dumps(template(asked)))
        assert "Lists" not in {each["Sid"] for each in statements(made)}
    without = json.loads(json.dumps(template(wanted(trusts=False))))
    written = trigger_policy.policy([Home("1" * 12, "eu-west-1")], SHOP, trusts=False)
    for found in (statements(without), written["Statement"]):
        assert not any(action.startswith("guardduty:") for e in found for action in e["Action"])


@pytest.mark.parametrize("place", ["s3://bucket", "trusted.txt", "s3://b/*", "https://x.com/b/k"])
def test_what_is_no_place_of_a_list_is_refused(place: str) -> None:
    with pytest.raises(TemplateError, match="s3://BUCKET/KEY"):
        template(wanted(lists=[place]))


def test_the_table_is_that_of_a_team() -> None:
    made = json.loads(json.dumps(template(wanted())))
    table = made["Resources"]["Table"]["Properties"]
    for key in ("KeySchema", "AttributeDefinitions", "BillingMode"):
        assert table[key] == creation("t")[key]
    assert table["TimeToLiveSpecification"] == expiry("t")["TimeToLiveSpecification"]
    assert made["Resources"]["Table"]["DeletionPolicy"] == "Retain"


def test_cfn_lint_accepts_it(tmp_path: Path) -> None:
    """All kinds of template at once: the linter takes longest to load."""
    kinds = {
        "all": wanted(),
        "least": wanted(groups=[], buckets=[], blocklist=None),
        "s3": wanted(code="s3://b/k.zip"),
    }
    for name, asked in kinds.items():
        document = template(asked)
        text = yaml(document)
        assert pyyaml.safe_load(text) == json.loads(json.dumps(document)), name
        (tmp_path / f"{name}.yaml").write_text(text)
    linter = Path(sys.executable).with_name("cfn-lint")
    written = sorted(map(str, tmp_path.iterdir()))
    assert len(written) == len(kinds)
    done = subprocess.run([linter, *written], capture_output=True, text=True, timeout=150)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_function_does_not_wait_for_ever() -> None:
    made = json.loads(json.dumps(template(wanted())))["Resources"]
    function = made["Function"]["Properties"]
    assert made["Intake"]["Properties"]["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert function["DeadLetterQueue"]["TargetArn"] == {"Fn::GetAtt": ["Letters", "Arn"]}
    assert made["Intake"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] == 4
    assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == 2


@pytest.mark.parametrize("groups", [["/aws/lambda/*"], [""], ["g"] * 41])
def test_what_makes_no_subscription_is_refused(groups: list[str]) -> None:
    with pytest.raises(TemplateError):
        template(wanted(groups=groups))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "triage_tui", *arguments]
    return subprocess.run(command, input="", capture_output=True, text=True, timeout=150)


CONFIG = """
[aws]
regions = ["eu-west-1"]
[logs]
groups = ["/shop/waf", "/aws/lambda/*"]
[[blocklist]]
name = "shop"
region = "eu-west-1"
ipv4 = "shop-v4"
"""


def test_the_commands(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    said = ("--config", str(config))
    done = run("trigger", "template", "--code", "t.zip", *said)
    assert done.returncode == 0
    assert "1 globs of logs.groups are not in the template" in done.stderr
    made = pyyaml.safe_load(done.stdout)
    groups = [
        each["Properties"]["LogGroupName"]
        for each in made["Resources"]["Function"]["Properties"]["Events"].values()
        if each["Type"] == "CloudWatchLogs"
    ]
    assert groups == ["/shop/waf"]
    place = ("--trusted-list", "s3://team/offices.txt")
    done = run("trigger", "template", "--code", "t.zip", *place, *said)
    assert "s3:::team/offices.txt" in done.stdout
    done = run("policy", "--trigger", "--account", "1" * 12, *said)
    assert done.returncode == 0
    written = {a for each in json.loads(done.stdout)["Statement"] for a in each["Action"]}
    assert "wafv2:UpdateIPSet" in written
    done = run("trigger", "template", *said)
    assert (done.returncode, "--code" in done.stderr) == (2, True)
    done = run("trigger", "template", "--code", "t.zip", "--blocklist", "no", *said)
    assert (done.returncode, "known are shop" in done.stderr) == (2, True)
