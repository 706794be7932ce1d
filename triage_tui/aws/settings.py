"""What a user may say about live sources. Light: the config reads it without the AWS client."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from triage_tui.statetable import table_name

Tail = Literal["auto", "live", "poll"]

_Names = Annotated[tuple[str, ...], msgspec.Meta(description="a list of names")]
_Globs = Annotated[
    tuple[str, ...], msgspec.Meta(description="a list of log groups; * stands for any text")
]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,9})([smhd])")
LONGEST_SINCE = 14 * 86400
"""Seconds. What is older is the business of history, not of a live triage."""


def seconds(text: str) -> int:
    """`90s`, `15m`, `2h` or `1d` in seconds. Raises ValueError with what is allowed."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no span of time: write 90s, 15m, 2h or 1d")
    return int(found[1]) * _UNITS[found[2]]


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role that is assumed, in an account of its own. Its regions are those of `[aws]` unless it
    says others."""

    arn: str
    profile: str = ""
    """From which it is assumed; "" is what the environment says."""
    name: str = ""
    """How it is called on the screen."""
    regions: tuple[str, ...] = ()
    external_id: str = ""
    session_name: str = ""
    mfa_serial: str = ""
    duration: str = "1h"
    """How long a session lasts; what is assumed by way of another role lasts an hour at most."""

    def __post_init__(self) -> None:
        if not _ROLE.fullmatch(self.arn):
            raise ValueError(
                f"{self.arn!r} is no role: write arn:aws:iam::111122223333:role/triage"
            )
        if not SHORTEST_SESSION <= seconds(self.duration) <= LONGEST_SESSION:
            raise ValueError(f"{self.duration!r} is not between 15m and 12h")
        if self.session_name and not _SESSION.fullmatch(self.session_name):
            raise ValueError(
                f"{self.session_name!r} is no session name: 2 to 64 letters, digits and +=,.@_-"
            )

    @property
    def account(self) -> str:
        """The number of the account that it is in."""
        return self.arn.split(":")[4]

    @property
    def label(self) -> str:
        """`111122223333/triage`, unless it was given a name."""
        parts = self.arn.split(":")
        return self.name or f"{parts[4]}/{parts[5].rpartition('/')[2]}"


class AthenaTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[history.athena]]`: a table of CloudTrail or WAF logs, with AWS's own columns."""

    table: str
    database: str
    format: Literal["cloudtrail", "waf"]
    workgroup: str = "primary"
    """It has to limit what a query may scan (BytesScannedCutoffPerQuery)."""
    output: str = ""
    """`s3://BUCKET/PREFIX/`, where the work group names no place for results."""
    location: str = ""
    """`s3://BUCKET/PREFIX/`, where the logs are: what `policy` lets Athena read."""
    partition: str = ""
    """The column of time by which the table is partitioned; without one, all of it is scanned."""
    partition_format: str = "%Y/%m/%d"
    """As strftime has it; it has to sort as time does."""
    catalog: str = "AwsDataCatalog"
    profile: str = ""
    """"" is the first one of `[aws]`, else what the environment says."""
    region: str = ""
    """"" is the first one of `[aws]`, else what the AWS CLI would take."""

    def __post_init__(self) -> None:
        for name in (self.table, self.database, self.catalog, self.partition or "none"):
            if not _SQL_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name: letters, digits, _ - . and / alone")
        if not _WORKGROUP.fullmatch(self.workgroup):
            raise ValueError(f"{self.workgroup!r} is no work group: letters, digits, . _ -")
        for place in (self.output, self.location):
            if place and not _IN_S3.fullmatch(place):
                raise ValueError(f"{place!r} is no place in S3: write s3://bucket/prefix/")
        if "%Y" not in self.partition_format or "'" in self.partition_format:
            raise ValueError(f"{self.partition_format!r} is no time: write %Y/%m/%d")


_SQL_NAME = re.compile(r"[\w./-]{1,255}", re.ASCII)
_WORKGROUP = re.compile(r"[\w.-]{1,128}", re.ASCII)
_IN_S3 = re.compile(r"s3://[a-z0-9.-]{3,63}(/[^\s']{0,900})?", re.ASCII)


class HistorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[history]`: what a look into the past may cost."""

    limit_gb: Annotated[
        float, msgspec.Meta(description="a number of gigabytes, 0.001 to 1000000", ge=0.001, le=1e6)
    ] = 20.0
    """What Logs Insights may scan for one look; more is refused before it begins."""
    queries: Annotated[int, msgspec.Meta(description="a number from 1 to 30", ge=1, le=30)] = 4
    """Queries at once in one account and region; AWS allows 30 to 100, and others want some."""
    athena: Annotated[
        tuple[AthenaTable, ...],
        msgspec.Meta(description="a section: write [[history.athena]]"),
    ] = ()

    @property
    def limit_bytes(self) -> int:
        return round(self.limit_gb * 1e9)


class CasebookPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a team keeps its casebook and its journal of blocks."""

    table: str
    """`dynamodb://TABLE`."""
    profile: str = ""
    """"" is the first one of `[aws]`, else what the environment says."""
    region: str = ""
    """"" is the first one of `[aws]`, else what the AWS CLI would take."""

    def __post_init__(self) -> None:
        table_name(self.table)

    @property
    def name(self) -> str:
        """The table's."""
        return table_name(self.table)


_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
_SESSION = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
SHORTEST_SESSION, LONGEST_SESSION = 15 * 60, 12 * 3600
"""Seconds (quotas of AssumeRole)."""


class AwsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[aws]`: whose accounts, and where. Empty is what the AWS CLI would take."""

    profiles: _Names = ()
    regions: _Names = ()
    roles: Annotated[
        tuple[str | Role, ...],
        msgspec.Meta(
            description='a list of ARNs of roles, or of { arn = "…", profile = "…", name = "…", '
            'regions = […], external_id = "…", session_name = "…", mfa_serial = "…", '
            'duration = "1h" }'
        ),
    ] = ()
    """Roles to assume, each in an account of its own."""

    def __post_init__(self) -> None:
        for each in self.roles:
            if isinstance(each, str):
                Role(each)

    @property
    def assumed(self) -> tuple[Role, ...]:
        """The roles, all of one form."""
        return tuple(Role(each) if isinstance(each, str) else each for each in self.roles)


class LogsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[logs]`: which log groups are tailed, and how."""

    groups: _Globs = ()
    exclude: _Globs = ()
    """Of those that `groups` names."""
    linked: Annotated[bool, msgspec.Meta(description="true or false")] = False
    """Whether a monitoring account tails the groups of the accounts that are linked to it, too."""
    tail: Annotated[
        Tail,
        msgspec.Meta(description='"auto" (Live Tail, else polls), "live" (Live Tail) or "poll"'),
    ] = "auto"
    since: Annotated[str, msgspec.Meta(description='a span of time such as "15m"')] = "15m"
    """How far back a triage begins."""
    filter_pattern: Annotated[
        str, msgspec.Meta(description="a filter pattern of CloudWatch Logs", max_length=1024)
    ] = ""
    poll_seconds: Annotated[
        float, msgspec.Meta(description="seconds, 1 to 3600", ge=1, le=3600)
    ] = 5.0
    """Between two polls of a group that is not tailed."""
    requests_per_second: Annotated[
        float, msgspec.Meta(description="a number from 0.1 to 100", ge=0.1, le=100)
    ] = 5.0
    """FilterLogEvents in one account and region, shared by all its groups."""
    tail_sessions: Annotated[
        int, msgspec.Meta(description="a number from 1 to 100", ge=1, le=100)
    ] = 10
    """Live Tail sessions in one account and region; each has at most ten groups, and is billed."""

    def __post_init__(self) -> None:
        if not 1 <= seconds(self.since) <= LONGEST_SINCE:
            raise ValueError(f"{self.since!r} is not between 1s and 14d")
        if not all(glob.strip() for glob in (*self.groups, *self.exclude)):
            raise ValueError("a log group has no name")


class GuardDutySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[guardduty]`: whether findings are fetched, and how often."""

    enabled: Annotated[bool, msgspec.Meta(description="true or false")] = True
    poll_seconds: Annotated[
        float, msgspec.Meta(description="seconds, 5 to 3600", ge=5, le=3600)
    ] = 60.0
    since: Annotated[str, msgspec.Meta(description='a span of time such as "1d"')] = "1d"
    """How far back updated findings are fetched at start."""

    def __post_init__(self) -> None:
        if not 1 <= seconds(self.since) <= 90 * 86400:
            raise ValueError(f"{self.since!r} is not between 1s and 90d, which GuardDuty keeps")


class InspectorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[inspector]`: whether Amazon Inspector's findings are fetched, and how often."""

    enabled: Annotated[bool, msgspec.Meta(description="true or false")] = False
    poll_seconds: Annotated[
        float, msgspec.Meta(description="seconds, 10 to 86400", ge=10, le=86400)
    ] = 300.0


class CloudTrailSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[cloudtrail]`: whether the trail is looked up where no tailed log group holds it."""

    lookup: Annotated[
        Literal["auto", "on", "off"], msgspec.Meta(description='"auto", "on" or "off"')
    ] = "auto"
    poll_seconds: Annotated[
        float, msgspec.Meta(description="seconds, 5 to 3600", ge=5, le=3600)
    ] = 30.0
