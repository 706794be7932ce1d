"""Finds out what there is to configure: profiles, regions, log groups, detectors, IP sets."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError
from botocore.session import Session

from triage_tui.choices import AddressSet, DiscoveryError, Group, Profile, Site
from triage_tui.respond.settings import HOME_OF_CLOUDFRONT

from .access import Access, Scope, regions_of
from .ground import TAILED
from .groups import described
from .need import partition
from .pace import Budget
from .signins import SignIns
from .trouble import CALL_ERRORS, trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from types_aiobotocore_wafv2 import WAFV2Client

    from triage_tui.choices import SetScope
    from triage_tui.ports import CodeAsker

_PER_SECOND = 5.0
"""Requests to each API of an account and region: AWS allows some more."""
_PAGE = 50
_WAYS = (
    ("sso_session", "IAM Identity Center"),
    ("sso_start_url", "IAM Identity Center"),
    ("login_session", "aws login"),
    ("role_arn", "role"),
    ("credential_process", "a program"),
    ("web_identity_token_file", "web identity"),
    ("aws_access_key_id", "access key"),
)
"""What a profile says, and how its credentials are had then; in order."""
_ENVIRONMENT = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_VERSIONS = {"IPV4": 4, "IPV6": 6}


class AwsDiscovery:
    """Implements `ports.Discovery`."""

    def __init__(self) -> None:
        self.ask: CodeAsker | None = None
        """Asks for MFA codes; set before anything is asked for."""
        self._signins: SignIns | None = None
        self._left: list[Access] = []
        self._accesses: dict[Site, Access] = {}
        self._budgets: dict[tuple[Site, str], Budget] = {}

    async def profiles(self) -> Sequence[Profile]:
        """The profiles of ~/.aws, and the environment where it has credentials or is all there
        is."""
        try:
            found = await asyncio.to_thread(_profiles)
        except BotoCoreError as error:
            raise _told(error) from None
        if not found or any(os.environ.get(name) for name in _ENVIRONMENT):
            region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
            found.insert(0, Profile("", "what the environment says", region))
        return found

    async def regions(self, profile: str) -> Sequence[str]:
        """Those of the partition of the profile's own region."""
        try:
            own = await asyncio.to_thread(_region, profile or None)
        except BotoCoreError as error:
            raise _told(error) from None
        return await asyncio.to_thread(regions_of, "logs", partition(own))

    async def groups(self, site: Site) -> AsyncIterator[Sequence[Group]]:
        """A page at a time, in the order of names."""
        page: list[Group] = []
        access = self._access(site)
        try:
            async for each in described(access, "", self._budget(site, "describe")):
                name, size = each.get("logGroupName", ""), each.get("storedBytes", 0)
                page.append(Group(site, name, size, each.get("logGroupClass", TAILED)))
                if len(page) == _PAGE:
                    yield page
                    page = []
        except CALL_ERRORS as error:
            raise _told(error, access) from None
        if page:
            yield page

    async def last_event(self, group: Group) -> int | None:
        """Of the stream that was written to last, as far as the service knows by now."""
        await self._budget(group.site, "streams").turn()
        try:
            client = await self._access(group.site).client("logs")
            answer = await client.describe_log_streams(
                logGroupName=group.name, orderBy="LastEventTime", descending=True, limit=1
            )
        except CALL_ERRORS as error:
            raise _told(error, self._access(group.site)) from None
        times = [
            each.get("lastEventTimestamp", each.get("lastIngestionTime", 0))
            for each in answer["logStreams"]
        ]
        return max(times) * 1_000_000 if any(times) else None

    async def detector(self, site: Site) -> str:
        """At most one: a region has no more."""
        try:
            client = await self._access(site).client("guardduty")
            found = (await client.list_detectors())["DetectorIds"]
        except CALL_ERRORS as error:
            raise _told(error, self._access(site)) from None
        return found[0] if found else ""

    async def sets(self, site: Site, scope: SetScope) -> Sequence[AddressSet]:
        """With the family of each, where it may be read."""
        home = site._replace(region=HOME_OF_CLOUDFRONT) if scope == "CLOUDFRONT" else site
        try:
            client = await self._access(home).client("wafv2")
            return [each async for each in self._sets(client, home, scope)]
        except CALL_ERRORS as error:
            raise _told(error, self._access(home)) from None

    async def _sets(
        self, client: WAFV2Client, site: Site, scope: SetScope
    ) -> AsyncIterator[AddressSet]:
        budget, marker = self._budget(site, "sets"), ""
        while True:
            await budget.turn()
            more = {"NextMarker": marker} if marker else {}
            page = await client.list_ip_sets(Scope=scope, Limit=_PAGE, **more)
            for each in page["IPSets"]:
                await budget.turn()
                version = entries = 0
                with contextlib.suppress(*CALL_ERRORS):  # to be listed is enough to be chosen
                    answer = await client.get_ip_set(Name=each["Name"], Scope=scope, Id=each["Id"])
                    version = _VERSIONS[answer["IPSet"]["IPAddressVersion"]]
                    entries = len(answer["IPSet"]["Addresses"])
                yield AddressSet(site, scope, each["Name"], version, entries)
            marker = page.get("NextMarker", "") if page["IPSets"] else ""
            if not marker:
                return

    def again(self) -> None:
        """Signs in anew from here on: somebody may have done so in another window."""
        self._left += self._accesses.values()
        self._accesses.clear()
        self._signins = None

    async def close(self) -> None:
        """Closes every client."""
        self.again()
        for access in self._left:
            await access.close()

    def _access(self, site: Site) -> Access:
        if self._signins is None:
            self._signins = SignIns(self.ask)
        if site not in self._accesses:
            scope = Scope(site.profile or None, site.region)
            self._accesses[site] = Access(scope, self._signins.of(scope))
        return self._accesses[site]

    def _budget(self, site: Site, api: str) -> Budget:
        return self._budgets.setdefault((site, api), Budget(_PER_SECOND))


def _profiles() -> list[Profile]:
    """Those that the files name. Blocking; raises BotoCoreError."""
    session = Session()
    known: Mapping[str, Mapping[str, str]] = session.full_config.get("profiles", {})
    return [Profile(name, _way(said), said.get("region", "")) for name, said in known.items()]


def _way(said: Mapping[str, str]) -> str:
    way = next((words for key, words in _WAYS if key in said), "")
    if way == "role":
        return f"role {said['role_arn'].rpartition('/')[2]}"
    return way


def _region(profile: str | None) -> str:
    return str(Session(profile=profile).get_config_variable("region") or "")


def _told(error: BaseException, access: Access | None = None) -> DiscoveryError:
    found = access.trouble(error) if access is not None else trouble(error)
    return DiscoveryError(found.words, found.cure)
