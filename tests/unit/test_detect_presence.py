"""Fields that rules wait for and no record has are told, however rare the texts they wait for."""

import json

import pytest

from tests.rules import batch_of, rule
from triage_tui.detect.matcher import RuleMatcher
from triage_tui.detect.presence import is_there
from triage_tui.formats.decode import decode
from triage_tui.model import Hits

WEB = "category: webserver"
ALB = (
    "https 2026-03-15T02:13:00.{:06}Z app/shop/1 203.0.113.7:1 10.0.0.1:80 0.0 0.0 0.0 200 200 1 2 "
    '"GET https://shop.example:443/ HTTP/1.1" "{}" - - arn:aws:x "-" "-" "-" 0 '
    '2026-03-15T02:13:00.000000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"'
)


def hits(matcher: RuleMatcher, lines: list[bytes]) -> Hits:
    return decode(batch_of(lines), matcher=matcher).hits


def balanced(count: int, agent: str = "-") -> list[bytes]:
    return [ALB.format(number, agent).encode() for number in range(count)]


@pytest.mark.parametrize(
    ("detection", "there"),
    [
        ("s: {cs-cookie|contains: zzz}\ncondition: s", set()),
        ("s: {cs-host: zzz}\ncondition: s", {"cs-host"}),
        ("s: {cs-user-agent: zzz}\ncondition: s", set()),
        ("s: {cs-uri-query: zzz, cs-method: GET}\ncondition: s", {"cs-method"}),
    ],
)
def test_what_is_there_is_told_though_no_record_is_near_a_match(
    detection: str, there: set[str]
) -> None:
    found = hits(RuleMatcher(rule(detection, WEB)), balanced(3))
    assert found.there == there
    assert found.looked == {}


def test_what_was_there_once_stays_known_while_its_records_come() -> None:
    matcher = RuleMatcher(rule("s: {cs-user-agent: zzz}\ncondition: s", WEB))
    assert not hits(matcher, balanced(2)).there
    assert hits(matcher, balanced(2, "curl/8")).there == {"cs-user-agent"}
    assert hits(matcher, balanced(2)).there == {"cs-user-agent"}
    assert not hits(matcher, [b"nothing that anybody knows"]).there


def test_what_must_be_decoded_is_asked_for_where_the_rest_matches() -> None:
    detection = "s: {eventName: DeleteItem, requestParameters.naem|exists: true}\ncondition: s"
    matcher = RuleMatcher(rule(detection))
    record = {"eventTime": "2026-03-15T02:13:00Z", "eventSource": "x", "requestParameters": {}}
    lines = [json.dumps({**record, "eventName": name}).encode() for name in ("DeleteItem", "Get")]
    found = hits(matcher, lines)
    assert found.looked == {"requestParameters.naem": (1, 0)}
    assert found.there == {"eventName"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], False), ([""], False), ([None], False), (["", 0], True), ([False], True), ([{}], True)],
)
def test_blanks_are_not_there(values: list[object], expected: bool) -> None:
    assert is_there(values) is expected
