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
    text_of,
)
from .clf import clf_line
from .marks import others_keys
from .request_line import Request, request_of, summary
from .seen import Asked
from .times import clf_time, epoch_ms, iso_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from triage_tui.model import Identity

    from .clf import Line
    from .rows import Rows
    from .settings import FormatSettings

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
_NAMES: dict[str, tuple[str, ...]] = {
    "ip": ("ip", "sourceIp", "source_ip", "sourceIP", "clientIp", "identity.sourceIp"),
    "method": ("httpMethod", "method"),
    "path": ("path", "requestPath", "uri", "resourcePath"),
    "route": ("routeKey",),
    "event": ("eventType",),
    "status": ("status", "statusCode"),
    "size": ("responseLength",),
    "arn": ("userArn", "identity.userArn", "authorizer.principalArn"),
    "user": (
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
    ),
    "agent": ("userAgent", "user_agent", "identity.userAgent"),
    "account": ("accountId",),
    "host": ("domainName", "host", "apiId"),
    "function": (
        "integrationUri",
        "integrationArn",
        "integration.uri",
        "integration.arn",
        "functionArn",
        "lambdaArn",
    ),
    "own_id": ("extendedRequestId",),
    "note": ("errorMessage", "error.message", "authorizer.error", "error"),
}
"""What the keys of records mean; of several the first counts. What a dot divides may be nested."""
_MEANINGS = {key: (name, at) for name, keys in _NAMES.items() for at, key in enumerate(keys)}
_OUTER = frozenset(key.rpartition(".")[0] for key in _MEANINGS) | {"authorizer.jwt"}
_EVENT = re.compile(r"(CONNECT|MESSAGE|DISCONNECT) (\S++) \S++")
"""What a WebSocket logs for a request: event type, route and connection."""
_FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]*:\d{12}:function:[\w-]{1,140}")
"""In the address of an integration it stands in the middle."""
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
    function: str | None = None
    """The function that the request was handed to, where the stage logs it."""
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
            resource=entry.function or entry.host,
            method=entry.request.method,
            path=entry.request.path,
            status=status,
            size=count_of(entry.size),
            asked=Asked(entry.request.query or None, entry.host),
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
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
    before the quote, and the route (which holds the method again) for a path; WebSocket APIs log
    events, and no length."""
    if line.spaced and line.request_id is None:
        return None
    ip, caller, user = line.head[0], line.head[1], " ".join(line.head[2:])
    event = _EVENT.fullmatch(line.request)
    request = Request(path=event[2]) if event else request_of(line.request)
    route = _ROUTE.fullmatch(request.path or "")
    return _Entry(
        time=line.time,
        own_id=None,
        ip=ip,
        action=event[1] if event else request.method,
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
    texts = _texts(table)
    event, route = texts.get("event"), texts.get("route")
    method = texts.get("method")
    found = _ROUTE.fullmatch(route) if route else None
    path = texts.get("path") or (found[2] if found else route)
    if method is None and found:
        method = found[1] if found[1] != "ANY" else None
    return _Entry(
        time=time,
        own_id=texts.get("own_id"),
        ip=texts.get("ip"),
        action=method or event or route,
        request=Request(method, path),
        status=texts.get("status"),
        size=texts.get("size"),
        identity=_identity(texts),
        agent=texts.get("agent"),
        account=texts.get("account"),
        host=texts.get("host"),
        function=_function(texts.get("function")),
        note=texts.get("note"),
    )


def _function(address: str | None) -> str | None:
    """The function in an integration's address, or its ARN as it is."""
    found = _FUNCTION.search(address) if address else None
    return found[0] if found else None


def _time(table: Mapping[str, object]) -> int | None:
    epoch, text = text_of(table.get("requestTimeEpoch")), text_of(table.get("requestTime"))
    if (milliseconds := count_of(epoch)) > 0:
        return epoch_ms(milliseconds)
    return clf_time(text) or iso_time(text)


def _identity(texts: Mapping[str, str]) -> Identity | None:
    arn = texts.get("arn", "")
    return identities.of_named(arn if arn.startswith("arn:") else texts.get("user"))


def _texts(table: Mapping[str, object]) -> dict[str, str]:
    """What a record says, by the names of `_NAMES`."""
    ranks: dict[str, int] = {}
    texts: dict[str, str] = {}
    for key, value in _leaves(table, ""):
        name, rank = _MEANINGS.get(key, ("", 0))
        if name and rank < ranks.get(name, len(_MEANINGS)):
            text = text_of(value)
            if text and text != "-":
                ranks[name], texts[name] = rank, text
    return texts


def _leaves(table: Mapping[str, object], outer: str) -> Iterator[tuple[str, object]]:
    """The keys and values of a record, `identity.sourceIp` also where it is nested."""
    for name, value in table.items():
        key = outer + name
        if isinstance(value, dict) and key in _OUTER:
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value
