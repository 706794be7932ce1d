"""Attack sequences of GuardDuty, in the spelling of the wire (EventBridge, S3, the API's JSON)."""

from typing import Any

ACCOUNT = "111122223333"
ARN = f"arn:aws:guardduty:eu-west-1:{ACCOUNT}:detector/d/finding"
ID = "5e9" + 29 * "0"
RECON, EXFILTRATION = "aaa" + 29 * "0", "bbb" + 29 * "0"
BEGUN = 1795000000
"""Seconds since the epoch; the wire has times of signals like this."""
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"


def actor(name: str, *, session: str = "") -> dict[str, Any]:
    """A user; with a session's name, a role's session."""
    user = {
        "name": name,
        "uid": f"AROA{name.upper()}:{session}" if session else f"AIDA{name.upper()}",
        "type": "AssumedRole" if session else "IAMUser",
        "credentialUid": f"ASIA{name.upper()}",
        "account": {"uid": ACCOUNT, "account": "shop"},
    }
    found: dict[str, Any] = {"id": f"actor-{name}", "user": user}
    if session:
        found["session"] = {
            "uid": f"AROA{name.upper()}:{session}",
            "mfaStatus": "DISABLED",
            "createdTime": BEGUN,
            "issuer": ROLE,
        }
    return found


def endpoint(ip: str) -> dict[str, Any]:
    """An address that took part."""
    return {
        "id": f"end-{ip}",
        "ip": ip,
        "location": {"city": "-", "country": "NL", "lat": 52.0, "lon": 4.0},
        "autonomousSystem": {"name": "example", "number": 64496},
        "connection": {"direction": "INBOUND"},
    }


def signal(
    kind: str, uid: str, names: tuple[str, ...] = (), ips: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Something seen, by whom, from where."""
    return {
        "uid": uid,
        "type": kind,
        "name": "DeleteItem",
        "createdAt": BEGUN,
        "updatedAt": BEGUN,
        "firstSeenAt": BEGUN,
        "lastSeenAt": BEGUN + 60,
        "severity": 8.0,
        "count": 3,
        "resourceUids": ["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"],
        "actorIds": [f"actor-{name}" for name in names],
        "endpointIds": [f"end-{ip}" for ip in ips],
        "signalIndicators": [{"key": "ATTACK_TACTIC", "values": ["Impact"], "title": "Impact"}],
    }


def sequence(
    actors: list[dict[str, Any]],
    ips: list[str],
    signals: list[dict[str, Any]],
    updated: str = "2026-11-24T02:00:00.000Z",
) -> dict[str, Any]:
    """The finding that tells of all of them."""
    parts = {
        "uid": ID,
        "description": "Credentials were used from unusual places.",
        "actors": actors,
        "resources": [
            {
                "uid": "arn:aws:s3:::customer-data",
                "name": "customer-data",
                "accountId": ACCOUNT,
                "resourceType": "S3_BUCKET",
                "region": "eu-west-1",
                "service": "s3",
                "cloudPartition": "aws",
            }
        ],
        "endpoints": [endpoint(ip) for ip in ips],
        "signals": signals,
        "sequenceIndicators": [{"key": "TOR_IP", "values": ips[:1], "title": "Tor"}],
    }
    return {
        "accountId": ACCOUNT,
        "arn": f"{ARN}/{ID}",
        "createdAt": "2026-11-24T01:00:00.000Z",
        "description": "A sequence of actions.",
        "id": ID,
        "partition": "aws",
        "region": "eu-west-1",
        "resource": {"resourceType": "AttackSequence"},
        "schemaVersion": "2.0",
        "service": {
            "archived": False,
            "count": 1,
            "detectorId": "d",
            "detection": {"sequence": parts},
            "eventFirstSeen": "2026-11-24T01:00:00.000Z",
            "eventLastSeen": updated,
            "serviceName": "guardduty",
        },
        "severity": 9.0,
        "title": "Potential credential compromise",
        "type": "AttackSequence:IAM/CompromisedCredentials",
        "updatedAt": updated,
    }


def compromise(updated: str = "2026-11-24T02:00:00.000Z") -> dict[str, Any]:
    """Maria's key from one address, a role's session from another, and one more address."""
    return sequence(
        [actor("maria"), actor("deploy", session="ci-7"), {"id": "p", "process": PROCESS}],
        ["203.0.113.9", "198.51.100.23", "2001:db8::1"],
        [
            signal("FINDING", RECON, ("maria",), ("203.0.113.9",)),
            signal("FINDING", f"{ARN}/{EXFILTRATION}", ("deploy",), ("198.51.100.23",)),
            signal("CLOUD_TRAIL", "c-1", ("deploy",), ("198.51.100.23",)),
            signal("S3_DATA_EVENTS", "s-1", ("maria",)),
        ],
        updated,
    )


PROCESS = {"name": "xmrig", "path": "/usr/bin/xmrig"}
