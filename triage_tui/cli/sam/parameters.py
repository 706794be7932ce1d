"""What somebody may say when they deploy the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.trigger.options import LEVELS, OFF

from .words import Doc, equal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .words import Wanted


def parameters(wanted: Wanted) -> Doc:
    span = {"AllowedPattern": "^[1-9][0-9]{0,5}[smhd]$"}
    found: Doc = {
        "AlertEmail": _text("Who gets alerts by mail; empty for nobody"),
        "TopicArn": _text("An SNS topic that there is; empty makes one"),
        "AlertLevel": _one_of("medium", LEVELS, "From which level on somebody is told"),
        "AlertWindow": _text("For so long the same is not told again (15m, 1h, 1d)", "1h") | span,
        "TableName": _text("The table of a shared casebook (its name); empty makes one"),
        "WatchCalls": _one_of(
            "yes", ("yes", "no"), "Whether EventBridge brings CloudTrail's management events"
        ),
        "ReservedConcurrency": {
            "Type": "Number",
            "Default": 5,
            "MinValue": 0,
            "Description": "Calls at a time at most; 0 for no limit of its own, which is what an "
            "account needs that Lambda gives ten calls at a time",
        },
        "CustomFunctionArn": _text("Your own function, called instead of blocking"),
        "BlockLevel": _one_of(
            OFF, (OFF, *LEVELS), "From which level on it acts by itself; off never"
        ),
    }
    if wanted.buckets:
        found["KmsKeyArn"] = _text(
            "The key that the logs in S3 are encrypted with, where there is one"
        )
    if wanted.blocklist is not None:
        found |= {
            "BlockFor": _text("How long a block lasts (15m, 1h, 1d)", "1h") | span,
            "BlocksAnHour": {
                "Type": "Number",
                "Default": 20,
                "MinValue": 0,
                "MaxValue": 999999,
                "Description": "What it blocks by itself within an hour at most",
            },
        }
    return found


def _text(description: str, default: str = "") -> Doc:
    return {"Type": "String", "Default": default, "Description": description}


def _one_of(default: str, allowed: Sequence[str], description: str) -> Doc:
    return {
        "Type": "String",
        "Default": default,
        "AllowedValues": list(allowed),
        "Description": description,
    }


def conditions(wanted: Wanted) -> Doc:
    found: Doc = {
        "MakesTopic": equal("TopicArn", ""),
        "MakesTable": equal("TableName", ""),
        "HasEmail": {"Fn::Not": [equal("AlertEmail", "")]},
        "MailsOwnTopic": {
            "Fn::And": [{"Condition": "HasEmail"}, {"Condition": "MakesTopic"}],
        },
        "HasLimit": {"Fn::Not": [equal("ReservedConcurrency", 0)]},
        "HasCustom": {"Fn::Not": [equal("CustomFunctionArn", "")]},
        "Watches": equal("WatchCalls", "yes"),
    }
    if wanted.buckets:
        found["HasKey"] = {"Fn::Not": [equal("KmsKeyArn", "")]}
    return found
