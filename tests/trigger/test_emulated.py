"""In a Lambda emulator: log groups call the function that was packaged, and a topic gets what scan
finds."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.trigger.emulated import Stack, deployed
from tests.trigger.night import detections, messages
from triage_tui.cli.trigger_package import build, bundle
from triage_tui.config import Settings
from triage_tui.detect.packs import load
from triage_tui.trigger.payloads import TICK

pytestmark = pytest.mark.timeout(240)

Found = tuple[str, str, str]
MOST = 260
"""Records of each log: the whole night takes the emulator minutes."""


def some() -> dict[str, list[str]]:
    """A part of the demo's records, by log group; findings last."""
    found = messages()
    order = sorted(found, key=lambda name: ("guardduty" in name, name))
    return {name: found[name][-MOST:] for name in order}


def scanned(folder: Path, logged: dict[str, list[str]]) -> set[Found]:
    """What `scan` finds in the same records."""
    for number, lines in enumerate(logged.values()):
        (folder / f"{number}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    done = subprocess.run(
        [sys.executable, *("-m", "triage_tui", "scan", "--json", "--top", "0", str(folder))],
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    return set(detections(json.loads(done.stdout)["entities"]))


def deliver(stack: Stack, logged: dict[str, list[str]]) -> None:
    """Logs it all; findings when the rest was heard of."""
    for number, (group, lines) in enumerate(logged.items()):
        stack.watch(group)
        if "guardduty" in group:
            stack.heard(number)
        stack.log(group, lines)
    stack.heard(len(logged))


def test_log_groups_call_it_and_the_topic_gets_what_scan_finds(tmp_path: Path) -> None:
    logged = some()
    wanted = scanned(tmp_path, logged)
    code = build(bundle(Settings(), load(["default"]), None)).data
    with deployed(code, LEVEL="informational") as stack:
        deliver(stack, logged)
        stack.call({TICK: True})
        alerts = stack.received(stack.inbox)
        letters = stack.received(stack.letters)
    told: Counter[Found] = Counter(
        (entity["kind"], entity["key"], alert["rule"]["id"])
        for alert in alerts
        for entity in alert["entities"]
        if entity["why"] == "new"
    )
    assert letters == []
    assert {key for key in told if key[2] != "finding"} == wanted
    assert set(told.values()) == {1}
    assert len(wanted) > 20
    assert all("{" not in alert["rule"]["title"] for alert in alerts)
