"""The probes for answers other than blocks: each asks for what nobody has, so that whoever may read
it hears that there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ground import Untried

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ground import Ground, Probe

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


async def _interfaces(ground: Ground) -> str:
    client = await ground.access.client("ec2")
    await client.describe_network_interfaces(MaxResults=_FEWEST)
    return "five interfaces asked for"


async def _acls(ground: Ground) -> str:
    client = await ground.access.client("ec2")
    await client.describe_network_acls(MaxResults=_FEWEST)
    return "five network ACLs asked for"


async def _groups(ground: Ground) -> str:
    client = await ground.access.client("ec2")
    await client.describe_security_groups(MaxResults=_FEWEST)
    return "five security groups asked for"


async def _group_rules(ground: Ground) -> str:
    client = await ground.access.client("ec2")
    await client.describe_security_group_rules(MaxResults=_FEWEST)
    return "five rules of security groups asked for"


async def _function(ground: Ground) -> str:
    client = await ground.access.client("lambda")
    await client.get_function_configuration(FunctionName=_NOBODY)
    return "nobody's function asked for"


async def _invoke(ground: Ground) -> str:
    """DryRun, for each function that is here."""
    scope = ground.access.scope
    here = [
        each
        for each in ground.configured.answers.means.functions
        if each.region == scope.region and each.account == (ground.account or each.account)
    ]
    if not here:
        raise Untried("no function of the config is here")
    client = await ground.access.client("lambda")
    for each in here:
        await client.invoke(FunctionName=each.function, InvocationType="DryRun")
    return "DryRun of each function went well"


_FEWEST = 5
"""In a page, at least."""
REMEDY_PROBES: Mapping[str, Probe] = {
    "iam:ListAccessKeys": _list_keys,
    "iam:GetRole": _get_role,
    "iam:GetRolePolicy": _get_role_policy,
    "iam:ListAttachedUserPolicies": _list_policies,
    "ec2:DescribeNetworkInterfaces": _interfaces,
    "ec2:DescribeNetworkAcls": _acls,
    "ec2:DescribeSecurityGroups": _groups,
    "ec2:DescribeSecurityGroupRules": _group_rules,
    "lambda:GetFunctionConfiguration": _function,
    "lambda:InvokeFunction": _invoke,
}
