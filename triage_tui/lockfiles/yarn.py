"""`yarn.lock`, of Yarn 1 and of Yarn 2 and newer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .lock import Lock, LockError, Package

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = {
    b"vers": "version",
    b"reso": "resolved",
    b"inte": "integrity",
    b"chec": "checksum",
}
"""Fields by how they begin: Yarn 2 says `resolution` for what Yarn 1 says `resolved`."""
_RANGE = re.compile(r"(@?[^@]+)@(.*)", re.DOTALL)
_LOCAL = ("workspace:", "link:", "portal:", "file:")
_CACHE_KEY = re.compile(rb"^  cacheKey: *['\"]?([0-9A-Za-z]+)", re.MULTILINE)
_BERRY = b"__metadata:"


def is_yarn(raw: bytes) -> bool:
    """Whether it begins as Yarn's do."""
    head = raw[:4096]
    return b"# yarn lockfile v1" in head or head.startswith(_BERRY) or b"\n__metadata:" in head


def read_yarn(raw: bytes) -> Lock:
    """Raises LockError."""
    if not is_yarn(raw):
        raise LockError(1, "no lock file of Yarn: neither `# yarn lockfile v1` nor `__metadata:`")
    berry = b"# yarn lockfile v1" not in raw[:4096]
    packages = [
        package for block in _blocks(raw) if (package := _package(*block, berry=berry)) is not None
    ]
    return Lock(
        "yarn 2+" if berry else "yarn 1",
        raw,
        packages,
        checks="checksum" if berry else "integrity",
        archive=f"yarn {_cache_key(raw)}" if berry else "",
    )


def _cache_key(raw: bytes) -> str:
    """How Yarn packed what it hashed: its own archive, not the registry's."""
    found = _CACHE_KEY.search(raw[:65536])
    return found[1].decode() if found else ""


def _blocks(raw: bytes) -> Iterator[tuple[str, dict[str, str], int, int]]:
    """(head line, its own fields, where it begins and ends)."""
    head, fields, begin, at = "", dict[str, str](), 0, 0
    for number, line in enumerate(raw.split(b"\n"), 1):
        place, at = at, at + len(line) + 1
        first = line[:1]
        if first == b" ":
            name = _NAMES.get(line[2:6])
            if name is not None and line[1:2] == b" ":
                # The first counts: nothing may be said over again further down.
                value = line[6:].partition(b" ")[2].strip(b' \r"')
                fields.setdefault(name, value.decode("utf-8", "replace"))
            continue
        if not first:
            continue
        if first in (b"#", b"\r"):
            continue
        if head:
            yield head, fields, begin, place
        text = line.rstrip()
        if not text.endswith(b":"):
            raise LockError(number, f"not a package: {text[:60].decode('utf-8', 'replace')!r}")
        head, fields, begin = text[:-1].decode("utf-8", "replace"), {}, place
    if head:
        yield head, fields, begin, len(raw)


def _package(
    head: str, fields: dict[str, str], at: int, end: int, *, berry: bool
) -> Package | None:
    if head == "__metadata":
        return None
    first = head.partition(", ")[0].strip('"')
    found = _RANGE.match(first)
    version = fields.get("version", "")
    if found is None or not version:
        return None
    if not berry:
        hashes = tuple(fields.get("integrity", "").split())
        source, _, old = fields.get("resolved", "").partition("#")
        if not hashes and re.fullmatch("[0-9a-f]{40}", old):
            hashes = (f"sha1-{old}",)  # as Yarn wrote before there was an integrity
        return Package(found[1], version, source, hashes, at, end, local=_is_local(found[2]))
    resolution = _RANGE.match(fields.get("resolved", ""))
    name, source = (resolution[1], resolution[2]) if resolution else (found[1], "")
    checksum = fields.get("checksum", "").rpartition("/")[2]
    hashes = (f"sha512:{checksum}",) if checksum else ()
    local = _is_local(source) or (source.startswith("patch:") and not checksum)
    return Package(
        name,
        version,
        "" if source.startswith(("npm:", "patch:")) else source,
        hashes,
        at,
        end,
        local,
    )


def _is_local(source: str) -> bool:
    return source.startswith(_LOCAL)
