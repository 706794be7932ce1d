"""The payloads of the OWASP Core Rule Set's tests, as requests in our logs.

What no log carries is left out: bodies, which are in no log at all, and, in an access log, all
headers but the user agent and the referer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import yaml

from .weblogs import line, waf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOGGED = ("User-Agent", "Referer")
_ALWAYS = frozenset(
    (
        *("host", "accept", "user-agent", "referer", "accept-encoding", "accept-language"),
        *("keep-alive", "proxy-connection", "content-type", "x-ftw"),
    )
)
"""Headers in which no payload is."""


class Payload(NamedTuple):
    """A request that must be recognised, or must not."""

    name: str
    attack: bool
    target: str
    method: str
    headers: dict[str, str]
    body: bool

    @property
    def in_header(self) -> bool:
        """Whether a header that access logs do not have may hold it."""
        return any(name.lower() not in _ALWAYS for name in self.headers)

    @property
    def in_waf(self) -> bytes:
        """As AWS WAF logs it."""
        return waf(self.target, method=self.method, headers=tuple(self.headers.items()))

    @property
    def in_line(self) -> bytes:
        """As an access log does."""
        agent, referer = (self.headers.get(name, "-") for name in LOGGED)
        return line(self.target, method=self.method, status=200, agent=agent, referer=referer)


def payloads(path: Path) -> Iterator[Payload]:
    """The payloads of one file of tests."""
    for test in yaml.safe_load(path.read_text())["tests"]:
        for stage in test["stages"]:
            asked, log = stage["input"], stage["output"]["log"]
            yield Payload(
                name=f"{path.stem}-{test['test_id']}",
                attack="expect_ids" in log,
                target=asked["uri"],
                method=asked["method"],
                headers={name: str(value) for name, value in asked.get("headers", {}).items()},
                body=bool(asked.get("data")),
            )


def words(path: Path) -> list[str]:
    """The entries of a word list."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def as_agent(word: str) -> bytes:
    """A user agent of that name."""
    return waf("/", headers=(("User-Agent", word),))


def as_path(word: str) -> bytes:
    """A request for that file."""
    return waf("/" + word.lstrip("/"))


def as_value(word: str) -> bytes:
    """A request with that file in a value."""
    return waf("/get?file=" + word.replace(" ", "%20"))


LISTS = {
    "scanners-user-agents": as_agent,
    "restricted-files": as_path,
    "lfi-os-files": as_value,
}
"""How each word list is asked for."""
