"""Calls of the trail for the function, and what was told of them."""

import json
from collections import Counter
from typing import Any

from tests.rules import own_pack
from tests.trigger.rig import Rig
from triage_tui.trigger.bundle import Bundle

ALICE = "arn:aws:iam::111122223333:user/alice"


def rig(**options: Any) -> Rig:
    return Rig(Bundle(rules=own_pack()), **options)


def call(name: str, number: int, ip: str = "8.8.8.8", **more: Any) -> str:
    """A CloudTrail record."""
    record = {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAALICE",
            "arn": ALICE,
            "accountId": "111122223333",
            "userName": "alice",
            "accessKeyId": "AKIAALICEALICEALICE",
        },
        "eventTime": f"2026-11-28T10:{number // 60 % 60:02}:{number % 60:02}Z",
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": ip,
        "userAgent": "aws-cli",
        "eventID": f"00000000-0000-4000-8000-{number:012d}",
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
    }
    return json.dumps(record | more)


def stop(number: int = 1, **more: Any) -> str:
    """Somebody stops the trail: one rule of our pack."""
    named = {"requestParameters": {"name": "trail"}}
    return call("StopLogging", number, **(named | more))


def told(rig: Rig) -> Counter[tuple[str, str, str]]:
    """(kind, key, rule) of what was told, and how often."""
    return Counter(
        (entity["kind"], entity["key"], alert["rule"]["id"])
        for alert in rig.topic.alerts
        for entity in alert["entities"]
        if entity["why"]
    )
