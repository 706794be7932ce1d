"""What goes on in a healthy account and on a healthy site, where much resembles an attack: services
that look at everything, pipelines that change everything, back-ups that read everything, crawlers
and monitors that ask for everything. Nothing of it may be an alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cases import series
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
from .weblogs import balancer, front, line, waf

if TYPE_CHECKING:
    from collections.abc import Iterator

TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io)"
CDK = session("cdk-hnb659fds-deploy-role-111122223333-eu-west-1", "aws-cdk-build")
STACK = through(CDK, "cloudformation.amazonaws.com")
REGIONS = ("eu-west-1", "eu-west-2", "us-east-1", "us-east-2", "us-west-2", "ap-south-1")
CONSOLE: Json = {"sessionCredentialFromConsole": "true"}
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
MONITOR = "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"


def _linked(name: str, of: str) -> Json:
    """A session of a service-linked role."""
    found = session(name, "session")
    context = found["sessionContext"]
    assert isinstance(context, dict)
    arn = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{of}.amazonaws.com/{name}"
    context["sessionIssuer"] = {**context["sessionIssuer"], "arn": arn}
    return through(found, f"{of}.amazonaws.com")


def account() -> list[bytes]:
    """A day's records of CloudTrail."""
    return [*_services(), *_terraform(), *_deployment(), *_applications(), *_people()]


def _services() -> Iterator[bytes]:
    """Config, Security Hub and the rest look at everything in every region; back-ups; scaling."""
    looks = (
        *(("iam", "ListUsers"), ("iam", "ListRoles"), ("iam", "ListAccessKeys")),
        *(("iam", "GetAccountAuthorizationDetails"), ("iam", "ListPolicies")),
        *(("iam", "GetAccountPasswordPolicy"), ("iam", "ListMFADevices")),
        *(("ec2", "DescribeInstances"), ("ec2", "DescribeSecurityGroups"), ("s3", "ListBuckets")),
        *(("rds", "DescribeDBInstances"), ("lambda", "ListFunctions20150331")),
        *(("lambda", "GetFunctionConfiguration20150331v2"), ("ses", "GetSendQuota")),
    )
    for who in (
        _linked("AWSServiceRoleForConfig", "config"),
        _linked("AWSServiceRoleForSecurityHub", "securityhub"),
        _linked("AWSServiceRoleForTrustedAdvisor", "trustedadvisor"),
    ):
        host = str(who["invokedBy"])
        for n, region in enumerate(REGIONS):
            for m, (source, name) in enumerate(looks):
                request = {"functionName": f"job-{m}-{n}"}
                at = 20 * n + m
                yield call(
                    *(source, name, request),
                    who=who, ip=host, agent=host, region=region, at=at, read_only=True,
                )  # fmt: skip
    for n in range(40):
        backup = through(session("backup", "AWSBackup"), "backup.amazonaws.com")
        yield call("ec2", "CreateSnapshot", {"volumeId": f"vol-{n}"}, who=backup, at=n)
        yield call("ec2", "DeleteSnapshot", {"snapshotId": f"snap-{n}"}, who=backup, at=n)
        yield call("ebs", "ListSnapshotBlocks", {"snapshotId": f"snap-{n}"}, who=backup, at=n)
        scaling = _linked("AWSServiceRoleForAutoScaling", "autoscaling")
        yield call("ec2", "RunInstances", {"instanceType": "g5.xlarge"}, who=scaling, at=n)
        yield call("ec2", "TerminateInstances", {}, who=scaling, at=n)
        yield call("kms", "Decrypt", who=through(PIPELINE, "s3.amazonaws.com"), at=n)
        yield call("sts", "AssumeRole", {"roleSessionName": "x"}, who=service("ecs.amazonaws.com"))
    lambdas = _linked("AWSServiceRoleForSSM", "ssm")
    yield call("ssm", "SendCommand", {"documentName": "AWS-RunShellScript"}, who=lambdas)


