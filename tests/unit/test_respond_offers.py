"""What is offered about whom, and the levers of the network and of findings: pure."""

import json

import msgspec
import pytest

from triage_tui.model import EntityRef, GuardLevel, Identity, Kind
from triage_tui.remedies import (
    AnyChange,
    ArchiveFindings,
    DenyInAcl,
    FoundFinding,
    InvokeFunction,
    Means,
    OwnFunction,
    Parts,
    Quarantine,
    RateFindings,
    Remedy,
    RemedyState,
    ReplaceRule,
    Suspect,
)
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.remedy.calls import command
from triage_tui.respond.remedy.event import with_reason
from triage_tui.respond.remedy.findings import as_done
from triage_tui.respond.remedy.guard import RemedyPolicy, refusals
from triage_tui.respond.remedy.levers import lever_of
from triage_tui.respond.remedy.offers import BLOCK, RULE, offers

POLICY = RemedyPolicy(own="", addresses=GuardPolicy(own=("8.8.8.8",)))


def suspect(
    *formats: tuple[str, int],
    key: str = "8.8.4.4",
    people: tuple[tuple[Identity, int], ...] = (),
    hosts: tuple[str, ...] = (),
    findings: tuple[FoundFinding, ...] = (),
) -> Suspect:
    return Suspect(
        ref=EntityRef(Kind.IP, key),
        label=key,
        people=people,
        formats=formats,
        account="111122223333",
        region="eu-west-1",
        hosts=hosts,
        findings=findings,
        event="{}",
        now=1_773_540_000_123_000_000,
    )


def offered(found: Suspect, means: Means = Means(), no_block: str = "") -> dict[str, bool]:  # noqa: B008 - it is frozen
    def unable(change: AnyChange) -> str:
        return "; ".join(refusals(lever_of(change).judge(POLICY)))

    return {each.title: each.fits for each in offers(found, means, unable, no_block)}


def test_whoever_deals_with_a_host_alone_is_denied_in_its_network_acl() -> None:
    found = offered(suspect(("vpcflow", 40), hosts=("eni-1",)))
    assert list(found.items()) == [
        ("Deny 8.8.4.4/32 in the network ACL around eni-1", True),
        ("Remove or narrow a rule of a security group…", True),
        ("Block 8.8.4.4 in WAF", False),
        ("Quarantine eni-1", False),
    ]
    means = Means(quarantine=("sg-1",))
    assert offered(suspect(("vpcflow", 40), hosts=("eni-1",)), means)["Quarantine eni-1"]


def test_a_function_is_put_into_quarantine_and_stands_behind_no_acl() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:shop"
    found = offered(suspect(("cloudtrail", 40), hosts=(arn,)), Means(quarantine=("sg-1",)))
    assert found["Quarantine the function shop"]
    assert not any("network ACL" in title for title in found)


def test_nobody_denies_the_own_address() -> None:
    found = suspect(("vpcflow", 40), key="8.8.8.8", hosts=("eni-1",))
    assert not offered(found)["Deny 8.8.8.8/32 in the network ACL around eni-1"]


def test_web_traffic_is_blocked_first_whatever_else_there_is() -> None:
    function = OwnFunction("isolate", "arn:aws:lambda:eu-west-1:1:function:isolate", False)
    seen = suspect(
        ("waf", 10), ("vpcflow", 3), hosts=("i-1",), findings=(FoundFinding("f", "1", "r"),)
    )
    found = list(offered(seen, Means((function,), ("sg-1",))))
    assert found[0] == "Block 8.8.4.4 in WAF"
    assert found[-4:] == [
        "Archive the finding in GuardDuty",
        "Mark the finding as useful in GuardDuty",
        "Mark the finding as not useful in GuardDuty",
        "Unarchive the finding in GuardDuty",
    ]
    assert not offered(seen)["Unarchive the finding in GuardDuty"]
    assert any(each.startswith("Call isolate") for each in found)
    assert not offered(seen, no_block="no blocklist")["Block 8.8.4.4 in WAF"]
    assert {BLOCK, RULE} <= {each.key for each in offers(seen, Means(), lambda _: "", "")}


