"""What the function needs from AWS: the one list behind its role in the template, and behind
`triage-tui policy --trigger`. A test reads the calls of this room, and holds them against it.
"""

from __future__ import annotations

from typing import NamedTuple

TABLE, TOPIC, LETTERS, OBJECTS, CUSTOM = "table", "topic", "letters", "objects", "custom"
SETS, DETECTORS, LISTS, ANYTHING = "sets", "detectors", "lists", "anything"


class TriggerNeed(NamedTuple):
    """One IAM action of the function."""

    action: str
    on: str
    """On which resources: one of the names above."""
    why: str
    operation: str = ""
    """The API's name where it is not the action's."""
    free: bool = False
    """Whether AWS asks for no permission."""

    @property
    def call(self) -> str:
        """Service and operation, as the API has them."""
        return self.operation or self.action


ALWAYS = (
    TriggerNeed("dynamodb:BatchGetItem", TABLE, "what was told, and the windows of correlations"),
    TriggerNeed("dynamodb:GetItem", TABLE, "whether the table is ours"),
    TriggerNeed("dynamodb:Query", TABLE, "the shared journal, and alerts that wait"),
    TriggerNeed("dynamodb:PutItem", TABLE, "keeps all that"),
    TriggerNeed("dynamodb:UpdateItem", TABLE, "gives back its turn to write"),
    TriggerNeed("dynamodb:DeleteItem", TABLE, "forgets an alert that was sent"),
    TriggerNeed("sns:Publish", TOPIC, "alerts"),
    TriggerNeed("sqs:SendMessage", LETTERS, "sets aside what can never be read"),
)
"""Whatever it is set up for. A transaction asks for the actions of its parts."""
TRANSACTION = "dynamodb:TransactWriteItems"
"""Called, and no action of its own."""
FETCHES = (TriggerNeed("s3:GetObject", OBJECTS, "logs in the buckets that are named"),)
CALLS = (TriggerNeed("lambda:InvokeFunction", CUSTOM, "the user's own function", "lambda:Invoke"),)
BLOCKS = (
    TriggerNeed("sts:GetCallerIdentity", ANYTHING, "as whom it blocks", free=True),
    TriggerNeed("wafv2:ListIPSets", ANYTHING, "finds the IP sets of the blocklist"),
    TriggerNeed("wafv2:GetIPSet", SETS, "what a set holds, before each change"),
    TriggerNeed("wafv2:UpdateIPSet", SETS, "blocks, and takes blocks out again"),
    TriggerNeed("ec2:DescribeNatGateways", ANYTHING, "never blocks the account's own gateways"),
    TriggerNeed("ec2:DescribeAddresses", ANYTHING, "the same of its elastic addresses"),
)
TRUSTS = (
    TriggerNeed("guardduty:ListDetectors", ANYTHING, "no one on GuardDuty's lists is blocked"),
    TriggerNeed("guardduty:ListIPSets", DETECTORS, "the trusted lists that there are"),
    TriggerNeed("guardduty:GetIPSet", DETECTORS, "where in S3 such a list lies"),
    TriggerNeed("guardduty:ListTrustedEntitySets", DETECTORS, "the same of the newer lists"),
    TriggerNeed("guardduty:GetTrustedEntitySet", DETECTORS, "where in S3 such a list lies"),
)
"""Where it blocks, unless the config leaves GuardDuty alone."""
READS = (TriggerNeed("s3:GetObject", LISTS, "what is in the trusted lists that are named"),)
EVERYTHING = (*ALWAYS, *FETCHES, *CALLS, *BLOCKS, *TRUSTS, *READS)


def blocking(*, trusts: bool, reads: bool) -> tuple[TriggerNeed, ...]:
    """What it needs where it blocks: `trusts` GuardDuty's lists, and `reads` some of them."""
    found = BLOCKS + (TRUSTS if trusts else ())
    return found + (READS if trusts and reads else ())
