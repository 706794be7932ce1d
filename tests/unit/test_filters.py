"""Filter expressions: what they select, and how a wrong one is answered."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.rows import Rows
from triage_tui.model import NO_TIME, SECOND, Identity, Outcome, Severity
from triage_tui.store.filters import Bounds, FilterError, parse, parse_time
from triage_tui.store.index import Index
from triage_tui.store.matches import Matches

if TYPE_CHECKING:
    from pathlib import Path

T0 = int(dt.datetime(2026, 3, 15, 2, tzinfo=dt.UTC).timestamp()) * SECOND
MARIA = Identity(
    "arn:aws:iam::1:user/maria",
    type="IAMUser",
    label="maria",
    principal_id="AIDA1",
    access_key="AKIA1",
    user="maria",
)
ROLE = Identity(
    "arn:aws:sts::1:assumed-role/ops/night",
    type="AssumedRole",
    label="ops › night",
    role="arn:aws:iam::1:role/ops",
    session="night",
)


class Reader:
    """Raw bytes by offset, all in one piece."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, source: int, offset: int, length: int, spooled: bool) -> bytes:
        return self.data[offset : offset + length]


@pytest.fixture
def found() -> tuple[Index, Reader]:
    """Four events and one record nobody understood."""
    rows = Rows(0, 0)
    base: dict[str, object] = {"format": "cloudtrail", "own_id": None, "account": "111122223333"}
    deeds: list[dict[str, object]] = [
        {
            "time": T0,
            "action": "DeleteItem",
            "outcome": Outcome.OK,
            "source_ip": "203.0.113.7",
            "identity": MARIA,
            "resource": "arn:aws:dynamodb:eu-west-1:1:table/orders",
            "raw": b"deleting from orders",
        },
        {
            "time": T0 + 60 * SECOND,
            "action": "ListUsers",
            "outcome": Outcome.DENIED,
            "source_ip": "2001:db8::7",
            "identity": ROLE,
            "agent": "Boto3/1.34 md/Botocore",
            "raw": b"denied",
        },
        {
            "time": T0 + 120 * SECOND,
            "action": "BLOCK",
            "format": "waf",
            "outcome": Outcome.BLOCKED,
            "source_ip": "203.0.113.9",
            "path": "/phpmyadmin/index.php",
            "method": "GET",
            "status": 403,
            "size": 12,
            "raw": b"GET /PhpMyAdmin/",
        },
        {
            "time": T0 + 180 * SECOND,
            "action": "Recon:EC2/PortProbe",
            "format": "guardduty",
            "severity": Severity.HIGH,
            "source_ip": "198.51.100.1",
            "actors": [("198.51.100.1", None), ("203.0.113.7", MARIA)],
            "finding": "f-1",
            "own_id": "f-1@1",
            "raw": b"probe",
        },
    ]
    data = b""
    for deed in deeds:
        rows.add(**{**base, **deed})  # type: ignore[arg-type]
        raw = deed["raw"]
        assert isinstance(raw, bytes)
        rows.place(len(data), len(raw))
        data += raw
    rows.add_unparsed(b"noise")
    rows.place(len(data), 5)
    index = Index()
    index.append(rows.columns())
    return index, Reader(data + b"noise")


def rows_of(found: tuple[Index, Reader], text: str) -> list[int]:
    index, reader = found
    matches = Matches(index, parse(text))
    while matches.search(reader, size=20):
        pass
    assert matches.complete
    return [row for row, hit in enumerate(matches.mask().tolist()) if hit]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("ip:203.0.113.0/24", [0, 2, 3]),
        ("ip:2001:db8::/32", [1]),
        ("ip:203.0.113.7", [0, 3]),
        ("ip:203.0.*", [0, 2, 3]),
        ("ip:::ffff:203.0.113.7", [0, 3]),
        ("ip:::FFFF:203.0.113.0/120", [0, 2, 3]),
        ("ip:::ffff:203.0.*", [0, 2, 3]),
        ("ip:::/0", [1]),
        ("source_ip:203.0.113.7", [0]),
        ("-outcome:ok", [1, 2, 3, 4]),
        ("action:delete*", [0]),
        ("action:delete", []),
        ("ACTION:DeleteItem", [0]),
        ("action:DeleteItem or action:ListUsers", [0, 1]),
        ("(action:DeleteItem or outcome:blocked) ip:203.0.113.9", [2]),
        ("-(action:DeleteItem or outcome:blocked)", [1, 3, 4]),
        ("principal:maria", [0, 3]),
        ("principal:AIDA1", [0, 3]),
        ("principal:ops", [1]),
        ("principal:night", [1]),
        ("access_key:AKIA1", [0, 3]),
        ("principal_type:AssumedRole", [1]),
        ("role_session:n*", [1]),
        ("user_agent:boto3", [1]),
        ("agent:botocore", [1]),
        ("resource:table/orders", [0]),
        ("path:phpmyadmin", [2]),
        ('path:"/phpmyadmin/*"', [2]),
        ("status>=400", [2]),
        ("status<400", []),
        ("bytes:12", [2]),
        ("severity>=high", [3]),
        ("severity:high", [3]),
        ("severity>low severity<critical", [3]),
        ("format:waf or format:guardduty", [2, 3]),
        ("finding:f-*", [3]),
        ("id:f-1@1", [3]),
        ("duplicate:true", []),
        ("phpmyadmin", [2]),
        ('"from orders"', [0]),
        ("noise", [4]),
        ("-denied account:111122223333", [0, 2, 3]),
        ("time:2026-03-15T02:01 or denied", [1]),
        ("region:eu-west-1", []),
    ],
)
def test_what_an_expression_selects(
    found: tuple[Index, Reader], text: str, rows: list[int]
) -> None:
    assert rows_of(found, text) == rows


