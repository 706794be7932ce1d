"""What the engineer at the terminal sees, and when: first paint, keys, bytes."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.bulk import halves
from tests.bench.processes import held
from tests.bench.table import Row, at_most
from tests.bench.terminal import GaveUp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.setting import Setting
    from tests.bench.terminal import Program

BARE = Path(__file__).with_name("bare_app.py")
PATIENCE = 900.0
"""Seconds; a load that takes longer has failed."""
_FIRST_PAINTS = 7
_MARKED = re.compile(r"^▌\W*\d+ (\S+)")
_CLOCK = re.compile(r"\d\d:\d\d:\d\dZ")


def marked(lines: Sequence[str]) -> str:
    """The entity under the cursor; "" while there is none."""
    found = (_MARKED.match(line) for line in lines)
    return next((match[1] for match in found if match), "")


def _at_top(lines: Sequence[str]) -> bool:
    """Whether the cursor has come with its entity to where it can go no higher."""
    below = (line for above, line in pairwise(lines) if above.lstrip().startswith("RISK"))
    return any(_MARKED.match(line) for line in below)


def loaded(lines: Sequence[str]) -> bool:
    """Whether everything is read, and on the screen."""
    return bool(lines[0]) and "reading" not in lines[0] and bool(marked(lines))


def first_paint(setting: Setting) -> list[Row]:
    """From the start of the process to the first thing on the screen."""
    replay = [setting.program, "replay", str(setting.file)]
    live = [setting.program, "live", "--region", "eu-west-1", "--no-record"]
    commands = {"replay": replay, "live": live, "": setting.python(BARE)}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(_FIRST_PAINTS if setting.runs > 1 else 1):
        for name, command in commands.items():
            times[name].append(_first(setting, command))
    bare, rows = median(times.pop("")), []
    for name, found in times.items():
        details = f"{median(found) * 1000:.0f} ms to {bare * 1000:.0f} ms"
        what = f"first paint of {name}, to a bare app"
        rows.append(at_most(what, median(found) / bare, 2, "×", details))
    return rows


def _first(setting: Setting, command: Sequence[str]) -> float:
    with setting.on_screen(*command) as program:
        return program.wait(any, 60, "the first paint") - program.begun


def while_loading(setting: Setting) -> list[Row]:
    """One replay of the large file: when data shows, how keys are answered, what it holds."""
    with setting.on_screen(setting.program, "replay", str(setting.one_event)) as program:
        program.wait(loaded, 60, "an empty triage")
        program.listen(setting.rest)
        empty = held(program.pid)
    with setting.on_screen(setting.program, "replay", str(setting.file)) as program:
        shown = program.wait(lambda lines: bool(marked(lines)), 60, "data") - program.begun
        keys = Keys(program)
        done = keys.press_until_loaded() - program.begun
        program.listen(setting.rest)
        full = held(program.pid)
    rows = [_visible(shown, done), *keys.rows()]
    details = f"{full / 1e6:.0f} MB, of one event {empty / 1e6:.0f} MB"
    each = max(0.0, (full - empty) / setting.rows)
    return [*rows, at_most("settled memory of replay", each, 120, "B an event", details)]


def _visible(shown: float, done: float) -> Row:
    measured = f"at {shown:.2f} s of {done:.1f} s"
    return Row("data visible in replay", measured, "before the file is read", shown < done)


class Keys:
    """Presses j and k by turns, and sees when the cursor has moved."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._random = Random(1)
        self.delays: list[float] = []
        self.unheard = 0

    def press_until_loaded(self) -> float:
        """Returns when everything was loaded."""
        program = self._program
        self._press_while(lambda lines: not loaded(lines))
        return program.written[-1].at

    def press_for(self, seconds: float) -> None:
        """Presses for so long."""
        end = time.monotonic() + seconds
        self._press_while(lambda _lines: time.monotonic() < end)

    def _press_while(self, goes_on: Callable[[list[str]], bool]) -> None:
        program = self._program
        program.type("jjj")
        program.listen(0.5)
        key = "k"
        while goes_on(lines := program.lines()):
            key = "j" if key == "k" or _at_top(lines) else "k"
            before, sent = marked(lines), program.type(key)
            # Not in step with the screen's own ticks.
            program.listen(self._random.uniform(0.06, 0.16))
            try:
                at = program.wait(lambda lines: marked(lines) != before, 2, "an answer")  # noqa: B023
                self.delays.append(at - sent)
            except GaveUp:
                self.unheard += 1
            if sent - program.begun > PATIENCE:
                raise GaveUp(f"not loaded within {PATIENCE:.0f} s")

    def rows(self, what: str = "key to paint while a file loads, p99") -> list[Row]:
        """The slowest of a hundred; none if the file was loaded before any key."""
        if not self.delays:
            return [Row(what, "loaded before a key was pressed", "≤ 50 ms", None)]
        ordered = sorted(self.delays) + [2.0] * self.unheard
        slow = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        details = f"median {median(ordered) * 1000:.0f} ms, {len(ordered)} keys"
        return [at_most(what, slow * 1000, 50, "ms", details)]


