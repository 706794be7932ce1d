"""Why a service lets nobody in, by what it answers: error codes as the services send them."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from .whose import Lockout, Who, keys, renewal, short

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.exceptions import ClientError

SKEW = 60
"""Seconds by which a clock must be wrong to be called so: an answer takes its time."""


def refused(error: ClientError, who: Who) -> Lockout | None:
    code, said = _code(error)
    tell = _OPERATIONS.get(error.operation_name)
    found = tell(code, said, who) if tell is not None else None
    if found is not None:
        return found
    if code in _CLOCK or (code in _SIGNATURE and _names_time(said)):
        return _clock(error)
    if code == "RequestExpired" and abs(_skew(error)) > SKEW:
        return _clock(error)
    if code in _EXPIRED:
        return Lockout(f"the credentials of {who.name} have expired", renewal(who))
    if code in _UNKNOWN:
        return _unknown(who)
    if code in _SIGNATURE:
        return Lockout(
            f"the secret key of {who.name} does not belong to its access key",
            keys(who, "put the right pair of keys in place"),
        )
    if code in _UNSIGNED:
        return Lockout(
            "AWS found no credentials in the request",
            "see whether a proxy, or an endpoint_url in ~/.aws/config, takes them away",
        )
    if code == "IncompleteSignature":
        return Lockout(
            f"the credentials of {who.name} are malformed",
            keys(who, "look for a space, a quote or a line break in the keys"),
        )
    if code in _SIGNED_UP:
        return Lockout(
            f"the account of {who.name} cannot use this service",
            "finish its registration with AWS, or look at its bills",
        )
    return None


_EXPIRED = frozenset({"ExpiredTokenException", "ExpiredToken", "RequestExpired"})
_UNKNOWN = frozenset({
    "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "AuthFailure",
    "NotAuthorized", "InvalidToken",
})  # fmt: skip
REFUSED = _EXPIRED | _UNKNOWN
"""Codes after which the same credentials will not do any more."""
_UNSIGNED = frozenset({"MissingAuthenticationToken", "MissingAuthenticationTokenException"})
_SIGNATURE = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignature"})
_CLOCK = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture"})
_SIGNED_UP = frozenset({"OptInRequired", "SubscriptionRequiredException", "AccountProblem"})
_TIME = re.compile(r"expired|not yet current|too skewed|\d{8}T\d{6}Z", re.I)


def _code(error: ClientError) -> tuple[str, str]:
    details = error.response.get("Error", {})
    return str(details.get("Code", "")), short(details.get("Message", "") or "")


def _names_time(said: str) -> bool:
    """Whether a signature is refused for its time: else nobody's message has one in it."""
    return _TIME.search(said) is not None


def _skew(error: ClientError) -> float:
    """Seconds by which our clock is ahead of the service's, as its answer is dated; 0 where it
    does not say."""
    headers: Mapping[str, Any] = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        theirs = parsedate_to_datetime(str(headers.get("date", ""))).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    return time.time() - theirs


def _clock(error: ClientError) -> Lockout:
    skew = _skew(error)
    words = "this machine's clock is wrong: AWS takes signatures of the last five minutes"
    if abs(skew) > SKEW:
        way = "ahead of" if skew > 0 else "behind"
        words = f"this machine's clock is {_minutes(abs(skew))} {way} AWS's"
    return Lockout(words, "set it (sudo chronyc makestep, or sudo timedatectl set-ntp true)")


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"


def _unknown(who: Who) -> Lockout:
    if who.lacks_token:
        return Lockout(
            f"the keys of {who.name} are temporary and have no session token",
            keys(who, "add aws_session_token, or AWS_SESSION_TOKEN"),
        )
    elsewhere = f"; or {who.region} is not enabled in this account" if who.region else ""
    return Lockout(
        f"AWS does not know the access key of {who.name}: deleted, inactive, or mistyped",
        f"{renewal(who)}{elsewhere}",
    )


def _assume_role(code: str, said: str, who: Who) -> Lockout | None:
    role = who.role or f"the role of {who.name}"
    if code in ("AccessDenied", "AccessDeniedException"):
        if "MultiFactorAuthentication" in said or "MFA" in said:
            return Lockout(f"the MFA code for {who.name} was refused: {said}", "give a new one")
        return Lockout(
            f"{role} may not be assumed: {said or code}",
            "its trust policy has to name who assumes it, whose own policy has to allow "
            "sts:AssumeRole; or it asks for an external_id or an mfa_serial",
        )
    if code == "RegionDisabledException":
        return Lockout(
            f"STS is switched off for this account in {who.region or 'this region'}",
            "activate the region in IAM, Account settings",
        )
    if code in ("ValidationError", "ValidationException", "MalformedPolicyDocument"):
        return Lockout(
            f"{role} cannot be assumed: {said or code}",
            "mend its ARN, session name or duration, in ~/.aws/config or under [aws] of the config",
        )
    return None


def _web_identity(code: str, said: str, who: Who) -> Lockout | None:
    if code in ("ExpiredTokenException", "ExpiredToken"):
        return Lockout(
            f"the web identity token of {who.name} has expired",
            "see whether something still renews AWS_WEB_IDENTITY_TOKEN_FILE",
        )
    if code in ("InvalidIdentityToken", "InvalidIdentityTokenException", "IDPRejectedClaim"):
        return Lockout(
            f"the web identity token of {who.name} was refused: {said or code}",
            "the role has to trust the provider that issued it, for this audience and subject",
        )
    return _assume_role(code, said, who)


def _role_credentials(code: str, said: str, who: Who) -> Lockout | None:
    if code in ("ForbiddenException", "AccessDeniedException", "ResourceNotFoundException"):
        return Lockout(
            f"SSO gives no credentials to {who.name}: {said or code}",
            "see that its sso_account_id and sso_role_name are assigned to you",
        )
    return None


_OPERATIONS: Mapping[str, Callable[[str, str, Who], Lockout | None]] = {
    "AssumeRole": _assume_role,
    "AssumeRoleWithWebIdentity": _web_identity,
    "GetRoleCredentials": _role_credentials,
}
