"""What blocklists need from AWS: the sets themselves, and what a plan has to know around them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from triage_tui.respond.settings import HOME_OF_CLOUDFRONT

from .need import Feature, Need

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .need import Configured, Home

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

# -- resources -----------------------------------------------------------------------------------


def _waf_regions(configured: Configured, home: Home) -> Sequence[str]:
    """Where the blocklists are: CLOUDFRONT is at home in one region alone."""
    return list(dict.fromkeys(each.home or home.region for each in configured.blocklists))


def _ip_sets(configured: Configured, home: Home) -> Sequence[str]:
    """The sets that the blocklists name, by name or id."""
    found: list[str] = []
    for each in configured.blocklists:
        place = home._replace(region=each.home or home.region)
        where = "global" if each.scope == "CLOUDFRONT" else "regional"
        for named in filter(None, (each.ipv4, each.ipv6)):
            known = f"*/{named}" if _ID.fullmatch(named) else f"{named}/*"
            found.append(place.arn("wafv2", f"{where}/ipset/{known}"))
    return list(dict.fromkeys(found))


def _read_ip_sets(configured: Configured, home: Home) -> Sequence[str]:
    """Any set of the blocklists' scopes: an allow list may stand before ours."""
    return _in_waf(configured, home, "ipset/*/*")


def _in_waf(configured: Configured, home: Home, resource: str) -> Sequence[str]:
    """A kind of resource in every scope and region of a blocklist."""
    found = []
    for each in configured.blocklists:
        where = "global" if each.scope == "CLOUDFRONT" else "regional"
        place = home._replace(region=each.home or home.region)
        found.append(place.arn("wafv2", f"{where}/{resource}"))
    return list(dict.fromkeys(found))


def _web_acls(configured: Configured, home: Home) -> Sequence[str]:
    return _in_waf(configured, home, "webacl/*/*")


def _rule_groups(configured: Configured, home: Home) -> Sequence[str]:
    return _in_waf(configured, home, "rulegroup/*/*")


def _detectors(_configured: Configured, home: Home) -> Sequence[str]:
    return [home.arn("guardduty", "detector/*")]


def _has(scope: str) -> Callable[[Configured], bool]:
    """Whether a blocklist is of that scope."""
    return lambda configured: any(each.scope == scope for each in configured.blocklists)


def _trusts(configured: Configured) -> bool:
    return bool(configured.blocklists) and configured.guardduty.enabled


# -- features ------------------------------------------------------------------------------------

