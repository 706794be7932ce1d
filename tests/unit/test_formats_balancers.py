"""Logs of load balancers: application, network and classic; as lines and as JSON."""

import json
from collections.abc import Callable

import pytest

See = Callable[..., dict[str, object]]

ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef"
ALB = (
    "https 2026-03-15T02:09:11.123456Z app/shop/50dc6c495c0c9188 203.0.113.9:2817 10.0.0.1:80"
    ' 0.086 0.048 0.037 403 403 34 366 "GET https://shop.example.org:443/a?b=1 HTTP/1.1"'
    f' "curl/8.1" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 {ARN} "Root=1-58337281-1d84f3d7"'
    ' "shop.example.org" "arn:aws:acm:eu-west-1:111122223333:certificate/x" 1'
    ' 2026-03-15T02:09:11.037000Z "waf,forward" "-" "-" "10.0.0.1:80" "403" "-" "-"'
)
SEEN = {
    "format": "alb",
    "time": "2026-03-15T02:09:11.123456",
    "action": "GET",
    "method": "GET",
    "path": "/a",
    "outcome": "denied",
    "status": 403,
    "size": 366,
    "source_ip": "203.0.113.9",
    "agent": "curl/8.1",
    "account": "111122223333",
    "region": "eu-west-1",
    "resource": "app/shop/50dc6c495c0c9188",
    "summary": "GET shop.example.org:443/a?b=1 403 from 203.0.113.9 curl/8.1",
}


@pytest.mark.parametrize("tail", ["", " TID_0123456789abcdef", ' TID_01 "-" "-" "-" new'])
def test_a_line_of_an_application_load_balancer(see: See, tail: str) -> None:
    assert see(f"{ALB}{tail}".encode()) == SEEN


def test_lines_of_old_end_behind_the_trace_id(see: See) -> None:
    assert see(ALB.partition(' "shop.')[0].encode()) == SEEN


@pytest.mark.parametrize("kind", ["http", "h2", "grpcs", "ws", "wss"])
def test_all_types_of_requests(see: See, kind: str) -> None:
    assert see(ALB.replace("https", kind, 1).encode()) == SEEN


def test_a_request_that_reached_no_target(see: See) -> None:
    line = ALB.replace("10.0.0.1:80 0.086 0.048 0.037 403 403", "- -1 -1 -1 460 -", 1)
    seen = see(line.replace(ARN, "-").encode())
    assert (seen["outcome"], seen["status"]) == ("error", 460)
    assert not {"account", "region"} & seen.keys()


@pytest.mark.parametrize(
    ("client", "address"),
    [
        ("[2001:db8::9]:2817", "2001:db8::9"),
        ("2001:db8::6:2817", "2001:db8::6"),
        ("2001:db8:4538:1:bcf4:5264:e01c:f215:50718", "2001:db8:4538:1:bcf4:5264:e01c:f215"),
        ("203.0.113.9", "203.0.113.9"),
        ("-", None),
    ],
)
def test_clients_of_balancers(see: See, client: str, address: str | None) -> None:
    seen = see(ALB.replace("203.0.113.9:2817", client).encode())
    assert (seen["format"], seen.get("source_ip")) == ("alb", address)


@pytest.mark.parametrize(
    ("request_line", "method", "path"),
    [
        ("- http://shop.example.org:80- ", None, "- http://shop.example.org:80-"),
        ("GET http://10.0.0.1:80 HTTP/1.1", "GET", "/"),
        ("GET https://x:443/%%32%65/ a HTTP/1.1", "GET", "/%%32%65/ a"),
        (r"GET https://x:443/?q=\"a\" HTTP/1.1", "GET", "/"),
    ],
)
def test_requests_of_balancers(see: See, request_line: str, method: str | None, path: str) -> None:
    line = ALB.replace("GET https://shop.example.org:443/a?b=1 HTTP/1.1", request_line)
    seen = see(line.encode())
    assert (seen["format"], seen.get("method"), seen["path"]) == ("alb", method, path)


@pytest.mark.parametrize(
    ("logged", "agent"),
    [("${jndi:ldap://x/a}", "${jndi:ldap://x/a}"), (r"a \"b\" c", 'a "b" c'), ("a\\", "a\\")],
)
def test_agents_may_hold_quotes_and_end_with_a_backslash(see: See, logged: str, agent: str) -> None:
    seen = see(ALB.replace("curl/8.1", logged).encode())
    assert (seen["agent"], seen["source_ip"]) == (agent, "203.0.113.9")


