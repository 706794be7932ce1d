"""`triage-tui learn`: what is usual for whom, from logs of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from triage_tui.casebook.shared import SharedCasebook
    from triage_tui.config import Settings
    from triage_tui.detect.baseline_file import SqliteBaseline, Taught
    from triage_tui.habits import Lesson
    from triage_tui.principals import Principal
    from triage_tui.triage import Triage

    from .learning import Read

SUMMARY = "learns what is usual for whom, from logs of the past"
_SHOWN = 5


def options(parser: argparse.ArgumentParser) -> None:
    """What `learn` takes."""
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="files and folders of logs; what was learned before counts once",
    )
    parser.add_argument(
        "--recordings", action="store_true", help="learn from the nights that were recorded too"
    )
    parser.add_argument(
        "--forget",
        metavar="KEY",
        action="append",
        default=[],
        help="unlearn a principal, by its ARN or principalId, before anything else; repeatable",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--quiet", action="store_true", help="say nothing but what could not be read"
    )
    shared.config(parser)


def run(arguments: argparse.Namespace) -> int:
    """Learns, and says what."""
    import asyncio

    from triage_tui.statefile import StateFileError

    from . import bundled

    shared.refuse_twice(arguments.paths)
    bundled.opened(arguments)
    settings = shared.settings(arguments)
    try:
        return asyncio.run(_learn(arguments, settings, _paths(arguments)))
    except StateFileError as error:
        console.say(str(error))
        return console.TROUBLE


def _paths(arguments: argparse.Namespace) -> list[str]:
    from . import state

    paths = list(arguments.paths)
    if arguments.recordings and state.recordings().is_dir():
        paths.append(str(state.recordings()))
    return paths


async def _learn(arguments: argparse.Namespace, settings: Settings, paths: Sequence[str]) -> int:
    from triage_tui.detect.baseline_file import SqliteBaseline

    from . import inputs, state
    from .knowing import baseline_path

    state.make(state.root())
    store = await SqliteBaseline.open(baseline_path())
    try:
        for key in arguments.forget:
            count = await store.forget([key])
            console.say(f"forgot {key}" if count else f"nothing was learned of {key}")
        if not paths:
            console.write(_standing(store, as_json=arguments.json))
            return console.OK
        found = await _read(paths, settings, quiet=arguments.quiet)
        failed = inputs.tell(found.reports, quiet=arguments.quiet)
        taught = None if found.lesson is None else await store.learn(found.lesson)
        console.write(_told(found, taught, store, as_json=arguments.json))
    finally:
        await store.close()
    return console.TROUBLE if failed else console.OK


async def _read(paths: Sequence[str], settings: Settings, *, quiet: bool) -> Read:
    from .learning import read
    from .places import places
    from .progress import Bar

    is_suspect = await suspects(settings)
    with Bar(quiet=quiet) as bar:

        def show(triage: Triage) -> None:
            bar.reading(triage.sources)

        return await read(
            paths,
            settings,
            geo=places(settings),
            is_suspect=is_suspect,
            on_rows=show,
            until=latest(),
        )


def latest() -> int:
    """The time (in nanoseconds) after which nothing that is read can have happened: a clock may be
    wrong by hours."""
    import time

    from triage_tui.model import DAY

    return time.time_ns() + DAY


async def suspects(settings: Settings) -> Callable[[Principal], bool]:
    """Tells whom the team's casebook has under suspicion: what is open, contained or a true
    positive is not usual. Casebooks of replays decide nothing here."""
    import time

    from triage_tui.casebook.sqlite import SqliteCasebook
    from triage_tui.model import Status, Verdict
    from triage_tui.store.lessons import subjects_of

    from . import state

    casebook: SqliteCasebook | SharedCasebook
    if settings.shared is not None:
        from . import shared as team

        # As of what this machine knows: whoever learns waits for nobody.
        async with team.opened(settings, settings.shared, wall=time.time_ns) as found:
            casebook = found.casebook
    else:
        path = state.root() / "live" / state.CASEBOOK
        if not path.exists():
            return lambda _: False
        casebook = await SqliteCasebook.open(path, wall=time.time_ns)
        await casebook.close()  # what it says is in memory

    def is_suspect(principal: Principal) -> bool:
        case = casebook.case(subjects_of(principal))
        if case.verdict in (Verdict.BENIGN, Verdict.FALSE_POSITIVE):
            return False
        return case.verdict is Verdict.TRUE_POSITIVE or case.status in (
            Status.OPEN,
            Status.CONTAINED,
        )

    return is_suspect


def _told(found: Read, taught: Taught | None, store: SqliteBaseline, *, as_json: bool) -> str:
    from triage_tui.report.jsontext import dump

    lesson = found.lesson
    if as_json:
        told = {
            "events": found.events,
            "principals": taught.principals if taught else 0,
            "new": taught.new if taught else 0,
            "left_out": lesson.left_out if lesson else (),
            "future": found.future,
            **_coverage(store),
        }
        return dump(told) + "\n"
    dated = "it is" if found.future == 1 else "they are"
    events = "event" if found.future == 1 else "events"
    future = f"left out, for {dated} dated in the future: {found.future:,} {events}"
    if lesson is None or taught is None:
        nothing = "nothing to learn: no principal does anything in these logs"
        return f"{future if found.future else nothing}\n"
    lines = [
        f"{found.events:,} events taught what is usual for {taught.principals:,} principals and "
        f"roles, {taught.new:,} of them new",
        *_left_out(lesson),
        *([future] if found.future else ()),
    ]
    return "\n".join(lines) + "\n" + _standing(store, as_json=False)


def _left_out(lesson: Lesson) -> list[str]:
    from widgets.text import clean

    if not lesson.left_out:
        return []
    names = ", ".join(clean(key) for key in lesson.left_out[:_SHOWN])
    more = len(lesson.left_out) - _SHOWN
    names += f" and {more:,} more" if more > 0 else ""
    return [f"left out, for they are open or a true positive: {names}"]


def _standing(store: SqliteBaseline, *, as_json: bool) -> str:
    """Over what time there is a history, and whether that is enough."""
    from triage_tui.detect.weeks import ENOUGH
    from triage_tui.report.jsontext import dump

    if as_json:
        return dump(_coverage(store)) + "\n"
    hours = store.coverage.hours
    if not hours:
        return "nothing was learned so far: triage-tui learn PATH\n"
    days = -(-hours // 24)
    text = f"the history is {days:,} {'day' if days == 1 else 'days'} long"
    if hours < ENOUGH:
        text += f"; too short: it tells what is usual from {ENOUGH // 24} days on"
    return text + "\n"


def _coverage(store: SqliteBaseline) -> dict[str, object]:
    from triage_tui.detect.weeks import ENOUGH
    from triage_tui.model import HOUR
    from triage_tui.report.times import rfc3339

    covered = store.coverage
    return {
        "hours": covered.hours,
        "enough": covered.hours >= ENOUGH,
        "first": rfc3339(covered.first * HOUR) if covered.spans else None,
        "last": rfc3339((covered.last + 1) * HOUR) if covered.spans else None,
    }
