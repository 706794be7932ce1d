"""Access logs of web servers (nginx, Apache): the common and the combined log format."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Description

from .addresses import address
from .base import content_id, count_of, http_outcome, one_line, present, status_of
from .clf import clf_line
from .identities import of_web_user
from .proxies import chain_of
from .request_line import fields_of, request_of, summary, unescape
from .seen import Asked

if TYPE_CHECKING:
    from .clf import Line
    from .rows import Rows
    from .settings import FormatSettings

_FEWEST = 2
"""Fields before the time: some leave out one of ident and user."""


class Access:
    """Lines with or without a virtual host in front, and with any fields behind the user agent."""

    name = "access"

    def read(self, raw: bytes, rows: Rows) -> bool:
        line = _line(raw)
        if line is None:
            return False
        caller = _caller(line.head)
        ip = address(caller.client)
        identity = of_web_user(caller.user)
        chain = _forwarded(caller, line) if rows.proxies else None
        request = request_of(line.request)
        status = status_of(line.status)
        rows.add(
            format=self.name,
            time=line.time,
            own_id=None,
            raw=raw,
            action=request.method,
            outcome=http_outcome(status),
            source_ip=ip,
            actors=[(rows.proxies.actor(ip, chain), identity)] if chain else None,
            identity=identity,
            agent=_agent(line),
            resource=caller.host,
            method=request.method,
            path=request.path,
            status=status,
            size=count_of(line.size),
            asked=Asked(request.query, caller.host or request.host, _referer(line)),
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        line = _line(raw)
        if line is None:
            return Description(id=content_id(raw), summary="")
        caller = _caller(line.head)
        text = summary(request_of(line.request), line.status, caller.client, _agent(line))
        return Description(
            id=content_id(raw),
            summary=one_line(f"{text} as {caller.user}" if caller.user else text),
            forwarded=tuple(_forwarded(caller, line)),
        )


class _Caller(NamedTuple):
    host: str | None
    client: str
    user: str | None
    chain: list[str]
    """Of the proxies before the client, where a log has them in front."""


def _line(raw: bytes) -> Line | None:
    """The parts of a line that is no API Gateway's."""
    line = clf_line(raw)
    if line is None or not line.spaced or line.request_id or len(line.head) < _FEWEST:
        return None
    return line


def _caller(head: list[str]) -> _Caller:
    """Who called, from the fields before the time. The virtual host's name may itself be an
    address; what stands behind an address that is the client's is its ident, and never one."""
    chain, head = _leading_chain(head)
    hosted = len(head) > _FEWEST and address(head[1]) is not None
    if hosted and len(head) == _FEWEST + 1:
        hosted = address(head[0]) is None
    host, rest = (head[0], head[1:]) if hosted else (None, head)
    user = present(" ".join(rest[2:]).removesuffix('""'))
    return _Caller(present(host), rest[0], unescape(user) if user else None, chain)


def _leading_chain(head: list[str]) -> tuple[list[str], list[str]]:
    """The chain of proxies that some logs have in front of the client, or in its place, told by its
    commas; and the fields as they are without it. What called us is then its last address.

    A single address in front is none: it may be the `Host` that a client made up.
    """
    if "," not in head[0]:
        return [], head
    end = next((n for n, field in enumerate(head, 1) if not field.endswith(",")), len(head))
    chain, rest = chain_of(" ".join(head[:end])), head[end:]
    if not chain or address(chain[-1]) is None:
        return [], head
    return (chain, rest) if rest and address(rest[0]) else (chain[:-1], [chain[-1], *rest])


def _agent(line: Line) -> str | None:
    agent = present(line.agent)
    return unescape(agent) if agent else None


def _referer(line: Line) -> str | None:
    """ "" where the client sent none, None where the log does not tell."""
    return None if line.referer is None else unescape(present(line.referer) or "")


def _forwarded(caller: _Caller, line: Line) -> list[str]:
    return caller.chain or _chain(line.tail)


def _chain(tail: str) -> list[str]:
    """The first of the fields behind the user agent that is a chain of proxies: its last address is
    the one that a proxy added. `10.0.0.1:80` is no caller, but whom nginx passed the request to."""
    if '"' not in tail:
        return []
    for field in fields_of(tail):
        chain = chain_of(unescape(field))
        if chain and address(chain[-1]) and not (chain[-1].count(":") == 1 or "[" in chain[-1]):
            return chain
    return []
