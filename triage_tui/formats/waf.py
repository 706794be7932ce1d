"""WAF logs: one JSON record a request that a web ACL judged."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from triage_tui.model import NO_NUMBER, Description, Outcome

from .addresses import address
from .base import content_id, country_of, document, list_of, one_line, table_of, text_of
from .memo import Memo
from .proxies import chain_of, joined
from .seen import NOT_ASKED, Asked
from .times import epoch_ms, iso_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .proxies import Proxies
    from .rows import Rows
    from .settings import FormatSettings

_OUTCOMES = {
    "ALLOW": Outcome.OK,
    "COUNT": Outcome.OK,
    "BLOCK": Outcome.BLOCKED,
    "CAPTCHA": Outcome.BLOCKED,
    "CHALLENGE": Outcome.BLOCKED,
}
_OWN_IDS = frozenset(("CF", "APIGW"))
"""Where the service makes up the request id. A load balancer takes what the client sends."""
_FORWARDED = "x-forwarded-for"
_WANTED = ("user-agent", "host", "referer", "cookie")


class _Header(msgspec.Struct, gc=False):
    name: str | None = None
    value: str | None = None


class _Request(msgspec.Struct):
    clientIp: str | None = None
    country: object = None
    headers: list[_Header] | None = None
    uri: str | None = None
    args: str | None = None
    httpMethod: str | None = None
    requestId: str | None = None


class _Record(msgspec.Struct):
    """The fields that make a row."""

    webaclId: str = ""
    action: str = ""
    timestamp: int | float | str | None = None
    httpRequest: _Request | None = None
    httpSourceName: str | None = None
    responseCodeSent: int | None = None
    eventName: msgspec.Raw | None = None


NO_LABELS = msgspec.Raw()


class Judged(_Record):
    """What rules ask for beyond that."""

    labels: msgspec.Raw = NO_LABELS
    """As they stand in the record."""
    terminatingRuleId: str | msgspec.UnsetType | None = msgspec.UNSET
    terminatingRuleType: str | msgspec.UnsetType | None = msgspec.UNSET


_decode = msgspec.json.Decoder(_Record).decode
_decode_for_rules = msgspec.json.Decoder(Judged).decode


class Waf:
    """Full logs of web ACLs (the same for CloudFront, load balancers, API Gateway, AppSync)."""

    name = "waf"

    def read(self, raw: bytes, rows: Rows) -> bool:
        decode = _decode if rows.rules is None else _decode_for_rules
        try:
            record = decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if b'"webaclId"' not in raw:
                return False
            record = _lenient(document(raw))
        request = record.httpRequest
        if not record.webaclId or not record.action or request is None:
            return False
        time = _time(record.timestamp)
        if time is None or record.eventName is not None:
            return False
        account, region, name = _web_acl(record.webaclId[:512])
        own_id = request.requestId if record.httpSourceName in _OWN_IDS else None
        source_ip = address(request.clientIp)
        if rows.rules is not None:
            agent, asked = _sent(request)
            record.httpRequest = (
                None  # nobody asks for it, and it would be kept till all is matched
            )
        else:
            agent, asked = _agent(request.headers), NOT_ASKED
        rows.add(
            format=self.name,
            time=time,
            own_id=own_id or None,
            raw=raw,
            action=record.action,
            outcome=_OUTCOMES.get(record.action.upper(), Outcome.UNKNOWN),
            source_ip=source_ip,
            actors=_actors(rows.proxies, source_ip, request.headers) if rows.proxies else None,
            agent=agent,
            account=account,
            region=region,
            resource=name,
            method=request.httpMethod,
            path=request.uri,
            status=_status(record.responseCodeSent),
            country=country_of(request.country),
            asked=asked,
            parsed=record,
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        table = document(raw)
        request = table_of(table.get("httpRequest"))
        source = _only_text(table.get("httpSourceName"))
        own_id = request.get("requestId") if source in _OWN_IDS else None
        return Description(
            id=own_id if own_id and isinstance(own_id, str) else content_id(raw),
            summary=one_line(_summary(table, request)),
            forwarded=tuple(_chain(_headers(request))),
        )


def _time(value: float | str | None) -> int | None:
    return iso_time(value) if isinstance(value, str) else epoch_ms(value)


def _agent(headers: list[_Header] | None) -> str | None:
    """The user agent; clients write the header's name in any case."""
    for header in headers or ():
        name = header.name
        if name is not None and len(name) == 10 and name.lower() == "user-agent":
            return header.value
    return None


def _actors(
    proxies: Proxies, source_ip: str | None, headers: Iterable[_Header] | None
) -> list[tuple[str | None, None]]:
    return [(proxies.actor(source_ip, _chain(headers or ())), None)]


