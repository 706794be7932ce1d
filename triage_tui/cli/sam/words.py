"""The words of CloudFormation that the template is written in, and what it is written for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.trigger import needs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.cli.trigger_package import Target
    from triage_tui.respond.settings import BlocklistSettings
    from triage_tui.trigger.needs import TriggerNeed

Doc = dict[str, object]

TIMEOUT = 120
"""Seconds of one call."""


class TemplateError(Exception):
    """What was asked for makes no template: why, and what to do."""


class Wanted(NamedTuple):
    """What the template is for."""

    code: str
    """The package: a path, or `s3://BUCKET/KEY`."""
    target: Target
    groups: Sequence[str] = ()
    buckets: Sequence[str] = ()
    blocklist: BlocklistSettings | None = None
    trusts: bool = True
    """Whether GuardDuty is asked for its trusted lists."""
    lists: Sequence[str] = ()
    """Where in S3 those lie: `s3://BUCKET/KEY`."""

    @property
    def needs(self) -> tuple[TriggerNeed, ...]:
        """What blocking asks for."""
        if self.blocklist is None:
            return ()
        return needs.blocking(trusts=self.trusts, reads=bool(self.lists))


def equal(name: str, value: object) -> Doc:
    return {"Fn::Equals": [ref(name), value]}


def ref(name: str) -> Doc:
    return {"Ref": name}


def att(name: str, what: str = "Arn") -> Doc:
    return {"Fn::GetAtt": [name, what]}


def sub(text: str) -> Doc:
    return {"Fn::Sub": text}


def choice(condition: str, then: object, other: object) -> Doc:
    return {"Fn::If": [condition, then, other]}


NOTHING = ref("AWS::NoValue")
TOPIC = choice("MakesTopic", ref("Topic"), ref("TopicArn"))
TABLE = choice("MakesTable", ref("Table"), ref("TableName"))
