"""CloudTrail: one JSON record an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import EMPTY_IDENTITY, Description, Identity, Outcome

from . import identities
from .addresses import address_or_service, peer
from .base import content_id, document, list_of, one_line, table_of, text_of
from .memo import Memo
from .resources import Parameters, name_of, parameters_of
from .times import iso_time

if TYPE_CHECKING:
    from .rows import Rows
    from .settings import FormatSettings

NOTHING = msgspec.Raw(b"")

HANDS_OUT = frozenset(
    (
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "AssumeRoot",
        "GetFederationToken",
        "GetSessionToken",
    )
)
SIGN_IN = frozenset(("signin.amazonaws.com", "sso.amazonaws.com"))
_INSIGHT = "AwsCloudTrailInsight"


class _Resource(msgspec.Struct, gc=False):
    """One of `resources`; their spelling of ARN differs by service."""

    ARN: str | None = None
    arn: str | None = None


class Record(msgspec.Struct, kw_only=True, gc=False):
    """The fields that make a row, as nearly all records have them: what is read strictly is read
    cheaply. They stand in the order in which CloudTrail writes them, for so each is found where it
    is looked for first."""

    userIdentity: msgspec.Raw = NOTHING
    eventTime: str
    eventSource: str
    eventName: str
    awsRegion: str | None = None
    sourceIPAddress: str | None = None
    userAgent: str | None = None
    errorCode: str | None = None
    requestParameters: Parameters | None = None
    responseElements: msgspec.Raw = NOTHING
    eventID: str
    resources: list[_Resource] | None = None
    recipientAccountId: str | None = None
    insightDetails: msgspec.Raw = NOTHING


class _Partial(Record, kw_only=True, gc=False):
    """A record that may lack any of them, or not be one of CloudTrail's at all."""

    eventTime: str = ""
    timestamp: str | None = msgspec.field(default=None, name="@timestamp")
    eventSource: str = ""
    eventName: str = ""
    eventID: str = ""


_decode = msgspec.json.Decoder(_Partial).decode
_decode_any = msgspec.json.Decoder(object).decode


class CloudTrail:
    """Records of CloudTrail: management, data, insight and network activity events."""

    name = "cloudtrail"

    def read(self, raw: bytes, rows: Rows) -> bool:
        try:
            record = _decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return b'"event' in raw and _read_leniently(raw, rows)
        if record.eventName:
            return _add(raw, rows, record, identity_of[bytes(record.userIdentity)], None)
        return record.insightDetails is not NOTHING and _read_leniently(raw, rows)

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        record = document(raw)
        own_id = record.get("eventID")
        return Description(
            id=own_id if own_id and isinstance(own_id, str) else content_id(raw),
            summary=one_line(_summary(record)),
        )


def _add(
    raw: bytes,
    rows: Rows,
    record: _Partial,
    identity: Identity,
    response: dict[str, object] | None,
) -> bool:
    """Appends the row if the record is one of CloudTrail's; `response` where it is decoded."""
    time = iso_time(record.eventTime or record.timestamp)
    source = record.eventSource
    # "aws:s3" and the like: notifications, which resemble records of CloudTrail.
    if time is None or not source or source.startswith("aws:"):
        return False
    name = record.eventName
    ip, service = peer(record.sourceIPAddress)
    if identity.service:  # the address is the service's, not the caller's
        ip, service = None, service or identity.service
    outcome, hop = outcome_and_hop(record, response)
    rows.add(
        format="cloudtrail",
        time=time,
        own_id=record.eventID or None,
        raw=raw,
        action=name,
        outcome=outcome,
        source_ip=ip,
        service=service,
        identity=identity,
        agent=record.userAgent,
        account=record.recipientAccountId or identity.account,
        region=record.awsRegion,
        resource=resource_of(record),
        called=source,
        hop=hop,
        parsed=record,
    )
    return True


def outcome_and_hop(
    record: Record, response: dict[str, object] | None = None
) -> tuple[Outcome, tuple[str, str, str] | None]:
    """What became of a call, and the session that it created. `response` where it is decoded."""
    hands_out = record.eventName in HANDS_OUT
    signs_in = record.eventSource in SIGN_IN
    if response is None and (hands_out or signs_in):
        response = _response(record.responseElements)
    if record.errorCode:
        return failure_outcome(record.errorCode), None
    hop = _hop(response) if hands_out and response else None
    # A failed sign-in has no code: {"ConsoleLogin": "Failure"}.
    if signs_in and (response or {}).get(record.eventName) == "Failure":
        return Outcome.DENIED, hop
    return Outcome.OK if record.insightDetails is NOTHING else Outcome.UNKNOWN, hop


