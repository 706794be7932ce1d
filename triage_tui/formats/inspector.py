"""Amazon Inspector: findings about packages, as ListFindings, EventBridge and exports spell them.

A finding is updated in place: each update is a version, which takes the place of the one before.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from triage_tui.model import NO_TIME, SECOND, Vulnerability

from .base import list_of, table_of, text_of
from .severities import probability_of, rate
from .times import any_time
from .vulnerability import MOST_NAMES, names

if TYPE_CHECKING:
    from collections.abc import Iterator

_BRIDGE = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d)\s?([AP])M")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_CLOSED = {"CLOSED": "closed: fixed or gone", "SUPPRESSED": "suppressed"}


class Inspector:
    """Findings of the type PACKAGE_VULNERABILITY; one may name several packages."""

    name = "inspector"
    mark = b'"packageVulnerabilityDetails"'

    def holes(self, table: dict[str, object]) -> list[Vulnerability]:
        finding = text_of(table.get("findingArn"))
        details = table_of(table.get("packageVulnerabilityDetails"))
        known, aliases = names(
            details.get("vulnerabilityId"), details.get("relatedVulnerabilities")
        )
        resources = [table_of(each) for each in list_of(table.get("resources"))[:MOST_NAMES]]
        if finding is None or not known or not resources:
            return []
        return [
            hole
            for resource in resources
            for hole in _of(table, details, finding, resource, known, aliases)
        ]


def _of(
    table: dict[str, object],
    details: dict[str, object],
    finding: str,
    resource: dict[str, object],
    known: str,
    aliases: tuple[str, ...],
) -> Iterator[Vulnerability]:
    """The holes in one resource: one for each package."""
    rated = [table_of(each) for each in list_of(details.get("cvss"))[:MOST_NAMES]]
    adjusted = table_of(table_of(table.get("inspectorScoreDetails")).get("adjustedCvss"))
    rated.sort(key=lambda each: text_of(each.get("version")) or "", reverse=True)
    vectors = [adjusted.get("scoringVector"), *(each.get("scoringVector") for each in rated)]
    rating = rate(vectors, table.get("inspectorScore"), table.get("severity"))
    status = (text_of(table.get("status")) or "ACTIVE").upper()
    updated = text_of(table.get("updatedAt")) or text_of(table.get("lastObservedAt"))
    place = table_of(table_of(resource.get("details")).get("awsEcrContainerImage"))
    exploit = table_of(table.get("exploitabilityDetails")).get("lastKnownExploitAt")
    for package in map(table_of, list_of(details.get("vulnerablePackages"))[:MOST_NAMES]):
        name = text_of(package.get("name"))
        if name is None:
            continue
        fixed = text_of(package.get("fixedInVersion"))
        yield Vulnerability(
            source=Inspector.name,
            id=known,
            aliases=aliases,
            package=name,
            version=text_of(package.get("version")) or "",
            fixed=() if fixed in (None, "NotAvailable", "0:NotAvailable") else (str(fixed),),
            severity=rating.severity,
            score=rating.score,
            vector=rating.vector,
            epss=probability_of(table_of(table.get("epss")).get("score")),
            exploited=exploit is not None,
            title=text_of(table.get("title")) or "",
            ecosystem=(text_of(package.get("packageManager")) or "").lower(),
            resource=_name(resource),
            place=text_of(package.get("filePath"))
            or text_of(package.get("sourceLambdaLayerArn"))
            or text_of(place.get("repositoryName"))
            or "",
            tags=_tags(resource.get("tags")),
            open=status not in _CLOSED,
            remark=_CLOSED.get(status, ""),
            finding=finding,
            seen=_time(table.get("updatedAt") if updated else table.get("lastObservedAt")),
        )


def _name(resource: dict[str, object]) -> str:
    """The ARN, of a function without its version."""
    arn = text_of(resource.get("id")) or ""
    parts = arn.split(":")
    return ":".join(parts[:7]) if len(parts) > 7 and parts[5] == "function" else arn


def _tags(value: object) -> tuple[tuple[str, str], ...]:
    tags = list(table_of(value).items())[:MOST_NAMES]
    return tuple((key, text) for key, each in tags if (text := text_of(each)))


def _time(value: object) -> int:
    """As the API has it (seconds), as ISO, or as EventBridge writes it; NO_TIME for all else."""
    found = any_time(value)
    if found is None and isinstance(value, str):
        found = _bridge_time(value)
    return NO_TIME if found is None else found


def _bridge_time(text: str) -> int | None:
    """`Jan 19, 2022, 10:46:15 PM`."""
    found = _BRIDGE.fullmatch(text[:40])
    if found is None or found[1] not in _MONTHS:
        return None
    hour = int(found[4]) % 12 + (12 if found[7] == "P" else 0)
    month = _MONTHS.index(found[1]) + 1
    try:
        moment = datetime(
            int(found[3]), month, int(found[2]), hour, int(found[5]), int(found[6]), tzinfo=UTC
        )
    except ValueError:
        return None
    return int(moment.timestamp()) * SECOND
