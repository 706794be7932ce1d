"""Two people at two terminals, each on a machine of their own, on one table."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.aws.emulators import moto
from tests.e2e.siege import FIRST, FOREIGN, SECOND, VISITOR, Siege, write_config
from tests.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    """Between one of them and the table."""
    with moto() as table, Relay(table) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", table)
        yield made


@pytest.fixture
def siege(monkeypatch: pytest.MonkeyPatch) -> Iterator[Siege]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Siege() as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.aws.url)
        made.send(VISITOR, let_in=20)
        made.send(SECOND, refused=40, let_in=10)
        made.send(FIRST, refused=110, let_in=10)
        yield made


def chosen(text: str) -> str:
    """The address under the cursor of the overview."""
    found = re.search(r"▌\s+\d+ (\d+\.\d+\.\d+\.\d+)", text)
    return found[1] if found else ""


def row(text: str, address: str) -> str:
    """The overview's row of an address."""
    return next((line for line in text.splitlines() if f" {address} " in line), "")


def said(who: Any, text: str) -> None:
    """A note on whoever is under the cursor of the overview."""
    who.wait(lambda screen: chosen(screen) == FIRST, "the overview")
    who.type(";")
    who.wait_for("note on")
    who.type(text)


def decided(who: Any, keys: str) -> None:
    """Another status of whoever is under the cursor."""
    who.wait(lambda screen: "note on" not in screen, "the overview")
    who.type("s")
    who.wait_for("verdict")
    who.type(f"{keys}\r")


def test_notes_statuses_and_blocks_of_one_are_seen_by_the_other(
    siege: Siege,
    line: Relay,
    terminal: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = write_config(tmp_path)
    text = config.read_text()
    config.write_text(f'casebook = {{ table = "dynamodb://triage", region = "eu-west-1" }}\n{text}')

    def person(name: str) -> None:
        """Programs that are started from now on are hers."""
        monkeypatch.setenv("LOGNAME", name)
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / name))

    person("mira")
    program = [sys.executable, "-m", "triage_tui", "casebook", "init", "--config", str(config)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    assert "created the table triage" in done.stderr

    screens = []
    for name in ("mira", "ben"):
        person(name)
        if name == "ben":
            monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", line.url)
        screens.append(terminal("live", "--config", str(config), "--no-record", columns=120))
    mira, ben = screens
    for each in screens:
        each.wait(lambda text: chosen(text) == FIRST, "the worst attacker on top")
    ben.wait_for("with mira")
    mira.wait_for("with ben")

    mira.type(";")
    mira.wait_for("note on")
    mira.type("scans for wordpress")
    mira.wait_for("scans for wordpress")
    begun = time.monotonic()
    mira.type("\r")
    ben.wait(lambda text: "1✎" in row(text, FIRST), "her note")
    print(f"a note after {time.monotonic() - begun:.2f} s")  # noqa: T201 - to be looked at

    mira.type("\r")
    ben.wait(lambda text: "@mira" in row(text, FIRST), "that she is on it")
    ben.type("\r")
    ben.wait_for("mira is on this")
    mira.wait_for("ben is on this")
    ben.type("5")
    ben.wait_for("scans for wordpress")
    ben.type("\x1b")
    mira.type("\x1b")

    mira.wait(lambda text: chosen(text) == FIRST, "the overview")
    mira.press("B", lambda text: "Enter block" in text, "the plan")
    mira.press("\r", lambda text: "▸[y] yes" in text, "the last question")
    mira.press("\r", lambda text: "sent · verified · in force" in text, "a block in force")
    begun = time.monotonic()
    assert siege.held == [FOREIGN, f"{FIRST}/32"]
    ben.wait(lambda text: re.search(r"■ (?:59m|1h)", row(text, FIRST)), "her block")
    print(f"a block after {time.monotonic() - begun:.2f} s")  # noqa: T201 - to be looked at

    mira.type("\r")
    for each in screens:
        each.wait(lambda text: chosen(text) == FIRST and "■" in row(text, FIRST), "the overview")
    ben.type("U")
    ben.wait_for("Undo the block of")
    ben.press("y", lambda text: "Undo the block of" not in text)
    mira.wait(lambda text: "new" in row(text, FIRST), "that he took it back")
    assert siege.held == [FOREIGN]

    line.cut()
    ben.wait_for("casebook offline")
    said(ben, "he came back\r")
    ben.wait_for("1 wait here")
    decided(ben, "ll")  # contained
    ben.wait_for("2 wait here")
    said(mira, "seen in march\r")
    decided(mira, "lll")  # closed
    mira.wait(lambda text: "closed" in row(text, FIRST), "her own status")
    assert line.turned_away
    line.mend()
    ben.wait_until_gone("casebook offline")
    # Whoever was first has it told by whoever was last; both see both, and every note.
    differ = re.compile(r"◑ contained  ≠ mira: closed|✓ closed  ≠ ben: contained")
    for each in screens:
        each.wait(differ.search, "who said otherwise")
        each.wait_for("✎ +2 ")
        each.type("\r")
        each.wait_for("Notes")
        each.wait(re.compile(r"≠ (mira: closed|ben: contained)").search, "the same once more")
        each.type("5")
        for words in ("he came back", "seen in march", "scans for wordpress"):
            each.wait_for(words)
