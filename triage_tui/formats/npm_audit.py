"""`npm audit --json`, of npm 7 and newer and of npm 6: one advisory for one package."""

from __future__ import annotations

from triage_tui.model import Vulnerability

from .base import table_of, text_of
from .severities import rate
from .vulnerability import advisory_of, joined, names, only, texts

_NONE: list[Vulnerability] = []


class NpmAudit:
    """Neither names what it looked at: that is the folder in which it ran. npm 7 names no version
    that is installed."""

    name = "npm_audit"
    mark = b'"severity"'

    def holes(self, table: dict[str, object]) -> list[Vulnerability]:
        if "auditReportVersion" in table:
            return _seven(table_of(table.get("vulnerabilities")))
        return _six(table_of(table.get("advisories")))


def _seven(packages: dict[str, object]) -> list[Vulnerability]:
    if len(packages) != 1:
        return _NONE
    [(name, value)] = packages.items()
    package = table_of(value)
    advisory = only(package.get("via"))
    known, aliases = names(advisory_of(advisory.get("url")), _number(advisory.get("source")))
    if not name or not known:
        return _NONE
    cvss = table_of(advisory.get("cvss"))
    rating = rate([cvss.get("vectorString")], cvss.get("score"), advisory.get("severity"))
    fix = package.get("fixAvailable")
    # Of an indirect dependency it is the version of another package that is named.
    own_fix = table_of(fix).get("name") == name
    affected = text_of(advisory.get("range")) or text_of(package.get("range")) or ""
    fixed = [*texts(table_of(fix).get("version") if own_fix else None)]
    return [
        Vulnerability(
            source=NpmAudit.name,
            id=known,
            aliases=aliases,
            package=name,
            affected=affected,
            fixed=tuple(fixed or _first_beyond(affected)),
            severity=rating.severity,
            score=rating.score,
            vector=rating.vector,
            title=text_of(advisory.get("title")) or "",
            ecosystem="npm",
            place=joined(texts(package.get("nodes"))[:3], ", "),
        )
    ]


def _first_beyond(affected: str) -> list[str]:
    """The first version beyond a range, where the range says so: `<4.17.21` ends before it."""
    last = affected.rpartition("||")[2].split()
    bound = last[-1] if last else ""
    return [bound[1:]] if bound[:1] == "<" and bound[1:2].isdigit() else []


def _six(advisories: dict[str, object]) -> list[Vulnerability]:
    if len(advisories) != 1:
        return _NONE
    [(number, value)] = advisories.items()
    advisory = table_of(value)
    finding = only(advisory.get("findings"))
    package = text_of(advisory.get("module_name"))
    github = text_of(advisory.get("github_advisory_id")) or advisory_of(advisory.get("url"))
    known, aliases = names(advisory.get("cves"), github, _number(number))
    if package is None or not finding or not known:
        return _NONE
    cvss = table_of(advisory.get("cvss"))
    rating = rate([cvss.get("vectorString")], cvss.get("score"), advisory.get("severity"))
    patched = text_of(advisory.get("patched_versions")) or ""
    return [
        Vulnerability(
            source=NpmAudit.name,
            id=known,
            aliases=aliases,
            package=package,
            version=text_of(finding.get("version")) or "",
            affected=text_of(advisory.get("vulnerable_versions")) or "",
            fixed=() if patched in ("", "<0.0.0") else (patched.removeprefix(">="),),
            severity=rating.severity,
            score=rating.score,
            vector=rating.vector,
            title=text_of(advisory.get("title")) or "",
            ecosystem="npm",
            place=joined(texts(finding.get("paths"))[:3], ", "),
        )
    ]


def _number(value: object) -> str:
    """How npm numbers advisories."""
    text = text_of(value)
    return f"npm:{text}" if text and text.isdecimal() else ""
