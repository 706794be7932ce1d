"""Addresses, times, and the builder of columns."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.addresses import address, address_or_service, peer
from triage_tui.formats.ids import hash_id
from triage_tui.formats.rows import Rows
from triage_tui.formats.times import epoch_ms, iso_time
from triage_tui.formats.vocabulary import LONGEST, clip
from triage_tui.model import NO_TIME, SECOND, Extra, FindingRef, Hop, Identity


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("198.51.100.23", "198.51.100.23"),
        (" 198.51.100.23 ", "198.51.100.23"),
        ("198.51.100.23:443", "198.51.100.23"),
        ("[2001:DB8:0::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("fe80:0:0:0:202:b3ff:fe1e:8329", "fe80::202:b3ff:fe1e:8329"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:198.51.100.23", "198.51.100.23"),
        ("::FFFF:c633:6417", "198.51.100.23"),
    ],
)
def test_an_address_has_one_spelling(text: str, canonical: str) -> None:
    assert address(text) == canonical
    assert peer(text) == (canonical, None)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "-",
        "X.X.X.X",
        "255.18.064.253",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.4/24",
        "1.2.3.4:",
        "1.2.3.4:http",
        "1.2.3.4%1",
        "[::1]x",
        "256.1.1.1",
        "1.2.3.4" * 1000,
        "\ud800",
        "1\x002",
    ],
)
def test_what_is_no_legal_address_is_none(text: str | None) -> None:
    assert address(text) is None
    assert peer(text) == (None, None)


@pytest.mark.parametrize(
    "text", ["rds.amazonaws.com", "AWS Internal", "s3.amazonaws.com.cn", "Lambda.amazonaws.com"]
)
def test_a_service_stands_where_an_address_would(text: str) -> None:
    assert address(text) is None
    assert peer(text) == (None, text)
    assert address_or_service(text) == text


@pytest.mark.parametrize("text", ["amazonaws.com.example.org", "AWS Internal? no", "HIDDEN"])
def test_other_names_are_no_service(text: str) -> None:
    assert peer(text) == (None, None)


@pytest.mark.parametrize(
    ("text", "seconds", "nanoseconds"),
    [
        ("2026-03-15T02:09:11Z", 1773540551, 0),
        ("2026-03-15T02:09:11", 1773540551, 0),
        ("2026-03-15 02:09:11", 1773540551, 0),
        ("2026-03-15t02:09:11z", 1773540551, 0),
        ("2026-03-15T02:09:11.5Z", 1773540551, 500_000_000),
        ("2026-03-15T02:09:11,25Z", 1773540551, 250_000_000),
        ("2026-03-15T02:09:11.123456789Z", 1773540551, 123_456_789),
        ("2026-03-15T02:09:11.1234567899Z", 1773540551, 123_456_789),
        ("2026-03-15T04:09:11+02:00", 1773540551, 0),
        ("2026-03-15T04:09:11.001+0200", 1773540551, 1_000_000),
        ("1969-12-31T23:59:59.5Z", -1, 500_000_000),
    ],
)
def test_times_are_exact(text: str, seconds: int, nanoseconds: int) -> None:
    assert iso_time(text) == seconds * SECOND + nanoseconds


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "yesterday",
        "20260315T020911Z",
        "2026-W11-7T02:09:11Z",
        "2026-03-15",
        "2026-03-15T02:09Z",
        "2026-03-15T02:09:60Z",
        "2026-02-30T02:09:11Z",
        "9999-12-31T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "2026-03-15T02:09:11Zulu",
        "\u0662026-03-15T02:09:11Z",
        "2026-03-15T02:09:11" + "0" * 10**5,
    ],
)
def test_what_is_no_time_is_none(text: str | None) -> None:
    assert iso_time(text) is None


def test_milliseconds_since_the_epoch() -> None:
    assert epoch_ms(1682374606245) == 1682374606245_000_000
    assert epoch_ms(1682374606245.5) == 1682374606245_500_000
    odd: tuple[object, ...] = (
        None,
        True,
        "1",
        [],
        2**63,
        -(2**63),
        10**400,
        float("inf"),
        float("nan"),
    )
    for value in odd:
        assert epoch_ms(value) is None


@given(st.text())
def test_values_are_total(text: str) -> None:
    address(text)
    peer(text)
    iso_time(text)


def add(rows: Rows, **more: object) -> None:
    fields = {"format": "f", "time": 1, "own_id": None, "raw": b"raw", **more}
    rows.add(**fields)  # type: ignore[arg-type]


def test_columns_intern_text_and_keep_what_is_absent_apart() -> None:
    rows = Rows(3, 9)
    who = Identity(key="k")
    add(rows, action="a", identity=who, source_ip="1.1.1.1")
    rows.place(10, 3)
    add(rows, action="", identity=Identity(key="k"), source_ip="1.1.1.1", own_id="x")
    rows.spill(b"raw")
    rows.add_unparsed(b"junk")
    rows.spill(b"junk")
    columns = rows.columns()
    assert len(columns) == 3
    assert (columns.source, columns.received) == (3, 9)
    assert columns.action.values == ["", "a"]
    assert list(columns.action.ids) == [1, 0, 0]
    assert list(columns.who) == [1, 1, 0]
    assert columns.identities[1:] == [who]
    assert list(columns.id) == [hash_id(b"raw"), hash_id("x"), hash_id(b"junk")]
    assert list(columns.own_id) == [0, 1, 0]
    assert list(columns.time) == [1, 1, NO_TIME]
    assert columns.format.values == ["", "f", "unparsed"]
    assert list(columns.offset) == [10, 0, 3]
    assert list(columns.length) == [3, 3, 4]
    assert list(columns.spooled) == [0, 1, 1]
    assert columns.spill == b"rawjunk"


def test_further_actors_findings_and_hops_name_their_row() -> None:
    rows = Rows(1, 1)
    ana, bob = Identity(key="ana"), Identity(key="bob")
    add(rows)
    actors = [("1.1.1.1", ana), ("2.2.2.2", bob), ("1.1.1.1", ana), (None, ana)]
    add(rows, actors=actors, source_ip="9.9.9.9", finding="f-1", hop=("arn", "id", "key"))
    add(rows, actors=[])
    columns = rows.columns()
    first = columns.actor_ip.values[columns.actor_ip.ids[1]]
    assert (first, columns.identities[columns.who[1]]) == ("1.1.1.1", ana)
    assert [
        (e.row, columns.actor_ip.values[e.ip], columns.identities[e.who]) for e in columns.extras
    ] == [(1, "2.2.2.2", bob), (1, "", ana)]
    assert columns.findings == [FindingRef(1, "f-1")]
    assert columns.hops == [Hop(1, "arn", "id", "key")]
    assert isinstance(columns.extras[0], Extra)


def test_very_long_texts_are_cut_and_stay_different() -> None:
    rows = Rows(1, 1)
    for last in "ab":
        add(rows, agent="x" * 10**6 + last)
    one, other = rows.columns().agent.values[1:]
    assert one != other
    assert max(len(one), len(other)) <= LONGEST
    assert clip("x" * LONGEST) == "x" * LONGEST


def test_columns_of_many_rows_cross_a_process_border_with_odd_text() -> None:
    rows = Rows(1, 1)
    for number in range(10_000):
        add(rows, agent=f"\ud800{number % 7}\x00", own_id=f"\udcff{number}", action="a")
    columns = rows.columns()
    assert len(columns) == len(rows) == 10_000
    assert len(columns.agent.ids) == len(columns.id) == 10_000
    assert pickle.loads(pickle.dumps(columns)) == columns  # noqa: S301 - our own bytes
