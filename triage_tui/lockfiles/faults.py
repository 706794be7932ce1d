"""What is wrong with a lock file by itself."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from triage_tui.model import Severity

from .integrity import WEAK, hash_of, strongest
from .lock import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .lock import Lock, Package

_GIT = re.compile(
    r"git[@+:]|git://|(?:github|gitlab|bitbucket|gist):|ssh://|.*\.git(?:#|$)", re.DOTALL
)


_SOUND = re.compile("sha512-[A-Za-z0-9+/]{86}==|sha(?:512:[0-9a-f]{128}|256:[0-9a-f]{64})")


class Expected(NamedTuple):
    """What a project's packages should be like."""

    hosts: tuple[str, ...] = ()
    """From where they come; none is from where most of a lock file's packages come."""


def faults(lock: Lock, expected: Expected) -> Iterator[Fault]:
    """Every fault, in the order of the file."""
    if not expected.hosts:
        expected = Expected(_usual_host(lock))
    usual = tuple(f"https://{host}/" for host in expected.hosts)
    found = [
        fault
        for package in lock.packages
        if not _is_usual(package, usual)
        for fault in _of(lock, package, expected)
    ]
    found += [
        Fault(note.level, note.kind, "", "", lock.line(note.at), note.text) for note in lock.notes
    ]
    yield from sorted(found, key=lambda fault: fault.line)


def _usual_host(lock: Lock) -> tuple[str, ...]:
    """From where most of its packages come; nothing where most name no place."""
    sources = [package.source for package in lock.packages if not package.local]
    hosts = Counter(
        source.partition("://")[2].partition("/")[0] for source in sources if not _GIT.match(source)
    )
    return tuple(host_of(f"https://{host}/") for host, _ in hosts.most_common(1) if host)


def _is_usual(package: Package, registries: tuple[str, ...]) -> bool:
    """Whether there is surely nothing to say of it: of nearly all that is so."""
    source, hashes = package.source, package.integrity
    return (
        len(hashes) == 1
        and _SOUND.fullmatch(hashes[0]) is not None
        and (not source or (source.startswith(registries) and source.endswith((".tgz", ".whl"))))
        and "@" not in source.partition("://")[2].partition("/")[0]
        and package.pinned
        and not package.script
    )


def _of(lock: Lock, package: Package, expected: Expected) -> Iterator[Fault]:
    if package.script:
        words = "runs a script when it is installed"
        yield _fault(lock, package, Severity.INFORMATIONAL, "install script", words)
    if package.local:
        return
    is_git = _GIT.match(package.source) is not None
    if package.source:
        yield from _source(lock, package, expected, is_git=is_git)
    if not package.pinned:
        words = "is not pinned to one version"
        yield _fault(lock, package, Severity.MEDIUM, "not pinned", words)
    if not is_git:  # the commit is its hash
        yield from _integrity(lock, package)


def _source(lock: Lock, package: Package, expected: Expected, *, is_git: bool) -> Iterator[Fault]:
    address = without_secret(package.source)
    line = lock.source_line(package)
    if re.match(r"(?:git\+)?http://|git://", package.source, re.IGNORECASE):
        words = f"comes in the clear, from {address}: anybody on the way can change it"
        yield _fault(lock, package, Severity.HIGH, "plain http", words, line)
    if is_git:
        words = f"comes from a repository, not from a registry: {address}"
        yield _fault(lock, package, Severity.MEDIUM, "git source", words, line)
    else:
        host = host_of(package.source)
        if host and host not in expected.hosts:
            usual = " or ".join(expected.hosts) or "where the others do"
            words = f"comes from {host}, not from {usual}"
            yield _fault(lock, package, Severity.HIGH, "host", words, line)
    if "@" in package.source and address != package.source:
        words = "has a password in its address"
        yield _fault(lock, package, Severity.HIGH, "secret", words, line)


def _integrity(lock: Lock, package: Package) -> Iterator[Fault]:
    if not package.integrity:
        words = "has no hash: whatever is there when it is fetched is taken"
        yield _fault(lock, package, Severity.MEDIUM, "no hash", words)
        return
    line = lock.integrity_line(package)
    for text in package.integrity:
        if hash_of(text) is None:
            words = f"has a hash that is none: {text[:60]!r}"
            yield _fault(lock, package, Severity.HIGH, "broken hash", words, line)
    kind = strongest(package.integrity)
    if kind in WEAK:
        words = f"has a weak hash alone: {kind}"
        yield _fault(lock, package, Severity.MEDIUM, "weak hash", words, line)


def _fault(
    lock: Lock, package: Package, level: Severity, kind: str, words: str, line: int | None = None
) -> Fault:
    at = lock.line(package.at) if line is None else line
    return Fault(level, kind, package.name, package.version, at, words)


@lru_cache(maxsize=65536)
def host_of(address: str) -> str:
    """The host of an address; "" where it names none."""
    try:
        return (urlsplit(address.removeprefix("git+")).hostname or "").lower()
    except ValueError:
        return address[:60]


def without_secret(address: str) -> str:
    """The address without user and password; the user `git` tells nothing."""
    return re.sub(r"//(?!git@)[^/@]*@", "//…@", address)
