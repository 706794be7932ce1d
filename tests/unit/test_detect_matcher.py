"""What a rule means for a record: every trap there is, each by itself."""

import base64
import json

import pytest

from tests import samples
from tests.rules import hits, matches, rule

EVENT: dict[str, object] = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLEEXAMPLE01",
        "arn": "arn:aws:iam::111122223333:user/Maria",
        "accountId": "111122223333",
        "userName": "Maria",
        "sessionContext": {"attributes": {"mfaAuthenticated": "false"}},
    },
    "eventTime": "2026-03-15T02:13:58Z",
    "eventSource": "dynamodb.amazonaws.com",
    "eventName": "DeleteItem",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "198.51.100.23",
    "userAgent": "Boto3/1.34.1 md/Botocore#1.34.1",
    "requestParameters": {
        "tableName": "orders",
        "public": True,
        "limit": 404,
        "ratio": 1.5,
        "empty": "",
        "nothing": None,
        "none": [],
        "path": "C:\\Temp\\a*b?c",
        "containerDefinitions": [
            {"name": "web", "command": ["sh", "-c", "curl $AWS_URI"]},
            {"name": "db", "command": ["postgres"], "env": [{"k": 1}, {"k": 2}]},
        ],
        "policy": json.dumps({"Action": "iam:*", "Effect": "Allow"}),
        "owner": "maria",
        "dotted.key": "yes",
        "when": "2026-03-15T23:59:01Z",
        "epoch": 1773532738,
        "host": "10.1.2.3",
        "command": "powershell -enc x",
    },
    "responseElements": None,
    "eventID": "0a1b2c3d-0000-4000-8000-000000000001",
    "readOnly": False,
    "eventType": "AwsApiCall",
    "recipientAccountId": "111122223333",
}

TRUE = [
    "eventName: DeleteItem",
    "eventName: deleteitem",
    "eventName: 'Delete*'",
    "eventName: 'Delete?tem'",
    "eventName: '*'",
    "eventName: [PutItem, DeleteItem]",
    "eventName|startswith: DELETE",
    "eventName|endswith: item",
    "eventName|contains: LETEIT",
    "eventName|contains|all: [delete, item]",
    "eventName|cased: DeleteItem",
    "eventName|cased|startswith: Delete",
    "eventName|startswith|cased: Delete",
    "eventName|re: '^Del.+m$'",
    "eventName|re|i: '^DEL'",
    "eventName|re: '(?i)^DEL'",
    "eventName|neq: PutItem",
    "requestParameters.missing|neq: x",
    "requestParameters.public: true",
    "requestParameters.public: 'true'",
    "requestParameters.public: 'TRUE'",
    "requestParameters.limit: 404",
    "requestParameters.limit: '404'",
    "requestParameters.limit|gte: 404",
    "requestParameters.limit|gt: 403",
    "requestParameters.limit|lt: 405",
    "requestParameters.limit|lte: 404.0",
    "requestParameters.ratio: 1.5",
    "requestParameters.empty: ''",
    "requestParameters.nothing: null",
    "requestParameters.missing: null",
    "errorCode: null",
    "responseElements: null",
    "requestParameters.empty|exists: true",
    "requestParameters.nothing|exists: true",
    "requestParameters.none|exists: true",
    "requestParameters.missing|exists: false",
    "responseElements|exists: true",
    "errorCode|exists: false",
    "requestParameters.containerDefinitions.command|contains: AWS_URI",
    "requestParameters.containerDefinitions.command: postgres",
    "requestParameters.containerDefinitions.env.k: 2",
    "requestParameters: '*'",
    "requestParameters|contains: '*'",
    "requestParameters.containerDefinitions: '*'",
    'requestParameters|contains: \'"tableName":"orders"\'',
    'requestParameters|contains: \'"tableName": "orders"\'',
    'requestParameters|contains: \'"Action": "iam:*"\'',
    "requestParameters|contains: 'command'",
    "requestParameters.dotted.key: 'yes'",
    "requestParameters.path: 'C:\\Temp\\a\\*b\\?c'",
    "requestParameters.path|contains: '\\Temp\\'",
    "requestParameters.path|startswith: 'c:\\temp'",
    "sourceIPAddress|cidr: 198.51.100.0/24",
    "requestParameters.host|cidr: [192.0.2.0/24, 10.0.0.0/8]",
    "userIdentity.userName|fieldref: requestParameters.owner",
    "userIdentity.arn|fieldref|endswith: requestParameters.owner",
    "userIdentity.arn|contains: user/maria",
    "userIdentity.sessionContext.attributes.mfaAuthenticated: 'false'",
    "userIdentity.sessionContext.attributes.mfaAuthenticated: false",
    "eventTime|hour: 2",
    "eventTime|minute: 13",
    "eventTime|day: 15",
    "eventTime|week: 11",
    "eventTime|month: 3",
    "eventTime|year: 2026",
    "requestParameters.epoch|year: 2026",
    "requestParameters.command|windash|contains: ' /enc'",
    "readOnly: false",
    "readOnly: 'false'",
    "triage.ip: 198.51.100.23",
    "triage.principal|endswith: user/Maria",
    "triage.outcome: ok",
    "triage.action: DeleteItem",
]
FALSE = [
    "eventName: Delete",
    "eventName: 'DeleteItem?'",
    "eventName: ''",
    "eventName: null",
    "eventName|cased: deleteitem",
    "eventName|cased|contains: ITEM",
    "eventName|re: '^delete'",
    "eventName|neq: deleteitem",
    "eventName|contains|all: [delete, put]",
    "requestParameters.public: false",
    "requestParameters.public: 1",
    "requestParameters.limit: 40",
    "requestParameters.limit|lt: 404",
    "requestParameters.tableName|gt: 1",
    "requestParameters.empty: null",
    "requestParameters.empty: '*'",
    "requestParameters.empty|contains: '*'",
    "requestParameters.nothing: ''",
    "requestParameters.missing: ''",
    "requestParameters.missing: '*'",
    "requestParameters.nothing: '*'",
    "requestParameters.none: '*'",
    "requestParameters.none: null",
    "responseElements: '*'",
    "requestParameters.missing|exists: true",
    "responseElements|exists: false",
    "requestParameters.containerDefinitions.command: sh -c",
    "requestParameters.containerDefinitions.env.k: 3",
    "requestParameters: orders",
    "requestParameters.tableName.x: null | orders",
    "requestParameters.path: 'C:\\Temp\\a*b?d'",
    "requestParameters.path: 'C:\\Temp\\a\\*\\*c'",
    "sourceIPAddress|cidr: 203.0.113.0/24",
    "eventName|cidr: 203.0.113.0/24",
    "userIdentity.userName|fieldref: requestParameters.tableName",
    "userIdentity.userName|fieldref: requestParameters.missing",
    "userIdentity.arn|contains: responseElements.accessKey.userName",
    "eventTime|hour: 3",
    "eventName|hour: 3",
    "triage.outcome: denied",
]


