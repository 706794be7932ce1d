"""Processes that work for us may die whenever they like: nobody waits for them."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from triage_tui.workers import WorkerLost, Workers

pytestmark = pytest.mark.may_block("starts processes")

RULES = bytes(1 << 20)
"""More than a pipe or a socket holds: who sends them waits until somebody reads."""
LONG = 120.0
"""Seconds, for a machine on which everything takes its time."""


@pytest.fixture
def workers_of(tmp_path: Path) -> Iterator[Callable[..., Workers]]:
    """So many processes; `script` is what runs in the place of Python, where one is given."""
    made = []

    def make(most: int, script: str = "", rules: bytes = b"") -> Workers:
        python = tmp_path / "python"
        python.write_text(script)
        python.chmod(0o700)
        made.append(Workers(most, rules, str(python) if script else sys.executable))
        return made[-1]

    yield make
    for each in made:
        each.close()


def end(by: int) -> None:
    os.kill(os.getpid(), by)


def lost(future: Future[Any]) -> str:
    """How it came that it was not done."""
    with pytest.raises(WorkerLost):
        future.result(LONG)
    return str(future.exception())


SHELL = "#!/bin/sh\n"
HALF = f"""#!{sys.executable}
import os, signal, struct, sys
answer = int(sys.argv[sys.argv.index("-c") + 2])
os.write(answer, struct.pack("!i", 1000) + b"half of it")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("#!/nowhere\n", "cannot be started: No such file or directory"),
        (SHELL + "exit 3\n", "ended with 3"),
        (SHELL + "kill -9 $$\n", "was killed (out of memory?)"),
        (SHELL + "kill -15 $$\n", "was ended by SIGTERM"),
        (HALF, "was killed (out of memory?)"),
    ],
)
@pytest.mark.parametrize("rules", [b"", RULES])
def test_one_that_dies_while_it_starts_keeps_nobody_waiting(
    workers_of: Callable[..., Workers], script: str, why: str, rules: bytes
) -> None:
    workers = workers_of(2, script, rules)
    asked = [workers.submit(abs, -n) for n in range(6)]
    for each in asked:
        lost(each)
    while len(workers.lost) < 2:  # the second one need not have been needed
        lost(workers.submit(abs, -1))
    assert all(each.startswith(why) for each in workers.lost)
    assert lost(workers.submit(abs, -1)) == workers.lost[-1]


def test_one_that_dies_at_work_leaves_it_to_the_others(
    workers_of: Callable[..., Workers],
) -> None:
    workers = workers_of(2)
    assert [each.result(LONG) for each in [workers.submit(abs, -n) for n in range(4)]] == [
        *range(4)
    ]
    lost(workers.submit(end, signal.SIGKILL))
    assert [each.result(LONG) for each in [workers.submit(abs, -n) for n in range(4)]] == [
        *range(4)
    ]
    lost(workers.submit(end, signal.SIGTERM))
    lost(workers.submit(abs, -1))
    assert sorted(workers.lost) == ["was ended by SIGTERM", "was killed (out of memory?)"]


def test_mistakes_are_heard_by_whoever_asked(workers_of: Callable[..., Workers]) -> None:
    workers = workers_of(1)
    with pytest.raises(ZeroDivisionError):
        workers.submit(divmod, 1, 0).result(LONG)
    with pytest.raises(Exception, match="pickle"):
        workers.submit(lambda: 1).result(LONG)
    assert workers.submit(abs, -1).result(LONG) == 1
    assert not workers.lost


def test_they_are_ended_in_the_middle_of_their_work(workers_of: Callable[..., Workers]) -> None:
    workers = workers_of(1)
    number = workers.submit(os.getpid).result(LONG)
    working, waiting = workers.submit(time.sleep, 3600), workers.submit(abs, -1)
    workers.close()
    lost(working)
    while not waiting.cancelled():
        time.sleep(0)
    assert not os.path.exists(f"/proc/{number}")  # it was waited for, too
    assert not workers.lost
    lost(workers.submit(abs, -1))
