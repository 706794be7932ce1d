"""What each feature needs from AWS: the IAM actions, on which resources, why, and how to try them.

The one list that `triage-tui policy` prints and `triage-tui doctor` tries. A test reads every call
that this room makes, and holds the two against each other. Light: no AWS client.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .athena_needs import ATHENA
from .block_needs import BLOCK_FEATURES
from .casebook_needs import CASEBOOK_FEATURES
from .need import EVERYTHING, Feature, Need
from .remedy_needs import REMEDY_FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .need import Configured, Home

_WILD = re.compile(r"[*?\[]")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_ODD = re.compile(r"[^\w./#*?-]", re.ASCII)
"""What is in no name of a log group: none such is named, and a policy may read it as a variable."""


# -- resources -----------------------------------------------------------------------------------


def _any_group(_configured: Configured, home: Home) -> Sequence[str]:
    """IAM judges DescribeLogGroups by a group without a name, which no narrower pattern matches."""
    return [home.arn("logs", "log-group:*")]


def _groups(configured: Configured, home: Home) -> Sequence[str]:
    """The groups that the globs name: each ARN with its streams and, for Live Tail, without. Those
    of linked accounts are in these: who links allows it there."""
    found: list[str] = []
    if configured.logs.linked:
        home = home._replace(account=EVERYTHING)
    for glob in configured.logs.groups:
        # IAM knows * and ? as globs do, and no brackets.
        name = _ODD.sub("?", _BRACKETS.sub("?", glob))
        whole = home.arn("logs", f"log-group:{name}")
        found += [whole] if name.endswith("*") else [whole, f"{whole}:*"]
    return list(dict.fromkeys(found))


def _detectors(_configured: Configured, home: Home) -> Sequence[str]:
    """A region has one detector at most."""
    return [home.arn("guardduty", "detector/*")]


def _trails(_configured: Configured, home: Home) -> Sequence[str]:
    """A trail's home may be another region, and an organisation's another account."""
    return [f"arn:{home.partition}:cloudtrail:*:*:trail/*"]


# -- features ------------------------------------------------------------------------------------


def _has_groups(configured: Configured) -> bool:
    return bool(configured.logs.groups)


IDENTITY = Feature(
    "identity",
    (
        Need(
            "sts:GetCallerIdentity",
            "whose account it is; AWS asks for no permission",
            "is called as it is",
            free=True,
        ),
    ),
)
ROLES = Feature(
    "roles",
    (
        Need(
            "sts:AssumeRole",
            "the roles of aws.roles; without it, nothing of their accounts",
            "",
            lambda configured, _home: [role.arn for role in configured.aws.assumed],
            untestable="who each scope is says whether its role could be assumed",
        ),
    ),
    lambda configured: bool(configured.aws.roles),
)
LOGS = Feature(
    "logs",
    (
        Need(
            "logs:DescribeLogGroups",
            "finds the groups that the globs match, new ones too; without it, groups named in full",
            "lists what the globs match",
            _any_group,
            essential=lambda configured: any(map(_WILD.search, configured.logs.groups)),
        ),
        Need(
            "logs:FilterLogEvents",
            "reads groups that are not tailed, and again what Live Tail may have left out",
            "asks for one event of the last minute",
            _groups,
        ),
        Need(
            "logs:StartLiveTail",
            "events within a second; without it, groups are polled",
            "begins a session and ends it at once (billed as one minute of Live Tail)",
            _groups,
            applies=lambda configured: configured.logs.tail != "poll",
            essential=lambda configured: configured.logs.tail == "live",
        ),
    ),
    _has_groups,
)
LINKED = Feature(
    "linked accounts",
    (
        Need(
            "oam:ListSinks",
            "whether this is a monitoring account (logs.linked); without it, that is not told",
            "is called as it is",
        ),
        Need(
            "oam:ListAttachedLinks",
            "which accounts are linked to it; without it, that is not told",
            "asks what is linked to each sink",
            lambda _configured, home: [home.arn("oam", "sink/*")],
        ),
    ),
    _has_groups,
    essential=False,
)
GUARDDUTY = Feature(
    "guardduty",
    (
        Need(
            "guardduty:ListDetectors",
            "finds the detector; without it, no findings",
            "is called as it is",
        ),
        Need(
            "guardduty:GetAdministratorAccount",
            "which account administers this one; without it, that is not told",
            "is called as it is",
            _detectors,
            essential=lambda _configured: False,
        ),
        Need(
            "guardduty:ListMembers",
            "which accounts this one administers; without it, that is not told",
            "asks for one page of members",
            _detectors,
            essential=lambda _configured: False,
        ),
        Need(
            "guardduty:ListFindings",
            "which findings were updated; without it, no findings",
            "asks for one finding",
            _detectors,
        ),
        Need(
            "guardduty:GetFindings",
            "the findings themselves; without it, none",
            "asks for one finding",
            _detectors,
        ),
    ),
    lambda configured: configured.guardduty.enabled or configured.answers.findings,
)
INSPECTOR = Feature(
    "inspector",
    (
        Need(
            "inspector2:ListFindings",
            "holes in the packages of functions and images; without it, none",
            "asks for one finding",
        ),
        Need(
            "inspector2:BatchGetAccountStatus",
            "whether Inspector looks at functions and images here; without it, that is not told",
            "is called as it is",
            essential=lambda _configured: False,
        ),
    ),
    lambda configured: configured.inspector.enabled,
)
CLOUDTRAIL = Feature(
    "cloudtrail",
    (
        Need(
            "cloudtrail:LookupEvents",
            "management events where no tailed log group holds the trail",
            "asks for one event",
        ),
        Need(
            "cloudtrail:DescribeTrails",
            "which log group holds the trail; without it, its name decides",
            "is called as it is",
            applies=lambda configured: _looks_for_trails(configured),
            essential=lambda _configured: False,
        ),
        Need(
            "cloudtrail:GetTrailStatus",
            "whether the trail is on; without it, it is taken to be",
            "asks for the status of one trail",
            _trails,
            applies=lambda configured: _looks_for_trails(configured),
            essential=lambda _configured: False,
        ),
    ),
    lambda configured: configured.cloudtrail.lookup != "off",
)
HISTORY = Feature(
    "history",
    (
        Need(
            "logs:StartQuery",
            "searches the log groups of the past; without it, CloudTrail's look-ups alone",
            "",
            _groups,
            untestable="it would be billed",
        ),
        Need(
            "logs:GetQueryResults",
            "what a query found; without it, nothing",
            "",
            untestable="there is no query to ask about",
        ),
        Need(
            "logs:StopQuery",
            "ends a query that nobody waits for; without it, it is billed to its end",
            "",
            untestable="there is no query to stop",
        ),
    ),
    _has_groups,
    essential=False,
)
CONFIG_INIT = Feature(
    "config init",
    (
        Need(
            "logs:DescribeLogStreams",
            "when a log group got its last event; without it, that is not shown",
            "",
            _any_group,
            untestable="it is for setting up alone",
        ),
    ),
    standing=False,
)
FEATURES: tuple[Feature, ...] = (
    *(IDENTITY, ROLES, LOGS, LINKED, GUARDDUTY, CLOUDTRAIL, INSPECTOR, HISTORY, ATHENA),
    *BLOCK_FEATURES,
    *REMEDY_FEATURES,
    *CASEBOOK_FEATURES,
    CONFIG_INIT,
)


def _looks_for_trails(configured: Configured) -> bool:
    return configured.cloudtrail.lookup == "auto" and _has_groups(configured)


def needed(configured: Configured, *, once: bool = False) -> Iterator[tuple[Feature, Need]]:
    """What the features that the settings switch on call, in the order of the list; with `once`,
    what sets them up too."""
    for feature in FEATURES:
        if (feature.standing or once) and feature.applies(configured):
            for need in feature.needs:
                if need.applies(configured):
                    yield feature, need
