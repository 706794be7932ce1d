"""CloudTrail records for the tests of the pack. Accounts, keys and people are invented, addresses
are for documentation."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = dict[str, object]

ACCOUNT = "111122223333"
OTHER = "444455556666"
REGION = "eu-west-1"
DESK = "198.51.100.7"
ELSEWHERE = "203.0.113.99"
MORNING = dt.datetime(2026, 3, 10, 9, 0, tzinfo=dt.UTC)
CLI = "aws-cli/2.24.6 md/awscrt#0.23.8 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.12.9"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0"


def key(kind: str, name: str) -> str:
    """A key id that anybody can see is an example."""
    return f"{kind}{hashlib.sha256(name.encode()).hexdigest()[:9].upper()}EXAMPLE"


def user(name: str) -> Json:
    """An IAM user with a lasting key."""
    return {
        "type": "IAMUser",
        "principalId": key("AIDA", name),
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": key("AKIA", name),
        "userName": name,
    }


def session(role: str, name: str, account: str = ACCOUNT) -> Json:
    """A session of a role."""
    return {
        "type": "AssumedRole",
        "principalId": f"{key('AROA', role)}:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "accountId": account,
        "accessKeyId": key("ASIA", role + name),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": key("AROA", role),
                "arn": f"arn:aws:iam::{account}:role/{role}",
                "accountId": account,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-03-10T08:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def root() -> Json:
    """The root user."""
    return {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": key("ASIA", "root"),
    }


def service(name: str) -> Json:
    """An AWS service that acts for itself."""
    return {"type": "AWSService", "invokedBy": name}


def through(identity: Json, name: str) -> Json:
    """The same caller, for whom a service makes the call."""
    return {**identity, "invokedBy": name}


ANNA = user("anna")
PIPELINE = session("ci-deploy", "build-4711")


def call(
    source: str,
    name: str,
    request: Mapping[str, object] | None = None,
    *,
    who: Json = ANNA,
    ip: str = DESK,
    at: float = 0,
    error: str | None = None,
    response: Json | None = None,
    agent: str = CLI,
    read_only: bool = False,
    region: str = REGION,
    kind: str = "AwsApiCall",
    more: Json | None = None,
) -> bytes:
    """The record of one call, `at` seconds after nine in the morning."""
    when = MORNING + dt.timedelta(seconds=at)
    record: Json = {
        "eventVersion": "1.11",
        "userIdentity": who,
        "eventTime": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": ip,
        "userAgent": agent,
        "requestParameters": request,
        "responseElements": response,
        "readOnly": read_only,
        "eventType": kind,
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    if error is not None:
        record |= {"errorCode": error, "errorMessage": f"{error}: {json.dumps(request)}"}
    record |= more or {}
    record["eventID"] = str(_uuid(json.dumps(record)))
    return json.dumps(record, separators=(",", ":")).encode()


def _uuid(text: str) -> str:
    digits = hashlib.sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def sign_in(
    result: str = "Success",
    *,
    who: Json = ANNA,
    mfa: str = "Yes",
    ip: str = DESK,
    at: float = 0,
    more: Json | None = None,
) -> bytes:
    """A sign-in to the console."""
    caller = {name: value for name, value in who.items() if name != "accessKeyId"}
    return call(
        "signin",
        "ConsoleLogin",
        who=caller,
        ip=ip,
        at=at,
        agent=BROWSER,
        response={"ConsoleLogin": result},
        kind="AwsConsoleSignIn",
        more={
            "additionalEventData": {"MobileVersion": "No", "MFAUsed": mfa, **(more or {})},
            **({"errorMessage": "Failed authentication"} if result == "Failure" else {}),
        },
    )


def policy(*statements: Json) -> str:
    """A policy document as people send it: JSON in a text, with line breaks."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def statement(action: object, resource: object = "*", effect: str = "Allow") -> Json:
    """One statement of an identity's policy."""
    return {"Effect": effect, "Action": action, "Resource": resource}


def trust(principal: object, effect: str = "Allow") -> Json:
    """One statement of a role's trust."""
    return {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole"}
