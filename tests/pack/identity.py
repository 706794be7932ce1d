"""The identity rules: both sides of each."""

from __future__ import annotations

from . import trust as trust_cases
from .cases import Case, series
from .trail import (
    ACCOUNT,
    ANNA,
    BROWSER,
    CLI,
    ELSEWHERE,
    OTHER,
    PIPELINE,
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

BERT, CARLA = user("bert"), user("carla")
HOST = session("web-server", "i-0a1b2c3d4e5f60718")
ADMIN_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
READER_POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SOMEBODY_ELSES = {"AWS": f"arn:aws:iam::{OTHER}:root"}
FUNCTIONS = {"Service": "lambda.amazonaws.com"}
LISTS = (
    "ListUsers",
    "ListRoles",
    "ListGroups",
    "ListPolicies",
    "ListAccessKeys",
    "GetAccountSummary",
)
REGIONS = ("eu-west-1", "eu-west-2", "us-east-1", "us-west-2", "ap-south-1", "sa-east-1")


def _failures(count: int, ip: str = ELSEWHERE) -> list[bytes]:
    return series(count, lambda n: sign_in("Failure", ip=ip, at=20 * n))


def _refused(names: tuple[str, ...], code: str = "AccessDenied") -> list[bytes]:
    return [call("iam", name, error=code, at=5 * n) for n, name in enumerate(names)]


CONSOLE = (
    Case("Console passwords guessed", _failures(6), _failures(3)),
    Case(
        "Console passwords sprayed over users",
        [
            sign_in("Failure", who=who, ip=ELSEWHERE, at=30 * n)
            for n, who in enumerate((ANNA, BERT, CARLA))
        ],
        [sign_in("Failure", who=ANNA, ip=ELSEWHERE, at=30 * n) for n in range(4)],
    ),
    Case(
        "Console sign-in after many failures",
        [*_failures(6), sign_in(ip=ELSEWHERE, at=200)],
        [sign_in(ip=ELSEWHERE), *series(6, lambda n: sign_in("Failure", ip=ELSEWHERE, at=9 + n))],
    ),
    Case("Console sign-in without MFA", [sign_in(mfa="No")], [sign_in(mfa="Yes")]),
    Case(
        "Console sign-in link made for a session",
        [call("signin", "GetSigninToken", who=PIPELINE, agent="python-requests/2.32.3")],
        [call("signin", "GetSigninToken", who=PIPELINE, agent="Jersey/${project.version}")],
    ),
)

ROOT = (
    Case("Root signed in", [sign_in(who=root())], [sign_in(who=ANNA)]),
    Case(
        "Root signed in without MFA",
        [sign_in(who=root(), mfa="No")],
        [sign_in(who=root()), sign_in("Failure", who=root(), mfa="No")],
    ),
    Case(
        "Root changed something",
        [call("s3", "DeleteBucketPolicy", {"bucketName": "orders-example"}, who=root())],
        [
            call("ce", "GetCostAndUsage", who=root(), read_only=True),
            call("kms", "CreateGrant", who=through(root(), "backup.amazonaws.com")),
        ],
    ),
    Case(
        "Root password or recovery asked for",
        [call("signin", "PasswordRecoveryRequested", who=root(), kind="AwsConsoleSignIn")],
        [call("signin", "CheckMfa", who=root(), kind="AwsConsoleSignIn")],
    ),
    Case(
        "Access key made for root",
        [call("iam", "CreateAccessKey", who=root())],
        [call("iam", "CreateAccessKey", {"userName": "bert"}, who=root())],
    ),
)

KEYS = (
    Case(
        "Access key made for another user",
        [call("iam", "CreateAccessKey", {"userName": "bert"})],
        [call("iam", "CreateAccessKey", {"userName": "anna"}), call("iam", "CreateAccessKey")],
    ),
    Case(
        "Access key made for oneself",
        [call("iam", "CreateAccessKey")],
        [call("iam", "CreateAccessKey", {"userName": "bert"}), call("iam", "ListAccessKeys")],
    ),
    Case(
        "Key asks who it is from a second place",
        [
            call("sts", "GetCallerIdentity"),
            call("sts", "GetCallerIdentity", ip=ELSEWHERE, at=3000),
        ],
        [
            call("sts", "GetCallerIdentity"),
            call("sts", "GetCallerIdentity", at=3000),
            call("sts", "GetCallerIdentity", who=BERT, ip=ELSEWHERE, at=3100),
        ],
    ),
    Case(
        "Key used with an attacker's tool",
        [call("s3", "ListBuckets", agent="aws-cli/2.15.1 Python/3.11.8 Linux/6.6.15-kali2-amd64")],
        [call("s3", "ListBuckets", agent=CLI)],
    ),
    Case(
        "Temporary credentials by federation",
        [call("sts", "GetFederationToken", {"name": "helper", "durationSeconds": 129600})],
        [call("sts", "GetSessionToken", {"serialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/anna"})],
    ),
    Case(
        "Session token for a lasting key",
        [call("sts", "GetSessionToken", {"durationSeconds": 3600})],
        [call("sts", "GetSessionToken", {"serialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/anna"})],
    ),
    Case(
        "Certificates trusted as credentials",
        [call("rolesanywhere", "CreateTrustAnchor", {"name": "backup-host", "enabled": True})],
        [call("rolesanywhere", "ListTrustAnchors", read_only=True)],
    ),
)

USERS = (
    Case(
        "MFA device removed",
        [call("iam", "DeactivateMFADevice", {"userName": "bert", "serialNumber": "x"})],
        [call("iam", "EnableMFADevice", {"userName": "bert", "serialNumber": "x"})],
    ),
    Case(
        "New IAM user",
        [call("iam", "CreateUser", {"userName": "svc-backup"})],
        [call("iam", "TagUser", {"userName": "svc-backup"})],
    ),
    Case(
        "Console password set for another user",
        [call("iam", "UpdateLoginProfile", {"userName": "bert"})],
        [call("iam", "UpdateLoginProfile", {"userName": "anna"})],
    ),
    Case(
        "Password policy weakened or removed",
        [call("iam", "UpdateAccountPasswordPolicy", {"minimumPasswordLength": 6})],
        [call("iam", "UpdateAccountPasswordPolicy", {"minimumPasswordLength": 14})],
    ),
    Case(
        "Identity provider added or changed",
        [call("iam", "CreateSAMLProvider", {"name": "helper", "sAMLMetadataDocument": "<x/>"})],
        [
            call(
                "iam",
                "CreateOpenIDConnectProvider",
                {"url": "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"},
            )
        ],
    ),
)

POLICIES = (
    Case(
        "Administrator policy attached",
        [call("iam", "AttachUserPolicy", {"userName": "bert", "policyArn": ADMIN_POLICY})],
        [call("iam", "AttachUserPolicy", {"userName": "bert", "policyArn": READER_POLICY})],
    ),
    Case(
        "User gives itself permissions",
        [call("iam", "AddUserToGroup", {"userName": "anna", "groupName": "admins"})],
        [call("iam", "AddUserToGroup", {"userName": "bert", "groupName": "admins"})],
    ),
    Case(
        "Role gives itself permissions",
        [
            call(
                "iam",
                "PutRolePolicy",
                {"roleName": "ci-deploy", "policyName": "more"},
                who=PIPELINE,
            )
        ],
        [
            call(
                "iam",
                "PutRolePolicy",
                {"roleName": "orders-api", "policyName": "logs"},
                who=PIPELINE,
            )
        ],
    ),
    Case(
        "Policy allows everything",
        [
            call(
                "iam",
                "PutUserPolicy",
                {"userName": "bert", "policyDocument": document},
            )
            for document in (policy(statement("*")), *trust_cases.WIDE)
        ],
        [
            call(
                "iam",
                "PutUserPolicy",
                {"userName": "bert", "policyDocument": policy(statement(["s3:Get*"]))},
            ),
            call(
                "iam",
                "PutUserPolicy",
                {
                    "userName": "bert",
                    "policyDocument": policy(statement("iam:*", "arn:aws:iam::*:user/x")),
                },
            ),
            *(
                call("iam", "PutUserPolicy", {"userName": "bert", "policyDocument": document})
                for document in trust_cases.NARROW
            ),
        ],
    ),
    Case(
        "Role opened to another principal",
        [
            call(
                "iam",
                "UpdateAssumeRolePolicy",
                {"roleName": "ops", "policyDocument": policy(trust(SOMEBODY_ELSES))},
            )
        ],
        [
            call(
                "iam",
                "UpdateAssumeRolePolicy",
                {"roleName": "ops", "policyDocument": policy(trust(FUNCTIONS))},
            )
        ],
    ),
    Case(
        "New role that other principals may assume",
        [
            call(
                "iam",
                "CreateRole",
                {"roleName": "ops", "assumeRolePolicyDocument": policy(trust(SOMEBODY_ELSES))},
            )
        ],
        [
            call(
                "iam",
                "CreateRole",
                {"roleName": "ops", "assumeRolePolicyDocument": policy(trust(FUNCTIONS))},
            )
        ],
    ),
    Case(
        "Role that anybody may assume",
        [
            call(
                "iam",
                "CreateRole",
                {"roleName": "ops", "assumeRolePolicyDocument": policy(trust({"AWS": "*"}))},
            ),
        ],
        [
            call(
                "iam",
                "CreateRole",
                {"roleName": "ops", "assumeRolePolicyDocument": policy(trust(SOMEBODY_ELSES))},
            )
        ],
    ),
    Case(
        "Guard on permissions removed",
        [call("iam", "DeleteRolePermissionsBoundary", {"roleName": "ci-deploy"})],
        [call("organizations", "ListPolicies", {"filter": "SERVICE_CONTROL_POLICY"})],
    ),
)

ROLES = (
    Case(
        "Role assumed from another account",
        [
            call(
                "sts",
                "AssumeRole",
                {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/partner", "roleSessionName": "nightly"},
                who={"type": "AWSAccount", "principalId": "AROAEXAMPLE:x", "accountId": OTHER},
            )
        ],
        [
            call("sts", "AssumeRole", {"roleSessionName": "x"}),
            call("sts", "AssumeRole", {"roleSessionName": "x"}, who=service("ec2.amazonaws.com")),
        ],
    ),
    Case(
        "Tries out what it may do",
        _refused(("ListUsers", "CreateUser", "ListRoles", "AttachUserPolicy", "CreateRole")),
        [*_refused(("ListUsers",) * 12), *_refused(("CreateUser", "ListRoles"))],
    ),
    Case(
        "Tries one role after another",
        series(
            4,
            lambda n: call(
                "sts",
                "AssumeRole",
                {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/r{n}"},
                error="AccessDenied",
                at=n,
            ),
        ),
        series(
            4,
            lambda n: call(
                "sts",
                "AssumeRole",
                {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/deploy"},
                error="AccessDenied",
                at=n,
            ),
        ),
    ),
    Case(
        "Lists identities and their permissions",
        [call("iam", name, at=n, read_only=True) for n, name in enumerate(LISTS)],
        [
            call(
                "iam",
                name,
                at=n,
                read_only=True,
                agent=BROWSER,
                more={"sessionCredentialFromConsole": "true"},
            )
            for n, name in enumerate(LISTS)
        ],
    ),
    Case(
        "Instance's role looks around",
        [call("s3", "ListBuckets", who=HOST, read_only=True)],
        [
            call("s3", "ListBuckets", who=PIPELINE, read_only=True),
            call("s3", "GetObject", {"key": "app.zip"}, who=HOST, read_only=True),
        ],
    ),
    Case(
        "Region switched on",
        [call("account", "EnableRegion", {"RegionName": "ap-east-1"})],
        [call("account", "ListRegions", read_only=True)],
    ),
    Case(
        "Goes through many regions",
        [
            call("ec2", "DescribeInstances", region=region, at=10 * n, read_only=True)
            for n, region in enumerate(REGIONS)
        ],
        [call("ec2", "DescribeInstances", at=10 * n, read_only=True) for n in range(8)],
    ),
)

CASES = (*CONSOLE, *ROOT, *KEYS, *USERS, *POLICIES, *ROLES, *trust_cases.CASES)
