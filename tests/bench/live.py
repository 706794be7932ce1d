"""A live triage at the terminal, while a fake AWS sends many events a second."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.bench.screens import Keys, marked
from tests.bench.table import Row, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.setting import Setting
    from tests.bench.terminal import Program

RATE = 20_000
"""Events a second, with AWS's quotas lifted."""
CALM_RATE = 5_000
_COMMAND = ("live", "--region", "eu-west-1", "--log-group", "/shop/*", "--no-record")


@contextlib.contextmanager
def _aws(rate: int, seconds: float) -> Iterator[dict[str, str]]:
    """A fake AWS that sends so much for so long: the variables that lead there."""
    command = [sys.executable, "-m", "tests.aws.serve", "--groups", "10", "--update", "1000000"]
    command += ["--rate", str(rate), "--count", str(int(rate * seconds)), "--flood"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        yield {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    finally:
        server.kill()
        server.communicate()


@contextlib.contextmanager
def _live(setting: Setting, rate: int, seconds: float, *more: str) -> Iterator[Program]:
    with (
        _aws(rate, seconds) as variables,
        setting.on_screen(setting.program, *_COMMAND, *more, variables=variables) as program,
    ):
        program.wait(lambda lines: bool(marked(lines)), 60, "data")
        yield program


def keys_while_tailing(setting: Setting) -> list[Row]:
    """How keys are answered while 20,000 events a second arrive."""
    with _live(setting, RATE, 4 * setting.seconds + 20) as program:
        keys = Keys(program)
        keys.press_for(2 * setting.seconds)
    return keys.rows(f"key to paint while {RATE:,} events/s arrive, p99")


def bytes_while_tailing(setting: Setting) -> list[Row]:
    """What goes over the line while 5,000 events a second arrive, and when none do."""
    found = []
    for more, budget, what in (
        ((), 8192, f"to the terminal, live at {CALM_RATE:,} events/s"),
        (("--slow-link",), 2048, "the same with --slow-link"),
    ):
        with _live(setting, CALM_RATE, setting.seconds + 20, *more) as program:
            program.listen(setting.rest)
            rate = program.listen(setting.seconds) / setting.seconds
        found.append(at_most(what, rate, budget, "B/s"))
    with _live(setting, 100, 1) as program:
        program.listen(setting.rest + 2)
        rate = program.listen(setting.seconds) / setting.seconds
    return [*found, at_most("to the terminal, live and idle", rate, 200, "B/s")]
