"""What went wrong with a call, in plain words, and whether to try again.

Error codes are those that the services send (see the error lists of each API); what else comes up
is aiohttp's, which botocore does not wrap in the middle of a stream.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

import aiohttp
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from .lockout import lockout
from .whose import SignInError, Who


class Kind(enum.Enum):
    """What kind of trouble it is, which decides what is done about it."""

    THROTTLED = "throttled"
    LIMIT = "limit"
    """Too many sessions at once."""
    DENIED = "denied"
    CREDENTIALS = "credentials"
    """Expired, absent or not valid: somebody has to sign in again."""
    GONE = "gone"
    """What was asked for does not exist."""
    REFUSED = "refused"
    """The request itself is wrong."""
    OVER = "over"
    """A session has reached its longest age."""
    UNREACHABLE = "unreachable"
    BROKEN = "broken"
    """The service failed, or what it said was cut or damaged."""


class Trouble(NamedTuple):
    """A failed call."""

    kind: Kind
    words: str
    code: str = ""
    """The service's own error code."""
    cure: str = ""
    """What to do about it; "" where there is nothing but to wait."""

    @property
    def told(self) -> str:
        """What is wrong, and what to do."""
        return f"{self.words}: {self.cure}" if self.cure else self.words


_CODES = {
    Kind.THROTTLED: (
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
        "TooManyRequestsException", "RequestLimitExceeded", "SlowDown",
        "ProvisionedThroughputExceededException",
    ),
    Kind.LIMIT: ("LimitExceededException",),
    Kind.DENIED: (
        "AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "UnauthorizedException",
        "403",
    ),
    Kind.GONE: ("ResourceNotFoundException", "WAFNonexistentItemException"),
    Kind.OVER: ("SessionTimeoutException",),
    Kind.REFUSED: (
        "InvalidParameterException", "ValidationException", "BadRequestException",
        "InvalidOperationException", "InvalidTimeRangeException", "InvalidRequestException",
        "InvalidLookupAttributesException", "InvalidNextTokenException",
        "WAFInvalidParameterException", "WAFInvalidOperationException",
        "WAFLimitsExceededException", "WAFDuplicateItemException",
    ),
}  # fmt: skip
_KIND_OF = {code: kind for kind, codes in _CODES.items() for code in codes}
_AWAY = (EndpointConnectionError, ConnectTimeoutError, ReadTimeoutError)

CALL_ERRORS = (ClientError, BotoCoreError, aiohttp.ClientError, OSError, ResponseParserError)
"""Everything that a call, or reading its stream, may raise when something outside is wrong."""


def trouble(error: BaseException, who: Who | None = None) -> Trouble:
    """What went wrong, for any of `CALL_ERRORS`; `who` is as whom it was tried."""
    locked = lockout(error, who or Who())
    code = _code(error)
    if locked is not None:
        return Trouble(Kind.CREDENTIALS, locked.words, code, locked.cure)
    if isinstance(error, SignInError):  # on the way to the credentials: somebody cannot be reached
        found = trouble(error.cause, error.who)
        return found._replace(words=f"cannot sign in: {found.words}")
    if isinstance(error, ClientError):
        return _answered(error, code)
    words = str(error).strip() or type(error).__name__
    if isinstance(error, TimeoutError):  # aiohttp's timeouts are both
        return Trouble(Kind.BROKEN, "no answer: the connection is silent")
    if isinstance(error, _AWAY):
        return Trouble(Kind.UNREACHABLE, words, cure=_way_out(who or Who()))
    if isinstance(error, HTTPClientError | aiohttp.ClientError | OSError):
        return Trouble(Kind.BROKEN, f"the connection broke: {words}")
    if isinstance(error, ResponseParserError):
        # What the client says of it quotes the whole answer.
        return Trouble(
            Kind.BROKEN,
            "the answer cannot be read: it was cut, or a proxy answered instead of AWS",
        )
    return Trouble(Kind.BROKEN, words)


def _way_out(who: Who) -> str:
    """What to do where nothing answers."""
    region = f", and is {who.region} a region" if who.region else ""
    return (
        f"is there a way out (network, HTTPS_PROXY, a VPC endpoint){region}? "
        "triage-tui doctor finds out"
    )


def _code(error: BaseException) -> str:
    if isinstance(error, SignInError):
        return _code(error.cause)
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def _answered(error: ClientError, code: str) -> Trouble:
    said = (error.response.get("Error", {}).get("Message", "") or "").strip()
    kind = _KIND_OF.get(code, Kind.BROKEN)
    if kind is Kind.DENIED:
        words = f"{error.operation_name} is denied: {said or code}"
        return Trouble(kind, words, code, "triage-tui policy prints what it takes")
    words = f"{code}: {said}" if code and said else code or said or "the service failed"
    return Trouble(kind, words, code)
