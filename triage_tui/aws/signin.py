"""As whom AWS is asked: one sign-in for all regions of a profile or role, its credentials and its
session, and what happens when they end.

Static credentials are read when a session is made and never again, so after `renew` everything is
made anew: whoever holds clients of an earlier `generation` has to leave them.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import re
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from aiobotocore.config import AioConfig
from aiobotocore.credentials import (
    AioAssumeRoleCredentialFetcher,
    AioDeferredRefreshableCredentials,
)
from aiobotocore.session import AioSession
from botocore.exceptions import (
    BotoCoreError,
    NoCredentialsError,
    RefreshWithMFAUnsupportedError,
)
from botocore.loaders import Loader, create_loader

from . import chain
from .codes import Codes, Sts
from .refusals import REFUSED
from .settings import seconds
from .tls import HttpSession
from .whose import SignInError, Who

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from botocore.credentials import ReadOnlyCredentials

    from triage_tui.ports import CodeAsker

    from .pace import Sleep
    from .settings import Role

RENEWAL = 5.0
"""Seconds between two looks for new credentials."""
FRESH = 60.0
"""Seconds for which a new session of a role is not thrown away: who complains may have used the one
before."""
KEPT = 5.0
"""Seconds for which credentials are not asked for again."""
_ASSUMED = "assume-role"
CALL = AioConfig(
    connect_timeout=5,
    read_timeout=30,
    # We try again ourselves, for all to see: a retry within the client looks like a slow answer.
    retries={"mode": "standard", "total_max_attempts": 1},
    user_agent_extra="triage-tui",
    http_session_cls=HttpSession,
)


class SignIn:
    """A profile (None: what the environment says), or a role that is assumed from one."""

    def __init__(
        self,
        profile: str | None,
        region: str,
        *,
        role: Role | None = None,
        base: SignIn | None = None,
        ask: CodeAsker | None = None,
        turn: asyncio.Lock | None = None,
        renewal: float = RENEWAL,
    ) -> None:
        """`region` is where STS is asked; `base` is who assumes the role; `turn` is shared by all
        who may ask for a code. `renew` does nothing more often than every `renewal` seconds."""
        self.who = Who(profile, role=role.arn if role else "", region=region)
        self._source = self.who
        self.role = role
        self.base = base
        self.generation = 0
        self.codes = Codes(self, ask, turn or asyncio.Lock())
        self.cache = chain.Cache(chain.folder("cli", "cache"))
        self._profile = profile
        self._renewal = renewal
        self._renewed = -renewal
        self._turn = asyncio.Lock()
        self._session: Session | None = None
        self._files: chain.Stamps = ()
        """As they were when they were read last."""
        self._news = asyncio.Event()
        self._wanted = asyncio.Event()
        self.waiting = 0
        """How many wait for new credentials."""

    async def session(self) -> Session:
        """The session of the present generation. Raises SignInError."""
        async with self._turn:
            if self._session is None:
                try:
                    self._session = await asyncio.to_thread(self._made)
                except (BotoCoreError, OSError, ValueError) as error:
                    raise SignInError(error, self.who) from error
            return self._session

    def _made(self) -> Session:
        """A session whose files are read already: nothing of that may be left to the event loop.
        Blocking."""
        self._files = _stamps()
        session = AioSession(profile=self._profile)
        loader = _loader(session.get_config_variable("data_path"))
        session.register_component("data_loader", loader)
        for name in ("partitions", "endpoints", "_retry", "sdk-default-configuration"):
            loader.load_data(name)
        profile = session.get_scoped_config()  # reads ~/.aws, and keeps it
        self.who = self._known(profile)
        self._source = self.who
        if "source_profile" in profile:
            name = str(profile["source_profile"])
            source = session.full_config["profiles"].get(name, {})
            self._source = Who(name, _way(source), region=self.who.region)
        ways = {self.who.way, self._source.way}
        for service in ("sts", *(each for way in ways for each in _MORE.get(way, ()))):
            for kind in ("service-2", "endpoint-rule-set-1"):
                loader.load_service_model(service, kind, api_version=None)  # kept under these words
        return Session(session, self, self.generation)

    def _known(self, profile: Mapping[str, Any]) -> Who:
        """Whose credentials they will be, and how they will be had, as far as the files say."""
        if self.role is not None:
            return self.who._replace(way=_ASSUMED)
        if self._profile is None and os.environ.get("AWS_ACCESS_KEY_ID"):
            return self.who._replace(way="env")
        named = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
        return self.who._replace(profile=self._profile or named, way=_way(profile))

    @property
    def source(self) -> Who:
        """Who assumes the role."""
        return self.base.who if self.base is not None else self._source

    async def renew(self, code: str = "", *, at_once: bool = False) -> None:
        """Forgets session and credentials, for somebody may have signed in meanwhile; `code` is
        what the service said. All who share them fail together: once in a while is enough."""
        async with self._turn:
            now = time.monotonic()
            if not at_once and now - self._renewed < self._renewal:
                return
            self._renewed = now
            held = self._session.held if self._session is not None else None
            if held is not None and code in REFUSED and now - held.since > FRESH:
                self.cache.refuse(held.access_key)
            self._session = None
            self.generation += 1
        if self.base is not None:
            await self.base.renew(code, at_once=at_once)

    async def wait(self, pause: float, sleep: Sleep) -> None:
        """Waits `pause` seconds, or until somebody seems to have signed in."""
        self.waiting += 1
        try:
            await _until(self._news, pause, sleep)
        finally:
            self.waiting -= 1

    async def stand_by(self, pause: float, sleep: Sleep) -> None:
        """Waits `pause` seconds, or until somebody wants it tried again, who was let in before and
        need not sign in for that."""
        await _until(self._wanted, pause, sleep)

    def try_again(self) -> None:
        """Somebody wants it tried again."""
        self.codes.try_again()
        self._wanted.set()
        self._wanted = asyncio.Event()

    async def look(self) -> None:
        """Whether files have changed since they were read; then whoever waits goes on."""
        if await asyncio.to_thread(_stamps) == self._files:
            return
        self.codes.files_changed()
        await self.try_now()

    async def try_now(self) -> None:
        """Makes everything anew, and lets whoever waits go on."""
        await self.renew(at_once=True)
        self._news.set()
        self._news = asyncio.Event()


@cache
def _loader(path: str | None) -> Loader:
    """Reads the models of services, each once for all sessions."""
    return create_loader(path)


def _way(profile: Mapping[str, Any]) -> str:
    """How the credentials of a profile will be had, as far as the files say."""
    return next((way for key, way in _WAYS if key in profile), "")


_WAYS = (
    ("web_identity_token_file", "assume-role-with-web-identity"),
    ("role_arn", _ASSUMED),
    ("sso_session", "sso"),
    ("sso_start_url", "sso"),
    ("aws_access_key_id", "shared-credentials-file"),
    ("login_session", "login"),
    ("credential_process", "custom-process"),
)
"""A key of a profile, and how its credentials are had."""


_MORE = {"sso": ("sso", "sso-oidc"), "login": ("signin",)}
"""The services by which credentials are had."""


class Session:
    """One generation of a sign-in. botocore asks it for credentials in place of its own chain."""

    def __init__(self, session: AioSession, signin: SignIn, generation: int) -> None:
        """Blocking."""
        self.aws = session
        self.generation = generation
        self.held: Held | None = None
        self._signin = signin
        self._loading = asyncio.Lock()
        region = signin.who.region
        self._chain = chain.resolver(session, region, signin.cache, self._sts)
        session.register_component("credential_provider", self)

    async def load_credentials(self) -> Held:
        """What all clients of the session sign with. Raises SignInError."""
        async with self._loading:
            if self.held is None:
                self.held = Held(await self._found(), self._signin, self._found)
            return self.held

    async def _found(self) -> Any:
        signin = self._signin
        if signin.role is not None and signin.base is not None:
            return self._assumed(signin.role, signin.base)
        try:
            found = await self._chain.load_credentials()
        except Exception as error:
            raise SignInError(error, signin.who) from error
        if found is None:
            raise SignInError(NoCredentialsError(), signin.who)
        signin.who = signin.who._replace(way=str(found.method))
        return found

    def _assumed(self, role: Role, base: SignIn) -> AioDeferredRefreshableCredentials:
        """Credentials of a role, renewed as they end."""
        asked: dict[str, object] = {
            "RoleSessionName": role.session_name or session_name(),
            "DurationSeconds": seconds(role.duration),
        }
        if role.external_id:
            asked["ExternalId"] = role.external_id
        if role.mfa_serial:
            asked["SerialNumber"] = role.mfa_serial
        fetcher = AioAssumeRoleCredentialFetcher(
            self._sts,
            Source(base),
            role.arn,
            extra_args=asked,
            mfa_prompter=chain.no_prompt,
            cache=self._signin.cache,
        )
        return AioDeferredRefreshableCredentials(fetcher.fetch_credentials, _ASSUMED)

    def _sts(self, service: str, **credentials: Any) -> Any:
        """The client that roles are assumed by: as much of one as is used."""
        made = self.aws.create_client(
            service,  # type: ignore[call-overload] # it is sts
            region_name=self._signin.who.region,
            config=CALL,
            **credentials,
        )
        return Sts(made, self._signin.codes)


class Held:
    """Credentials as a session holds them: what goes wrong while they are renewed is told as such,
    whatever it is, for a credential_process may say anything."""

    def __init__(self, found: Any, signin: SignIn, again: Callable[[], Awaitable[Any]]) -> None:
        """`again` finds them anew."""
        self.method = str(found.method)
        self.access_key = ""
        """The one that requests were signed with last."""
        self.since = time.monotonic()
        """When it was new."""
        self._found = found
        self._signin = signin
        self._again = again
        self._finding = asyncio.Lock()
        self._frozen: ReadOnlyCredentials | None = None
        self._asked = 0.0

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """The keys of this moment. Raises SignInError."""
        # Short before they end, each look tries to renew them: once in a while is enough.
        if self._frozen is not None and time.monotonic() - self._asked < KEPT:
            return self._frozen
        try:
            found = await self._renewed()
        except SignInError:
            raise
        except Exception as error:
            raise SignInError(error, self._signin.who) from error
        self._frozen, self._asked = found, time.monotonic()
        key = found.access_key or ""
        if key != self.access_key:
            self.access_key, self.since = key, self._asked
            lacks_token = key.startswith("ASIA") and not found.token
            self._signin.who = self._signin.who._replace(lacks_token=lacks_token)
        return found

    async def _renewed(self) -> ReadOnlyCredentials:
        """botocore asks for an MFA code once for each time that it has found the credentials: what
        is found anew is others' only when it holds, or they would be told that it has ended."""
        keys: ReadOnlyCredentials
        try:
            keys = await self._found.get_frozen_credentials()
        except RefreshWithMFAUnsupportedError:
            async with self._finding:
                keys = await self._found_anew()
        return keys

    async def _found_anew(self) -> ReadOnlyCredentials:
        """The keys of what somebody has found meanwhile, or of what is found now."""
        keys: ReadOnlyCredentials
        try:
            keys = await self._found.get_frozen_credentials()
        except RefreshWithMFAUnsupportedError:
            found = await self._again()
            keys = await found.get_frozen_credentials()
            self._found = found
        return keys

    def get_deferred_property(self, name: str) -> Any:
        """How botocore asks for the account before it is known."""
        return self._found.get_deferred_property(name)

    async def get_account_id(self) -> str | None:
        """The account, where the source of the credentials names it: by the keys of this moment,
        which may have to be found first. Raises SignInError."""
        return (await self.get_frozen_credentials()).account_id


class Source:
    """The credentials that a role is assumed with: those of its base, also after a renewal."""

    def __init__(self, base: SignIn) -> None:
        self._base = base

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Raises SignInError."""
        held = await (await self._base.session()).load_credentials()
        return await held.get_frozen_credentials()


def _stamps() -> chain.Stamps:
    """Blocking."""
    return chain.stamps(chain.files())


async def _until(news: asyncio.Event, pause: float, sleep: Sleep) -> None:
    """Waits for news, `pause` seconds at most."""
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(_slept(pause, sleep))
        told = tasks.create_task(news.wait())
        await asyncio.wait((waiting, told), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        told.cancel()


async def _slept(pause: float, sleep: Sleep) -> None:
    await sleep(pause)


def session_name() -> str:
    """By which CloudTrail shows who has looked."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError, ImportError):
        login = ""
    return f"triage-tui-{re.sub(r'[^A-Za-z0-9_+=,.@-]', '-', login)}"[:64].rstrip("-")
