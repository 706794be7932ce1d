"""What breaks while the function works: nothing is lost, and nothing is told twice."""

import gzip
import json
from typing import Any

import pytest

from tests.trigger.night import subscription
from tests.trigger.real import waf_line
from tests.trigger.rig import Rig
from tests.trigger.told import rig, stop
from triage_tui.model import HOUR, MINUTE, Severity
from triage_tui.trigger.bundle import Bundle
from triage_tui.trigger.claims import OUTBOX
from triage_tui.trigger.payloads import TICK
from triage_tui.trigger.ports import Trouble


def test_a_call_that_breaks_anywhere_loses_nothing_and_tells_nothing_twice() -> None:
    """Every write of the call fails in its turn; then it is tried again."""
    whole = rig()
    whole.run(subscription([stop(1), stop(2, ip="9.9.9.9")]))
    for place in range(whole.memory.writes):
        made = rig()
        real = made.memory.write
        left = [place]

        def write(changes: Any, real: Any = real, left: list[int] = left) -> bool:
            left[0] -= 1
            if left[0] == -1:
                raise Trouble("the table is away")
            return bool(real(changes))

        made.memory.write = write  # type: ignore[method-assign]
        event = subscription([stop(1), stop(2, ip="9.9.9.9")])
        for _ in range(3):
            try:
                made.run(event)
            except Trouble:
                continue
        made.now += 10 * MINUTE
        made.run({TICK: True})
        told_once = [alert["id"] for alert in made.topic.alerts]
        # An alert that was sent and could not be forgotten is sent once more, by its own id.
        assert set(told_once) == {alert["id"] for alert in whole.topic.alerts}, place
        assert len(told_once) <= len(whole.topic.alerts) + 1


def test_alerts_wait_while_the_topic_is_away() -> None:
    made = rig()
    made.topic.away = True
    made.run(subscription([stop(1)]))
    made.now += MINUTE
    assert made.work().run({TICK: True}) is None  # somebody may still be about to send it
    made.topic.away = False
    made.run({TICK: True})
    assert made.topic.messages == []
    made.now += 5 * MINUTE
    made.run({TICK: True})
    assert len(made.topic.messages) == 1
    made.run({TICK: True})
    assert len(made.topic.messages) == 1


def test_alerts_that_nobody_takes_keep_no_others_back() -> None:
    """Each try leaves its mark, and those that were tried least come first."""
    made = rig()
    made.topic.away = True
    for number in range(1, 13):
        made.run(subscription([stop(number, ip=f"8.8.{number}.{n}") for n in range(1, 11)]))
    waiting = [key.sort for key, _ in made.memory.listed(OUTBOX)]
    refused = set(waiting[:105])
    made.topic.away = False
    tell = made.topic.tell

    def choosy(subject: str, message: str, attributes: dict[str, str]) -> None:
        if json.loads(json.loads(message)["default"])["id"] in refused:
            raise Trouble("Publish: InvalidParameter")
        tell(subject, message, attributes)

    made.topic.tell = choosy  # type: ignore[method-assign]
    for _ in range(2):
        made.now += 10 * MINUTE
        made.run({TICK: True})
    assert {alert["id"] for alert in made.topic.alerts} == set(waiting) - refused
    assert len(waiting) > 105


def test_what_still_waits_is_counted() -> None:
    made = rig()
    made.topic.away = True
    made.run(subscription([stop(1)]))
    made.now += 10 * MINUTE
    work = made.work()
    work.run({TICK: True})
    assert work.counts["Waiting"] == 1


def test_what_is_over_is_taken_out_before_anything_is_sent() -> None:
    """Else a topic that lets everybody wait would keep blocks in force."""
    made = rig()
    made.topic.away = True
    made.run(subscription([stop(n, ip=f"8.8.8.{n}") for n in range(1, 9)]))
    waiting = len(made.memory.listed(OUTBOX))
    made.now += 10 * MINUTE
    order: list[str] = []
    tell, expire = made.topic.tell, made.blocker.expire

    def slow(subject: str, message: str, attributes: dict[str, str]) -> None:
        order.append("told")
        made.now += MINUTE
        tell(subject, message, attributes)

    def first() -> list[str]:
        order.append("expired")
        return expire()

    made.topic.tell, made.blocker.expire = slow, first  # type: ignore[method-assign]
    made.ends = made.now + 2 * MINUTE
    work = made.work()
    work.run({TICK: True})
    assert order == ["expired", "told", "told"]
    assert work.counts["Waiting"] == waiting > 2


