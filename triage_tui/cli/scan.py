"""`triage-tui scan`: entities ranked by risk, for people or as JSON."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.health import FileReport
    from triage_tui.model import Entity, Hole, Kind, Place, Resource
    from triage_tui.store.filters import Filter
    from triage_tui.triage import Triage

SUMMARY = "entities ranked by risk, with the reasons"
KINDS = ("ip", "network", "principal", "service", "resource")
RESOURCE = "resource"
"""Not who, but what: functions and all else that reports of vulnerable packages tell of."""
LEVELS = ("informational", "low", "medium", "high", "critical")
TOP = 20
MOST_VISITORS = 1000
"""Of each kind that a resource lists."""


def options(parser: argparse.ArgumentParser) -> None:
    """What `scan` takes."""
    shared.paths(parser)
    shared.common(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    ranking(parser)
    failing(parser)


def failing(parser: argparse.ArgumentParser) -> None:
    """When to exit with 1."""
    parser.add_argument(
        "--fail-on",
        metavar="LEVEL",
        choices=LEVELS,
        help="exit 1 if there is a finding or a detection of at least this level: "
        + ", ".join(LEVELS),
    )


def ranking(parser: argparse.ArgumentParser) -> None:
    """What is ranked, and how much of it is shown."""
    parser.add_argument(
        "--by",
        metavar="KIND",
        type=kinds,
        default=("ip", "principal", RESOURCE),
        help=f"{', '.join(KINDS)}, or several with commas between; ip,principal,resource unless "
        "given; resources are what reports of vulnerable packages tell of",
    )
    parser.add_argument(
        "--top",
        metavar="N",
        type=count,
        default=TOP,
        help=f"how many of each kind; 0 is all, {TOP} unless given",
    )


def kinds(text: str) -> tuple[str, ...]:
    """`ip,principal` as kinds. For argparse."""
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [part for part in found if part not in KINDS]
    if unknown or not found:
        raise argparse.ArgumentTypeError(f"{text!r}: choose from {', '.join(KINDS)}")
    return found


def count(text: str) -> int:
    """A number from 0. For argparse."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Reads everything, then prints who stands out."""
    from . import bundled, stillness

    shared.refuse_twice(arguments.paths)
    bundled.opened(arguments)
    with stillness.seldom():
        return _scan(arguments)


def _scan(arguments: argparse.Namespace) -> int:
    from . import compose, knowing, loading, ruling

    settings, selected = shared.settings(arguments), shared.selected(arguments)
    triage = compose.headless(
        arguments.paths,
        settings,
        knowing.knowledge(settings),
        keeps_raw=bool(selected.words),
    )
    try:
        failed = loading.load(triage, selected, quiet=arguments.quiet)
        failed |= ruling.tell_refused(triage.index.rules)
        write(triage, selected, arguments)
        if failed:
            return console.TROUBLE
        return verdict(triage, selected, arguments.fail_on)
    finally:
        triage.raw.close()


def write(
    triage: Triage,
    selected: Filter,
    arguments: argparse.Namespace,
    files: Sequence[FileReport] | None = None,
) -> None:
    """Prints the ranking as JSON or as tables; `files` are those of the triage unless given."""
    wanted = entities_of(arguments.by)
    if arguments.json:
        console.write(as_json(triage, selected, wanted, arguments.top, files) + "\n")
    else:
        from .story import ranking_text

        with_resources = RESOURCE in arguments.by
        told = ranking_text(triage, selected, wanted, arguments.top, resources=with_resources)
        console.write(told)


def entities_of(by: Sequence[str]) -> list[Kind]:
    """The kinds of entities among what somebody wants ranked."""
    from triage_tui.model import Kind

    return [Kind(kind) for kind in by if kind != RESOURCE]


