"""The values that web logs have in common: lines of text, numbers, outcomes, times, users."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats import identities
from triage_tui.formats.base import (
    count_of,
    document,
    http_outcome,
    present,
    status_of,
    text_line,
)
from triage_tui.formats.times import apache_time, clf_time, iso_time
from triage_tui.model import NO_NUMBER, SECOND, Outcome


def test_what_is_no_utf8_is_latin_1() -> None:
    assert text_line("GET /caf\u00e9".encode()) == "GET /caf\u00e9"
    assert text_line("GET /caf\u00e9".encode("latin-1")) == "GET /caf\u00e9"


def test_letters_of_a_document_that_are_no_utf8_are_latin_1() -> None:
    raw = '{"user":"m\u00fcller","host":"?\u20ac"}'.encode()
    assert document(raw.replace(b"?", b"\xe4")) == {"user": "m\u00fcller", "host": "\u00e4\u20ac"}
    assert document(b'{"a":"\\ud800\xff"}') == {"a": "\ud800\u00ff"}
    assert document(b"\xff") == {}


@given(st.binary())
def test_any_bytes_are_a_line(raw: bytes) -> None:
    assert len(text_line(raw)) <= len(raw)


def test_a_dash_is_nothing() -> None:
    assert [present(text) for text in ("-", "", None, "--", "a")] == [None, None, None, "--", "a"]


def test_numbers_are_digits() -> None:
    assert [count_of(text) for text in ("0", "007", "9" * 18)] == [0, 7, int("9" * 18)]
    for text in (None, "", "-", "-1", "1.5", "9" * 19, "²", " 1"):
        assert count_of(text) == NO_NUMBER
    assert [status_of(text) for text in ("000", "404", "4040", "-")] == [0, 404, -1, -1]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (NO_NUMBER, Outcome.UNKNOWN),
        (0, Outcome.UNKNOWN),
        (101, Outcome.OK),
        (399, Outcome.OK),
        (400, Outcome.ERROR),
        (401, Outcome.DENIED),
        (403, Outcome.DENIED),
        (404, Outcome.ERROR),
        (999, Outcome.ERROR),
        (1000, Outcome.UNKNOWN),
    ],
)
def test_a_status_says_what_became_of_the_request(status: int, outcome: Outcome) -> None:
    assert http_outcome(status) is outcome


def test_the_time_of_an_access_log_has_an_offset() -> None:
    assert clf_time("10/Oct/2000:13:55:36 -0700") == iso_time("2000-10-10T20:55:36Z")
    assert clf_time("01/Jan/2000:00:30:00 +05:45") == iso_time("1999-12-31T18:45:00Z")


@given(st.integers(-(2**31), 2**32))
def test_times_of_access_logs_are_the_times_they_say(seconds: int) -> None:
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert clf_time(time.strftime("%d/%b/%Y:%H:%M:%S %z")) == seconds * SECOND


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "10/Oct/2000:13:55:36",
        "32/Oct/2000:13:55:36 +0000",
        "10/Okt/2000:13:55:36 +0000",
        "10/Oct/0000:13:55:36 +0000",
        "10/Oct/2000:25:55:36 +0000",
        "10/Oct/9999:13:55:36 +0000",
        "10/Oct/2000:13:55:36 +0000\n",
        "x" * 10_000,
    ],
)
def test_what_is_no_time_of_an_access_log(text: str | None) -> None:
    assert clf_time(text) is None


def test_the_time_of_an_apache_error_is_utc() -> None:
    assert apache_time("Sat Oct 07 13:55:36.123456 2000") == iso_time("2000-10-07T13:55:36.123456Z")
    assert apache_time("Sat Oct  7 13:55:36 2000") == iso_time("2000-10-07T13:55:36Z")
    for text in (None, "", "Sat Okt 07 13:55:36 2000", "Sat Oct 07 13:99:36 2000", "x" * 99):
        assert apache_time(text) is None


@given(st.text(max_size=60))
def test_any_text_is_a_time_or_none(text: str) -> None:
    for parse in (clf_time, apache_time):
        assert parse(text) is None or isinstance(parse(text), int)


def test_a_web_user_is_a_name() -> None:
    who = identities.of_web_user("maria")
    assert who is not None
    assert (who.key, who.type, who.label) == ("http:maria", "WebUser", "maria")
    assert identities.of_web_user("maria") is who
    for nobody in ("-", "", None):
        assert identities.of_web_user(nobody) is None
    endless = identities.of_web_user("x" * 10_000)
    assert endless is not None
    assert len(endless.key) < 3000
