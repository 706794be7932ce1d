"""The SAM template of the Lambda function: what it is, what calls it, and what it may."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from triage_tui import __version__
from triage_tui.cli.trigger_package import HANDLER
from triage_tui.trigger.options import PREFIX
from triage_tui.trigger.payloads import TICK

from .alarms import alarms, outputs
from .parameters import conditions, parameters
from .role import role
from .words import NOTHING, TABLE, TIMEOUT, TOPIC, Doc, TemplateError, att, choice, ref

if TYPE_CHECKING:
    from .words import Wanted

MEMORY = 1024
MOST_GROUPS = 40
"""Log groups in one template: more are better gathered by an account-wide subscription."""


def template(wanted: Wanted) -> Doc:
    """The whole document. Raises TemplateError."""
    for name in wanted.groups:
        if any(char in name for char in "*?[") or not name:
            raise TemplateError(
                f"{name!r} is no log group: a subscription is for one group, so name each in full"
            )
    if len(wanted.groups) > MOST_GROUPS:
        raise TemplateError(
            f"{len(wanted.groups)} log groups are more than a template holds ({MOST_GROUPS}): "
            "subscribe the others to the function by an account-level subscription filter policy"
        )
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": "triage-tui's trigger: watches logs when nobody is looking at a terminal",
        "Metadata": _metadata(parameters(wanted)),
        "Parameters": parameters(wanted),
        "Conditions": conditions(wanted),
        "Resources": _resources(wanted),
        "Outputs": outputs(),
    }


def _metadata(known: Doc) -> Doc:
    return {
        "AWS::ServerlessRepo::Application": {
            "Name": "triage-tui-trigger",
            "Description": "Watches AWS logs with Sigma rules, alerts, and blocks in WAF",
            "Author": "triage-tui maintainers",
            "SpdxLicenseId": "Apache-2.0",
            "Labels": ["security", "incident-response", "cloudtrail", "guardduty", "waf"],
            "SemanticVersion": _semantic(__version__),
        },
        "AWS::CloudFormation::Interface": {
            "ParameterGroups": [
                _group(known, "Alerts", "AlertEmail", "TopicArn", "AlertLevel", "AlertWindow"),
                _group(
                    known, "Acting", "BlockLevel", "BlockFor", "BlocksAnHour", "CustomFunctionArn"
                ),
                _group(
                    known, "Setting", "TableName", "WatchCalls", "KmsKeyArn", "ReservedConcurrency"
                ),
            ]
        },
    }


def _group(known: Doc, label: str, *names: str) -> Doc:
    there = [name for name in names if name in known]
    return {"Label": {"default": label}, "Parameters": there}


def _semantic(version: str) -> str:
    found = re.match(r"\d+(?:\.\d+){0,2}", version)
    numbers = (found[0] if found else "0").split(".")
    return ".".join((*numbers, "0", "0")[:3])


# -- resources -----------------------------------------------------------------------------------


def _resources(wanted: Wanted) -> Doc:
    found: Doc = {
        "Function": _function(wanted),
        "Role": role(wanted),
        "Log": {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"RetentionInDays": 30},
        },
        "Table": _table(),
        "Topic": {"Type": "AWS::SNS::Topic", "Condition": "MakesTopic"},
        "Mail": {
            "Type": "AWS::SNS::Subscription",
            "Condition": "MailsOwnTopic",
            "Properties": {
                "TopicArn": ref("Topic"),
                "Protocol": "email",
                "Endpoint": ref("AlertEmail"),
            },
        },
        "Letters": _queue(1_209_600),
        **_calls(),
    }
    if wanted.buckets:
        found |= _intake(wanted)
    return found | alarms()


def _function(wanted: Wanted) -> Doc:
    environment: Doc = {
        f"{PREFIX}TABLE": TABLE,
        f"{PREFIX}TOPIC": TOPIC,
        f"{PREFIX}LETTERS": ref("Letters"),
        f"{PREFIX}LEVEL": ref("AlertLevel"),
        f"{PREFIX}WINDOW": ref("AlertWindow"),
        f"{PREFIX}CUSTOM": ref("CustomFunctionArn"),
        f"{PREFIX}BLOCK_LEVEL": ref("BlockLevel"),
    }
    if wanted.blocklist is not None:
        environment |= {
            f"{PREFIX}BLOCK_FOR": ref("BlockFor"),
            f"{PREFIX}BLOCKS_AN_HOUR": ref("BlocksAnHour"),
        }
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "CodeUri": _code(wanted.code),
            "Handler": HANDLER,
            "Runtime": wanted.target.runtime,
            "Architectures": [wanted.target.architecture],
            "MemorySize": MEMORY,
            "Timeout": TIMEOUT,
            "ReservedConcurrentExecutions": choice("HasLimit", ref("ReservedConcurrency"), NOTHING),
            "Role": att("Role"),
            "Environment": {"Variables": environment},
            "LoggingConfig": {"LogGroup": ref("Log")},
            "DeadLetterQueue": {"Type": "SQS", "TargetArn": att("Letters")},
            "EventInvokeConfig": {
                "MaximumRetryAttempts": 2,
                "MaximumEventAgeInSeconds": 21_600,
            },
            "Events": _events(wanted),
        },
    }


def _code(code: str) -> object:
    found = re.fullmatch(r"s3://([^/]+)/(.+)", code)
    return {"Bucket": found[1], "Key": found[2]} if found else code


def _events(wanted: Wanted) -> Doc:
    found: Doc = {
        "Tick": {
            "Type": "Schedule",
            "Properties": {
                "Schedule": "rate(1 minute)",
                "Input": json.dumps({TICK: True}),
                "Description": "Takes out blocks that are over, and sends what was left behind",
            },
        },
        "Findings": {
            "Type": "EventBridgeRule",
            "Properties": {
                "Pattern": {"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]}
            },
        },
    }
    for number, name in enumerate(wanted.groups, 1):
        found[f"Group{number}"] = {
            "Type": "CloudWatchLogs",
            "Properties": {"LogGroupName": name, "FilterPattern": ""},
        }
    if wanted.buckets:
        found["Objects"] = {
            "Type": "SQS",
            "Properties": {
                "Queue": att("Intake"),
                "BatchSize": 5,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        }
    return found


def _calls() -> Doc:
    """CloudTrail's management events by EventBridge, where somebody wants them; SAM's own rules
    know no conditions."""
    return {
        "Calls": {
            "Type": "AWS::Events::Rule",
            "Condition": "Watches",
            "Properties": {
                "Description": "CloudTrail's management events",
                "EventPattern": {
                    "detail-type": [
                        "AWS API Call via CloudTrail",
                        "AWS Console Sign In via CloudTrail",
                        "AWS Service Event via CloudTrail",
                    ]
                },
                "Targets": [{"Id": "Function", "Arn": att("Function")}],
            },
        },
        "CallsMay": {
            "Type": "AWS::Lambda::Permission",
            "Condition": "Watches",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": ref("Function"),
                "Principal": "events.amazonaws.com",
                "SourceArn": att("Calls"),
            },
        },
    }


def _table() -> Doc:
    return {
        "Type": "AWS::DynamoDB::Table",
        "Condition": "MakesTable",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "TimeToLiveSpecification": {"AttributeName": "ends", "Enabled": True},
            "SSESpecification": {"SSEEnabled": True},
        },
    }


def _queue(seconds: int, **more: object) -> Doc:
    return {
        "Type": "AWS::SQS::Queue",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "MessageRetentionPeriod": seconds,
            "SqsManagedSseEnabled": True,
        }
        | more,
    }


def _intake(wanted: Wanted) -> Doc:
    """Objects of S3 come by a queue, so that one that fails is tried again alone."""
    return {
        "Intake": _queue(
            345_600,
            VisibilityTimeout=6 * TIMEOUT,
            RedrivePolicy={"deadLetterTargetArn": att("Letters"), "maxReceiveCount": 4},
        ),
        "IntakePolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [ref("Intake")],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": att("Intake"),
                            "Condition": {"ArnEquals": {"aws:SourceArn": att("Objects")}},
                        }
                    ],
                },
            },
        },
        "Objects": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Description": "New objects in the buckets of logs (they must send to EventBridge)",
                "EventPattern": {
                    "source": ["aws.s3"],
                    "detail-type": ["Object Created"],
                    "detail": {"bucket": {"name": list(wanted.buckets)}},
                },
                "Targets": [{"Id": "Intake", "Arn": att("Intake")}],
            },
        },
    }
