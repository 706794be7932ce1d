"""Looking for what rules cannot do without, in many records at once, misses nothing: hits are those
of asking every comparison of every record."""

import json
import re
from collections.abc import Callable, Sequence
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules import batch_of, compiled, hits, matches, rule
from triage_tui.detect.comparing import predicate, refers, text_test
from triage_tui.detect.deciding import settler
from triage_tui.detect.engine import View
from triage_tui.detect.fields import WEB
from triage_tui.detect.guards import COOKIES, RAW, REQUEST, Guard, guard_of
from triage_tui.detect.presence import Presence
from triage_tui.detect.ruleset import ANY_ONE, RuleSet, Test
from triage_tui.detect.texts import keyword_text
from triage_tui.formats.decode import decode
from triage_tui.formats.rows import Rows
from triage_tui.formats.seen import Read, Seen
from triage_tui.model import Hits, no_hits

WORDS = (
    "passwd",
    "union select",
    "/../etc",
    "..\\..",
    "<script",
    "'or'1",
    '"x"="',
    "café",
    "\u017felect",
    "Kelvin",
    "Σxyz",
    "xyzİ",
    "%2e%2e",
    "=c:/",
    "http://evil",
    "shop.example/",
    "//evil",
    "a+b+c",
    "a b c",
    ".phtml",
    "jndi:ldap",
    "\\u0070",
    "x?yz",
    "user%20id",
)
BETWEEN = ("", "", "/", "+", "%20", "%252F", "é", ".")


def _parts(words: Sequence[str]) -> st.SearchStrategy[str]:
    spelled = [
        *words,
        *map(quote, words),
        *map(quote_plus, words),
        *map(str.upper, words),
        *BETWEEN,
    ]
    return st.lists(st.sampled_from(spelled), max_size=4).map("".join)


FIELDS = (
    "c-uri",
    "cs-uri-stem",
    "cs-uri-query",
    "c-uri-extension",
    "cs-cookie",
    "cs-referer",
    "c-useragent",
    "labels.name",
    "terminatingRuleId",
    "webaclId",
    "cs-host",
)
MODIFIERS = ("", "|contains", "|startswith", "|endswith", "|contains|all", "|cased", "|re", "|re|i")


@st.composite
def selections(draw: st.DrawFn, words: Sequence[str]) -> object:
    """`c-uri|contains: [x, y]`, or keywords."""
    several = draw(st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 4)) == 0:
        return several
    modifier = draw(st.sampled_from(MODIFIERS))
    if "re" in modifier:
        several = list(map(re.escape, several))
    elif modifier == "" and draw(st.booleans()):
        several = [f"*{each}?{each}*" for each in several]
    return {f"{draw(st.sampled_from(FIELDS))}{modifier}": several}


def _odd(name: str, usual: object) -> st.SearchStrategy[dict[str, object]]:
    """A member of a record, seldom as WAF writes it."""
    odd: st.SearchStrategy[dict[str, object]]
    odd = st.sampled_from([{}, {name: None}, {name: 7}, {name: {"name": usual}}, {name: [usual]}])
    return st.just({name: usual}) | odd


@st.composite
def requests(draw: st.DrawFn, words: Sequence[str]) -> bytes:
    """A record of a WAF, as several writers of JSON write it; or a line of a load balancer."""
    parts = _parts(words)
    uri, query = "/" + draw(parts), draw(parts)
    if draw(st.integers(0, 3)) == 0:
        target = f"{uri}?{query}".replace('"', "%22").replace(" ", "%20").replace("\\", "%5C")
        return (
            "https 2026-03-15T02:13:58.123456Z app/shop/50dc 203.0.113.9:2817 10.0.0.1:80"
            f' 0.001 0.048 0.000 200 200 512 1024 "GET https://shop.example:443{target} HTTP/1.1"'
            ' "curl/8" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:x:'
            '1:targetgroup/shop/73e2 "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0'
            ' 2026-03-15T02:13:58.000000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"'
        ).encode()
    names = draw(st.permutations(["Host", "cookie", "Referer", "User-Agent"]))
    event = {
        "timestamp": 1773540838000,
        "webaclId": "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/shop/a",
        "action": "ALLOW",
        "httpSourceName": "ALB",
        "httpRequest": {
            "clientIp": "203.0.113.9",
            "headers": [{"name": name, "value": draw(parts)} for name in names[:3]],
            "uri": uri,
            "args": query,
            "httpMethod": "GET",
        },
    }
    event |= draw(_odd("labels", [{"name": draw(parts)}, {"name": draw(parts)}]))
    event |= draw(_odd("terminatingRuleId", draw(parts)))
    raw = json.dumps(event, ensure_ascii=draw(st.booleans()))
    return (raw.replace("/", "\\/") if draw(st.booleans()) else raw).encode("utf-8", "replace")


