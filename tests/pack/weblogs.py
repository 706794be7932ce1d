"""Web requests as AWS WAF, access logs and load balancers write them."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import quote

ATTACKER = "203.0.113.99"
VISITOR = "198.51.100.30"
MORNING = dt.datetime(2026, 3, 10, 9, 0, tzinfo=dt.UTC)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:135.0) Gecko/20100101 Firefox/135.0"


def waf(
    target: str,
    *,
    ip: str = ATTACKER,
    at: float = 0,
    action: str = "ALLOW",
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = (("User-Agent", FIREFOX),),
    labels: tuple[str, ...] = (),
    rule: str = "Default_Action",
    kind: str = "REGULAR",
) -> bytes:
    """A record of AWS WAF. `target` is the path with its query."""
    path, _, query = target.partition("?")
    record: dict[str, object] = {
        "timestamp": round((MORNING + dt.timedelta(seconds=at)).timestamp() * 1000),
        "formatVersion": 1,
        "webaclId": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/4c1f0f6e",
        "terminatingRuleId": rule,
        "terminatingRuleType": kind,
        "action": action,
        "terminatingRuleMatchDetails": [],
        "httpSourceName": "ALB",
        "httpSourceId": "111122223333-app/shop/50dc6c495c0c9188",
        "ruleGroupList": [],
        "rateBasedRuleList": [],
        "nonTerminatingMatchingRules": [],
        "httpRequest": {
            "clientIp": ip,
            "country": "NL",
            "headers": [{"name": "Host", "value": "shop.example.com"}]
            + [{"name": name, "value": value} for name, value in headers],
            "uri": path,
            "args": query,
            "httpVersion": "HTTP/2.0",
            "httpMethod": method,
            "requestId": f"1-{at}",
        },
        "labels": [{"name": name} for name in labels],
    }
    return json.dumps(record, separators=(",", ":")).encode()


def escaped(text: str) -> str:
    """As nginx writes what a client sent."""
    return "".join(
        char if 32 <= ord(char) < 127 and char not in '"\\' else _hex(char) for char in text
    )


def _hex(char: str) -> str:
    return "".join(f"\\x{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))


def line(
    target: str,
    *,
    ip: str = ATTACKER,
    at: float = 0,
    status: int = 404,
    size: int = 153,
    method: str = "GET",
    agent: str = FIREFOX,
    referer: str = "-",
) -> bytes:
    """A line of an access log in the combined format."""
    when = (MORNING + dt.timedelta(seconds=at)).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return (
        f'{ip} - - [{when}] "{method} {escaped(target)} HTTP/1.1" {status} {size} '
        f'"{escaped(referer)}" "{escaped(agent)}"'
    ).encode()


def balancer(
    target: str, *, ip: str = ATTACKER, at: float = 0, status: int = 404, agent: str = FIREFOX
) -> bytes:
    """A line of an application load balancer."""
    when = (MORNING + dt.timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return (
        f"https {when} app/shop/50dc6c495c0c9188 {ip}:41822 10.0.0.66:80 0.001 0.004 0.000 "
        f'{status} {status} 312 4821 "GET https://shop.example.com:443{target} HTTP/1.1" '
        f'"{agent}" TLS_AES_128_GCM_SHA256 TLSv1.3 arn:aws:elasticloadbalancing:eu-west-1:'
        '111122223333:targetgroup/shop/73e2d6bc24d8a067 "Root=1-67ceb0a0-0a1b" '
        f'"shop.example.com" "-" 0 {when} "forward" "-" "-" "10.0.0.66:80" "{status}" "-" "-"'
    ).encode()


def front(target: str, *, ip: str = ATTACKER, status: int = 404, agent: str = FIREFOX) -> bytes:
    """A line of CloudFront's standard log, which escapes user agents as URLs are."""
    path, _, query = target.partition("?")
    columns = (
        *("2026-03-10", "09:00:00", "FRA56-P2", "703", ip, "GET", "d111111abcdef8.cloudfront.net"),
        *(path, str(status), "-", quote(agent), query or "-", "-", "Error", "Ab-3_x=="),
        *("shop.example.com", "https", "120", "0.1", "-", "TLSv1.3", "TLS_AES_128_GCM_SHA256"),
        *("Error", "HTTP/2.0", "-", "-", "41822", "0.1", "Error", "text/html", "5", "-", "-"),
    )
    return "\t".join(columns).encode()


def gateway(
    path: str, *, ip: str = ATTACKER, at: float = 0, status: int = 404, method: str = "GET"
) -> bytes:
    """A record of API Gateway, whose logs have no query."""
    when = (MORNING + dt.timedelta(seconds=at)).strftime("%d/%b/%Y:%H:%M:%S +0000")
    record = {
        "requestId": f"c6af9ac6-7b61-11e6-9a41-{round(at * 1000):012d}",
        "ip": ip,
        "requestTime": when,
        "httpMethod": method,
        "path": path,
        "status": str(status),
        "protocol": "HTTP/1.1",
        "responseLength": "23",
    }
    return json.dumps(record).encode()


def bucket(operation: str, key: str, *, at: float = 0, who: str = "anna") -> bytes:
    """A line of the access log of a bucket."""
    when = (MORNING + dt.timedelta(seconds=at)).strftime("%d/%b/%Y:%H:%M:%S +0000")
    method = "DELETE" if "DELETE" in operation else "GET"
    return (
        f"79a59df900b949e5 orders-example [{when}] 198.51.100.7 arn:aws:iam::111122223333:user/"
        f"{who} 3E57{round(at * 1000):08d} {operation} {key} "
        f'"{method} /orders-example/{key} HTTP/1.1" '
        f'200 - 2430 2430 7 5 "-" "aws-cli/2.24" - x= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader '
        f"orders-example.s3.eu-west-1.amazonaws.com TLSv1.3 - -"
    ).encode()


def application(message: str, *, at: float = 0) -> bytes:
    """What an application says in its log."""
    when = (MORNING + dt.timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    record = {"timestamp": when, "level": "warn", "msg": message, "clientIp": ATTACKER}
    return json.dumps(record).encode()
