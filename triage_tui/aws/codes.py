"""MFA codes: asked for when a role is assumed that wants one, by whoever has a screen or a
terminal, and never by the AWS client itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import ClientConnectionError
from botocore.exceptions import BotoCoreError, ClientError

from triage_tui.health import CodeRequest

from .lockout import lockout
from .refusals import REFUSED
from .whose import MfaError, SignInError, Who

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from types_aiobotocore_sts import STSClient
    from types_aiobotocore_sts.type_defs import AssumeRoleResponseTypeDef

    from triage_tui.ports import CodeAsker

    from .signin import SignIn

_REFUSED = ("AccessDenied", "AccessDeniedException", "ValidationError")


class Codes:
    """Asks for the codes of one sign-in, one at a time.

    Whoever gives none, or one that was of no use, is not asked again until `try_again`: a question
    that comes back every minute would take the keys of whoever is at work.
    """

    def __init__(self, signin: SignIn, ask: CodeAsker | None, turn: asyncio.Lock) -> None:
        """Without `ask` there is nobody to give one; `turn` is shared by all who may ask."""
        self._signin = signin
        self._ask = ask
        self._turn = turn
        self._held: Exception | None = None

    @property
    def source(self) -> Who:
        """Who assumes the role."""
        return self._signin.source

    def try_again(self) -> None:
        """Asks once more where it is needed."""
        self._held = None

    def files_changed(self) -> None:
        """What was in a code's way may be gone; whoever gave none is not asked again for that."""
        if not isinstance(self._held, MfaError):
            self._held = None

    async def assume(
        self, request: Callable[..., Awaitable[AssumeRoleResponseTypeDef]], asked: dict[str, Any]
    ) -> AssumeRoleResponseTypeDef:
        """Sends an AssumeRole that wants a code, with the code. Raises MfaError, or what STS
        says."""
        if self._held is not None:
            raise self._held.with_traceback(None)
        try:
            return await self._assume(request, asked)
        except MfaError as error:
            self._held = error
            raise
        except (ClientError, BotoCoreError, ClientConnectionError, OSError) as error:
            self._held = self._after(error)
            raise

    def _after(self, error: Exception) -> Exception:
        """What is said from now on: the code is used up, whatever the reason."""
        if lockout(error, self._signin.who) is not None or self._ask is None:
            return error
        return MfaError(
            f"{self._signin.who.name} could not be assumed with that code: {error}",
            self._ask.later,
        )

    async def _assume(
        self, request: Callable[..., Awaitable[AssumeRoleResponseTypeDef]], asked: dict[str, Any]
    ) -> AssumeRoleResponseTypeDef:
        serial, refused = str(asked["SerialNumber"]), ""
        whose = self._signin.who.name
        while True:
            code = await self._code(CodeRequest(asked["RoleArn"], serial, whose, refused))
            try:
                return await request(**{**asked, "TokenCode": code})
            except ClientError as error:
                refused = _refusal(error)
                if not refused:
                    raise

    def _before(self) -> str:
        """What whoever runs it without a terminal can do before."""
        if self._signin.role is not None:  # the AWS CLI does not know it
            return "run it in a terminal"
        command = f"aws sts get-caller-identity{self._signin.who.option}"
        return f"run it in a terminal; or let the AWS CLI ask before, which is noticed: {command}"

    async def _code(self, asked: CodeRequest) -> str:
        if self._ask is None:
            raise MfaError(
                f"{asked.whose} asks for an MFA code ({asked.serial}), and there is nobody to give "
                "it",
                self._before(),
            )
        async with self._turn:
            code = await self._ask(asked)
        if code is None:
            raise MfaError(
                f"{asked.whose} asks for an MFA code ({asked.serial}), and none was given",
                self._ask.later,
            )
        return code


def _refusal(error: ClientError) -> str:
    """Why STS does not take a code; "" where that is not what it says."""
    details = error.response.get("Error", {})
    said = str(details.get("Message", ""))
    about_codes = "MultiFactorAuthentication" in said or "tokenCode" in said
    if details.get("Code") in _REFUSED and about_codes:
        return "that code was refused; each works once: wait for the next one"
    return ""


class Sts:
    """STS as a fetcher of credentials knows it: entered, it assumes roles."""

    def __init__(self, made: Any, codes: Codes) -> None:
        self._made = made
        self._codes = codes

    async def __aenter__(self) -> Sts:
        self._client = await self._made.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._made.__aexit__(kind, error, trace)

    async def assume_role(self, **asked: Any) -> AssumeRoleResponseTypeDef:
        """AssumeRole, after somebody was asked for a code where one is due. Raises SignInError
        where it is whoever assumes the role that is locked out."""
        client = self._entered()
        try:
            if "SerialNumber" in asked:
                return await self._codes.assume(client.assume_role, asked)
            return await client.assume_role(**asked)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in REFUSED:
                raise SignInError(error, self._codes.source) from error
            raise

    def _entered(self) -> STSClient:
        client: STSClient = self._client
        return client
