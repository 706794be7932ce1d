"""What `deps` finds in files: lock files and reports, each fault and each hole with its place."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from triage_tui import lockfiles
from triage_tui.detect import holes as merging
from triage_tui.lockfiles.lock import line_at
from triage_tui.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from triage_tui.lockfiles import Fault, Lock
    from triage_tui.model import Hole, Vulnerability

MOST = 256 * 1024 * 1024
"""Bytes of a file that is read: a lock file of 50,000 packages has a tenth of that."""
_PASSED_OVER = frozenset(("node_modules", ".git", ".venv", "venv", "__pycache__"))
"""Folders of what was installed: what belongs to the project stands beside them."""
_BYTE = re.compile(r"\(byte (\d+)\)")


class File(NamedTuple):
    """A file that was read, or could not be."""

    path: str
    kind: str | None
    packages: int
    vulnerabilities: int
    error: str | None


class Dependency(NamedTuple):
    """Something that is wrong, and where."""

    path: str
    line: int | None
    level: Severity
    kind: str
    package: str
    version: str
    text: str
    other: tuple[str, int] | None = None
    """Path and line of what it differs from."""
    hole: Hole | None = None


class DependencyFiles(NamedTuple):
    """All that was found, in the order of the files and their lines."""

    files: list[File]
    faults: list[Dependency]
    holes: list[Dependency]
    problems: list[str]
    remarks: list[str]

    @property
    def all(self) -> list[Dependency]:
        """Faults, then holes."""
        return [*self.faults, *self.holes]


class Unreadable(Exception):
    """A file that cannot be used, and why; `line` where that is known."""

    def __init__(self, path: str, what: str, line: int | None = None) -> None:
        super().__init__(what)
        self.words = f"{path}:{line}: {what}" if line else f"{path}: {what}"


def look(paths: Sequence[str], against: str | None, hosts: Sequence[str]) -> DependencyFiles:
    """Reads everything; what cannot be read is a problem, and the rest is done."""
    found = DependencyFiles([], [], [], [], [])
    locks: dict[str, Lock] = {}
    said: list[tuple[str, Vulnerability]] = []
    for path, named in _files(paths, found):
        _read(path, named, found, locks, said)
    expected = lockfiles.Expected(tuple(map(str.lower, hosts))) if hosts else lockfiles.Expected()
    others = _others(against, found) if against is not None else {}
    for path, lock in locks.items():
        found.faults.extend(_dependency(path, fault) for fault in lockfiles.faults(lock, expected))
        other = _other(path, lock, others)
        if other is not None:
            name, its = other
            found.faults.extend(
                _dependency(path, fault, name) for fault in lockfiles.drift(lock, its, name)
            )
        elif against is not None:
            found.remarks.append(
                f"{path}: there is no {lock.kind.split()[0]} lock file in {against}"
            )
    found.holes.extend(_of_holes(said, locks))
    if not found.files:
        found.problems.append(f"{', '.join(paths)}: no lock file and no report in there")
    return found


# -- reading ---------------------------------------------------------------------------------------


def _files(paths: Iterable[str], found: DependencyFiles) -> Iterator[tuple[str, bool]]:
    """(path, whether somebody named it) of every file that may be one."""
    for path in paths:
        if not os.path.isdir(path):
            yield path, True
            continue
        for folder, folders, names in os.walk(path, onerror=lambda error: _missed(error, found)):
            folders[:] = sorted(each for each in folders if each not in _PASSED_OVER)
            for name in sorted(names):
                if lockfiles.is_lock_file(name) or name.endswith(".json"):
                    yield os.path.join(folder, name), False


def _missed(error: OSError, found: DependencyFiles) -> None:
    found.problems.append(f"{error.filename}: cannot list the folder: {error.strerror}")


def _read(
    path: str,
    named: bool,
    found: DependencyFiles,
    locks: dict[str, Lock],
    said: list[tuple[str, Vulnerability]],
) -> None:
    try:
        raw = _bytes(path)
        lock = _lock(path, raw)
        if lock is not None:
            locks[path] = lock
            found.files.append(File(path, lock.kind, len(lock.packages), 0, None))
            return
        holes = _report(path, raw, named)
    except Unreadable as error:
        found.problems.append(error.words)
        found.files.append(File(path, None, 0, 0, error.words))
        return
    if holes is not None:
        kinds = sorted({hole.source for hole in holes})
        found.files.append(File(path, ", ".join(kinds) or None, 0, len(holes), None))
        said.extend((path, hole) for hole in holes)


def _bytes(path: str) -> bytes:
    from triage_tui.sources.folders import reason

    try:
        with open(path, "rb") as file:
            raw = file.read(MOST + 1)
    except OSError as error:
        raise Unreadable(path, f"cannot read it: {reason(error)}") from None
    if len(raw) > MOST:
        raise Unreadable(path, f"longer than {MOST >> 20} MiB")
    return raw


def _lock(path: str, raw: bytes) -> Lock | None:
    try:
        return lockfiles.read(os.path.basename(path), raw)
    except lockfiles.LockError as error:
        raise Unreadable(path, error.what, error.line) from None


def _report(path: str, raw: bytes, named: bool) -> list[Vulnerability] | None:
    """The holes that a report tells of; None for what is no report and nobody named."""
    from triage_tui.formats.decode import decode
    from triage_tui.model import Batch
    from triage_tui.sources.intake import Intake

    intake = Intake()
    framed = [*intake.feed(raw), *intake.finish()]
    holes: list[Vulnerability] = []
    unparsed, foreign, rows = 0, True, 0
    for part in framed:
        columns = decode(Batch(0, part.data, part.starts, part.lengths, 0, header=part.header))
        holes += [each.vulnerability for each in columns.vulnerabilities]
        unparsed += columns.unparsed
        rows += len(columns)
        foreign &= len(columns) > 0 and columns.unparsed == len(columns)
    if holes or (framed and not foreign and rows == 0):
        if unparsed:
            what = f"{unparsed:,} of its {rows:,} entries could not be read"
            raise Unreadable(path, f"{what}: is it damaged?")
        return holes
    if not named:
        return None
    if intake.error or intake.left:
        raise Unreadable(path, intake.error or intake.left or "")
    raise Unreadable(path, *_why(raw))


def _why(raw: bytes) -> tuple[str, int | None]:
    """What is wrong with what should be a report."""
    import msgspec

    if raw.lstrip()[:1] not in (b"{", b"["):
        return "neither a lock file nor a report that is known here", None
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        place = _BYTE.search(str(error))
        at = int(place[1]) if place else len(raw)
        return f"not JSON: {error}", line_at(raw, at)
    return (
        "JSON, and no report that is known here: npm audit, snyk test, osv-scanner, pip-audit, "
        "Trivy, Grype, CycloneDX with vulnerabilities, Amazon Inspector",
        None,
    )


# -- comparing -------------------------------------------------------------------------------------


def _others(against: str, found: DependencyFiles) -> dict[str, Lock]:
    """The lock files that others are held against, by path."""
    locks: dict[str, Lock] = {}
    for path, named in _files([against], found):
        if named or lockfiles.is_lock_file(os.path.basename(path)):
            try:
                lock = _lock(path, _bytes(path))
                if lock is not None:
                    locks[path] = lock
            except Unreadable as error:
                found.problems.append(error.words)
    if not locks:
        found.problems.append(f"{against}: no lock file in there")
    return locks


def _other(path: str, lock: Lock, others: dict[str, Lock]) -> tuple[str, Lock] | None:
    """What a lock file is held against: the one whose path ends most like its own, of its sort."""
    fitting = [(name, each) for name, each in others.items() if _sort(each) == _sort(lock)]
    mine = path.split(os.sep)[::-1]

    def alike(pair: tuple[str, Lock]) -> int:
        theirs = pair[0].split(os.sep)[::-1]
        pairs = zip(mine, theirs, strict=False)
        return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(mine), len(theirs)))

    return max(fitting, key=alike, default=None)


def _sort(lock: Lock) -> str:
    """Of which packages it is: npm's, whatever the tool, or Python's."""
    return "python" if lock.kind == "requirements" else "npm"


def _dependency(path: str, fault: Fault, other: str | None = None) -> Dependency:
    place = None if other is None or fault.other_line is None else (other, fault.other_line)
    if fault.kind == "removed" and place is not None:
        path = other or path
        fault = fault._replace(line=place[1])
    return Dependency(
        path, fault.line, fault.level, fault.kind, fault.package, fault.version, fault.text, place
    )


def _of_holes(
    said: Sequence[tuple[str, Vulnerability]], locks: dict[str, Lock]
) -> Iterator[Dependency]:
    """The holes, each where its package stands in a lock file, else in its report."""
    reports = {id(each): path for path, each in said}
    places = _places(locks) if said else {}
    for hole in merging.merged(each for _, each in said):
        where = places.get((hole.package.lower(), hole.version))
        where = where or (None if hole.version else places.get((hole.package.lower(), "")))
        path, line, version = where or (reports[id(hole.said[0])], None, hole.version)
        level = merging.gravity(hole) if hole.open else Severity.INFORMATIONAL
        _, _, text = merging.words(hole).partition(": ")
        by = ", ".join(hole.sources)
        yield Dependency(
            path, line, level, "vulnerability", hole.package, version, f"{text} ({by})", hole=hole
        )


def _places(locks: dict[str, Lock]) -> dict[tuple[str, str], tuple[str, int, str]]:
    """(package, version) -> (path, line, version); without a version, the first there is."""
    found: dict[tuple[str, str], tuple[str, int, str]] = {}
    for path, lock in locks.items():
        for package in lock.packages:
            place = path, lock.line(package.at), package.version
            for version in (package.version, ""):
                found.setdefault((package.name.lower(), version), place)
    return found
