"""WAF logs: every column, and whose ids can be trusted."""

import json
from array import array
from pathlib import Path

import pytest

from triage_tui.formats.decode import decode, describe
from triage_tui.formats.ids import hash_id
from triage_tui.formats.settings import FormatSettings
from triage_tui.model import Batch, Columns, Outcome, Texts

DATA = Path(__file__).parent.parent / "data"
RECORD: dict[str, object] = json.loads((DATA / "waf.json").read_text())


def raw_of(**changes: object) -> bytes:
    """The record with these fields changed, or left out where they are `...`."""
    return json.dumps({k: v for k, v in (RECORD | changes).items() if v is not ...}).encode()


def read(**changes: object) -> Columns:
    raw = raw_of(**changes)
    columns = decode(Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), received=5, base=0))
    assert len(columns) == 1
    return columns


def request(**changes: object) -> dict[str, object]:
    """The record's request with these fields changed."""
    inner = RECORD["httpRequest"]
    assert isinstance(inner, dict)
    return inner | changes


def value(texts: Texts) -> str:
    return texts.values[texts.ids[0]]


def test_every_column() -> None:
    columns = read()
    assert value(columns.format) == "waf"
    assert columns.time[0] == 1773540551245 * 10**6
    assert value(columns.action) == "BLOCK"
    assert Outcome(columns.outcome[0]) is Outcome.BLOCKED
    assert value(columns.source_ip) == value(columns.actor_ip) == "203.0.113.77"
    assert value(columns.agent) == "sqlmap/1.7"
    assert (value(columns.account), value(columns.region)) == ("111122223333", "eu-west-1")
    assert value(columns.resource) == "shop-front"
    assert (value(columns.method), value(columns.path)) == ("GET", "/products")
    assert (columns.status[0], columns.size[0], columns.who[0]) == (403, -1, 0)


def test_the_description() -> None:
    described = describe("waf", raw_of())
    assert described.id == f"{hash_id(raw_of()):016x}"
    assert described.summary == (
        "BLOCK GET /products?id=1%27%20OR%201=1 by AWS-AWSManagedRulesSQLiRuleSet "
        "[counted count-scanners, awswaf:managed:aws:sql-database:SQLi_QueryArguments]"
    )
    plain = describe(
        "waf", raw_of(terminatingRuleId="Default_Action", labels=..., **NOTHING_COUNTED)
    )
    assert plain.summary == "BLOCK GET /products?id=1%27%20OR%201=1"


NOTHING_COUNTED: dict[str, object] = {"nonTerminatingMatchingRules": []}


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        ("ALLOW", Outcome.OK),
        ("COUNT", Outcome.OK),
        ("BLOCK", Outcome.BLOCKED),
        ("CAPTCHA", Outcome.BLOCKED),
        ("CHALLENGE", Outcome.BLOCKED),
        ("MONETIZE", Outcome.UNKNOWN),
    ],
)
def test_outcomes(action: str, outcome: Outcome) -> None:
    columns = read(action=action)
    assert (value(columns.action), columns.outcome[0]) == (action, outcome)


@pytest.mark.parametrize(
    ("source", "own"), [("CF", 1), ("APIGW", 1), ("ALB", 0), ("APPSYNC", 0), (None, 0), (5, 0)]
)
def test_only_an_id_that_the_service_makes_up_is_an_id(source: object, own: int) -> None:
    columns = read(httpSourceName=source)
    assert columns.own_id[0] == own
    described = describe("waf", raw_of(httpSourceName=source)).id
    assert described == ("1-65f3b7c7-EXAMPLE" if own else f"{columns.id[0]:016x}")
    if own:
        assert columns.id[0] == hash_id("1-65f3b7c7-EXAMPLE")


def test_a_source_without_request_id_is_named_by_its_content() -> None:
    assert read(httpRequest=request(requestId=""), httpSourceName="CF").own_id[0] == 0
    assert read(httpRequest=request(requestId=None), httpSourceName="CF").own_id[0] == 0


@pytest.mark.parametrize(
    ("time", "milliseconds"),
    [
        (1773540551245, 1773540551245),
        (1773540551245.0, 1773540551245),
        ("2026-03-15T02:09:11.245Z", 1773540551245),
        ("2026-03-15 02:09:11.245", 1773540551245),
    ],
)
def test_times(time: object, milliseconds: int) -> None:
    assert read(timestamp=time).time[0] == milliseconds * 10**6


@pytest.mark.parametrize(
    ("acl", "account", "region", "name"),
    [
        ("arn:aws:wafv2:us-east-1:1111:global/webacl/shop/0a1b", "1111", "us-east-1", "shop"),
        ("arn:aws:wafv2:us-east-1:1111:odd", "1111", "us-east-1", "odd"),
        ("0a1b2c3d-1111", "", "", "0a1b2c3d-1111"),
    ],
)
def test_the_web_acl_tells_account_region_and_name(
    acl: str, account: str, region: str, name: str
) -> None:
    columns = read(webaclId=acl)
    assert value(columns.account) == account
    assert (value(columns.region), value(columns.resource)) == (region, name)


