"""Access to one account and region: its credentials, its clients, who it is."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args, overload
from urllib.parse import urlsplit

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from . import answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiobotocore.client import AioBaseClient
    from types_aiobotocore_cloudtrail import CloudTrailClient
    from types_aiobotocore_guardduty import GuardDutyClient
    from types_aiobotocore_logs import CloudWatchLogsClient
    from types_aiobotocore_sts import STSClient
    from types_aiobotocore_wafv2 import WAFV2Client

    from .bare import CloudFrontClient, EC2Client, S3Client
    from .settings import AwsSettings

Service = Literal[
    "cloudfront", "cloudtrail", "ec2", "guardduty", "logs", "s3", "sts", "tail", "wafv2"
]
SERVICES: tuple[Service, ...] = tuple(each for each in get_args(Service) if each != "tail")
_AGENT = "triage-tui"
_CALL = AioConfig(
    connect_timeout=5,
    read_timeout=30,
    # We try again ourselves, for all to see: a retry within the client looks like a slow answer.
    retries={"mode": "standard", "total_max_attempts": 1},
    user_agent_extra=_AGENT,
)
SILENCE = 10
"""Seconds. Live Tail sends an update every second, with or without an event."""
RENEWAL = 5.0
"""Seconds between two looks for new credentials. Clients are closed at the next one, when their
calls have ended."""


class Scope(NamedTuple):
    """Whose account, and where. `profile` None is what the environment says."""

    profile: str | None
    region: str

    def __str__(self) -> str:
        return f"{self.profile} {self.region}" if self.profile else self.region


class Access:
    """Clients of one scope, each made once and when it is asked for first.

    Static credentials are read when a session is made and never again: after `renew`, everything is
    made anew.
    """

    def __init__(
        self,
        scope: Scope,
        *,
        streams: int = 10,
        silence: float = SILENCE,
        renewal: float = RENEWAL,
    ) -> None:
        """`streams` is how many Live Tail sessions may be open at once: each keeps a connection,
        and whoever waits for a free one would wait for good. After `silence` (seconds) a stream
        counts as broken; `renew` does nothing more often than every `renewal` seconds."""
        self.scope = scope
        self._streams = streams
        self._silence = silence
        self._renewal = renewal
        self._renewed = -renewal
        self._left: list[contextlib.AsyncExitStack] = []
        """Clients that others may be using still."""
        self._stack = contextlib.AsyncExitStack()
        self._session: AioSession | None = None
        self._clients: dict[Service, AioBaseClient] = {}
        self._turn = asyncio.Lock()
        self._account = ""

    @overload
    async def client(self, service: Literal["logs", "tail"]) -> CloudWatchLogsClient: ...
    @overload
    async def client(self, service: Literal["guardduty"]) -> GuardDutyClient: ...
    @overload
    async def client(self, service: Literal["cloudtrail"]) -> CloudTrailClient: ...
    @overload
    async def client(self, service: Literal["sts"]) -> STSClient: ...
    @overload
    async def client(self, service: Literal["wafv2"]) -> WAFV2Client: ...
    @overload
    async def client(self, service: Literal["cloudfront"]) -> CloudFrontClient: ...
    @overload
    async def client(self, service: Literal["ec2"]) -> EC2Client: ...
    @overload
    async def client(self, service: Literal["s3"]) -> S3Client: ...
    async def client(self, service: Service) -> AioBaseClient:
        """The client of a service; `tail` is the one for Live Tail alone. Raises one of
        `CALL_ERRORS`."""
        async with self._turn:
            return await self._client(service)

    async def account(self) -> str:
        """The account's number."""
        if not self._account:
            self._account, _ = await self.identity()
        return self._account

    async def identity(self) -> tuple[str, str]:
        """(account's number, ARN) of whom we are now: GetCallerIdentity, which needs no
        permission."""
        client = await self.client("sts")
        found = await client.get_caller_identity()
        return found["Account"], found["Arn"]

    async def endpoint(self, service: Service) -> str:
        """The URL that a service's client goes to. Raises one of `CALL_ERRORS`."""
        async with self._turn:
            found = await self._client(service)
        return str(found.meta.endpoint_url)

    def sibling(self, region: str) -> Access:
        """Access to another region of the same account, by the same credentials. The caller closes
        it."""
        made = Access(self.scope._replace(region=region))
        made._session = self._session
        return made

    async def renew(self) -> None:
        """Forgets clients and credentials, for somebody may have signed in meanwhile. All who share
        the credentials fail together: once in a while is enough."""
        async with self._turn:
            if time.monotonic() - self._renewed < self._renewal:
                return
            self._renewed = time.monotonic()
            self._leave()
            await self._close_left(but=1)

    async def close(self) -> None:
        """Closes every client."""
        async with self._turn:
            self._leave()
            await self._close_left()

    def _leave(self) -> None:
        self._left.append(self._stack)
        self._stack = contextlib.AsyncExitStack()
        self._clients, self._session = {}, None

    async def _close_left(self, but: int = 0) -> None:
        """Closes all but the newest. One that is being closed stays in the list: whoever closes may
        be cancelled meanwhile."""
        while len(self._left) > but:
            await self._left[0].aclose()
            del self._left[0]

    async def _client(self, service: Service) -> AioBaseClient:
        if service not in self._clients:
            config = _CALL if service != "tail" else await self._tail_config()
            self._clients[service] = await self._make(service, config)
        return self._clients[service]

    async def _make(self, service: Service, config: AioConfig) -> AioBaseClient:
        if self._session is None:
            self._session = await asyncio.to_thread(_session, self.scope.profile)
        name = "logs" if service == "tail" else service
        await asyncio.to_thread(_load, self._session, name)
        made = self._session.create_client(name, region_name=self.scope.region, config=config)
        client: AioBaseClient = await self._stack.enter_async_context(made)
        if name == "logs":
            answers.take_over(client)
        return client

    async def _tail_config(self) -> AioConfig:
        usual = await self._client("logs")
        host = urlsplit(usual.meta.endpoint_url).hostname or ""
        # Live Tail's own host, `stream-logs…`, is none where the endpoint was set to another one.
        own = AioConfig(
            read_timeout=self._silence,
            max_pool_connections=self._streams,
            inject_host_prefix=host.startswith("logs."),
        )
        return _CALL.merge(own)


