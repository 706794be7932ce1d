"""Blocking at the keyboard, against a fake AWS whose web ACL does what its IP set says."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.siege import FIRST, FOREIGN, SECOND, VISITOR, Siege, write_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.timeout(180)
INSTALLED = str(Path(sys.executable).with_name("triage-tui"))
SLOWLINK = str(Path(__file__).with_name("slowlink.py"))


@pytest.fixture
def siege(monkeypatch: pytest.MonkeyPatch) -> Iterator[Siege]:
    with Siege() as made:
        entered(made, monkeypatch)
        yield made


def entered(siege: Siege, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs that are started go there; two attackers have been."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", siege.aws.url)
    siege.send(VISITOR, let_in=20)
    siege.send(SECOND, refused=40, let_in=10)
    siege.send(FIRST, refused=110, let_in=10)


def arguments(tmp_path: Path) -> tuple[str, ...]:
    return ("live", "--config", str(write_config(tmp_path)), "--no-record")


def chosen(text: str) -> str:
    """The address under the cursor of the overview."""
    found = re.search(r"▌\s+\d+ (\d+\.\d+\.\d+\.\d+)", text)
    return found[1] if found else ""


def test_the_top_address_is_blocked_and_let_go(
    siege: Siege, terminal: Callable[..., Any], tmp_path: Path
) -> None:
    night = terminal(*arguments(tmp_path))
    night.wait(lambda text: chosen(text) == FIRST, "the worst attacker on top")
    siege.keep_sending(FIRST, VISITOR)
    night.press("B", lambda text: "Enter block" in text, "the plan")
    night.wait_for(f"+ {FIRST}/32  to shop, IP set shop-v4, REGIONAL")
    night.wait_for("■ would be in force: web ACL shop-edge, for app/shop")
    assert siege.held == [FOREIGN]
    night.press("\r", lambda text: "▸[y] yes" in text, "the last question")
    night.press("\r", lambda text: "sent · verified · in force" in text, "a block in force")
    assert siege.held == [FOREIGN, f"{FIRST}/32"]
    night.wait_for("it took hold at")
    came = r"requests still came: \d+ let through, [1-9]\d* refused"
    night.wait(lambda text: re.search(came, text), "what still comes")
    night.type("\r")
    night.wait(lambda text: re.search(rf"{re.escape(FIRST)} .*■ (?:59m|1h)", text), "a held row")

    night.type("b")
    night.wait_for(f"◇ foreign   {FOREIGN}")
    row = rf"■ in force\s+{re.escape(FIRST)}/32\s+(?:59m|1h)\s+\d+\s+\d+"
    night.wait(lambda text: re.search(row, text), "the row of the block")
    night.type("\x1b")
    night.wait(lambda text: chosen(text), "the overview")

    night.type("U")
    night.wait_for("Undo the block of")
    night.press("y", lambda text: "Undo the block of" not in text)
    night.wait_until_gone("■")
    assert siege.held == [FOREIGN]
    assert siege.set.body["Description"] == "the bans of the shop"


def test_a_block_that_does_nothing_says_so(
    monkeypatch: pytest.MonkeyPatch, terminal: Callable[..., Any], tmp_path: Path
) -> None:
    with Siege(in_force=False) as siege:
        entered(siege, monkeypatch)
        night = terminal(*arguments(tmp_path))
        night.wait(lambda text: chosen(text) == FIRST, "the worst attacker on top")
        night.press("B", lambda text: "Enter block" in text, "the plan")
        night.wait_for("□ would do nothing yet: web ACL shop-edge: rule block-bad only counts")
        night.press("\r", lambda text: "[y] yes" in text, "the last question")
        night.press("y", lambda text: "sent · verified · no effect" in text)
        night.wait_for("□ does nothing yet: web ACL shop-edge: rule block-bad only counts")
        night.type("\r")
        night.wait(
            lambda text: re.search(rf"{re.escape(FIRST)} .*□ ", text), "a row without effect"
        )
        night.type("q")
        night.wait_for("Quit?")
        night.wait_for(f"{FIRST}/32 stays in shop, until")


def test_on_a_slow_link_the_same_keys_never_block_another(
    siege: Siege, terminal: Callable[..., Any], tmp_path: Path
) -> None:
    night = terminal(SLOWLINK, "2.0", INSTALLED, *arguments(tmp_path), program=sys.executable)
    night.wait(lambda text: chosen(text) == FIRST, "the worst attacker on top")
    # The rows change places while the keys are on their way, which nobody can see yet.
    siege.send(SECOND, refused=400)
    siege.keep_sending(SECOND, VISITOR, every=0.1)
    night.type("B\r\r")
    night.wait(lambda text: f"Block {FIRST}" in text, "the plan for the address that was seen")
    assert siege.held in ([FOREIGN], [FOREIGN, f"{FIRST}/32"])
    siege.send(SECOND, refused=400)
    slowly(night, "\r", lambda text: "[y] yes" in text)
    slowly(night, "\r", lambda text: "sent · verified · in force" in text)
    assert siege.held == [FOREIGN, f"{FIRST}/32"]
    night.type("\r")
    night.wait(lambda text: chosen(text) == FIRST, "the selection where it was")
    night.wait(lambda text: 0 < text.find(SECOND) < text.find(FIRST), "rows that changed places")
    night.type("U")
    night.wait_for(f"Undo the block of {FIRST}/32?")
    slowly(night, "y", lambda text: "Undo the block of" not in text)
    night.wait_until_gone("■")
    assert siege.held == [FOREIGN]


def slowly(night: Any, key: str, condition: Callable[[str], bool]) -> None:
    """Presses a key unless what it is for shows already, and waits as long as the link takes."""
    if condition(night.text()):
        return
    night.type(key)
    night.wait(condition, f"the effect of {key!r}")
