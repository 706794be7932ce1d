"""Our engine against another one: pySigma's SQLite backend, on generated and on real events.

The other engine gets tables of text that this file makes by itself. Where its view of an event is
poorer than ours, the rule is left out for that file, and listed with the reason.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.backends.sqlite.sqlite import sqliteBackend
from sigma.collection import SigmaCollection

from tests.rules import compiled, hits
from triage_tui.detect import deciding
from triage_tui.detect.logsources import formats_of
from triage_tui.detect.ruleset import Rule
from triage_tui.wrappings import unwrap

RAW = "raw record"
Table = list[dict[str, str | int | float | None]]


class Oracle:
    """A table of events, and what queries select of it."""

    def __init__(self, fields: Sequence[str], rows: Table) -> None:
        self._base = sqlite3.connect(":memory:")
        self._base.create_function("REGEXP", 2, _regexp, deterministic=True)
        self._base.execute("PRAGMA case_sensitive_like = OFF")
        columns = ", ".join(f"`{field}` COLLATE NOCASE" for field in (*fields, RAW))
        self._base.execute(f"CREATE TABLE logs (place INTEGER PRIMARY KEY, {columns})")
        marks = ", ".join("?" * (len(fields) + 1))
        self._base.executemany(
            f"INSERT INTO logs VALUES (NULL, {marks})",
            [[row.get(field) for field in (*fields, RAW)] for row in rows],
        )

    def matched(self, text: str) -> set[int]:
        """The places, from 0, of the events that a rule (in YAML) selects."""
        found = self._base.execute(_query(text)).fetchall()
        return {int(place) - 1 for (place,) in found}


@cache
def _query(text: str) -> str:
    backend = sqliteBackend(fulltext_field=RAW)  # type: ignore[no-untyped-call] # it has no types
    (query,) = backend.convert(SigmaCollection.from_yaml(text))
    return str(query).replace("SELECT *", "SELECT place", 1)


def _regexp(pattern: str, text: object) -> bool:
    return text is not None and re.search(pattern, str(text)) is not None


def _cell(value: object) -> str | int | float | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _at(event: object, path: str) -> object:
    """The value under a dotted path; a list is what nobody can say in one cell."""
    for name in path.split("."):
        if isinstance(event, list):
            return event
        event = event.get(name) if isinstance(event, dict) else None
    return event


# -- generated -----------------------------------------------------------------------------------

WORDS = (
    "Delete",
    "deleteitem",
    "DeleteItem",
    "PutItem",
    "",
    "a*b",
    "a?b",
    "a\\b",
    "404",
    "10.1.2.3",
)
values = st.one_of(st.sampled_from(WORDS), st.integers(0, 500), st.booleans(), st.none())
events = st.fixed_dictionaries(
    {},
    optional={"a": values, "b": values, "c": st.fixed_dictionaries({}, optional={"d": values})},
)
PATTERNS = (
    "Delete", "delete*", "*item", "*ete*", "D?leteItem", "", "a\\*b", "a\\?b", "a\\\\b", "*", "404",
)  # fmt: skip
FIELDS = ("a", "b", "c.d")


@st.composite
def selections(draw: st.DrawFn) -> dict[str, object]:
    """`a|startswith: [x, y]` and the like."""
    field = draw(st.sampled_from(FIELDS))
    kind = draw(st.sampled_from(("", "text", "all", "null", "exists", "number", "cidr", "re")))
    if kind == "null":
        return {field: None}
    if kind == "exists":
        return {f"{field}|exists": draw(st.booleans())}
    if kind == "number":
        operator = draw(st.sampled_from(("lt", "lte", "gt", "gte")))
        return {f"{field}|{operator}": draw(st.integers(0, 500))}
    if kind == "re":
        return {f"{field}|re": draw(st.sampled_from(("^D", "item$", "(?i)ITEM", "[0-9]+")))}
    if kind == "cidr":
        return {f"{field}|cidr": "10.1.0.0/16"}
    several = draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3, unique=True))
    if kind == "":
        return {field: several}
    modifier = draw(st.sampled_from(("contains", "startswith", "endswith")))
    several = [text for text in several if text] or ["x"]
    return {f"{field}|{modifier}{'|all' if kind == 'all' else ''}": several}


ORDER = {"lt", "lte", "gt", "gte"}
CONDITIONS = ("s", "not s", "s and t", "s or t", "s and not t", "not (s or t)", "1 of them")


@given(
    s=selections(), t=selections(), condition=st.sampled_from(CONDITIONS),
    found=st.lists(events, min_size=1, max_size=6),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_generated_rules_on_generated_events(
    s: dict[str, object], t: dict[str, object], condition: str, found: list[dict[str, object]]
) -> None:
    whole = {
        "title": "T",
        "logsource": {"product": "aws", "service": "cloudtrail"},
        "detection": {"s": s, "t": t, "condition": condition},
    }
    text = json.dumps(whole)
    if any(_differs(pair, found) for pair in (s, t)):
        return
    known = [
        event
        | {"eventName": "x", "eventSource": "x.amazonaws.com", "eventID": str(place)}
        | {"eventTime": "2026-03-15T02:13:58Z"}
        for place, event in enumerate(found)
    ]
    numeric = {key.partition("|")[0] for key in (*s, *t) if ORDER & {*key.split("|")}}
    if numeric & {key.partition("|")[0] for key in (*s, *t) if not ORDER & {*key.split("|")}}:
        return  # one column of the other engine holds numbers or text
    rows: Table = [
        {
            field: _at(event, field) if field in numeric else _cell(_at(event, field))  # type: ignore[misc] # a number
            for field in FIELDS
        }
        for event in found
    ]
    expected = Oracle(FIELDS, rows).matched(text)
    ours = hits(compiled(text), *known)
    assert {place for place, rules in enumerate(ours) if rules} == expected


def _differs(selection: Mapping[str, object], found: Sequence[Mapping[str, object]]) -> bool:
    """What SQLite sees otherwise on purpose: a missing field and null are one to it, text is a
    number when it is compared with one, and `*` is anything that is not null."""
    ((key, wanted),) = selection.items()
    field, *modifiers = key.split("|")
    cells = [_at(event, field) for event in found]
    if ORDER & {*modifiers}:
        return any(isinstance(cell, str | bool) for cell in cells)
    if "exists" in modifiers:
        return any(cell is None for cell in cells)
    if isinstance(wanted, list) and "*" in wanted:
        return "" in cells
    return False


# -- real ----------------------------------------------------------------------------------------

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
real = pytest.mark.skipif(not SHARED.is_dir(), reason="the real logs are not here")


def _records(path: Path) -> Iterator[dict[str, object]]:
    data = path.read_bytes()
    pieces = unwrap(data)
    if pieces is not None:
        for piece in pieces:
            yield json.loads(piece.of(data))
        return
    for line in data.splitlines():
        if line.strip():
            yield json.loads(line)


def _rules(folder: str) -> list[tuple[str, Rule]]:
    found = []
    for path in sorted((SHARED / "sigma" / "rules" / folder).rglob("*.yml")):
        text = path.read_text()
        (rule,) = compiled(text).rules
        found.append((text, rule))
    return found


def _asked(rule: Rule) -> set[str]:
    assert rule.condition is not None
    tests = [test for test in deciding.tests_of(rule.condition) if test.field is not None]
    return {str(test.field) for test in tests} | {t.value for t in tests if t.op == "ref"}


def _whole_addresses(rule: Rule) -> bool:
    assert rule.condition is not None
    return any("://" in "".join((t.value, *t.parts)) for t in deciding.tests_of(rule.condition))


@real
def test_the_rules_of_sigmahq_on_real_trails() -> None:
    files = [
        path
        for folder in ("cloudtrail-invictus", "cloudtrail-otrf", "cloudtrail-stratus")
        for path in sorted((SHARED / folder).glob("*.json"))
    ]
    rules = _rules("cloud")
    together = compiled(*(text for text, _ in rules))
    fields = sorted({field for _, rule in rules for field in _asked(rule)})
    compared, left = 0, []
    for path in files:
        found = list(_records(path))
        rows: Table = [{f: _cell(_at(event, f)) for f in fields} for event in found]
        lists = {f for f in fields if any(isinstance(_at(event, f), list) for event in found)}
        oracle = Oracle(fields, rows)
        ours = hits(together, *(json.dumps(event).encode() for event in found))
        for text, rule in rules:
            if poorer := lists & _asked(rule):
                left.append((path.name, rule.title, f"{min(poorer)} holds a list"))
                continue
            matched = {place for place, names in enumerate(ours) if rule.id in names}
            assert matched == oracle.matched(text), (path.name, rule.title)
            compared += 1
    assert len(rules) == 57
    assert left == [
        (
            "aws.persistence.lambda-layer-extension.json",
            "AWS New Lambda Layer Attached",
            "requestParameters.layers holds a list",
        )
    ]
    assert len(left) <= 0.05 * (compared + len(left))


def _request(event: Mapping[str, object]) -> dict[str, str | int | float | None]:
    """A WAF record as a proxy would log it."""
    asked = event["httpRequest"]
    assert isinstance(asked, dict)
    sent = {header["name"].lower(): header["value"] for header in asked["headers"]}
    target = asked["uri"] + (f"?{asked['args']}" if asked["args"] else "")
    name, dot, extension = asked["uri"].rpartition("/")[2].rpartition(".")
    return {
        "cs-method": asked["httpMethod"],
        "c-uri": target,
        "cs-uri": target,
        "cs-uri-stem": asked["uri"],
        "cs-uri-query": asked["args"],
        "c-uri-query": asked["args"],
        "c-uri-extension": extension if dot and name else "",
        "c-useragent": sent.get("user-agent", ""),
        "cs-user-agent": sent.get("user-agent", ""),
        "cs-host": sent.get("host", ""),
        "cs-cookie": sent.get("cookie", ""),
        "cs-referer": sent.get("referer", ""),
        RAW: f"{json.dumps(event)}\n{target}",
    }


@real
@pytest.mark.parametrize("attack", ["", "attacks"])
def test_the_rules_of_sigmahq_on_real_requests(attack: str) -> None:
    import gzip

    data = gzip.decompress((SHARED / "aws-waf-solutions" / "test_waf_log.gz").read_bytes())
    found = [json.loads(line) for line in data.splitlines()]
    if attack:
        found = [_attacked(event, place) for place, event in enumerate(found)]
    # The other engine gets a request as it was sent: what is encoded is compared elsewhere.
    found = [e for e in found if "%" not in (t := str(e["httpRequest"])) and "+" not in t]
    rules = _rules("web")
    together = compiled(*(text for text, _ in rules))
    rows = [_request(event) for event in found]
    oracle = Oracle([*[*rows[0]][:-1], "sc-status", "dst_ip"], rows)
    ours = hits(together, *found)
    compared, some, left = 0, 0, []
    for text, rule in rules:
        matched = {place for place, names in enumerate(ours) if rule.id in names}
        if "waf" not in formats_of(rule.logsource):
            assert not matched, "it is for other logs"
        elif _whole_addresses(rule):
            left.append((rule.title, "it compares whole addresses, which a WAF does not log"))
            continue
        else:
            assert matched == oracle.matched(text), rule.title
        compared, some = compared + 1, some + bool(matched)
    assert len(rules) == 45
    reason = "it compares whole addresses, which a WAF does not log"
    assert left == [
        ("HackTool - CobaltStrike Malleable Profile Patterns - Proxy", reason),
        ("Exploit Framework User Agent", reason),
    ]
    assert len(left) <= 0.05 * (compared + len(left))
    assert some >= (5 if attack else 0)


ATTACKS = (
    ("/index.php", "id=1 UNION SELECT user from x", "sqlmap/1.7"),
    ("/.git/config", "", "Nikto/2.5"),
    ("/", "q=<script>alert(1)</script>", "curl/8"),
    ("/../../../etc/passwd", "x=../../../../etc/shadow", "() { :; }"),
    ("/a.jsp", "cmd=whoami&net user", "WPScan v3"),
    ("/?x=${jndi:ldap://", "", ""),
    ("/Basic/Command/Base64/x", "", "Mozilla/5.0"),
    ("/tunnel.jsp", "cmd=read", "rclone/v1"),
)


def _attacked(event: dict[str, object], place: int) -> dict[str, object]:
    asked = dict(event["httpRequest"])  # type: ignore[call-overload] # a table
    uri, args, agent = ATTACKS[place % len(ATTACKS)]
    headers = [h for h in asked["headers"] if h["name"].lower() != "user-agent"]
    asked |= {
        "uri": uri,
        "args": args,
        "headers": [*headers, {"name": "User-Agent", "value": agent}],
    }
    return event | {"httpRequest": asked}
