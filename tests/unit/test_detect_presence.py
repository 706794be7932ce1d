"""Fields that rules wait for and no record has are told, however rare the texts they wait for."""

import json

import pytest

from tests.rules import batch_of, rule
from triage_tui.detect.matcher import RuleMatcher
from triage_tui.detect.presence import FEWEST, is_there
from triage_tui.formats.decode import decode

WEB = "category: webserver"
ALB = (
    "https 2026-03-15T02:13:00.{:06}Z app/shop/1 203.0.113.7:1 10.0.0.1:80 0.0 0.0 0.0 200 200 1 2 "
    '"GET https://shop.example:443/ HTTP/1.1" "{}" - - arn:aws:x "-" "-" "-" 0 '
    '2026-03-15T02:13:00.000000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"'
)


def looked(matcher: RuleMatcher, lines: list[bytes]) -> dict[str, tuple[int, int]]:
    """By field how many records were asked for it, and whether it was there."""
    return decode(batch_of(lines), matcher=matcher).hits.looked


def balanced(count: int, agent: str = "-") -> list[bytes]:
    return [ALB.format(number, agent).encode() for number in range(count)]


@pytest.mark.parametrize(
    ("detection", "there"),
    [
        ("s: {cs-cookie|contains: zzz}\ncondition: s", {"cs-cookie": False}),
        ("s: {cs-host: zzz}\ncondition: s", {"cs-host": True}),
        ("s: {cs-user-agent: zzz}\ncondition: s", {"cs-user-agent": False}),
        ("s: {cs-uri-query: zzz, cs-method: GET}\ncondition: s", {"cs-method": True}),
    ],
)
def test_what_is_never_there_is_told_though_no_record_is_near_a_match(
    detection: str, there: dict[str, bool]
) -> None:
    found = looked(RuleMatcher(rule(detection, WEB)), balanced(FEWEST))
    assert there.items() <= {field: bool(seen) for field, (_, seen) in found.items()}.items()
    assert all(found[field][0] == FEWEST for field in there)


def test_few_records_tell_nothing_and_none_is_told_twice() -> None:
    matcher = RuleMatcher(rule("s: {cs-user-agent: zzz}\ncondition: s", WEB))
    assert looked(matcher, balanced(FEWEST - 1)) == {}
    assert looked(matcher, balanced(1)) == {"cs-user-agent": (FEWEST, 0)}
    assert looked(matcher, balanced(2, "curl/8")) == {"cs-user-agent": (2, 1)}
    # What was there once is known to be, whatever comes later.
    assert looked(matcher, balanced(3))["cs-user-agent"][1]


def test_what_must_be_decoded_is_asked_for_where_the_rest_matches() -> None:
    detection = "s: {eventName: DeleteItem, requestParameters.naem|exists: true}\ncondition: s"
    matcher = RuleMatcher(rule(detection))
    record = {"eventTime": "2026-03-15T02:13:00Z", "eventSource": "x", "requestParameters": {}}
    lines = [json.dumps({**record, "eventName": name}).encode() for name in ("DeleteItem", "Get")]
    assert looked(matcher, lines) == {"requestParameters.naem": (1, 0)}


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], False), ([""], False), ([None], False), (["", 0], True), ([False], True), ([{}], True)],
)
def test_blanks_are_not_there(values: list[object], expected: bool) -> None:
    assert is_there(values) is expected
