"""`grype -o json`: one match of a hole and a package."""

from __future__ import annotations

from triage_tui.model import NO_TIME, Vulnerability

from .base import list_of, table_of, text_of
from .severities import probability_of, rate
from .times import iso_time
from .vulnerability import MOST_NAMES, names, only, texts


class Grype:
    """Images, folders and files."""

    name = "grype"
    mark = b'"descriptor"'

    def holes(self, table: dict[str, object]) -> list[Vulnerability]:
        match = only(table.get("matches"))
        hole, package = table_of(match.get("vulnerability")), table_of(match.get("artifact"))
        name = text_of(package.get("name"))
        related = [table_of(each) for each in list_of(match.get("relatedVulnerabilities"))]
        related = related[:MOST_NAMES]
        known, aliases = names(hole.get("id"), [each.get("id") for each in related])
        if "descriptor" not in table or "ok" in table or name is None or not known:
            return []
        rated = [table_of(each) for one in (hole, *related) for each in list_of(one.get("cvss"))]
        scores = [table_of(each.get("metrics")).get("baseScore") for each in rated]
        rating = rate(
            [each.get("vector") for each in rated], next(iter(scores), None), hole.get("severity")
        )
        fix = table_of(hole.get("fix"))
        places = [table_of(each).get("path") for each in list_of(package.get("locations"))]
        state = text_of(fix.get("state")) or ""
        descriptor = table_of(table.get("descriptor"))
        return [
            Vulnerability(
                source=self.name,
                id=known,
                aliases=aliases,
                package=name,
                version=text_of(package.get("version")) or "",
                fixed=tuple(texts(fix.get("versions"))),
                severity=rating.severity,
                score=rating.score,
                vector=rating.vector,
                epss=_epss(hole, related),
                exploited=any(list_of(one.get("knownExploited")) for one in (hole, *related)),
                title=_title(hole, related),
                ecosystem=text_of(package.get("type")) or "",
                resource=_resource(table_of(table.get("source"))),
                place=next(iter(texts(places)), ""),
                remark="will not be fixed" if state == "wont-fix" else "",
                seen=_time(descriptor.get("timestamp")),
            )
        ]


def _time(value: object) -> int:
    found = iso_time(text_of(value))
    return NO_TIME if found is None else found


def _epss(hole: dict[str, object], related: list[dict[str, object]]) -> float | None:
    entries = [table_of(each) for one in (hole, *related) for each in list_of(one.get("epss"))]
    found = [probability_of(entry.get("epss")) for entry in entries[:MOST_NAMES]]
    return max((value for value in found if value is not None), default=None)


def _title(hole: dict[str, object], related: list[dict[str, object]]) -> str:
    told = (text_of(one.get("description")) for one in (hole, *related))
    return " ".join((next((text for text in told if text), "")[:400]).split())[:120]


def _resource(source: dict[str, object]) -> str:
    """The image as somebody named it, else the folder."""
    target = source.get("target")
    if isinstance(target, str):
        return target
    image = table_of(target)
    return text_of(image.get("userInput")) or next(iter(texts(image.get("tags"))), "")