def _session(profile: str | None) -> AioSession:
    """A session whose files are read already: nothing of that may be left to the event loop.
    Blocking."""
    session = AioSession(profile=profile)
    loader = session.get_component("data_loader")
    for name in ("partitions", "endpoints", "_retry", "sdk-default-configuration"):
        loader.load_data(name)
    session.get_scoped_config()  # reads ~/.aws, and keeps it
    return session


def _load(session: AioSession, service: str) -> None:
    """Reads the service's models, where nobody has yet: the session keeps them. Blocking."""
    loader = session.get_component("data_loader")
    for kind in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model(service, kind, api_version=None)  # kept under these words


def default_region(profile: str | None) -> str | None:
    """The region that the AWS CLI would take. Blocking; raises AccessError."""
    try:
        region = AioSession(profile=profile).get_config_variable("region")
    except BotoCoreError as error:
        raise AccessError(str(error)) from None
    return str(region) if region else None


def regions_of(service: str, partition: str) -> list[str]:
    """The regions of a partition (`aws`, `aws-cn`) that have a service, as the client knows them.
    Blocking."""
    return sorted(Session().get_available_regions(service, partition_name=partition))


class AccessError(Exception):
    """Nobody knows where to look, or as whom; the message says what to do."""


def scopes(settings: AwsSettings, region_of: Callable[[str | None], str | None]) -> list[Scope]:
    """Every profile in every region; without regions, each profile in its own. Raises
    AccessError."""
    found = []
    for profile in settings.profiles or (None,):
        own = settings.regions or (region_of(profile),)
        for region in own:
            if not region:
                whose = f"the profile {profile!r}" if profile else "the environment"
                raise AccessError(
                    f"{whose} names no region: give --region, or set aws.regions in the config"
                )
            found.append(Scope(profile, region))
    return list(dict.fromkeys(found))
