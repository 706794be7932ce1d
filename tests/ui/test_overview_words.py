"""The words of the screens: numbers, times, filters, and what stands out."""

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.model import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Case,
    Entity,
    EntityRef,
    Kind,
    Note,
    Reason,
    Severity,
    Status,
    Verdict,
)
from triage_tui.store.filters import parse, parse_time
from triage_tui.ui.adapters import filtering, preview, words
from triage_tui.ui.adapters.overview import columns, stands_out, state
from triage_tui.ui.times import parse_goto
from widgets.columns import GAP, arrange
from widgets.text import cell_len

NIGHT = parse_time("2026-03-15T02:14:07Z")[0]
FIRST = parse_time("2026-03-14T23:00Z")[0]
LAST = parse_time("2026-03-15T03:00Z")[0]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (940, "940"), (5_120, "5.1k"), (12_410, "12k"), (3_400_000, "3.4M")],
)
def test_short_numbers(count: int, text: str) -> None:
    assert words.short_number(count) == text


def test_times() -> None:
    assert words.clock(NIGHT) == "02:14:07Z"
    assert words.day_clock(NIGHT) == "Sun 02:14:07Z"
    assert words.day_clock(NIGHT, "") == "02:14:07Z"
    assert words.moment(NIGHT) == "2026-03-15 Sun 02:14:07Z"


@pytest.mark.parametrize(
    ("days", "near", "clock", "seen"),
    [
        (0, words.WEEKDAY, "Sun 02:14:07Z", "02:14:07Z"),
        (6, words.WEEKDAY, "Sun 02:14:07Z", "Sun 02:14Z"),
        (6, words.DATE, "03-15 02:14:07Z", "Sun 02:14Z"),
        (7, words.WEEKDAY, "03-15 02:14:07Z", "2026-03-15"),
        (365, words.DATE, "2026-03-15 02:14:07Z", "2026-03-15"),
    ],
)
def test_days_are_told_apart(days: int, near: str, clock: str, seen: str) -> None:
    last = NIGHT + days * DAY
    assert words.day_clock(NIGHT, words.day_between(NIGHT, last, near)) == clock
    assert words.seen(NIGHT, (NIGHT, last)) == seen
    assert words.seen(NIGHT, None) == "02:14:07Z"


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (-5, "0s"),
        (30 * SECOND, "30s"),
        (54 * MINUTE, "54m"),
        (HOUR, "1h"),
        (80 * MINUTE, "1h20m"),
        (76 * HOUR, "3d4h"),
        (7 * DAY, "7d"),
    ],
)
def test_spans(time: int, text: str) -> None:
    assert words.span(time) == text


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_time_has_words(time: int) -> None:
    assert words.moment(time).endswith("Z")
    assert words.span(time)


def test_resources_lose_what_all_share() -> None:
    assert words.resource("arn:aws:dynamodb:eu-west-1:111122223333:table/orders") == "table/orders"
    assert words.resource("/wp-admin") == "/wp-admin"
    assert words.principal("arn:aws:iam::111122223333:user/maria.keller") == "maria.keller"


# -- going to a time -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("02:10", "2026-03-15T02:10:00Z"),
        ("2:10:30", "2026-03-15T02:10:30Z"),
        ("23:30", "2026-03-14T23:30:00Z"),
        ("2026-03-15T02:10Z", "2026-03-15T02:10:00Z"),
        ("2026-03-15 02:10", "2026-03-15T02:10:00Z"),
        ("+5m", "2026-03-15T02:19:07Z"),
        ("-30s", "2026-03-15T02:13:37Z"),
        ("- 1h 30m", "2026-03-15T00:44:07Z"),
        (" START ", "2026-03-14T23:00:00Z"),
    ],
)
def test_going_to_a_time(text: str, time: str) -> None:
    assert parse_goto(text, NIGHT, FIRST, LAST) == parse_time(time)[0]


def test_going_to_the_end() -> None:
    assert parse_goto("end", NIGHT, FIRST, LAST) is None


@given(st.text(max_size=20) | st.from_regex(r"[+-]?[0-9:smhdTZ -]{1,12}", fullmatch=True))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        found = parse_goto(text, NIGHT, FIRST, LAST)
        assert found is None or isinstance(found, int)


