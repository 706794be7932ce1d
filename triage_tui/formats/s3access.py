"""S3 server access logs."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Description

from . import identities
from .addresses import address_or_service, peer
from .base import (
    content_id,
    count_of,
    http_outcome,
    one_line,
    present,
    status_of,
    text_line,
)
from .request_line import QUOTED, Request, request_of, summary, unescape
from .seen import Asked
from .times import clf_time

if TYPE_CHECKING:
    from triage_tui.model import Identity

    from .rows import Rows
    from .settings import FormatSettings

_SERVICE = "AmazonS3"
"""The requester of what a life-cycle rule does."""
_BATCH = "BATCH."
_PLAIN = '"([^"]*+)"'
_HEAD = (
    r"(?:[0-9a-f]{16,128}|-) ([a-z0-9A-Z._-]{1,255}) \[([^\]]{26})\] (\S{1,255}) (\S{1,2048})"
    r" ([0-9A-Z]{1,64}) ([A-Z][A-Z0-9]*+\.[A-Z0-9_.]++) (\S++) (?:-|QUOTED) ([0-9]{3}|-) (\S++)"
    r" ([0-9]{1,18}|-) (?:[0-9]{1,18}|-) (?:[0-9]{1,18}|-) (?:[0-9]{1,18}|-)"
    r" (?:-|QUOTED) (?:-|QUOTED)(?: .*+)?"
)
# S3 escapes nothing: a quote that a client sends makes a field's end unsure. What stands before all
# quotes is sure, and what stands between request and referer where only one place looks like it.
_LOOSE = re.compile(
    r"(?:[0-9a-f]{16,128}|-) ([a-z0-9A-Z._-]{1,255}) \[([^\]]{26})\] (\S{1,255}) (\S{1,2048})"
    r' ([0-9A-Z]{1,64}) ([A-Z][A-Z0-9]*+\.[A-Z0-9_.]++) ([^ "]++) "(.*+)'
)
_RESULT = re.compile(
    '" ([0-9]{3}|-) ([^ "]{1,64}) ([0-9]{1,18}|-) (?:[0-9]{1,18}|-) (?:[0-9]{1,18}|-)'
    ' (?:[0-9]{1,18}|-) (?=[-"])'
)
_MOST_QUOTES = 6
"""Of a line into which no client wrote one: around request, referer and agent."""
# A client may end its user agent with a backslash, which then escapes nothing.
_LINES = tuple(re.compile(_HEAD.replace("QUOTED", quoted)) for quoted in (QUOTED, _PLAIN))


class _Entry(NamedTuple):
    """The fields of a line, as logged."""

    bucket: str
    time: str
    ip: str
    requester: str
    request_id: str
    operation: str
    key: str
    request: str | None
    status: str
    error: str
    size: str
    referer: str | None
    agent: str | None

    @property
    def id(self) -> str:
        """One request is several entries where it copies or deletes many objects."""
        key = f":{self.key}" if self.operation.startswith(_BATCH) else ""
        return f"{self.request_id}:{self.operation}{key}"

    def http_request(self) -> Request:
        return request_of(self.request or "")


class S3Access:
    """Lines of any age: fields were only ever added at their end."""

    name = "s3access"

    def read(self, raw: bytes, rows: Rows) -> bool:
        entry = _entry(raw)
        time = clf_time(entry.time) if entry is not None else None
        if entry is None or time is None:
            return False
        request = entry.http_request()
        status = status_of(entry.status)
        ip, service = _source(entry)
        rows.add(
            format=self.name,
            time=time,
            own_id=entry.id,
            raw=raw,
            action=entry.operation,
            outcome=http_outcome(status),
            source_ip=ip,
            service=service,
            identity=_identity(entry.requester),
            agent=_agent(entry),
            resource=entry.bucket,
            method=request.method,
            path=request.path,
            status=status,
            size=count_of(entry.size),
            asked=Asked(request.query, referer=unescape(present(entry.referer) or "")),
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        entry = _entry(raw)
        if entry is None:
            return Description(id=content_id(raw), summary="")
        identity = _identity(entry.requester)
        words = (
            entry.operation,
            entry.bucket,
            summary(entry.http_request(), entry.status, address_or_service(entry.ip), None),
            present(entry.error),
            f"by {identity.label}" if identity else None,
            _agent(entry),
        )
        text = " ".join(word for word in words if word)
        return Description(id=entry.id, summary=one_line(text))


def _entry(raw: bytes) -> _Entry | None:
    if raw.find(b" [", 0, 330) < 0:
        return None
    line = text_line(raw)
    for pattern in _LINES:
        found = pattern.fullmatch(line)
        if found and (line.count('"') <= _MOST_QUOTES or len(_results(line)) < 2):
            return _Entry(*found.groups())
    return _unsure_entry(line)


def _results(text: str) -> list[re.Match[str]]:
    """What looks like what S3 answered: the first, and another if a client invented one."""
    return list(islice(_RESULT.finditer(text), 2))


def _unsure_entry(line: str) -> _Entry | None:
    found = _LOOSE.fullmatch(line)
    if found is None:
        return None
    *sure, rest = found.groups()
    results = _results(rest)
    if len(results) != 1:
        return _Entry._make([*sure, None, "-", "-", "-", None, None])
    request = rest[: results[0].start()]
    return _Entry._make([*sure, request, *results[0].groups(), None, None])


def _source(entry: _Entry) -> tuple[str | None, str | None]:
    """(address, service)."""
    ip, service = peer(entry.ip)
    if ip is None and service is None and entry.requester == _SERVICE:
        return None, _SERVICE
    return ip, service


@lru_cache(maxsize=1 << 12)
def _identity(requester: str) -> Identity | None:
    """An ARN, the canonical id of an account, or a service; "-" is anonymous."""
    if requester == "-":
        return None
    if requester == _SERVICE or requester.startswith("svc:"):
        return identities.of_trail({"type": "AWSService", "invokedBy": requester})
    account = {"type": "AWSAccount", "principalId": requester}
    return identities.of_person(requester) or identities.of_trail(account)


def _agent(entry: _Entry) -> str | None:
    agent = present(entry.agent)
    return unescape(agent) if agent else None
