"""CloudFront: lines with and without a header, layouts of old, selected fields, JSON."""

import json
from collections.abc import Callable

import pytest

See = Callable[..., dict[str, object]]

NAMES = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    " cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header"
    " cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher"
    " x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port"
    " time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len"
    " sc-range-start sc-range-end"
)
VALUES = {
    "date": "2026-03-15",
    "time": "02:09:11",
    "x-edge-location": "FRA56-P2",
    "sc-bytes": "703",
    "c-ip": "203.0.113.9",
    "cs-method": "GET",
    "cs(Host)": "d111111abcdef8.cloudfront.net",
    "cs-uri-stem": "/a",
    "sc-status": "403",
    "cs(User-Agent)": "Mozilla/5.0%20(X11)",
    "cs-uri-query": "b=1",
    "x-edge-result-type": "Error",
    "x-edge-request-id": "Ab-3_x==",
    "x-host-header": "shop.example.org",
    "x-edge-detailed-result-type": "WAFBlocked",
}
SEEN = {
    "format": "cloudfront",
    "id": "Ab-3_x==",
    "time": "2026-03-15T02:09:11.000000",
    "action": "GET",
    "method": "GET",
    "path": "/a",
    "outcome": "denied",
    "status": 403,
    "size": 703,
    "source_ip": "203.0.113.9",
    "agent": "Mozilla/5.0 (X11)",
    "resource": "shop.example.org",
    "summary": "GET shop.example.org/a?b=1 403 from 203.0.113.9 Mozilla/5.0 (X11) [WAFBlocked]",
}
WITHOUT_RESULT = SEEN | {"summary": str(SEEN["summary"]).removesuffix(" [WAFBlocked]")}


def line(names: str = NAMES, **changes: str) -> bytes:
    values = VALUES | {name.replace("_", "-"): value for name, value in changes.items()}
    return "\t".join(values.get(name, "-") for name in names.split()).encode()


def header(names: str) -> bytes:
    return f"#Fields: {names}".encode()


def test_the_33_columns_of_today_need_no_header(see: See) -> None:
    assert see(line()) == SEEN
    assert see(line(), header=header(NAMES)) == SEEN


@pytest.mark.parametrize("count", [19, 23, 24, 26, 28])
def test_layouts_of_old_are_beginnings_of_it(see: See, count: int) -> None:
    assert see(line(" ".join(NAMES.split()[:count]))) == WITHOUT_RESULT


def test_the_oldest_layouts_lack_the_host_and_the_id(see: See) -> None:
    seen = see(line(" ".join(NAMES.split()[:12])))
    assert seen["resource"] == "d111111abcdef8.cloudfront.net"
    assert "id" not in seen


def test_columns_that_nobody_knows_yet_may_follow(see: See) -> None:
    assert see(line() + b"\tnew\tnewer") == SEEN


def test_a_header_names_columns_in_any_order(see: See) -> None:
    names = " ".join(reversed(NAMES.split()))
    assert see(line(names), header=header(names)) == SEEN
    assert see(line(names))["format"] == "unparsed"
    names = "timestamp(ms) c-ip cs-uri-stem c-country asn"
    values = b"1773540551123\t203.0.113.9\t/a\tDE\t64500"
    assert see(values, header=header(names)) == {
        "format": "cloudfront",
        "time": "2026-03-15T02:09:11.123000",
        "source_ip": "203.0.113.9",
        "path": "/a",
        "outcome": "unknown",
        "country": "DE",
        "summary": "/a from 203.0.113.9",
    }


def test_a_header_of_another_log_is_not_asked(see: See) -> None:
    for other in ("version srcaddr dstaddr", "#Fields: date time s-ip x", "#Fields:"):
        assert see(line(), header=other.encode()) == SEEN


def test_columns_that_are_empty_at_the_end_may_be_cut_off(see: See) -> None:
    names = "date time c-ip cs-uri-stem cs-uri-query cs(Cookie)"
    seen = see(line("date time c-ip cs-uri-stem"), header=header(names))
    assert (seen["source_ip"], seen["path"]) == ("203.0.113.9", "/a")


