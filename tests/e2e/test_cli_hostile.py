"""Whatever stands in the logs, their names and the arguments: no terminal is steered by it."""

import json
from pathlib import Path

import pytest

from tests import program
from widgets.text import is_safe

EVIL = (
    "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m\x90q\x00\x08\r\n\x7f"
    "\u202eevil\u2066\u200b\u2028\ufeff\ud800\U000e0041"
    "[/x][b]*`|<script>alert(1)</script>](javascript:x)路径e\u0301\u0301\u0301\u0301"
)


def records() -> list[dict[str, object]]:
    """One record of each format, hostile in every text."""
    trail: dict[str, object] = {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": f"AIDA{EVIL}",
            "arn": f"arn:aws:iam::111122223333:user/{EVIL}",
            "accountId": "111122223333",
            "accessKeyId": f"AKIA{EVIL}",
            "userName": EVIL,
        },
        "eventTime": "2026-01-04T02:13:00Z",
        "eventSource": f"dynamodb{EVIL}.amazonaws.com",
        "eventName": f"Delete{EVIL}",
        "awsRegion": EVIL,
        "sourceIPAddress": "198.51.100.23",
        "userAgent": EVIL,
        "eventID": f"id{EVIL}",
        "errorCode": f"AccessDenied{EVIL}",
        "errorMessage": EVIL,
        "requestParameters": {"tableName": EVIL, EVIL: EVIL},
        "recipientAccountId": "111122223333",
    }
    waf: dict[str, object] = {
        "timestamp": 1767492780000,
        "formatVersion": 1,
        "webaclId": f"arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/{EVIL}/1",
        "terminatingRuleId": EVIL,
        "terminatingRuleType": "REGULAR",
        "action": "BLOCK",
        "httpSourceName": "ALB",
        "httpSourceId": EVIL,
        "ruleGroupList": [],
        "rateBasedRuleList": [],
        "nonTerminatingMatchingRules": [],
        "httpRequest": {
            "clientIp": "198.51.100.23",
            "country": EVIL,
            "headers": [{"name": "User-Agent", "value": EVIL}],
            "uri": f"/{EVIL}",
            "args": EVIL,
            "httpVersion": "HTTP/1.1",
            "httpMethod": EVIL,
            "requestId": EVIL,
        },
    }
    finding: dict[str, object] = {
        "schemaVersion": "2.0",
        "accountId": "111122223333",
        "region": "eu-west-1",
        "partition": "aws",
        "id": f"finding{EVIL}",
        "arn": f"arn:aws:guardduty:eu-west-1:111122223333:detector/d/finding/{EVIL}",
        "type": f"Recon:{EVIL}",
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {
                "accessKeyId": EVIL,
                "principalId": EVIL,
                "userType": "IAMUser",
                "userName": EVIL,
            },
        },
        "service": {
            "serviceName": "guardduty",
            "action": {
                "actionType": "AWS_API_CALL",
                "awsApiCallAction": {
                    "api": EVIL,
                    "serviceName": EVIL,
                    "remoteIpDetails": {"ipAddressV4": "198.51.100.23"},
                },
            },
            "count": 1,
        },
        "severity": 8,
        "title": EVIL,
        "description": EVIL,
        "createdAt": "2026-01-04T02:13:00Z",
        "updatedAt": "2026-01-04T02:14:00Z",
    }
    return [trail, waf, finding]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "night\x1b]0;x\x07\u202e\x9b.jsonl"
    lines = [json.dumps(record) for record in records()]
    path.write_text("\n".join([*lines, json.dumps(EVIL), f"{EVIL!r}\x1b[5m\x9b"]) + "\n")
    return path


def run(*arguments: str) -> tuple[int, str, str]:
    return program.run(*arguments)


def assert_safe(text: str) -> None:
    assert [line for line in text.split("\n") if not is_safe(line)] == []


COMMANDS = [
    ["scan"],
    ["scan", "--json"],
    ["scan", "--by", "ip,network,principal,service"],
    ["scan", "--filter", "evil"],
    ["events"],
    ["events", "--filter", "severity>=low or outcome:denied or outcome:blocked"],
    ["report"],
    ["report", "--json"],
    ["report", "--anonymize"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_lets_it_through(log: Path, command: list[str]) -> None:
    code, out, said = run(*command, str(log))
    assert code == 0, said
    assert "198.51.100.23" in out or "--anonymize" in command
    assert_safe(out)
    assert_safe(said)


@pytest.mark.parametrize("command", ["scan", "events", "report", "replay"])
def test_no_message_lets_it_through(command: str, log: Path) -> None:
    code, out, said = run(command, f"{log}{EVIL}".replace("\x00", "").replace("\ud800", ""))
    assert code == 2
    assert_safe(out)
    assert_safe(said)
    assert said


def test_no_wrong_filter_lets_it_through(log: Path) -> None:
    text = f"{EVIL} ipp:x".replace("\x00", "").replace("\ud800", "")
    code, out, said = run("scan", str(log), "--filter", text)
    assert (code, out) == (2, "")
    assert_safe(said)


def test_events_lose_nothing(log: Path) -> None:
    _, out, _ = run("events", str(log))
    trail, waf, finding, *_ = map(json.loads, out.splitlines())
    assert out.isascii()
    assert trail["user_agent"] == waf["user_agent"] == EVIL
    assert trail["action"] == f"Delete{EVIL}"
    assert trail["principal"] == f"arn:aws:iam::111122223333:user/{EVIL}"
    assert finding["action"] == f"Recon:{EVIL}"
    assert trail["record"]["path"] == str(log)


def test_scan_json_loses_nothing(log: Path) -> None:
    found = json.loads(run("scan", "--json", str(log))[1])
    assert found["files"][0]["path"] == str(log)
    principals = [e["key"] for e in found["entities"] if e["kind"] == "principal"]
    assert f"arn:aws:iam::111122223333:user/{EVIL}" in principals
