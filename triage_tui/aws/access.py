"""Access to one account and region: its credentials, its clients, who it is."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
from typing import TYPE_CHECKING, Literal, NamedTuple, cast, get_args, overload
from urllib.parse import urlsplit

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError, HTTPClientError, ProfileNotFound
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.session import Session as BotoSession

from . import answers
from .signin import CALL, RENEWAL
from .signins import SignIns
from .trouble import trouble
from .whose import RefusalError, Who

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiobotocore.client import AioBaseClient
    from types_aiobotocore_cloudtrail import CloudTrailClient
    from types_aiobotocore_guardduty import GuardDutyClient
    from types_aiobotocore_inspector2 import Inspector2Client
    from types_aiobotocore_logs import CloudWatchLogsClient
    from types_aiobotocore_sts import STSClient
    from types_aiobotocore_wafv2 import WAFV2Client

    from .bare import (
        AthenaClient,
        CloudFrontClient,
        DynamoDBClient,
        EC2Client,
        IAMClient,
        LambdaClient,
        OAMClient,
        S3Client,
    )
    from .pace import Sleep
    from .settings import AwsSettings, Role
    from .signin import Session, SignIn
    from .trouble import Trouble

Service = Literal[
    "athena",
    "cloudfront",
    "cloudtrail",
    "dynamodb",
    "ec2",
    "guardduty",
    "iam",
    "inspector2",
    "lambda",
    "logs",
    "oam",
    "s3",
    "sts",
    "tail",
    "wafv2",
]
SERVICES: tuple[Service, ...] = tuple(each for each in get_args(Service) if each != "tail")
_FUNCTIONS = CALL.merge(AioConfig(read_timeout=15 * 60 + 30, tcp_keepalive=True))
"""A function may think for a quarter of an hour; whoever gives up earlier knows nothing of it."""
SILENCE = 10
"""Seconds. Live Tail sends an update every second, with or without an event."""


class Scope(NamedTuple):
    """Whose account, and where. `profile` None is what the environment says; `role` is assumed from
    there."""

    profile: str | None
    region: str
    role: Role | None = None

    def __str__(self) -> str:
        whose = self.role.label if self.role is not None else self.profile
        return f"{whose} {self.region}" if whose else self.region


class Access:
    """Clients of one scope, each made once and when it is asked for first.

    When the sign-in is another one, all clients are made anew.
    """

    def __init__(
        self,
        scope: Scope,
        signin: SignIn | None = None,
        *,
        streams: int = 10,
        silence: float = SILENCE,
        renewal: float = RENEWAL,
    ) -> None:
        """Without `signin` it has one of its own, that nobody gives MFA codes to, and that looks
        for new credentials no more often than every `renewal` seconds. `streams` is how many Live
        Tail sessions may be open at once: each keeps a connection, and whoever waits for a free one
        would wait for good. After `silence` (seconds) a stream counts as broken."""
        self.scope = scope
        self._signin = signin or SignIns(renewal=renewal).of(scope)
        self._generation = -1
        self._streams = streams
        self.silence = silence
        self._left: list[contextlib.AsyncExitStack] = []
        """Clients that others may be using still."""
        self._stack = contextlib.AsyncExitStack()
        self._clients: dict[Service, AioBaseClient] = {}
        self._turn = asyncio.Lock()
        self._account = ""

    @overload
    async def client(self, service: Literal["logs", "tail"]) -> CloudWatchLogsClient: ...
    @overload
    async def client(self, service: Literal["guardduty"]) -> GuardDutyClient: ...
    @overload
    async def client(self, service: Literal["inspector2"]) -> Inspector2Client: ...
    @overload
    async def client(self, service: Literal["cloudtrail"]) -> CloudTrailClient: ...
    @overload
    async def client(self, service: Literal["sts"]) -> STSClient: ...
    @overload
    async def client(self, service: Literal["wafv2"]) -> WAFV2Client: ...
    @overload
    async def client(self, service: Literal["athena"]) -> AthenaClient: ...
    @overload
    async def client(self, service: Literal["cloudfront"]) -> CloudFrontClient: ...
    @overload
    async def client(self, service: Literal["dynamodb"]) -> DynamoDBClient: ...
    @overload
    async def client(self, service: Literal["ec2"]) -> EC2Client: ...
    @overload
    async def client(self, service: Literal["iam"]) -> IAMClient: ...
    @overload
    async def client(self, service: Literal["lambda"]) -> LambdaClient: ...
    @overload
    async def client(self, service: Literal["oam"]) -> OAMClient: ...
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
        return Access(self.scope._replace(region=region), self._signin)

    def trouble(self, error: BaseException) -> Trouble:
        """What went wrong with a call, for any of `CALL_ERRORS`, and as whom it was tried."""
        return trouble(error, self._signin.who._replace(region=self.scope.region))

    async def renew(self, found: Trouble) -> None:
        """Whoever is locked out, and does not wait, says so here: the next client is a new one."""
        await self._signin.renew(found.code)

    async def locked_out(self, found: Trouble, pause: float, sleep: Sleep) -> None:
        """Whoever is locked out waits here, `pause` seconds at most: then somebody may have signed
        in, and new clients are made."""
        await self.renew(found)
        await self._signin.wait(pause, sleep)

    async def stand_by(self, pause: float, sleep: Sleep) -> None:
        """Whoever is let in and denied something waits here, `pause` seconds at most: somebody may
        say that it is allowed by now."""
        await self._signin.stand_by(pause, sleep)

    async def close(self) -> None:
        """Closes every client."""
        async with self._turn:
            self._leave()
            await self._close_left()

    def _leave(self) -> None:
        self._left.append(self._stack)
        self._stack = contextlib.AsyncExitStack()
        self._clients = {}

    async def _close_left(self, but: int = 0) -> None:
        """Closes all but the newest. One that is being closed stays in the list: whoever closes may
        be cancelled meanwhile."""
        while len(self._left) > but:
            await self._left[0].aclose()
            del self._left[0]

    async def _client(self, service: Service) -> AioBaseClient:
        session = await self._signin.session()
        if session.generation != self._generation:
            self._leave()
            await self._close_left(but=1)  # its calls may not have ended
            await self._check_account(session)
            self._generation = session.generation
        if service not in self._clients:
            config = _FUNCTIONS if service == "lambda" else CALL
            if service == "tail":
                config = await self._tail_config(session)
            self._clients[service] = await self._make(session, service, config)
        return self._clients[service]

    async def _make(self, session: Session, service: Service, config: AioConfig) -> AioBaseClient:
        name = "logs" if service == "tail" else service
        await asyncio.to_thread(_load, session, name)
        made = session.aws.create_client(name, region_name=self.scope.region, config=config)
        client: AioBaseClient = await self._stack.enter_async_context(made)
        if name == "logs":
            answers.take_over(client)
        return client

    async def _sts(self, session: Session) -> STSClient:
        made = self._clients["sts"] = await self._make(session, "sts", CALL)
        return cast("STSClient", made)

    async def _check_account(self, session: Session) -> None:
        """Whoever signs in anew may do so to another account, whose events would mix with ours."""
        if not self._account:
            return
        client = await self._sts(session)
        try:
            found = (await client.get_caller_identity())["Account"]
        except (BotoConnectionError, HTTPClientError):  # STS is out of reach
            return
        if found != self._account:
            raise RefusalError(
                f"the new credentials are of the account {found}, and this triage is of "
                f"{self._account}",
                "sign in to that one; for the other, start another triage",
            )

    async def _tail_config(self, session: Session) -> AioConfig:
        if "logs" not in self._clients:
            self._clients["logs"] = await self._make(session, "logs", CALL)
        usual = self._clients["logs"]
        host = urlsplit(usual.meta.endpoint_url).hostname or ""
        # Live Tail's own host, `stream-logs…`, is none where the endpoint was set to another one.
        own = AioConfig(
            read_timeout=self.silence,
            max_pool_connections=self._streams,
            inject_host_prefix=host.startswith("logs."),
        )
        return CALL.merge(own)


def _load(session: Session, service: str) -> None:
    """Reads the service's models, where nobody has yet: they are kept. Blocking."""
    loader = session.aws.get_component("data_loader")
    for kind in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model(service, kind, api_version=None)  # kept under these words


