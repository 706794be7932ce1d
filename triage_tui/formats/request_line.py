"""The request line of HTTP as web logs quote it, which a client may fill with anything."""

from __future__ import annotations

import re
from typing import NamedTuple

from .base import present, text_line

QUOTED = r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
"""A quoted field in which a backslash escapes; group 1 is what stands within. Linear."""

_METHODS = frozenset(("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT"))
_METHOD = re.compile(r"[A-Za-z][!#$%&'*+.^_`|~0-9A-Za-z-]{0,63}+")
_PROTOCOL = re.compile("[A-Z]{2,8}/[0-9](?:[.][0-9])?")
_LONGEST_SCHEME = len("https://")
_ESCAPE = re.compile(rb'\\(?:x([0-9A-Fa-f]{2})|(["\\]))')
_FIELD = re.compile(rf' ++(?:{QUOTED}(?![^ ])|([^ "][^ ]*+))')
_MOST_FIELDS = 64


class Request(NamedTuple):
    """The parts of a request line. Of one that is none, all of it stands in `path`."""

    method: str | None = None
    path: str | None = None
    query: str = ""
    host: str | None = None
    """The host that the client asked for, where the line holds a whole URL."""

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path or ''}?{self.query}" if self.query else self.path or ""


def request_of(line: str) -> Request:
    """The parts of `GET /path?query HTTP/1.1`; the URI may hold blanks, the protocol be missing."""
    method, _, rest = line.partition(" ")
    target, _, protocol = rest.rpartition(" ")
    if not (protocol.startswith("HTTP/") or _PROTOCOL.fullmatch(protocol)):
        target = rest
        if not (target.startswith(("/", "*")) or "://" in target):
            return Request(path=present(line.strip()))
    if not target or not (method in _METHODS or _METHOD.fullmatch(method)):
        return Request(path=present(line.strip()))
    path, _, query = target.partition("?")
    return Request(unescape(method), unescape(path), unescape(query))


def without_origin(request: Request) -> Request:
    """The request with `https://host:443` taken off its path: load balancers write whole URLs."""
    method, path, query, _ = request
    begin = path.find("://") + 3 if path is not None else 0
    if path is None or not 3 < begin <= _LONGEST_SCHEME:
        return request
    end = path.find("/", begin)
    if end < 0:
        return Request(method, "/", query, path[begin:])
    return Request(method, path[end:], query, path[begin:end])


def unescape(text: str) -> str:
    r"""Resolves what servers write for quotes and for bytes beyond ASCII: `\"`, `\\`, `\x22`.
    Control characters stay as they were logged."""
    if "\\" not in text:
        return text
    return text_line(_ESCAPE.sub(_unescaped, text.encode("utf-8", "surrogatepass")))


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        return found[2]
    byte = bytes.fromhex(found[1].decode())
    return byte if byte >= b" " and byte != b"\x7f" else found[0]


def fields_of(text: str) -> list[str]:
    """The fields of a line's end, each with a blank before it, up to one whose quote never ends.
    Quotes are taken off."""
    fields: list[str] = []
    at = 0
    while len(fields) < _MOST_FIELDS and (found := _FIELD.match(text, at)):
        fields.append(found[2] if found[1] is None else found[1])
        at = found.end()
    return fields


def summary(request: Request, status: str | None, source: str | None, agent: str | None) -> str:
    """`GET /wp-admin?x=1 404 from 203.0.113.9 curl/8.1`; raw text, in one line or not."""
    words = (
        request.method,
        request.target,
        present(status),
        f"from {source}" if source else None,
        present(agent),
    )
    return " ".join(word for word in words if word)
