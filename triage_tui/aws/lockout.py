"""Why nobody lets us in, in plain words, and what to do about it: every way in which credentials
fail, whether the client says so or the service.

Pure: what is known of the credentials is handed in as `Who`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
from botocore.exceptions import (
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

from .refusals import refused
from .whose import Lockout, RefusalError, SignInError, Who, keys, renewal, short

if TYPE_CHECKING:
    from collections.abc import Callable


def lockout(error: BaseException, who: Who) -> Lockout | None:
    """Why nobody lets us in; None where that is not what went wrong."""
    if isinstance(error, SignInError):
        return lockout(error.cause, error.who) or _unexpected(error.cause, error.who)
    if isinstance(error, ClientError):
        return refused(error, who)
    for kinds, tell in _RAISED:
        if isinstance(error, kinds):
            return tell(error, who)
    return None


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
        f"half of the credentials of {who.name} is missing: {short(missing)}",
        keys(who, "add it where the other half is"),
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
        f"the settings of {who.name} are wrong: {short(error)}", "mend them in ~/.aws/config"
    )


def _retrieval(error: BaseException, who: Who) -> Lockout:
    facts = getattr(error, "kwargs", {})
    provider, said = str(facts.get("provider", who.way)), short(facts.get("error_msg", ""))
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
        f"the machine's metadata service gives no credentials: {short(error)}",
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
    return Lockout(f"a library is missing: {short(error)}", "install it, and start again")


def _login(_: BaseException, who: Who) -> Lockout:
    return Lockout(f"the sign-in of {who.name} has expired", f"run: aws login{who.option}")


def _no_login_right(_: BaseException, who: Who) -> Lockout:
    return Lockout(
        f"{who.name} may not renew its sign-in",
        "let its policy allow signin:CreateOAuth2Token, or run: aws login" + who.option,
    )


def _no_login(error: BaseException, who: Who) -> Lockout:
    words = f"the sign-in of {who.name} cannot be used: {short(error)}"
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
    said = short(error) or "no reason given"
    return Lockout(
        f"the credentials of {who.name} are unusable: {type(error).__name__}: {said}",
        renewal(who),
    )
