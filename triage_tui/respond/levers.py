"""Whether AWS WAF is the right lever, from where an address was seen; and the right one else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.model import Collateral

    from .statements import Seen

BEHIND_WAF = frozenset(
    (
        *("waf", "alb", "cloudfront", "apigateway"),
        *("access", "nginx_error", "apache_error", "application", "lambda"),
    )
)
"""Logs of what a web ACL can guard."""
OTHER_LEVERS = {
    "cloudtrail": (
        "in CloudTrail alone: it calls the AWS API, and no web ACL stands before that. "
        "Deactivate the access key or revoke the sessions of {whom} in IAM."
    ),
    "eks": (
        "in the audit log of Kubernetes alone. Narrow the public access CIDRs of the cluster's "
        "endpoint, and revoke the access of {whom}."
    ),
    "s3access": (
        "in the access log of a bucket alone, which no web ACL guards. Deny it in the bucket's "
        "policy."
    ),
    "auth": (
        "in sign-ins on hosts alone: no web ACL guards them. Narrow their security group, or deny "
        "it in the network ACL of their subnet."
    ),
    "vpcflow": (
        "in flow logs alone. Where it does not go through a load balancer, API or distribution "
        "with a web ACL, a security group or a network ACL stops it."
    ),
    "nlb": (
        "at a network load balancer alone, which no web ACL can guard. Narrow its security group, "
        "or deny it in the network ACL of its subnets."
    ),
    "clb": (
        "at a classic load balancer alone, which no web ACL can guard. Narrow its security group, "
        "or deny it in the network ACL of its subnets."
    ),
    "route53": "in DNS answers alone: a host of yours asks for it. Use Route 53 DNS Firewall.",
}
"""What to pull for an address that no log of `BEHIND_WAF` has, by the log that has it most."""


def how_seen(collateral: Collateral) -> Seen:
    """How its requests arrive, as far as they were logged where a web ACL could stand."""
    web = sum(count for name, count in collateral.formats if name in BEHIND_WAF)
    if not collateral.known or not web:
        return "unknown"
    if not collateral.forwarded:
        return "direct"
    return "forwarded" if collateral.forwarded >= web else "both"


def about_lever(collateral: Collateral) -> Iterator[str]:
    """Sentences on why a web ACL would not stop this, and on what would."""
    cidr, seen = collateral.cidr, dict(collateral.formats)
    if collateral.outbound:
        events = "event shows" if collateral.outbound == 1 else "events show"
        yield (
            f"{collateral.outbound:,} {events} hosts of yours calling {cidr}, and WAF judges "
            "requests that come in. Close the way out in their security group or network ACL, and "
            "look at those hosts."
        )
    if not seen or not BEHIND_WAF.isdisjoint(seen):
        return
    most = next((name for name, _ in collateral.formats if name in OTHER_LEVERS), None)
    if most is not None and not (most == "vpcflow" and collateral.outbound):
        whom = ", ".join(collateral.principals[:3]) or "whoever acts from there"
        if len(collateral.principals) > 3:
            whom += f" and {len(collateral.principals) - 3:,} more"
        yield f"{cidr} was seen {OTHER_LEVERS[most].format(whom=whom)}"
