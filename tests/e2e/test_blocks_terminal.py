"""`triage-tui blocks` with somebody at the terminal; and a screen that is killed as it blocks."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.aws.server import Call
from tests.e2e.siege import FIRST, FOREIGN, VISITOR, Siege, write_config

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def siege(monkeypatch: pytest.MonkeyPatch) -> Iterator[Siege]:
    with Siege() as made:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.aws.url)
        yield made


def test_a_change_is_asked_for(siege: Siege, terminal: Callable[..., Any], tmp_path: Path) -> None:
    push = ("blocks", "push", "8.8.8.8", "--config", str(write_config(tmp_path)))
    shell = terminal(*push)
    asked = shell.wait_for("Block 8.8.8.8/32 in shop? [y/N]")
    assert "would be in force" in asked
    assert siege.held == [FOREIGN]
    shell.type("n\r")
    shell.wait_for("nothing was changed")
    assert shell.wait_for_end() == 0
    assert siege.held == [FOREIGN]
    shell = terminal(*push)
    shell.wait_for("[y/N]")
    shell.type("y\r")
    shell.wait(lambda text: re.search(r"8\.8\.8\.8/32\s+in force", text), "the block")
    assert shell.wait_for_end() == 0
    assert siege.held == [FOREIGN, "8.8.8.8/32"]


def test_a_screen_that_is_killed_between_the_write_and_its_result(
    siege: Siege, terminal: Callable[..., Any], tmp_path: Path
) -> None:
    live = ("live", "--config", str(write_config(tmp_path)), "--no-record")
    siege.send(VISITOR, let_in=20)
    siege.send(FIRST, refused=110, let_in=10)
    night = terminal(*live)

    def kill(call: Call) -> None:
        if call.operation == "UpdateIPSet":
            siege.waf.after = lambda call: None
            os.kill(night.pid, signal.SIGKILL)

    siege.waf.after = kill
    night.wait(lambda text: re.search(rf"▌\s+\d+ {re.escape(FIRST)}", text), "the attacker")
    night.press("B", lambda text: "Enter block" in text, "the plan")
    night.press("\r", lambda text: "[y] yes" in text, "the last question")
    night.press("y", lambda text: "[y] yes" not in text or night.status is not None)
    assert night.wait_for_end() == -signal.SIGKILL
    assert siege.held == [FOREIGN, f"{FIRST}/32"]
    again = terminal(*live)
    again.wait(lambda text: re.search(rf"{re.escape(FIRST)} .*■", text), "the block in force")
    again.type("U")
    again.wait_for(f"Undo the block of {FIRST}/32")
    again.press("y", lambda text: "Undo the block of" not in text)
    again.wait_until_gone("■")
    assert siege.held == [FOREIGN]
