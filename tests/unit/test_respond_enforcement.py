"""Whether an entry of an IP set is really blocked: case by case, and against a WAF that is played
through request by request."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.webacls import (
    GROUP,
    IN_OFFICE,
    IN_SET,
    OFFICE,
    OURS,
    SET,
    SHOP,
    THEIRS,
    Json,
    both,
    either,
    forwarded,
    grouped,
    judged,
    label,
    no,
    rule,
)
from triage_tui.model import Force
from triage_tui.networks import network_of
from triage_tui.respond.enforcement import Layout, WebAcl, enforcement
from triage_tui.respond.statements import Entry, Seen, lies_in

if TYPE_CHECKING:
    from collections.abc import Sequence

PATH: Json = {"ByteMatchStatement": {"SearchString": b"/health"}}


def test_a_rule_that_blocks_and_guards_something_is_in_force() -> None:
    found = judged(rule("block-bad", IN_SET))
    assert found.force is Force.FULL
    assert found.reason == ""
    assert found.where == ("web ACL shop-edge, for app/shop/50dc6c49",)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([], "no rule of the web ACL looks into the IP set blocked-v4"),
        ([rule("sqli", PATH)], "no rule of the web ACL looks into the IP set blocked-v4"),
        ([rule("r", IN_SET, "Count")], "web ACL shop-edge: rule r only counts, it does not block"),
        ([rule("r", IN_SET, "Allow")], "web ACL shop-edge: rule r ALLOWS what is in the set"),
        ([rule("r", no(IN_SET))], "web ACL shop-edge: rule r blocks what is NOT in the set"),
        (
            [rule("r", IN_SET, "Captcha")],
            "web ACL shop-edge: rule r asks for a CAPTCHA, it does not block",
        ),
        (
            [rule("r", IN_SET, "Challenge")],
            "web ACL shop-edge: rule r asks for a silent challenge, it does not block",
        ),
        (
            [rule("all", either(IN_SET, PATH), "Allow", priority=1), rule("r", IN_SET)],
            "web ACL shop-edge: rule all ALLOWS what is in the set",
        ),
    ],
)
def test_what_does_nothing_says_why(rules: list[Json], reason: str) -> None:
    found = judged(*rules)
    assert found.force is Force.NOTHING
    assert found.reason == reason
    assert found.where == ()


def test_nothing_is_guarded() -> None:
    found = judged(rule("r", IN_SET), guards=())
    assert found.force is Force.NOTHING
    assert found.reason == (
        "web ACL shop-edge: it is associated with nothing, so it guards nothing"
    )


def test_an_earlier_allow_of_the_same_addresses() -> None:
    rules = [rule("office", IN_OFFICE, "Allow", priority=0), rule("r", IN_SET)]
    found = judged(*rules, sets={OFFICE: ["203.0.113.0/24"]})
    assert found.force is Force.NOTHING
    assert found.reason == (
        "web ACL shop-edge: rule office comes first, and allows the same requests"
    )
    assert judged(*rules, sets={OFFICE: ["192.0.2.0/24"]}).force is Force.FULL
    # What is in the other set is not known, or only a part of what is asked about.
    unknown = judged(*rules)
    assert unknown.force is Force.PARTLY
    assert unknown.reason == (
        "web ACL shop-edge: rule office comes first, and allows some of it "
        "(only with another IP set, which was not read)"
    )
    wide = judged(*rules, sets={OFFICE: ["203.0.113.77/32"]}, cidr="203.0.113.0/24")
    assert wide.force is Force.PARTLY


def test_an_allow_behind_it_does_not_matter() -> None:
    rules = [rule("r", IN_SET, priority=0), rule("office", IN_OFFICE, "Allow")]
    assert judged(*rules, sets={OFFICE: ["203.0.113.0/24"]}).force is Force.FULL


def test_priorities_count_not_the_order_of_the_answer() -> None:
    rules = [rule("r", IN_SET, priority=9), rule("office", IN_OFFICE, "Allow", priority=3)]
    assert judged(*rules, sets={OFFICE: ["203.0.113.77/32"]}).force is Force.NOTHING


def test_some_requests_are_let_through_first() -> None:
    found = judged(rule("health", PATH, "Allow", priority=0), rule("r", IN_SET))
    assert found.force is Force.PARTLY
    assert found.reason == (
        "web ACL shop-edge: rule health comes first, and allows some of it "
        "(only with a text that it looks for)"
    )


def test_nested_statements() -> None:
    assert judged(rule("r", either(PATH, both(IN_SET)))).force is Force.FULL
    assert judged(rule("r", no(no(IN_SET)))).force is Force.FULL
    assert judged(rule("r", no(both(no(IN_SET), no(PATH))))).force is Force.FULL
    found = judged(rule("r", both(IN_SET, no(PATH))))
    assert found.force is Force.PARTLY
    assert found.reason == (
        "web ACL shop-edge: rule r blocks some of it (only with a text that it looks for)"
    )
    assert judged(rule("r", both(no(IN_SET), PATH))).force is Force.NOTHING
    deep = IN_SET
    for _ in range(40):
        deep = no(no(deep))
    assert judged(rule("r", deep)).force is not Force.FULL


def test_a_rate_based_rule_blocks_what_is_above_the_rate() -> None:
    scoped = {"RateBasedStatement": {"Limit": 500, "ScopeDownStatement": IN_SET}}
    found = judged(rule("slow", scoped))
    assert found.force is Force.PARTLY
    assert "blocks some of it (only above 500 requests in 300 seconds)" in found.reason
    outside = {"RateBasedStatement": {"Limit": 500, "ScopeDownStatement": no(IN_SET)}}
    assert judged(rule("slow", outside)).force is Force.NOTHING


def test_a_managed_group_that_spares_the_set_blocks_nothing() -> None:
    managed: Json = {
        "Name": "core",
        "Priority": 1,
        "OverrideAction": {"None": {}},
        "Statement": {
            "ManagedRuleGroupStatement": {"Name": "Core", "ScopeDownStatement": no(IN_SET)}
        },
    }
    assert judged(managed).force is Force.NOTHING
    assert judged(managed, rule("r", IN_SET)).force is Force.FULL
    allowing = {"Name": "Size", "ActionToUse": {"Allow": {}}}
    managed["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"] = [allowing]
    found = judged(managed, rule("r", IN_SET))
    assert found.force is Force.PARTLY
    assert "rule Size of managed rule group Core comes first" in found.reason


# -- how requests arrive ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "seen", "force", "why"),
    [
        (IN_SET, "direct", Force.FULL, ""),
        (IN_SET, "forwarded", Force.NOTHING, "the connection, which is a proxy's"),
        (IN_SET, "both", Force.PARTLY, "requests through a proxy pass"),
        (forwarded("ANY"), "forwarded", Force.FULL, ""),
        (forwarded("LAST"), "unknown", Force.FULL, ""),
        (forwarded("ANY"), "direct", Force.NOTHING, "this address connects directly"),
        (forwarded("ANY"), "both", Force.PARTLY, "requests on a direct connection pass"),
        (forwarded("FIRST"), "forwarded", Force.PARTLY, "which a client writes itself"),
        (either(IN_SET, forwarded("ANY")), "both", Force.PARTLY, ""),
    ],
)
def test_proxies(statement: Json, seen: Seen, force: Force, why: str) -> None:
    found = judged(rule("r", statement), seen=seen)
    assert found.force is force
    assert why in found.reason


# -- rule groups -----------------------------------------------------------------------------------


def test_a_rule_group_blocks_in_the_place_of_its_rule() -> None:
    assert judged(grouped(), group=[rule("r", IN_SET)]).force is Force.FULL
    early = rule("office", IN_OFFICE, "Allow", priority=0)
    found = judged(early, grouped(), group=[rule("r", IN_SET)], sets={OFFICE: ["0.0.0.0/1"]})
    assert found.force is Force.FULL  # 203.… is in the other half
    inside = [rule("let", either(IN_SET, PATH), "Allow", priority=0), rule("r", IN_SET)]
    found = judged(grouped(), group=inside)
    assert found.force is Force.NOTHING
    assert "rule let of rule group edge ALLOWS what is in the set" in found.reason


def test_overridden_rule_groups() -> None:
    found = judged(grouped(override="Count"), group=[rule("r", IN_SET)])
    assert found.force is Force.NOTHING
    assert found.reason == (
        "web ACL shop-edge: rule r of rule group edge only counts: "
        "the override action of rule use-edge is Count"
    )
    overrides: list[Json] = [
        {"ExcludedRules": [{"Name": "r"}]},
        {"RuleActionOverrides": [{"Name": "r", "ActionToUse": {"Count": {}}}]},
    ]
    for override in overrides:
        found = judged(grouped(**override), group=[rule("r", IN_SET)])
        assert found.force is Force.NOTHING
        assert "rule r of rule group edge only counts: rule use-edge overrides its action" in (
            found.reason
        )
    harder: Json = {"RuleActionOverrides": [{"Name": "r", "ActionToUse": {"Block": {}}}]}
    assert judged(grouped(**harder), group=[rule("r", IN_SET, "Count")]).force is Force.FULL


def test_a_rule_group_that_cannot_be_read() -> None:
    found = judged(grouped())
    assert found.force is Force.UNKNOWN
    assert found.reason == "web ACL shop-edge: the rule group of rule use-edge could not be read"
    assert judged(grouped(), rule("r", IN_SET, priority=1)).force is Force.FULL
    assert judged(grouped(priority=0), rule("r", IN_SET)).force is Force.UNKNOWN
    assert judged(grouped(override="Count"), rule("r", IN_SET, priority=9)).force is Force.FULL


def test_rule_groups_of_firewall_manager_come_first() -> None:
    fm = {
        "Name": "fm",
        "Priority": 0,
        "FirewallManagerStatement": {"RuleGroupReferenceStatement": {"ARN": GROUP}},
        "OverrideAction": {"None": {}},
    }
    letting = [rule("let", IN_OFFICE, "Allow")]
    office = {OFFICE: ["203.0.113.0/24"]}
    found = judged(rule("r", IN_SET, priority=0), first=[fm], group=letting, sets=office)
    assert found.force is Force.NOTHING
    found = judged(rule("r", IN_SET, priority=9), last=[fm], group=letting, sets=office)
    assert found.force is Force.FULL


# -- labels, default actions, several web ACLs -----------------------------------------------------


def test_a_label_carries_the_match_on() -> None:
    marks = rule("mark", IN_SET, "Count", priority=0) | {"RuleLabels": [{"Name": "ours:bad"}]}
    qualified = "awswaf:111122223333:webacl:shop-edge:ours:bad"
    for key in ("ours:bad", qualified):
        assert judged(marks, rule("r", label(key))).force is Force.FULL
    assert judged(marks, rule("r", label("ours:", "NAMESPACE"))).force is Force.FULL
    assert judged(marks, rule("r", both(label("ours:bad"), PATH))).force is Force.PARTLY
    found = judged(marks, rule("r", label("ours:good")))
    assert found.force is Force.NOTHING
    assert found.reason == "web ACL shop-edge: rule mark only counts, it does not block"


@pytest.mark.parametrize(
    ("key", "scope", "of_acl", "of_group"),
    [
        ("ours:bad", "LABEL", True, False),
        ("bad", "LABEL", True, False),
        ("ad", "LABEL", False, False),
        (f"{OURS}ours:bad", "LABEL", True, False),
        (f"{OURS}bad", "LABEL", False, False),
        (f"{THEIRS}ours:bad", "LABEL", False, True),
        ("awswaf:111122223333:webacl:other:ours:bad", "LABEL", False, False),
        ("ours:", "NAMESPACE", True, False),
        ("ou", "NAMESPACE", False, False),
        (f"{OURS}ours:", "NAMESPACE", True, False),
        (THEIRS, "NAMESPACE", False, True),
        ("awswaf:111122223333:rulegroup:ed", "NAMESPACE", False, False),
    ],
)
def test_a_label_is_found_where_it_was_added(
    key: str, scope: str, of_acl: bool, of_group: bool
) -> None:
    marks = rule("mark", IN_SET, "Count", priority=0) | {"RuleLabels": [{"Name": "ours:bad"}]}
    blocks = rule("r", label(key, scope), priority=9)
    expected = {True: Force.FULL, False: Force.NOTHING}
    assert judged(marks, blocks).force is expected[of_acl]
    assert judged(grouped(priority=1), blocks, group=[marks]).force is expected[of_group]


def test_a_rule_group_finds_its_own_labels() -> None:
    marks = rule("mark", IN_SET, "Count", priority=0) | {"RuleLabels": [{"Name": "ours:bad"}]}
    blocks = rule("r", label("ours:bad"), priority=9)
    assert judged(grouped(), group=[marks, blocks]).force is Force.FULL
    assert judged(marks, grouped(), group=[blocks]).force is Force.NOTHING


def test_a_default_block_with_the_set_left_out_of_what_is_allowed() -> None:
    let = rule("let", both(PATH, no(IN_SET)), "Allow")
    assert judged(let, blocks_by_default=True).force is Force.FULL
    assert judged(let).force is Force.NOTHING


def test_of_several_web_acls_those_that_guard_something_count() -> None:
    counting = WebAcl("api", [rule("c", IN_SET, "Count")], guards=[SHOP])
    found = judged(rule("r", IN_SET), more=[counting])
    assert found.force is Force.PARTLY
    assert found.where == ("web ACL shop-edge, for app/shop/50dc6c49",)
    assert found.reason == "web ACL api: rule c only counts, it does not block"
    nothing: list[Sequence[str]] = [(), []]
    for none in nothing:
        idle = WebAcl("staging", [rule("c", IN_SET)], guards=none)
        assert judged(rule("r", IN_SET), more=[idle]).force is Force.FULL
    unread = judged(rule("r", IN_SET), trouble=["GetWebACL is denied"])
    assert (unread.force, unread.reason) == (Force.FULL, "GetWebACL is denied")
    many = [f"arn:aws:apigateway:eu-west-1::/restapis/{n}/stages/prod" for n in range(5)]
    (where,) = judged(rule("r", IN_SET), guards=many).where
    assert where == (
        "web ACL shop-edge, for /restapis/0/stages/prod, /restapis/1/stages/prod, "
        "/restapis/2/stages/prod and 2 more"
    )


def test_what_cannot_be_read_is_not_known() -> None:
    found = judged(rule("r", IN_SET), guards=None)
    assert found.force is Force.UNKNOWN
    assert found.reason == "web ACL shop-edge: what it guards could not be read (AccessDenied)"
    denied = "web ACLs: ListWebACLs is denied: not allowed"
    found = enforcement(Entry(SET, _network()), "blocked-v4", Layout(trouble=[denied]))
    assert found.force is Force.UNKNOWN
    assert found.reason == f"nobody knows who uses blocked-v4; {denied}"
    assert enforcement(Entry(SET, _network()), "b", Layout()).reason == "there is no web ACL"


def _network() -> Any:
    return network_of("203.0.113.77/32")


def test_lies_in() -> None:
    network = _network()
    assert lies_in(network, ["203.0.113.0/24"]) is True
    assert lies_in(network, ["203.0.114.0/24", "2001:db8::/32", "rubbish"]) is False
    wide = network_of("203.0.113.0/24")
    assert wide is not None
    assert lies_in(wide, ["203.0.113.77/32"]) is None


@pytest.mark.parametrize(
    "rubbish",
    [
        {},
        {"Statement": 3},
        {"Statement": {"AndStatement": []}},
        {
            "Name": 5,
            "Priority": "x",
            "Action": [],
            "Statement": {"A": {}, "B": {}},
        },
    ],
)
def test_answers_that_make_no_sense_break_nothing(rubbish: Json) -> None:
    assert judged(rubbish, rule("r", IN_SET, priority=9)).force is Force.FULL
