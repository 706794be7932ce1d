"""What the logs of the load balancers have in common."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import NO_NUMBER, Description, Outcome

from .addresses import address
from .base import content_id, count_of, http_outcome, one_line, present, status_of
from .request_line import QUOTED, Request, request_of, summary, unescape, without_origin
from .seen import Asked
from .times import iso_time

if TYPE_CHECKING:
    from .rows import Rows

TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:[.][0-9]{1,9})?Z?"
CONNECT = "connect"
"""The action of what is no request: a connection was made, or tried."""
_SECONDS = "(?:-1|-|[0-9.]{1,20})"
_PLAIN = '"([^"]*+)"'
_UNSURE = r'"((?>.*? HTTP/[0-9.]{1,3}(?=" "))|[^"]*+)"'
"""A request that may hold quotes: it ends where one with a protocol does, the first time."""


class Entry(NamedTuple):
    """One request or connection."""

    time: int
    client: str
    """The address, without a port."""
    balancer: str | None
    action: str | None
    outcome: Outcome
    request: Request = Request()
    status: int = NO_NUMBER
    size: int = NO_NUMBER
    agent: str | None = None
    arn: str | None = None
    """Of anything that tells account and region."""
    note: str = ""
    """What else the summary says."""


def add(rows: Rows, name: str, raw: bytes, entry: Entry) -> None:
    """Appends the row of an entry."""
    account, region = _place(entry.arn[:512]) if entry.arn else (None, None)
    rows.add(
        format=name,
        time=entry.time,
        own_id=None,
        raw=raw,
        action=entry.action,
        outcome=entry.outcome,
        source_ip=address(entry.client),
        agent=entry.agent,
        account=account,
        region=region,
        resource=entry.balancer,
        method=entry.request.method,
        path=entry.request.path,
        status=entry.status,
        size=entry.size,
        asked=Asked(entry.request.query, entry.request.host),
    )


def describe(raw: bytes, entry: Entry | None) -> Description:
    """The description of a record, from its entry."""
    if entry is None:
        return Description(id=content_id(raw), summary="")
    request = entry.request
    if request.host and request.path:
        request = request._replace(path=f"{request.host}{request.path}")
    status = "" if entry.status == NO_NUMBER else f"{entry.status:03}"
    head = CONNECT if entry.action == CONNECT else ""
    text = summary(request, status, address(entry.client) or entry.client, entry.agent)
    words = " ".join(word for word in (head, text, entry.note) if word)
    return Description(id=content_id(raw), summary=one_line(words))


def line_patterns(before: str, after: str, unsure: str) -> tuple[re.Pattern[str], ...]:
    """Patterns of a line that holds, between `before` and `after`, what classic and application
    load balancers both write, from the time to the quoted request. A quoted field is `QUOTED`.

    In the first one a backslash escapes, as nearly always; in the second it does not, for a client
    may end a field with one. In the third quotes may stand in request and user agent as they are:
    `unsure` is what then follows, without what a client could have written instead.
    """
    pattern = (
        rf"{before}({TIME}) (\S++) (\S++) \S++ {_SECONDS} {_SECONDS} {_SECONDS}"
        rf" ([0-9]{{3}}|-) (?:[0-9]{{3}}|0|-) (?:[0-9]{{1,18}}|-) ([0-9]{{1,18}}|-) "
    )
    sure = (f"{pattern}QUOTED{after}".replace("QUOTED", quoted) for quoted in (QUOTED, _PLAIN))
    return tuple(map(re.compile, (*sure, f"{pattern}{_UNSURE}{unsure}")))


def line_entry(parts: tuple[str | None, ...]) -> Entry | None:
    """The entry of a line, whose client has a port, from the groups of `line_patterns`."""
    entry = request_entry(parts)
    return None if entry is None else entry._replace(client=without_port(entry.client))


def request_entry(parts: tuple[str | None, ...]) -> Entry | None:
    """The entry of a request from its parts: time, load balancer, client, status, bytes sent,
    request, then where there are any user agent and ARN; as text."""
    time_text, balancer, client, status_text, size, line, agent, arn = (*parts, None, None)[:8]
    time = iso_time(time_text)
    if time is None:
        return None
    request = without_origin(request_of(line or ""))
    status = status_of(status_text)
    return Entry(
        time=time,
        client=client or "",
        balancer=present(balancer),
        action=request.method,
        outcome=http_outcome(status),
        request=request,
        status=status,
        size=count_of(size),
        agent=present(unescape(agent or "")),
        arn=arn,
    )


def without_port(text: str) -> str:
    """The address of `203.0.113.9:2817`. Of IPv6, which stands without brackets, the last colon
    divides too."""
    host, colon, port = text.rpartition(":")
    return host if colon and port.isdecimal() and address(host) else text


def tls_entry(
    *,
    time: int,
    client: str,
    balancer: str | None,
    alert: str | None,
    cipher: str | None,
    domain: str | None,
    size: int,
    arn: str | None,
) -> Entry:
    """The entry of a TLS connection. A client that sent an alert, or with which no cipher was
    agreed on, got none."""
    alert, cipher, domain = present(alert), present(cipher), present(domain)
    words = (f"to {domain}" if domain else "", cipher or "", f"alert {alert}" if alert else "")
    return Entry(
        time=time,
        client=client,
        balancer=present(balancer),
        action=CONNECT,
        outcome=Outcome.ERROR if alert or not cipher else Outcome.OK,
        size=size,
        arn=arn,
        note=" ".join(word for word in words if word),
    )


@lru_cache(maxsize=1024)
def _place(arn: str) -> tuple[str | None, str | None]:
    """(account, region) that an ARN names."""
    parts = arn.split(":", 5)
    return (parts[4], parts[3]) if len(parts) == 6 else (None, None)
