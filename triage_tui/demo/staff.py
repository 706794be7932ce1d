"""The people and pipelines of an ordinary night, who must not be mistaken for the intruder."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from triage_tui.demo.cast import (
    ACCOUNT,
    BASTION,
    OFFICE,
    ON_CALL,
    PARTNER_ACCOUNT,
    PARTNER_HOST,
    ROOT_DESK,
    RUNNER,
    Json,
    Scene,
    clock,
    dice,
    example_id,
    role_session,
    root,
    spread,
    sso_session,
    unique_id,
)
from triage_tui.demo.trail import Call, Caller, assume_role, on_table, trail_record

CONSOLE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36"
)
OFFICE_CONSOLE = "Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0"
AWS_CLI = (
    "aws-cli/2.24.6 md/awscrt#0.23.8 ua/2.0 os/linux#6.8.0-1021-azure md/arch#x86_64 "
    "lang/python#3.12.9 md/prompt#off md/command#cloudformation.deploy"
)
SSM_AGENT = "aws-sdk-go/1.55.5 (go1.22.10; linux; amd64) amazon-ssm-agent/3.3.1611.0"
PIPELINE_ISSUER = "token.actions.example.com"
PIPELINE_SUBJECT = "repo:example-org/orders:ref:refs/heads/main"
BASTION_INSTANCE = "i-0f1e2d3c4b5a69788"


def staff() -> Scene:
    """Everybody who works tonight."""
    yield from deployment("night build", clock("01:36:20"))
    yield from deployment("hotfix", clock("02:21:10"))
    yield from developer_at_the_office()
    yield from on_call_engineer()
    yield from instance_agent()
    yield from partner()
    yield from root_reads_the_bill()


def _console(service: str, name: str) -> Call:
    return Call(service, name, {"maxResults": 50})


def deployment(name: str, begins: datetime) -> Scene:
    """The pipeline proves itself with a web identity, then deploys as ci-deploy."""
    rng = dice(f"deployment {name}")
    run = f"orders-{rng.randrange(10**9, 10**10)}"
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{PIPELINE_ISSUER}"
    web_identity: Json = {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:sts.amazonaws.com:{PIPELINE_SUBJECT}",
        "userName": PIPELINE_SUBJECT,
        "identityProvider": provider,
    }
    hop = assume_role("ci-deploy", run, begins)
    proof = Call(
        "sts", "AssumeRoleWithWebIdentity", hop.request, hop.response, resources=hop.resources
    )
    yield trail_record(rng, begins, Caller(web_identity, RUNNER, AWS_CLI), proof)
    caller = Caller(role_session("ci-deploy", run, begins), RUNNER, AWS_CLI)
    for at, call in zip(
        spread(rng, begins, begins.replace(minute=begins.minute + 6), 34),
        _deployment_calls(rng, 34),
        strict=True,
    ):
        yield trail_record(rng, at, caller, call)


def _deployment_calls(rng: Random, count: int) -> list[Call]:
    stack: Json = {"stackName": "orders"}
    code: Json = {"functionName": "orders-api", "publish": True, "dryRun": False}
    opening = [
        Call("ecr", "GetAuthorizationToken"),
        Call("cloudformation", "CreateChangeSet", stack, read_only=False),
        Call("lambda", "UpdateFunctionCode20150331v2", code, read_only=False),
    ]
    polling = [
        Call("cloudformation", "DescribeChangeSet", stack),
        Call("cloudformation", "DescribeStackEvents", stack),
        Call("lambda", "GetFunction20150331v2", {"functionName": "orders-api"}),
        on_table("DescribeTable", "orders"),
    ]
    return opening + [rng.choice(polling) for _ in range(count - len(opening))]


def developer_at_the_office() -> Scene:
    """j.ortega works behind the office NAT, in the scanner's own /24."""
    rng = dice("developer")
    since = clock("01:31:00")
    yield from developing(rng, since, spread(rng, clock("01:32:00"), clock("02:29:00"), 64))


