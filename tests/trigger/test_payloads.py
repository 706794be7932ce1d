"""What Lambda is called with, understood; what nobody can read is said, not raised."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trigger.night import subscription
from triage_tui.trigger.payloads import TICK, Delivery, Object, is_batch, parts


def s3(key: str, bucket: str = "logs", name: str = "ObjectCreated:Put") -> dict[str, Any]:
    return {
        "eventSource": "aws:s3",
        "eventName": name,
        "s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 9, "eTag": "e"}},
    }


def sqs(body: object, number: str = "m1") -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"eventSource": "aws:sqs", "messageId": number, "body": text}


def deliveries(event: object) -> list[Delivery]:
    return [each for part in parts(event) for each in part.deliveries]


def test_a_subscription_is_a_record() -> None:
    [delivery] = deliveries(subscription(["a", "b"]))
    assert json.loads(delivery.records).keys() == {"awslogs"}
    assert not is_batch(parts(subscription(["a"])))


def test_the_schedule_ticks() -> None:
    assert deliveries({TICK: True}) == [Delivery(tick=True)]
    scheduled = {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}
    assert deliveries(scheduled) == [Delivery(tick=True)]


def test_eventbridge_brings_findings_as_they_are() -> None:
    event = {"detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": {"a": "ü"}}
    [delivery] = deliveries(event)
    assert json.loads(delivery.records) == event


def test_objects_of_s3_by_every_way() -> None:
    wanted = Object("logs", "AWSLogs/a b+c.json.gz", "", "e", 9)
    notice = {"Records": [s3("AWSLogs/a+b%2Bc.json.gz")]}
    bridge = {
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {
            "bucket": {"name": "logs"},
            "object": {"key": "AWSLogs/a b+c.json.gz", "size": 9, "etag": "e"},
        },
    }
    sns = {"Type": "Notification", "TopicArn": "t", "Message": json.dumps(notice)}
    for event in (
        notice,
        bridge,
        {"Records": [sqs(notice)]},
        {"Records": [sqs(bridge)]},
        {"Records": [sqs(sns)]},
        {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(notice)}}]},
    ):
        assert [each.object for each in deliveries(event)] == [wanted], event


def test_what_holds_no_logs_is_passed_over() -> None:
    assert deliveries({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}) == []
    assert deliveries({"Records": [s3("AWSLogs/1/CloudTrail-Digest/x.json.gz")]}) == []
    assert deliveries({"Records": [s3("x", name="ObjectRemoved:Delete")]}) == []
    assert deliveries({"Records": [s3("folder/")]}) == []


def test_a_batch_names_its_items() -> None:
    event = {"Records": [sqs({"eventID": "1"}, "m1"), sqs("", "m2"), sqs("text", "m3")]}
    one, two, three = parts(event)
    assert is_batch(parts(event))
    assert [part.item for part in (one, two, three)] == ["m1", "m2", "m3"]
    assert two.trouble == "the message is empty"
    assert one.deliveries[0].item == "m1"
    assert three.deliveries[0].records == b"text"


@pytest.mark.parametrize(
    "event",
    [
        None,
        7,
        "text",
        [],
        {"Records": [s3("")]},
        {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]},
        {"detail-type": "Object Created", "source": "aws.s3", "detail": 3},
    ],
)
def test_what_nobody_can_read_says_so(event: object) -> None:
    found = parts(event)
    assert [bool(part.trouble) for part in found] == [True] * len(found)
    assert found


def test_envelopes_end() -> None:
    event: object = {"eventID": "1"}
    for _ in range(9):
        event = {"Records": [sqs(event)]}
    [part] = parts(event)
    assert "wrapped" in part.trouble


def test_cloudtrails_own_list_is_one_record() -> None:
    [delivery] = deliveries({"Records": [{"eventVersion": "1.08", "eventSource": "s3"}]})
    assert b"eventVersion" in delivery.records


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
known = st.sampled_from(
    ["Records", "eventSource", "aws:s3", "aws:sqs", "body", "s3", "bucket", "object", "detail"]
)


@given(st.dictionaries(known | st.text(), values | known, max_size=6))
def test_any_event_has_parts(event: dict[str, Any]) -> None:
    for part in parts(event):
        for delivery in part.deliveries:
            assert len(delivery.digest) == 32
            assert delivery.name
    is_batch(parts(event))


def test_a_delivery_is_the_same_whatever_brings_it() -> None:
    first, second = subscription(["a"]), subscription(["b"])
    [one], [again], [other] = (deliveries(e) for e in (first, first, second))
    assert one.digest == again.digest != other.digest
    [bare], [queued] = deliveries({"Records": [s3("k")]}), deliveries({"Records": [sqs(s3("k"))]})
    assert bare.digest == queued.digest
