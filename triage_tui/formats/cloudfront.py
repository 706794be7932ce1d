"""CloudFront access logs: the lines with tabs of S3, and the JSON of log groups."""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from triage_tui.model import Description

from .addresses import address
from .base import (
    content_id,
    count_of,
    country_of,
    document,
    http_outcome,
    one_line,
    present,
    status_of,
    text_line,
    text_of,
)
from .marks import others_keys
from .proxies import chain_of
from .request_line import Request, summary
from .seen import Asked
from .times import epoch_ms, iso_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from .rows import Rows
    from .settings import FormatSettings

_STANDARD = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(host) cs-uri-stem sc-status cs(referer)"
    " cs(user-agent) cs-uri-query cs(cookie) x-edge-result-type x-edge-request-id x-host-header"
    " cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher"
    " x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port"
    " time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len"
    " sc-range-start sc-range-end"
)
"""The columns of lines without a header. Older layouts are beginnings of this one."""
_FEWEST = 12
_TIMES = ({"date", "time"}, {"timestamp(ms)"})
_BYTES, _STATUS = 3, 8
_FIELDS = b"#Fields:"
_SPELLED = {
    "cs(host)": "cs(Host)",
    "cs(user-agent)": "cs(User-Agent)",
    "cs(referer)": "cs(Referer)",
    "cs(cookie)": "cs(Cookie)",
}


class _Entry(NamedTuple):
    """The columns that make a row, as logged; "" where the log has no such column."""

    date: str
    time: str
    timestamp: str
    ip: str
    method: str
    host: str
    asked_host: str
    stem: str
    query: str
    status: str
    size: str
    agent: str
    request_id: str
    forwarded: str
    result: str
    country: str
    referer: str
    cookie: str


_NAMES = (
    "date",
    "time",
    "timestamp(ms)",
    "c-ip",
    "cs-method",
    "cs(host)",
    "x-host-header",
    "cs-uri-stem",
    "cs-uri-query",
    "sc-status",
    "sc-bytes",
    "cs(user-agent)",
    "x-edge-request-id",
    "x-forwarded-for",
    "x-edge-detailed-result-type",
    "c-country",
    "cs(referer)",
    "cs(cookie)",
)
_KEYS = tuple(_SPELLED.get(name, name) for name in _NAMES)
_TELLING = frozenset(("c-ip", "cs-uri-stem", "sc-status", "x-edge-location", "x-edge-request-id"))
"""Columns of which every log has one, and that only CloudFront's have all."""
_MARKS = (b'"c-ip"', b'"cs-uri-stem"', b'"sc-status"', b'"x-edge-')
_OTHERS = others_keys("cloudfront") | {"severity", "Severity"}