@pytest.mark.parametrize("line", TRUE)
def test_a_comparison_that_holds(line: str) -> None:
    assert matches(rule(f"s:\n  {line}\ncondition: s"), EVENT)
    assert not matches(rule(f"s:\n  {line}\ncondition: not s"), EVENT)


@pytest.mark.parametrize("line", FALSE)
def test_a_comparison_that_does_not_hold(line: str) -> None:
    assert not matches(rule(f"s:\n  {line}\ncondition: s"), EVENT)
    assert matches(rule(f"s:\n  {line}\ncondition: not s"), EVENT)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a and b", True),
        ("a and c", False),
        ("c or b", True),
        ("not c and not (c or d)", True),
        ("1 of them", True),
        ("all of them", False),
        ("any of sel*", True),
        ("all of sel*", True),
        ("1 of c*", False),
        ("not 1 of c*", True),
        ("[c, d]", False),
        ("[c, a]", True),
        ("1 of _h*", True),
    ],
)
def test_conditions(condition: str, expected: bool) -> None:
    names = """
a: {eventName: DeleteItem}
b: {awsRegion: eu-central-1}
c: {eventName: PutItem}
d: {awsRegion: us-east-1}
sel1: {eventName: DeleteItem}
sel2: {eventSource: dynamodb.amazonaws.com}
_hidden: {eventName: DeleteItem}
"""
    assert matches(rule(f"{names}condition: {condition}"), EVENT) is expected


def test_them_skips_names_that_begin_with_an_underscore() -> None:
    detection = "a: {eventName: PutItem}\n_b: {eventName: DeleteItem}\ncondition: 1 of them"
    assert not matches(rule(detection), EVENT)


def test_a_list_of_tables_is_any_of_them() -> None:
    detection = "s:\n  - eventName: PutItem\n  - awsRegion: eu-central-1\ncondition: s"
    assert matches(rule(detection), EVENT)


def test_text_in_base64_with_any_offset_and_in_utf16() -> None:
    secret = base64.b64encode(b"xx/bin/sh -i").decode()
    wide = base64.b64encode("whoami".encode("utf-16-le")).decode()
    event = EVENT | {"requestParameters": {"a": secret, "b": wide, "c": "d2hvYW1p"}}
    for line in (
        "requestParameters.a|base64offset|contains: /bin/sh",
        "requestParameters.b|wide|base64offset|contains: whoami",
        "requestParameters.b|utf16le|base64offset|contains: whoami",
        "requestParameters.c|base64: whoami",
    ):
        assert matches(rule(f"s:\n  {line}\ncondition: s"), event), line
        assert not matches(rule(f"s:\n  {line}\ncondition: s"), EVENT), line