def _sent(request: _Request) -> tuple[str | None, Asked]:
    """The user agent, and what else rules ask for. The log has all headers: what is not there was
    not sent. Of several the first counts that is not empty, of user agents the first."""
    headers = request.headers or ()
    names = [header.name for header in headers]
    count = len(names)
    known, places = _usual.get(count, _NO_LAYOUT)
    if names != known:
        places = _places[tuple(names)]
        if count < _MANY_HEADERS:
            _usual[count] = names, places
    if places is None:
        agents, *others = [
            [header.value for header in headers if (header.name or "").lower() == wanted]
            for wanted in _WANTED
        ]
        host, referer, cookie = (next(filter(None, values), "") or "" for values in others)
        return agents[0] if agents else None, Asked(request.args or "", host, referer, cookie)
    agent, at_host, at_referer, at_cookie = places
    asked = (
        request.args or "",
        "" if at_host is None else headers[at_host].value or "",
        "" if at_referer is None else headers[at_referer].value or "",
        "" if at_cookie is None else headers[at_cookie].value or "",
    )
    return None if agent is None else headers[agent].value, _new(Asked, asked)


_new = tuple.__new__
"""What makes an `Asked` of its parts in a third of the time."""


def _place_of(names: tuple[str | None, ...]) -> tuple[int | None, ...] | None:
    """Where the headers stand that are asked for, in whatever case their names are; None where one
    stands twice."""
    low = [(name or "").lower() for name in names]
    if any(low.count(wanted) > 1 for wanted in _WANTED):
        return None
    return tuple(low.index(wanted) if wanted in low else None for wanted in _WANTED)


_Layout: TypeAlias = tuple[list[str | None], tuple[int | None, ...] | None]
_places: Memo[tuple[str | None, ...], tuple[int | None, ...] | None] = Memo(_place_of, most=1 << 8)
"""A client's headers come in the same order again and again."""
_usual: dict[int, _Layout] = {}
"""By how many there are, what came last: to compare names is quicker than to look them up."""
_MANY_HEADERS = 64
_NO_LAYOUT: _Layout = [], (None,) * len(_WANTED)


def _chain(headers: Iterable[_Header]) -> list[str]:
    """Whom the proxies name, from all headers of that name: each proxy may add one."""
    return chain_of(joined(header.value for header in headers if _is_forwarded(header.name)))


def _is_forwarded(name: str | None) -> bool:
    return name is not None and len(name) == len(_FORWARDED) and name.lower() == _FORWARDED


def _status(code: int | None) -> int:
    return code if code is not None and 0 <= code <= 999 else NO_NUMBER


@lru_cache(maxsize=1024)
def _web_acl(arn: str) -> tuple[str, str, str]:
    """(account, region, name) of a web ACL; a classic one has just an id."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return "", "", arn
    path = parts[5].split("/")
    return parts[4], parts[3], path[2] if len(path) > 2 else parts[5]


def _lenient(table: dict[str, object]) -> _Record:
    """Odd types and broken text in some field: takes what is as it should be."""
    request = table.get("httpRequest")
    time, code = table.get("timestamp"), table.get("responseCodeSent")
    return _Record(
        webaclId=_only_text(table.get("webaclId")) or "",
        action=_only_text(table.get("action")) or "",
        timestamp=time if isinstance(time, int | float | str) else None,
        httpRequest=_lenient_request(request) if isinstance(request, dict) else None,
        httpSourceName=_only_text(table.get("httpSourceName")),
        responseCodeSent=code if type(code) is int else None,  # a bool is no code
        eventName=None if table.get("eventName") is None else msgspec.Raw(b"{}"),
    )


def _lenient_request(request: dict[str, object]) -> _Request:
    return _Request(
        clientIp=_only_text(request.get("clientIp")),
        country=request.get("country"),
        headers=_headers(request),
        uri=_only_text(request.get("uri")),
        args=_only_text(request.get("args")),
        httpMethod=_only_text(request.get("httpMethod")),
        requestId=_only_text(request.get("requestId")),
    )


def _headers(request: dict[str, object]) -> list[_Header]:
    headers = map(table_of, list_of(request.get("headers")))
    return [_Header(_only_text(h.get("name")), _only_text(h.get("value"))) for h in headers]


def _only_text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _summary(table: dict[str, object], request: dict[str, object]) -> str:
    """`BLOCK POST /login?next=… by AWS-SQLi [awswaf:…:SQLi_QueryArguments]`."""
    path = text_of(request.get("uri")) or ""
    query = text_of(request.get("args"))
    words = [
        text_of(table.get("action")) or "",
        text_of(request.get("httpMethod")) or "",
        f"{path}?{query}" if query else path,
    ]
    rule = text_of(table.get("terminatingRuleId"))
    if rule and rule != "Default_Action":
        words.append(f"by {rule}")
    marks = [*_counted(table), *_labels(table)]
    if marks:
        words.append(f"[{', '.join(marks)}]")
    return " ".join(word for word in words if word)


def _counted(table: dict[str, object]) -> list[str]:
    """Rules that matched without ending the evaluation."""
    rules = map(table_of, list_of(table.get("nonTerminatingMatchingRules")))
    return [f"counted {name}" for rule in rules if (name := text_of(rule.get("ruleId")))]


def _labels(table: dict[str, object]) -> list[str]:
    labels = map(table_of, list_of(table.get("labels")))
    return [name for label in labels if (name := text_of(label.get("name")))]
