"""CycloneDX with vulnerabilities, a VEX: one hole of one component, and what became of it."""

from __future__ import annotations

from triage_tui.model import NO_TIME, Vulnerability

from .base import list_of, table_of, text_of
from .severities import Rating, rate
from .times import iso_time
from .vulnerability import MOST_NAMES, joined, names, only, package_of, texts

_CLOSED = {
    "not_affected": "not affected",
    "false_positive": "false positive",
    "resolved": "resolved",
    "resolved_with_pedigree": "resolved",
}
"""States of an analysis in which there is no danger."""
_METHODS = ("CVSSv31", "CVSSv3", "CVSSv4", "CVSSv2")


class CycloneDx:
    """A component is told by a reference: its package URL, or that of the document that lists
    it."""

    name = "cyclonedx"
    mark = b'"bomFormat"'

    def holes(self, table: dict[str, object]) -> list[Vulnerability]:
        hole = only(table.get("vulnerabilities"))
        affected = only(hole.get("affects"))
        references = [table_of(each).get("id") for each in list_of(hole.get("references"))]
        known, aliases = names(hole.get("id"), references)
        component = _component(table, text_of(affected.get("ref")) or "")
        if "bomFormat" not in table or component is None or not known:
            return []
        ecosystem, package, version = component
        versions = [table_of(each) for each in list_of(affected.get("versions"))[:MOST_NAMES]]
        rating = _rating(hole)
        is_open, remark = _analysis(hole, versions)
        metadata = table_of(table.get("metadata"))
        seen = iso_time(text_of(hole.get("updated")) or text_of(metadata.get("timestamp")))
        return [
            Vulnerability(
                source=self.name,
                id=known,
                aliases=aliases,
                package=package,
                version=version or _version(versions, "version", "affected"),
                affected=_version(versions, "range", "affected"),
                fixed=tuple(texts(_version(versions, "version", "unaffected"))),
                severity=rating.severity,
                score=rating.score,
                vector=rating.vector,
                title=" ".join((text_of(hole.get("description")) or "")[:400].split())[:120],
                ecosystem=ecosystem,
                resource=_resource(table_of(metadata.get("component"))),
                open=is_open,
                remark=remark,
                seen=NO_TIME if seen is None else seen,
            )
        ]


def _component(table: dict[str, object], ref: str) -> tuple[str, str, str] | None:
    """(ecosystem, name, version) of what a reference stands for."""
    listed = [table_of(each) for each in list_of(table.get("components"))]
    root = table_of(table_of(table.get("metadata")).get("component"))
    for component in (*listed, root):
        name = text_of(component.get("name"))
        if ref and component.get("bom-ref") == ref and name:
            whole = joined((component.get("group"), name), "/")
            kind, _, _ = package_of(component.get("purl"))
            return kind, whole, text_of(component.get("version")) or ""
    # Of another document: `urn:cdx:SERIAL/VERSION#pkg:npm/…`.
    kind, name, version = package_of(ref.rpartition("#")[2])
    return (kind, name, version) if name else None


def _rating(hole: dict[str, object]) -> Rating:
    ratings = [table_of(each) for each in list_of(hole.get("ratings"))[:MOST_NAMES]]
    vectors = [
        each.get("vector")
        for method in _METHODS
        for each in ratings
        if each.get("method") == method
    ]
    scores = [each.get("score") for each in ratings if each.get("method") in _METHODS]
    words = [each.get("severity") for each in ratings]
    return rate(vectors, next(iter(scores), None), next(iter(words), None))


def _analysis(hole: dict[str, object], versions: list[dict[str, object]]) -> tuple[bool, str]:
    """(whether it is a danger, why not)."""
    analysis = table_of(hole.get("analysis"))
    state = text_of(analysis.get("state")) or ""
    if state in _CLOSED:
        why = text_of(analysis.get("justification")) or text_of(analysis.get("detail")) or ""
        reason = " ".join(why.replace("_", " ").split())[:120]
        return False, f"{_CLOSED[state]}: {reason}" if reason else _CLOSED[state]
    # Unless it is said of a version, it is affected.
    if versions and all(each.get("status") == "unaffected" for each in versions):
        return False, "not affected in this version"
    return True, "being looked at" if state == "in_triage" else ""


def _version(versions: list[dict[str, object]], key: str, status: str) -> str:
    found = (
        text_of(each.get(key)) for each in versions if each.get("status", "affected") == status
    )
    return next((text for text in found if text), "")


def _resource(component: dict[str, object]) -> str:
    """What the document is about."""
    name, version = text_of(component.get("name")), text_of(component.get("version"))
    whole = joined((component.get("group"), name), "/")
    return f"{whole}@{version}" if whole and version else whole
