"""What GuardDuty found in the same night."""

from dataclasses import replace

from triage_tui.demo.cast import (
    ACCOUNT,
    DROP_POINT,
    INJECTORS,
    INTRUDER,
    OPS_ADMIN,
    OPS_SESSION,
    ROOT_DESK,
    SCANNER,
    SCANNER_FRIENDS,
    Json,
    Scripted,
    access_key,
    clock,
    dice,
    role_id,
    session_key,
    unique_id,
)
from triage_tui.demo.guardduty import (
    CUSTOM_LIST,
    Finding,
    api_call,
    bastion,
    connection,
    envelope,
    finding_record,
    key_of_maria,
    remote_end,
    scripted,
    unusual,
    upper_camel,
)
from triage_tui.demo.staff import BASTION_INSTANCE


def export_findings() -> list[Scripted]:
    """Findings of the S3 export, one a line, lowerCamel; an update repeats the id."""
    return [scripted(item) for item in (port_probe(), discovery(), discovery_again(), root_use())]


def event_findings() -> list[Scripted]:
    """Findings as EventBridge delivers them: in an envelope, under `detail`."""
    rng = dice("envelopes")
    return [
        Scripted(item.updated, envelope(unique_id(rng), item))
        for item in (key_from_bad_address(), impact_of_the_role())
    ]


def get_findings() -> Json:
    """The output of GetFindings: UpperCamel."""
    listed = [finding_record(ssh_guessing()), finding_record(outbound_connection())]
    return {"Findings": [upper_camel(item) for item in listed]}


def port_probe() -> Finding:
    """Four remote ends at once: all of them are actors."""
    ends = ((SCANNER, 22), (SCANNER_FRIENDS[0], 22), (SCANNER_FRIENDS[1], 9200), (INJECTORS[0], 22))
    details = [
        {
            "localPortDetails": {"port": port, "portName": "SSH" if port == 22 else "Unknown"},
            "localIpDetails": {"ipAddressV4": "10.0.1.15"},
            "remoteIpDetails": remote_end(address),
        }
        for address, port in ends
    ]
    return Finding(
        "port probe",
        "Recon:EC2/PortProbeUnprotectedPort",
        f"An unprotected port on EC2 instance {BASTION_INSTANCE} is being probed.",
        2,
        clock("01:38:40"),
        clock("01:47:20"),
        clock("01:52:31"),
        17,
        bastion(),
        {
            "actionType": "PORT_PROBE",
            "portProbeAction": {"blocked": False, "portProbeDetails": details},
        },
        {"threatListName": CUSTOM_LIST},
    )


def ssh_guessing() -> Finding:
    """Somebody of the scanner's /24 guesses passwords at the bastion."""
    return Finding(
        "ssh",
        "UnauthorizedAccess:EC2/SSHBruteForce",
        f"{SCANNER_FRIENDS[2]} is performing SSH brute force attacks against {BASTION_INSTANCE}.",
        2,
        clock("01:50:02"),
        clock("01:58:44"),
        clock("02:01:10"),
        6,
        bastion(),
        connection("INBOUND", SCANNER_FRIENDS[2], remote_port=41822, local_port=22),
        {},
    )


def discovery() -> Finding:
    """The first, low version: the key looks around from the intruder's address."""
    return Finding(
        "discovery",
        "Discovery:IAMUser/AnomalousBehavior",
        "The user IAMUser : maria.keller is anomalously invoking APIs commonly used in "
        "Discovery tactics.",
        2,
        clock("02:04:17"),
        clock("02:06:31"),
        clock("02:08:10"),
        8,
        key_of_maria(),
        api_call("ListUsers", "iam.amazonaws.com", INTRUDER, error="AccessDenied"),
        unusual("ListUsers , DescribeTable"),
    )


def discovery_again() -> Finding:
    """Its update: higher, and the remote address is now another's."""
    first = discovery()
    return replace(
        first,
        severity=5,
        last=clock("02:20:44"),
        updated=clock("02:23:12"),
        count=10,
        action=api_call("ListUsers", "iam.amazonaws.com", SCANNER_FRIENDS[1], error="AccessDenied"),
        created=first.updated,
    )


def key_from_bad_address() -> Finding:
    """What pages the engineer at 02:14."""
    return Finding(
        "bad address",
        "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
        f"API DeleteItem was invoked from an IP address on the custom threat list {CUSTOM_LIST}.",
        8,
        clock("02:04:17"),
        clock("02:11:02"),
        clock("02:13:40"),
        121,
        key_of_maria(),
        api_call("DeleteItem", "dynamodb.amazonaws.com", INTRUDER, table="orders"),
        {"threatListName": CUSTOM_LIST},
    )


def impact_of_the_role() -> Finding:
    """The role session's deletes: a finding carries ids and names, but no ARN."""
    key: Json = {
        "accessKeyId": session_key(OPS_ADMIN, OPS_SESSION),
        "principalId": f"{role_id(OPS_ADMIN)}:{OPS_SESSION}",
        "userName": OPS_ADMIN,
        "userType": "AssumedRole",
    }
    return Finding(
        "impact",
        "Impact:IAMUser/AnomalousBehavior",
        "The user AssumedRole : ops-admin is anomalously invoking APIs commonly used in "
        "Impact tactics.",
        8,
        clock("02:17:12"),
        clock("02:18:40"),
        clock("02:21:55"),
        5,
        {"resourceType": "AccessKey", "accessKeyDetails": key},
        api_call("DeleteTable", "dynamodb.amazonaws.com", INTRUDER, table="orders-archive"),
        unusual("DeleteTable"),
    )


def outbound_connection() -> Finding:
    """The bastion calls out: the remote end is a target, and WAF could not stop it."""
    return Finding(
        "outbound",
        "Backdoor:EC2/C&CActivity.B",
        f"The EC2 instance {BASTION_INSTANCE} is querying a command and control server.",
        8,
        clock("02:22:15"),
        clock("02:24:03"),
        clock("02:26:48"),
        3,
        bastion(),
        connection("OUTBOUND", DROP_POINT, remote_port=8443, local_port=50118),
        {"threatListName": CUSTOM_LIST},
        role="ACTOR",
    )


def root_use() -> Finding:
    """Harmless, and it must not look like the rest: root read the bill."""
    key: Json = {
        "accessKeyId": access_key("ASIA", "root"),
        "principalId": ACCOUNT,
        "userName": "Root",
        "userType": "Root",
    }
    return Finding(
        "root",
        "Policy:IAMUser/RootCredentialUsage",
        "API GetCostAndUsage was invoked using root credentials.",
        2,
        clock("01:33:10"),
        clock("01:33:41"),
        clock("01:37:05"),
        2,
        {"resourceType": "AccessKey", "accessKeyDetails": key},
        api_call("GetCostAndUsage", "ce.amazonaws.com", ROOT_DESK),
        {},
    )
