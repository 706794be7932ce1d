"""`package-lock.json` and `npm-shrinkwrap.json` of all three versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import Severity
from triage_tui.wrappings.scanner import members, value_end

from .lock import Lock, LockError, Note, Package, line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODULES = "node_modules/"
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_FLAT = rb"[{\[](?:[^\"{}\[\]]++|%s)*+[}\]]" % _STRING
_NESTED = rb"[{\[](?:[^\"{}\[\]]++|%s|%s)*+[}\]]" % (_STRING, _FLAT)
_MEMBER = re.compile(
    rb"[ \t\r\n,]*+(%s)[ \t\r\n]*+:[ \t\r\n]*+(%s)?+" % (_STRING, _NESTED), re.DOTALL
)
"""A member of a sound object, and its value where that is an object of the usual depth."""
_BYTE = re.compile(r"\(byte (\d+)\)")
_DEEPEST = 60
"""Dependencies within dependencies that are read (version 1)."""


class _Entry(msgspec.Struct, gc=False):
    """A package in `packages` (versions 2 and 3) or `dependencies` (1)."""

    version: str = ""
    resolved: str | bool | None = None
    integrity: str | None = None
    name: str = ""
    link: bool = False
    inBundle: bool = False
    bundled: bool = False
    hasInstallScript: bool = False


class _Head(msgspec.Struct):
    lockfileVersion: int
    packages: msgspec.Raw = msgspec.Raw()
    dependencies: msgspec.Raw = msgspec.Raw()


_read_head = msgspec.json.Decoder(_Head).decode
_read_entry = msgspec.json.Decoder(_Entry).decode
_read_name = msgspec.json.Decoder(str).decode


def read_npm(raw: bytes) -> Lock:
    """Raises LockError."""
    try:
        head = _read_head(raw)
    except msgspec.ValidationError as error:
        raise LockError(1, f"no lock file of npm: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        found = _BYTE.search(str(error))
        at = int(found[1]) if found else len(raw)
        raise LockError(line_at(raw, at), f"not JSON: {error}") from None
    has_packages = bool(bytes(head.packages))
    member = b"packages" if has_packages else b"dependencies"
    if not has_packages and head.lockfileVersion > 1:
        raise LockError(1, f"version {head.lockfileVersion} without packages: it is cut off")
    start = {name: at for name, at in members(raw) if name in (b"packages", b"dependencies")}
    notes: list[Note] = []
    if member not in start:
        return Lock(f"npm {head.lockfileVersion}", raw, [], checks='"integrity"')
    if raw[start[member] : start[member] + 1] != b"{":
        raise LockError(line_at(raw, start[member]), f"{member.decode()} is no object")
    walk = _packages if member == b"packages" else _dependencies
    return Lock(
        f"npm {head.lockfileVersion}",
        raw,
        list(walk(raw, start[member], notes)),
        checks='"integrity"',
        notes=notes,
    )


def _entries(raw: bytes, start: int, notes: list[Note]) -> Iterator[tuple[str, int, int, bytes]]:
    """(key, where its value begins and ends, the value) of an object's members. A key that stands
    there twice means one thing to a reader and another to npm."""
    seen: set[bytes] = set()
    at = start + 1
    while member := _MEMBER.match(raw, at):
        key, value, begin = member[1][1:-1], member[2], member.start(2)
        if value is None:
            begin = member.end()
            value = raw[begin : value_end(raw, begin)]
        at = begin + len(value)
        name = _name(key)
        if key in seen:
            text = f"{name} is named twice: npm takes the last"
            notes.append(Note(begin, Severity.HIGH, "twice", text))
        seen.add(key)
        yield name, begin, at, value


def _name(key: bytes) -> str:
    if b"\\" not in key:
        return key.decode("utf-8", "replace")
    try:
        return _read_name(b'"' + key + b'"')
    except (msgspec.DecodeError, UnicodeDecodeError):
        return key.decode("utf-8", "replace")


def _packages(raw: bytes, start: int, notes: list[Note]) -> Iterator[Package]:
    for key, at, end, value in _entries(raw, start, notes):
        if _MODULES not in key:
            continue  # the project itself, and its workspaces
        entry = _entry(raw, at, value, key)
        yield _package(entry.name or key.rpartition(_MODULES)[2], entry, at, end)


def _dependencies(raw: bytes, start: int, notes: list[Note], depth: int = 0) -> Iterator[Package]:
    for key, at, end, value in _entries(raw, start, notes):
        entry = _entry(raw, at, value, key)
        yield _package(key, entry, at, end)
        if b'"dependencies"' in value and depth < _DEEPEST:
            inner = {name: place for name, place in members(value) if name == b"dependencies"}
            for place in inner.values():
                if value[place : place + 1] == b"{":
                    yield from _dependencies(raw, at + place, notes, depth + 1)


def _entry(raw: bytes, at: int, value: bytes, key: str) -> _Entry:
    try:
        return _read_entry(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        words = str(error).partition(" - at ")[0]
        raise LockError(line_at(raw, at), f"{key}: {words}") from None


def _package(name: str, entry: _Entry, at: int, end: int) -> Package:
    resolved = entry.resolved if isinstance(entry.resolved, str) else ""
    version = entry.version
    if not resolved and re.match(r"git|https?:|file:|github:|bitbucket:|gitlab:", version):
        resolved = version  # so does version 1
    return Package(
        name,
        version,
        resolved,
        tuple((entry.integrity or "").split()),
        at,
        end,
        local=entry.link or entry.inBundle or entry.bundled or resolved.startswith("file:"),
        script=entry.hasInstallScript,
    )