def terminal_bytes(setting: Setting) -> list[Row]:
    """What goes over the line to the terminal."""
    demo = [setting.program, "demo"]
    busy = [setting.program, "replay", str(setting.file)]
    busy += ["--at", "2026-03-01T00:00:30Z", "--speed", "432"]
    return [
        at_most("to the terminal, paused", _rate(setting, [*demo, "--paused"]), 0, "B/s"),
        at_most(
            "to the terminal, idle at the end",
            _rate(setting, [*demo, "--speed", "max"]),
            200,
            "B/s",
        ),
        at_most(
            "to the terminal, demo at 60x", _rate(setting, [*demo, "--speed", "60"]), 8192, "B/s"
        ),
        at_most("to the terminal, 5,000 events/s", _rate(setting, busy), 8192, "B/s"),
    ]


def _rate(setting: Setting, command: Sequence[str]) -> float:
    with setting.on_screen(*command) as program:
        program.wait(loaded, PATIENCE, "the end of loading")
        program.listen(setting.rest)
        return program.listen(setting.seconds) / setting.seconds


def over_many(setting: Setting) -> list[Row]:
    """A step back in time, and filters, over five times the rows: to the frame that shows it."""
    parts = map(str, halves(setting))
    with setting.on_screen(setting.program, "replay", *parts) as program:
        program.wait(loaded, PATIENCE, "the end of loading")
        filters = [_filtered(setting, program, text) for text in _FILTERS]
        steps = [_stepped(setting, program) for _ in range(5)]
    events = f"over {5 * setting.rows:,} events"
    return [_slowest(f"filter {events}", filters), _slowest(f"step back in time {events}", steps)]


_FILTERS = ("outcome:denied", "action:Delete*", "region:eu-west-1 -outcome:ok", "ip:10.0.0.0/8")


def _slowest(what: str, delays: Sequence[float]) -> Row:
    details = f"median {median(delays) * 1000:.0f} ms"
    return at_most(what, max(delays) * 1000, 300, "ms", details)


def _stepped(setting: Setting, program: Program) -> float:
    """Seconds from `[` to an earlier time on the screen."""
    program.listen(setting.rest)
    before, sent = _clock(program.lines()), program.type("[")
    return program.wait(lambda lines: _clock(lines) != before, 60, "an earlier time") - sent


def _filtered(setting: Setting, program: Program, text: str) -> float:
    """Seconds from a filter that is typed at once to what it selects."""
    program.type("/")
    program.listen(setting.rest)
    sent = program.type(f"{text}\r")
    shown = f"filter: {text}"[:20]
    at = program.wait(lambda lines: shown in "\n".join(lines), 60, "what it selects")
    program.listen(setting.rest)
    program.type("\x1b")
    program.wait(lambda lines: shown not in "\n".join(lines), 60, "everything again")
    return at - sent


def _clock(lines: Sequence[str]) -> str:
    found = _CLOCK.search(lines[0])
    return found[0] if found else ""
