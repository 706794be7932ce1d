"""The month before the night: when everybody usually shows up.

maria.keller comes once, on the first working day, for the billing export; the rest are there
on working days, the machines every night.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from triage_tui.demo.cast import (
    MARIAS_DESK,
    MARIAS_KEY,
    OFFICE,
    ON_CALL,
    RUNNER,
    Json,
    Scene,
    dice,
    iam_user,
    role_session,
    spread,
    sso_session,
)
from triage_tui.demo.machines import ENDPOINT, LAMBDA_AGENT
from triage_tui.demo.staff import AWS_CLI, CONSOLE, OFFICE_CONSOLE
from triage_tui.demo.trail import Call, Caller, on_item, on_table, trail_record

FIRST_DAY = datetime(2026, 2, 10, tzinfo=UTC)
LAST_DAY = datetime(2026, 3, 14, tzinfo=UTC)
BILLING_DAY = datetime(2026, 3, 2, tzinfo=UTC)
MARIAS_AGENT = (
    "aws-cli/2.15.30 Python/3.11.8 Windows/10 exe/AMD64 prompt/off "
    "command/dynamodb.export-table-to-point-in-time"
)


def history() -> Scene:
    """Everybody's usual month."""
    yield from billing_export()
    for day in _days():
        yield from machines_at_night(day)
        if day.weekday() < 5:
            yield from working_day(day)


def _days() -> Iterator[datetime]:
    day = FIRST_DAY
    while day <= LAST_DAY:
        yield day
        day += timedelta(days=1)


def billing_export() -> Scene:
    """2026-03-02, 09:00 to 10:00: maria.keller at her desk, reading and exporting."""
    rng = dice("billing export")
    caller = Caller(iam_user("maria.keller", MARIAS_KEY), MARIAS_DESK, MARIAS_AGENT)
    tables = ("orders", "orders-archive", "customers")
    begins = BILLING_DAY + timedelta(hours=9)
    yield trail_record(rng, begins, caller, Call("sts", "GetCallerIdentity"))
    yield trail_record(rng, begins, caller, Call("dynamodb", "ListTables", {"limit": 100}))
    opening = begins + timedelta(minutes=2)
    for at, table in zip(spread(rng, opening, begins.replace(minute=12), 3), tables, strict=True):
        yield trail_record(rng, at, caller, on_table("DescribeTable", table))
        export = on_table("ExportTableToPointInTime", table, read_only=False, exportFormat="CSV")
        yield trail_record(rng, at + timedelta(seconds=40), caller, export)
    for at in spread(rng, begins.replace(minute=14), begins.replace(minute=52), 26):
        yield trail_record(rng, at, caller, on_table("DescribeExport", rng.choice(tables)))
    yield trail_record(rng, begins.replace(minute=53), caller, Call("dynamodb", "ListExports"))


def working_day(day: datetime) -> Scene:
    """Two people and the pipeline, between eight and five."""
    rng = dice(f"working day {day:%Y-%m-%d}")
    opens, closes = day + timedelta(hours=8), day + timedelta(hours=17)
    developer = sso_session("DeveloperAccess", "j.ortega@example.com", opens)
    engineer = sso_session("OnCall", "a.lindqvist@example.com", opens)
    build = role_session("ci-deploy", f"orders-{day:%m%d}", opens)
    deploy = Call("cloudformation", "CreateChangeSet", {"stackName": "orders"}, read_only=False)
    regulars = (
        (Caller(developer, OFFICE, OFFICE_CONSOLE), Call("logs", "FilterLogEvents")),
        (Caller(engineer, ON_CALL, CONSOLE), Call("cloudwatch", "DescribeAlarms")),
        (Caller(build, RUNNER, AWS_CLI), deploy),
    )
    for caller, call in regulars:
        for at in spread(rng, opens, closes, 3):
            yield trail_record(rng, at, caller, call)


def machines_at_night(day: datetime) -> Scene:
    """The nightly cleanup at two, and a little of the shop's own function."""
    rng = dice(f"night {day:%Y-%m-%d}")
    two = day + timedelta(hours=2)
    cleanup = role_session("carts-cleanup-role", "carts-cleanup", two)
    api = role_session("orders-api-role", "orders-api", day)
    caller = Caller(cleanup, "10.0.12.40", LAMBDA_AGENT, ENDPOINT)
    for at in spread(rng, two, two + timedelta(minutes=4), 3):
        cart: Json = {"cartId": f"C-{rng.randrange(10_000_000):07d}"}
        yield trail_record(rng, at, caller, on_item("DeleteItem", "carts", cart))
    shop = Caller(api, "10.0.12.11", LAMBDA_AGENT, ENDPOINT)
    for at in spread(rng, day, day + timedelta(hours=24), 4):
        order: Json = {"orderId": f"O-{day:%Y%m%d}-{rng.randrange(1_000_000):06d}"}
        yield trail_record(rng, at, shop, on_item("PutItem", "orders", order))
