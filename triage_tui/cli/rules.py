"""`triage-tui rules`: which rules load, and how they fare on some logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from triage_tui.config import Settings
    from triage_tui.detect.ruleset import Refused, Rule, RuleSet
    from triage_tui.store.rulebook import RuleState

SUMMARY = "Sigma rules: which load, which are refused and why, how they fare"
WHAT = ("check", "list")


def options(parser: argparse.ArgumentParser) -> None:
    """What `rules` takes."""
    parser.add_argument(
        "what",
        metavar="WHAT",
        choices=WHAT,
        help="check: what is refused and why, and with --on how each rule fares on logs; "
        "list: every rule with its level, author and licence",
    )
    parser.add_argument(
        "--on",
        metavar="PATH",
        dest="paths",
        action="append",
        default=[],
        help="for check: logs to run the rules on; repeatable",
    )
    shared.rules(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--quiet", action="store_true", help="say nothing but what is wrong")
    shared.config(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints what was asked for; 2 where a rule was refused."""
    from . import bundled
    from .ruling import rules

    shared.refuse_twice(arguments.paths)
    bundled.opened(arguments)
    settings = shared.settings(arguments)
    found = rules(settings)
    failed = False
    if arguments.what == "list":
        console.write(_list(found, as_json=arguments.json))
    else:
        states, failed = _fare(settings, arguments) if arguments.paths else ([], False)
        console.write(_check(found, states, as_json=arguments.json))
    return console.TROUBLE if failed or found.refused else console.OK


def _fare(settings: Settings, arguments: argparse.Namespace) -> tuple[list[RuleState], bool]:
    """How the rules fare on the logs, and whether any of these could not be read."""
    from triage_tui.store.filters import ALL
    from triage_tui.store.rulebook import rule_states

    from . import compose, knowing, loading

    triage = compose.headless(
        arguments.paths, settings, knowing.knowledge(settings), keeps_raw=False
    )
    try:
        failed = loading.load(triage, ALL, quiet=arguments.quiet)
        return rule_states(triage.sight()), failed
    finally:
        triage.raw.close()


def _check(found: RuleSet, states: Sequence[RuleState], *, as_json: bool) -> str:
    from widgets.text import clean

    if as_json:
        return _dump(
            {
                "loaded": len(found.rules),
                "refused": [_refused(each) for each in found.refused],
                "rules": [
                    {**_named(state.rule), "count": state.matched, "remark": state.remark or None}
                    for state in states
                ],
            }
        )
    lines = [f"{len(found.rules):,} rules loaded, {len(found.refused):,} refused"]
    lines += [f"  {each.place}: {each.reason}" for each in found.refused]
    for title, chosen in (
        ("FIRED", [s for s in states if s.matched and not s.fires_always]),
        ("FIRED ON NEARLY EVERYTHING", [s for s in states if s.fires_always]),
        ("A FIELD WAS NEVER SEEN", [s for s in states if s.never_seen and not s.matched]),
        ("CANNOT FIRE ON THESE LOGS", [s for s in states if s.cannot_fire]),
    ):
        if chosen:
            lines += ["", f"{title} ({len(chosen):,})", *map(_line, chosen)]
    return "".join(f"{clean(line)}\n" for line in lines)


def _line(state: RuleState) -> str:
    rule = state.rule
    count = f"{state.matched:>9,}  " if state.matched else "  "
    why = state.remark.removeprefix("cannot fire: ")  # the title of the list says that
    remark = f"  [{why}]" if why else ""
    return f"{count}{rule.level.word:<14}{rule.title}{_by(rule)}{remark}"


def _by(rule: Rule) -> str:
    """` — Ada, DRL 1.1`."""
    words = ", ".join(word for word in (rule.author, rule.licence) if word)
    return f" — {words}" if words else ""


def _list(found: RuleSet, *, as_json: bool) -> str:
    from widgets.text import clean

    if as_json:
        return _dump({"rules": [_told(rule) for rule in found.rules]})
    lines = (f"{rule.id:<38}{rule.level.word:<14}{rule.title}{_by(rule)}" for rule in found.rules)
    return "".join(f"{clean(line)}\n" for line in lines)


def _named(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.id,
        "title": rule.title,
        "level": rule.level.word,
        "author": rule.author or None,
        "licence": rule.licence or None,
    }


def _told(rule: Rule) -> dict[str, object]:
    return {
        **_named(rule),
        "path": rule.path,
        "status": rule.status or None,
        "description": rule.description or None,
        "tags": rule.tags,
        "references": rule.references,
        "false_positives": rule.false_positives,
    }


def _refused(each: Refused) -> dict[str, object]:
    return {"path": each.path, "line": each.line or None, "reason": each.reason}


def _dump(value: dict[str, object]) -> str:
    from triage_tui.report.jsontext import dump

    return f"{dump(value)}\n"
