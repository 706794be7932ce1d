"""The month before the night: when everybody usually shows up.

maria.keller comes once, on the first working day, for the billing export; the rest are there
on working days, the machines every night; at weekends the nights are busy.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from triage_tui.demo.cast import MARIAS_DESK, MARIAS_KEY, Scene, dice, iam_user, spread
from triage_tui.demo.machines import cleaning_up, serving
from triage_tui.demo.staff import (
    being_alive,
    deployment,
    developing,
    fetching_exports,
    looking_into_it,
)
from triage_tui.demo.trail import Call, Caller, on_table, trail_record

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
        if day.weekday() >= 5:
            yield from busy_night(day)


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
    yield from developing(rng, opens, spread(rng, opens, closes, rng.randrange(4, 12)))
    yield from looking_into_it(rng, opens, spread(rng, opens, closes, 4))
    if day.day % 4 == 0:
        release = opens + timedelta(hours=rng.randrange(1, 8), minutes=rng.randrange(50))
        yield from deployment(f"release {day:%m-%d}", release)


def machines_at_night(day: datetime) -> Scene:
    """The nightly cleanup at two, and the partner."""
    rng = dice(f"night {day:%Y-%m-%d}")
    two = day + timedelta(hours=2)
    yield from cleaning_up(rng, two, spread(rng, two, two + timedelta(minutes=4), 5))
    comes = two - timedelta(minutes=15)
    yield from fetching_exports(rng, (comes,), two, 3)


def busy_night(day: datetime) -> Scene:
    """A night when the shop is busy and somebody is awake: from half past one to half past two."""
    rng = dice(f"busy night {day:%Y-%m-%d}")
    begins, two = day + timedelta(hours=1, minutes=30), day + timedelta(hours=2)
    ends = begins + timedelta(hours=1)
    if day.day % 2:
        yield from serving(rng, begins, spread(rng, begins, ends, rng.randrange(90, 260)))
    yield from cleaning_up(
        rng, two, spread(rng, two, two + timedelta(minutes=4), rng.randrange(10, 45))
    )
    yield from fetching_exports(rng, (begins, two), ends, rng.randrange(6, 24))
    yield from being_alive(rng, begins, spread(rng, begins, ends, 12))
    yield from developing(rng, begins, spread(rng, begins, ends, rng.randrange(12, 60)))
    yield from looking_into_it(rng, two, spread(rng, two, ends, rng.randrange(8, 40)))
    release = (begins if day.weekday() == 5 else two) + timedelta(minutes=rng.randrange(20))
    yield from deployment(f"night {day:%m-%d}", release)