def test_findings_are_told_in_batches_and_each_in_its_own_place() -> None:
    findings = tuple(FoundFinding(f"{n:032x}", "1", "a") for n in range(60))
    seen = suspect(("guardduty", 60), findings=(*findings, FoundFinding("z", "1", "b")))
    made = offers(seen, Means(), lambda _: "", "")
    changes = [offer.change for offer in made]
    told = [each for each in changes if isinstance(each, ArchiveFindings)]
    archived = [each for each in told if each.archived]
    assert [msgspec.structs.replace(each, archived=True) for each in told[2:]] == archived
    assert sorted((each.region, len(each.findings)) for each in archived) == [("a", 60), ("b", 1)]
    lever = lever_of(next(each for each in archived if each.region == "a"))
    calls = lever.write(lever.supposed(), lever.wanted(lever.supposed()))
    assert [len(call.parameters["FindingIds"]) for call in calls] == [50, 10]  # type: ignore[arg-type] # lists


def archiving(found: Suspect) -> dict[tuple[str, bool], str]:
    """By findings and whether they are put away: why that does not fit."""
    return {
        (" ".join(each.change.findings), each.change.archived): "" if each.fits else each.why
        for each in offers(found, Means(), lambda _: "", "")
        if isinstance(each.change, ArchiveFindings)
    }


def test_what_is_put_away_is_taken_out_and_the_rest_is_put_away() -> None:
    one, other = FoundFinding("f", "1", "r"), FoundFinding("g", "1", "r")
    away = other._replace(archived=True)
    both = suspect(("guardduty", 2), findings=(one, away))
    assert archiving(both) == {("f", True): "", ("g", False): ""}
    none = suspect(("guardduty", 2), findings=(one, other))
    why = "nothing of it is archived, as far as its records say"
    assert archiving(none) == {("f g", True): "", ("f g", False): why}
    every = suspect(("guardduty", 1), findings=(away,))
    assert archiving(every) == {("g", True): "it is archived already", ("g", False): ""}


def test_what_was_done_from_here_counts_and_the_last_time_wins() -> None:
    found = suspect(("guardduty", 2), findings=(FoundFinding("f", "1", "r", archived=True),))
    change = ArchiveFindings(account="1", region="r", findings=("f",))

    def remedy(state: RemedyState, before: str, after: str) -> Remedy:
        return Remedy(
            id="1",
            change=change,
            title="",
            reason="",
            author="kim",
            made=0,
            cursor=0,
            state=state,
            simulated=True,
            subject="",
            before={"f": before},
            after={"f": after},
        )

    put = remedy(RemedyState.DONE, "current", "archived")
    taken = remedy(RemedyState.DONE, "archived", "current")
    undone = remedy(RemedyState.UNDONE, "archived", "current")
    for made, archived in (
        ((), True),
        ((taken,), False),
        ((put, taken), True),
        ((taken, put), False),
        ((undone,), True),
    ):
        assert [each.archived for each in as_done(found, made).findings] == [archived]


# -- network ACLs --------------------------------------------------------------------------------


ALL, NEAR = "allow -1 0.0.0.0/0", "allow -1 8.0.0.0/8"


def acl(cidr: str) -> DenyInAcl:
    return DenyInAcl(account="1", region="r", host="eni-1", cidr=cidr, acl="acl-1")