@pytest.mark.parametrize("ip", ["X.X.X.X", None, "", "1.2.3.04", 5])
def test_an_illegal_address_is_none(ip: object) -> None:
    columns = read(httpRequest=request(clientIp=ip))
    assert value(columns.format) == "waf"
    assert value(columns.source_ip) == ""


@pytest.mark.parametrize("code", [None, "403", -1, 10**9, 10**30, True, 4.5])
def test_an_impossible_status_is_none(code: object) -> None:
    columns = read(responseCodeSent=code)
    assert value(columns.format) == "waf"
    assert columns.status[0] == -1


@pytest.mark.parametrize(
    "changes",
    [
        {"webaclId": ...},
        {"webaclId": ""},
        {"webaclId": 5},
        {"action": ...},
        {"action": None},
        {"timestamp": ...},
        {"timestamp": "never"},
        {"timestamp": 1e300},
        {"timestamp": True},
        {"httpRequest": ...},
        {"httpRequest": "x"},
        {"eventName": "x"},
    ],
)
def test_what_lacks_the_essentials_is_unparsed(changes: dict[str, object]) -> None:
    assert value(read(**changes).format) == "unparsed"


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": None},
        {"headers": "x"},
        {"headers": [5, None, {}, {"name": 5, "value": []}]},
        {"args": "\ud800"},
        {"country": {"a": 1}},
    ],
)
def test_odd_parts_lose_no_record(changes: dict[str, object]) -> None:
    columns = read(httpRequest=request(**changes))
    assert value(columns.format) == "waf"
    assert value(columns.source_ip) == "203.0.113.77"
    assert value(columns.path) == "/products"
    describe("waf", raw_of(httpRequest=request(**changes)))


BEHIND = FormatSettings(trusted_proxies=("198.51.100.0/24",))


def forwarded(*headers: tuple[object, object], ip: str = "198.51.100.7") -> bytes:
    """The record with these headers, as a proxy at `ip` sent it."""
    listed = [{"name": name, "value": value} for name, value in headers]
    return raw_of(httpRequest=request(clientIp=ip, headers=listed))


def actor(raw: bytes, settings: FormatSettings = BEHIND) -> str:
    batch = Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), received=5, base=0)
    return value(decode(batch, settings).actor_ip)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-forwarded-for", "X-FORWARDED-FOR"])
def test_who_is_behind_a_trusted_proxy(name: str) -> None:
    raw = forwarded(("User-Agent", "curl/8"), (name, "203.0.113.99, 203.0.113.5"))
    assert actor(raw) == "203.0.113.5"
    assert actor(raw, FormatSettings()) == "198.51.100.7"
    assert describe("waf", raw).forwarded == ("203.0.113.99", "203.0.113.5")


def test_a_stranger_is_not_believed() -> None:
    raw = forwarded(("X-Forwarded-For", "203.0.113.5"), ip="192.0.2.1")
    assert actor(raw) == "192.0.2.1"
    assert describe("waf", raw).forwarded == ("203.0.113.5",)


def test_several_headers_count_in_their_order() -> None:
    raw = forwarded(
        ("X-Forwarded-For", "203.0.113.99"),
        ("Host", "x"),
        ("x-forwarded-for", "203.0.113.5, 198.51.100.8"),
    )
    assert actor(raw) == "203.0.113.5"
    assert describe("waf", raw).forwarded == ("203.0.113.99", "203.0.113.5", "198.51.100.8")


@pytest.mark.parametrize("header", [None, 5, "", "-", "unknown", {"a": 1}])
def test_a_proxy_that_names_nobody_is_the_actor(header: object) -> None:
    raw = forwarded(("X-Forwarded-For", header))
    assert actor(raw) == "198.51.100.7"
    assert describe("waf", raw).forwarded == (("unknown",) if header == "unknown" else ())


@pytest.mark.parametrize(
    ("country", "told"),
    [("NL", "NL"), ("nl", "NL"), ("-", None), ("", None), (None, None), ("ÄÖ", None), (5, None)],
)
def test_the_country_that_waf_names(country: object, told: str | None) -> None:
    assert value(read(httpRequest=request(country=country)).country) == (told or "")


def test_the_country_is_not_that_of_whom_a_proxy_names() -> None:
    raw = forwarded(("X-Forwarded-For", "203.0.113.5"))
    batch = Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), received=5, base=0)
    assert value(decode(batch).country) == "NL"
    assert value(decode(batch, BEHIND).country) == ""
