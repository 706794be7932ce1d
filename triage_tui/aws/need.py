"""What a feature is, and what one of its needs from AWS is. Light: no AWS client."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.respond.remedy.settings import AnswerSettings

from .settings import (
    AwsSettings,
    CasebookPlace,
    CloudTrailSettings,
    GuardDutySettings,
    HistorySettings,
    InspectorSettings,
    LogsSettings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from triage_tui.respond.settings import BlocklistSettings

EVERYTHING = "*"


class Configured(NamedTuple):
    """The settings that decide which features there are."""

    aws: AwsSettings = AwsSettings()
    logs: LogsSettings = LogsSettings()
    guardduty: GuardDutySettings = GuardDutySettings()
    cloudtrail: CloudTrailSettings = CloudTrailSettings()
    blocklists: tuple[BlocklistSettings, ...] = ()
    answers: AnswerSettings = AnswerSettings()
    casebook: CasebookPlace | None = None
    inspector: InspectorSettings = InspectorSettings()
    history: HistorySettings = HistorySettings()

    @classmethod
    def nothing(cls) -> Configured:
        """No feature at all."""
        return cls(guardduty=GuardDutySettings(enabled=False), cloudtrail=CloudTrailSettings("off"))


class Home(NamedTuple):
    """Where resources lie: account and region, `*` for any."""

    account: str = EVERYTHING
    region: str = EVERYTHING

    @property
    def partition(self) -> str:
        """The part of AWS that the region is in."""
        return partition(self.region)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource here."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


def partition(region: str) -> str:
    """The part of AWS that a region is in."""
    for prefix, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
        if region.startswith(prefix):
            return name
    return "aws"


class Need(NamedTuple):
    """One IAM action that a feature calls."""

    action: str
    """As a policy names it: `logs:FilterLogEvents`."""
    why: str
    """What it is for, and what goes without it."""
    probe: str
    """How doctor tries it without changing anything; "" where it cannot."""
    resources: Callable[[Configured, Home], Sequence[str]] = lambda _configured, _home: [EVERYTHING]
    """ARNs, as narrow as IAM allows; `*` for an action that knows none."""
    regions: Callable[[Configured, Home], Sequence[str]] = lambda _configured, home: [home.region]
    """Where the call goes, which narrows an action that knows no resources."""
    untestable: str = ""
    """Why there is no probe."""
    applies: Callable[[Configured], bool] = lambda _configured: True
    """Whether the settings lead to the call at all."""
    essential: Callable[[Configured], bool] = lambda _configured: True
    """Whether the feature fails without it, or has less."""
    free: bool = False
    """Whether AWS asks for no permission: no policy names it."""
    condition: tuple[tuple[str, str, str], ...] = ()
    """What narrows it further: operator, key and value, as IAM has them."""
    operation: str = ""
    """The API's name where it is not the action's: `lambda:Invoke`."""
    indirect: bool = False
    """Whether another service makes the call as whoever asked that one: ours do not."""

    @property
    def call(self) -> str:
        """Service and operation, as the API has them."""
        return self.operation or self.action

    @property
    def service(self) -> str:
        """Whose API it is."""
        return self.call.partition(":")[0]


class Feature(NamedTuple):
    """What a user switches on, and what it needs."""

    name: str
    """As the config and the README call it."""
    needs: tuple[Need, ...]
    applies: Callable[[Configured], bool] = lambda _configured: True
    """Whether the settings switch it on."""
    standing: bool = True
    """Whether a triage needs it: not so what is called once, to set it up."""
    essential: bool = True
    """Whether something that is configured fails without it, or has less."""