KEYWORDS = "keywords:\n  - 'union select'\n  - '<script>'\ncondition: keywords"
WEB = "category: webserver"


def access(target: str, agent: str = "Mozilla/5.0", status: int = 200) -> bytes:
    return (
        f'203.0.113.9 - - [15/Mar/2026:02:13:58 +0000] "GET {target} HTTP/1.1" {status} 12 '
        f'"https://shop.example/" "{agent}"'
    ).encode()


def waf(uri: str, args: str = "", **headers: str) -> dict[str, object]:
    listed = [{"name": name, "value": value} for name, value in headers.items()]
    return {
        "timestamp": 1773540838000,
        "webaclId": "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/shop/a",
        "action": "ALLOW",
        "httpSourceName": "ALB",
        "httpRequest": {
            "clientIp": "203.0.113.9",
            "country": "DE",
            "headers": listed,
            "uri": uri,
            "args": args,
            "httpVersion": "HTTP/1.1",
            "httpMethod": "GET",
            "requestId": "1-2",
        },
        "labels": [{"name": "awswaf:managed:aws:core-rule-set:BadBots_Header"}],
    }


@pytest.mark.parametrize(
    "target", ["/?q=union select", "/?q=UNION%20SELECT", "/?q=union+select", "/?q=union%2520select"]
)
def test_keywords_are_found_in_the_raw_line_and_in_what_it_encodes(target: str) -> None:
    found = rule(KEYWORDS, WEB)
    path, _, query = target.partition("?")
    assert matches(found, access(target))
    assert matches(found, waf(path, query))
    assert not matches(found, access("/?q=union"))


@pytest.mark.parametrize(
    "cookie", ["a=union select", "a=UNION%20SELECT", "a=union%2520select", "%75nion select"]
)
def test_a_cookie_is_looked_at_with_its_escapes_and_without(cookie: str) -> None:
    found = rule("s:\n  cs-cookie|contains: union select\ncondition: s", WEB)
    usual = waf("/", Cookie="session=100%; a=union")
    assert hits(found, usual, waf("/", Cookie=cookie), usual) == [[], ["rules-1:1"], []]
    assert not matches(found, waf("/", Cookie="a=union%252520select"))
    assert not matches(found, waf("/", Referer=cookie))


def test_keywords_are_found_behind_the_escapes_of_json() -> None:
    found = rule("keywords:\n  - ' onload=\"'\ncondition: keywords", WEB)
    assert matches(found, waf("/", 'q=<img onload="x"'))


def test_all_keywords_of_a_list_with_all() -> None:
    found = rule("keywords:\n  '|all':\n    - union\n    - select\ncondition: keywords", WEB)
    assert matches(found, access("/?a=select&b=union"))
    assert not matches(found, access("/?a=select"))


FIELDS = [
    "cs-method: GET",
    "c-uri: '/wp-admin/setup.php?step=1'",
    "cs-uri|contains: 'setup.php?step'",
    "c-uri|startswith: 'https://shop.example/wp-admin'",
    "cs-uri-stem|endswith: setup.php",
    "cs-uri-query: step=1",
    "c-uri-query|startswith: step",
    "c-uri-extension: PHP",
    "c-useragent|startswith: sqlmap/",
    "cs-user-agent|contains: sqlmap",
    "cs-host|endswith: .example",
    "cs-cookie|contains: session",
    "cs-referer: 'https://bad.example/'",
    "c-ip|cidr: 203.0.113.0/24",
    "src_ip: 203.0.113.9",
    "httpRequest.country: DE",
    "labels.name|contains: BadBots",
    "action: ALLOW",
    "dst_ip: null",
]


@pytest.mark.parametrize("category", ["webserver", "proxy"])
@pytest.mark.parametrize("line", FIELDS)
def test_the_fields_of_a_request(line: str, category: str) -> None:
    found = rule(f"s:\n  {line}\ncondition: s", f"category: {category}")
    headers = {
        "User-Agent": "sqlmap/1.7",
        "Host": "shop.example",
        "Cookie": "session=1",
        "Referer": "https://bad.example/",
    }
    assert matches(found, waf("/wp-admin/setup.php", "step=1", **headers))


