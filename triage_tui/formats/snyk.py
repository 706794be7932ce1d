"""`snyk test --json`: one issue, on one path through the tree of packages."""

from __future__ import annotations

from triage_tui.model import Vulnerability

from .base import list_of, table_of, text_of
from .severities import probability_of, rate
from .vulnerability import joined, names, only, texts


class Snyk:
    """Projects and images. The path in the tree stands from the root to the package."""

    name = "snyk"
    mark = b'"ok"'

    def holes(self, table: dict[str, object]) -> list[Vulnerability]:
        issue = only(table.get("vulnerabilities"))
        if "ok" not in table or not issue or issue.get("type") == "license":
            return []
        package = text_of(issue.get("packageName")) or text_of(issue.get("moduleName"))
        identifiers = table_of(issue.get("identifiers"))
        known, aliases = names(identifiers.get("CVE"), issue.get("id"), identifiers.get("GHSA"))
        if package is None or not known:
            return []
        rating = rate(
            [issue.get("CVSSv3"), issue.get("CVSSv4")],
            issue.get("cvssScore"),
            issue.get("severity"),
        )
        epss = table_of(issue.get("epssDetails"))
        through = texts(issue.get("from"))
        semver = table_of(issue.get("semver"))
        return [
            Vulnerability(
                source=self.name,
                id=known,
                aliases=aliases,
                package=package,
                version=text_of(issue.get("version")) or "",
                affected=joined(texts(semver.get("vulnerable")), " || "),
                fixed=tuple(texts(issue.get("fixedIn"))),
                severity=rating.severity,
                score=rating.score,
                vector=rating.vector,
                epss=probability_of(epss.get("probability")),
                exploited=_is_attacked(issue),
                title=text_of(issue.get("title")) or "",
                ecosystem=text_of(issue.get("packageManager"))
                or text_of(table.get("packageManager"))
                or "",
                resource=_resource(table),
                place=" > ".join(through[1:]),
            )
        ]


def _is_attacked(issue: dict[str, object]) -> bool:
    """Whether Snyk knows of attacks, or of exploits that anybody can run."""
    details = table_of(issue.get("exploitDetails"))
    levels = [issue.get("exploit"), *(table_of(e).get("level") for e in _levels(details))]
    return any(isinstance(level, str) and level.lower() == "attacked" for level in levels)


def _levels(details: dict[str, object]) -> list[object]:
    return list_of(details.get("maturityLevels"))


def _resource(table: dict[str, object]) -> str:
    """What was tested: an image, else the project, with the file that was read."""
    if "docker" in table:
        image = text_of(table.get("path")) or text_of(table.get("projectName"))
        return (image or "").removeprefix("docker-image|")
    project = text_of(table.get("projectName")) or text_of(table.get("path")) or ""
    file = text_of(table.get("displayTargetFile"))
    return f"{project} ({file})" if project and file else project or file or ""
