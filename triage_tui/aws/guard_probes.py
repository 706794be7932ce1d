"""The probes for what a plan has to know around a blocklist: web ACLs, own addresses, trusted
lists. Where there is none of a kind, one that cannot be is asked for: whoever may read it hears
that there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .need import Home

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from triage_tui.respond.settings import Scope

    from .ground import Ground, Probe

_NAME, _ID = "triage-tui-doctor", "00000000-0000-0000-0000-000000000000"
_NO_LIST = 32 * "0"
_FEWEST = 5
"""NAT gateways in a page, at least."""


def _scopes(ground: Ground) -> Sequence[Scope]:
    """Those of the blocklists that are here."""
    return list(dict.fromkeys(each.scope for each in ground.configured.blocklists))


def _stand_in(ground: Ground, scope: Scope, kind: str) -> str:
    """The ARN of something of WAF that cannot be."""
    home = Home(ground.account or 12 * "0", ground.access.scope.region)
    where = "global" if scope == "CLOUDFRONT" else "regional"
    return home.arn("wafv2", f"{where}/{kind}/{_NAME}/{_ID}")


# -- web ACLs ------------------------------------------------------------------------------------


async def _list_web_acls(ground: Ground) -> str:
    client = await ground.access.client("wafv2")
    for scope in _scopes(ground):
        page = await client.list_web_acls(Scope=scope, Limit=1)
        for each in page["WebACLs"]:
            ground.web_acls[scope] = (each["Name"], each["Id"], each["ARN"])
    return "one web ACL asked for"


async def _get_web_acl(ground: Ground) -> str:
    client = await ground.access.client("wafv2")
    for scope in _scopes(ground):
        name, key, _ = ground.web_acls.get(scope, (_NAME, _ID, ""))
        await client.get_web_acl(Name=name, Scope=scope, Id=key)
    return "one web ACL read"


async def _get_rule_group(ground: Ground) -> str:
    client = await ground.access.client("wafv2")
    for scope in _scopes(ground):
        await client.get_rule_group(ARN=_stand_in(ground, scope, "rulegroup"))
    return "one rule group read"


async def _list_resources(ground: Ground) -> str:
    client = await ground.access.client("wafv2")
    acl = ground.web_acls.get("REGIONAL")
    arn = acl[2] if acl is not None else _stand_in(ground, "REGIONAL", "webacl")
    await client.list_resources_for_web_acl(WebACLArn=arn, ResourceType="APPLICATION_LOAD_BALANCER")
    return "the load balancers of one web ACL asked for"


async def _list_distributions(ground: Ground) -> str:
    client = await ground.access.client("cloudfront")
    acl = ground.web_acls.get("CLOUDFRONT")
    arn = acl[2] if acl is not None else _stand_in(ground, "CLOUDFRONT", "webacl")
    await client.list_distributions_by_web_acl_id(WebACLId=arn, MaxItems="1")
    return "the distributions of one web ACL asked for"


# -- own addresses -------------------------------------------------------------------------------


async def _nat_gateways(ground: Ground) -> str:
    client = await ground.access.client("ec2")
    await client.describe_nat_gateways(MaxResults=_FEWEST)
    return "some NAT gateways asked for"


async def _addresses(ground: Ground) -> str:
    client = await ground.access.client("ec2")
    await client.describe_addresses()
    return "the elastic addresses asked for"


# -- trusted lists -------------------------------------------------------------------------------


async def _list_trusted_sets(ground: Ground) -> str:
    detector = ground.known_detector()
    client = await ground.access.client("guardduty")
    ids = (await client.list_ip_sets(DetectorId=detector, MaxResults=1))["IpSetIds"]
    ground.trusted["ip set"] = ids[0] if ids else _NO_LIST
    return "one list asked for"


async def _get_trusted_set(ground: Ground) -> str:
    detector = ground.known_detector()
    client = await ground.access.client("guardduty")
    key = ground.trusted.get("ip set", _NO_LIST)
    await client.get_ip_set(DetectorId=detector, IpSetId=key)
    return "one list's place read"


async def _list_entity_sets(ground: Ground) -> str:
    detector = ground.known_detector()
    client = await ground.access.client("guardduty")
    page = await client.list_trusted_entity_sets(DetectorId=detector, MaxResults=1)
    ids = page["TrustedEntitySetIds"]
    ground.trusted["entity set"] = ids[0] if ids else _NO_LIST
    return "one list asked for"


async def _get_entity_set(ground: Ground) -> str:
    detector = ground.known_detector()
    client = await ground.access.client("guardduty")
    key = ground.trusted.get("entity set", _NO_LIST)
    await client.get_trusted_entity_set(DetectorId=detector, TrustedEntitySetId=key)
    return "one list's place read"


# -- threat lists --------------------------------------------------------------------------------


async def _list_intel_sets(ground: Ground) -> str:
    detector = ground.known_detector()
    client = await ground.access.client("guardduty")
    page = await client.list_threat_intel_sets(DetectorId=detector, MaxResults=1)
    ground.trusted["threat set"] = next(iter(page["ThreatIntelSetIds"]), _NO_LIST)
    return "one list asked for"


async def _get_intel_set(ground: Ground) -> str:
    detector = ground.known_detector()
    client = await ground.access.client("guardduty")
    key = ground.trusted.get("threat set", _NO_LIST)
    await client.get_threat_intel_set(DetectorId=detector, ThreatIntelSetId=key)
    return "one list's place read"


async def _list_threat_entity_sets(ground: Ground) -> str:
    detector = ground.known_detector()
    client = await ground.access.client("guardduty")
    page = await client.list_threat_entity_sets(DetectorId=detector, MaxResults=1)
    ground.trusted["threat entity set"] = next(iter(page["ThreatEntitySetIds"]), _NO_LIST)
    return "one list asked for"


async def _get_threat_entity_set(ground: Ground) -> str:
    detector = ground.known_detector()
    client = await ground.access.client("guardduty")
    key = ground.trusted.get("threat entity set", _NO_LIST)
    await client.get_threat_entity_set(DetectorId=detector, ThreatEntitySetId=key)
    return "one list's place read"


GUARD_PROBES: Mapping[str, Probe] = {
    "wafv2:ListWebACLs": _list_web_acls,
    "wafv2:GetWebACL": _get_web_acl,
    "wafv2:GetRuleGroup": _get_rule_group,
    "wafv2:ListResourcesForWebACL": _list_resources,
    "cloudfront:ListDistributionsByWebACLId": _list_distributions,
    "ec2:DescribeNatGateways": _nat_gateways,
    "ec2:DescribeAddresses": _addresses,
    "guardduty:ListIPSets": _list_trusted_sets,
    "guardduty:GetIPSet": _get_trusted_set,
    "guardduty:ListTrustedEntitySets": _list_entity_sets,
    "guardduty:GetTrustedEntitySet": _get_entity_set,
    "guardduty:ListThreatIntelSets": _list_intel_sets,
    "guardduty:GetThreatIntelSet": _get_intel_set,
    "guardduty:ListThreatEntitySets": _list_threat_entity_sets,
    "guardduty:GetThreatEntitySet": _get_threat_entity_set,
}
"""By IAM action."""