@pytest.mark.parametrize("text", ["24:00", "02:60", "soon", "+5", "5m", ""])
def test_wrong_times(text: str) -> None:
    with pytest.raises(ValueError, match="try 02:10"):
        parse_goto(text, NIGHT, FIRST, LAST)


# -- filters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "include", "result"),
    [
        ("", True, "ip:1.2.3.4"),
        ("", False, "-ip:1.2.3.4"),
        ("-outcome:ok", True, "-outcome:ok ip:1.2.3.4"),
        ("outcome:ok or outcome:error", True, "(outcome:ok or outcome:error) ip:1.2.3.4"),
        ("ip:1.2.3.4", True, "ip:1.2.3.4"),
        ("-ip:1.2.3.4", True, "-ip:1.2.3.4 ip:1.2.3.4"),
    ],
)
def test_narrowing_a_filter(text: str, include: bool, result: str) -> None:
    assert filtering.combined(text, "ip:1.2.3.4", include=include) == result


@given(st.text(max_size=30))
def test_any_value_can_be_written(text: str) -> None:
    assert not parse(f"principal:{filtering.value(text)}").selects_all


def test_a_name_never_makes_a_filter_read_a_file() -> None:
    assert parse(f"principal:{filtering.value('@/etc/passwd')}").text == "principal:?/etc/passwd"


# -- rows and lines ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("width", [60, 72, 80, 100, 120, 160, 200])
def test_columns_fill_the_width(kind: Kind, width: int) -> None:
    slots = arrange(columns(kind, width), width - 3)
    used = sum(slot.width for slot in slots) + GAP * (len(slots) - 1)
    assert used == width - 3
    kept = [slot.column.key for slot in slots]
    assert {"risk", "entity", "events", "why", "state"} <= set(kept)
    if width >= 80:
        assert "refused" in kept
    if width >= 80 and kind in (Kind.IP, Kind.NETWORK):
        assert "pulse" in kept


def test_columns_drop_in_their_order() -> None:
    kept = [{s.column.key for s in arrange(columns(Kind.IP, w), w - 3)} for w in range(99, 50, -1)]
    gone = [column for before, after in pairwise(kept) for column in before - after]
    assert gone[-2:] == ["pulse", "refused"]


@pytest.mark.parametrize(
    ("actions", "targets", "said"),
    [
        ({"GET": 7}, [("/a", 2), ("/b", 1)], "GET /a"),
        ({"POST": 4, "GET": 3}, [("/a", 4), ("/b", 3)], "POST /a"),
        ({"POST": 4, "GET": 3}, [("/health", 3)], "POST"),
        ({"POST": 2, "GET": 1}, [("/health", 3)], "POST /health"),
        ({"ACCEPT": 2, "GET": 2, "PUT": 2, "PATCH": 1}, [("/a", 3)], "/a"),
        ({"GetItem": 1}, [], "GetItem"),
        ({"GET": 5}, [("/a", 5)], "5 refused at /a"),
        ({"GET": 7}, [("/a", 5)], "5 refused"),
    ],
)
def test_nothing_stands_out_that_never_happened(
    actions: dict[str, int], targets: list[tuple[str, int]], said: str
) -> None:
    entity = Entity(
        EntityRef(Kind.IP, "192.0.2.1"),
        "192.0.2.1",
        events=sum(actions.values()),
        denied=5 if "refused" in said else 0,
        errors=0,
        blocked=0,
        findings=0,
        worst=Severity.NONE,
        risk=0,
        reasons=(),
        first=0,
        last=0,
        principals=(),
        ips=("192.0.2.1",),
        actions=actions,
        targets=tuple(targets),
    )
    assert stands_out(entity) == said


