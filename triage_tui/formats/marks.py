"""Keys by which the JSON formats tell each other's records: no record is read by two of them.

A key stands here when a format demands it and hardly any other record has it. The formats that read
what is less distinct refuse a record that has another's key, on its top level and so spelled.
"""

from __future__ import annotations

import re

_KEYS: dict[str, frozenset[str]] = {
    name: frozenset(keys.split())
    for name, keys in {
        "cloudtrail": "eventSource insightDetails userIdentity recipientAccountId awsRegion",
        "waf": "webaclId terminatingRuleId",
        "securityhub": "ProductArn",
        "ocsf": "class_uid",
        "apigateway": "requestTimeEpoch",
        "cloudfront": "c-ip cs-method cs-uri-stem sc-status x-edge-location x-edge-result-type"
        " x-edge-request-id",
        "alb": "elb elb_status_code target_status_code client:port target_group_arn",
        "route53": "query_timestamp query_name",
        "eks": "auditID",
        "lambda": "AWSRequestId",
        "inspector": "findingArn packageVulnerabilityDetails",
        "npm_audit": "auditReportVersion advisories",
        "trivy": "ArtifactName",
        "cyclonedx": "bomFormat",
    }.items()
}
_WRAPPINGS = (
    "Records Events events Findings findings Messages Sns TopicArn logEvents CloudTrailEvent"
    " detail-type awslogs kinesis PartitionKey recordId deliveryStreamArn ReceiptHandle"
    " logStreamName logGroupName logGroupIdentifier ingestionTime @message triage-tui-recording"
)
_OURS = "source_service"
"""An event that we printed ourselves."""
_LOG_EVENT = frozenset(("message", "timestamp", "eventId", "id"))
_PAIRS = (
    frozenset(("file", "index")),  # speaks about a record
    frozenset(("position", "received")),  # our own recordings' envelope
    frozenset(("type", "record")),  # Lambda's telemetry
    frozenset(("matches", "descriptor")),  # Grype's
    frozenset(("vulnerabilities", "ok")),  # Snyk's
    frozenset(("dependencies", "fixes")),  # pip-audit's
    frozenset(("vulns", "version")),  # the same, of old
)
_API_GATEWAY = (
    "httpMethod resourcePath routeKey extendedRequestId connectionId eventType apiId responseLength"
)
"""Beside `requestTime` each of these makes a record API Gateway's."""
_UUID = re.compile("[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


def others_keys(name: str) -> frozenset[str]:
    """The keys of all formats but this one."""
    return frozenset().union(*(keys for other, keys in _KEYS.items() if other != name))


_ALL = others_keys("").union(_WRAPPINGS.split(), (_OURS,))
_DOUBTFUL = _ALL.union(
    *_PAIRS, ("eventId", "requestId", "requestTime", "results", "severity", "Severity")
)
"""What has none of these is nobody else's."""


def is_anothers(table: dict[str, object]) -> bool:
    """Whether a format reads this, or a wrapping holds it, that says more of it than a guess can;
    or whether it is no record, but speaks about one."""
    keys = table.keys()
    return not _DOUBTFUL.isdisjoint(keys) and (
        not _ALL.isdisjoint(keys)
        or any(pair <= keys for pair in _PAIRS)
        or ("eventId" in keys and "message" in keys and keys <= _LOG_EVENT)
        or ("requestTime" in keys and not keys.isdisjoint(_API_GATEWAY.split()))
        or _is_lambdas(table)
        or _is_query_result(table)
        or _is_guarddutys(table)
    )


def _is_lambdas(table: dict[str, object]) -> bool:
    request = table.get("requestId")
    return (
        isinstance(request, str)
        and "timestamp" in table
        and _UUID.fullmatch(request) is not None
        and not table.keys().isdisjoint(("level", "message", "logger", "errorType"))
    )


def _is_query_result(table: dict[str, object]) -> bool:
    results = table.get("results")
    return isinstance(results, list) and bool(results) and isinstance(results[0], list)


def _is_guarddutys(table: dict[str, object]) -> bool:
    """GuardDuty's findings are spelled in several ways: whatever the case of their keys."""
    if "severity" not in table and "Severity" not in table:
        return False
    for key, value in table.items():
        if key.lower() == "arn" and isinstance(value, str) and ":guardduty:" in value:
            return True
        if key.lower() == "service" and isinstance(value, dict):
            inner = {name.lower(): text for name, text in value.items()}
            if inner.get("servicename") == "guardduty" or "detectorid" in inner:
                return True
    return False