def test_a_journal_that_is_away_keeps_no_alert_back() -> None:
    made = rig()
    made.topic.away = True
    made.run(subscription([stop(1)]))
    made.topic.away = False
    made.now += 10 * MINUTE

    def away() -> list[str]:
        raise Trouble("the journal is away")

    made.blocker.expire = away  # type: ignore[method-assign]
    with pytest.raises(Trouble, match="the journal is away"):
        made.run({TICK: True})
    assert len(made.topic.messages) == 1


def test_a_call_that_nears_its_end_leaves_the_rest_to_the_schedule() -> None:
    made = rig()
    tell = made.topic.tell

    def slow(subject: str, message: str, attributes: dict[str, str]) -> None:
        made.now += MINUTE
        tell(subject, message, attributes)

    made.topic.tell = slow  # type: ignore[method-assign]
    made.ends = made.now + MINUTE
    made.run(subscription([stop(n, ip=f"8.8.8.{n}") for n in range(1, 4)]))
    assert len(made.topic.messages) == 1
    waiting = len(made.memory.listed(OUTBOX))
    made.now += 10 * MINUTE
    made.ends = made.now + HOUR
    made.run({TICK: True})
    ids = [alert["id"] for alert in made.topic.alerts]
    assert len(ids) == len(set(ids)) == 1 + waiting
    assert waiting >= 2


def test_what_was_done_is_not_done_again_for_want_of_a_message() -> None:
    """Else each try would block anew, for longer, and out of the budget."""
    made = rig(block=Severity.LOW)
    made.topic.away = True
    made.run(subscription([waf_line("8.8.8.8", 1)], "aws-waf-logs-shop"))
    blocked = list(made.blocker.blocked)
    assert set(blocked) == {"8.8.8.8"}
    for _ in range(3):
        made.now += 10 * MINUTE
        made.run({TICK: True})
    assert made.blocker.blocked == blocked
    made.topic.away = False
    made.now += 10 * MINUTE
    made.run({TICK: True})
    assert made.blocker.blocked == blocked
    outcomes = {a["block"]["outcome"] for a in made.topic.alerts if a["block"]["cidr"]}
    assert outcomes == {"8.8.8.8 is blocked"}


def test_where_it_cannot_block_it_says_so() -> None:
    """The level is set, and the function was packaged without a blocklist."""
    made = rig(block=Severity.LOW)
    made.blocks = False
    made.run(subscription([waf_line("8.8.8.8", 1)], "aws-waf-logs-shop"))
    outcomes = {a["block"]["outcome"] for a in made.topic.alerts if a["block"]["cidr"]}
    assert len(outcomes) == 1
    assert "packaged without a blocklist" in outcomes.pop()


def test_names_beyond_measure_suppress_no_alert() -> None:
    """DynamoDB takes items of 400 KB; whoever names themselves at length is told of like others."""
    made = rig()
    real, sizes = made.memory.write, [0]

    def write(changes: Any) -> bool:
        sizes.extend(len(change.data or b"") for change in changes)
        return real(changes)

    made.memory.write = write  # type: ignore[method-assign]
    lines = []
    for number in range(120):
        name = f"{number}" + "\N{GRINNING FACE}" * 900
        who = {
            "type": "IAMUser",
            "principalId": f"AIDA{number}",
            "arn": f"arn:aws:iam::111122223333:user/{name}",
            "accountId": "111122223333",
            "userName": name,
        }
        lines.append(stop(number, userIdentity=who))
    made.run(subscription(lines))
    assert max(sizes) < 380_000
    found = made.topic.alerts
    counted = sum(len(alert["entities"]) + alert["more_entities"] for alert in found)
    assert counted == 120 + 1  # with the address
    assert all(len(body.encode()) <= 256 * 1024 for _, body, _ in made.topic.messages)


def test_poison_is_set_aside_and_the_rest_is_done() -> None:
    made = rig()
    body = json.dumps({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]})
    event = {
        "Records": [
            {"eventSource": "aws:sqs", "messageId": "m1", "body": body},
            {"eventSource": "aws:sqs", "messageId": "m2", "body": stop(1)},
        ]
    }
    assert made.run(event) == {"batchItemFailures": []}
    assert len(made.topic.messages) == 1
    [letter] = made.letters.letters
    assert "names no object" in letter["why"]
    assert "aws:s3" in letter["what"]


