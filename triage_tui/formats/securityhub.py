"""Security Hub: findings of any product in the AWS Security Finding Format (ASFF).

The same finding is sent again when it is updated: same id, new `UpdatedAt`. Each such version is
an event of its own. A finding that GuardDuty sends too is another finding: it has another id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import Description, Outcome, Severity

from . import identities
from .base import content_id, document, list_of, one_line, table_of, text_of
from .finding import Finding
from .marks import others_keys
from .times import iso_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.model import Identity

    from .rows import Rows
    from .settings import FormatSettings

_SCHEMA = "2018-10-08"
_OTHERS = others_keys("securityhub")
_LABELS = {
    "INFORMATIONAL": Severity.INFORMATIONAL,
    "LOW": Severity.LOW,
    "MEDIUM": Severity.MEDIUM,
    "HIGH": Severity.HIGH,
    "CRITICAL": Severity.CRITICAL,
}
_NORMALIZED = (
    (90, Severity.CRITICAL),
    (70, Severity.HIGH),
    (40, Severity.MEDIUM),
    (1, Severity.LOW),
    (0, Severity.INFORMATIONAL),
)
_BLOCKABLE = ("networkConnectionAction", "portProbeAction", "dnsRequestAction")
_KEY_PREFIX = "AWS::IAM::AccessKey:"
_MOST_RESOURCES = 100
"""Resources that are read; a finding has at most 32."""


class SecurityHub:
    """Findings as GetFindings, BatchImportFindings and EventBridge spell them."""

    name = "securityhub"

    def read(self, raw: bytes, rows: Rows) -> bool:
        if b'"ProductArn"' not in raw or b'"2018-10-08"' not in raw:
            return False
        table = document(raw)
        own_id, time = _own_id(table), _time(table)
        if own_id is None or time is None or not _is_finding(table):
            return False
        finding = _Finding(table)
        rows.add(
            format=self.name,
            time=time,
            own_id=own_id,
            raw=raw,
            action=finding.kind(),
            outcome=finding.outcome(),
            severity=_severity(table),
            source_ip=finding.source_ip(),
            service=finding.remote_service(),
            actors=finding.actors(),
            agent=finding.user_agent(),
            account=finding.account,
            region=finding.region(),
            resource=finding.resource_name(),
            finding=text_of(table.get("Id")),
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        table = document(raw)
        return Description(
            id=_own_id(table) or content_id(raw), summary=one_line(_Finding(table).summary())
        )


def _is_finding(table: dict[str, object]) -> bool:
    product = table.get("ProductArn")
    return (
        table.get("SchemaVersion") == _SCHEMA
        and isinstance(product, str)
        and ":securityhub:" in product
        and isinstance(table.get("Severity"), dict)
        and _OTHERS.isdisjoint(table)
    )


def _updated(table: dict[str, object]) -> str | None:
    return text_of(table.get("UpdatedAt")) or text_of(table.get("CreatedAt"))


def _time(table: dict[str, object]) -> int | None:
    return iso_time(_updated(table))


def _own_id(table: dict[str, object]) -> str | None:
    own_id, updated = text_of(table.get("Id")), _updated(table)
    return f"{own_id}@{updated}" if own_id and updated else None


def _severity(table: dict[str, object]) -> Severity:
    """By the label, else by the number from 0 to 100."""
    severity = table_of(table.get("Severity"))
    level = _LABELS.get((text_of(severity.get("Label")) or "").upper())
    number = severity.get("Normalized")
    if level is not None:
        return level
    if isinstance(number, bool) or not isinstance(number, int | float):
        return Severity.NONE
    return next((level for least, level in _NORMALIZED if number >= least), Severity.NONE)


class _Finding(Finding):
    """One finding, its action in GuardDuty's words: they are the same a level higher up."""

    def __init__(self, table: dict[str, object]) -> None:
        self.asff = table
        self.resources = [
            table_of(resource) for resource in list_of(table.get("Resources"))[:_MOST_RESOURCES]
        ]
        self.fields = table_of(table.get("ProductFields"))
        product = text_of(table.get("ProductArn")) or ""
        self.product = product.partition(":product/")[2]
        super().__init__(
            {
                "accountId": table.get("AwsAccountId"),
                "partition": product.split(":", 2)[1] if product.startswith("arn:") else None,
                "service": {"action": self._action()},
            }
        )

    def _action(self) -> dict[str, object]:
        action = table_of(self.asff.get("Action"))
        network = table_of(self.asff.get("Network"))
        if action:
            return action
        if network:
            return {"networkConnectionAction": _connection(network)}
        return _from_fields(self.fields)

    def kind(self) -> str | None:
        """The type, of GuardDuty's findings as GuardDuty spells it."""
        types = list_of(self.asff.get("Types"))
        name = text_of(types[0]) if types else None
        if name and self.product == "aws/guardduty":
            # TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce
            return name.rpartition("/")[2].replace("-", "/", 1)
        return name or text_of(self.asff.get("GeneratorId"))

    def outcome(self) -> Outcome:
        blocked = (self.action_value(action, "blocked") for action in _BLOCKABLE)
        return Outcome.BLOCKED if any(b in (True, "true") for b in blocked) else Outcome.UNKNOWN

    def user_agent(self) -> str | None:
        call = "aws/guardduty/service/action/awsApiCallAction/userAgent"
        return super().user_agent() or text_of(self.fields.get(call))

    def region(self) -> str | None:
        product = text_of(self.asff.get("ProductArn")) or ""
        return text_of(self.asff.get("Region")) or product.split(":", 4)[3]

    def resource_name(self) -> str | None:
        names = (text_of(resource.get("Id")) for resource in self.resources)
        return next((name for name in names if name), None)

    def principals(self) -> Iterator[Identity]:
        """Everybody whose key, user or role the finding is about."""
        partition = self.text("partition") or "aws"
        for resource in self.resources:
            kind, name = text_of(resource.get("Type")), text_of(resource.get("Id")) or ""
            details = table_of(resource.get("Details"))
            who = None
            if kind == "AwsIamAccessKey":
                who = _of_key(table_of(details.get(kind)), name, self.account, partition)
            elif kind == "AwsIamUser":
                user = table_of(details.get(kind))
                who = identities.of_person(name, text_of(user.get("UserId")) or "")
            elif kind == "AwsIamRole":
                who = identities.of_person(name)
            if who is not None:
                yield who

    def summary(self) -> str:
        """The finding's own title, from where, who found it, and whether it is done with."""
        asff = self.asff
        words = [text_of(asff.get("Title")) or text_of(asff.get("Description")) or self.kind()]
        place = self.place()
        if place:
            words.append(f"[{place}]")
        product = text_of(asff.get("ProductName")) or self.product.rpartition("/")[2]
        workflow = table_of(asff.get("Workflow"))
        states = text_of(asff.get("RecordState")), text_of(workflow.get("Status"))
        done = [state for state in states if state in ("ARCHIVED", "RESOLVED", "SUPPRESSED")]
        if product:
            words.append(f"({', '.join([product, *map(str.lower, done)])})")
        return " ".join(word for word in words if word)


