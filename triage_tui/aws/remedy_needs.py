"""What answers other than blocks need from AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .need import Feature, Need

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .need import Configured, Home


def _users(_configured: Configured, home: Home) -> Sequence[str]:
    return [f"arn:{home.partition}:iam::{home.account}:user/*"]


def _roles(_configured: Configured, home: Home) -> Sequence[str]:
    return [f"arn:{home.partition}:iam::{home.account}:role/*"]


def _detectors(_configured: Configured, home: Home) -> Sequence[str]:
    return [home.arn("guardduty", "detector/*")]


def _in_ec2(*resources: str) -> Callable[[Configured, Home], Sequence[str]]:
    return lambda _configured, home: [home.arn("ec2", each) for each in resources]


def _any_function(_configured: Configured, home: Home) -> Sequence[str]:
    return [home.arn("lambda", "function:*")]


def _functions(configured: Configured, _home: Home) -> Sequence[str]:
    return [each.function for each in configured.answers.functions]


def _has_quarantine(configured: Configured) -> bool:
    return bool(configured.answers.quarantine)


DENY_ALL = (("ArnLike", "iam:PolicyARN", "arn:*:iam::aws:policy/AWSDenyAll"),)
"""No other policy is attached, or detached."""
_WOULD = "it would change something"

PRINCIPALS = Feature(
    "answers principals",
    (
        Need(
            "iam:ListAccessKeys",
            "whether a key is active, before it is deactivated and after it",
            "asks for the keys of nobody",
            _users,
        ),
        Need(
            "iam:UpdateAccessKey",
            "deactivates a key, and activates it again",
            "",
            _users,
            untestable=_WOULD,
        ),
        Need("iam:GetRole", "whether a role is one that IAM lets nobody change",
             "asks for nobody's role", _roles),
        Need("iam:GetRolePolicy", "the policy that denies older sessions, where a role has it",
             "asks for a policy of nobody's role", _roles),
        Need("iam:PutRolePolicy", "denies the older sessions of a role; whoever has this can give "
             "any role any power", "", _roles, untestable=_WOULD),
        Need("iam:DeleteRolePolicy", "takes that back", "", _roles, untestable=_WOULD),
        Need("iam:ListAttachedUserPolicies", "whether everything is denied to a user",
             "asks for the policies of nobody", _users),
        Need("iam:AttachUserPolicy", "denies everything to a user, by AWSDenyAll alone", "",
             _users, untestable=_WOULD, condition=DENY_ALL),
        Need("iam:DetachUserPolicy", "takes that back", "", _users, untestable=_WOULD,
             condition=DENY_ALL),
    ),
    lambda configured: configured.answers.principals,
    essential=False,
)  # fmt: skip
FINDINGS = Feature(
    "answers findings",
    (
        Need("guardduty:ArchiveFindings", "archives findings", "", _detectors,
             untestable=_WOULD),
        Need("guardduty:UnarchiveFindings", "takes that back", "", _detectors, untestable=_WOULD),
        Need("guardduty:UpdateFindingsFeedback", "says whether findings were useful", "",
             _detectors, untestable=_WOULD),
    ),
    lambda configured: configured.answers.findings,
    essential=False,
)  # fmt: skip
NETWORK = Feature(
    "answers network",
    (
        Need("ec2:DescribeNetworkInterfaces", "which interfaces a host has, and in which groups",
             "asks for five"),
        Need("ec2:DescribeNetworkAcls", "what the network ACL of a host lets through",
             "asks for five"),
        Need("ec2:DescribeSecurityGroups", "in which VPC a group for quarantine is",
             "asks for five"),
        Need("ec2:DescribeSecurityGroupRules", "what a rule lets through", "asks for five"),
        Need("ec2:CreateNetworkAclEntry", "denies an address in a network ACL", "",
             _in_ec2("network-acl/*"), untestable=_WOULD),
        Need("ec2:DeleteNetworkAclEntry", "takes that back", "", _in_ec2("network-acl/*"),
             untestable=_WOULD),
        Need("ec2:RevokeSecurityGroupIngress", "removes a rule of a security group", "",
             _in_ec2("security-group/*"), untestable=_WOULD),
        Need("ec2:RevokeSecurityGroupEgress", "the same on the way out", "",
             _in_ec2("security-group/*"), untestable=_WOULD),
        Need("ec2:AuthorizeSecurityGroupIngress", "takes that back, or lets fewer through", "",
             _in_ec2("security-group/*"), untestable=_WOULD),
        Need("ec2:AuthorizeSecurityGroupEgress", "the same on the way out", "",
             _in_ec2("security-group/*"), untestable=_WOULD),
        Need("ec2:ModifyNetworkInterfaceAttribute", "puts a host into quarantine, and out again",
             "", _in_ec2("network-interface/*", "security-group/*"), untestable=_WOULD,
             applies=_has_quarantine),
        Need("lambda:GetFunctionConfiguration", "in which groups a function is",
             "asks for nobody's function", _any_function, applies=_has_quarantine),
        Need("lambda:UpdateFunctionConfiguration", "the same for functions in a VPC", "",
             _any_function, untestable=_WOULD, applies=_has_quarantine),
    ),
    lambda configured: configured.answers.network,
    essential=False,
)  # fmt: skip
FUNCTIONS = Feature(
    "answers functions",
    (
        Need("lambda:InvokeFunction", "calls your own functions",
             "asks whether it might (DryRun), and runs nothing", _functions,
             operation="lambda:Invoke"),
    ),
    lambda configured: bool(configured.answers.functions),
    essential=False,
)  # fmt: skip
REMEDY_FEATURES = (PRINCIPALS, FINDINGS, NETWORK, FUNCTIONS)