class CloudFront:
    """Standard logs with any columns in any order, and those of old that come without a header."""

    name = "cloudfront"

    def read(self, raw: bytes, rows: Rows) -> bool:
        entry = _entry(raw, rows.header)
        time = _time(entry) if entry is not None else None
        if entry is None or time is None:
            return False
        ip, chain = _source(entry)
        request = _request(entry)
        status = status_of(entry.status)
        rows.add(
            format=self.name,
            time=time,
            own_id=present(entry.request_id),
            raw=raw,
            action=request.method,
            outcome=http_outcome(status),
            source_ip=ip,
            actors=[(rows.proxies.actor(ip, chain), None)] if chain and rows.proxies else None,
            agent=_agent(entry),
            resource=_host(entry),
            method=request.method,
            path=request.path,
            status=status,
            size=count_of(entry.size),
            country=country_of(entry.country),
            asked=Asked(
                request.query,
                _host(entry),
                present(entry.referer) or "",
                present(entry.cookie) or "",
            ),
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        entry = _entry(raw, header)
        if entry is None:
            return Description(id=content_id(raw), summary="")
        request, host = _request(entry), _host(entry) or ""
        if request.path:
            slash = "" if request.path.startswith("/") else "/"
            request = request._replace(path=f"{host}{slash}{request.path}")
        words = summary(request, entry.status, _source(entry)[0], _agent(entry))
        result = present(entry.result)
        return Description(
            id=present(entry.request_id) or content_id(raw),
            summary=one_line(f"{words} [{result}]" if result else words),
            forwarded=tuple(_chain(entry)),
        )


def _entry(raw: bytes, header: bytes) -> _Entry | None:
    if raw[:1] == b"{":
        return _in_json(raw)
    if raw.find(b"\t", 0, 4096) < 0:
        return None
    layout = _layout(header)
    if layout is None and not (raw[4:5] == b"-" and raw[10:11] == raw[19:20] == b"\t"):
        return None
    fields = text_line(raw).split("\t")
    if layout is not None and len(fields) <= layout.count:
        return layout.entry(fields)
    if len(fields) < _FEWEST or not _is_standard(fields):
        return None
    return _STANDARD_LAYOUT.entry(fields)


def _is_standard(fields: list[str]) -> bool:
    size, status = fields[_BYTES], fields[_STATUS]
    return (size.isdecimal() or size == "-") and (len(status) == 3 and status.isdecimal())


class _Layout:
    """Which column is where."""

    def __init__(self, names: list[str]) -> None:
        places = {name.lower(): place for place, name in reversed([*enumerate(names)])}
        self.count = len(names)
        self.fits = any(times <= places.keys() for times in _TIMES)
        self.fits &= not _TELLING.isdisjoint(places)
        self._pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(
            *(places.get(name, self.count) for name in _NAMES)
        )

    def entry(self, fields: list[str]) -> _Entry:
        """The entry of a line; columns that are missing at its end, or beyond what is known, are
        empty."""
        del fields[self.count :]
        fields += [""] * (self.count + 1 - len(fields))
        return _Entry(*self._pick(fields))


_STANDARD_LAYOUT = _Layout(_STANDARD.split())


@lru_cache(maxsize=64)
def _layout(header: bytes) -> _Layout | None:
    """The layout that a header line names; None where it is no header of CloudFront's."""
    if not header.startswith(_FIELDS):
        return None
    layout = _Layout(text_line(header[len(_FIELDS) :]).split())
    return layout if layout.fits else None


def _in_json(raw: bytes) -> _Entry | None:
    if not any(mark in raw for mark in _MARKS):
        return None
    table = document(raw)
    if _TELLING.isdisjoint(table) or not _OTHERS.isdisjoint(table):
        return None
    return _Entry(*(text_of(table.get(key)) or "" for key in _KEYS))


def _time(entry: _Entry) -> int | None:
    if entry.date and len(entry.date) == 10:
        return iso_time(f"{entry.date}T{entry.time}")
    return epoch_ms(count_of(entry.timestamp)) if count_of(entry.timestamp) > 0 else None


def _request(entry: _Entry) -> Request:
    return Request(present(entry.method), present(entry.stem), present(entry.query) or "")


def _host(entry: _Entry) -> str | None:
    """The host that the client asked for, else the distribution's own name."""
    return present(entry.asked_host) or present(entry.host)


def _source(entry: _Entry) -> tuple[str | None, list[str]]:
    """The address that called, and the chain of those for whom it did. Of a log without the column
    for it, the right-most of the chain."""
    chain = _chain(entry)
    if chain and not entry.ip:
        return address(chain[-1]), chain[:-1]
    return address(entry.ip), chain


def _chain(entry: _Entry) -> list[str]:
    forwarded = entry.forwarded
    return chain_of(unquote(forwarded) if "%" in forwarded else forwarded)


def _agent(entry: _Entry) -> str | None:
    agent = present(entry.agent)
    return _decoded(agent[:4096]) if agent and "%" in agent else agent


@lru_cache(maxsize=1 << 12)
def _decoded(agent: str) -> str:
    """The user agent as the client sent it: the logs encode it once, those of old twice."""
    once = unquote(agent)
    return unquote(once) if "%20" in once else once
