"""The cast of the bundled incident: the night, the places, and everybody's identity.

Nobody here exists. Addresses are documentation or private space, accounts and keys are those of
AWS's own examples, names live under example.com.
"""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple, TypeAlias

Json: TypeAlias = dict[str, object]

SEED = 20260315
NIGHT = datetime(2026, 3, 15, tzinfo=UTC)
START = NIGHT + timedelta(hours=1, minutes=30)
END = NIGHT + timedelta(hours=2, minutes=30)
ACCOUNT = "111122223333"
PARTNER_ACCOUNT = "123456789012"
REGION = "eu-west-1"

SCANNER = "203.0.113.77"
SCANNER_FRIENDS = ("203.0.113.78", "203.0.113.91", "203.0.113.140")
INJECTORS = ("2001:db8:7::a1", "2001:db8:7::b2", "2001:db8:7::c3", "2001:db8:7::d4")
INTRUDER = "198.51.100.23"
OFFICE = "203.0.113.40"
OFFICE_NEIGHBOURS = ("203.0.113.41", "203.0.113.118", "203.0.113.201")
MARIAS_DESK = "192.0.2.88"
RUNNER = "192.0.2.10"
ON_CALL = "192.0.2.44"
ROOT_DESK = "192.0.2.5"
BASTION = "192.0.2.20"
DROP_POINT = "192.0.2.211"
PARTNER_HOST = "192.0.2.130"

MARIAS_KEY = "AKIAIOSFODNN7EXAMPLE"
OPS_ADMIN = "ops-admin"
OPS_SESSION = "maintenance"


class Scripted(NamedTuple):
    """One record of the story and the moment it tells of."""

    at: datetime
    record: Json


Scene: TypeAlias = Iterator[Scripted]


def dice(scene: str) -> Random:
    """Chance for one scene, so that a change to it leaves every other scene as it was."""
    return Random(f"{SEED}:{scene}")  # noqa: S311 - a repeatable story, not a secret


def clock(text: str) -> datetime:
    """The moment `HH:MM:SS` of the night."""
    hours, minutes, seconds = map(int, text.split(":"))
    return NIGHT + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def spread(rng: Random, start: datetime, end: datetime, count: int) -> list[datetime]:
    """`count` ordered moments between `start` and `end`, to the millisecond."""
    width = int((end - start).total_seconds() * 1000)
    offsets = sorted(rng.randrange(width) for _ in range(count))
    return [start + timedelta(milliseconds=offset) for offset in offsets]


def stamp(at: datetime) -> str:
    """RFC 3339 to the second, as CloudTrail writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def unique_id(rng: Random) -> str:
    """A version 4 UUID."""
    digits = f"{rng.getrandbits(128):032x}"
    version, variant = "4", "89ab"[rng.randrange(4)]
    return "-".join(
        (digits[:8], digits[8:12], version + digits[13:16], variant + digits[17:20], digits[20:])
    )


def example_id(prefix: str, name: str, length: int) -> str:
    """An AWS identifier for `name` that anybody can see is an example."""
    digest = base64.b32encode(hashlib.sha256(f"{prefix}{name}".encode()).digest()).decode()
    return prefix + digest[: length - len(prefix) - 7] + "EXAMPLE"


def access_key(prefix: str, name: str) -> str:
    """A key id of 20 characters: `AKIA` for a user, `ASIA` for a session."""
    return example_id(prefix, name, 20)


def role_id(role: str) -> str:
    """The principal id of a role."""
    return example_id("AROA", role, 21)


def iam_user(name: str, key: str) -> Json:
    """`userIdentity` of an IAM user who signs with a long-lived key."""
    return {
        "type": "IAMUser",
        "principalId": example_id("AIDA", name, 21),
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "userName": name,
    }


def role_session(
    role: str, session: str, since: datetime, *, path: str = "", mfa: bool = False
) -> Json:
    """`userIdentity` of a role session; its key is its own."""
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id(role)}:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": session_key(role, session),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id(role),
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{path}{role}",
                "accountId": ACCOUNT,
                "userName": role,
            },
            "attributes": {
                "creationDate": stamp(since),
                "mfaAuthenticated": "true" if mfa else "false",
            },
        },
    }


def session_key(role: str, session: str) -> str:
    """The temporary key of a role session."""
    return access_key("ASIA", f"{role}/{session}")


def sso_session(permission_set: str, person: str, since: datetime) -> Json:
    """`userIdentity` of a person who came through IAM Identity Center."""
    role = f"AWSReservedSSO_{permission_set}_0123456789abcdef"
    path = f"aws-reserved/sso.amazonaws.com/{REGION}/"
    return role_session(role, person, since, path=path, mfa=True)


def root(since: datetime) -> Json:
    """`userIdentity` of the account's root user in the console."""
    return {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": access_key("ASIA", "root"),
        "sessionContext": {
            "attributes": {"creationDate": stamp(since), "mfaAuthenticated": "true"}
        },
    }


def aws_service(service: str) -> Json:
    """`userIdentity` of an AWS service that acts for itself."""
    return {"type": "AWSService", "invokedBy": service}
