"""Each failure of credentials is told in plain words, with what to do: never the SDK's own line."""

from email.utils import formatdate

import pytest
from botocore import exceptions as raised
from botocore.exceptions import ClientError

from triage_tui.aws.feed import Feed
from triage_tui.aws.trouble import Kind, Trouble, trouble
from triage_tui.aws.whose import MfaError, SignInError, Who
from triage_tui.health import Lockout

FILES = Who("prod", "shared-credentials-file")
SSO = Who("prod", "sso")
ENV = Who(None, "env")
ROLE = Who("hub", "assume-role", "arn:aws:iam::111122223333:role/triage")
NOW = 1_790_000_000.0
NEVER = ("Error when", "NoneType", "Traceback", "botocore.", "Exception", "Error:")


@pytest.fixture(autouse=True)
def _at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of whoever compares stands still: the answers are made long before."""
    monkeypatch.setattr("triage_tui.aws.refusals.time.time", lambda: NOW)


def answered(
    code: str, said: str = "", operation: str = "FilterLogEvents", skew: float = 0.0
) -> ClientError:
    """What the client raises; the answer is dated by a clock that is `skew` seconds behind."""
    headers = {"date": formatdate(NOW - skew, usegmt=True)}
    details = {"Code": code, "Message": said}
    response = {"Error": details, "ResponseMetadata": {"HTTPHeaders": headers}}
    return ClientError(response, operation)  # type: ignore[arg-type] # as much as is looked at


CASES: list[tuple[Exception, Who, str, str]] = [
        (answered("ExpiredTokenException"), SSO, "have expired", "aws sso login --profile prod"),
        (answered("ExpiredToken"), FILES, "profile 'prod' have expired", "into ~/.aws"),
        (answered("ExpiredToken"), ENV, "the environment have expired", "live --resume"),
        (answered("ExpiredToken"), Who("p", "login"), "have expired", "aws login --profile p"),
        (answered("ExpiredToken"), Who("p", "custom-process"), "expired", "credential_process"),
        (answered("ExpiredToken"), Who(None, "iam-role"), "expired", "the instance's role"),
        (answered("ExpiredToken"), Who(None, "container-role"), "expired", "the container's role"),
        (answered("RequestExpired"), FILES, "have expired", "into ~/.aws"),
        (
            answered("InvalidSignatureException", "Signature expired: 20261128T0 is now earlier"),
            FILES, "clock is wrong", "chronyc",
        ),
        (
            answered("SignatureDoesNotMatch", "The request signature we calculated does not match"),
            FILES, "secret key of profile 'prod'", "the right pair",
        ),
        (answered("UnrecognizedClientException"), FILES, "does not know the access key", "~/.aws"),
        (
            answered("UnrecognizedClientException"), FILES._replace(region="ap-east-1"),
            "does not know", "ap-east-1 is not enabled",
        ),
        (answered("InvalidClientTokenId"), ENV, "does not know the access key", "--resume"),
        (
            answered("InvalidClientTokenId"), ENV._replace(lacks_token=True),
            "temporary and have no session token", "AWS_SESSION_TOKEN",
        ),
        (answered("AuthFailure"), FILES, "does not know the access key", "~/.aws"),
        (answered("InvalidAccessKeyId"), FILES, "does not know the access key", "~/.aws"),
        (answered("MissingAuthenticationTokenException"), FILES, "no credentials in", "a proxy"),
        (answered("MissingAuthenticationToken"), FILES, "no credentials in", "a proxy"),
        (answered("IncompleteSignature"), FILES, "malformed", "a quote"),
        (answered("SubscriptionRequiredException"), FILES, "cannot use this service", "bills"),
        (
            answered("AccessDenied", "User x is not authorized to perform: sts:AssumeRole",
                     "AssumeRole"),
            ROLE, "role/triage may not be assumed: User x is not", "trust policy",
        ),
        (
            answered("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time "
                     "pass code.", "AssumeRole"),
            ROLE, "MFA code for the role triage was refused", "a new one",
        ),
        (answered("ValidationError", "bad ARN", "AssumeRole"), ROLE, "bad ARN", "session name"),
        (answered("RegionDisabledException", "", "AssumeRole"), ROLE, "switched off", "in IAM"),
        (
            answered("ExpiredTokenException", "", "AssumeRoleWithWebIdentity"),
            Who(None, "assume-role-with-web-identity"), "web identity token", "renews",
        ),
        (
            answered("InvalidIdentityToken", "no", "AssumeRoleWithWebIdentity"),
            Who(None, "assume-role-with-web-identity"), "was refused: no", "trust the provider",
        ),
        (
            answered("ForbiddenException", "No access", "GetRoleCredentials"),
            SSO, "No access", "sso_role_name",
        ),
        (raised.NoCredentialsError(), Who(), "there are no credentials", "aws configure sso"),
        (raised.NoCredentialsError(), FILES, "profile 'prod' has none", "--profile"),
        (
            raised.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            ENV, "is missing: AWS_SECRET_ACCESS_KEY", "--resume",
        ),
        (raised.ProfileNotFound(profile="prd"), Who("prd"), "'prd' in ~/.aws", "list-profiles"),
        (
            raised.CredentialRetrievalError(provider="custom-process", error_msg="vault: sealed"),
            Who("p", "custom-process"), "credential_process of profile 'p' failed: vault: "
            "sealed", "by hand",
        ),
        (
            raised.CredentialRetrievalError(provider="container-role", error_msg="refused"),
            Who(), "container's credentials cannot be had: refused", "_FULL_URI",
        ),
        (raised.SSOTokenLoadError(error_msg="x"), SSO, "is not signed in to SSO", "aws sso login"),
        (raised.UnauthorizedSSOTokenError(), SSO, "has expired", "aws sso login --profile prod"),
        (
            raised.TokenRetrievalError(provider="sso", error_msg="Token has expired"),
            SSO, "has expired", "aws sso login --profile prod",
        ),
        (
            raised.MissingDependencyException(msg='You will need to pip install "botocore[crt]"'),
            Who("p", "login"), "`aws login`", "pipx inject triage-tui 'botocore[crt]'",
        ),
        (raised.LoginRefreshRequired(), Who("p", "login"), "has expired", "aws login --profile p"),
        (raised.LoginTokenLoadError(error_msg="no"), Who("p", "login"), "no", "aws login"),
        (raised.LoginInsufficientPermissions(), Who("p"), "may not renew", "CreateOAuth2Token"),
        (raised.RefreshWithMFAUnsupportedError(), ROLE, "has ended", "MFA code"),
        (raised.MetadataRetrievalError(error_msg="404"), Who(), "metadata service", "role"),
        (raised.ConfigParseError(path="/h/.aws/config"), Who(), "/h/.aws/config", "mend it"),
        (raised.InvalidConfigError(error_msg="no role_arn"), FILES, "no role_arn", "~/.aws/config"),
        (
            raised.InfiniteLoopConfigError(source_profile="a", visited_profiles=["b"]),
            FILES, "Infinite loop", "~/.aws/config",
        ),
        (MfaError("no code was given", "press L"), ROLE, "no code was given", "press L"),
    ]  # fmt: skip
"""(what is raised, as whom, what is said of it, what to do)"""


@pytest.mark.parametrize(("error", "who", "words", "cure"), CASES)
def test_words(error: Exception, who: Who, words: str, cure: str) -> None:
    for each in (error, SignInError(error, who)):
        found = trouble(each, who)
        assert found.kind is Kind.CREDENTIALS
        assert words in found.words
        assert cure in found.cure
        assert found.told == f"{found.words}: {found.cure}"
        assert not any(never in found.told for never in NEVER), found.told
        assert "\n" not in found.told


@pytest.mark.parametrize(
    ("code", "said", "skew", "words"),
    [
        ("RequestExpired", "", 900, "15 min ahead of AWS's"),
        ("RequestTimeTooSkewed", "", -600, "10 min behind AWS's"),
        ("SignatureDoesNotMatch", "Signature not yet current: …", -7200, "2 h behind AWS's"),
    ],
)
def test_a_wrong_clock_says_by_how_much(code: str, said: str, skew: float, words: str) -> None:
    found = trouble(answered(code, said, skew=skew), FILES)
    assert found.kind is Kind.CREDENTIALS
    assert found.words == f"this machine's clock is {words}"
    assert "chronyc" in found.cure


@pytest.mark.parametrize(
    "error", [ValueError("Expecting value"), KeyError("Token"), RuntimeError("still expired")]
)
def test_whatever_breaks_on_the_way_to_credentials_is_told_as_that(error: Exception) -> None:
    found = trouble(SignInError(error, Who("p", "custom-process")))
    assert found.kind is Kind.CREDENTIALS
    assert "the credentials of profile 'p' are unusable" in found.words
    assert "credential_process" in found.cure


def test_a_file_that_is_missing_is_named() -> None:
    error = FileNotFoundError(2, "No such file", "/opt/vault")
    found = trouble(SignInError(error, Who("p", "custom-process")))
    assert "needs /opt/vault, which is not there" in found.words


def test_who_cannot_be_reached_on_the_way_is_no_lockout() -> None:
    error = raised.EndpointConnectionError(endpoint_url="https://oidc.eu-west-1.amazonaws.com/")
    found = trouble(SignInError(error, SSO))
    assert found.kind is Kind.UNREACHABLE
    assert found.words.startswith("cannot sign in: ")
    assert "oidc.eu-west-1" in found.words


def test_what_is_denied_says_what_prints_the_rights() -> None:
    found = trouble(answered("AccessDeniedException", "User x is not authorized"))
    assert found.kind is Kind.DENIED
    assert found.told.startswith("FilterLogEvents is denied: User x is not authorized: triage-tui")


async def test_whoever_is_let_in_is_locked_out_no_more() -> None:
    feed = Feed("logs", place="prod", origin="o", wall=iter(range(1, 9)).__next__)
    feed.failed(Trouble(Kind.CREDENTIALS, "expired", cure="sign in"))
    feed.failed(Trouble(Kind.CREDENTIALS, "expired", cure="sign in"))
    feed.failed(Trouble(Kind.UNREACHABLE, "nobody there"))
    assert feed.health.lockout == Lockout("expired", "sign in", 1)
    feed.failed(Trouble(Kind.DENIED, "denied"))
    assert feed.health.lockout is None
    feed.failed(Trouble(Kind.CREDENTIALS, "expired"))
    feed.answered()
    assert feed.health.lockout is None


def test_a_profile_that_the_shell_would_take_apart_is_quoted() -> None:
    found = trouble(raised.UnauthorizedSSOTokenError(), Who("my $(prod)", "sso"))
    assert found.cure == "run: aws sso login --profile 'my $(prod)'"


def test_what_others_say_is_one_line_and_no_novel() -> None:
    error = raised.CredentialRetrievalError(
        provider="custom-process", error_msg="Traceback\n  File\n" + "x" * 5000
    )
    found = trouble(error, Who("p", "custom-process"))
    assert "\n" not in found.words
    assert len(found.words) < 400
