"""`trivy image`, `fs`, `repo`, … `--format json`: one hole of one target."""

from __future__ import annotations

from triage_tui.model import Vulnerability

from .base import table_of, text_of
from .severities import rate
from .vulnerability import names, only, package_of, texts

_VECTORS = ("V3Vector", "V40Vector", "V2Vector")
_SCORES = ("V3Score", "V40Score", "V2Score")


class Trivy:
    """An artifact is an image, a folder or a repository; a target is a file, or the packages of
    the system in it."""

    name = "trivy"
    mark = b'"ArtifactName"'

    def holes(self, table: dict[str, object]) -> list[Vulnerability]:
        target = only(table.get("Results"))
        hole = only(target.get("Vulnerabilities"))
        package = text_of(hole.get("PkgName"))
        known, aliases = names(hole.get("VulnerabilityID"), hole.get("VendorIDs"))
        if "ArtifactName" not in table or package is None or not known:
            return []
        vectors, score = _rated(hole)
        rating = rate(vectors, score, hole.get("Severity"))
        status = text_of(hole.get("Status")) or ""
        purl = table_of(hole.get("PkgIdentifier")).get("PURL")
        return [
            Vulnerability(
                source=self.name,
                id=known,
                aliases=aliases,
                package=package,
                version=text_of(hole.get("InstalledVersion")) or "",
                fixed=_fixed(hole.get("FixedVersion")),
                severity=rating.severity,
                score=rating.score,
                vector=rating.vector,
                title=text_of(hole.get("Title")) or "",
                ecosystem=package_of(purl)[0] or text_of(target.get("Type")) or "",
                resource=text_of(table.get("ArtifactName")) or "",
                place=text_of(hole.get("PkgPath")) or text_of(target.get("Target")) or "",
                open=status != "not_affected",
                remark="not affected" if status == "not_affected" else "",
            )
        ]


def _rated(hole: dict[str, object]) -> tuple[list[object], object]:
    """(vectors, a score) of CVSS: whom Trivy took the severity from goes first, then NVD."""
    rated = table_of(hole.get("CVSS"))
    order = dict.fromkeys([text_of(hole.get("SeveritySource")) or "nvd", "nvd", "ghsa", *rated])
    tables = [table_of(rated.get(who)) for who in order]
    scores = [table.get(key) for table in tables for key in _SCORES if key in table]
    return [table.get(key) for table in tables for key in _VECTORS], next(iter(scores), None)


def _fixed(value: object) -> tuple[str, ...]:
    """`1.2.3, 2.0.1`."""
    return tuple(texts([part.strip() for part in (text_of(value) or "").split(",")]))
