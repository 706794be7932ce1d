"""What each feature needs from AWS: the IAM actions, on which resources, why, and how to try them.

The one list that `triage-tui policy` prints and `triage-tui doctor` tries. A test reads every call
that this room makes, and holds the two against each other. Light: no AWS client.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.respond.settings import HOME_OF_CLOUDFRONT

from .settings import AwsSettings, CloudTrailSettings, GuardDutySettings, LogsSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from triage_tui.respond.settings import BlocklistSettings

EVERYTHING = "*"
_WILD = re.compile(r"[*?\[]")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_ODD = re.compile(r"[^\w./#*?-]", re.ASCII)
"""What is in no name of a log group: none such is named, and a policy may read it as a variable."""


class Configured(NamedTuple):
    """The settings that decide which features there are."""

    aws: AwsSettings = AwsSettings()
    logs: LogsSettings = LogsSettings()
    guardduty: GuardDutySettings = GuardDutySettings()
    cloudtrail: CloudTrailSettings = CloudTrailSettings()
    blocklists: tuple[BlocklistSettings, ...] = ()

    @classmethod
    def nothing(cls) -> Configured:
        """No feature at all."""
        return cls(guardduty=GuardDutySettings(enabled=False), cloudtrail=CloudTrailSettings("off"))


class Home(NamedTuple):
    """Where resources lie: account and region, `*` for any."""

    account: str = EVERYTHING
    region: str = EVERYTHING

    @property
    def partition(self) -> str:
        """The part of AWS that the region is in."""
        return partition(self.region)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource here."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


def partition(region: str) -> str:
    """The part of AWS that a region is in."""
    for prefix, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
        if region.startswith(prefix):
            return name
    return "aws"


class Need(NamedTuple):
    """One IAM action that a feature calls."""

    action: str
    """As a policy names it: `logs:FilterLogEvents`."""
    why: str
    """What it is for, and what goes without it."""
    probe: str
    """How doctor tries it without changing anything; "" where it cannot."""
    resources: Callable[[Configured, Home], Sequence[str]] = lambda _configured, _home: [EVERYTHING]
    """ARNs, as narrow as IAM allows; `*` for an action that knows none."""
    regions: Callable[[Configured, Home], Sequence[str]] = lambda _configured, home: [home.region]
    """Where the call goes, which narrows an action that knows no resources."""
    untestable: str = ""
    """Why there is no probe."""
    applies: Callable[[Configured], bool] = lambda _configured: True
    """Whether the settings lead to the call at all."""
    essential: Callable[[Configured], bool] = lambda _configured: True
    """Whether the feature fails without it, or has less."""
    free: bool = False
    """Whether AWS asks for no permission: no policy names it."""
    operation: str = ""
    """The API's name where it is not the action's: `lambda:Invoke`."""

    @property
    def call(self) -> str:
        """Service and operation, as the API has them."""
        return self.operation or self.action


class Feature(NamedTuple):
    """What a user switches on, and what it needs."""

    name: str
    """As the config and the README call it."""
    needs: tuple[Need, ...]
    applies: Callable[[Configured], bool] = lambda _configured: True
    """Whether the settings switch it on."""
    standing: bool = True
    """Whether a triage needs it: not so what is called to write a config alone."""


# -- resources -----------------------------------------------------------------------------------


def _any_group(_configured: Configured, home: Home) -> Sequence[str]:
    """IAM judges DescribeLogGroups by a group without a name, which no narrower pattern matches."""
    return [home.arn("logs", "log-group:*")]


def _groups(configured: Configured, home: Home) -> Sequence[str]:
    """The groups that the globs name: each ARN with its streams and, for Live Tail, without."""
    found: list[str] = []
    for glob in configured.logs.groups:
        # IAM knows * and ? as globs do, and no brackets.
        name = _ODD.sub("?", _BRACKETS.sub("?", glob))
        whole = home.arn("logs", f"log-group:{name}")
        found += [whole] if name.endswith("*") else [whole, f"{whole}:*"]
    return list(dict.fromkeys(found))


def _detectors(_configured: Configured, home: Home) -> Sequence[str]:
    """A region has one detector at most."""
    return [home.arn("guardduty", "detector/*")]


def _trails(_configured: Configured, home: Home) -> Sequence[str]:
    """A trail's home may be another region, and an organisation's another account."""
    return [f"arn:{home.partition}:cloudtrail:*:*:trail/*"]


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


def _has(scope: str) -> Callable[[Configured], bool]:
    """Whether a blocklist is of that scope."""
    return lambda configured: any(each.scope == scope for each in configured.blocklists)


def _trusts(configured: Configured) -> bool:
    return bool(configured.blocklists) and configured.guardduty.enabled


# -- features ------------------------------------------------------------------------------------


def _has_groups(configured: Configured) -> bool:
    return bool(configured.logs.groups)


IDENTITY = Feature(
    "identity",
    (
        Need(
            "sts:GetCallerIdentity",
            "whose account it is; AWS asks for no permission",
            "is called as it is",
            free=True,
        ),
    ),
)
ROLES = Feature(
    "roles",
    (
        Need(
            "sts:AssumeRole",
            "the roles of aws.roles; without it, nothing of their accounts",
            "",
            lambda configured, _home: [role.arn for role in configured.aws.assumed],
            untestable="who each scope is says whether its role could be assumed",
        ),
    ),
    lambda configured: bool(configured.aws.roles),
)
LOGS = Feature(
    "logs",
    (
        Need(
            "logs:DescribeLogGroups",
            "finds the groups that the globs match, new ones too; without it, groups named in full",
            "lists what the globs match",
            _any_group,
            essential=lambda configured: any(map(_WILD.search, configured.logs.groups)),
        ),
        Need(
            "logs:FilterLogEvents",
            "reads groups that are not tailed, and again what Live Tail may have left out",
            "asks for one event of the last minute",
            _groups,
        ),
        Need(
            "logs:StartLiveTail",
            "events within a second; without it, groups are polled",
            "begins a session and ends it at once (billed as one minute of Live Tail)",
            _groups,
            applies=lambda configured: configured.logs.tail != "poll",
            essential=lambda configured: configured.logs.tail == "live",
        ),
    ),
    _has_groups,
)
GUARDDUTY = Feature(
    "guardduty",
    (
        Need(
            "guardduty:ListDetectors",
            "finds the detector; without it, no findings",
            "is called as it is",
        ),
        Need(
            "guardduty:ListFindings",
            "which findings were updated; without it, no findings",
            "asks for one finding",
            _detectors,
        ),
        Need(
            "guardduty:GetFindings",
            "the findings themselves; without it, none",
            "asks for one finding",
            _detectors,
        ),
    ),
    lambda configured: configured.guardduty.enabled,
)
CLOUDTRAIL = Feature(
    "cloudtrail",
    (
        Need(
            "cloudtrail:LookupEvents",
            "management events where no tailed log group holds the trail",
            "asks for one event",
        ),
        Need(
            "cloudtrail:DescribeTrails",
            "which log group holds the trail; without it, its name decides",
            "is called as it is",
            applies=lambda configured: _looks_for_trails(configured),
            essential=lambda _configured: False,
        ),
        Need(
            "cloudtrail:GetTrailStatus",
            "whether the trail is on; without it, it is taken to be",
            "asks for the status of one trail",
            _trails,
            applies=lambda configured: _looks_for_trails(configured),
            essential=lambda _configured: False,
        ),
    ),
    lambda configured: configured.cloudtrail.lookup != "off",
)
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
)
TRUSTED_CONTENT = Feature(
    "trusted lists, content",
    (
        Need(
            "s3:GetObject",
            "what is in the trusted lists: allow it for their objects, as plans name them; without "
            "it, plans say which list was not read",
            "",
            lambda _configured, home: [f"arn:{home.partition}:s3:::BUCKET-OF-THE-LIST/*"],
            untestable="GuardDuty alone knows where the lists are",
        ),
    ),
    _trusts,
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
FEATURES: tuple[Feature, ...] = (
    *(IDENTITY, ROLES, LOGS, GUARDDUTY, CLOUDTRAIL),
    *(BLOCKLISTS, IN_FORCE, OWN_ADDRESSES, TRUSTED_LISTS, TRUSTED_CONTENT, BLOCKS_INIT),
)


def _looks_for_trails(configured: Configured) -> bool:
    return configured.cloudtrail.lookup == "auto" and _has_groups(configured)


def needed(configured: Configured) -> Iterator[tuple[Feature, Need]]:
    """What the features that the settings switch on call, in the order of the list."""
    for feature in FEATURES:
        if feature.standing and feature.applies(configured):
            for need in feature.needs:
                if need.applies(configured):
                    yield feature, need
