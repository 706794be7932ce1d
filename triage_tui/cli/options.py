"""Options that several commands take."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING, NamedTuple

from . import console

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from triage_tui.config import Loaded, Settings
    from triage_tui.store.filters import Filter, FilterError


STDIN = "-"
"""The path that stands for it."""


def refuse_twice(paths: Sequence[str]) -> None:
    """Ends the program if stdin is named more than once."""
    if paths.count(STDIN) > 1:
        console.say("- (stdin) can be read once only; name it once")
        sys.exit(console.TROUBLE)


def paths(parser: argparse.ArgumentParser) -> None:
    """What to read."""
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        help="files and folders of logs, plain, gz, bz2 or zstd, and incident bundles, in the"
        " order given; - is stdin",
    )


def common(parser: argparse.ArgumentParser) -> None:
    """What every command that reads takes."""
    parser.add_argument(
        "--filter",
        metavar="EXPR",
        default="",
        help='narrow down, for example: ip:203.0.113.0/24 -outcome:ok action:Delete* "phpmyadmin"',
    )
    rules(parser)
    parser.add_argument(
        "--quiet", action="store_true", help="say nothing but what could not be read"
    )
    config(parser)


def rules(parser: argparse.ArgumentParser) -> None:
    """Which rules run."""
    parser.add_argument(
        "--rules",
        metavar="PATH",
        action="append",
        help="a Sigma file or folder, instead of the rules of the config and our own; repeatable;"
        " default is our own",
    )
    parser.add_argument("--no-rules", action="store_true", help="run no rules")


def config(parser: argparse.ArgumentParser) -> None:
    """What every command takes."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the settings; `triage-tui config path` says which file is read unless given",
    )


def scope(parser: argparse.ArgumentParser) -> None:
    """Whose accounts, where, and which log groups."""
    parser.add_argument(
        "--log-group",
        metavar="GLOB",
        action="append",
        help="log groups to tail, instead of logs.groups of the config; * stands for any text",
    )
    for name, what in (("profile", "of ~/.aws/config"), ("region", "to look in")):
        parser.add_argument(
            f"--{name}",
            metavar=name.upper(),
            action="append",
            help=f"{name} {what}, instead of aws.{name}s of the config; repeatable",
        )


def scoped(settings: Settings, arguments: argparse.Namespace) -> Settings:
    """The settings, with the accounts, regions and log groups that the command line says."""
    import msgspec

    aws, logs = settings.aws, settings.logs
    if arguments.profile:
        aws = msgspec.structs.replace(aws, profiles=tuple(arguments.profile), roles=())
    if arguments.region:
        aws = msgspec.structs.replace(aws, regions=tuple(arguments.region))
    if arguments.log_group:
        logs = msgspec.structs.replace(logs, groups=tuple(arguments.log_group), exclude=())
    return msgspec.structs.replace(settings, aws=aws, logs=logs)


def loaded(arguments: argparse.Namespace) -> Loaded:
    """The config. Ends the program when something in it is wrong."""
    from pathlib import Path

    from triage_tui.config import ConfigError, load

    asked: str | None = arguments.config
    try:
        return load(None if asked is None else Path(asked))
    except ConfigError as error:
        for line in error.problems:
            console.say(line)
        sys.exit(console.TROUBLE)


def config_path(arguments: argparse.Namespace) -> Path:
    """Where the config lies, or would."""
    from pathlib import Path

    from triage_tui.config import default_path

    return Path(arguments.config) if arguments.config else default_path()


def settings(arguments: argparse.Namespace) -> Settings:
    """The settings in force, with what the command line says instead. Ends the program when one is
    wrong."""
    import msgspec

    from triage_tui.detect.packs import OWN
    from triage_tui.detect.rule_settings import RuleSettings

    found = loaded(arguments).settings
    asked: list[str] | None = getattr(arguments, "rules", None)
    if getattr(arguments, "no_rules", False):
        if asked:
            console.say("--rules and --no-rules do not go together")
            sys.exit(console.TROUBLE)
        return msgspec.structs.replace(found, rules=RuleSettings(own=False))
    if asked:
        said = msgspec.structs.replace(
            found.rules,
            folders=tuple(path for path in asked if path != OWN),
            own=OWN in asked,
        )
        return msgspec.structs.replace(found, rules=said)
    return found


def transport(parser: argparse.ArgumentParser) -> None:
    """Where a replay begins and how fast it goes."""
    parser.add_argument(
        "--speed",
        metavar="N",
        type=speed,
        help="event seconds per second, for example 60; max shows everything at once",
    )
    parser.add_argument(
        "--at",
        metavar="TIME",
        type=moment,
        help="begin with that second: 2026-03-15T02:14:07Z, in UTC unless it says otherwise",
    )
    parser.add_argument("--paused", action="store_true", help="stand still until Space is pressed")
    slow_link(parser)


def slow_link(parser: argparse.ArgumentParser) -> None:
    """How much the line to the terminal carries."""
    parser.add_argument(
        "--slow-link",
        action="store_true",
        help="paint little: at most 2 KB/s to the terminal by itself, sixteen colours, no tints",
    )


class Start(NamedTuple):
    """Where a replay begins: at the first event unless `at` says otherwise."""

    at: int | None
    """Event time in nanoseconds."""
    speed: float | None
    """None shows everything at once."""
    paused: bool


def speed(text: str) -> float:
    """`60`, `60x` or `max`, which is infinite. For argparse."""
    if text == "max":
        return math.inf
    try:
        number = float(text.removesuffix("x"))
    except ValueError:
        number = math.nan
    if not 0.01 <= number <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r}: a number such as 60, or max")
    return number


def moment(text: str) -> int:
    """The first nanosecond of a time; the clock shows the whole of its second. For argparse."""
    from triage_tui.store.filters import parse_time

    try:
        return parse_time(text)[0]
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def start(arguments: argparse.Namespace, *, at: str | None, speed: float | None) -> Start:
    """What was asked for, or else `at` and `speed`."""
    asked_at: int | None = arguments.at
    asked_speed: float | None = arguments.speed
    if asked_speed is None:
        asked_speed = speed
    if asked_at is None and at is not None:
        asked_at = moment(at)
    finite = asked_speed is not None and math.isfinite(asked_speed)
    return Start(asked_at, asked_speed if finite else None, bool(arguments.paused))


def selected(arguments: argparse.Namespace) -> Filter:
    """The filter that was asked for. Ends the program when the expression is wrong."""
    from triage_tui.store.filters import FilterError, parse

    text = str(arguments.filter)
    try:
        return parse(text)
    except FilterError as error:
        for line in explain(text, error):
            console.say(line)
        sys.exit(console.TROUBLE)


def explain(text: str, error: FilterError) -> list[str]:
    """What is wrong with an expression, with a caret under the character."""
    from widgets.text import cell_len, clean

    place = cell_len(clean(text[: error.position]))
    return [f"--filter: {error.message}", f"  {clean(text)}", f"  {' ' * place}^"]
