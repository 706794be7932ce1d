"""Commands of the AWS CLI: what shows somebody the same again, and what takes a block back. Pure.

Every text in a command comes from a log, so all of it is quoted for the shell and on one line.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import NamedTuple

from widgets.text import strip_unsafe

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}")
_IP_SET = re.compile(
    r"arn:aws[a-z-]*:wafv2:(?P<region>[a-z0-9-]+):\d{12}:(?P<scope>global|regional)/ipset/"
    r"(?P<name>[\w-]+)/(?P<id>[\w-]+)"
)
_DETECTOR = "\"$(aws guardduty list-detectors{where} --query 'DetectorIds[0]' --output text)\""


class Span(NamedTuple):
    """Seconds since the epoch: from, and to and with."""

    first: int
    last: int


def trail_event(event_id: str, region: str) -> str:
    """Looks up one CloudTrail event."""
    return _lookup("EventId", event_id, region)


def principal(key: str, span: Span, region: str = "") -> str:
    """Looks up the CloudTrail events of an IAM user or a role session, by the name that it has
    there: the last part of its ARN."""
    name = re.split(r"[/:]", key)[-1]
    return _lookup("Username", name, region) + _between(span)


def finding(finding_id: str, region: str) -> str:
    """Gets one GuardDuty finding."""
    where = _where(region)
    detector = _DETECTOR.replace("{where}", where)
    return (
        f"aws guardduty get-findings --detector-id {detector} "
        f"--finding-ids {_quoted(finding_id.partition('@')[0])}{where}"
    )


def log_events(group: str, span_ms: tuple[int, int], region: str, stream: str = "") -> str:
    """Reads a log group, or a stream of it, between two times in milliseconds."""
    words = f"aws logs filter-log-events --log-group-name {_quoted(group)}"
    if stream:
        words += f" --log-stream-names {_quoted(stream)}"
    return f"{words} --start-time {span_ms[0]} --end-time {span_ms[1]}{_where(region)}"


def address(ip: str, group: str, span: Span, region: str = "") -> str:
    """Searches a log group for an address."""
    pattern = _quoted('"' + ip.replace('"', "") + '"')
    millis = (span.first * 1000, (span.last + 1) * 1000)
    return f"{log_events(group, millis, region)} --filter-pattern {pattern}"


def change(arn: str, cidr: str, *, add: bool) -> tuple[str, ...]:
    """Puts a CIDR into a WAF IP set, or takes it out, and leaves everything else in it as it is;
    () for what is no ARN of an IP set. Needs jq."""
    found = _IP_SET.fullmatch(arn)
    if found is None:
        return ()
    scope = "CLOUDFRONT" if found["scope"] == "global" else "REGIONAL"
    region = "us-east-1" if scope == "CLOUDFRONT" else found["region"]
    which = f"--name {found['name']} --scope {scope} --id {found['id']} --region {region}"
    entries = "(.IPSet.Addresses + [$cidr] | unique)" if add else "(.IPSet.Addresses - [$cidr])"
    jq = (
        f'{{Name: .IPSet.Name, Id: .IPSet.Id, Scope: "{scope}", Description: .IPSet.Description, '
        f"Addresses: {entries}, LockToken: .LockToken}}"
        ' | with_entries(select(.value != null and .value != ""))'
    )
    return (
        f"aws wafv2 get-ip-set {which} | jq --arg cidr {_quoted(cidr)} {_quoted(jq)} > change.json",
        f"aws wafv2 update-ip-set --region {region} --cli-input-json file://change.json",
    )


def _lookup(attribute: str, value: str, region: str) -> str:
    # As JSON: the short form has commas and signs of its own.
    pair = json.dumps([{"AttributeKey": attribute, "AttributeValue": strip_unsafe(value)}])
    return f"aws cloudtrail lookup-events --lookup-attributes {shlex.quote(pair)}{_where(region)}"


def _between(span: Span) -> str:
    return f" --start-time {span.first} --end-time {span.last + 1}"


def _where(region: str) -> str:
    return f" --region {region}" if _REGION.fullmatch(region) else ""


def _quoted(text: str) -> str:
    """For the shell. What begins like an option, or like a file that the AWS CLI would read, is
    none."""
    safe = strip_unsafe(text)
    if safe.startswith(("-", "file://", "fileb://", "http://", "https://")):
        safe = f"?{safe}"
    return shlex.quote(safe)
