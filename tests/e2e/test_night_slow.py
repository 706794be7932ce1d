"""A first night, on a line of 38,400 bits a second: both attackers are found, noted, blocked and
reported, and nobody waits long for anything.

What is held here is what the line has to carry, which is the same on every machine; `make bench`
walks it too, and says what the clock says.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.timeout(180)
INSTALLED = str(Path(sys.executable).with_name("triage-tui"))
SLOWLINK = str(Path(__file__).with_name("slowlink.py"))
BITS = 38_400
ECHO, CHANGE = 1.0, 1.5
"""Seconds until a key shows what it did, and until another screen stands."""
INTRUDER, SCANNER = "198.51.100.23", "203.0.113.77"


class Walk:
    """Keys, and what each of them costs."""

    def __init__(self, terminal: Any) -> None:
        self.shown = terminal
        self.costs: list[tuple[str, float, float, float]] = []
        """(key, seconds on the line, seconds by the clock, most seconds)."""

    def _cost(self, key: str, most: float, condition: Callable[[str], object], what: str) -> str:
        before, begun = len(self.shown.written), time.monotonic()
        self.shown.type(key)
        text: str = self.shown.wait(condition, what)
        carried = (len(self.shown.written) - before) * 10 / BITS
        self.costs.append((what, carried, time.monotonic() - begun, most))
        return text

    def key(self, key: str, words: str) -> str:
        """A key that changes something on the screen."""
        return self._cost(key, ECHO, lambda text: words in text, f"{key!r}: {words}")

    def screen(self, key: str, words: str) -> str:
        """A key that leads to another screen."""
        return self._cost(key, CHANGE, lambda text: words in text, f"{key!r}: {words}")

    def closes(self, key: str, words: str) -> str:
        """A key that takes something from the screen."""
        return self._cost(key, CHANGE, lambda text: words not in text, f"{key!r}: no {words}")

    def answer(self, key: str, words: str) -> str:
        """A key for a question, which takes none that comes before it can have been read."""
        before = len(self.shown.written)
        text: str = self.shown.press(key, lambda text: words in text, f"{key!r}: {words}")
        carried = (len(self.shown.written) - before) * 10 / BITS
        self.costs.append((f"{key!r}: {words}", carried, 0.0, CHANGE))
        return text

    def plan(self, address: str) -> None:
        """Opens the plan of a block. A row that came under the cursor by itself, and only just, is
        to be asked for twice: how long ago that was depends on the machine."""
        words, told = f"{address}/32", "has just come under"
        text = self._cost("B", CHANGE, lambda text: words in text or told in text, words)
        if words not in text:
            self.screen("B", words)

    def settle(self, words: str) -> str:
        """Waits for what comes by itself."""
        text: str = self.shown.wait_for(words)
        return text


def walk(terminal: Callable[..., Any]) -> Walk:
    """The night, key by key."""
    way = Walk(
        terminal(SLOWLINK, f"0@{BITS}", INSTALLED, "demo", "--slow-link", program=sys.executable)
    )
    way.settle("SIMULATED")
    way.settle("? help")
    way.key(" ", "paused")  # the demo plays; whoever looks stops it
    way.key("S", "go to")
    way.key("02:22", "to 2026-03-15 Sun 02:22:00Z")
    way.key("\r", "Sun 02:22:00Z")
    way.settle(f"{INTRUDER}: why")
    way.settle("+45 finding, high: Impact:IAMUser/AnomalousBehavior")
    way.screen("?", "To the row below")
    way.closes("\x1b", "To the row below")
    way.screen("\r", "[Events 418]")
    way.key("2", "[Findings")
    way.key(";", "note on")
    way.key("deletes the orders: call maria", "call maria")
    way.key("\r", "Notes 1")
    way.screen("\x1b", f"{INTRUDER}: why")
    block(way, INTRUDER)
    way.key("j", f"{SCANNER}: why")
    way.key(";", "note on")
    way.key("scans /wp-admin", "scans /wp-admin")
    way.key("\r", "new 1✎")
    block(way, SCANNER)
    way.screen("b", "Blocks of")
    way.closes("\x1b", "Blocks of")
    way.screen("w", "Markdown and JSON")
    way.screen("w", "report written to")  # the overview stands again, whole
    way.screen("q", "Quit?")
    way.shown.press("y", lambda _: way.shown.status is not None)
    return way


def block(way: Walk, address: str) -> None:
    """From the overview to a block that is confirmed."""
    way.plan(address)
    way.settle("Enter block")
    way.answer("\r", "[y] yes")
    way.answer("y", "sent · verified · in force")
    way.screen("\r", f"{address}: why")


def test_a_first_night_on_a_slow_line(
    terminal: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    way = walk(terminal)
    assert way.shown.status == 0
    too_long = [(what, round(line, 2)) for what, line, _, most in way.costs if line > most]
    assert too_long == []
    folder = home / "xdg-state" / "triage-tui" / "demo"
    entries = sqlite3.connect(f"file:{folder / 'journal.db'}?mode=ro", uri=True).execute(
        "SELECT payload FROM entries WHERE phase = 'intent'"
    )
    assert [json.loads(row[0])["cidr"] for row in entries] == [f"{INTRUDER}/32", f"{SCANNER}/32"]
    [report] = tmp_path.glob("triage-report-*.json")
    found = json.loads(report.read_text())
    assert [note["text"] for note in found["notes"]] == [
        "deletes the orders: call maria",
        "scans /wp-admin",
    ]
    assert sorted(entry["cidr"] for entry in found["blocks"]) == [
        f"{INTRUDER}/32",
        f"{SCANNER}/32",
    ]
    text = report.with_suffix(".md").read_text()
    assert re.search(rf"\| \d+ \| ip \| {re.escape(INTRUDER)} \|", text)


def test_by_itself_the_demo_leaves_the_line_free(terminal: Callable[..., Any]) -> None:
    shown = terminal(SLOWLINK, f"0@{BITS}", INSTALLED, "demo", "--slow-link",
                     program=sys.executable)  # fmt: skip
    shown.wait_for("? help")
    shown.wait(lambda text: "sources ok" in text and "reading" not in text, "all of it")
    shown.type(" ")
    shown.wait_for("paused")
    before = len(shown.written)
    while shown._read(1.5):
        pass
    assert len(shown.written) - before < 6_000, "what was on its way comes, and then nothing"
