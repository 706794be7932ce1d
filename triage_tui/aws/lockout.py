"""Why nobody lets us in, in plain words, and what to do about it: every way in which credentials
fail, whether the client says so or the service.

Pure: what is known of the credentials is handed in as `Who`.
"""

from __future__ import annotations

import re
import shlex
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    InvalidIMDSEndpointError,
    InvalidIMDSEndpointModeError,
    LoginError,
    LoginInsufficientPermissions,
    LoginRefreshRequired,
    MetadataRetrievalError,
    MissingDependencyException,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnknownCredentialError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST = 300
"""Characters of what others said that are repeated."""
SKEW = 60
"""Seconds by which a clock must be wrong to be called so: an answer takes its time."""


class Who(NamedTuple):
    """Whose credentials they are, as far as it is known."""

    profile: str | None = None
    """Of ~/.aws; None is what the environment says."""
    way: str = ""
    """How they are had, in botocore's words: `env`, `sso`, `assume-role`, `custom-process` …; ""
    while nobody knows."""
    role: str = ""
    """The role's ARN, where one is assumed beyond the profile."""
    region: str = ""
    lacks_token: bool = False
    """Whether they are temporary and have no session token, without which they are none."""

    @property
    def name(self) -> str:
        """Whose they are, for a message."""
        if self.role:
            return f"the role {self.role.rpartition(':')[2].removeprefix('role/')}"
        return f"profile {self.profile!r}" if self.profile else "the environment"

    @property
    def option(self) -> str:
        """` --profile NAME`, for a command of the AWS CLI; "" where none is needed."""
        return f" --profile {shlex.quote(self.profile)}" if self.profile else ""


class Lockout(NamedTuple):
    """Why nobody lets us in."""

    words: str
    cure: str
    """What to do, or to run."""


class SignInError(BotoCoreError):
    """Credentials could not be had: `cause` is what went wrong while they were looked for."""

    fmt = "credentials cannot be had: {cause}"

    def __init__(self, cause: Exception, who: Who) -> None:
        super().__init__(cause=cause)
        self.cause = cause
        self.who = who


class RefusalError(BotoCoreError):
    """We refuse by ourselves: `said` is why, `cure` what to do."""

    fmt = "{said}"

    def __init__(self, said: str, cure: str) -> None:
        super().__init__(said=said)
        self.said = said
        self.cure = cure


class MfaError(RefusalError):
    """A role asks for an MFA code, and there is none."""


def lockout(error: BaseException, who: Who) -> Lockout | None:
    """Why nobody lets us in; None where that is not what went wrong."""
    if isinstance(error, SignInError):
        return lockout(error.cause, error.who) or _unexpected(error.cause, error.who)
    if isinstance(error, ClientError):
        return _refused(error, who)
    for kinds, tell in _RAISED:
        if isinstance(error, kinds):
            return tell(error, who)
    return None


def renewal(who: Who) -> str:
    """What to run so that new credentials are there."""
    files = "it is noticed"
    if who.way == "sso":
        return f"run: aws sso login{who.option}"
    if who.way == "login":
        return f"run: aws login{who.option}"
    if who.way == "env":
        return (
            "a running program keeps its environment: quit, export new AWS_* variables, then "
            "triage-tui live --resume"
        )
    if who.way in ("shared-credentials-file", "config-file"):
        return f"put new keys into ~/.aws for {who.name}; {files}"
    if who.way == "custom-process":
        return f"see to the credential_process of {who.name}; {files}"
    if who.way == "container-role":
        return "the container's role renews them by itself; see whether its agent still runs"
    if who.way == "iam-role":
        return "the instance's role renews them by itself; see whether it is still attached"
    return f"sign in again as {who.name} (aws sso login{who.option}, or new keys); {files}"


# -- what services say ---------------------------------------------------------------------------


def _refused(error: ClientError, who: Who) -> Lockout | None:
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
            _keys(who, "put the right pair of keys in place"),
        )
    if code in _UNSIGNED:
        return Lockout(
            "AWS found no credentials in the request",
            "see whether a proxy, or an endpoint_url in ~/.aws/config, takes them away",
        )
    if code == "IncompleteSignature":
        return Lockout(
            f"the credentials of {who.name} are malformed",
            _keys(who, "look for a space, a quote or a line break in the keys"),
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
    return str(details.get("Code", "")), _short(details.get("Message", "") or "")


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
            _keys(who, "add aws_session_token, or AWS_SESSION_TOKEN"),
        )
    elsewhere = f"; or {who.region} is not enabled in this account" if who.region else ""
    return Lockout(
        f"AWS does not know the access key of {who.name}: deleted, inactive, or mistyped",
        f"{renewal(who)}{elsewhere}",
    )


def _keys(who: Who, what: str) -> str:
    """What to do about keys, and how that is noticed."""
    if who.way == "env":
        return f"{what}, in a new environment; then triage-tui live --resume"
    return f"{what}; it is noticed"


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


# -- what the client says ------------------------------------------------------------------------


def _nothing(_: BaseException, who: Who) -> Lockout:
    where = f"{who.name} has none" if who.profile else "none in the environment, in ~/.aws, or here"
    return Lockout(
        f"there are no credentials: {where}",
        "name a profile with --profile, or run: aws configure sso",
    )


def _partial(error: BaseException, who: Who) -> Lockout:
    facts = getattr(error, "kwargs", {})
    missing = facts.get("cred_var") or "one of the keys"
    return Lockout(
        f"half of the credentials of {who.name} is missing: {_short(missing)}",
        _keys(who, "add it where the other half is"),
    )