def regions_of(service: str, partition: str) -> list[str]:
    """The regions of a partition (`aws`, `aws-cn`) that have a service, as the client knows them.
    Blocking."""
    return sorted(BotoSession().get_available_regions(service, partition_name=partition))


class AccessError(Exception):
    """Nobody knows where to look, or as whom; the message says what to do."""


def default_region(profile: str | None) -> str | None:
    """The region that the AWS CLI would take. Blocking; raises AccessError."""
    session = AioSession(profile=profile)
    try:
        region = session.get_config_variable("region")
    except ProfileNotFound as error:
        known = _profiles()
        near = difflib.get_close_matches(profile or "", known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
        words = trouble(error, Who(profile))
        raise AccessError(f"{words.words}{hint}" if known else words.told) from None
    except BotoCoreError as error:
        raise AccessError(trouble(error, Who(profile)).told) from None
    return str(region) if region else None


def _profiles() -> list[str]:
    """All there are in ~/.aws. Blocking."""
    session = AioSession()
    session.set_config_variable("profile", None)  # AWS_PROFILE may be the one that is wrong
    try:
        return sorted(session.full_config.get("profiles", {}))
    except BotoCoreError:
        return []


def scopes(settings: AwsSettings, region_of: Callable[[str | None], str | None]) -> list[Scope]:
    """Every profile and role in every region; without regions, each in its profile's own. Raises
    AccessError."""
    found = []
    roles = settings.assumed
    whose: list[tuple[str | None, Role | None]] = [(name, None) for name in settings.profiles]
    whose += [(role.profile or None, role) for role in roles]
    for profile, role in whose or [(None, None)]:
        said = role.regions if role is not None else ()
        own = said or settings.regions or (region_of(profile),)
        for region in own:
            if not region:
                name = f"the profile {profile!r}" if profile else "the environment"
                raise AccessError(
                    f"{name} names no region: give --region, or set aws.regions in the config"
                )
            found.append(Scope(profile, region, role))
    return list(dict.fromkeys(found))
