"""Texts that a regular expression cannot do without, and records that are looked through first."""

import json
import re
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules import hits, rule
from triage_tui.detect import comparing
from triage_tui.detect.deciding import settler
from triage_tui.detect.regex import required
from triage_tui.detect.ruleset import Test
from triage_tui.detect.values import values_at


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (r"(?i)(ipfs\.io/|ipfs\.io\s).+@", {"ipfs.io/", "ipfs.io"}),
        (r".+:assumed-role/aws:.+", {":assumed-role/aws:"}),
        ("abc?d", {"ab"}),
        ("x{2,3}yz", {"yz"}),
        ("(?:foo|bar)*baz", {"baz"}),
        (r"a[\]]bcd", {"bcd"}),
        ("a|.", None),
        (r"\d+", None),
        (r"\x41bc", None),
        (r"\Qa|b\E", None),
        ("[[:alpha:]]abc", None),
        ("(?x)a b c", None),
    ],
)
def test_what_an_expression_cannot_do_without(pattern: str, texts: set[str] | None) -> None:
    assert required(pattern) == texts


pieces = st.sampled_from(
    ["a", "b", "ab", ".", "[ab]", r"\.", "(a|b)", "(ab)?", "b*", "a+", "|", "x{1,2}"]
)


@given(st.lists(pieces, min_size=1, max_size=6).map("".join), st.text("abx.", max_size=12))
@settings(max_examples=300, deadline=None)
def test_whatever_matches_holds_one_of_them(pattern: str, text: str) -> None:
    try:
        found = re.search(pattern, text)
    except re.error:
        return
    texts = required(pattern)
    if found and texts is not None:
        assert any(each in text.lower() for each in texts)


ATTACKS = (
    "union select",
    "../../etc/passwd",
    "<script>",
    "%75nion%20select",
    "q=1+union+select",
    "a\\/b",
)


SELECTIONS = (
    "cs-uri-query|contains: 'union select'",
    "c-uri|contains: /etc/passwd",
    "c-uri|re: '(?i)etc.passwd'",
    "labels.name|contains: 'bad-bot'",
    "cs-cookie|contains: sess",
    "httpRequest.country: XX",
    "c-useragent|contains: sqlmap",
    "c-uri-extension: php",
)


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_looking_through_first_misses_nothing(random: Random) -> None:
    """The quick way agrees with asking each comparison of the whole record."""
    selection = random.choice(SELECTIONS)
    negated = random.random() < 0.3
    found = rule(
        f"s:\n  {selection}\nt:\n  cs-method: GET\ncondition: t and {'not ' * negated}s",
        "category: webserver",
    )
    condition = found.rules[0].condition
    assert condition is not None
    attack = random.choice(ATTACKS)
    event = {
        "timestamp": 1773540838000,
        "webaclId": "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/shop/a",
        "action": "ALLOW",
        "httpSourceName": "ALB",
        "httpRequest": {
            "clientIp": "203.0.113.9",
            "country": random.choice(["DE", "XX"]),
            "headers": [
                {"name": "User-Agent", "value": random.choice(["curl", "sqlmap/1"])},
                {"name": "Cookie", "value": random.choice(["", "sess=1"])},
            ],
            "uri": random.choice(["/", "/a.php", "/../../etc/passwd"]),
            "args": random.choice(["", attack]),
            "httpMethod": "GET",
        },
        "labels": [{"name": random.choice(["x:bad-bot", "x:good"])}],
    }
    raw = json.dumps(event).encode()
    if random.random() < 0.5:  # as some write JSON: every letter may be escaped
        raw = raw.replace(b"passwd", b"\\u0070asswd").replace(b"bad-bot", b"\\u0062ad-bot")
    plain = json.loads(raw)
    (ours,) = hits(found, raw)

    def holds(test: Test) -> bool:
        return comparing.predicate(test)(_values(plain, str(test.field)))

    def ask_of(test: Test) -> Callable[[None], bool]:
        return lambda _: holds(test)

    assert bool(ours) == settler(condition, lambda _: None, ask_of)(0, None)


def _values(event: dict[str, object], field: str) -> list[object]:
    """The values of a field, told by themselves."""
    from triage_tui.detect.fields import decoded

    asked = event["httpRequest"]
    assert isinstance(asked, dict)
    sent = {header["name"].lower(): header["value"] for header in asked["headers"]}
    target = asked["uri"] + (f"?{asked['args']}" if asked["args"] else "")
    name, dot, extension = asked["uri"].rpartition("/")[2].rpartition(".")
    return {
        "cs-method": ["GET"],
        "cs-uri-query": [*decoded(asked["args"], plus=True)],
        "c-uri": [*decoded(target, plus=True)],
        "cs-cookie": [sent["cookie"]],
        "c-useragent": [sent["user-agent"]],
        "c-uri-extension": [extension if dot and name else ""],
    }.get(field) or values_at(event, field)