def _no_profile(error: BaseException, who: Who) -> Lockout:
    name = getattr(error, "kwargs", {}).get("profile", who.profile)
    return Lockout(
        f"there is no profile {name!r} in ~/.aws",
        "list them with: aws configure list-profiles",
    )


def _bad_config(error: BaseException, who: Who) -> Lockout:
    path = getattr(error, "kwargs", {}).get("path")
    if path:
        return Lockout(
            f"{path} cannot be read as a config of the AWS CLI", "mend it; it is noticed"
        )
    return Lockout(
        f"the settings of {who.name} are wrong: {_short(error)}", "mend them in ~/.aws/config"
    )


def _retrieval(error: BaseException, who: Who) -> Lockout:
    facts = getattr(error, "kwargs", {})
    provider, said = str(facts.get("provider", who.way)), _short(facts.get("error_msg", ""))
    if provider == "custom-process":
        return Lockout(
            f"the credential_process of {who.name} failed: {said or 'it said nothing'}",
            "run what ~/.aws/config says there by hand; tried again by itself",
        )
    if provider == "container-role":
        return Lockout(
            f"the container's credentials cannot be had: {said}",
            "see that the agent behind AWS_CONTAINER_CREDENTIALS_FULL_URI (or _RELATIVE_URI) "
            "answers",
        )
    return Lockout(f"{provider} gives no credentials: {said}", renewal(who._replace(way=provider)))


def _metadata(error: BaseException, who: Who) -> Lockout:
    return Lockout(
        f"the machine's metadata service gives no credentials: {_short(error)}",
        "attach a role to the instance, or allow its hops (HttpPutResponseHopLimit)",
    )


def _no_sso(_: BaseException, who: Who) -> Lockout:
    return Lockout(f"{who.name} is not signed in to SSO", f"run: aws sso login{who.option}")


def _sso(_: BaseException, who: Who) -> Lockout:
    return Lockout(
        f"the SSO session of {who.name} has expired",
        f"run: aws sso login{who.option}",
    )


def _dependency(error: BaseException, who: Who) -> Lockout:
    if "botocore[crt]" in str(error) or "crt" in str(error).lower():
        return Lockout(
            f"{who.name} signs in by `aws login`, for which a library is missing",
            "run: pipx inject triage-tui 'botocore[crt]' (or pip install it), and start again",
        )
    return Lockout(f"a library is missing: {_short(error)}", "install it, and start again")


def _login(_: BaseException, who: Who) -> Lockout:
    return Lockout(f"the sign-in of {who.name} has expired", f"run: aws login{who.option}")


def _no_login_right(_: BaseException, who: Who) -> Lockout:
    return Lockout(
        f"{who.name} may not renew its sign-in",
        "let its policy allow signin:CreateOAuth2Token, or run: aws login" + who.option,
    )


def _no_login(error: BaseException, who: Who) -> Lockout:
    words = f"the sign-in of {who.name} cannot be used: {_short(error)}"
    return Lockout(words, f"run: aws login{who.option}")


def _mfa_again(_: BaseException, who: Who) -> Lockout:
    return Lockout(f"the session of {who.name} has ended", "give a new MFA code: you are asked")


def _refusal(error: BaseException, _: Who) -> Lockout | None:
    return Lockout(error.said, error.cure) if isinstance(error, RefusalError) else None


_RAISED: tuple[tuple[Any, Callable[[BaseException, Who], Lockout | None]], ...] = (
    (RefusalError, _refusal),
    ((NoCredentialsError, NoAuthTokenError), _nothing),
    (PartialCredentialsError, _partial),
    (ProfileNotFound, _no_profile),
    (CredentialRetrievalError, _retrieval),
    (SSOTokenLoadError, _no_sso),
    ((SSOError, TokenRetrievalError), _sso),
    (LoginRefreshRequired, _login),
    (LoginInsufficientPermissions, _no_login_right),
    (LoginError, _no_login),
    (MissingDependencyException, _dependency),
    (RefreshWithMFAUnsupportedError, _mfa_again),
    (MetadataRetrievalError, _metadata),
    (
        (
            ConfigParseError, ConfigNotFound, InvalidConfigError, UnknownCredentialError,
            InvalidIMDSEndpointError, InvalidIMDSEndpointModeError,
        ),
        _bad_config,
    ),
)  # fmt: skip
"""In order, for some are kinds of others."""


def _unexpected(error: Exception, who: Who) -> Lockout | None:
    """What nobody has a name for. What is out of reach is no matter of credentials."""
    if isinstance(error, ClientError | HTTPClientError | BotoConnectionError | aiohttp.ClientError):
        return None
    if isinstance(error, FileNotFoundError):
        missing = error.filename or "a file"
        return Lockout(
            f"{who.name} needs {missing}, which is not there",
            "see credential_process and web_identity_token_file in ~/.aws/config",
        )
    if isinstance(error, OSError):
        return Lockout(f"the credentials of {who.name} cannot be read: {error}", renewal(who))
    said = _short(error) or "no reason given"
    return Lockout(
        f"the credentials of {who.name} are unusable: {type(error).__name__}: {said}",
        renewal(who),
    )


def _short(said: object) -> str:
    """The first lines of what somebody said, as one, and not all of a novel."""
    text = " ".join(str(said).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