def verdict(triage: Triage, selected: Filter, level: str | None) -> int:
    """The exit code: whether there is a finding of that level. Nobody knows what a rule that was
    refused would have found."""
    from triage_tui.model import Severity

    from .looking import found

    if level is not None and triage.index.rules.refused:
        return console.TROUBLE
    if level is not None and found(triage, selected, Severity[level.upper()]):
        return console.FOUND
    return console.OK


def as_json(
    triage: Triage,
    selected: Filter,
    wanted: Sequence[Kind],
    top: int,
    files: Sequence[FileReport] | None = None,
) -> str:
    """The contract of `scan --json`, one line of ASCII."""
    from triage_tui.report.jsontext import dump
    from triage_tui.report.times import rfc3339

    from .looking import ranked, span

    first, last = span(triage, selected)
    if files is None:
        files = [source.report for source in triage.sources]
    return dump(
        {
            "files": [
                {
                    "path": report.path,
                    "formats": dict(sorted(report.formats.items())),
                    "records": report.records,
                    "unparsed": report.unparsed,
                    "error": report.error or report.left or report.lacks,
                }
                for report in files
            ],
            "events": triage.sight(selected).events,
            "unparsed": triage.index.unparsed,
            "duplicates": triage.index.duplicates,
            "vulnerabilities": triage.index.timeless,
            "first": None if first is None else rfc3339(first),
            "last": None if last is None else rfc3339(last),
            "entities": [
                _entity(entity, triage.place(entity.ref, triage.sight(selected)))
                for kind in wanted
                for entity in ranked(triage, kind, selected, top)
            ],
            "resources": [_resource(each) for each in triage.resources(top or MOST_VISITORS)],
        }
    )


def _resource(resource: Resource) -> dict[str, object]:
    from triage_tui.report.times import rfc3339

    return {
        "name": resource.name,
        "arn": resource.arn or None,
        "holes": [hole_fields(hole) for hole in resource.holes],
        "events": resource.events,
        "attempts": resource.attempts,
        "answered": resource.answered,
        "visitors": [
            {
                "kind": visitor.ref.kind,
                "key": visitor.ref.key,
                "label": visitor.label,
                "events": visitor.events,
                "attempts": visitor.attempts,
                "answered": visitor.answered,
                "last": rfc3339(visitor.last),
            }
            for visitor in resource.visitors
        ],
    }


def hole_fields(hole: Hole) -> dict[str, object]:
    """A hole, for JSON."""
    from .lines import vulnerability

    return {
        "id": hole.id,
        "aliases": hole.aliases,
        "package": hole.package,
        "version": hole.version or None,
        "fixed": hole.fixed,
        "severity": hole.severity.word if hole.severity else None,
        "score": hole.score,
        "epss": hole.epss,
        "exploited": hole.exploited,
        "title": hole.title or None,
        "open": hole.open,
        "remark": hole.remark or None,
        "said": [vulnerability(said) for said in hole.said],
    }


def _entity(entity: Entity, place: Place) -> dict[str, object]:
    from triage_tui.report.times import rfc3339

    return {
        "kind": entity.ref.kind,
        "key": entity.ref.key,
        "label": entity.label,
        "events": entity.events,
        "denied": entity.denied,
        "errors": entity.errors,
        "blocked": entity.blocked,
        "findings": entity.findings,
        "detections": [
            {
                "rule": hit.rule,
                "title": hit.title,
                "level": hit.level,
                "count": times,
                "author": hit.author,
                "licence": hit.licence,
            }
            for hit, times in entity.detections
        ],
        "risk": entity.risk,
        "reasons": [
            {"points": r.points, "text": r.text, "kind": r.kind, "ref": r.ref}
            for r in entity.reasons
        ],
        "first": rfc3339(entity.first),
        "last": rfc3339(entity.last),
        "principals": entity.principals,
        "ips": entity.ips,
        "actions": dict(entity.actions),
        "country": place.country,
        "asn": place.asn,
        "accounts": entity.accounts,
    }