MARK = "awswaf:managed:aws:core-rule-set:BadBots_Header"
TOKEN = {"name": "awswaf:managed:token:id:0a1b2c3d4e"}
WHAT_A_WAF_SAID = [
    ("labels.name|endswith: badbots_header", {"labels": [{"name": "x"}, {"name": MARK}]}, True),
    ("labels.name|endswith: badbots_header", {"labels": {"name": MARK}}, True),
    ("labels.name|endswith: badbots_header", {"labels": [[{"name": MARK}], 7]}, True),
    ("labels.name|endswith: badbots_header", {"labels": [MARK]}, False),
    ("labels.name|exists: true", {"labels": [{"name": None}]}, True),
    ("labels.name|exists: true", {"labels": []}, False),
    ("labels.name: null", {"labels": None}, True),
    # Every browser has a token of its own, which is left out where nobody asks for it.
    ("labels.name|startswith: 'awswaf:managed:aws:'", {"labels": [TOKEN, {"name": MARK}]}, True),
    ("labels.name|startswith: 'awswaf:managed:aws:'", {"labels": [{"name": MARK}, TOKEN]}, True),
    ("labels.name|startswith: 'awswaf:managed:aws:'", {"labels": [TOKEN]}, False),
    ("labels.name|startswith: 'awswaf:managed:token:id:0a1b'", {"labels": [TOKEN]}, True),
    ("labels.name|startswith: 'awswaf:managed:'", {"labels": [TOKEN]}, True),
    ("labels.name: 'awswaf:managed:token:id:'", {"labels": [TOKEN]}, False),
    ("labels.name|contains: '3d4e'", {"labels": [{"name": "x"}, TOKEN]}, True),
    ("labels.name|re: 4e$", {"labels": [TOKEN]}, True),
    ("labels.name: null", {"labels": [TOKEN]}, False),
    ("terminatingRuleId|contains: SQLi", {"terminatingRuleId": "AWS-SQLi"}, True),
    ("terminatingRuleId: 7", {"terminatingRuleId": 7}, True),
    ("terminatingRuleId: null", {"terminatingRuleId": None}, True),
    ("terminatingRuleId|exists: true", {"terminatingRuleId": None}, True),
    ("terminatingRuleId: null", {}, True),
    ("terminatingRuleId|exists: false", {}, True),
    ("terminatingRuleType: rate_based", {"terminatingRuleType": "RATE_BASED"}, True),
]


@pytest.mark.parametrize(("line", "said", "holds"), WHAT_A_WAF_SAID)
def test_what_a_waf_said_of_a_request(line: str, said: dict[str, object], holds: bool) -> None:
    found = rule(f"s:\n  {line}\ncondition: s", "product: aws\n  service: waf")
    known = ("labels", "terminatingRuleId", "terminatingRuleType")
    plain = {name: value for name, value in waf("/").items() if name not in known}
    # Beside a record that is as usual, for they are judged together.
    usual = plain | {"labels": [{"name": "y"}], "terminatingRuleId": "x"}
    assert bool(hits(found, usual, plain | said, usual)[1]) == holds


def test_a_status_that_the_log_does_not_tell_is_missing() -> None:
    found = rule("s: {cs-method: GET}\nf: {sc-status: 404}\ncondition: s and not f", WEB)
    assert hits(found, access("/", status=404), access("/")) == [[], ["rules-1:1"]]
    assert matches(found, waf("/"))


def test_a_header_that_was_not_sent_is_empty() -> None:
    found = rule("s: {c-useragent: ''}\ncondition: s", "category: proxy")
    assert matches(found, waf("/"))
    assert matches(found, access("/", agent="-"))
    assert not matches(found, access("/"))


def test_a_log_source_that_names_a_service_alone() -> None:
    found = rule("k: ['segmentation fault']\ncondition: k", "service: apache")
    line = b"[Sun Mar 15 02:13:58.123456 2026] [core:notice] [pid 7] AH00051: Segmentation fault"
    assert matches(found, line)


def test_rules_run_on_no_logs_but_theirs() -> None:
    found = rule("s: {cs-method: '*'}\ncondition: s", "product: aws\n  service: waf")
    assert matches(found, waf("/"))
    assert not matches(found, access("/"))
    assert not matches(rule("s: {eventName: '*'}\ncondition: s", "product: azure"), EVENT)


FLOW = (
    b"2 111122223333 eni-0a1b 203.0.113.9 10.0.0.4 55123 22 6 3 180 1773540838 1773540898 REJECT OK"
)


@pytest.mark.parametrize(
    "line",
    [
        "dst_port: 22",
        "dstport|lt: 1024",
        "src_ip|cidr: 203.0.113.0/24",
        "account_id: 111122223333",
        "action: reject",
        "triage.ip: 203.0.113.9",
    ],
)
def test_the_fields_of_a_flow(line: str) -> None:
    assert matches(rule(f"s:\n  {line}\ncondition: s", "service: vpcflow"), FLOW)


def test_a_finding_in_any_spelling() -> None:
    lower = json.loads(samples.record("guardduty"))
    upper = {f"{key[0].upper()}{key[1:]}": value for key, value in lower.items()}
    for line in ("type: '*'", "accountId|startswith: '1'", "triage.severity: [medium, high, low]"):
        found = rule(f"s:\n  {line}\ncondition: s", "category: finding")
        assert matches(found, lower), line
        assert matches(found, upper), line
