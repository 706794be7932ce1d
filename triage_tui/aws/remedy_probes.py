"""The probes for answers other than blocks: each asks for what nobody has, so that whoever may read
it hears that there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .probes import Ground, Probe

_NOBODY = "triage-tui-doctor"


async def _list_keys(ground: Ground) -> str:
    client = await ground.access.client("iam")
    await client.list_access_keys(UserName=_NOBODY)
    return "the keys of nobody asked for"


async def _get_role(ground: Ground) -> str:
    client = await ground.access.client("iam")
    await client.get_role(RoleName=_NOBODY)
    return "nobody's role asked for"


async def _get_role_policy(ground: Ground) -> str:
    client = await ground.access.client("iam")
    await client.get_role_policy(RoleName=_NOBODY, PolicyName=_NOBODY)
    return "a policy of nobody's role asked for"


async def _list_policies(ground: Ground) -> str:
    client = await ground.access.client("iam")
    await client.list_attached_user_policies(UserName=_NOBODY)
    return "the policies of nobody asked for"


REMEDY_PROBES: Mapping[str, Probe] = {
    "iam:ListAccessKeys": _list_keys,
    "iam:GetRole": _get_role,
    "iam:GetRolePolicy": _get_role_policy,
    "iam:ListAttachedUserPolicies": _list_policies,
}