def test_a_list_file_names_alternatives(found: tuple[Index, Reader], tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("# seen before\n203.0.113.9\n\n2001:db8::/64\n")
    assert rows_of(found, f"ip:@{path}") == [1, 2]


def test_a_file_that_is_gone_matches_nothing(found: tuple[Index, Reader]) -> None:
    class Gone(Reader):
        def read(self, source: int, offset: int, length: int, spooled: bool) -> bytes:
            raise FileNotFoundError("gone")

    matches = Matches(found[0], parse("phpmyadmin"))
    assert not matches.search(Gone(b""))
    assert (matches.mask().sum(), matches.unreadable) == (0, 5)


def test_the_mask_follows_the_index(found: tuple[Index, Reader]) -> None:
    index, _ = found
    matches = Matches(index, parse("action:DeleteItem"))
    assert matches.mask().sum() == 1
    rows = Rows(0, 0)
    rows.add(format="cloudtrail", time=T0, own_id="new", raw=b"", action="DeleteItem")
    rows.place(0, 0)
    index.append(rows.columns())
    assert matches.mask().tolist()[-1] is True


def test_time_terms_that_bound_everything_become_the_bounds() -> None:
    parsed = parse("time>=2026-03-15T02:00Z time<2026-03-15T03:00Z ip:192.0.2.1")
    assert (parsed.bounds.since, parsed.bounds.until) == (T0, T0 + 3600 * SECOND - 1)
    assert parse("time<=2026-03-15").bounds.until == T0 + 22 * 3600 * SECOND - 1
    for negated, plain in (("<=", ">"), ("<", ">="), (">=", "<"), (">", "<=")):
        bound = "2026-03-15T02:10Z"
        opposite = parse(f"-time{negated}{bound}")
        assert opposite.bounds == parse(f"time{plain}{bound}").bounds
        assert opposite.selects_all
        assert parse(f"-(time{negated}{bound} ip:192.0.2.1)").bounds == Bounds()
    assert parse("(time<2026 format:waf) ip:192.0.2.1").bounds == parse("time<2026").bounds
    nested = parse("time<2026 or ip:192.0.2.1")
    assert nested.bounds.until is None


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("acton:x", 0, "did you mean `action`"),
        ("ip:1.2.3.4 (a", 11, "never closed"),
        ("a)", 1, "closes nothing"),
        ("a or", 2, "needs something"),
        ("or a", 0, "missing"),
        ("()", 1, "missing"),
        ("time>=soon", 6, "not a time"),
        ("severity:bad", 9, "one of none, informational"),
        ("ip:300.1.1.1", 3, "not an address"),
        ('x "abc', 2, "never closed"),
        ("status:4xx", 7, "is a number"),
        ("action>=3", 6, "has no order"),
        ("action:", 7, "needs a value"),
        ("ip:@/none/such", 3, "cannot read the list"),
        ("(" * 5000, 0, "nested too deeply"),
    ],
)
def test_a_wrong_expression_is_pointed_at(text: str, position: int, words: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert words in caught.value.message
    assert caught.value.position == position


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_a_clear_error(text: str) -> None:
    caught: FilterError | None = None
    try:
        parse(text)
    except FilterError as error:
        caught = error
    assert caught is None or (caught.message and 0 <= caught.position <= len(text))


@given(st.integers(0, 7_000_000_000))
def test_times_are_utc_to_the_unit_they_name(seconds: int) -> None:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    first, last = parse_time(moment.isoformat().replace("+00:00", "Z"))
    assert first == seconds * SECOND
    assert last - first == SECOND - 1
    assert parse_time(moment.strftime("%Y-%m-%dT%H:%M+00:00"))[1] >= last
    assert first > NO_TIME
