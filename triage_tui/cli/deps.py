"""`triage-tui deps`: what lock files and reports say of dependencies, for a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    import argparse

    from .depfiles import Dependency, DependencyFiles

SUMMARY = "lock files and vulnerability reports: what is wrong, with file and line"
LEVELS = ("informational", "low", "medium", "high", "critical")
NEVER = "never"


def options(parser: argparse.ArgumentParser) -> None:
    """What `deps` takes."""
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        help="lock files (npm, Yarn, pnpm, requirements.txt), reports of vulnerable packages, and "
        "folders of them",
    )
    parser.add_argument(
        "--against",
        metavar="PATH",
        help="a lock file, or a folder of them, that these should be the same as: what was "
        "deployed, say",
    )
    parser.add_argument(
        "--host",
        metavar="HOST",
        action="append",
        help="from where packages may come, instead of dependencies.hosts of the config; "
        "repeatable",
    )
    parser.add_argument(
        "--fail-on",
        metavar="LEVEL",
        choices=(*LEVELS, NEVER),
        default="low",
        help=f"exit 1 if anything is at least this bad: {', '.join(LEVELS)}, or {NEVER}; "
        "low unless given",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--quiet", action="store_true", help="say nothing but what could not be read"
    )
    shared.config(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints every fault and every hole; 1 where one is as bad as `--fail-on` says."""
    from triage_tui.model import Severity

    from .depfiles import look

    settings = shared.settings(arguments)
    hosts = arguments.host or settings.dependencies.hosts
    found = look(arguments.paths, arguments.against, hosts)
    console.write(_as_json(found) if arguments.json else _as_text(found))
    console.flush()
    for line in found.problems:
        console.say(line)
    if not arguments.quiet:
        for line in found.remarks:
            console.say(line)
    if found.problems:
        return console.TROUBLE
    if arguments.fail_on == NEVER:
        return console.OK
    least = Severity[arguments.fail_on.upper()]
    return console.FOUND if any(each.level >= least for each in found.all) else console.OK


def _as_text(found: DependencyFiles) -> str:
    from .tables import Paper

    paper = Paper()
    lines = [line for each in found.all for line in _lines(paper, each)]
    return "\n".join([*lines, paper.line(_total(found), "strong")]) + "\n"


def _lines(paper: object, each: Dependency) -> list[str]:
    from widgets.text import clean

    from .tables import Paper

    assert isinstance(paper, Paper)  # noqa: S101
    where = each.path if each.line is None else f"{each.path}:{each.line}"
    level = paper.styled(each.level.word, each.level.word if each.level > 2 else "dim")
    what = " ".join(part for part in (each.package, each.version) if part)
    return [
        f"{clean(where)}: {level}: {clean(' '.join(part for part in (what, each.text) if part))}"
    ]


def _total(found: DependencyFiles) -> str:
    counts: dict[str, int] = {}
    for each in sorted(found.all, key=lambda each: -each.level):
        counts[each.level.word] = counts.get(each.level.word, 0) + 1
    wrong = ", ".join(f"{count:,} {word}" for word, count in counts.items())
    packages = sum(file.packages for file in found.files)
    files = f"{len(found.files):,} file{'' if len(found.files) == 1 else 's'}"
    return f"{files}, {packages:,} packages: {wrong or 'nothing wrong'}"


def _as_json(found: DependencyFiles) -> str:
    from triage_tui.report.jsontext import dump

    from .scan import hole_fields

    return (
        dump(
            {
                "files": [file._asdict() for file in found.files],
                "faults": [
                    {
                        "path": each.path,
                        "line": each.line,
                        "level": each.level.word,
                        "kind": each.kind,
                        "package": each.package or None,
                        "version": each.version or None,
                        "text": each.text,
                        "other": None
                        if each.other is None
                        else {"path": each.other[0], "line": each.other[1]},
                    }
                    for each in found.faults
                ],
                "vulnerabilities": [
                    {
                        "path": each.path,
                        "line": each.line,
                        "level": each.level.word,
                        **hole_fields(each.hole),
                        "version": each.version or None,
                        "resource": each.hole.resource or None,
                    }
                    for each in found.holes
                    if each.hole is not None
                ],
            }
        )
        + "\n"
    )
