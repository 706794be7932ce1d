"""How CloudTrail writes a call down."""

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from triage_tui.demo.cast import (
    ACCOUNT,
    REGION,
    Json,
    Scripted,
    role_id,
    session_key,
    stamp,
    unique_id,
)

MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
GLOBAL_SERVICES = frozenset({"iam", "ce", "organizations"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, from where, with what; `endpoint` is the VPC endpoint gone through."""

    identity: Json
    address: str
    agent: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One API call; `error` is its code and message, `data` marks a data event."""

    service: str
    name: str
    request: Json | None = None
    response: Json | None = None
    read_only: bool = True
    error: tuple[str, str] | None = None
    resources: tuple[Json, ...] = field(default=())
    data: bool = False
    kind: str = "AwsApiCall"


def refused(call: Call, caller: Caller) -> Call:
    """The same call, answered with AccessDenied as IAM words it."""
    message = (
        f"User: {caller.identity['arn']} is not authorized to perform: "
        f"{call.service}:{call.name} because no identity-based policy allows the "
        f"{call.service}:{call.name} action"
    )
    return Call(
        call.service,
        call.name,
        request=call.request,
        read_only=call.read_only,
        error=("AccessDenied", message),
    )


def trail_record(rng: Random, at: datetime, caller: Caller, call: Call) -> Scripted:
    """The record of `call`, with fresh request and event ids."""
    record: Json = {
        "eventVersion": "1.11",
        "userIdentity": caller.identity,
        "eventTime": stamp(at),
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.name,
        "awsRegion": "us-east-1" if call.service in GLOBAL_SERVICES else REGION,
        "sourceIPAddress": caller.address,
        "userAgent": caller.agent,
    }
    if call.error is not None:
        record["errorCode"], record["errorMessage"] = call.error
    record |= {
        "requestParameters": call.request,
        "responseElements": call.response,
        "requestID": _request_id(rng, call.service),
        "eventID": unique_id(rng),
        "readOnly": call.read_only,
    }
    if call.resources:
        record["resources"] = list(call.resources)
    record |= {"eventType": call.kind, "managementEvent": not call.data}
    record |= {"recipientAccountId": ACCOUNT}
    if caller.endpoint is not None:
        record["vpcEndpointId"] = caller.endpoint
    record["eventCategory"] = "Data" if call.data else "Management"
    if _speaks_tls(caller):
        record["tlsDetails"] = _tls(call.service)
    return Scripted(at.replace(microsecond=0), record)


def _request_id(rng: Random, service: str) -> str:
    if service != "dynamodb":
        return unique_id(rng)
    return base64.b32encode(rng.randbytes(32)).decode().rstrip("=")


def _speaks_tls(caller: Caller) -> bool:
    """A service's calls on behalf of others carry no TLS details."""
    return caller.address[0].isdigit()


def _tls(service: str) -> Json:
    host = f"{service}.amazonaws.com" if service in GLOBAL_SERVICES else None
    return {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": host or f"{service}.{REGION}.amazonaws.com",
    }


def table(name: str) -> Json:
    """A DynamoDB table as CloudTrail's `resources` names it."""
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
    return {"accountId": ACCOUNT, "type": "AWS::DynamoDB::Table", "ARN": arn}


def on_table(name: str, table_name: str, *, read_only: bool = True, **more: object) -> Call:
    """A DynamoDB management call on one table."""
    request: Json = {"tableName": table_name, **more}
    return Call("dynamodb", name, request, read_only=read_only, resources=(table(table_name),))


def on_item(name: str, table_name: str, key: Json, *, read_only: bool = False) -> Call:
    """A DynamoDB data event: the key is logged, the other attributes are not."""
    request: Json = {"tableName": table_name, "key": key}
    return Call(
        "dynamodb",
        name,
        request,
        read_only=read_only,
        resources=(table(table_name),),
        data=True,
    )


def assume_role(role: str, session: str, at: datetime) -> Call:
    """An AssumeRole whose answer names the new key: the link from caller to session."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    return Call(
        "sts",
        "AssumeRole",
        {"roleArn": arn, "roleSessionName": session, "durationSeconds": 3600},
        {
            "credentials": {
                "accessKeyId": session_key(role, session),
                "sessionToken": "IQoJb3JpZ2luX2VjEXAMPLETOKEN//////////wEaCWV1LXdlc3QtMQ==",
                "expiration": _java_date(at + timedelta(hours=1)),
            },
            "assumedRoleUser": {
                "assumedRoleId": f"{role_id(role)}:{session}",
                "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
            },
        },
        resources=({"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": arn},),
    )


def _java_date(at: datetime) -> str:
    """`Mar 15, 2026, 3:17:04 AM`, whatever the locale."""
    month = MONTHS[(at.month - 1) * 3 :][:3]
    half = "PM" if at.hour >= 12 else "AM"
    return f"{month} {at.day}, {at.year}, {at.hour % 12 or 12}:{at:%M:%S} {half}"
