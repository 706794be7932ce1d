"""The stolen key: maria.keller's credentials in other hands, on a Sunday night."""

from datetime import datetime, timedelta
from random import Random

from triage_tui.demo.cast import (
    ACCOUNT,
    INTRUDER,
    MARIAS_KEY,
    OPS_ADMIN,
    OPS_SESSION,
    REGION,
    SCANNER_FRIENDS,
    Json,
    Scene,
    clock,
    dice,
    iam_user,
    role_session,
    spread,
)
from triage_tui.demo.trail import (
    Call,
    Caller,
    assume_role,
    on_item,
    on_table,
    refused,
    table,
    trail_record,
)

INTRUDER_AGENT = (
    "Boto3/1.34.162 md/Botocore#1.34.162 ua/2.0 os/linux#6.8.11-amd64 md/arch#x86_64 "
    "lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.162"
)
# What a scanner's user agent does to a terminal that believes it.
FRIENDS_AGENT = "python-requests/2.31 [/red]\x1b]0;owned\x07"

ITEM_DELETES = 388
FIRST_DELETE = clock("02:09:11")
LAST_DELETE = clock("02:15:58")
HOP = clock("02:17:04")
WHO_AM_I = Call("sts", "GetCallerIdentity")
LIST_USERS = Call("iam", "ListUsers", {"maxItems": 100})


def stolen_key() -> Caller:
    """maria.keller's key in the intruder's hands."""
    return Caller(iam_user("maria.keller", MARIAS_KEY), INTRUDER, INTRUDER_AGENT)


def intrusion() -> Scene:
    """Everything done with the key, from the first look to the role session's last call."""
    yield from looking_around()
    yield from reading_orders()
    yield from deleting_orders()
    yield from hop_to_ops_admin()
    yield from as_ops_admin()
    yield from key_elsewhere()


def looking_around() -> Scene:
    """02:04 to 02:06: who am I, what is here, what may I."""
    rng, caller = dice("looking around"), stolen_key()
    create_key = Call("iam", "CreateAccessKey", {"userName": "maria.keller"}, read_only=False)
    steps = (
        ("02:04:17", WHO_AM_I),
        ("02:04:39", refused(LIST_USERS, caller)),
        ("02:05:20", refused(create_key, caller)),
        ("02:05:41", Call("dynamodb", "ListTables", {"limit": 100})),
        ("02:05:58", on_table("DescribeTable", "orders")),
        ("02:06:03", on_table("DescribeTable", "orders-archive")),
        ("02:06:09", on_table("DescribeTable", "customers")),
        ("02:06:31", on_table("DescribeContinuousBackups", "orders")),
    )
    for time, call in steps:
        yield trail_record(rng, clock(time), caller, call)


def reading_orders() -> Scene:
    """02:07 to 02:08: the table is read before it is emptied."""
    rng, caller = dice("reading orders"), stolen_key()
    scan = Call(
        "dynamodb", "Scan", {"tableName": "orders"}, resources=(table("orders"),), data=True
    )
    for at in spread(rng, clock("02:07:10"), clock("02:08:40"), 6):
        yield trail_record(rng, at, caller, scan)


def deleting_orders() -> Scene:
    """02:09:11 to 02:15:58: 388 items, one by one; then in batches; then the archive, refused."""
    rng, caller = dice("deleting orders"), stolen_key()
    for at in _delete_times(rng):
        yield trail_record(rng, at, caller, on_item("DeleteItem", "orders", _order_key(rng)))
    for time in ("02:16:02", "02:16:05", "02:16:07", "02:16:10"):
        yield trail_record(rng, clock(time), caller, _batch_delete(rng))
    drop = on_table("DeleteTable", "orders-archive", read_only=False)
    yield trail_record(rng, clock("02:16:21"), caller, refused(drop, caller))


def _delete_times(rng: Random) -> list[datetime]:
    """Ordered, most of them around 02:14, the first and the last as the story has them."""
    width = (LAST_DELETE - FIRST_DELETE).total_seconds()
    offsets = [rng.triangular(0, width, width * 0.7) for _ in range(ITEM_DELETES - 2)]
    return [FIRST_DELETE + timedelta(seconds=x) for x in (0.0, *sorted(offsets), width)]


def _order_key(rng: Random) -> Json:
    return {"orderId": f"O-2026031{rng.randrange(5)}-{rng.randrange(1_000_000):06d}"}


def _batch_delete(rng: Random) -> Call:
    requests = [{"deleteRequest": {"key": _order_key(rng)}} for _ in range(25)]
    return Call(
        "dynamodb",
        "BatchWriteItem",
        {"requestItems": {"orders": requests}},
        read_only=False,
        resources=(table("orders"),),
        data=True,
    )


def hop_to_ops_admin() -> Scene:
    """02:17:04: the key becomes a role session, whose new key stands in the answer."""
    rng = dice("hop")
    yield trail_record(rng, HOP, stolen_key(), assume_role(OPS_ADMIN, OPS_SESSION, HOP))


def as_ops_admin() -> Scene:
    """02:17 to 02:20: what the user was refused, the role may do."""
    rng = dice("ops-admin")
    caller = Caller(role_session(OPS_ADMIN, OPS_SESSION, HOP), INTRUDER, INTRUDER_AGENT)
    trail = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
    guarded = Call(
        "cloudtrail",
        "StopLogging",
        {"name": trail},
        read_only=False,
        error=(
            "AccessDenied",
            f"User: {caller.identity['arn']} is not authorized to perform: "
            f"cloudtrail:StopLogging on resource: {trail} with an explicit deny in a "
            "service control policy",
        ),
    )
    steps = (
        ("02:17:12", WHO_AM_I),
        ("02:17:26", LIST_USERS),
        ("02:17:49", Call("cloudtrail", "DescribeTrails", {"trailNameList": []})),
        ("02:18:03", guarded),
        ("02:18:40", on_table("DeleteTable", "orders-archive", read_only=False)),
        ("02:19:15", _user_made("svc-backup")),
        ("02:19:22", _admin_given("svc-backup")),
    )
    for time, call in steps:
        yield trail_record(rng, clock(time), caller, call)


def _user_made(name: str) -> Call:
    request: Json = {"userName": name}
    return Call("iam", "CreateUser", request, {"user": {"path": "/", **request}}, read_only=False)


def _admin_given(name: str) -> Call:
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    request: Json = {"userName": name, "policyArn": policy}
    return Call("iam", "AttachUserPolicy", request, read_only=False)


def key_elsewhere() -> Scene:
    """02:20: one of the scanners tries the same key, which ties both halves together."""
    rng = dice("key elsewhere")
    identity = iam_user("maria.keller", MARIAS_KEY)
    caller = Caller(identity, SCANNER_FRIENDS[1], FRIENDS_AGENT)
    yield trail_record(rng, clock("02:20:31"), caller, WHO_AM_I)
    yield trail_record(rng, clock("02:20:44"), caller, refused(LIST_USERS, caller))
