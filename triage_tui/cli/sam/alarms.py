"""Who is told when the function itself is in trouble."""

from __future__ import annotations

from .words import TABLE, TIMEOUT, TOPIC, Doc, att, ref


def alarms() -> Doc:
    own: list[Doc] = [{"Name": "FunctionName", "Value": ref("Function")}]
    letters: list[Doc] = [{"Name": "QueueName", "Value": att("Letters", "QueueName")}]
    return {
        "Fails": _alarm("It fails: see its log", "AWS/Lambda", "Errors", own, 5),
        "Throttled": _alarm("It is called more than it may", "AWS/Lambda", "Throttles", own, 5),
        "Slow": _alarm(
            "It nearly runs out of time",
            "AWS/Lambda",
            "Duration",
            own,
            5,
            threshold=900 * TIMEOUT,
            statistic="Maximum",
        ),
        "Silent": _alarm(
            "Nothing calls it, not even its schedule",
            "AWS/Lambda",
            "Invocations",
            own,
            15,
            threshold=1,
            operator="LessThanThreshold",
            missing="breaching",
        ),
        "SetAside": _alarm(
            "Something was set aside that could not be read or done: see the queue",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            letters,
            5,
            statistic="Maximum",
        ),
        "Overdue": _alarm(
            "Blocks that are over cannot be taken out", "triage-tui", "Overdue", own, 15,
            statistic="Minimum",
        ),
    }  # fmt: skip


def _alarm(
    description: str,
    namespace: str,
    metric: str,
    dimensions: list[Doc],
    minutes: int,
    *,
    threshold: int = 0,
    statistic: str = "Sum",
    operator: str = "GreaterThanThreshold",
    missing: str = "notBreaching",
) -> Doc:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": f"triage-tui's trigger: {description}",
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": dimensions,
            "Statistic": statistic,
            "Period": 60 * minutes,
            "EvaluationPeriods": 1,
            "Threshold": threshold,
            "ComparisonOperator": operator,
            "TreatMissingData": missing,
            "AlarmActions": [TOPIC],
        },
    }


def outputs() -> Doc:
    return {
        "FunctionName": {"Description": "The function", "Value": ref("Function")},
        "Topic": {"Description": "Where alerts go", "Value": TOPIC},
        "Casebook": {
            "Description": "What casebook in the config says, to share journal and blocks",
            "Value": {"Fn::Join": ["", ["dynamodb://", TABLE]]},
        },
        "Letters": {"Description": "What was set aside", "Value": ref("Letters")},
    }
