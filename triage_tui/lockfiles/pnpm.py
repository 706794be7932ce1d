"""`pnpm-lock.yaml`, as pnpm 5 to 10 write it: of YAML it uses a fixed small part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .lock import Lock, LockError, Package

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = re.compile(rb"lockfileVersion: *['\"]?([0-9.]+)['\"]?\r?$", re.MULTILINE)
_ENTRY = re.compile(rb"  (?:'([^']+)'|\"([^\"]+)\"|([^\s'\"#][^\r\n]*?)):(?: \{\})?\r?$")
_PAIR = re.compile(
    r"(integrity|tarball|repo|directory|type|commit): *(?:'([^']*)'|\"([^\"]*)\"|([^,}\s]+))"
)
_KEY = re.compile(r"/?(@[^/]+/[^@/]+|[^@/]+)[@/]([^(]+)")


def read_pnpm(raw: bytes) -> Lock:
    """Raises LockError."""
    version = _HEAD.search(raw[:65536])
    if version is None:
        raise LockError(1, "no lock file of pnpm: no lockfileVersion")
    return Lock(f"pnpm {version[1].decode()}", raw, list(_packages(raw)))


def _packages(raw: bytes) -> Iterator[Package]:
    for key, lines, at, end, number in _blocks(raw):
        text = b"\n".join(lines).decode("utf-8", "replace")
        said = {
            pair[1]: pair[2] or pair[3] or pair[4] for pair in _PAIR.finditer(_resolution(text))
        }
        found = _KEY.match(key)
        if found is None:
            # `github.com/owner/repo/COMMIT`, or `https://…`: what is no registry's.
            if "/" not in key:
                raise LockError(number, f"not a package: {key[:60]!r}")
            name, version = _field(text, "name") or key, _field(text, "version") or key
        else:
            name, version = found[1], found[2]
        source = said.get("tarball") or said.get("repo") or ""
        if not source and found is not None and re.match(r"https?:|git[@+:]|file:", version):
            source = version
        if said.get("type") == "git" and not source.startswith("git"):
            source = f"git+{source}"
        yield Package(
            name,
            _field(text, "version") or version,
            source,
            tuple((said.get("integrity") or "").split()),
            at,
            end,
            local=said.get("type") == "directory" or source.startswith("file:"),
            script=_field(text, "requiresBuild") == "true",
        )


def _blocks(raw: bytes) -> Iterator[tuple[str, list[bytes], int, int, int]]:
    """(key, its lines, where it begins and ends, its line's number) of all in `packages`."""
    inside, key, lines, begin, first, at = False, "", list[bytes](), 0, 0, 0
    for number, line in enumerate(raw.split(b"\n"), 1):
        place, at = at, at + len(line) + 1
        if line[:1] not in (b" ", b"", b"\r", b"#"):
            if key:
                yield key, lines, begin, place, first
            key, inside = "", line.rstrip() == b"packages:"
        elif inside and line.startswith(b"  ") and line[2:3] not in (b" ", b"#"):
            if key:
                yield key, lines, begin, place, first
            found = _ENTRY.match(line)
            if found is None:
                raise LockError(number, f"not a package: {line[:60].decode('utf-8', 'replace')!r}")
            key = (found[1] or found[2] or found[3]).decode("utf-8", "replace")
            lines, begin, first = [], place, number
        elif inside and key:
            lines.append(line)
    if key:
        yield key, lines, begin, len(raw), first


def _resolution(text: str) -> str:
    """What stands behind `resolution:`, in braces or in lines of its own."""
    _, found, rest = text.partition("resolution:")
    if not found:
        return ""
    if rest.lstrip(" ").startswith("{"):
        return rest.partition("}")[0]
    kept = []
    for line in rest.split("\n")[1:]:
        if not line.startswith("      "):
            break
        kept.append(line)
    return "\n".join(kept)


def _field(text: str, name: str) -> str:
    """A field of the entry itself."""
    for line in text.split("\n"):
        if line.startswith(f"    {name}: "):
            return line.partition(": ")[2].strip().strip("'\"")
    return ""