def developing(rng: Random, since: datetime, times: Sequence[datetime]) -> Scene:
    """j.ortega looks at logs, functions and alarms."""
    identity = sso_session("DeveloperAccess", "j.ortega@example.com", since)
    calls = (
        _console("logs", "DescribeLogGroups"),
        _console("logs", "FilterLogEvents"),
        _console("lambda", "ListFunctions20150331"),
        _console("cloudwatch", "DescribeAlarms"),
        on_table("DescribeTable", "carts"),
    )
    caller = Caller(identity, OFFICE, OFFICE_CONSOLE)
    for at in times:
        yield trail_record(rng, at, caller, rng.choice(calls))


def on_call_engineer() -> Scene:
    """a.lindqvist wakes to the pager at 02:14 and starts to look."""
    rng = dice("on call")
    since = clock("02:15:30")
    yield from looking_into_it(rng, since, spread(rng, since, clock("02:29:30"), 46))


def looking_into_it(rng: Random, since: datetime, times: Sequence[datetime]) -> Scene:
    """a.lindqvist looks at findings, trails, tables and the firewall."""
    caller = Caller(sso_session("OnCall", "a.lindqvist@example.com", since), ON_CALL, CONSOLE)
    calls = (
        Call("guardduty", "ListFindings", {"detectorId": "12abc34d567e8fa901bc2d34e56789f0"}),
        Call("cloudtrail", "LookupEvents", {"maxResults": 50}),
        on_table("DescribeTable", "orders"),
        on_table("DescribeContinuousBackups", "orders"),
        Call("wafv2", "GetWebACL", {"name": "orders-shop", "scope": "REGIONAL"}),
    )
    for at in times:
        yield trail_record(rng, at, caller, rng.choice(calls))


def instance_agent() -> Scene:
    """The bastion's own role: an agent that says it is alive."""
    rng = dice("bastion")
    times = spread(rng, clock("01:30:00"), clock("02:30:00"), 24)
    yield from being_alive(rng, clock("01:12:00"), times)


def being_alive(rng: Random, since: datetime, times: Sequence[datetime]) -> Scene:
    """What the agent says."""
    identity = role_session("bastion", BASTION_INSTANCE, since)
    context = identity["sessionContext"]
    if isinstance(context, dict):
        context["ec2RoleDelivery"] = "2.0"
    alive = Call("ssm", "UpdateInstanceInformation", {"instanceId": BASTION_INSTANCE})
    for at in times:
        yield trail_record(rng, at, Caller(identity, BASTION, SSM_AGENT), alive)


def partner() -> Scene:
    """A partner's account enters through the role made for it: a caller without an ARN."""
    rng = dice("partner")
    hops = (clock("01:45:00"), clock("02:15:00"))
    yield from fetching_exports(rng, hops, clock("02:18:00"), 18)


def fetching_exports(rng: Random, hops: Sequence[datetime], ends: datetime, count: int) -> Scene:
    """The partner comes in through its role and lists what was exported."""
    identity: Json = {
        "type": "AWSAccount",
        "principalId": example_id("AROA", "partner-sync", 21) + ":nightly",
        "accountId": PARTNER_ACCOUNT,
    }
    caller = Caller(identity, PARTNER_HOST, "aws-sdk-java/2.30.11 Linux/5.10 OpenJDK/21.0.6")
    for at in hops:
        hop = trail_record(rng, at, caller, assume_role("partner-readonly", "nightly", at))
        hop.record["sharedEventID"] = unique_id(rng)
        yield hop
    session = role_session("partner-readonly", "nightly", hops[0])
    reader = Caller(session, PARTNER_HOST, caller.agent)
    for at in spread(rng, hops[0] + timedelta(seconds=5), ends, count):
        bucket: Json = {"bucketName": "orders-export-example", "prefix": "2026/03/"}
        yield trail_record(rng, at, reader, Call("s3", "ListObjects", bucket, data=True))


def root_reads_the_bill() -> Scene:
    """Root, once, harmless: alarming by type alone, not by what it does."""
    rng = dice("root")
    caller = Caller(root(clock("01:33:10")), ROOT_DESK, CONSOLE)
    sign_in = Call(
        "signin",
        "ConsoleLogin",
        None,
        {"ConsoleLogin": "Success"},
        read_only=False,
        kind="AwsConsoleSignIn",
    )
    yield trail_record(rng, clock("01:33:10"), caller, sign_in)
    yield trail_record(rng, clock("01:33:41"), caller, Call("ce", "GetCostAndUsage"))
