"""A live triage at the terminal, while a fake AWS sends many events a second."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from bisect import bisect_left
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.aws.flood import MARKED, marked_by
from tests.bench.processes import spent
from tests.bench.screens import Keys, marked
from tests.bench.table import Row, at_most
from tests.bench.terminal import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.setting import Setting
    from tests.bench.terminal import Program, Written

RATE = 20_000
"""Events a second, with AWS's quotas lifted."""
CALM_RATE = 5_000
NEAR = 3.0
"""Seconds by which the lag that is shown may differ from the true one: it is told once a second,
and after the page that it rests on."""
_COMMAND = ("live", "--region", "eu-west-1", "--log-group", "/shop/*")
_COUNT = re.compile(rf"^.?\W*\d+ {re.escape(MARKED)} +([\d,]+)")
_BEHIND = re.compile(r"^.? */shop/\S+ +[a-z]+ +(?:(now)|(\d+)m|(\d+)s)")


class Aws:
    """A fake AWS in a process of its own, which ends with this."""

    def __init__(self, rate: int, seconds: float, *more: str) -> None:
        """It sends so much for so long, from when somebody tails it."""
        command = [sys.executable, "-m", "tests.aws.serve", "--groups", "10", "--flood", *more]
        command += ["--update", "1000000", "--rate", str(rate), "--count", str(int(rate * seconds))]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.variables = {
            "AWS_ENDPOINT_URL": json.loads(self._process.stdout.readline())["url"],
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def ended(self) -> dict[str, Any]:
        """What it tells of what it has sent."""
        self._process.send_signal(signal.SIGTERM)
        told: dict[str, Any] = json.loads(self._process.communicate()[0].splitlines()[-1])
        return told

    def __enter__(self) -> Aws:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def _live(setting: Setting, aws: Aws, *more: str) -> Iterator[Program]:
    """The program over a fake AWS, when there is something to see."""
    command = [setting.program, *_COMMAND, *more]
    with aws, setting.on_screen(*command, variables=aws.variables) as program:
        program.wait(lambda lines: bool(marked(lines)), 60, "data")
        yield program


def while_tailing(setting: Setting) -> list[Row]:
    """How keys are answered while 20,000 events a second arrive, and when these are counted."""
    aws = Aws(RATE, 4 * setting.seconds + 20)
    with _live(setting, aws) as program:
        program.listen(setting.rest)
        # Before any key: the table follows the cursor, and the marked row would go out of sight.
        begun, before = time.monotonic(), _spent(program, aws)
        program.listen(max(1.5, 2 * setting.seconds))
        ended, keys = time.monotonic(), Keys(program)
        busy = [b - a for a, b in zip(before, _spent(program, aws), strict=True)]
        keys.press_for(max(1.5, 2 * setting.seconds))
        sent = aws.ended()["sent"]
    rows = keys.rows(f"key to paint while {RATE:,} events/s arrive, p99")
    counted = _counted(delays(program.written, sent, begun, ended))
    return [*rows, counted, _shares([seconds / (ended - begun) for seconds in busy])]


def _spent(program: Program, aws: Aws) -> list[float]:
    """Seconds of processors so far: of the program, the fake AWS, whoever reads the screen."""
    return [spent(program.pid), spent(aws.pid), time.process_time()]


def _shares(cores: Sequence[float]) -> Row:
    """Whether it is the program that is measured, and not what measures it."""
    program, fake, reader = cores
    measured = f"{program:.2f} cores (fake AWS {fake:.2f}, reader of the screen {reader:.2f})"
    return Row(f"processors at {RATE:,} events/s", measured, "", kept=True)


def _counted(found: Sequence[float]) -> Row:
    what = f"server to screen at {RATE:,} events/s, p99"
    if not found:
        return Row(what, "nothing was counted", "≤ 500 ms", None)
    ordered = sorted(found)
    details = f"median {median(ordered) * 1000:.0f} ms, {len(ordered):,} events"
    return at_most(what, ordered[int(len(ordered) * 0.99)] * 1000, 500, "ms", details)


def delays(
    written: Sequence[Written], sent: Sequence[tuple[float, int]], begun: float, ended: float
) -> list[float]:
    """Seconds from the sending of each event of the marked address to the frame that counts it, or
    to `ended` where none does. The address has one finding, which counts as well. Those that are
    sent in the last second before `ended` are left out."""
    screen, shown = Screen(), [(0.0, 0)]
    for at, data in written:
        screen.feed(data)
        found = (_COUNT.match(line) for line in screen.lines)
        count = next((int(match[1].replace(",", "")) for match in found if match), 0)
        if count > shown[-1][1]:
            shown.append((at, count))
    counts = [count for at, count in shown if at <= ended]
    result = []
    for (_, before), (at, after) in pairwise([(0.0, 0), *sent]):
        for number in range(marked_by(before) + 1, marked_by(after) + 1):
            place = bisect_left(counts, number + 1)
            if begun <= at <= ended - min(1.0, (ended - begun) / 2):
                result.append((shown[place][0] if place < len(counts) else ended) - at)
    return result


def with_quotas(setting: Setting) -> list[Row]:
    """Whether the lag that is shown is the true one, where AWS's quotas let nobody keep up."""
    aws = Aws(RATE, 4 * setting.seconds + 20, "--quotas")
    with _live(setting, aws) as program:
        program.type("i")
        program.wait(lambda lines: "BEHIND" in "\n".join(lines), 10, "the sources")
        shown, end = [], time.monotonic() + max(4.0, 2 * setting.seconds)
        while time.monotonic() < end:
            program.listen(min(1.0, setting.seconds))
            shown.append((time.monotonic(), behind(program.lines())))
        lags = aws.ended()["lags"]
    told = [(at, lag) for at, lag in shown if lag is not None and lags and at > lags[0][0] + 1.5]
    pairs = [(lag, as_shown(true_lag(lags, at))) for at, lag in told]
    what = "lag under AWS's quotas at 20,000 events/s, shown"
    if not pairs:
        return [Row(what, "no lag was shown", "as it is", None)]
    far = max(abs(told - true) for told, true in pairs)
    last, true = pairs[-1]
    measured = f"{last:.0f} s at last, in truth {true:.0f} s; never more than {far:.1f} s apart"
    return [Row(what, measured, f"≤ {NEAR:.0f} s apart", far <= NEAR)]


def as_shown(lag: float) -> float:
    """From a minute on, whole minutes are shown."""
    return lag if lag < 60 else lag // 60 * 60


def behind(lines: Sequence[str]) -> float | None:
    """Seconds by which the log group that is furthest behind says it is so."""
    found = [match for line in lines if (match := _BEHIND.match(line)) and any(match.groups())]
    if not found:
        return None
    return max(60.0 * int(match[2] or 0) + int(match[3] or 0) for match in found)


def true_lag(lags: Sequence[tuple[float, float]], at: float) -> float:
    """The lag at a time, which has grown since the last page."""
    place = bisect_left(lags, at, key=lambda lag: lag[0]) - 1
    when, lag = lags[max(0, place)]
    return lag + at - when


def bytes_while_tailing(setting: Setting) -> list[Row]:
    """What goes over the line while 5,000 events a second arrive, and when none do."""
    found = []
    for more, budget, what in (
        ((), 8192, f"to the terminal, live at {CALM_RATE:,} events/s"),
        (("--slow-link",), 2048, "the same with --slow-link"),
    ):
        with _live(setting, Aws(CALM_RATE, setting.seconds + 20), *more) as program:
            program.listen(setting.rest)
            rate = program.listen(setting.seconds) / setting.seconds
        found.append(at_most(what, rate, budget, "B/s"))
    with _live(setting, Aws(1000, 1)) as program:
        program.listen(setting.rest + 2)
        rate = program.listen(setting.seconds) / setting.seconds
    return [*found, at_most("to the terminal, live and idle", rate, 200, "B/s")]
