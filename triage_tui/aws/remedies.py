"""Makes the calls of remedies: each operation that a remedy may ask for stands here by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from botocore.exceptions import ClientError

from triage_tui.respond.ipset import TroubleKind
from triage_tui.respond.remedy.calls import Reply, Trouble

from .trouble import CALL_ERRORS, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.respond.remedy.calls import Call

    from .access import Access, Scope
    from .bare import Body, Json
    from .trouble import Trouble as AwsTrouble

Methods: TypeAlias = "Mapping[str, Callable[..., Awaitable[Json]]]"

_READS = ("Get", "List", "Describe")
_BUSY = frozenset((
    "ConcurrentModification", "ConcurrentModificationException", "EntityTemporarilyUnmodifiable",
    "ResourceConflictException",
))  # fmt: skip
"""AWS asks to try these again; nothing was done."""
_PERMISSIONS = {"lambda:Invoke": "lambda:InvokeFunction"}
"""What a policy calls an operation, where that is not its name."""


class AwsHands:
    """Implements `respond.remedy.hands.Hands`. The caller closes the accesses."""

    def __init__(self, accesses: Sequence[Access]) -> None:
        """`accesses` are those of all accounts that are watched."""
        self._accesses = list(accesses)
        self._accounts: dict[Scope, str] = {}
        """Whose each is, as far as anybody had to ask: who is locked out of one acts in others."""
        self._siblings: dict[tuple[int, str], Access] = {}

    async def perform(self, account: str, region: str, call: Call) -> Reply | Trouble:
        """Makes the call, once; what goes wrong is the answer."""
        access = await self._access(account, region)
        if isinstance(access, Trouble):
            return access
        try:
            methods = await _METHODS[call.service](access)
            answer = await methods[call.operation](**call.parameters)
        except CALL_ERRORS as error:
            found = access.trouble(error)
            if found.kind is Kind.CREDENTIALS:
                await access.renew(found)
            return _as_trouble(call, error, found)
        return Reply(answer, _request_id(answer))

    async def who(self, account: str) -> str | Trouble:
        """The ARN of whom we are there."""
        access = await self._access(account, "")
        if isinstance(access, Trouble):
            return access
        try:
            return (await access.identity())[1]
        except CALL_ERRORS as error:
            return Trouble(TroubleKind.REFUSED, access.trouble(error).told)

    async def close(self) -> None:
        """Closes the clients of other regions than those that are watched."""
        while self._siblings:
            _, access = self._siblings.popitem()
            await access.close()

    async def _access(self, account: str, region: str) -> Access | Trouble:
        """Access to an account, in a region where one is named."""
        found = [each for each in self._accesses if self._accounts.get(each.scope) == account]
        troubles: list[str] = []
        for access in [] if found else self._accesses:
            try:
                self._accounts[access.scope] = await access.account()
            except CALL_ERRORS as error:
                troubles.append(access.trouble(error).told)
            else:
                found += [access] if self._accounts[access.scope] == account else []
        if not found:
            words = f"nothing that is watched here is in the account {account or 'of this'}"
            return Trouble(TroubleKind.REFUSED, "; ".join(dict.fromkeys([words, *troubles])))
        there = next((each for each in found if each.scope.region == region), None)
        if there is not None or not region:
            return there or found[0]
        key = (self._accesses.index(found[0]), region)
        if key not in self._siblings:
            self._siblings[key] = found[0].sibling(region)
        return self._siblings[key]


async def _iam(access: Access) -> Methods:
    client = await access.client("iam")
    return {
        "ListAccessKeys": client.list_access_keys,
        "UpdateAccessKey": client.update_access_key,
        "GetRole": client.get_role,
        "GetRolePolicy": client.get_role_policy,
        "PutRolePolicy": client.put_role_policy,
        "DeleteRolePolicy": client.delete_role_policy,
        "ListAttachedUserPolicies": client.list_attached_user_policies,
        "AttachUserPolicy": client.attach_user_policy,
        "DetachUserPolicy": client.detach_user_policy,
    }


async def _guardduty(access: Access) -> Methods:
    client = await access.client("guardduty")
    return {
        "ListDetectors": client.list_detectors,
        "GetFindings": client.get_findings,
        "ArchiveFindings": client.archive_findings,
        "UnarchiveFindings": client.unarchive_findings,
        "UpdateFindingsFeedback": client.update_findings_feedback,
    }


async def _ec2(access: Access) -> Methods:
    client = await access.client("ec2")
    return {
        "DescribeNetworkInterfaces": client.describe_network_interfaces,
        "DescribeNetworkAcls": client.describe_network_acls,
        "CreateNetworkAclEntry": client.create_network_acl_entry,
        "DeleteNetworkAclEntry": client.delete_network_acl_entry,
        "DescribeSecurityGroups": client.describe_security_groups,
        "DescribeSecurityGroupRules": client.describe_security_group_rules,
        "AuthorizeSecurityGroupIngress": client.authorize_security_group_ingress,
        "AuthorizeSecurityGroupEgress": client.authorize_security_group_egress,
        "RevokeSecurityGroupIngress": client.revoke_security_group_ingress,
        "RevokeSecurityGroupEgress": client.revoke_security_group_egress,
        "ModifyNetworkInterfaceAttribute": client.modify_network_interface_attribute,
    }


async def _lambda(access: Access) -> Methods:
    client = await access.client("lambda")

    async def invoke(**asked: object) -> Json:
        answer = await client.invoke(**asked)
        body = answer.get("Payload")
        said = b"" if body is None else await cast("Body", body).read(_LONGEST)
        return {**answer, "Payload": said.decode("utf-8", "replace")}

    return {
        "Invoke": invoke,
        "GetFunctionConfiguration": client.get_function_configuration,
        "UpdateFunctionConfiguration": client.update_function_configuration,
    }


_LONGEST = 6 << 20
"""Bytes of what a function may answer."""
_METHODS: Mapping[str, Callable[[Access], Awaitable[Methods]]] = {
    "iam": _iam,
    "guardduty": _guardduty,
    "ec2": _ec2,
    "lambda": _lambda,
}


def _request_id(answer: Json) -> str:
    metadata = answer.get("ResponseMetadata")
    found = metadata.get("RequestId") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, str) else ""


def _as_trouble(call: Call, error: BaseException, found: AwsTrouble) -> Trouble:
    request_id, status = "", 0
    if isinstance(error, ClientError):
        metadata = error.response.get("ResponseMetadata", {})
        request_id = metadata.get("RequestId", "")
        status = metadata.get("HTTPStatusCode", 0)
    words = found.told if call.operation in found.words else f"{call.operation}: {found.told}"
    denied = ""
    if found.kind is Kind.DENIED:
        denied = _PERMISSIONS.get(call.action, call.action)
    return Trouble(_kind(call, error, found, status), words, found.code, request_id, denied)


def _kind(call: Call, error: BaseException, found: AwsTrouble, status: int) -> TroubleKind:
    writes = not call.operation.startswith(_READS)
    if found.code in _BUSY or found.kind is Kind.THROTTLED:
        return TroubleKind.BUSY
    if found.kind in (Kind.DENIED, Kind.CREDENTIALS, Kind.GONE, Kind.REFUSED):
        return TroubleKind.REFUSED
    if isinstance(error, ClientError) and status < 500:
        return TroubleKind.REFUSED
    # A connection that broke may have carried the request; a service may fail after the act.
    return TroubleKind.UNCLEAR if writes else TroubleKind.BUSY