@pytest.mark.parametrize("agent", ['a "b" c', '"', 'a" "b', 'a" - - -'])
def test_quotes_that_are_not_escaped_hide_nothing(see: See, agent: str) -> None:
    for line, name in ((ALB, "alb"), (CLB, "clb")):
        seen = see(line.replace("curl/8.1", agent).encode())
        assert (seen["format"], seen["source_ip"], seen["path"]) == (name, "203.0.113.9", "/a")
        assert (seen["size"], seen.get("account")) == (see(line.encode())["size"], None)
        assert str(seen["agent"])[:1] == agent[0]
        quoted = see(line.replace("/a", '/a"b').encode())
        assert (quoted["path"], quoted["source_ip"]) == ('/a"b', "203.0.113.9")


CONNECTION = (
    "2026-03-15T02:09:11.000000Z 203.0.113.9 51341 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036"
    ' "CN=maria.example.org,O=shop" NotBefore=2026-01-01T00:00:00Z;NotAfter=2027-01-01T00:00:00Z'
    " FEF257372D5C14D4 Success TID_3180a73013c8ca4bac2f731159d4b0fe"
)


@pytest.mark.parametrize(
    ("verdict", "outcome"), [("Success", "ok"), ("Failed:ClientCertUntrusted", "denied")]
)
def test_a_connection_log_tells_whose_certificate_was_refused(
    see: See, verdict: str, outcome: str
) -> None:
    assert see(CONNECTION.replace("Success", verdict).encode()) == {
        "format": "alb",
        "time": "2026-03-15T02:09:11.000000",
        "action": "connect",
        "outcome": outcome,
        "source_ip": "203.0.113.9",
        "summary": f"connect from 203.0.113.9 to port 443 TLSv1.2 {verdict}"
        " CN=maria.example.org,O=shop",
    }


def test_a_connection_without_tls(see: See) -> None:
    seen = see(b"2026-03-15T02:09:11.0Z 203.0.113.9 51341 80 - - - - - - - TID_3180")
    assert (seen["format"], seen["outcome"]) == ("alb", "unknown")


NLB = (
    "tls 2.0 2026-03-15T02:09:11 net/edge/c6e77e28c25b2234 g3d4b5e8bb8464cd 203.0.113.9:51341"
    " 172.16.0.9:443 5 2 98 246 - arn:aws:acm:eu-west-1:111122223333:certificate/x - ECDHE-RSA"
    " tlsv12 - shop.example.org - - - 2026-03-15T02:09:10"
)
NLB_SEEN = {
    "format": "nlb",
    "time": "2026-03-15T02:09:11.000000",
    "action": "connect",
    "outcome": "ok",
    "size": 246,
    "source_ip": "203.0.113.9",
    "account": "111122223333",
    "region": "eu-west-1",
    "resource": "net/edge/c6e77e28c25b2234",
    "summary": "connect from 203.0.113.9 to shop.example.org ECDHE-RSA",
}


def test_a_line_of_a_network_load_balancer(see: See) -> None:
    assert see(NLB.encode()) == NLB_SEEN
    assert see(NLB.replace("- - - 2026", 'h2 h2 "h2, http/1.1" 2026').encode()) == NLB_SEEN


@pytest.mark.parametrize(("old", "new"), [("246 -", "246 42"), ("ECDHE-RSA tlsv12", "- -")])
def test_an_alert_or_no_cipher_is_no_connection(see: See, old: str, new: str) -> None:
    assert see(NLB.replace(old, new).encode())["outcome"] == "error"


CLB = (
    "2026-03-15T02:09:11.123456Z shop 203.0.113.9:2817 10.0.0.1:80 0.000073 0.001048 0.000057"
    ' 200 200 0 29 "GET http://shop.example.org:80/a HTTP/1.1" "curl/8.1" - -'
)
CLB_SEEN = {
    "format": "clb",
    "time": "2026-03-15T02:09:11.123456",
    "action": "GET",
    "method": "GET",
    "path": "/a",
    "outcome": "ok",
    "status": 200,
    "size": 29,
    "source_ip": "203.0.113.9",
    "agent": "curl/8.1",
    "resource": "shop",
    "summary": "GET shop.example.org:80/a 200 from 203.0.113.9 curl/8.1",
}


def test_a_line_of_a_classic_load_balancer(see: See) -> None:
    assert see(CLB.encode()) == CLB_SEEN


def test_the_oldest_lines_have_no_agent(see: See) -> None:
    seen = see(CLB.partition(' "curl')[0].encode())
    assert "agent" not in seen
    assert seen["path"] == "/a"


