"""How AWS WAF writes a request down."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from triage_tui.demo.cast import ACCOUNT, REGION, Json, Scripted

WEB_ACL = (
    f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/orders-shop/"
    "4c1f0f6e-8f7b-4a3e-9d53-2b7a64d0c9e1"
)
LOAD_BALANCER = f"{ACCOUNT}-app/orders-alb/50dc6c495c0c9188"
HOST = "shop.example.com"
GROUPS = ("AWSManagedRulesCommonRuleSet", "AWSManagedRulesAdminProtectionRuleSet")
SQLI_GROUP = "AWSManagedRulesSQLiRuleSet"
ADMIN_GROUP = GROUPS[1]
THROTTLE = "throttle-per-ip"
WATCH = "watch-scanner-paths"
NAMESPACES = {
    GROUPS[0]: "core-rule-set",
    ADMIN_GROUP: "admin-protection",
    SQLI_GROUP: "sql-database",
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """One client: an address and the browser (or what calls itself one) behind it."""

    address: str
    country: str
    agent: str
    language: str = "en-GB,en;q=0.8"
    cookie: str | None = None

    @property
    def fingerprint(self) -> str:
        """Stands in for JA3: the same software, the same digits."""
        return hashlib.blake2b(self.agent.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; `extra` are more headers."""

    uri: str
    args: str = ""
    method: str = "GET"
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A managed rule that matched, under its own name and its label's, and what it matched on."""

    group: str
    rule: str
    name: str
    details: tuple[Json, ...] = field(default=())

    @property
    def label(self) -> str:
        """The label that the rule puts on the request."""
        return f"awswaf:managed:aws:{NAMESPACES[self.group]}:{self.name}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the web ACL ended: at a managed rule, at the rate limit, or at its default action."""

    ended_by: Match | None = None
    throttled: bool = False
    counted: tuple[Match, ...] = ()

    @property
    def action(self) -> str:
        return "BLOCK" if self.ended_by or self.throttled else "ALLOW"


ALLOWED = Verdict()
THROTTLED = Verdict(throttled=True)


def waf_record(
    rng: Random, at: datetime, visitor: Visitor, request: Request, verdict: Verdict = ALLOWED
) -> Scripted:
    """The log record of one request."""
    rule, kind = _terminating(verdict)
    ended = verdict.ended_by
    record: Json = {
        "timestamp": round(at.timestamp() * 1000),
        "formatVersion": 1,
        "webaclId": WEB_ACL,
        "terminatingRuleId": rule,
        "terminatingRuleType": kind,
        "action": verdict.action,
        "terminatingRuleMatchDetails": list(ended.details) if ended else [],
        "httpSourceName": "ALB",
        "httpSourceId": LOAD_BALANCER,
        "ruleGroupList": [] if verdict.throttled else _rule_groups(verdict),
        "rateBasedRuleList": _rate_rules(visitor) if verdict.throttled else [],
        "nonTerminatingMatchingRules": _counting_rules(verdict),
        "requestHeadersInserted": None,
        "responseCodeSent": None,
        "httpRequest": _http_request(rng, at, visitor, request),
    }
    matches = (*verdict.counted, *((ended,) if ended else ()))
    if matches:
        record["labels"] = [{"name": match.label} for match in matches]
    record["ja3Fingerprint"] = visitor.fingerprint
    return Scripted(at, record)


def _terminating(verdict: Verdict) -> tuple[str, str]:
    if verdict.throttled:
        return THROTTLE, "RATE_BASED"
    if verdict.ended_by is not None:
        return f"AWS-{verdict.ended_by.group}", "MANAGED_RULE_GROUP"
    return "Default_Action", "REGULAR"


def _rule_groups(verdict: Verdict) -> list[Json]:
    """The groups evaluated: the order is the web ACL's, and a block ends it."""
    groups: list[Json] = []
    for group in (*GROUPS, SQLI_GROUP):
        ended = verdict.ended_by if verdict.ended_by and verdict.ended_by.group == group else None
        groups.append(
            {
                "ruleGroupId": f"AWS#{group}",
                "terminatingRule": None if ended is None else _ended(ended),
                "nonTerminatingMatchingRules": [
                    {
                        "ruleId": match.rule,
                        "action": "COUNT",
                        "overriddenAction": "BLOCK",
                        "ruleMatchDetails": [],
                    }
                    for match in verdict.counted
                    if match.group == group
                ],
                "excludedRules": None,
                "customerConfig": None,
            }
        )
        if ended is not None:
            break
    return groups


def _ended(match: Match) -> Json:
    return {"ruleId": match.rule, "action": "BLOCK", "ruleMatchDetails": None}


def _rate_rules(visitor: Visitor) -> list[Json]:
    return [
        {
            "rateBasedRuleId": f"{WEB_ACL}_{THROTTLE}",
            "rateBasedRuleName": THROTTLE,
            "limitKey": "IP",
            "maxRateAllowed": 100,
            "evaluationWindowSec": "60",
            "limitValue": visitor.address,
        }
    ]


def _counting_rules(verdict: Verdict) -> list[Json]:
    """Our own rule only counts; it stands outside the managed groups."""
    if not verdict.counted:
        return []
    return [{"ruleId": WATCH, "action": "COUNT", "ruleMatchDetails": []}]


def _http_request(rng: Random, at: datetime, visitor: Visitor, request: Request) -> Json:
    headers = [
        ("host", HOST),
        ("user-agent", visitor.agent),
        ("accept", "*/*"),
        ("accept-language", visitor.language),
        ("accept-encoding", "gzip, deflate, br"),
        *((("cookie", visitor.cookie),) if visitor.cookie else ()),
        *request.extra,
    ]
    return {
        "clientIp": visitor.address,
        "country": visitor.country,
        "headers": [{"name": name, "value": value} for name, value in headers],
        "uri": request.uri,
        "args": request.args,
        "httpVersion": "HTTP/2.0",
        "httpMethod": request.method,
        "requestId": f"1-{int(at.timestamp()):08x}-{rng.getrandbits(96):024x}",
        "fragment": "",
        "scheme": "https",
        "host": HOST,
    }
