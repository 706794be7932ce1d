"""The logging rules: both sides of each."""

from __future__ import annotations

from .cases import Case
from .trail import PIPELINE, call, through

TRAIL = {"name": "main"}


def _selectors(request: dict[str, object]) -> bytes:
    return call("cloudtrail", "PutEventSelectors", {"trailName": "main", **request})


def _advanced(category: str) -> bytes:
    fields = [{"field": "eventCategory", "equals": [category]}]
    return _selectors({"advancedEventSelectors": [{"fieldSelectors": fields}]})


CASES = (
    Case(
        "CloudTrail stopped or deleted",
        [call("cloudtrail", "StopLogging", TRAIL)],
        [call("cloudtrail", "StartLogging", TRAIL)],
    ),
    Case(
        "CloudTrail records less than before",
        [
            _selectors(
                {"eventSelectors": [{"readWriteType": "All", "includeManagementEvents": False}]}
            ),
            _advanced("Data"),
        ],
        [
            _advanced("Management"),
            _selectors(
                {"eventSelectors": [{"readWriteType": "All", "includeManagementEvents": True}]}
            ),
        ],
    ),
    Case(
        "CloudTrail sent elsewhere or encrypted anew",
        [call("cloudtrail", "UpdateTrail", {**TRAIL, "s3BucketName": "somewhere-example"})],
        [call("cloudtrail", "UpdateTrail", {**TRAIL, "isMultiRegionTrail": True})],
    ),
    Case(
        "GuardDuty disabled or blinded",
        [call("guardduty", "UpdateDetector", {"detectorId": "12abc34d", "enable": False})],
        [call("guardduty", "UpdateDetector", {"detectorId": "12abc34d", "enable": True})],
    ),
    Case(
        "GuardDuty watches less than before",
        [
            call(
                "guardduty",
                "UpdateDetector",
                {"features": [{"name": "S3_DATA_EVENTS", "status": "DISABLED"}]},
            ),
            call("guardduty", "UpdateDetector", {"dataSources": {"s3Logs": {"enable": False}}}),
            call("guardduty", "UpdateOrganizationConfiguration", {"autoEnable": False}),
        ],
        [
            call(
                "guardduty",
                "UpdateDetector",
                {"features": [{"name": "S3_DATA_EVENTS", "status": "ENABLED"}]},
            ),
            call("guardduty", "UpdateDetector", {"dataSources": {"s3Logs": {"enable": True}}}),
            call(
                "guardduty",
                "UpdateOrganizationConfiguration",
                {"autoEnableOrganizationMembers": "ALL"},
            ),
        ],
    ),
    Case(
        "Findings of GuardDuty archived",
        [call("guardduty", "ArchiveFindings", {"findingIds": ["x"]})],
        [
            call("guardduty", "UnarchiveFindings", {"findingIds": ["x"]}),
            call("guardduty", "ArchiveFindings", who=through(PIPELINE, "detective.amazonaws.com")),
        ],
    ),
    Case(
        "Contact of the account changed",
        [call("account", "PutAlternateContact", {"alternateContactType": "SECURITY"})],
        [call("account", "GetAlternateContact", read_only=True)],
    ),
    Case(
        "GuardDuty told to overlook something",
        [call("guardduty", "CreateFilter", {"name": "quiet", "action": "ARCHIVE"})],
        [call("guardduty", "CreateFilter", {"name": "view", "action": "NOOP"})],
    ),
    Case(
        "Security service switched off",
        [call("config", "StopConfigurationRecorder", {"configurationRecorderName": "default"})],
        [call("config", "StartConfigurationRecorder", {"configurationRecorderName": "default"})],
    ),
    Case(
        "Findings hidden in Security Hub",
        [call("securityhub", "DeleteInsight", {"InsightArn": "arn:aws:securityhub:::insight/x"})],
        [call("securityhub", "CreateInsight", {"Name": "x"})],
    ),
    Case(
        "Account left its organisation",
        [call("organizations", "LeaveOrganization")],
        [call("organizations", "DescribeOrganization", read_only=True)],
    ),
    Case(
        "Flow or resolver logs deleted",
        [call("ec2", "DeleteFlowLogs", {"DeleteFlowLogsRequest": {"FlowLogId": "fl-0a1b"}})],
        [call("ec2", "CreateFlowLogs", {"CreateFlowLogsRequest": {"ResourceId": "vpc-0a1b"}})],
    ),
    Case(
        "Log group or stream deleted",
        [
            call("logs", "PutRetentionPolicy", {"logGroupName": "/aws/vpc", "retentionInDays": 1}),
            call("logs", "DeleteLogGroup", {"logGroupName": "/aws/lambda/orders"}),
        ],
        [
            call("logs", "PutRetentionPolicy", {"logGroupName": "/aws/vpc", "retentionInDays": 90}),
            call(
                "logs",
                "DeleteLogGroup",
                {"logGroupName": "/aws/lambda/orders"},
                who=through(PIPELINE, "cloudformation.amazonaws.com"),
            ),
        ],
    ),
    Case(
        "Alarm deleted or silenced",
        [call("monitoring", "DisableAlarmActions", {"alarmNames": ["root-use"]})],
        [call("monitoring", "EnableAlarmActions", {"alarmNames": ["root-use"]})],
    ),
    Case(
        "Access log of a bucket switched off",
        [
            call(
                "s3",
                "PutBucketLogging",
                {"bucketName": "orders-example", "BucketLoggingStatus": {"xmlns": "x"}},
            )
        ],
        [
            call(
                "s3",
                "PutBucketLogging",
                {
                    "bucketName": "orders-example",
                    "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "logs-example"}},
                },
            )
        ],
    ),
    Case(
        "WAF taken away or its log deleted",
        [call("wafv2", "DisassociateWebACL", {"resourceArn": "arn:aws:elasticloadbalancing:::x"})],
        [
            call("wafv2", "AssociateWebACL", {"resourceArn": "arn:aws:elasticloadbalancing:::x"}),
            call("wafv2", "UpdateIPSet", {"name": "blocked"}),
        ],
    ),
    Case(
        "Bedrock no longer logs what models are asked",
        [call("bedrock", "DeleteModelInvocationLoggingConfiguration")],
        [call("bedrock", "PutModelInvocationLoggingConfiguration", {"loggingConfig": {}})],
    ),
)
