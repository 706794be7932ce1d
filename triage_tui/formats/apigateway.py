"""API Gateway access logs: the JSON of REST, HTTP and WebSocket APIs, and the common log format.

A stage's access log holds what its owner chose. What is demanded is a time as API Gateway writes it
and one more of its fields; the names are those of AWS's examples.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Description

from . import identities
from .addresses import address_or_service, peer
from .base import (
    content_id,
    count_of,
    document,
    http_outcome,
    one_line,
    present,
    status_of,
    table_of,
    text_of,
)
from .clf import clf_line
from .marks import others_keys
from .request_line import Request, request_of, summary
from .times import clf_time, epoch_ms, iso_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from triage_tui.model import Identity

    from .clf import Line
    from .rows import Rows

_MARK = b'"requestTime'
_OTHERS = others_keys("apigateway") | {"severity", "Severity", "requestContext"}
_TELLING = frozenset(
    (
        "httpMethod",
        "resourcePath",
        "routeKey",
        "extendedRequestId",
        "connectionId",
        "eventType",
        "requestTimeEpoch",
        "apiId",
        "responseLength",
    )
)
"""Keys of which every such record has one. With `requestContext` it is what a function is given."""
_ADDRESSES = ("ip", "sourceIp", "source_ip", "sourceIP", "clientIp", "identity.sourceIp")
_PATHS = ("path", "requestPath", "uri", "resourcePath")
_ARNS = ("userArn", "identity.userArn", "authorizer.principalArn")
_USERS = (
    "user",
    "caller",
    "identity.user",
    "identity.caller",
    "principalId",
    "authorizer.principalId",
    "sub",
    "claims.sub",
    "authorizer.claims.sub",
    "authorizer.jwt.claims.sub",
)
_AGENTS = ("userAgent", "user_agent", "identity.userAgent")
_HOSTS = ("domainName", "host", "apiId")
_ROUTE = re.compile(r"([A-Z]{1,16}) (/\S*+)")


class _Entry(NamedTuple):
    """One request or message."""

    time: int
    own_id: str | None
    """The extended request id: clients can choose the plain one."""
    ip: str | None
    action: str | None
    request: Request
    status: str | None
    size: str | None
    identity: Identity | None = None
    agent: str | None = None
    account: str | None = None
    host: str | None = None
    note: str | None = None
    """Why it failed."""


class ApiGateway:
    """Access logs of a stage."""

    name = "apigateway"

    def read(self, raw: bytes, rows: Rows) -> bool:
        entry = _entry(raw)
        if entry is None:
            return False
        ip, service = peer(entry.ip)
        status = status_of(entry.status)
        rows.add(
            format=self.name,
            time=entry.time,
            own_id=entry.own_id,
            raw=raw,
            action=entry.action,
            outcome=http_outcome(status),
            source_ip=ip,
            service=service,
            identity=entry.identity,
            agent=entry.agent,
            account=entry.account,
            resource=entry.host,
            method=entry.request.method,
            path=entry.request.path,
            status=status,
            size=count_of(entry.size),
        )
        return True

    def describe(self, raw: bytes, header: bytes) -> Description:
        entry = _entry(raw)
        if entry is None:
            return Description(id=content_id(raw), summary="")
        source = address_or_service(entry.ip) or entry.ip
        words = (
            entry.action if entry.action != entry.request.method else None,
            summary(entry.request, entry.status, source, entry.agent),
            f"by {entry.identity.label}" if entry.identity else None,
            entry.note,
        )
        text = " ".join(word for word in words if word)
        return Description(id=entry.own_id or content_id(raw), summary=one_line(text))


def _entry(raw: bytes) -> _Entry | None:
    if raw[:1] == b"{":
        return _in_json(document(raw)) if _MARK in raw else None
    line = clf_line(raw)
    return _in_line(line) if line is not None and len(line.head) >= 3 else None


def _in_line(line: Line) -> _Entry | None:
    """`IP caller user [time]"METHOD path PROTO" status length requestId`; HTTP APIs write a blank
    before the quote, and the route (which holds the method again) for a path."""
    if line.spaced and line.request_id is None:
        return None
    ip, caller, user = line.head[0], line.head[1], " ".join(line.head[2:])
    request = request_of(line.request)
    route = _ROUTE.fullmatch(request.path or "")
    return _Entry(
        time=line.time,
        own_id=None,
        ip=ip,
        action=request.method,
        request=request if route is None else request._replace(path=route[2]),
        status=line.status,
        size=line.size,
        identity=identities.of_web_user(present(user) or present(caller)),
    )


def _in_json(table: dict[str, object]) -> _Entry | None:
    if _TELLING.isdisjoint(table) or not _OTHERS.isdisjoint(table):
        return None
    time = _time(table)
    if time is None:
        return None
    texts = _Texts(table)
    event, route = texts.first("eventType"), texts.first("routeKey")
    method = texts.first("httpMethod", "method")
    found = _ROUTE.fullmatch(route or "")
    path = texts.first(*_PATHS) or (found[2] if found else route)
    if method is None and found:
        method = found[1] if found[1] != "ANY" else None
    return _Entry(
        time=time,
        own_id=texts.first("extendedRequestId"),
        ip=texts.first(*_ADDRESSES),
        action=method or event or route,
        request=Request(method, path),
        status=texts.first("status", "statusCode"),
        size=texts.first("responseLength"),
        identity=_identity(texts),
        agent=texts.first(*_AGENTS),
        account=texts.first("accountId"),
        host=texts.first(*_HOSTS),
        note=texts.first("errorMessage", "error.message", "authorizer.error", "error"),
    )


def _time(table: Mapping[str, object]) -> int | None:
    epoch, text = text_of(table.get("requestTimeEpoch")), text_of(table.get("requestTime"))
    if (milliseconds := count_of(epoch)) > 0:
        return epoch_ms(milliseconds)
    return clf_time(text) or iso_time(text)


def _identity(texts: _Texts) -> Identity | None:
    arn = texts.first(*_ARNS)
    if arn is not None and arn.startswith("arn:"):
        return identities.of_named(arn)
    return identities.of_web_user(texts.first(*_USERS))


class _Texts:
    """The scalars of a record; `identity.sourceIp` may be nested or stand so in one key."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self._table = table

    def first(self, *keys: str) -> str | None:
        """The value of the first of the keys that is there."""
        for key in keys:
            value = self._table.get(key)
            if value is None and "." in key:
                value = self._nested(key)
            text = text_of(value)
            if text and text != "-":
                return text
        return None

    def _nested(self, key: str) -> object:
        table: Mapping[str, object] = self._table
        *outer, last = key.split(".")
        for name in outer:
            table = table_of(table.get(name))
        return table.get(last)