class _Plain:
    """Asks every comparison of every record."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self.found: list[list[str]] = []

    def begin(self, rows: Rows) -> "_Plain":
        return self

    def read(self, first: int, read: Read) -> None:
        for place in range(len(read.raw)):
            self._ask_all(read.seen(place))

    def _ask_all(self, seen: Seen) -> None:
        view, known = View(seen, Presence()), seen.format in WEB
        self.found.append(
            [
                rule.id
                for rule in self._rules.rules
                if known
                and rule.condition is not None
                and settler(rule.condition, lambda _: None, self._ask)(0, view)
            ]
        )

    def _ask(self, test: Test) -> Callable[[View], bool]:
        if test.op == "ref":
            return lambda view: refers(test, view.values(str(test.field)), view.values(test.value))
        if test.field is None:
            holds = text_test(test)
            return lambda view: holds(keyword_text(view.seen).decode("utf-8", "replace"))
        decide = predicate(test)
        return lambda view: decide(view.values(str(test.field)))

    def trail(self, first: int, trail: object) -> None:
        raise AssertionError("no trail here")

    def hits(self) -> Hits:
        return no_hits()


def plainly(rules: RuleSet, records: Sequence[bytes]) -> list[list[str]]:
    """Per record the ids of the rules that match it."""
    plain = _Plain(rules)
    decode(batch_of(records), matcher=plain)
    return plain.found


CONDITIONS = ("s", "not s", "s and t", "s or t", "s and not t", "1 of them")


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[str], list[bytes]]:
    """Rules, and records that say much the same."""
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True))
    found = []
    for number in range(draw(st.integers(1, 4))):
        s, t = draw(selections(words)), draw(selections(words))
        rule = {
            "title": f"T{number}",
            "id": f"0a1b2c3d-0000-4000-8000-00000000000{number}",
            "logsource": {"category": "webserver"},
            "detection": {"s": s, "t": t, "condition": draw(st.sampled_from(CONDITIONS))},
        }
        found.append(json.dumps(rule))
    return found, draw(st.lists(requests(words), min_size=2, max_size=6))


@given(cases())
@settings(max_examples=100, deadline=None)
def test_the_quick_way_agrees_with_asking_everything(case: tuple[list[str], list[bytes]]) -> None:
    texts, records = case
    rules = compiled(*texts)
    assert hits(rules, *records) == plainly(rules, records)


@pytest.mark.parametrize(
    ("test", "guards"),
    [
        (Test("c-uri", "contains", "union select"), {Guard(REQUEST, "union select")}),
        (Test("c-uri", "starts", "http://evil/x"), {Guard(REQUEST, "//evil/x")}),
        (Test("c-uri", "contains", "=c:/"), {Guard(REQUEST, "=c:/")}),
        (Test("c-uri", "contains", f"ab{ANY_ONE}cdef"), {Guard(REQUEST, "cdef")}),
        (Test("c-uri-extension", "is", "php"), {Guard(REQUEST, ".php")}),
        (Test("c-uri-extension", "ends", "phtml"), {Guard(REQUEST, "phtml")}),
        (Test("c-uri", "contains", "or"), None),
        (Test("c-uri", "contains", "https:"), None),
        (Test("c-uri", "exists", "true"), None),
        (Test("c-useragent", "contains", "sqlmap"), None),
        (Test("cs-cookie", "contains", "' or 1=1"), {Guard(COOKIES, "' or 1=1")}),
        (Test(None, "contains", 'say "jndi:ldap"'), {Guard(RAW, "jndi:ldap")}),
        (Test("webaclId", "contains", "webacl/shop"), {Guard(RAW, "webacl/shop")}),
        (Test("labels.count", "is", "12345678"), None),
        (
            Test("c-uri", "re", "(?:<script|onerror=)"),
            {Guard(REQUEST, t) for t in ("<script", "onerror=")},
        ),
    ],
)
def test_what_a_comparison_cannot_do_without(test: Test, guards: set[Guard] | None) -> None:
    assert guard_of("waf", test) == guards


@pytest.mark.parametrize(
    ("selection", "uri"),
    [
        ("cs-uri-stem|contains: 'etc/x+passwd'", "/etc%2Fx+passwd"),
        ("c-uri|contains: 'etc/x passwd'", "/etc%2Fx+passwd"),
        ("c-uri|startswith: 'https://shop.example/wp-admin'", "/wp-admin/"),
        ("c-uri|startswith: 'http://shop.example/wp-admin'", "/wp-admin/"),
        ("cs-uri-query|contains: 'union select'", "/?" + "a" * 9_000 + "union+select"),
    ],
)
def test_a_text_is_found_wherever_a_field_has_it(selection: str, uri: str) -> None:
    target = "/" if "?" in uri else uri
    event = {
        "timestamp": 1773540838000,
        "webaclId": "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/shop/a",
        "action": "ALLOW",
        "httpRequest": {
            "clientIp": "203.0.113.9",
            "headers": [{"name": "host", "value": "shop.example"}],
            "uri": target,
            "args": uri.partition("?")[2],
        },
    }
    found = rule(f"s:\n  {selection}\ncondition: s", "category: webserver")
    # The beginning of what is so long is decoded, no more.
    assert matches(found, event) is (len(uri) < 8_000)


def test_a_request_too_long_to_be_decoded_whole_is_asked_as_it_is() -> None:
    found = rule("s:\n  cs-uri-query|contains: 'onload=x'\ncondition: s", "category: webserver")
    line = (
        f'203.0.113.9 - - [15/Mar/2026:02:13:58 +0000] "GET /?{"a" * 9_000}onload=x HTTP/1.1" 200 1'
    )
    assert matches(found, line.encode())
