"""`triage-tui live`: what happens now, on the screen or recorded without one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from . import console, paged, scan
from . import options as shared

if TYPE_CHECKING:
    from pathlib import Path

    from triage_tui.config import Settings
    from triage_tui.store.filters import Filter
    from triage_tui.ui.app import TriageApp

    from .screen import Session

SUMMARY = "live triage of CloudWatch Logs, GuardDuty and CloudTrail"


def options(parser: argparse.ArgumentParser) -> None:
    """What `live` takes."""
    _sources(parser)
    shared.common(parser)
    parser.add_argument(
        "page",
        metavar="PAGE",
        nargs="?",
        type=paged.page,
        help="begin with this finding: its id, its ARN, or the link to its page in the console",
    )
    parser.add_argument("--finding", metavar="PAGE", type=paged.page, help="the same")
    for kind in ("ip", "principal"):
        parser.add_argument(f"--{kind}", metavar=kind.upper(), help=f"begin with this {kind}")
    parser.add_argument(
        "--read-only",
        action="store_true",
        help="change nothing outside; notes are kept all the same",
    )
    parser.add_argument("--dry-run", action="store_true", help="simulate blocks")
    parser.add_argument("--no-record", action="store_true", help="write no recording")
    parser.add_argument(
        "--resume",
        metavar="NIGHT",
        nargs="?",
        const="",
        help="go on with a recorded night (the newest one unless named), and read what was missed",
    )
    shared.slow_link(parser)
    _headless(parser)


def _sources(parser: argparse.ArgumentParser) -> None:
    shared.scope(parser)
    parser.add_argument(
        "--filter-pattern", metavar="PATTERN", help="a filter pattern of CloudWatch Logs"
    )
    parser.add_argument(
        "--since", metavar="SPAN", type=span, help="how far back to begin: 90s, 15m, 2h, 1d"
    )


def _headless(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--headless",
        action="store_true",
        help="record without a screen, then print what scan prints of the recording",
    )
    parser.add_argument(
        "--until",
        metavar="TIME",
        type=shared.moment,
        help="when --headless ends; without it, ctrl+c does",
    )
    parser.add_argument("--json", action="store_true", help="with --headless: one JSON object")
    scan.ranking(parser)
    scan.failing(parser)


def span(text: str) -> str:
    """A span of time. For argparse."""
    from triage_tui.aws.settings import LogsSettings

    try:
        return LogsSettings(since=text).since
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(arguments: argparse.Namespace) -> int:
    """Opens the screen over what is live, or records it."""
    if arguments.resume is not None:
        from . import begun

        begun.take_up(arguments)
    loaded = shared.loaded(arguments)
    problem = _misused(arguments)
    if problem:
        console.say(problem)
        return console.TROUBLE
    asks = arguments.implied and not arguments.headless and not arguments.log_group
    if asks and not loaded.exists:
        from . import first

        asked_for = arguments.profile or (), arguments.region or ()
        if not first.set_up(loaded.path, profiles=asked_for[0], regions=asked_for[1]):
            console.say("nothing was written; `triage-tui demo` shows what it is like")
            return console.OK
        loaded = shared.loaded(arguments)
    settings = paged.here(asked(loaded.settings, arguments), arguments.finding)
    selected = _selected(arguments)
    if not arguments.headless:
        return _on_screen(settings, arguments, selected)
    from . import nightly

    return nightly.headless(settings, arguments, selected)


def _selected(arguments: argparse.Namespace) -> Filter:
    """The filter; an address or a principal to begin with is a term of it."""
    terms = [
        f'{kind}:"{value}"' for kind in ("ip", "principal") if (value := vars(arguments)[kind])
    ]
    arguments.filter = " ".join([*terms, arguments.filter]).strip()
    return shared.selected(arguments)


def _on_screen(settings: Settings, arguments: argparse.Namespace, selected: Filter) -> int:
    """Shows the screen; the AWS client, which takes longer to load than all else, comes behind the
    first frame."""
    from functools import partial

    from triage_tui.ui.app import TriageApp

    from . import screen, stage, state
    from .config_edit import ConfigKeeper

    app = TriageApp(
        title=", ".join(settings.aws.regions),
        mode="LIVE",
        initial_filter=selected,
        keymap=settings.keys,
        slow_link=arguments.slow_link,
        sent=stage.sent,
        terminal=settings.terminal,
    )
    app.keeper = ConfigKeeper(shared.config_path(arguments))
    app.kept_filters = list(settings.filters)
    folder = state.root() / ("dry-run" if arguments.dry_run else "live")
    return screen.show(app, partial(_open, settings, arguments, folder), folder)


async def _open(
    settings: Settings,
    arguments: argparse.Namespace,
    folder: Path,
    app: TriageApp,
    session: Session,
    _stdin: int,
) -> None:
    """Opens the night, and runs it until somebody leaves."""
    from . import screen

    await screen.bring("triage_tui.cli.nightly")
    from . import nightly

    await nightly.show(settings, arguments, folder, app, session)


def _misused(arguments: argparse.Namespace) -> str | None:
    """Options that do not go together."""
    if arguments.page is not None and arguments.finding is not None:
        return "--finding says the same as PAGE: give one of them"
    arguments.finding = arguments.finding or arguments.page
    if arguments.headless:
        return "--headless records: it cannot go with --no-record" if arguments.no_record else None
    if arguments.until is not None or arguments.json:
        return "--until and --json are for --headless"
    if not console.has_screen():
        return "live needs a terminal; without one: triage-tui live --headless"
    return None


def asked(settings: Settings, arguments: argparse.Namespace) -> Settings:
    """The settings, with what the command line says instead."""
    import msgspec

    settings = shared.scoped(settings, arguments)
    logs = settings.logs
    if arguments.filter_pattern is not None:
        logs = msgspec.structs.replace(logs, filter_pattern=arguments.filter_pattern)
    if arguments.since is not None:
        logs = msgspec.structs.replace(logs, since=arguments.since)
    return msgspec.structs.replace(settings, logs=logs)
