"""Queries of Athena over tables of CloudTrail or WAF logs: what they say, and the records that
their rows are. Sans-IO.

A table has no log line any more, only its columns. A row is put together again as the record that
it was, of the columns that AWS documents for such tables, so that the same formats read it.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from triage_tui.model import Kind
from triage_tui.past import PastError, names

from .insights import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from triage_tui.past import Asked

    from .settings import AthenaTable

_TRAIL = {
    "eventversion": ("eventVersion",),
    "eventtime": ("eventTime",),
    "eventsource": ("eventSource",),
    "eventname": ("eventName",),
    "awsregion": ("awsRegion",),
    "sourceipaddress": ("sourceIPAddress",),
    "useragent": ("userAgent",),
    "errorcode": ("errorCode",),
    "errormessage": ("errorMessage",),
    "requestparameters": ("requestParameters",),
    "responseelements": ("responseElements",),
    "additionaleventdata": ("additionalEventData",),
    "requestid": ("requestID",),
    "eventid": ("eventID",),
    # Lists of texts are JSON in every version of the engine; rows are not.
    "json_format(CAST(transform(resources, r -> ARRAY[r.arn, r.accountid, r.type]) AS JSON))": (
        "resources",
    ),
    "eventtype": ("eventType",),
    "readonly": ("readOnly",),
    "recipientaccountid": ("recipientAccountId",),
    "vpcendpointid": ("vpcEndpointId",),
    "useridentity.type": ("userIdentity", "type"),
    "useridentity.principalid": ("userIdentity", "principalId"),
    "useridentity.arn": ("userIdentity", "arn"),
    "useridentity.accountid": ("userIdentity", "accountId"),
    "useridentity.accesskeyid": ("userIdentity", "accessKeyId"),
    "useridentity.username": ("userIdentity", "userName"),
    "useridentity.invokedby": ("userIdentity", "invokedBy"),
    **{
        f"useridentity.sessioncontext.sessionissuer.{low}": (
            "userIdentity",
            "sessionContext",
            "sessionIssuer",
            name,
        )
        for low, name in (
            ("type", "type"),
            ("principalid", "principalId"),
            ("arn", "arn"),
            ("accountid", "accountId"),
            ("username", "userName"),
        )
    },
    "useridentity.sessioncontext.attributes.mfaauthenticated": (
        "userIdentity",
        "sessionContext",
        "attributes",
        "mfaAuthenticated",
    ),
}
"""What a column, or a field of one, is in the record."""
_WAF = {
    '"timestamp"': ("timestamp",),
    "formatversion": ("formatVersion",),
    "webaclid": ("webaclId",),
    "terminatingruleid": ("terminatingRuleId",),
    "terminatingruletype": ("terminatingRuleType",),
    '"action"': ("action",),
    "httpsourcename": ("httpSourceName",),
    "httpsourceid": ("httpSourceId",),
    "httprequest.clientip": ("httpRequest", "clientIp"),
    "httprequest.country": ("httpRequest", "country"),
    "httprequest.uri": ("httpRequest", "uri"),
    "httprequest.args": ("httpRequest", "args"),
    "httprequest.httpversion": ("httpRequest", "httpVersion"),
    "httprequest.httpmethod": ("httpRequest", "httpMethod"),
    "httprequest.requestid": ("httpRequest", "requestId"),
    "json_format(CAST(transform(httprequest.headers, h -> ARRAY[h.name, h.value]) AS JSON))": (
        "httpRequest",
        "headers",
    ),
    "json_format(CAST(transform(labels, l -> l.name) AS JSON))": ("labels",),
}
_COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {"cloudtrail": _TRAIL, "waf": _WAF}
_NESTED = frozenset({"requestParameters", "responseElements", "additionalEventData"})
_NUMBERS = frozenset({"timestamp", "formatVersion"})
_LISTS = {
    "headers": ("name", "value"),
    "labels": ("name",),
    "resources": ("ARN", "accountId", "type"),
}
"""What the parts of each item are called."""
_WHOSE = (
    "useridentity.arn",
    "useridentity.principalid",
    "useridentity.accesskeyid",
    "useridentity.sessioncontext.sessionissuer.arn",
)
LATEST_DELIVERY = timedelta(days=1)
"""A log file lies where the time of its delivery says, which is after that of its events."""


def literal(text: str) -> str:
    """A text of SQL, whatever is in it. Raises PastError where it could not be sent."""
    if not text.isprintable() or not text.isascii():
        raise PastError(f"{text!r} cannot be looked for in a table")
    return "'" + text.replace("'", "''") + "'"


def condition(table: AthenaTable, asked: Asked) -> str:
    """What selects the rows that name an entity; "" where such a table names none of its kind.
    Raises PastError."""
    ref = asked.ref
    if ref.kind is Kind.PRINCIPAL:
        if table.format != "cloudtrail":
            return ""
        some = ", ".join(literal(name) for name in names(ref))
        return " OR ".join(f"{column} IN ({some})" for column in _WHOSE)
    found = literal(f"(^|[^0-9a-zA-Z.:])({pattern(ref)})($|[^0-9a-zA-Z.:])")
    if table.format == "cloudtrail":
        return f"regexp_like(sourceipaddress, {found})"
    # Behind a proxy the address is in a header.
    return (
        f"regexp_like(httprequest.clientip, {found}) OR "
        f"cardinality(filter(httprequest.headers, h -> regexp_like(h.value, {found}))) > 0"
    )


def statement(table: AthenaTable, asked: Asked) -> str:
    """The query of one table; "" where there is nothing to ask. Raises PastError."""
    where = condition(table, asked)
    if not where:
        return ""
    columns = ", ".join(_COLUMNS[table.format])
    parts = [f"({where})", *_within(table, asked), *_pruned(table, asked)]
    source = f'"{table.database}"."{table.table}"'
    return " ".join(("SELECT", columns, "FROM", source, "WHERE", " AND ".join(parts)))


def _within(table: AthenaTable, asked: Asked) -> Sequence[str]:
    if table.format == "waf":
        since, until = asked.since // 1_000_000, asked.until // 1_000_000
        return [f'"timestamp" >= {since}', f'"timestamp" < {until}']
    # eventTime has whole seconds, as text that sorts as time does.
    since, until = asked.since // 1_000_000_000, -(-asked.until // 1_000_000_000)
    first, last = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (since, until))
    return [f"eventtime >= {literal(first)}", f"eventtime < {literal(last)}"]


def _pruned(table: AthenaTable, asked: Asked) -> Sequence[str]:
    """What keeps it from reading all there ever was."""
    if not table.partition:
        return []
    since = datetime.fromtimestamp(asked.since / 1e9, UTC)
    until = datetime.fromtimestamp(asked.until / 1e9, UTC) + LATEST_DELIVERY
    first, last = (literal(at.strftime(table.partition_format)) for at in (since, until))
    return [f'"{table.partition}" >= {first}', f'"{table.partition}" <= {last}']


def records(table: AthenaTable, rows: Sequence[Sequence[str | None]]) -> list[bytes]:
    """The records that rows are; a row with other columns than were asked for is left out."""
    paths = list(_COLUMNS[table.format].values())
    return [_record(paths, row) for row in rows if len(row) == len(paths)]


def _record(paths: Sequence[tuple[str, ...]], row: Sequence[str | None]) -> bytes:
    record: dict[str, object] = {}
    for path, text in zip(paths, row, strict=True):
        if text is None:
            continue
        inner = record
        for part in path[:-1]:
            inner = inner.setdefault(part, {})  # type: ignore[assignment] # objects alone
        inner[path[-1]] = _value(path[-1], text)
    return json.dumps(record, separators=(",", ":")).encode()


def _value(name: str, text: str) -> object:
    if name in _NUMBERS and re.fullmatch(r"\d{1,18}", text, re.ASCII):
        return int(text)
    if name in _NESTED:
        found = _json(text)
        return found if isinstance(found, dict) else None if text == "null" else text
    if name in _LISTS:
        return list(_items(_json(text), _LISTS[name]))
    if name == "readOnly":
        return {"true": True, "false": False}.get(text.lower(), text)
    return text


def _items(found: object, names: Sequence[str]) -> Iterator[dict[str, object]]:
    """The items of a list, each of which is the list of its parts, or its only one."""
    for each in found if isinstance(found, list) else ():
        parts = each if isinstance(each, list) else [each]
        if len(parts) == len(names):
            yield {name: part for name, part in zip(names, parts, strict=True) if part is not None}


def _json(text: str) -> object:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found