def _terraform() -> Iterator[bytes]:
    """A plan reads whatever there is, and an apply changes some of it."""
    names = (
        *("GetRole", "ListRolePolicies", "ListAttachedRolePolicies", "GetPolicyVersion"),
        *("ListInstanceProfiles", "ListGroupsForUser", "ListAttachedUserPolicies", "ListUsers"),
        *("ListMFADevices", "ListAccessKeys"),
    )
    for n in range(60):
        yield call("iam", names[n % len(names)], who=PIPELINE, agent=TERRAFORM, at=n)
        request: Json = {"functionName": f"job-{n}"}
        name = "GetFunction20150331v2"
        yield call("lambda", name, request, who=PIPELINE, agent=TERRAFORM, at=n, read_only=True)
        request = {"name": f"/orders/{n}", "withDecryption": True}
        yield call("ssm", "GetParameter", request, who=PIPELINE, agent=TERRAFORM, at=n)
        request = {"secretId": f"orders/{n}"}
        yield call("secretsmanager", "DescribeSecret", request, who=PIPELINE, agent=TERRAFORM)
        request = {"bucketName": f"bucket-{n}"}
        for name in ("GetBucketPolicy", "GetBucketAcl", "GetBucketVersioning"):
            yield call("s3", name, request, who=PIPELINE, agent=TERRAFORM, at=n, read_only=True)
    allowed = policy(
        statement(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::orders-example/*"),
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"x": "false"}}},
    )
    request = {"roleName": "export", "policyDocument": allowed}
    yield call("iam", "PutRolePolicy", request, who=PIPELINE, agent=TERRAFORM)
    trusted = policy(trust({"Service": "lambda.amazonaws.com"}))
    request = {"roleName": "export", "assumeRolePolicyDocument": trusted}
    yield call("iam", "CreateRole", request, who=PIPELINE, agent=TERRAFORM)
    tls = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    logs = {
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::logs-example/AWSLogs/{ACCOUNT}/*",
    }
    document = {"Version": "2012-10-17", "Statement": [tls, logs]}
    request = {"bucketName": "logs-example", "bucketPolicy": document}
    yield call("s3", "PutBucketPolicy", request, who=PIPELINE, agent=TERRAFORM)
    for name in ("EnableSnapshotBlockPublicAccess", "EnableEbsEncryptionByDefault"):
        yield call("ec2", name, who=PIPELINE, agent=TERRAFORM)


def _deployment() -> Iterator[bytes]:
    """A pipeline of CDK, with CloudFormation behind it."""
    request: Json = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/cdk-deploy", "roleSessionName": "x"}
    yield call("sts", "AssumeRole", request, who=PIPELINE)
    yield call("cloudformation", "CreateChangeSet", {"stackName": "orders"}, who=CDK)
    for n in range(30):
        request = {"bucketName": "cdk-assets", "key": f"{n}.zip"}
        yield call("s3", "PutObject", request, who=CDK, at=n)
        request = {"functionName": f"job-{n}"}
        yield call("lambda", "UpdateFunctionCode20150331v2", request, who=STACK, at=n)
        yield call("logs", "DeleteLogGroup", {"logGroupName": f"/aws/lambda/{n}"}, who=STACK, at=n)
        yield call("dynamodb", "DeleteTable", {"tableName": f"preview-{n}"}, who=STACK, at=n)
    yield call("ecr", "PutImage", {"repositoryName": "orders"}, who=PIPELINE)
    pipe = through(PIPELINE, "codepipeline.amazonaws.com")
    yield call("codebuild", "StartBuild", {"projectName": "orders"}, who=pipe)


def _applications() -> Iterator[bytes]:
    """Tasks that begin read their secrets; jobs read and tidy; hosts say that they are alive."""
    for n in range(30):
        task = session("orders-task", f"{n:032x}")
        for name in ("orders/database", "orders/payments", "orders/mail"):
            yield call("secretsmanager", "GetSecretValue", {"secretId": name}, who=task, at=n)
        request: Json = {"path": "/orders/", "recursive": True, "withDecryption": True}
        yield call("ssm", "GetParametersByPath", request, who=task, at=n)
        yield call("sts", "GetCallerIdentity", who=task, ip=f"198.51.100.{n}", at=n)
        host = session("web-server", f"i-{n:017x}")
        address = f"198.51.100.{n}"
        for at in range(0, 1800, 300):
            yield call("ssm", "UpdateInstanceInformation", who=host, ip=address, at=at)
        yield call("s3", "GetObject", {"key": "app.zip"}, who=host, ip=address, read_only=True)
    job = session("export", "nightly")
    agent = "aws-sdk-java/2.29 exec-env/AWS_ECS_FARGATE"
    for n in range(300):
        request = {"bucketName": "orders-example", "key": f"2026/{n}.csv"}
        yield call("s3", "GetObject", request, who=job, agent=agent, at=n, read_only=True)
        if n % 20 == 0:
            yield call("s3", "DeleteObjects", {"bucketName": "tmp"}, who=job, agent=agent, at=n)
            request = {"requestItems": {"carts": [{"deleteRequest": {"key": {"id": str(n)}}}]}}
            yield call("dynamodb", "BatchWriteItem", request, who=job, agent=agent, at=n)


def _people() -> Iterator[bytes]:
    """Some mistype, some look at much, all of it in the console."""
    for n, name in enumerate(("anna", "bert", "carla")):
        yield sign_in("Failure", who=user(name), ip=f"198.51.100.{60 + n}", at=60 * n)
        yield sign_in(who=user(name), ip=f"198.51.100.{60 + n}", at=60 * n + 30)
    looks = ("ListUsers", "ListRoles", "ListGroups", "ListPolicies", "ListAccessKeys", "GetUser")
    for n, name in enumerate(looks):
        yield call("iam", name, agent=BROWSER, at=n, read_only=True, more=CONSOLE)
    for n, region in enumerate(REGIONS[:3]):
        request: Json = {}
        yield call("ec2", "DescribeInstances", request, agent=BROWSER, at=n, region=region)
    for n in range(4):
        error = "AccessDenied"
        yield call("ce", f"GetCost{n}", error=error, agent=BROWSER, at=n, more=CONSOLE)
    yield call("iam", "ChangePassword", who=ANNA)


EDITED = (
    *("/wp-login.php", "/wp-admin/", "/wp-admin/post.php?post=12&action=edit"),
    *("/wp-admin/admin-ajax.php", "/wp-json/wp/v2/posts/12", "/wp-content/uploads/a.jpg"),
    *("/wp-admin/load-scripts.php?c=1&load%5Bchunk_0%5D=jquery-core", "/wp-cron.php"),
    *("/wp-includes/js/jquery/jquery.min.js?ver=3.7.1", "/wp-content/themes/x/style.css"),
)


def site() -> list[bytes]:
    """An hour of a blog and shop, as its server logs it."""
    editor = [line(path, ip="198.51.100.4", at=3 * n, status=200) for n, path in enumerate(EDITED)]
    crawler = series(
        60,
        lambda n: line(f"/lamp/{n}", ip="192.0.2.9", at=5 * n, status=200, agent=GOOGLE),
    )
    gone = series(
        30, lambda n: line(f"/old/{n}", ip="192.0.2.9", at=60 * n, status=404, agent=GOOGLE)
    )
    monitor = series(60, lambda n: line("/", ip="192.0.2.20", at=60 * n, status=200, agent=MONITOR))
    office = series(
        25, lambda n: line("/login", method="POST", ip="198.51.100.5", at=100 * n, status=302)
    )
    mistyped = series(
        4, lambda n: line("/login", method="POST", ip="198.51.100.6", at=9 * n, status=401)
    )
    refreshed = series(
        80, lambda n: line("/api/token", method="POST", ip="198.51.100.5", at=3 * n, status=200)
    )
    return [*editor, *crawler, *gone, *monitor, *office, *mistyped, *refreshed]


def edges() -> dict[str, list[bytes]]:
    """The same editor, and a crawler, as other logs have them."""
    crawled = ("/robots.txt", "/sitemap.xml", "/ads.txt", "/.well-known/security.txt", "/feed/")
    asked = (*EDITED, *crawled, "/favicon.ico", "/apple-touch-icon.png")
    return {
        "waf": [waf(path, ip="198.51.100.4", at=n) for n, path in enumerate(asked)],
        "alb": [
            balancer(path, ip="198.51.100.4", status=200, at=n) for n, path in enumerate(asked)
        ],
        "cloudfront": [front(path, ip="198.51.100.4", status=200) for path in asked],
    }
