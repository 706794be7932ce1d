"""How GuardDuty writes a finding down, in the three spellings it arrives in."""

import json
from dataclasses import dataclass
from datetime import datetime

from triage_tui.demo.cast import (
    ACCOUNT,
    BASTION,
    MARIAS_KEY,
    REGION,
    Json,
    Scripted,
    dice,
    example_id,
)
from triage_tui.demo.staff import BASTION_INSTANCE

DETECTOR = "12abc34d567e8fa901bc2d34e56789f0"
CUSTOM_LIST = "example-threat-list"


@dataclass(frozen=True, slots=True)
class Finding:
    """One version of a finding; `first` and `last` are when its events were seen;
    `created` is the first version's time, where this is a later one.
    """

    name: str
    type: str
    title: str
    severity: float
    first: datetime
    last: datetime
    updated: datetime
    count: int
    resource: Json
    action: Json
    extra: Json
    created: datetime | None = None
    role: str = "TARGET"


def scripted(finding: Finding) -> Scripted:
    return Scripted(finding.updated, finding_record(finding))


def finding_record(finding: Finding) -> Json:
    """A finding in lowerCamel."""
    number = f"{dice(finding.name).getrandbits(128):032x}"
    arn = f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/{DETECTOR}/finding/{number}"
    extra = json.dumps(finding.extra, separators=(",", ":"))
    service: Json = {
        "serviceName": "guardduty",
        "detectorId": DETECTOR,
        "action": finding.action,
        "resourceRole": finding.role,
        "additionalInfo": {"value": extra, "type": "default"},
        "eventFirstSeen": _milliseconds(finding.first),
        "eventLastSeen": _milliseconds(finding.last),
        "archived": False,
        "count": finding.count,
    }
    if "threatListName" in finding.extra:
        details = {"threatListName": CUSTOM_LIST, "threatNames": ["example-intruder"]}
        service["evidence"] = {"threatIntelligenceDetails": [details]}
    return {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": REGION,
        "partition": "aws",
        "id": number,
        "arn": arn,
        "type": finding.type,
        "resource": finding.resource,
        "service": service,
        "severity": finding.severity,
        "createdAt": _milliseconds(finding.created or finding.updated),
        "updatedAt": _milliseconds(finding.updated),
        "title": finding.title,
        "description": finding.title,
    }


def _milliseconds(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def envelope(event_id: str, finding: Finding) -> Json:
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
        "account": ACCOUNT,
        "time": finding.updated.strftime("%Y-%m-%dT%H:%M:59Z"),
        "region": REGION,
        "resources": [],
        "detail": finding_record(finding),
    }


def remote_end(address: str) -> Json:
    family = "ipAddressV6" if ":" in address else "ipAddressV4"
    return {
        family: address,
        "organization": {
            "asn": "64496",
            "asnOrg": "Example Hosting",
            "isp": "Example Hosting",
            "org": "Example Hosting",
        },
        "country": {"countryName": "Netherlands"},
        "city": {"cityName": "Amsterdam"},
        "geoLocation": {"lat": 52.37, "lon": 4.89},
    }


def api_call(
    api: str, service: str, address: str, *, error: str | None = None, table: str | None = None
) -> Json:
    call: Json = {
        "api": api,
        "serviceName": service,
        "callerType": "Remote IP",
        "remoteIpDetails": remote_end(address),
        "affectedResources": {"AWS::DynamoDB::Table": table} if table else {},
    }
    if error is not None:
        call["errorCode"] = error
    return {"actionType": "AWS_API_CALL", "awsApiCallAction": call}


def connection(direction: str, address: str, *, remote_port: int, local_port: int) -> Json:
    return {
        "actionType": "NETWORK_CONNECTION",
        "networkConnectionAction": {
            "connectionDirection": direction,
            "protocol": "TCP",
            "blocked": False,
            "remoteIpDetails": remote_end(address),
            "remotePortDetails": {"port": remote_port, "portName": "Unknown"},
            "localPortDetails": {"port": local_port, "portName": "Unknown"},
            "localIpDetails": {"ipAddressV4": "10.0.1.15"},
            "localNetworkInterface": "eni-0a1b2c3d4e5f60718",
        },
    }


def key_of_maria() -> Json:
    return {
        "resourceType": "AccessKey",
        "accessKeyDetails": {
            "accessKeyId": MARIAS_KEY,
            "principalId": example_id("AIDA", "maria.keller", 21),
            "userName": "maria.keller",
            "userType": "IAMUser",
        },
    }


def bastion() -> Json:
    interface: Json = {
        "networkInterfaceId": "eni-0a1b2c3d4e5f60718",
        "privateIpAddress": "10.0.1.15",
        "privateIpAddresses": [{"privateIpAddress": "10.0.1.15"}],
        "publicIp": BASTION,
        "ipv6Addresses": [],
        "securityGroups": [{"groupName": "bastion", "groupId": "sg-0a1b2c3d4e5f60718"}],
        "subnetId": "subnet-0a1b2c3d4e5f60718",
        "vpcId": "vpc-0a1b2c3d4e5f60718",
    }
    return {
        "resourceType": "Instance",
        "instanceDetails": {
            "instanceId": BASTION_INSTANCE,
            "instanceType": "t4g.small",
            "instanceState": "running",
            "launchTime": "2026-01-20T08:15:00.000Z",
            "availabilityZone": f"{REGION}a",
            "imageId": "ami-0a1b2c3d4e5f60718",
            "iamInstanceProfile": {
                "arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/bastion",
                "id": example_id("AIPA", "bastion", 21),
            },
            "networkInterfaces": [interface],
            "tags": [{"key": "Name", "value": "bastion"}],
        },
    }


def unusual(apis: str) -> Json:
    return {
        "userAgent": {"fullUserAgent": "Boto3/1.34.162", "userAgentCategory": "Botocore"},
        "unusualBehavior": {
            "unusualAPIsUserIdentityProfiling": apis,
            "unusualASNsUserIdentityProfiling": "asnNumber: 64496 asnOrg: Example Hosting",
        },
    }


def upper_camel(value: object) -> object:
    """The same tree with every key capitalised, as the API spells it."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: upper_camel(item) for key, item in value.items()}
    if isinstance(value, list):
        return [upper_camel(item) for item in value]
    return value