def test_objects_that_are_gone_or_damaged_are_set_aside() -> None:
    made = rig()
    made.objects.objects["logs", "bad.gz"] = gzip.compress(b"x" * 5_000)[:-9]
    for key in ("gone.gz", "bad.gz"):
        notice = {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "logs"}, "object": {"key": key, "size": 1}},
        }
        made.run({"Records": [notice]})
    reasons = [letter["why"] for letter in made.letters.letters]
    assert ["no such object" in reasons[0], "unpacked" in reasons[1]] == [True, True]


@pytest.mark.parametrize(
    "event",
    [
        {"awslogs": {"data": "!!!"}},
        {"awslogs": {"data": 5}},
        {"awslogs": {"data": "H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA"}},
        {"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": "AAA"}}]},
    ],
)
def test_a_damaged_payload_is_set_aside(event: object) -> None:
    made = rig()
    for _ in range(2):
        made.run(event)
    assert {"damaged" in letter["why"] for letter in made.letters.letters} == {True}


def test_lines_that_nobody_knows_are_no_damage() -> None:
    made = rig()
    made.run(subscription(["an application says something"]))
    made.run({"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": "aGVsbG8="}}]})
    assert made.letters.letters == []


def test_what_is_set_aside_fits_into_the_queue() -> None:
    made = rig()
    made.run({"Records": [{"eventSource": "aws:sqs", "messageId": "m1", "x": '"\\' * 120_000}]})
    [letter] = made.letters.letters
    assert "the message is empty" in letter["why"]
    assert len(json.dumps(letter)) <= 256 * 1024


def test_a_mistake_of_ours_fails_one_item_of_a_batch_alone() -> None:
    made = rig()
    read = made.watch.read

    def wrong(batches: Any, least: Any) -> Any:
        if b"8.8.8.1" in batches[0].data:
            raise ZeroDivisionError("a mistake")
        return read(batches, least)

    made.watch.read = wrong  # type: ignore[method-assign]
    event = {
        "Records": [
            {"eventSource": "aws:sqs", "messageId": f"m{n}", "body": stop(n, ip=f"8.8.8.{n}")}
            for n in (1, 2)
        ]
    }
    work = made.work()
    assert work.run(event) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert any("ZeroDivisionError: a mistake" in line for line in work.said)
    assert made.topic.alerts[0]["entities"][0]["key"] == "8.8.8.2"
    with pytest.raises(ZeroDivisionError):
        made.run(json.loads(stop(1, ip="8.8.8.1")))


def test_of_a_batch_only_what_failed_is_tried_again() -> None:
    made = rig()
    event = {
        "Records": [
            {"eventSource": "aws:sqs", "messageId": f"m{n}", "body": stop(n, ip=f"8.8.8.{n}")}
            for n in (1, 2)
        ]
    }
    made.memory.fails = 1
    assert made.run(event) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert made.topic.alerts[0]["entities"][0]["key"] == "8.8.8.2"
    assert made.run(event) == {"batchItemFailures": []}
    assert len(made.topic.messages) == 2


def test_a_finding_without_a_rule_is_a_reason_of_its_own() -> None:
    finding = {
        "schemaVersion": "2.0",
        "accountId": "111122223333",
        "region": "eu-west-1",
        "id": "f" * 32,
        "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d/finding/f",
        "type": "Policy:S3/AccountBlockPublicAccessDisabled",
        "severity": 5.0,
        "createdAt": "2026-11-28T10:00:00Z",
        "updatedAt": "2026-11-28T10:00:00Z",
        "title": "Public access",
        "description": "It was disabled",
        "service": {"serviceName": "guardduty", "action": {"actionType": "AWS_API_CALL"}},
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {"userName": "alice", "userType": "IAMUser", "principalId": "P"},
        },
    }
    made = Rig(Bundle())
    event = {"detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": finding}
    made.run(event)
    made.run(event)
    [alert] = made.topic.alerts
    assert alert["rule"]["id"] == "finding"
    assert alert["rule"]["title"] == finding["type"]
    assert alert["level"] == "medium"
