"""The fake WAFv2 refuses what AWS refuses."""

from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.aws.clients import client, code
from tests.aws.faults import Faults
from tests.aws.server import FakeAws
from tests.aws.wafv2 import MOST_ENTRIES, FakeWaf, WafQuotas, in_set, of_group, rule

LB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/50dc6c495c0c9188"


async def refused(call: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        await call
    return code(caught.value), caught.value.response["Error"]["Message"]


async def held(waf: Any, of: Any) -> dict[str, Any]:
    found: dict[str, Any] = await waf.get_ip_set(Name=of.name, Scope=of.scope, Id=of.id)
    return found


async def update(waf: Any, of: Any, addresses: list[str], token: str, **more: str) -> Any:
    return await waf.update_ip_set(
        Name=of.name, Scope=of.scope, Id=of.id, Addresses=addresses, LockToken=token, **more
    )


async def test_a_set_is_replaced_as_a_whole() -> None:
    fake = FakeWaf()
    made = fake.ip_set("bans", "198.51.100.1/32", description="by hand")
    async with FakeAws(fake) as aws, client(aws, "wafv2") as waf:
        found = await held(waf, made)
        assert found["IPSet"]["Addresses"] == ["198.51.100.1/32"]
        assert found["IPSet"]["Description"] == "by hand"
        assert found["ResponseMetadata"]["RequestId"]
        answer = await update(waf, made, ["203.0.113.0/24"], found["LockToken"])
        assert answer["NextLockToken"] == made.token
        found = await held(waf, made)
        assert found["IPSet"]["Addresses"] == ["203.0.113.0/24"]
        assert "Description" not in found["IPSet"]  # it was not sent along
        again = await refused(update(waf, made, [], "00000000-0000-4000-8000-000000000000"))
        assert again[0] == "WAFOptimisticLockException"
        await update(waf, made, [], made.token)
        assert made.addresses == []


@pytest.mark.parametrize(
    "address", ["198.51.100.1", "0.0.0.0/0", "198.51.100.1/24", "2001:db8::/64", "x", "1.2.3.4/33"]
)
async def test_entries_that_no_set_takes(address: str) -> None:
    fake = FakeWaf()
    made = fake.ip_set("bans")
    async with FakeAws(fake) as aws, client(aws, "wafv2") as waf:
        found = await refused(update(waf, made, [address], made.token))
        assert found[0] == "WAFInvalidParameterException"
        assert address in found[1]


async def test_limits() -> None:
    fake = FakeWaf()
    made = fake.ip_set("bans")
    many = [f"10.{n >> 8}.{n & 255}.0/24" for n in range(MOST_ENTRIES + 1)]
    async with FakeAws(fake) as aws, client(aws, "wafv2") as waf:
        await update(waf, made, many[:-1], made.token)
        found = await refused(update(waf, made, many, made.token))
        assert found[0] == "WAFLimitsExceededException"


async def test_ipv6_is_kept_in_full() -> None:
    fake = FakeWaf()
    made = fake.ip_set("six", version="IPV6")
    async with FakeAws(fake) as aws, client(aws, "wafv2") as waf:
        await update(waf, made, ["2001:db8::/64", "2001:0db8::/64"], made.token)
        found = await held(waf, made)
        assert found["IPSet"]["Addresses"] == ["2001:0db8:0000:0000:0000:0000:0000:0000/64"]


async def test_scope_and_region() -> None:
    fake = FakeWaf()
    edge = fake.ip_set("edge", scope="CLOUDFRONT")
    async with FakeAws(fake) as aws:
        async with client(aws, "wafv2") as waf:
            found = await refused(waf.list_ip_sets(Scope="CLOUDFRONT"))
            assert found[0] == "WAFInvalidParameterException"
            assert (await refused(waf.list_ip_sets(Scope="GLOBAL")))[0] == found[0]
        async with client(aws, "wafv2", region="us-east-1") as waf:
            assert (await held(waf, edge))["LockToken"] == edge.token
            assert (await waf.list_ip_sets(Scope="REGIONAL"))["IPSets"] == []


async def test_pages_names_and_tags() -> None:
    fake = FakeWaf(page=2)
    for number in range(5):
        fake.ip_set(f"bans-{number}")
    async with FakeAws(fake) as aws, client(aws, "wafv2") as waf:
        names: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = await waf.list_ip_sets(Scope="REGIONAL", **more)
            names += [each["Name"] for each in page["IPSets"]]
            if "NextMarker" not in page:
                break
            more = {"NextMarker": page["NextMarker"]}
        assert names == [f"bans-{number}" for number in range(5)]
        asked = {"Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": []}
        twice = await refused(waf.create_ip_set(Name="bans-0", **asked))
        assert twice[0] == "WAFDuplicateItemException"
        tags = [{"Key": "who", "Value": "we"}]
        made = await waf.create_ip_set(Name="new", Tags=tags, **asked)
        arn = made["Summary"]["ARN"]
        told = await waf.list_tags_for_resource(ResourceARN=arn)
        assert told["TagInfoForResource"]["TagList"] == tags
        gone = waf.get_ip_set(Name="new", Scope="REGIONAL", Id=fake.ip_set("other").id)
        assert (await refused(gone))[0] == "WAFNonexistentItemException"


async def test_quotas_and_faults() -> None:
    now = [0.0]
    fake = FakeWaf(quotas=WafQuotas(writes=1, reads=2), wall=lambda: now[0])
    made, other = fake.ip_set("bans"), fake.ip_set("other")
    faults = Faults()
    async with FakeAws(fake, faults=faults) as aws, client(aws, "wafv2") as waf:
        await update(waf, made, [], made.token)
        assert (await refused(update(waf, other, [], other.token)))[0] == "ThrottlingException"
        now[0] += 1
        faults.add("UpdateIPSet", "conflict", times=1)
        conflict = await refused(update(waf, other, [], other.token))
        assert conflict[0] == "WAFOptimisticLockException"
        faults.add("UpdateIPSet.answer", "cut", times=1)
        with pytest.raises(BotoCoreError):  # nobody has answered
            await update(waf, other, ["203.0.113.9/32"], other.token)
        assert other.addresses == ["203.0.113.9/32"]  # and yet it was made


async def test_old_copies_and_late_updates() -> None:
    fake = FakeWaf()
    made = fake.ip_set("bans")
    async with FakeAws(fake) as aws, client(aws, "wafv2") as waf:
        before = made.token
        await update(waf, made, ["203.0.113.9/32"], made.token)
        fake.behind = 1
        assert (await held(waf, made))["LockToken"] == before
        assert (await held(waf, made))["LockToken"] == made.token
        fake.late = 1
        with pytest.raises(BotoCoreError):  # nobody has answered
            await update(waf, made, [], made.token)
        assert made.addresses == ["203.0.113.9/32"]
        assert (await held(waf, made))["IPSet"]["Addresses"] == []


async def test_web_acls_and_rule_groups() -> None:
    fake = FakeWaf()
    bans = fake.ip_set("bans")
    group = fake.rule_group("ours", rule("r", in_set(bans)))
    acl = fake.web_acl(
        "shop",
        rule("group", of_group(group), action=None, priority=1),
        rule(
            "forwarded",
            in_set(bans, HeaderName="X-Forwarded-For", FallbackBehavior="MATCH", Position="ANY"),
            action="Count",
            priority=2,
        ),
        resources=(LB,),
    )
    async with FakeAws(fake) as aws, client(aws, "wafv2") as waf:
        [listed] = (await waf.list_web_acls(Scope="REGIONAL"))["WebACLs"]
        by_name = await waf.get_web_acl(Name="shop", Scope="REGIONAL", Id=listed["Id"])
        by_arn = await waf.get_web_acl(ARN=acl.arn)
        assert by_name["WebACL"] == by_arn["WebACL"]
        assert (await waf.get_rule_group(ARN=group.arn))["RuleGroup"]["Name"] == "ours"
        used = await waf.list_resources_for_web_acl(WebACLArn=acl.arn)
        assert used["ResourceArns"] == [LB]
        none = await waf.list_resources_for_web_acl(WebACLArn=acl.arn, ResourceType="API_GATEWAY")
        assert none["ResourceArns"] == []
        found = await waf.get_web_acl_for_resource(ResourceArn=LB)
        assert found["WebACL"]["Name"] == "shop"
        gone = waf.delete_ip_set(Name="bans", Scope="REGIONAL", Id=bans.id, LockToken=bans.token)
        assert (await refused(gone))[0] == "WAFAssociatedItemException"