@pytest.mark.parametrize(
    ("column", "logged", "name", "value"),
    [
        ("c_ip", "FE80::0202:B3FF:FE1E:8329", "source_ip", "fe80::202:b3ff:fe1e:8329"),
        ("c_ip", "-", "source_ip", None),
        ("sc_status", "000", "outcome", "unknown"),
        ("sc_status", "000", "status", 0),
        ("cs_uri_stem", "page.html", "path", "page.html"),
        ("cs_method", "-", "method", None),
        ("sc_bytes", "-", "size", None),
        ("x_host_header", "", "resource", "d111111abcdef8.cloudfront.net"),
        ("x_edge_request_id", "-", "id", None),
        ("cs(User_Agent)", "Mozilla/5.0%2520(X11)", "agent", "Mozilla/5.0 (X11)"),
        ("cs(User_Agent)", "%7B%20%25", "agent", "{ %"),
        ("cs(User_Agent)", "%ff%", "agent", "\ufffd%"),
        ("cs(User_Agent)", "-", "agent", None),
    ],
)
def test_what_columns_hold(see: See, column: str, logged: str, name: str, value: object) -> None:
    seen = see(line(**{column: logged}))
    assert seen["format"] == "cloudfront"
    assert seen.get(name) == value


def test_a_chain_of_proxies_is_followed_past_those_we_trust(see: See) -> None:
    raw = line(x_forwarded_for="6.6.6.6,%20198.51.100.7,%2010.1.1.1")
    forwarded = {"forwarded": ("6.6.6.6", "198.51.100.7", "10.1.1.1")}
    assert see(raw) == SEEN | forwarded
    seen = see(raw, trusted=("203.0.113.0/24", "10.0.0.0/8"))
    assert seen == SEEN | forwarded | {"actor_ip": "198.51.100.7"}


def test_without_the_callers_column_the_chain_tells_who_called(see: See) -> None:
    names = "date time cs-uri-stem x-forwarded-for"
    raw = line(names, x_forwarded_for="6.6.6.6, 198.51.100.7")
    seen = see(raw, header=header(names))
    assert (seen["source_ip"], seen.get("actor_ip")) == ("198.51.100.7", None)
    seen = see(raw, header=header(names), trusted=("198.51.100.7",))
    assert (seen["source_ip"], seen["actor_ip"]) == ("198.51.100.7", "6.6.6.6")


def test_the_json_of_log_groups(see: See) -> None:
    table = {name: VALUES.get(name, "-") for name in NAMES.split()}
    assert see(json.dumps(table).encode()) == SEEN
    assert see(json.dumps(table | {"sc-status": 403, "sc-bytes": 703}).encode()) == SEEN


def test_json_of_selected_fields(see: See) -> None:
    raw = b'{"timestamp(ms)":"1773540551123","c-ip":"203.0.113.9","c-country":"DE"}'
    assert see(raw) == {
        "format": "cloudfront",
        "time": "2026-03-15T02:09:11.123000",
        "source_ip": "203.0.113.9",
        "outcome": "unknown",
        "country": "DE",
        "summary": "from 203.0.113.9",
    }


@pytest.mark.parametrize(
    "raw",
    [
        line(date="2026-13-15"),
        line(time="02:09"),
        line(sc_status="x"),
        line(sc_bytes="x"),
        line(" ".join(NAMES.split()[:11])),
        b"2026-03-15\t02:09:11\tsomething\telse",
        b'{"c-ip":"203.0.113.9"}',
        b'{"c-ip":"203.0.113.9","date":"2026-03-15","time":1}',
        b'{"c-ip":{"date":"2026-03-15"},"date":[],"time":{}}',
        b'{"c-ip":"203.0.113.9","date":"2026-03-15","time":"02:09:11","class_uid":1}',
    ],
)
def test_what_merely_resembles_is_another_format_or_unread(see: See, raw: bytes) -> None:
    assert see(raw)["format"] != "cloudfront"
