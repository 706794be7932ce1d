"""`osv-scanner --format json`: one hole of one package of one source."""

from __future__ import annotations

from triage_tui.model import Vulnerability

from .base import list_of, table_of, text_of
from .severities import rate
from .times import iso_time
from .vulnerability import MOST_NAMES, names, only, texts

_KEYS = frozenset(("results", "experimental_config", "license_summary"))
_CVSS = ("CVSS_V3", "CVSS_V4", "CVSS_V2")
"""In the order in which they are believed: what most others rate by, first."""


class Osv:
    """Records of the OSV schema, with the package that was found."""

    name = "osv"
    mark = b'"packages"'

    def holes(self, table: dict[str, object]) -> list[Vulnerability]:
        result = only(table.get("results"))
        found = only(result.get("packages"))
        package, hole = table_of(found.get("package")), only(found.get("vulnerabilities"))
        name = text_of(package.get("name"))
        ids, group = texts(hole.get("id")), _group(found, text_of(hole.get("id")) or "")
        known, aliases = names(ids, hole.get("aliases"), group.get("aliases"))
        if not table.keys() <= _KEYS or name is None or not known or not ids:
            return []
        rating = rate(
            _vectors(hole),
            group.get("max_severity"),
            table_of(hole.get("database_specific")).get("severity"),
        )
        source = table_of(result.get("source"))
        withdrawn = text_of(hole.get("withdrawn"))
        return [
            Vulnerability(
                source=self.name,
                id=known,
                aliases=aliases,
                package=name,
                version=text_of(package.get("version")) or text_of(package.get("commit")) or "",
                fixed=tuple(_fixed(hole, name)),
                severity=rating.severity,
                score=rating.score,
                vector=rating.vector,
                title=text_of(hole.get("summary")) or "",
                ecosystem=text_of(package.get("ecosystem")) or "",
                resource=text_of(source.get("path")) or "",
                open=withdrawn is None or iso_time(withdrawn) is None,
                remark="withdrawn" if withdrawn else "",
            )
        ]


def _group(found: dict[str, object], known: str) -> dict[str, object]:
    """What osv-scanner made of records that tell of one hole."""
    groups = map(table_of, list_of(found.get("groups"))[:MOST_NAMES])
    return next((group for group in groups if known in texts(group.get("ids"))), {})


def _vectors(hole: dict[str, object]) -> list[object]:
    rated = [table_of(each) for each in list_of(hole.get("severity"))[:MOST_NAMES]]
    return [each.get("score") for kind in _CVSS for each in rated if each.get("type") == kind]


def _fixed(hole: dict[str, object], name: str) -> list[str]:
    """The versions in which it ends; commits are none."""
    found: list[str] = []
    for each in map(table_of, list_of(hole.get("affected"))[:MOST_NAMES]):
        if text_of(table_of(each.get("package")).get("name")) not in (name, None):
            continue
        for span in map(table_of, list_of(each.get("ranges"))[:MOST_NAMES]):
            if span.get("type") != "GIT":
                ends = map(table_of, list_of(span.get("events"))[:MOST_NAMES])
                found += [text for end in ends if (text := text_of(end.get("fixed")))]
    return list(dict.fromkeys(found))