BLOCKLISTS = Feature(
    "blocklists",
    (
        Need(
            "wafv2:ListIPSets",
            "finds the IP sets by name or id; without it, nothing can be blocked",
            "asks for one set",
            regions=_waf_regions,
        ),
        Need(
            "wafv2:GetIPSet",
            "what a set holds, before each change and after it, and what allow lists before it "
            "do; without it, nothing can be blocked",
            "reads the sets of the blocklists",
            _read_ip_sets,
        ),
        Need(
            "wafv2:UpdateIPSet",
            "blocks, and takes blocks out again; a triage with --read-only does without",
            "",
            _ip_sets,
            untestable="it would change the set",
        ),
    ),
    lambda configured: bool(configured.blocklists),
)
IN_FORCE = Feature(
    "in force",
    (
        Need(
            "wafv2:ListWebACLs",
            "which web ACLs there are; without it, nobody knows whether a block does anything",
            "asks for one web ACL",
            regions=_waf_regions,
        ),
        Need(
            "wafv2:GetWebACL",
            "whether a rule looks into the set and blocks; without it, nobody knows",
            "reads one web ACL",
            _web_acls,
        ),
        Need(
            "wafv2:GetRuleGroup",
            "the same of the rule groups that a web ACL uses",
            "reads one rule group",
            _rule_groups,
        ),
        Need(
            "wafv2:ListResourcesForWebACL",
            "what a web ACL guards; without it, nobody knows whether it guards anything",
            "asks for the load balancers of one web ACL",
            _web_acls,
            applies=_has("REGIONAL"),
        ),
        Need(
            "cloudfront:ListDistributionsByWebACLId",
            "the same of CloudFront, for blocklists of its scope",
            "asks for the distributions of one web ACL",
            # A service of the whole world, which counts as one region's.
            regions=lambda _configured, _home: [HOME_OF_CLOUDFRONT],
            applies=_has("CLOUDFRONT"),
        ),
    ),
    lambda configured: bool(configured.blocklists),
    essential=False,
)
OWN_ADDRESSES = Feature(
    "own addresses",
    (
        Need(
            "ec2:DescribeNatGateways",
            "nobody blocks the account's own NAT gateways; without it, plans say so",
            "asks for five",
        ),
        Need(
            "ec2:DescribeAddresses",
            "the same of its elastic addresses",
            "is called as it is",
        ),
    ),
    lambda configured: bool(configured.blocklists),
    essential=False,
)
TRUSTED_LISTS = Feature(
    "trusted lists",
    (
        Need(
            "guardduty:ListIPSets",
            "nobody blocks what the trusted lists of GuardDuty hold; without it, plans say so",
            "asks for one list",
            _detectors,
        ),
        Need(
            "guardduty:GetIPSet",
            "where in S3 such a list lies",
            "reads one list's place",
            lambda _configured, home: [home.arn("guardduty", "detector/*/ipset/*")],
        ),
        Need(
            "guardduty:ListTrustedEntitySets",
            "the same of the newer lists",
            "asks for one list",
            _detectors,
        ),
        Need(
            "guardduty:GetTrustedEntitySet",
            "where in S3 such a list lies",
            "reads one list's place",
            lambda _configured, home: [home.arn("guardduty", "detector/*/trustedentityset/*")],
        ),
    ),
    _trusts,
    essential=False,
)
THREAT_LISTS = Feature(
    "threat lists",
    (
        Need(
            "guardduty:ListThreatIntelSets",
            "who is on a threat list of GuardDuty counts as on a block list; without it, nobody",
            "asks for one list",
            _detectors,
        ),
        Need(
            "guardduty:GetThreatIntelSet",
            "where in S3 such a list lies",
            "reads one list's place",
            lambda _configured, home: [home.arn("guardduty", "detector/*/threatintelset/*")],
        ),
        Need(
            "guardduty:ListThreatEntitySets",
            "the same of the newer lists",
            "asks for one list",
            _detectors,
        ),
        Need(
            "guardduty:GetThreatEntitySet",
            "where in S3 such a list lies",
            "reads one list's place",
            lambda _configured, home: [home.arn("guardduty", "detector/*/threatentityset/*")],
        ),
    ),
    lambda configured: configured.guardduty.enabled,
    essential=False,
)
LIST_CONTENT = Feature(
    "lists, content",
    (
        Need(
            "s3:GetObject",
            "what is in the trusted and the threat lists: allow it for their objects, as plans and "
            "the log name them; without it, those say which list was not read",
            "",
            lambda _configured, home: [f"arn:{home.partition}:s3:::BUCKET-OF-THE-LIST/*"],
            untestable="GuardDuty alone knows where the lists are",
        ),
    ),
    lambda configured: configured.guardduty.enabled,
    standing=False,
)
BLOCKS_INIT = Feature(
    "blocks init",
    (
        Need(
            "wafv2:CreateIPSet",
            "creates the sets that are missing, once",
            "",
            _ip_sets,
            untestable="it would create a set",
        ),
        Need(
            "wafv2:TagResource",
            "tags them as ours",
            "",
            _ip_sets,
            untestable="it would tag a set",
            operation="wafv2:CreateIPSet",
        ),
    ),
    lambda configured: bool(configured.blocklists),
    standing=False,
)
BLOCK_FEATURES = (
    BLOCKLISTS,
    IN_FORCE,
    OWN_ADDRESSES,
    TRUSTED_LISTS,
    THREAT_LISTS,
    LIST_CONTENT,
    BLOCKS_INIT,
)