@pytest.mark.parametrize(
    ("cidr", "before", "added"),
    [
        ("8.8.4.4/32", {"inbound 100": "allow -1 0.0.0.0/0"}, {"inbound 99"}),
        ("8.8.4.4/32", {"inbound 100": ALL, "inbound 99": "deny 6 22-22 9.9.9.9/32"},
         {"inbound 98"}),
        ("8.8.4.4/32", {"inbound 50": "allow 6 80-80 9.0.0.0/8", "inbound 60": NEAR},
         {"inbound 59"}),
        ("2600::/64", {"inbound 100": "allow -1 0.0.0.0/0", "inbound 101": "allow -1 ::/0"},
         {"inbound 99"}),
        ("8.8.4.4/32", {"inbound 99": "deny -1 8.8.4.4/32", "inbound 100": "allow -1 0.0.0.0/0"},
         set()),
    ],
)  # fmt: skip
def test_the_entry_comes_just_before_what_lets_it_through(
    cidr: str, before: dict[str, str], added: set[str]
) -> None:
    parts: Parts = {**before, "outbound 1": "deny -1 0.0.0.0/0", "outbound 2": "deny -1 ::/0"}
    lever = lever_of(acl(cidr))
    after = lever.wanted(parts)
    assert {p for p in after if p not in parts and p.startswith("in")} == added
    for call in lever.write(parts, {p: after[p] for p in added}):
        key = "Ipv6CidrBlock" if ":" in cidr else "CidrBlock"
        assert call.parameters[key] == cidr
        assert "--ingress" in command(call)


def test_without_a_number_or_room_it_says_so() -> None:
    lever = lever_of(acl("8.8.4.4/32"))
    full: Parts = {f"inbound {n}": "allow -1 0.0.0.0/0" for n in range(1, 21)}
    found = {verdict.rule: verdict.level for verdict in lever.concerns(full)}
    assert found == {"number": GuardLevel.REFUSE, "room": GuardLevel.WARN}


# -- rules, hosts, words -------------------------------------------------------------------------


def test_a_narrower_rule_is_there_before_the_wider_one_goes() -> None:
    permission = json.dumps(
        {"cidr": "::/0", "description": "ssh", "egress": False, "from": 22, "protocol": "tcp",
         "to": 22},
        sort_keys=True, separators=(",", ":"),
    )  # fmt: skip
    change = ReplaceRule(
        account="1", region="r", rule="sgr-1", instead="2600::/32", group="sg-1",
        permission=permission,
    )  # fmt: skip
    lever = lever_of(change)
    before: Parts = {permission: "there"}
    add, remove = lever.write(before, lever.wanted(before))
    assert (add.operation, remove.operation) == (
        "AuthorizeSecurityGroupIngress",
        "RevokeSecurityGroupIngress",
    )
    assert '"CidrIpv6": "2600::/32"' in command(add)
    wrong = lever_of(ReplaceRule(account="1", rule="sgr-1", instead="all"))
    assert refusals(wrong.judge(POLICY))


def test_a_function_in_quarantine_keeps_its_subnets() -> None:
    change = Quarantine(account="1", region="r", host="shop", groups=("sg-q",))
    lever = lever_of(change)
    reading = lever.read()
    from triage_tui.respond.remedy.calls import Reply

    assert next(reading).operation == "GetFunctionConfiguration"
    vpc = {"VpcId": "vpc-1", "SubnetIds": ["s-1"], "SecurityGroupIds": ["sg-b", "sg-a"]}
    asked = reading.send(Reply({"VpcConfig": vpc}))
    assert asked.operation == "DescribeSecurityGroups"
    with pytest.raises(StopIteration) as stop:
        reading.send(Reply({"SecurityGroups": [{"GroupId": "sg-q", "VpcId": "vpc-1"}]}))
    before = stop.value.value
    assert before == {"shop": "sg-a sg-b"}
    [call] = lever.write(before, lever.wanted(before))
    assert call.parameters["VpcConfig"] == {"SubnetIds": ["s-1"], "SecurityGroupIds": ["sg-q"]}
    [back] = lever.write(lever.wanted(before), before)
    assert back.parameters["VpcConfig"] == {
        "SubnetIds": ["s-1"],
        "SecurityGroupIds": ["sg-a", "sg-b"],
    }


def test_the_reason_goes_along_where_it_is_told_to_anybody() -> None:
    rated = with_reason(RateFindings(account="1", findings=("f",)), "noise", "kim")
    assert isinstance(rated, RateFindings)
    assert rated.comment == "noise"
    called = InvokeFunction(account="1", name="n", function="f", about="x", event='{"a":1}')
    told = with_reason(called, "noise", "kim")
    assert isinstance(told, InvokeFunction)
    assert json.loads(told.event) == {"a": 1, "reason": "noise", "author": "kim"}
