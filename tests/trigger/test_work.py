"""The whole of the function with everything outside by hand: told once, whatever is tried again."""

import gzip
import json
import random
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from tests.rules import own_pack
from tests.trigger.night import detections, payloads, subscription
from tests.trigger.rig import Rig
from tests.trigger.told import ALICE, rig, stop, told
from triage_tui.demo import incident_folder
from triage_tui.detect.rule_settings import Mute
from triage_tui.model import HOUR, MINUTE, SECOND, Severity
from triage_tui.trigger.bundle import Bundle
from triage_tui.trigger.payloads import TICK
from triage_tui.trigger.ports import Trouble

# -- the same as scan ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scanned() -> set[tuple[str, str, str]]:
    command = (sys.executable, "-m", "triage_tui", "scan", "--json", "--top", "0")
    done = subprocess.run(
        [*command, "--rules", "default", str(incident_folder())],
        capture_output=True,
        text=True,
        timeout=150,
        check=True,
    )
    return set(detections(json.loads(done.stdout)["entities"]))


def night(seed: int) -> list[Any]:
    """The demo's night in deliveries of no order, but for findings: by then who is meant is
    known."""
    return sorted(payloads(seed=seed), key=lambda event: "guardduty" in _group(event))


def _group(event: Any) -> str:
    import base64

    payload = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    return str(payload["logGroup"])


@pytest.mark.parametrize("seed", [1])
def test_the_demo_tells_what_scan_finds_once_each(
    seed: int, scanned: set[tuple[str, str, str]]
) -> None:
    made = rig()
    for event in night(seed):
        for _ in range(3):  # Lambda tries twice more
            made.run(event)
    new: Counter[tuple[str, str, str]] = Counter(
        (entity["kind"], entity["key"], alert["rule"]["id"])
        for alert in made.topic.alerts
        for entity in alert["entities"]
        if entity["why"] in ("new", "again")
    )
    assert {key for key in new if key[2] != "finding"} == scanned
    assert set(new.values()) == {1}
    assert made.letters.letters == []
    # What is told again is worse each time, and that is rare.
    assert sum(told(made).values()) < 1.5 * len(new)


def test_the_demo_is_told_once_though_it_breaks_everywhere(
    scanned: set[tuple[str, str, str]],
) -> None:
    """Writes fail and cross at random; a call that fails is tried again, now or later."""
    made, chance = rig(), random.Random(7)
    waiting = night(3)
    tries = 0
    while waiting and tries < 2_000:
        tries += 1
        made.memory.fails = int(chance.random() < 0.05)
        made.memory.crosses = int(chance.random() < 0.2)
        made.topic.away = chance.random() < 0.1
        # One of the first few, so that findings stay behind.
        event = waiting[0]
        try:
            made.run(event)
        except Trouble:
            continue
        waiting.pop(0)
    made.memory.fails = made.memory.crosses = 0
    made.topic.away = False
    made.now += 10 * MINUTE
    made.run({TICK: True})
    assert not waiting
    found = told(made)
    assert {key for key in found if key[2] != "finding"} == scanned
    ids = [alert["id"] for alert in made.topic.alerts]
    assert len(ids) == len(set(ids))


# -- told once -----------------------------------------------------------------------------------


def test_one_event_is_one_message_about_both_of_its_actors() -> None:
    made = rig()
    made.run(subscription([stop()]))
    [alert] = made.topic.alerts
    assert [(e["kind"], e["key"], e["why"]) for e in alert["entities"]] == [
        ("ip", "8.8.8.8", "new"),
        ("principal", ALICE, "new"),
    ]
    assert alert["events"] == 1
    assert alert["level"] == "high"


