"""The demo's night in a Lambda emulator: log groups call the function that was packaged, each call
comes three times, and a topic gets what `scan` finds.

`python -m tests.trigger.emulated_night` is the whole of it, which takes minutes.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.rules import own_pack
from tests.trigger.emulated import Stack, deployed
from tests.trigger.night import detections, messages
from triage_tui.cli.trigger_package import build, bundle
from triage_tui.config import Settings
from triage_tui.trigger.payloads import TICK

Found = tuple[str, str, str]
"""(kind, key, rule)."""
PUT = 1_000
"""Log events in one put; the emulator delivers each put by a call of its own."""


class Told(NamedTuple):
    """What came of a night."""

    wanted: set[Found]
    """What `scan` finds."""
    new: Counter[Found]
    """What was told for the first time, and how often."""
    alerts: list[Any]
    letters: list[Any]

    @property
    def wrong(self) -> list[str]:
        """What is not as it should be."""
        detected = {key for key in self.new if key[2] != "finding"}
        twice = {key for key, count in self.new.items() if count != 1}
        return [
            f"{what}: {sorted(found)}"
            for what, found in (
                ("scan alone finds", self.wanted - detected),
                ("the topic alone was told", detected - self.wanted),
                ("told twice", twice),
                ("set aside", {json.dumps(letter)[:300] for letter in self.letters}),
            )
            if found
        ]


def night(most: int | None) -> dict[str, list[str]]:
    """The demo's records, or the last few of each log, by log group; findings last."""
    found = messages()
    order = sorted(found, key=lambda name: ("guardduty" in name, name))
    return {name: found[name][-most if most else 0 :] for name in order}


def told(folder: Path, logged: Mapping[str, Sequence[str]]) -> Told:
    """Puts it all into log groups of an emulator, and waits until it was heard of."""
    wanted = _scanned(folder, logged)
    code = build(bundle(Settings(), own_pack(), None)).data
    with deployed(code, LEVEL="informational") as stack:
        _deliver(stack, logged)
        stack.call({TICK: True})
        alerts = stack.received(stack.inbox)
        letters = stack.received(stack.letters)
    new: Counter[Found] = Counter(
        (entity["kind"], entity["key"], alert["rule"]["id"])
        for alert in alerts
        for entity in alert["entities"]
        if entity["why"] == "new"
    )
    return Told(wanted, new, alerts, letters)


def _scanned(folder: Path, logged: Mapping[str, Sequence[str]]) -> set[Found]:
    for number, lines in enumerate(logged.values()):
        (folder / f"{number}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    done = subprocess.run(
        [sys.executable, *("-m", "triage_tui", "scan", "--json", "--top", "0", str(folder))],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    return set(detections(json.loads(done.stdout)["entities"]))


def _deliver(stack: Stack, logged: Mapping[str, Sequence[str]]) -> None:
    """Logs it all; findings when the rest was heard of."""
    calls = 0
    for group, lines in logged.items():
        stack.watch(group)
        if "guardduty" in group:
            stack.heard(calls)
        for begin in range(0, len(lines), PUT):
            stack.log(group, lines[begin : begin + PUT])
            calls += 1
    stack.heard(calls)


def main() -> int:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        logged = night(None)
        found = told(Path(folder), logged)
    print(  # noqa: T201 - this is what it is for
        f"{sum(map(len, logged.values())):,} records of {len(logged)} log groups, each call three "
        f"times, in {time.monotonic() - begun:.0f} s: {len(found.wanted)} detections by scan, "
        f"{len(found.new)} told for the first time in {len(found.alerts)} messages"
    )
    for line in found.wrong:
        print(line)  # noqa: T201 - as above
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
