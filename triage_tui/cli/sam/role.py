"""What the function may: what it calls, on what is its own, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from triage_tui.respond.settings import HOME_OF_CLOUDFRONT
from triage_tui.respond.trusted_lists import s3_place
from triage_tui.trigger import needs

from .words import NOTHING, TOPIC, Doc, TemplateError, att, choice, ref, sub

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.respond.settings import BlocklistSettings
    from triage_tui.trigger.needs import TriggerNeed

    from .words import Wanted

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def role(wanted: Wanted) -> Doc:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "Description": "What triage-tui's trigger may: nothing but what it calls",
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            },
            "Policies": [
                {
                    "PolicyName": "trigger",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": statements(wanted)},
                }
            ],
        },
    }


def statements(wanted: Wanted) -> list[object]:
    """The statements of the role."""
    found: list[object] = [
        _allow("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], [att("Log")]),
        *_allowed(needs.ALWAYS, wanted),
        choice("HasCustom", _allowed(needs.CALLS, wanted)[0], NOTHING),
    ]
    if wanted.buckets:
        polling = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        found += [
            _allow("Intake", polling, [att("Intake")]),
            *_allowed(needs.FETCHES, wanted),
            choice("HasKey", _allow("Key", ["kms:Decrypt"], [ref("KmsKeyArn")]), NOTHING),
        ]
    return found + _allowed(wanted.needs, wanted)


def _allowed(wants: Sequence[TriggerNeed], wanted: Wanted) -> list[Doc]:
    """A statement for each kind of resource."""
    by_resource: dict[str, list[str]] = {}
    for need in wants:
        if not need.free:
            by_resource.setdefault(need.on, []).append(need.action)
    return [
        _allow(name.title().replace(" ", ""), actions, resources(name, wanted))
        for name, actions in by_resource.items()
    ]


def _allow(sid: str, actions: list[str], resources_: list[object]) -> Doc:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources_}


def resources(name: str, wanted: Wanted) -> list[object]:
    """The ARNs of a kind of resource, as the template knows them."""
    home = "arn:${AWS::Partition}"
    table = f"{home}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/${{TableName}}"
    if name == needs.SETS:
        return [sub(arn) for arn in set_arns(wanted.blocklist, home)]
    detectors = f"{home}:guardduty:*:${{AWS::AccountId}}:detector/*"
    known: dict[str, list[object]] = {
        needs.TABLE: [choice("MakesTable", att("Table"), sub(table))],
        needs.TOPIC: [TOPIC],
        needs.LETTERS: [att("Letters")],
        needs.OBJECTS: [sub(f"{home}:s3:::{bucket}/*") for bucket in wanted.buckets],
        needs.CUSTOM: [ref("CustomFunctionArn")],
        needs.DETECTORS: [sub(detectors)],
        needs.LISTS: [sub(f"{home}:s3:::{place}") for place in list_places(wanted.lists)],
        needs.ANYTHING: ["*"],
    }
    return known[name]


def list_places(lists: Sequence[str]) -> list[str]:
    """`BUCKET/KEY` of each list. Raises TemplateError."""
    found: list[str] = []
    for each in lists:
        place = s3_place(each)
        if place is None or any(char in each for char in "*?$"):
            raise TemplateError(
                f"{each!r} is no place of a list: name it as GuardDuty has it, s3://BUCKET/KEY"
            )
        found.append("/".join(place))
    return found


def set_arns(
    blocklist: BlocklistSettings | None,
    home: str,
    region: str = "${AWS::Region}",
    account: str = "${AWS::AccountId}",
) -> list[str]:
    """The IP sets of a blocklist."""
    if blocklist is None:
        return []
    is_global = blocklist.scope == "CLOUDFRONT"
    place = HOME_OF_CLOUDFRONT if is_global else blocklist.region or region
    where = "global" if is_global else "regional"
    return [
        f"{home}:wafv2:{place}:{account}:{where}/ipset/"
        + (f"*/{named}" if _ID.fullmatch(named) else f"{named}/*")
        for named in (blocklist.ipv4, blocklist.ipv6)
        if named
    ]