@pytest.mark.parametrize("status", ["503", "504"])
def test_a_request_that_no_target_answered(see: See, status: str) -> None:
    seen = see(
        f"2015-05-13T23:39:43.945958Z shop 203.0.113.9:2817 - -1 -1 -1 {status} 0 0 0"
        ' "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -'.encode()
    )
    assert (seen["format"], seen["status"], seen["outcome"]) == ("clb", int(status), "error")
    assert seen["source_ip"] == "203.0.113.9"


def test_a_tcp_connection_is_no_request(see: See) -> None:
    line = CLB.replace("200 200", "- -").replace(
        "GET http://shop.example.org:80/a HTTP/1.1", "- - - "
    )
    seen = see(line.replace("curl/8.1", "-").encode())
    assert (seen["format"], seen["action"], seen["outcome"]) == ("clb", "connect", "unknown")
    assert not {"method", "path", "status", "agent"} & seen.keys()


ALB_TABLE = {
    "type": "https",
    "time": "2026-03-15T02:09:11.123456Z",
    "elb": "app/shop/50dc6c495c0c9188",
    "client:port": "203.0.113.9:2817",
    "elb_status_code": "403",
    "sent_bytes": "366",
    "request": "GET https://shop.example.org:443/a?b=1 HTTP/1.1",
    "user_agent": "curl/8.1",
    "target_group_arn": ARN,
}


def test_requests_in_json(see: See) -> None:
    assert see(json.dumps(ALB_TABLE).encode()) == SEEN
    table = ALB_TABLE | {"elb_status_code": 403, "sent_bytes": 366, "request_verb": "GET"}
    table |= {"request_url": "https://shop.example.org:443/a?b=1", "request_proto": "HTTP/1.1"}
    del table["request"]
    for key in ("client_ip", "ip_address"):
        table[key] = "203.0.113.9"
        table.pop("client:port", None)
        assert see(json.dumps(table).encode()) == SEEN
        del table[key]


NLB_TABLE = {
    "type": "tls",
    "time": "2026-03-15T02:09:11",
    "elb": "net/edge/c6e77e28c25b2234",
    "listener": "g3d4b5e8bb8464cd",
    "client:port": "203.0.113.9:51341",
    "sent_bytes": "246",
    "incoming_tls_alert": "-",
    "chosen_cert_arn": "arn:aws:acm:eu-west-1:111122223333:certificate/x",
    "tls_cipher": "ECDHE-RSA",
    "domain_name": "shop.example.org",
}


def test_connections_in_json(see: See) -> None:
    assert see(json.dumps(NLB_TABLE).encode()) == NLB_SEEN


@pytest.mark.parametrize(
    ("key", "client"),
    [
        ("client:port", "2001:db8::5:6:2817"),
        ("client_ip", "2001:db8::5:6"),
        ("ip_address", "2001:db8::5:6"),
        ("client", "[2001:db8::5:6]:2817"),
    ],
)
def test_a_port_is_taken_off_once(see: See, key: str, client: str) -> None:
    table = {name: text for name, text in ALB_TABLE.items() if name != "client:port"}
    seen = see(json.dumps(table | {key: client}).encode())
    assert (seen["format"], seen["source_ip"]) == ("alb", "2001:db8::5:6")


@pytest.mark.parametrize(
    "raw",
    [
        ALB.replace("https", "ftp", 1).encode(),
        ALB.replace("2026-03-15", "2026-13-15").encode(),
        ALB.replace(" 403 403", " 4030 403").encode(),
        ALB[:200].encode(),
        CLB.replace("2026-03-15", "2026-13-15").encode(),
        CLB.replace(" 0.000073", " x").encode(),
        NLB.replace("net/", "app/").encode(),
        NLB.replace("2026-03-15T02:09:11", "now").encode(),
        NLB[:60].encode(),
        CONNECTION.replace("TID_", "").encode(),
        CONNECTION.replace("2026-03-15", "2026-13-15").encode(),
        json.dumps(ALB_TABLE | {"time": "x"}).encode(),
        json.dumps(ALB_TABLE | {"client:port": "x"}).encode(),
        json.dumps(ALB_TABLE | {"elb": None}).encode(),
        json.dumps({"elb": "x", "time": ALB_TABLE["time"], "client_ip": "203.0.113.9"}).encode(),
    ],
)
def test_what_merely_resembles_is_another_format_or_unread(see: See, raw: bytes) -> None:
    assert see(raw)["format"] not in ("alb", "nlb", "clb")
