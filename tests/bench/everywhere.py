"""What holds of the first screen holds of each: bytes, keys and quiet on overview, inspect, plan
and blocks."""

from __future__ import annotations

import time
from random import Random
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.screens import PATIENCE, loaded
from tests.bench.table import Row, at_most
from tests.bench.terminal import GaveUp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.setting import Setting
    from tests.bench.terminal import Program

MARKS = ("▌", "▏")
"""In front of the row that keys act on, in a list that has the keys and in one that has not."""
SOON = 30.0
"""Seconds until a screen has opened, on a busy machine."""
READ = 1.0
"""Seconds until a question counts as read."""


class Place(NamedTuple):
    """A screen: how one comes there from the first one, and two keys that move its cursor."""

    name: str
    go: Callable[[Program], None]
    there: str
    """What stands on it, and on no other."""
    busy: bool = True
    """Whether keys are pressed while 5,000 events/s come; else while the demo plays: nobody may
    block the addresses of the benchmarks' file."""


def _stay(_program: Program) -> None: ...


def _inspect(program: Program) -> None:
    program.type("\r")


def _plan(program: Program) -> None:
    """The first key only tells, where a row has just come under the cursor."""
    program.type("jk")
    for _ in range(5):
        program.listen(READ)
        program.type("B")
        program.listen(READ)
        if "Esc cancel" in program.text():
            return


def _blocks(program: Program) -> None:
    """Two blocks, so that there is a cursor to move."""
    for down in ("j", "jj"):
        program.type(down)
        _plan(program)
        _await(program, "Enter block")
        program.listen(READ)
        program.type("\r")
        _await(program, "[y] yes")
        program.listen(READ)
        program.type("y")
        _await(program, "Enter close")
        program.type("\r")
        program.listen(READ)
    program.type("b")


PLACES = (
    Place("overview", _stay, "LAST 15 MIN"),
    Place("inspect", _inspect, "ACTION"),
    Place("plan", _plan, "Esc cancel"),
    Place("blocks", _blocks, "ENDS IN", busy=False),
)


def _await(program: Program, text: str) -> None:
    if text not in program.text():
        program.wait(lambda lines: text in "\n".join(lines), SOON, text)


def cursor(lines: Sequence[str]) -> tuple[int, str]:
    """Where the cursor is, and what it is on; nowhere is (-1, "")."""
    for at, line in enumerate(lines):
        inner = line.lstrip(" │")
        if inner.startswith(MARKS):
            return at, inner[1:].strip()
    return -1, ""


def overview(setting: Setting) -> list[Row]:
    """Bytes, keys and quiet on the overview."""
    return _all_of(setting, PLACES[0])


def inspect(setting: Setting) -> list[Row]:
    """The same on an entity."""
    return _all_of(setting, PLACES[1])


def plan(setting: Setting) -> list[Row]:
    """The same on the plan of a block."""
    return _all_of(setting, PLACES[2])


def blocks(setting: Setting) -> list[Row]:
    """The same on the list of blocks."""
    return _all_of(setting, PLACES[3])


def _all_of(setting: Setting, place: Place) -> list[Row]:
    demo = [setting.program, "demo"]
    busy = [setting.program, "replay", str(setting.file)]
    busy += ["--at", "2026-03-01T00:00:30Z", "--speed", "432"]
    what = "5,000 events/s"
    if not place.busy:
        busy, what = [*demo, "--speed", "20"], "demo at 20x"
    return [
        *_quiet(setting, [*demo, "--paused"], place, "paused", 0),
        *_quiet(setting, [*demo, "--speed", "max"], place, "idle at the end", 200),
        *_while_busy(setting, busy, place, what),
    ]


def _quiet(
    setting: Setting, command: Sequence[str], place: Place, what: str, most: int
) -> list[Row]:
    with setting.on_screen(*command) as program:
        _come_to(setting, program, place)
        rate = program.listen(setting.seconds) / setting.seconds
    return [at_most(f"to the terminal, {place.name}, {what}", rate, most, "B/s")]


def _while_busy(setting: Setting, command: Sequence[str], place: Place, what: str) -> list[Row]:
    with setting.on_screen(*command) as program:
        _come_to(setting, program, place)
        rate = program.listen(setting.seconds) / setting.seconds
        delays = _pressed(program, setting.seconds)
    slow = delays[min(len(delays) - 1, int(len(delays) * 0.99))] * 1000
    details = f"median {median(delays) * 1000:.0f} ms, {len(delays)} keys"
    what = f"{place.name}, {what}"
    return [
        at_most(f"to the terminal, {what}", rate, 8192, "B/s"),
        at_most(f"key to paint, {what}, p99", slow, 50, "ms", details),
    ]


def _come_to(setting: Setting, program: Program, place: Place) -> None:
    program.wait(loaded, PATIENCE, "the end of loading")
    place.go(program)
    _await(program, place.there)
    program.listen(setting.rest)


def _at_top(lines: Sequence[str]) -> bool:
    """Whether the cursor is right below the heads of columns, as where its entity has come up to:
    the next painting would pass for the answer to a key that goes nowhere."""
    at, _ = cursor(lines)
    heads = lines[at - 1].split() if at > 0 else []
    return bool(heads) and heads[0].isalpha() and heads[0].isupper()


def _pressed(program: Program, seconds: float) -> list[float]:
    """Up and down by turns for so long: the sorted delays until the cursor had moved."""
    random, delays = Random(1), list[float]()
    end, key = time.monotonic() + seconds, "j"
    while time.monotonic() < end or not delays:
        key = "j" if key == "k" or _at_top(program.lines()) else "k"
        before, sent = cursor(program.lines()), program.type(key)
        program.listen(random.uniform(0.06, 0.16))  # not in step with the screen's own ticks
        try:
            at = program.wait(lambda lines: cursor(lines) != before, 2, "an answer")  # noqa: B023
            delays.append(at - sent)
        except GaveUp:  # at an end there is no row to go to
            if time.monotonic() > end + 10:
                raise
    return sorted(delays)
