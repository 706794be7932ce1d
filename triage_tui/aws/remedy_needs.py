"""What answers other than blocks need from AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .need import Feature, Need

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .need import Configured, Home


def _users(_configured: Configured, home: Home) -> Sequence[str]:
    return [f"arn:{home.partition}:iam::{home.account}:user/*"]


def _roles(_configured: Configured, home: Home) -> Sequence[str]:
    return [f"arn:{home.partition}:iam::{home.account}:role/*"]


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
REMEDY_FEATURES = (PRINCIPALS,)
