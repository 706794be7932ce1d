"""Functions and AWS services at work: most of any night's CloudTrail."""

from collections.abc import Sequence
from datetime import datetime
from random import Random

from triage_tui.demo.cast import (
    ACCOUNT,
    END,
    START,
    Json,
    Scene,
    aws_service,
    clock,
    dice,
    role_session,
    spread,
    stamp,
)
from triage_tui.demo.trail import Call, Caller, assume_role, on_item, table, trail_record

LAMBDA_AGENT = (
    "aws-sdk-js/3.750.0 ua/2.1 os/linux#5.10.233 lang/js md/nodejs#20.18.1 "
    "exec-env/AWS_Lambda_nodejs20.x api/dynamodb#3.750.0"
)
ENDPOINT = "vpce-0a1b2c3d4e5f60718"


def machines() -> Scene:
    """Everything that runs without a person."""
    yield from orders_api()
    yield from carts_cleanup()
    yield from services()
    yield from nameless_service_events()


def orders_api() -> Scene:
    """The shop's own function reads and writes orders and carts through a VPC endpoint."""
    rng = dice("orders-api")
    yield from serving(rng, clock("00:58:00"), spread(rng, START, END, 420))


def serving(rng: Random, since: datetime, times: Sequence[datetime]) -> Scene:
    """The shop's function at work."""
    identity = role_session("orders-api-role", "orders-api", since)
    for at in times:
        address = f"10.0.12.{rng.randrange(10, 22)}"
        caller = Caller(identity, address, LAMBDA_AGENT, ENDPOINT)
        yield trail_record(rng, at, caller, _shop_call(rng))


def _shop_call(rng: Random) -> Call:
    order: Json = {"orderId": f"O-20260315-{rng.randrange(1_000_000):06d}"}
    cart: Json = {"cartId": f"C-{rng.randrange(10_000_000):07d}"}
    chance = rng.random()
    if chance < 0.35:
        return on_item("GetItem", "carts", cart, read_only=True)
    if chance < 0.6:
        return on_item("UpdateItem", "carts", cart)
    if chance < 0.75:
        return on_item("PutItem", "orders", order)
    if chance < 0.98:
        return on_item("GetItem", "orders", order, read_only=True)
    slow = "Throughput exceeds the current capacity of your table or index."
    return Call(
        "dynamodb",
        "Query",
        {"tableName": "orders"},
        error=("ThrottlingException", slow),
        resources=(table("orders"),),
        data=True,
    )


def carts_cleanup() -> Scene:
    """Every night at two: old carts go. Deletes alone do not make an intruder."""
    rng = dice("carts-cleanup")
    times = spread(rng, clock("02:00:03"), clock("02:03:30"), 36)
    yield from cleaning_up(rng, clock("02:00:00"), times)


def cleaning_up(rng: Random, since: datetime, times: Sequence[datetime]) -> Scene:
    """Carts that nobody wants any more, one by one."""
    identity = role_session("carts-cleanup-role", "carts-cleanup", since)
    caller = Caller(identity, "10.0.12.40", LAMBDA_AGENT, ENDPOINT)
    for at in times:
        cart: Json = {"cartId": f"C-{rng.randrange(10_000_000):07d}"}
        yield trail_record(rng, at, caller, on_item("DeleteItem", "carts", cart))


def services() -> Scene:
    """AWS services, some for themselves and some through their service-linked roles."""
    rng = dice("services")
    for at in spread(rng, START, END, 210):
        name, call = rng.choice(
            (
                ("lambda.amazonaws.com", assume_role("orders-api-role", "orders-api", at)),
                ("config.amazonaws.com", assume_role("config-recorder", "AWSConfig", at)),
                ("AWS Internal", Call("kms", "Decrypt", {"encryptionAlgorithm": "SYMMETRIC"})),
                ("autoscaling.amazonaws.com", Call("ec2", "DescribeInstances")),
            )
        )
        yield trail_record(rng, at, _service_caller(name), call)


def _service_caller(name: str) -> Caller:
    if name != "autoscaling.amazonaws.com":
        return Caller(aws_service(name), name, name)
    path = f"aws-service-role/{name}/"
    identity = role_session("AWSServiceRoleForAutoScaling", "AutoScaling", START, path=path)
    return Caller(identity | {"invokedBy": name}, name, name)


def nameless_service_events() -> Scene:
    """Service events whose identity has no type: an account and who invoked it, no more."""
    rng = dice("rds")
    name = "rds.amazonaws.com"
    identity: Json = {"accountId": ACCOUNT, "invokedBy": name}
    for at in spread(rng, START, END, 14):
        detail: Json = {"dBInstanceIdentifier": "orders-reporting", "at": stamp(at)}
        call = Call("rds", "StorageAutoscalingCheck", detail, kind="AwsServiceEvent")
        yield trail_record(rng, at, Caller(identity, name, name), call)