@pytest.mark.parametrize(
    ("reasons", "denied", "said"),
    [
        (
            [Reason(8, "rule, medium: WordPress scan", "detection")],
            1700,
            "WordPress scan, 1.7k refused",
        ),
        (
            [Reason(12, "9,000 events; the median here is 3", "volume")],
            0,
            "9.0k events; the median here is 3",
        ),
        ([Reason(9, "900 events; the median here is 20", "volume")], 0, "GET /a"),
    ],
)
def test_a_scanner_and_a_flood_are_told_in_words(
    reasons: list[Reason], denied: int, said: str
) -> None:
    entity = Entity(
        EntityRef(Kind.IP, "192.0.2.1"),
        "192.0.2.1",
        events=9000,
        denied=denied,
        errors=0,
        blocked=0,
        findings=0,
        worst=Severity.NONE,
        risk=sum(reason.points for reason in reasons),
        reasons=tuple(reasons),
        first=0,
        last=0,
        principals=(),
        ips=("192.0.2.1",),
        actions={"GET": 9000},
        targets=(("/a", 3000),),
    )
    assert stands_out(entity) == said


def test_states() -> None:
    assert state(Case(), [], 0).text == "new"
    note = Note(1, "ip:x", "text", "maria", 0, 0)
    assert state(Case(Status.OPEN, notes=(note, note)), [], 0).text == "◐ open 2✎"
    assert state(Case(Status.CLOSED), [], 0).text == "✓ closed"
    assert words.status_words(Case(Status.CLOSED, Verdict.BENIGN)) == "✓ closed · benign"


@given(
    st.lists(st.builds(Reason, st.integers(1, 60), st.text(max_size=120), st.just("x"))),
    st.integers(40, 120),
)
def test_reasons_keep_within_the_width(reasons: list[Reason], width: int) -> None:
    lines = preview._reasons(reasons, width)
    assert all(sum(cell_len(cell.text) for cell in line) <= width for line in lines)
    shown = [cell.text for line in lines for cell in line if cell.style]
    if reasons:
        assert shown == [f"+{reason.points}" for reason in reasons]


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        (
            [Reason(31, "seen once in 33 days, now 388 deletes (X) on Sunday 02:09", "rate")],
            "388 deletes on Sunday 02:09, seen once in 33 days",
        ),
        ([Reason(9, "seen once in 33 days, now 9 Get on Sunday 02:09", "rate")], "388 deletes"),
        (
            [Reason(30, "on the block list drop of 2026-03-01", "intel", "192.0.2.1")],
            "on the block list drop, 388 deletes",
        ),
        ([], "388 deletes"),
        ([Reason(15, "rule, high: Table emptied", "detection")], "388 deletes, Table emptied"),
    ],
)
def test_the_rarest_thing_stands_out_first(reasons: list[Reason], said: str) -> None:
    assert stands_out(of_reasons(reasons, "DeleteItem")) == said


def of_reasons(reasons: list[Reason], action: str) -> Entity:
    return Entity(
        EntityRef(Kind.IP, "192.0.2.1"),
        "192.0.2.1",
        events=388,
        denied=0,
        errors=0,
        blocked=0,
        findings=0,
        worst=Severity.NONE,
        risk=sum(reason.points for reason in reasons),
        reasons=tuple(reasons),
        first=0,
        last=0,
        principals=(),
        ips=("192.0.2.1",),
        actions={action: 388},
    )


TRAVEL = "in DE on Sunday 02:04, in BR on Sunday 02:09: 6,010 km at least within 5 min"


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        (
            [Reason(15, TRAVEL, "travel"), Reason(10, "new country: BR", "new country")],
            "6,010 km at least within 5 min, in DE on Sunday 02:04, in BR on Sunday 02:09",
        ),
        ([Reason(8, "new region: ap-southeast-2", "new region")], "new region: ap-southeast-2"),
        (
            [Reason(8, "new region: x", "new region"), Reason(15, "rule, high: Gone", "detection")],
            "Gone",
        ),
        (
            [
                Reason(12, "388 events; usual here are 9", "volume"),
                Reason(6, "new service: s3", "new service"),
            ],
            "new service: s3",
        ),
        (
            [Reason(6, "never seen in 30 days of history", "unknown")],
            "never seen in 30 days of history",
        ),
        (
            [Reason(5, "first seen again after 20 days", "silence")],
            "first seen again after 20 days",
        ),
        ([Reason(3, "new region: x", "new region"), Reason(10, "first seen 02:04", "new")], "List"),
    ],
)
def test_who_does_as_always_but_for_one_thing_stands_out_by_that(
    reasons: list[Reason], said: str
) -> None:
    assert stands_out(of_reasons(reasons, "List")) == said