def failure_outcome(code: str) -> Outcome:
    """What an error code says."""
    refused = "AccessDenied" in code or "UnauthorizedOperation" in code
    return Outcome.DENIED if refused else Outcome.ERROR


def resource_of(record: Record) -> str:
    """What the call acted on; the service where nothing tells."""
    for resource in record.resources or ():
        if arn := resource.ARN or resource.arn:
            return arn
    parameters = record.requestParameters
    return (name_of(parameters) if parameters is not None else None) or record.eventSource


def _identity_of(user: bytes) -> Identity:
    try:
        value = _decode_any(user) if user else None
        found = identities.of_trail(table_of(value))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = identities.of_trail(document(user))
    return found or EMPTY_IDENTITY


identity_of: Memo[bytes, Identity] = Memo(_identity_of, most=1 << 14)
"""The caller by the bytes that describe it: they come again and again."""


def _response(raw: msgspec.Raw) -> dict[str, object]:
    data = bytes(raw)
    return {} if data in (b"", b"null") else document(data)


def _hop(response: dict[str, object]) -> tuple[str, str, str] | None:
    """(ARN, principal id, access key) of the session that a call to STS created."""
    role = table_of(response.get("assumedRoleUser"))
    federated = table_of(response.get("federatedUser"))
    hop = (
        text_of(role.get("arn")) or text_of(federated.get("arn")) or "",
        text_of(role.get("assumedRoleId")) or text_of(federated.get("federatedUserId")) or "",
        text_of(table_of(response.get("credentials")).get("accessKeyId")) or "",
    )
    return hop if any(hop) else None


def _read_leniently(raw: bytes, rows: Rows) -> bool:
    """Odd types, broken text and the like in some field: takes what is as it should be."""
    table = document(raw)
    name = table.get("eventName")
    insight = table_of(table.get("insightDetails"))
    source = table.get("eventSource")
    if not name and table.get("eventType") == _INSIGHT and "webaclId" not in table:
        name, source = insight.get("eventName"), insight.get("eventSource")
    if not isinstance(name, str) or not name or not isinstance(source, str):
        return False
    record = _Partial(
        eventName=name,
        eventSource=source,
        eventTime=_only_text(table.get("eventTime")) or "",
        timestamp=_only_text(table.get("@timestamp")),
        awsRegion=text_of(table.get("awsRegion")),
        sourceIPAddress=text_of(table.get("sourceIPAddress")),
        userAgent=text_of(table.get("userAgent")),
        errorCode=text_of(table.get("errorCode")),
        eventID=_only_text(table.get("eventID")) or "",
        recipientAccountId=text_of(table.get("recipientAccountId")),
        userIdentity=_encoded(table.get("userIdentity")),
        requestParameters=parameters_of(table_of(table.get("requestParameters"))),
        resources=_resources(table.get("resources")),
        insightDetails=msgspec.Raw(b"{}") if insight else NOTHING,
    )
    identity = identities.of_trail(table_of(table.get("userIdentity"))) or EMPTY_IDENTITY
    return _add(raw, rows, record, identity, table_of(table.get("responseElements")))


def _encoded(value: object) -> msgspec.Raw:
    try:
        return msgspec.Raw(msgspec.json.encode(value))
    except (UnicodeEncodeError, RecursionError):
        return NOTHING


def _only_text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _resources(value: object) -> list[_Resource]:
    tables = map(table_of, list_of(value))
    return [_Resource(text_of(table.get("ARN")), text_of(table.get("arn"))) for table in tables]


def _summary(record: dict[str, object]) -> str:
    """`DeleteItem orders by maria.keller from 198.51.100.23: AccessDenied (…)`."""
    insight = table_of(record.get("insightDetails"))
    name = text_of(record.get("eventName")) or text_of(insight.get("eventName")) or ""
    words = [f"Insight: {insight.get('state')} {name}" if insight else name]
    target = name_of(parameters_of(table_of(record.get("requestParameters"))))
    if target is None:
        target = next((r.ARN or r.arn for r in _resources(record.get("resources"))), None)
    words.append(target or text_of(record.get("eventSource")) or "")
    identity = identities.of_trail(table_of(record.get("userIdentity")))
    if identity is not None:
        words.append(f"by {identity.label}")
    place = address_or_service(text_of(record.get("sourceIPAddress")))
    if place and not (identity and identity.key == place):
        words.append(f"from {place}")
    return " ".join(word for word in words if word) + _failure(record)


def _failure(record: dict[str, object]) -> str:
    code, message = text_of(record.get("errorCode")), text_of(record.get("errorMessage"))
    if code and message:
        return f": {code} ({message})"
    return f": {code or message}" if code or message else ""
