"""The same as in `remedy_scenes`, on a server that somebody else wrote: moto."""

import json
import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from tests.aws.remedy_scenes import DENY_ALL, ISSUED, OLDER, Scene
from triage_tui.remedies import DeactivateKey, DenySessions, DenyUser

ACCOUNT = "123456789012"
"""Whose account moto's credentials are of."""
Client = Callable[[str], AbstractAsyncContextManager[Any]]
"""Gives an unmodified client of a service."""


def _name(word: str) -> str:
    """One that no other test has."""
    return f"{word}-{uuid.uuid4().hex[:8]}"


async def key(client: Client) -> Scene:
    """A user with two keys."""
    whose = _name("maria")
    async with client("iam") as iam:
        await iam.create_user(UserName=whose)
        made = await iam.create_access_key(UserName=whose)
        await iam.create_access_key(UserName=whose)
    name = made["AccessKey"]["AccessKeyId"]

    async def seen() -> object:
        async with client("iam") as iam:
            listed = await iam.list_access_keys(UserName=whose)
            return {k["AccessKeyId"]: k["Status"] for k in listed["AccessKeyMetadata"]}

    async def meddle() -> None:
        async with client("iam") as iam:
            await iam.delete_access_key(UserName=whose, AccessKeyId=name)

    async def again() -> None:
        async with client("iam") as iam:
            await iam.update_access_key(UserName=whose, AccessKeyId=name, Status="Active")

    return Scene(DeactivateKey(account=ACCOUNT, user=whose, key=name), seen, meddle, again)


async def sessions(client: Client) -> Scene:
    """A role whose older sessions were denied before, and which has another policy too."""
    role = _name("deploy")
    first = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*",
             "Resource": "*"}]}  # fmt: skip
    async with client("iam") as iam:
        await iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
        for name in (OLDER, "other"):
            await iam.put_role_policy(
                RoleName=role, PolicyName=name, PolicyDocument=json.dumps(first)
            )

    async def seen() -> object:
        async with client("iam") as iam:
            names = (await iam.list_role_policies(RoleName=role))["PolicyNames"]
            return {
                name: (await iam.get_role_policy(RoleName=role, PolicyName=name))["PolicyDocument"]
                for name in names
            }

    async def meddle() -> None:
        async with client("iam") as iam:
            await iam.put_role_policy(
                RoleName=role,
                PolicyName=OLDER,
                PolicyDocument=json.dumps(first).replace("s3:*", "sqs:*"),
            )

    async def again() -> None:
        async with client("iam") as iam:
            await iam.put_role_policy(
                RoleName=role, PolicyName=OLDER, PolicyDocument=json.dumps(first)
            )

    change = DenySessions(
        account=ACCOUNT,
        role=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        issued=ISSUED,
    )
    return Scene(change, seen, meddle, again)


async def user(client: Client) -> Scene:
    """A user with a policy of their own."""
    whose = _name("kim")
    async with client("iam") as iam:
        await iam.create_user(UserName=whose)
        own = await iam.create_policy(
            PolicyName=_name("own"),
            PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
            '"Action":"s3:ListAllMyBuckets","Resource":"*"}]}',
        )
        await iam.attach_user_policy(UserName=whose, PolicyArn=own["Policy"]["Arn"])

    async def seen() -> object:
        async with client("iam") as iam:
            found = await iam.list_attached_user_policies(UserName=whose)
            return sorted(each["PolicyArn"] for each in found["AttachedPolicies"])

    async def meddle() -> None:
        async with client("iam") as iam:
            for each in (await iam.list_attached_user_policies(UserName=whose))["AttachedPolicies"]:
                await iam.detach_user_policy(UserName=whose, PolicyArn=each["PolicyArn"])
            await iam.delete_user(UserName=whose)

    async def again() -> None:
        async with client("iam") as iam:
            await iam.detach_user_policy(UserName=whose, PolicyArn=DENY_ALL)

    change = DenyUser(account=ACCOUNT, user=whose)
    return Scene(change, seen, meddle, again, takes_away=True)


ON_MOTO = {"key": key, "sessions": sessions, "user": user}
