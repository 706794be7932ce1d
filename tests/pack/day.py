"""An administrator's ordinary day: everything that looks a little like an attack and is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .trail import (
    ACCOUNT,
    ANNA,
    BROWSER,
    PIPELINE,
    Json,
    call,
    policy,
    service,
    session,
    sign_in,
    statement,
    through,
    trust,
    user,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) "
    "terraform-provider-aws/5.82.2"
)
CONSOLE: Json = {"sessionCredentialFromConsole": "true"}
MFA = f"arn:aws:iam::{ACCOUNT}:mfa/anna"
OFFICE = {"items": [{"cidrIp": "198.51.100.0/24"}]}
WORLD = {"items": [{"cidrIp": "0.0.0.0/0"}]}
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
HOST = session("web-server", "i-0a1b2c3d4e5f60718")
HOUR = 3600


def day() -> list[bytes]:
    """The records of a day, from nine to five."""
    return [
        *_morning(),
        *_people(),
        *_infrastructure(),
        *_instances(),
        *_data(),
        *_functions(),
        *_machines(),
    ]


def _morning() -> Iterator[bytes]:
    """She signs in, mistypes once, and looks at what happened over night."""
    yield sign_in("Failure", at=5)
    yield sign_in(at=40)
    looks = (
        ("guardduty", "ListFindings"),
        ("cloudtrail", "LookupEvents"),
        ("iam", "ListUsers"),
        ("iam", "ListRoles"),
        ("iam", "GetAccountSummary"),
        ("iam", "ListMFADevices"),
        ("iam", "ListAccessKeys"),
        ("iam", "ListGroups"),
        ("iam", "ListPolicies"),
        ("s3", "ListBuckets"),
        ("ce", "GetCostAndUsage"),
        ("securityhub", "GetFindings"),
    )
    for number, (source, name) in enumerate(looks):
        yield call(source, name, at=60 + number, agent=BROWSER, read_only=True, more=CONSOLE)
    yield call("sts", "GetCallerIdentity", at=300, read_only=True)
    yield call("sts", "GetSessionToken", {"serialNumber": MFA, "tokenCode": "x"}, at=310)
    request = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/admin", "roleSessionName": "anna"}
    yield call("sts", "AssumeRole", request, at=320)


def _people() -> Iterator[bytes]:
    """A new colleague, and her own key rotated."""
    at = HOUR
    yield call("iam", "CreateUser", {"userName": "dora"}, at=at)
    yield call("iam", "AddUserToGroup", {"userName": "dora", "groupName": "readers"}, at=at + 5)
    yield call("iam", "AttachGroupPolicy", {"groupName": "readers", "policyArn": READER}, at=at + 9)
    yield call("iam", "EnableMFADevice", {"userName": "dora", "serialNumber": "x"}, at=at + 60)
    yield call("iam", "CreateAccessKey", {"userName": "anna"}, at=at + 120)
    request = {"userName": "anna", "accessKeyId": "AKIAEXAMPLE", "status": "Inactive"}
    yield call("iam", "UpdateAccessKey", request, at=at + 200)
    yield call("iam", "ChangePassword", at=at + 300)


def _infrastructure() -> Iterator[bytes]:
    """Terraform plans and applies: reads of many kinds, a role for a function, a group of ports."""
    at = 2 * HOUR
    reads = (
        "GetRole",
        "ListRolePolicies",
        "ListAttachedRolePolicies",
        "GetPolicyVersion",
        "ListInstanceProfiles",
        "ListGroupsForUser",
        "ListAttachedUserPolicies",
        "ListPolicies",
        "ListRoles",
    )
    for number in range(40):
        name = reads[number % len(reads)]
        yield call("iam", name, at=at + number, agent=TERRAFORM, read_only=True)
    trusted = policy(trust({"Service": "lambda.amazonaws.com"}))
    role: Json = {"roleName": "orders-export", "assumeRolePolicyDocument": trusted}
    allowed = policy(statement(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::orders-example/*"))
    written: Json = {"roleName": "orders-export", "policyDocument": allowed}
    changed: Json = {"roleName": "orders-export", "policyDocument": trusted}
    yield call("iam", "CreateRole", role, at=at + 60, agent=TERRAFORM)
    yield call("iam", "PutRolePolicy", written, at=at + 61, agent=TERRAFORM)
    yield call("iam", "UpdateAssumeRolePolicy", changed, at=at + 62, agent=TERRAFORM)
    for port, ranges in ((443, WORLD), (22, OFFICE)):
        permission = {"ipProtocol": "tcp", "fromPort": port, "toPort": port, "ipRanges": ranges}
        request: Json = {"groupId": "sg-0a1b", "ipPermissions": {"items": [permission]}}
        yield call("ec2", "AuthorizeSecurityGroupIngress", request, at=at + 70, agent=TERRAFORM)
    yield call(
        "cloudtrail", "UpdateTrail", {"name": "main", "isMultiRegionTrail": True}, at=at + 80
    )
    block = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    request = {"bucketName": "orders-example", "PublicAccessBlockConfiguration": block}
    yield call("s3", "PutBucketPublicAccessBlock", request, at=at + 90, agent=TERRAFORM)
    yield call("iam", "ListUsers", error="AccessDenied", at=at + 95)
    yield call("kms", "DescribeKey", error="AccessDenied", at=at + 96, read_only=True)


def _instances() -> Iterator[bytes]:
    """One instance is started, looked into and stopped."""
    at = 3 * HOUR
    yield call("ec2", "RunInstances", {"instanceType": "t3.large"}, at=at)
    for number, attribute in enumerate(("instanceType", "userData", "disableApiTermination")):
        request: Json = {"instanceId": "i-0a1b", "attribute": attribute}
        at += 20
        yield call("ec2", "DescribeInstanceAttribute", request, at=at + number, read_only=True)
    request = {"instanceId": "i-0a1b", "instanceOSUser": "ec2-user"}
    yield call("ec2-instance-connect", "SendSSHPublicKey", request, at=at + 100)
    yield call("ssm", "StartSession", {"target": "i-0a1b"}, at=at + 200)
    request = {"documentName": "AWS-RunShellScript", "instanceIds": ["i-0a1b"]}
    yield call("ssm", "SendCommand", request, at=at + 300)
    yield call("ec2", "CreateSnapshot", {"volumeId": "vol-0a1b"}, at=at + 400)
    yield call("ec2", "DeleteSnapshot", {"snapshotId": "snap-0a1b"}, at=at + 500)
    yield call("ec2", "StopInstances", {"instancesSet": {}}, at=at + 600)


def _data() -> Iterator[bytes]:
    """A database is copied, a few secrets and objects read, old files tidied away."""
    at = 4 * HOUR
    yield call("rds", "CreateDBSnapshot", {"dBSnapshotIdentifier": "before-change"}, at=at)
    request: Json = {"attributeName": "restore", "valuesToRemove": ["444455556666"]}
    yield call("rds", "ModifyDBSnapshotAttribute", request, at=at + 5)
    yield call("rds", "ModifyDBInstance", {"allocatedStorage": 200}, at=at + 10)
    for number in range(3):
        request = {"secretId": f"orders/{number}"}
        yield call("secretsmanager", "GetSecretValue", request, at=at + 60 + number)
    for number in range(20):
        request = {"bucketName": "orders-example", "key": f"2026/{number}.csv"}
        yield call("s3", "GetObject", request, at=at + 100 + number, read_only=True)
        yield call("s3", "DeleteObject", request, at=at + 200 + number)
    rule = {"ID": "tidy", "Status": "Enabled", "Expiration": {"Days": 180}}
    request = {"bucketName": "logs-example", "LifecycleConfiguration": {"Rule": rule}}
    yield call("s3", "PutBucketLifecycle", request, at=at + 300)
    yield call("dynamodb", "DescribeTable", {"tableName": "orders"}, at=at + 310, read_only=True)
    for number in range(12):
        key = {"orderId": f"O-{number}"}
        request = {"tableName": "orders", "key": key}
        yield call("dynamodb", "DeleteItem", request, at=at + 400 + number)
    request = {"logGroupName": "/aws/lambda/orders", "retentionInDays": 30}
    yield call("logs", "PutRetentionPolicy", request, at=at + 500)


def _functions() -> Iterator[bytes]:
    """A function gets more memory; the pipeline gives it new code."""
    at = 5 * HOUR
    request: Json = {"functionName": "orders-api", "memorySize": 512, "environment": {}}
    yield call("lambda", "UpdateFunctionConfiguration20150331v2", request, at=at)
    request = {"functionName": "orders-api"}
    yield call("lambda", "UpdateFunctionCode20150331v2", request, at=at + 60, who=PIPELINE)
    request = {"functionName": "orders-api", "principal": "events.amazonaws.com"}
    yield call("lambda", "AddPermission20150331v2", request, at=at + 70, who=PIPELINE)
    yield call("wafv2", "UpdateIPSet", {"name": "blocked", "scope": "REGIONAL"}, at=at + 90)
    yield call("bedrock", "ListFoundationModels", at=at + 100, read_only=True)
    yield call("bedrock", "InvokeModel", {"modelId": "vendor.model-1"}, at=at + 110)


def _machines() -> Iterator[bytes]:
    """What goes on beside her."""
    for number in range(24):
        at = number * 1200
        yield call("sts", "AssumeRole", at=at, who=service("lambda.amazonaws.com"))
        yield call("ssm", "UpdateInstanceInformation", at=at + 5, who=HOST)
        yield call("s3", "GetObject", {"key": "app.zip"}, at=at + 9, who=HOST, read_only=True)
        backup = through(session("backup", "AWSBackup"), "backup.amazonaws.com")
        yield call("rds", "DeleteDBSnapshot", {"dBSnapshotIdentifier": "old"}, at=at, who=backup)
        request: Json = {"secretId": "orders/database"}
        reader = session("orders-api-role", "orders-api")
        yield call("secretsmanager", "GetSecretValue", request, at=at + 30, who=reader)
    yield call("sts", "GetCallerIdentity", at=7 * HOUR, who=user("bert"), ip="198.51.100.8")


ADMINISTRATOR = ANNA
