"""What is in a lock file, and where."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.model import Severity

_LINE_END = re.compile(rb"\n")


class LockError(Exception):
    """A lock file that cannot be read: what is wrong, and in which line (from 1)."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


class Package(NamedTuple):
    """One package as a lock file pins it. "" is what it does not say."""

    name: str
    version: str
    source: str
    """From where it comes: an address; "" where it is the registry's by its version alone."""
    integrity: tuple[str, ...]
    """Hashes, each `sha512-…` as browsers write them, or `sha256:…` as pip does."""
    at: int
    """Where its entry begins, in bytes."""
    end: int
    local: bool = False
    """It is in the project itself, or comes inside another package: nothing is fetched for it."""
    script: bool = False
    """It runs a script when it is installed."""
    pinned: bool = True
    """Its version is one and no range."""


class Lock:
    """A lock file that was read."""

    def __init__(
        self,
        kind: str,
        raw: bytes,
        packages: Sequence[Package],
        *,
        checks: str = "integrity",
        notes: Sequence[Note] = (),
        archive: str = "",
    ) -> None:
        """`checks` is the word before a package's hashes; `notes` are about the file as a whole;
        `archive` tells what was hashed, where that is not what the registry has."""
        self.kind = kind
        self.raw = raw
        self.packages = packages
        self.notes = notes
        self.archive = archive
        self._checks = checks.encode()

    @cached_property
    def _ends(self) -> list[int]:
        return [found.start() for found in _LINE_END.finditer(self.raw)]

    def line(self, at: int) -> int:
        """The line, from 1, of a byte."""
        return bisect_right(self._ends, at - 1) + 1 if at else 1

    def line_of(self, package: Package, *words: bytes) -> int:
        """The line of a package's entry in which the first of these words stands; where none does,
        the entry's first."""
        for word in words:
            at = self.raw.find(word, package.at, package.end)
            if at >= 0:
                return self.line(at)
        return self.line(package.at)

    def integrity_line(self, package: Package) -> int:
        """Where its hashes are."""
        return self.line_of(package, self._checks)

    def source_line(self, package: Package) -> int:
        """Where it says where it comes from."""
        begin = max(package.at, self.raw.find(b"resol", package.at, package.end))
        source = package.source.encode("utf-8", "surrogatepass")
        at = self.raw.find(source, begin, package.end)
        return self.line(begin if at < 0 else at)

    def version_line(self, package: Package) -> int:
        """Where its version is."""
        return self.line_of(package, b"version", package.version.encode("utf-8", "surrogatepass"))


class Note(NamedTuple):
    """Something about the file, not about one package."""

    at: int
    level: Severity
    kind: str
    text: str


class Fault(NamedTuple):
    """Something that is wrong with a package, or may be."""

    level: Severity
    kind: str
    """`hash changed`, `no hash`, …: the same word for the same fault."""
    package: str
    version: str
    line: int
    text: str
    other_line: int | None = None
    """In the file that it was held against."""


def line_at(raw: bytes, at: int) -> int:
    """The line, from 1, of a byte."""
    return raw.count(b"\n", 0, at) + 1
