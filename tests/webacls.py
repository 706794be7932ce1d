"""Rules of web ACLs, and what is said of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from triage_tui.model import Enforcement
from triage_tui.networks import network_of
from triage_tui.respond.enforcement import Layout, RuleGroup, WebAcl, enforcement
from triage_tui.respond.statements import Entry, Seen

SET = "arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/blocked-v4/1"
OFFICE = "arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/office/2"
GROUP = "arn:aws:wafv2:eu-west-1:111122223333:regional/rulegroup/edge/3"
SHOP = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/50dc6c49"
Json = dict[str, Any]


IN_SET: Json = {"IPSetReferenceStatement": {"ARN": SET}}
IN_OFFICE: Json = {"IPSetReferenceStatement": {"ARN": OFFICE}}


def forwarded(position: str) -> Json:
    config = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH", "Position": position}
    return {"IPSetReferenceStatement": {"ARN": SET, "IPSetForwardedIPConfig": config}}


def both(*found: Json) -> Json:
    return {"AndStatement": {"Statements": list(found)}}


def either(*found: Json) -> Json:
    return {"OrStatement": {"Statements": list(found)}}


def no(found: Json) -> Json:
    return {"NotStatement": {"Statement": found}}


def label(key: str, scope: str = "LABEL") -> Json:
    return {"LabelMatchStatement": {"Key": key, "Scope": scope}}


def rule(name: str, statement: Json, action: str = "Block", *, priority: int = 5) -> Json:
    return {
        "Name": name,
        "Priority": priority,
        "Statement": statement,
        "Action": {action: {}},
        "VisibilityConfig": {},
    }


def grouped(*, override: str = "None", priority: int = 5, **reference: Any) -> Json:
    return {
        "Name": "use-edge",
        "Priority": priority,
        "Statement": {"RuleGroupReferenceStatement": {"ARN": GROUP, **reference}},
        "OverrideAction": {override: {}},
    }


def judged(
    *rules: Json,
    guards: Sequence[str] | None = (SHOP,),
    seen: Seen = "unknown",
    group: Sequence[Json] | None = None,
    sets: Mapping[str, Sequence[str]] | None = None,
    cidr: str = "203.0.113.77/32",
    more: Iterable[WebAcl] = (),
    trouble: Sequence[str] = (),
    **of_acl: Any,
) -> Enforcement:
    acl = WebAcl("shop-edge", rules, guards=guards, trouble="AccessDenied", **of_acl)
    groups = {} if group is None else {GROUP: RuleGroup("edge", group)}
    layout = Layout([acl, *more], groups, sets or {}, trouble)
    network = network_of(cidr)
    assert network is not None
    return enforcement(Entry(SET, network, seen), "blocked-v4", layout)


OURS, THEIRS = "awswaf:111122223333:webacl:shop-edge:", "awswaf:111122223333:rulegroup:edge:"
