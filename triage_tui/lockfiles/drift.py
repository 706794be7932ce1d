"""How two lock files of one project differ: what was deployed against what is in the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import Severity

from .faults import host_of
from .integrity import differ
from .lock import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .lock import Lock, Package

    _Versions = dict[str, list["Package"]]


def drift(lock: Lock, other: Lock, other_name: str) -> Iterator[Fault]:
    """What differs in `lock`, in the order of its lines; what only the other one has comes last, in
    its line there."""
    mine, yours = _by_name(lock), _by_name(other)
    found = [
        fault
        for name, versions in mine.items()
        for fault in _of_name(lock, other, versions, yours.get(name, {}), other_name)
    ]
    yield from sorted(found, key=lambda fault: fault.line)
    for name, versions in yours.items():
        if name not in mine:
            for each in versions.values():
                line = other.line(each[0].at)
                words = f"is in {other_name}:{line} alone"
                yield Fault(Severity.LOW, "removed", name, each[0].version, 1, words, line)


def _by_name(lock: Lock) -> dict[str, _Versions]:
    found: dict[str, _Versions] = {}
    for package in lock.packages:
        if not package.local:
            found.setdefault(package.name, {}).setdefault(package.version, []).append(package)
    return found


def _of_name(
    lock: Lock, other: Lock, mine: _Versions, yours: _Versions, name: str
) -> Iterator[Fault]:
    """Of one package's versions."""
    gone = [versions[0] for version, versions in yours.items() if version not in mine]
    for version, packages in mine.items():
        if version in yours:
            yield from _same_version(lock, other, packages, yours[version][0], name)
            continue
        package, line = packages[0], lock.version_line(packages[0])
        if not yours:
            words = f"is not in {name}"
            yield Fault(Severity.LOW, "added", package.name, version, line, words)
            continue
        against = gone or [next(iter(yours.values()))[0]]
        others = ", ".join(each.version or "no version" for each in against)
        at = other.version_line(against[0])
        words = f"is {others} in {name}:{at}"
        yield Fault(Severity.MEDIUM, "version drifted", package.name, version, line, words, at)
    for package in gone if all(version in yours for version in mine) else ():
        at = other.version_line(package)
        line = lock.version_line(next(iter(mine.values()))[0])
        words = f"is in {name}:{at} in this version too"
        yield Fault(
            Severity.MEDIUM, "version drifted", package.name, package.version, line, words, at
        )


def _same_version(
    lock: Lock, other: Lock, packages: list[Package], yours: Package, name: str
) -> Iterator[Fault]:
    for package in packages:
        if package.integrity == yours.integrity and package.source == yours.source:
            continue
        if lock.archive == other.archive and differ(package.integrity, yours.integrity):
            at = other.integrity_line(yours)
            words = f"has another hash than in {name}:{at}, in the same version"
            line = lock.integrity_line(package)
            yield Fault(
                Severity.CRITICAL, "hash changed", package.name, package.version, line, words, at
            )
        host, before = host_of(package.source), host_of(yours.source)
        if host != before and host and before:
            at = other.source_line(yours)
            words = f"comes from {host}, and from {before} in {name}:{at}"
            line = lock.source_line(package)
            yield Fault(Severity.HIGH, "host moved", package.name, package.version, line, words, at)