def test_the_same_event_by_another_way_is_no_news() -> None:
    made = rig()
    made.run(subscription([stop()]))
    envelope = {"detail-type": "AWS API Call via CloudTrail", "source": "aws.cloudtrail"}
    made.run(envelope | {"detail": json.loads(stop())})
    made.objects.objects["logs", "k.json.gz"] = gzip.compress(
        json.dumps({"Records": [json.loads(stop())]}).encode()
    )
    notice = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "logs"}, "object": {"key": "k.json.gz", "size": 1}},
    }
    made.run({"Records": [notice]})
    assert len(made.topic.messages) == 1


def test_more_of_it_is_told_when_it_gets_worse() -> None:
    made = rig()
    made.run(subscription([stop(1)]))
    for number in range(2, 10):
        made.run(subscription([stop(number)]))
    assert len(made.topic.messages) == 1
    made.run(subscription([stop(10)]))
    [_, alert] = made.topic.alerts
    assert {e["why"] for e in alert["entities"]} == {"more"}
    assert alert["events"] == 10


def test_a_refused_attempt_that_succeeds_later_is_worse() -> None:
    made = rig()
    made.run(subscription([stop(1, errorCode="AccessDenied")]))
    made.run(subscription([stop(2)]))
    made.run(subscription([stop(3, errorCode="AccessDenied")]))
    levels = [(a["level"], a["entities"][0]["why"]) for a in made.topic.alerts]
    assert levels == [("medium", "new"), ("high", "worse")]


def test_after_the_window_it_is_told_again() -> None:
    made = rig(window=HOUR)
    made.run(subscription([stop(1)]))
    made.now += HOUR - MINUTE
    made.run(subscription([stop(2)]))
    assert len(made.topic.messages) == 1
    made.now += MINUTE
    made.run(subscription([stop(1)]))  # nothing new
    assert len(made.topic.messages) == 1
    made.run(subscription([stop(3)]))
    assert [e["why"] for e in made.topic.alerts[1]["entities"]] == ["again", "again"]


@pytest.mark.parametrize("behind", [SECOND // 100, MINUTE])
def test_a_clock_that_is_a_little_behind_begins_no_window(behind: int) -> None:
    """Calls at the same time are on machines of their own, and so are their clocks."""
    made = rig(window=HOUR)
    made.run(subscription([stop(1)]))
    made.now -= behind
    made.run(subscription([stop(2)]))
    assert len(made.topic.messages) == 1
    made.now -= 2 * HOUR  # but one that was far ahead keeps nobody from being told for ever
    made.run(subscription([stop(3)]))
    assert len(made.topic.messages) == 2


def test_what_is_below_the_level_is_not_told() -> None:
    made = rig(level=Severity.HIGH)
    made.run(subscription([stop(1, errorCode="AccessDenied")]))
    assert made.topic.messages == []
    assert not any("told" in key.partition for key in made.memory.kept)


@pytest.mark.parametrize("entity", ["", "both"])
def test_what_is_muted_is_not_told(entity: str) -> None:
    found = rig()
    found.run(subscription([stop(1)]))
    rule = found.topic.alerts[0]["rule"]["id"]
    names = [""] if not entity else ["ip:8.8.8.8", f"principal:{ALICE}"]
    mutes = tuple(Mute(rule, name, "ours") for name in names)
    made = Rig(Bundle(rules=own_pack(), mutes=mutes))
    made.run(subscription([stop(1)]))
    assert made.topic.messages == []
    if entity:
        made.run(subscription([stop(2, ip="9.9.9.9")]))
        assert [e["key"] for e in made.topic.alerts[0]["entities"]] == ["9.9.9.9"]


def test_many_at_once_come_together() -> None:
    made = rig()
    made.run(subscription([stop(n, ip=f"8.8.{n // 250}.{n % 250 + 1}") for n in range(300)]))
    kinds = Counter(alert["rule"]["id"] for alert in made.topic.alerts)
    assert max(kinds.values()) <= 25
    keys = {e["key"] for a in made.topic.alerts for e in a["entities"] if e["kind"] == "ip"}
    assert len(keys) == 300
    assert all(len(body.encode()) <= 256 * 1024 for _, body, _ in made.topic.messages)
