"""IP sets of WAFv2: finds and creates them, and takes the steps of a change in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import ClientError

from triage_tui.respond.address_sets import IpSet, SetsError, Who
from triage_tui.respond.ipset import Held, Read, Trouble, TroubleKind, Write, Written

from .trouble import CALL_ERRORS, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from types_aiobotocore_wafv2 import WAFV2Client

    from triage_tui.respond.ipset import Answer
    from triage_tui.respond.settings import Scope

    from .access import Access
    from .trouble import Trouble as AwsTrouble

_PAGE = 100
_VERSIONS = {"IPV4": 4, "IPV6": 6}
_CONFLICTS = ("WAFOptimisticLockException",)
_BUSY = ("WAFUnavailableEntityException", "WAFTagOperationInternalErrorException")
"""AWS asks to try these again; nothing was done."""
_FIXES = {
    Kind.THROTTLED: "wait a moment, then repeat it",
    Kind.UNREACHABLE: "see whether AWS can be reached from here, then repeat it",
}


class WafSets:
    """Implements `respond.address_sets.AddressSets` for one account and region."""

    def __init__(self, access: Access) -> None:
        self._access = access

    @property
    def region(self) -> str:
        """The region that is called."""
        return self._access.scope.region

    async def who(self) -> Who:
        """As whom AWS is called."""
        try:
            return Who(*await self._access.identity())
        except CALL_ERRORS as error:
            await self._fail("GetCallerIdentity", error)

    async def find(self, scope: Scope) -> Sequence[IpSet]:
        """All sets of the scope: every page."""
        found: list[IpSet] = []
        try:
            client = await self._client()
            marker = ""
            while True:
                page = (
                    await client.list_ip_sets(Scope=scope, Limit=_PAGE, NextMarker=marker)
                    if marker
                    else await client.list_ip_sets(Scope=scope, Limit=_PAGE)
                )
                found += [
                    IpSet(scope, each["Name"], each["Id"], each["ARN"], 0)
                    for each in page["IPSets"]
                ]
                # A marker may come with the last page too: the one after it is empty.
                marker = page.get("NextMarker", "") if page["IPSets"] else ""
                if not marker:
                    return found
        except CALL_ERRORS as error:
            await self._fail("ListIPSets", error)

    async def describe(self, found: IpSet) -> IpSet:
        """The set with its version."""
        try:
            client = await self._client()
            answer = await client.get_ip_set(Name=found.name, Scope=found.scope, Id=found.id)
        except CALL_ERRORS as error:
            await self._fail("GetIPSet", error)
        return found._replace(version=_VERSIONS[answer["IPSet"]["IPAddressVersion"]])

    async def create(
        self, scope: Scope, name: str, version: int, description: str, tags: Mapping[str, str]
    ) -> IpSet:
        """A new, empty set."""
        try:
            client = await self._client()
            answer = await client.create_ip_set(
                Name=name,
                Scope=scope,
                Description=description,
                IPAddressVersion="IPV4" if version == 4 else "IPV6",
                Addresses=[],
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            )
        except CALL_ERRORS as error:
            await self._fail("CreateIPSet", error)
        made = answer["Summary"]
        return IpSet(scope, made["Name"], made["Id"], made["ARN"], version)

    async def perform(self, ip_set: IpSet, step: Read | Write) -> Answer:
        """Takes the step; what goes wrong is the answer."""
        try:
            client = await self._client()
            return await (
                _read(client, ip_set) if isinstance(step, Read) else _write(client, ip_set, step)
            )
        except CALL_ERRORS as error:
            found = self._access.trouble(error)
            if found.kind is Kind.CREDENTIALS:
                await self._access.renew(found)
            return _as_answer(error, found, writes=isinstance(step, Write))

    async def close(self) -> None:
        """Closes the clients."""
        await self._access.close()

    async def _client(self) -> WAFV2Client:
        return await self._access.client("wafv2")

    async def _fail(self, what: str, error: BaseException) -> NoReturn:
        found = self._access.trouble(error)
        if found.kind is Kind.CREDENTIALS:
            await self._access.renew(found)
        fix = found.cure or _FIXES.get(found.kind, "repeat it")
        raise SetsError(_words(what, found), fix) from error


async def _read(client: WAFV2Client, ip_set: IpSet) -> Held:
    answer = await client.get_ip_set(Name=ip_set.name, Scope=ip_set.scope, Id=ip_set.id)
    found = answer["IPSet"]
    return Held(
        tuple(found["Addresses"]),
        answer["LockToken"],
        found.get("Description", ""),
        answer["ResponseMetadata"].get("RequestId", ""),
    )


async def _write(client: WAFV2Client, ip_set: IpSet, step: Write) -> Written:
    asked = {
        "Name": ip_set.name,
        "Scope": ip_set.scope,
        "Id": ip_set.id,
        "Addresses": list(step.addresses),
        "LockToken": step.token,
    }
    if step.description:  # what is not sent along is gone
        asked["Description"] = step.description
    answer = await client.update_ip_set(**asked)  # type: ignore[arg-type] # as put together
    return Written(answer["NextLockToken"], answer["ResponseMetadata"].get("RequestId", ""))


def _words(what: str, found: AwsTrouble) -> str:
    return found.words if what in found.words else f"{what}: {found.words}"


def _as_answer(error: BaseException, found: AwsTrouble, *, writes: bool) -> Trouble:
    request_id, status = "", 0
    if isinstance(error, ClientError):
        metadata = error.response.get("ResponseMetadata", {})
        request_id = metadata.get("RequestId", "")
        status = metadata.get("HTTPStatusCode", 0)
    words = _words("UpdateIPSet" if writes else "GetIPSet", found._replace(words=found.told))
    return Trouble(_kind(error, found, status, writes=writes), words, request_id)


def _kind(error: BaseException, found: AwsTrouble, status: int, *, writes: bool) -> TroubleKind:
    if found.code in _CONFLICTS:
        return TroubleKind.CONFLICT
    if found.code in _BUSY or found.kind is Kind.THROTTLED:
        return TroubleKind.BUSY
    if found.kind in (Kind.DENIED, Kind.CREDENTIALS, Kind.GONE, Kind.REFUSED):
        return TroubleKind.REFUSED
    if isinstance(error, ClientError) and status < 500:
        return TroubleKind.REFUSED
    # A connection that broke may have carried the request, whatever the error is called: botocore
    # says "could not connect" of a reset too. And a failure of the service may come after the act.
    return TroubleKind.UNCLEAR if writes else TroubleKind.BUSY
