"""The GuardDuty rules: both sides of each."""

from __future__ import annotations

import hashlib
import json
import re

from .cases import Case


def finding(type_: str, severity: float, *, upper: bool = False) -> bytes:
    """A finding as EventBridge spells it, or, with `upper`, as the API does."""
    record: dict[str, object] = {
        "schemaVersion": "2.0",
        "accountId": "111122223333",
        "region": "eu-west-1",
        "id": hashlib.sha256(f"{type_} {severity}".encode()).hexdigest()[:32],
        "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/12abc34d/finding/1",
        "type": type_,
        "severity": severity,
        "title": "Something happened",
        "description": "Something happened.",
        "createdAt": "2026-03-10T09:00:00.000Z",
        "updatedAt": "2026-03-10T09:05:00.000Z",
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {
                "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
                "principalId": "AIDACKCEVSQ6C2EXAMPLE",
                "userName": "anna",
                "userType": "IAMUser",
            },
        },
        "service": {
            "serviceName": "guardduty",
            "detectorId": "12abc34d",
            "count": 1,
            "archived": False,
            "eventFirstSeen": "2026-03-10T09:00:00Z",
            "eventLastSeen": "2026-03-10T09:04:00Z",
            "action": {
                "actionType": "AWS_API_CALL",
                "awsApiCallAction": {
                    "api": "ListUsers",
                    "serviceName": "iam.amazonaws.com",
                    "remoteIpDetails": {"ipAddressV4": "203.0.113.99"},
                },
            },
        },
    }
    text = json.dumps(record)
    if upper:
        text = re.sub(r'"([a-z])(\w*)":', lambda m: f'"{m[1].upper()}{m[2]}":', text)
    return text.encode()


def hub(product: str, label: str, state: str = "ACTIVE") -> bytes:
    """A finding in Security Hub; its own are about settings."""
    posture = product == "securityhub"
    record: dict[str, object] = {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:{product}:eu-west-1:111122223333:finding/{label}",
        "ProductArn": f"arn:aws:securityhub:eu-west-1::product/aws/{product}",
        "GeneratorId": "security-control/S3.8" if posture else "job-1",
        "AwsAccountId": "111122223333",
        "Types": ["Sensitive Data Identifications/PII"],
        "CreatedAt": "2026-03-15T02:08:00.000Z",
        "UpdatedAt": "2026-03-15T02:09:00.000Z",
        "Severity": {"Label": label},
        "RecordState": state,
        "Title": "A bucket holds names and addresses",
        "Description": "Found by sampling.",
        "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::orders-example"}],
        **({"Compliance": {"Status": "FAILED"}} if posture else {}),
    }
    return json.dumps(record).encode()


CASES = (
    Case(
        "GuardDuty: attack in several steps",
        [finding("AttackSequence:IAM/CompromisedCredentials", 9.0)],
        [finding("Impact:IAMUser/AnomalousBehavior", 9.0)],
    ),
    Case(
        "GuardDuty: critical finding",
        [finding("Impact:IAMUser/AnomalousBehavior", 9.1)],
        [
            finding("Impact:IAMUser/AnomalousBehavior", 8.0),
            finding("AttackSequence:S3/CompromisedData", 9.0),
        ],
    ),
    Case(
        "GuardDuty: credentials in other hands",
        [
            finding("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", 8),
            finding("CredentialAccess:IAMUser/AnomalousBehavior", 7.5, upper=True),
        ],
        [finding("UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B", 5)],
    ),
    Case(
        "GuardDuty: talks to an attacker",
        [finding("Backdoor:EC2/C&CActivity.B", 8)],
        [finding("Behavior:EC2/NetworkPortUnusual", 5)],
    ),
    Case(
        "GuardDuty: data taken or destroyed",
        [finding("Exfiltration:S3/AnomalousBehavior", 8)],
        [finding("Exfiltration:S3/AnomalousBehavior", 5)],
    ),
    Case(
        "GuardDuty: hides its tracks",
        [finding("Stealth:S3/ServerAccessLoggingDisabled", 7)],
        [finding("Stealth:IAMUser/PasswordPolicyChange", 2)],
    ),
    Case(
        "GuardDuty: looks around",
        [finding("Recon:EC2/PortProbeEMRUnprotectedPort", 8)],
        [finding("Recon:EC2/PortProbeUnprotectedPort", 2)],
    ),
    Case(
        "GuardDuty: medium finding",
        [finding("Discovery:IAMUser/AnomalousBehavior", 5, upper=True)],
        [finding("Discovery:IAMUser/AnomalousBehavior", 2), finding("Trojan:EC2/DropPoint", 8)],
    ),
    Case(
        "GuardDuty: low finding",
        [finding("Policy:IAMUser/RootCredentialUsage", 2)],
        [finding("Discovery:IAMUser/AnomalousBehavior", 5)],
    ),
    Case(
        "Security Hub: critical finding",
        [hub("macie", "CRITICAL")],
        [
            hub("guardduty", "CRITICAL"),
            hub("macie", "HIGH"),
            hub("securityhub", "CRITICAL"),
            hub("macie", "CRITICAL", "ARCHIVED"),
        ],
    ),
    Case(
        "Security Hub: high finding",
        [hub("macie", "HIGH")],
        [hub("macie", "MEDIUM"), hub("securityhub", "HIGH"), hub("guardduty", "HIGH")],
    ),
)
