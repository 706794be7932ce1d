"""GuardDuty findings: as GetFindings prints them, and as EventBridge and the S3 export spell them.

The same finding is sent again when it is updated: same id, new `updatedAt`, other remote address.
Each such version is an event of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import Description, Outcome, Severity

from .base import content_id, document, one_line, text_of
from .finding import Finding
from .times import iso_time

if TYPE_CHECKING:
    from .rows import Rows
    from .settings import FormatSettings

_LEVELS = (
    (9.0, Severity.CRITICAL),
    (7.0, Severity.HIGH),
    (4.0, Severity.MEDIUM),
    (1.0, Severity.LOW),
)
_BLOCKABLE = ("networkConnectionAction", "portProbeAction", "dnsRequestAction")
_OTHERS_KEYS = frozenset(
    (
        "eventname",
        "insightdetails",
        "webaclid",
        "productarn",
        "class_uid",
        "auditid",
        "query_timestamp",
    )
)
"""What has these is another format's record, whatever else it holds."""


class _Head(msgspec.Struct, gc=False):
    """What a record must have; reading no more of the others is what keeps them cheap."""

    severity: msgspec.Raw | None = None
    Severity: msgspec.Raw | None = None


_decode_head = msgspec.json.Decoder(_Head).decode


class GuardDuty:
    """Findings of GuardDuty, in any spelling of the keys."""

    name = "guardduty"

    def read(self, raw: bytes, rows: Rows) -> bool:
        if not _has_severity(raw):
            return False
        finding = Finding(document(raw), rows.proxies)
        time = _time(finding)
        level = _severity(finding)
        if time is None or level is None or not _is_guardduty(finding):
            return False
        rows.add(
            format=self.name,
            time=time,
            own_id=_own_id(finding),
            raw=raw,
            action=finding.text("type"),
            outcome=_outcome(finding),
            severity=level,
            source_ip=finding.source_ip(),
            service=finding.remote_service(),
            actors=finding.actors(),
            agent=finding.user_agent(),
            account=finding.text("accountId"),
            region=finding.text("region"),
            resource=finding.resource_name(),
            finding=finding.text("id"),
            archived=finding.is_archived(),
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        finding = Finding(document(raw))
        return Description(
            id=_own_id(finding) or content_id(raw),
            summary=one_line(_summary(finding)),
            forwarded=tuple(finding.forwarded()),
            linked=tuple(finding.linked()),
        )


def _has_severity(raw: bytes) -> bool:
    if b'everity"' not in raw:
        return False
    try:
        head = _decode_head(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True  # whoever reads it leniently will see
    return head.severity is not None or head.Severity is not None


def _is_guardduty(finding: Finding) -> bool:
    """Findings of other services have other keys; records of other formats carry their own."""
    if not (finding.text("id") and finding.text("type")) or _OTHERS_KEYS & finding.table.keys():
        return False
    service = finding.text("service", "serviceName")
    if service is not None:
        return service == "guardduty"
    arn = finding.text("arn") or ""
    return ":guardduty:" in arn or bool(finding.at("service", "detectorId"))


def _time(finding: Finding) -> int | None:
    return iso_time(finding.text("updatedAt") or finding.text("createdAt"))


def _own_id(finding: Finding) -> str | None:
    own_id, updated = finding.text("id"), finding.text("updatedAt") or finding.text("createdAt")
    return f"{own_id}@{updated}" if own_id and updated else None


def _severity(finding: Finding) -> Severity | None:
    value = finding.at("severity")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return next((level for least, level in _LEVELS if value >= least), Severity.INFORMATIONAL)


def _outcome(finding: Finding) -> Outcome:
    """Unknown, unless the finding says that the attempt was refused."""
    if any(finding.action_value(action, "blocked") is True for action in _BLOCKABLE):
        return Outcome.BLOCKED
    code = text_of(finding.action_value("awsApiCallAction", "errorCode")) or ""
    if "AccessDenied" in code or "UnauthorizedOperation" in code:
        return Outcome.DENIED
    return Outcome.ERROR if code else Outcome.UNKNOWN


def _summary(finding: Finding) -> str:
    """The finding's own title (or type), how often, from where, and what is known of its state."""
    words = [finding.text("title") or finding.text("description") or finding.text("type") or ""]
    count = finding.at("service", "count")
    if isinstance(count, int) and count > 1:
        words.append(f"({count} times)")
    place = finding.place()
    if place:
        words.append(f"[{place}]")
    states = (
        finding.sequence.told(),
        "part of an attack sequence" if finding.text("associatedAttackSequenceArn") else "",
        "archived" if finding.is_archived() else "",
    )
    words += [f"({state})" for state in states if state]
    return " ".join(word for word in words if word)