def _connection(network: dict[str, object]) -> dict[str, object]:
    """GuardDuty's words for a product's `Network`."""
    source = _end(network, "Source")
    destination = _end(network, "Destination")
    if (text_of(network.get("Direction")) or "").upper() != "OUT":
        return {"remoteIpDetails": source}
    return {
        "connectionDirection": "OUTBOUND",
        "remoteIpDetails": destination,
        "localIpDetails": source,
    }


def _end(network: dict[str, object], end: str) -> dict[str, object]:
    return {
        "ipAddressV4": network.get(f"{end}IpV4"),
        "ipAddressV6": network.get(f"{end}IpV6"),
    }


def _from_fields(fields: dict[str, object]) -> dict[str, object]:
    """The action out of `aws/guardduty/service/action/KIND/…`, which old findings have alone."""
    action: dict[str, object] = {}
    for name, value in fields.items():
        before, found, path = name.partition("action/")
        if not found or before not in ("", "aws/guardduty/service/"):
            continue
        *levels, last = path.split("/", 8)
        table: dict[str, object] = action
        for level in levels:
            inner = table.setdefault(level, {})
            if not isinstance(inner, dict):
                break
            table = inner
        else:
            table[last] = value
    return action


def _of_key(details: dict[str, object], name: str, account: str, partition: str) -> Identity | None:
    user = text_of(details.get("PrincipalName")) or text_of(details.get("UserName"))
    if user and user.startswith("arn:"):
        return identities.of_person(user, text_of(details.get("PrincipalId")) or "")
    key = text_of(details.get("AccessKeyId")) or name.removeprefix(_KEY_PREFIX)
    return identities.of_access_key(
        {
            "usertype": "Root" if user == "Root" else details.get("PrincipalType"),
            "username": user,
            "principalid": details.get("PrincipalId"),
            "accesskeyid": "" if ":" in key else key,
        },
        text_of(details.get("AccountId")) or account,
        partition,
    )
