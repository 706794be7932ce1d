"""Reports of what looks for vulnerable packages: one document of all that it found.

Each hole becomes a document of its own, of the same shape, with what the report says around it and
that one hole. A report of a single hole is such a document already, and no wrapping.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from .lenient import decode_leniently, to_bytes
from .piece import Piece

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    _Table: TypeAlias = dict[str, object]
    _Divide: TypeAlias = Callable[[_Table], Iterator[object] | None]

_MARKS = (
    b'"auditReportVersion"',
    b'"advisories"',
    b'"ArtifactName"',
    b'"bomFormat"',
    b'"descriptor"',
    b'"vulnerabilities"',
    b'"vulns"',
    b'"skip_reason"',
    b'"results"',
)
"""Any report has one of them."""
_decode = msgspec.json.Decoder(object).decode
_MOST = 50
"""How many times the report's length its pieces may have: what stands around a hole is said again
with each."""
_OSV = frozenset(("results", "experimental_config", "license_summary"))


def unwrap_report(raw: bytes) -> list[Piece] | None:
    """The holes of a report, each as a report of its own; none of a report that has none. What is
    no hole where one should be is a piece that is not `whole`."""
    table = _document(raw) if any(mark in raw for mark in _MARKS) else {}
    for divide in _TOOLS:
        found = divide(table)
        if found is not None:
            holes = [*found]
            return None if holes == [table] else _pieces(holes, _MOST * len(raw))
    return None


def _document(raw: bytes) -> _Table:
    try:
        value = _decode(raw)
    except RecursionError:
        return {}
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = decode_leniently(raw)
    return value if isinstance(value, dict) else {}


class _Odd:
    """What stands where a hole should."""

    def __init__(self, value: object) -> None:
        self.value = value


def _pieces(holes: list[object], room: int) -> list[Piece] | None:
    """None where they would take far more room than the report, which no tool writes."""
    pieces: list[Piece] = []
    for hole in holes:
        piece = _piece(hole)
        pieces.append(piece)
        room -= len(piece.data or b"")
        if room < 0:
            return None
    return pieces


def _piece(hole: object) -> Piece:
    if isinstance(hole, _Odd):
        return Piece(data=_encoded(hole.value), whole=False)
    return Piece(data=_encoded(hole))


def _encoded(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (ValueError, UnicodeError, RecursionError, OverflowError):
        try:
            return to_bytes(json.dumps(value, ensure_ascii=False))
        except RecursionError:
            return b"null"


def _tables(value: object) -> Iterator[_Table | _Odd]:
    """The objects of a list."""
    for each in value if isinstance(value, list) else ():
        yield each if isinstance(each, dict) else _Odd(each)


def _with(table: _Table, **parts: object) -> _Table:
    return {**table, **parts}


def _kept(table: _Table, keys: str) -> _Table:
    """What is said again with each hole: no more than what is wanted of it."""
    return {key: table[key] for key in keys.split() if key in table}


# -- tools -----------------------------------------------------------------------------------------


def _npm(table: _Table) -> Iterator[object] | None:
    """`npm audit --json` since npm 7: by package, the advisories that it is affected `via`; where
    that is another package's name, the hole is that one's."""
    found = table.get("vulnerabilities")
    if "auditReportVersion" not in table or not isinstance(found, dict):
        return None

    def holes() -> Iterator[object]:
        for name, package in found.items():
            via = package.get("via") if isinstance(package, dict) else None
            if not isinstance(package, dict) or not isinstance(via, list):
                yield _Odd({name: package})
                continue
            about = _kept(package, "name severity isDirect range fixAvailable")
            nodes = package.get("nodes")
            if isinstance(nodes, list):
                about["nodes"] = nodes[:10]
            for each in via:
                if isinstance(each, dict):
                    one = {name: {**about, "via": [each]}}
                    yield {
                        "auditReportVersion": table["auditReportVersion"],
                        "vulnerabilities": one,
                    }
                elif not isinstance(each, str):
                    yield _Odd({name: each})

    return holes()


_ADVISORY = (
    "id title module_name cves vulnerable_versions patched_versions severity cvss"
    " github_advisory_id url"
)


def _npm_6(table: _Table) -> Iterator[object] | None:
    """The same of npm 6: advisories by their number, each with where it was found."""
    found = table.get("advisories")
    if not isinstance(found, dict) or "auditReportVersion" in table:
        return None

    def holes() -> Iterator[object]:
        for number, advisory in found.items():
            places = advisory.get("findings") if isinstance(advisory, dict) else None
            if not isinstance(advisory, dict) or not isinstance(places, list):
                yield _Odd({number: advisory})
                continue
            about = _kept(advisory, _ADVISORY)
            for place in _tables(places):
                one = {number: {**about, "findings": [place]}}
                yield place if isinstance(place, _Odd) else {"advisories": one}

    return holes()


def _snyk(table: _Table) -> Iterator[object] | None:
    """`snyk test --json`: one project; of several, this is an element of their list. A path in the
    tree of packages is a hole of its own; a licence that somebody minds is none."""
    found = table.get("vulnerabilities")
    if not isinstance(found, list) or "ok" not in table or "bomFormat" in table:
        return None
    about = _kept(table, "ok packageManager projectName displayTargetFile path org docker")
    return (
        each if isinstance(each, _Odd) else {**about, "vulnerabilities": [each]}
        for each in _tables(found)
        if isinstance(each, _Odd) or each.get("type") != "license"
    )


def _osv(table: _Table) -> Iterator[object] | None:
    """`osv-scanner --format json`: by source, by package."""
    results = table.get("results")
    if not isinstance(results, list) or not table.keys() <= _OSV:
        return None
    if not all(isinstance(each, dict) and "packages" in each for each in results):
        return None

    def holes() -> Iterator[object]:
        for result in _tables(results):
            assert isinstance(result, dict)  # noqa: S101 - as was just seen
            source = _kept(result, "source")
            for package in _tables(result["packages"]):
                if isinstance(package, _Odd):
                    yield package
                    continue
                about, groups = _kept(package, "package"), _groups(package.get("groups"))
                for each in _tables(package.get("vulnerabilities")):
                    if isinstance(each, _Odd):
                        yield each
                        continue
                    one = {**about, "vulnerabilities": [each]}
                    name = each.get("id")
                    group = groups.get(name) if isinstance(name, str) else None
                    if group is not None:
                        one["groups"] = [group]
                    yield {"results": [{**source, "packages": [one]}]}

    return holes()


def _groups(value: object) -> dict[str, _Table]:
    """Groups of holes that are one, by the names of these."""
    found: dict[str, _Table] = {}
    for group in _tables(value):
        ids = group.get("ids") if isinstance(group, dict) else None
        if isinstance(group, dict) and isinstance(ids, list):
            found |= {each: group for each in ids if isinstance(each, str)}
    return found


def _pip_audit(table: _Table) -> Iterator[object] | None:
    """`pip-audit --format json`: by package; of old ones this is an element of their list."""
    found = table.get("dependencies")
    if found is None and "name" in table:
        if isinstance(table.get("vulns"), list):
            return _vulns(table)
        return iter(()) if table.keys() == {"name", "skip_reason"} else None
    if not isinstance(found, list) or not _has_vulns(found):
        return None

    def holes() -> Iterator[object]:
        for package in _tables(found):
            if isinstance(package, _Odd):
                yield package
            elif "skip_reason" not in package:
                yield from _vulns(package)

    return holes()


def _has_vulns(found: list[object]) -> bool:
    return any(
        isinstance(each, dict) and ("vulns" in each or "skip_reason" in each) for each in found
    )


def _vulns(package: _Table) -> Iterator[object]:
    for each in _tables(package.get("vulns")):
        yield (
            each if isinstance(each, _Odd) else {**_kept(package, "name version"), "vulns": [each]}
        )


def _trivy(table: _Table) -> Iterator[object] | None:
    """`trivy … --format json`: by target, which is a file of what was scanned."""
    if "ArtifactName" not in table or "SchemaVersion" not in table:
        return None
    about = _kept(table, "SchemaVersion CreatedAt ArtifactName ArtifactType")

    def holes() -> Iterator[object]:
        for result in _tables(table.get("Results")):
            if isinstance(result, _Odd):
                yield result
                continue
            target = _kept(result, "Target Class Type")
            for each in _tables(result.get("Vulnerabilities")):
                one = {**about, "Results": [{**target, "Vulnerabilities": [each]}]}
                yield each if isinstance(each, _Odd) else one

    return holes()


def _grype(table: _Table) -> Iterator[object] | None:
    """`grype -o json`."""
    found = table.get("matches")
    if not isinstance(found, list) or "descriptor" not in table:
        return None
    source, descriptor = table.get("source"), table["descriptor"]
    about: _Table = {}
    if isinstance(source, dict):
        target = source.get("target")
        if isinstance(target, dict):
            target = _kept(target, "userInput imageID tags")
        about["source"] = {**_kept(source, "type"), "target": target}
    about["descriptor"] = (
        _kept(descriptor, "name version timestamp") if isinstance(descriptor, dict) else descriptor
    )
    return (
        each if isinstance(each, _Odd) else {"matches": [each], **about} for each in _tables(found)
    )


def _cyclonedx(table: _Table) -> Iterator[object] | None:
    """CycloneDX with vulnerabilities: one for each component that it affects, which goes along."""
    found = table.get("vulnerabilities")
    if "bomFormat" not in table or not isinstance(found, list):
        return None
    about = _kept(table, "bomFormat specVersion serialNumber version")
    metadata = table.get("metadata")
    if isinstance(metadata, dict):
        about["metadata"] = _kept(metadata, "timestamp")
        if isinstance(metadata.get("component"), dict):
            component = _kept(metadata["component"], "type bom-ref group name version purl")
            about["metadata"] = {**_kept(metadata, "timestamp"), "component": component}
    components = dict(_components(table.get("components"), 0))

    def holes() -> Iterator[object]:
        for hole in _tables(found):
            affects = hole.get("affects") if isinstance(hole, dict) else None
            if isinstance(hole, _Odd) or not isinstance(affects, list):
                yield hole if isinstance(hole, _Odd) else _Odd(hole)
                continue
            for each in _tables(affects):
                ref = each.get("ref") if isinstance(each, dict) else None
                component = components.get(ref) if isinstance(ref, str) else None
                more = {} if component is None else {"components": [component]}
                one = {**about, **more, "vulnerabilities": [_with(hole, affects=[each])]}
                yield each if isinstance(each, _Odd) else one

    return holes()


_DEEPEST = 20
"""Components within components that are looked for."""


def _components(value: object, depth: int) -> Iterator[tuple[str, _Table]]:
    """(reference, component without those in it)."""
    for each in _tables(value):
        if isinstance(each, dict):
            ref = each.get("bom-ref")
            if isinstance(ref, str):
                yield ref, _kept(each, "type bom-ref group name version purl")
            if depth < _DEEPEST:
                yield from _components(each.get("components"), depth + 1)


_TOOLS: Sequence[_Divide] = (
    _npm,
    _npm_6,
    _trivy,
    _cyclonedx,
    _snyk,
    _grype,
    _osv,
    _pip_audit,
)
