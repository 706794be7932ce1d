"""What is unusual: hours, news and silences, on made-up lives of known shape."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lived import DAYS, NOW, hour
from triage_tui.detect.baseline import (
    GROWTH,
    LEARNING,
    Baseline,
    Doing,
    Standing,
    Unusual,
    levelled,
)
from triage_tui.detect.unusual import weighed, words
from triage_tui.detect.weeks import ENOUGH, Calendar, Exposure
from triage_tui.habits import (
    ACTION,
    COUNTRY,
    NETWORK,
    REGION,
    SERVICE,
    Coverage,
    Habits,
    role_key,
)

UTC_CALENDAR = Calendar("UTC")


COVERAGE = Coverage([(hour(0, 0), NOW - 1)])


def office_worker(seed: int = 1) -> Habits:
    """Nine to five on working days, five to thirty calls an hour, always the same ones."""
    rng, habits = Random(seed), Habits()
    for day in range(DAYS):
        if day % 7 < 5:
            for at in range(9, 17):
                habits.see(hour(day, at), rng.randrange(5, 30))
            habits.use(ACTION, rng.choice(("List", "Describe", "Get")), [hour(day, 9) // 24])
            habits.use(NETWORK, "192.0.2.0/24", [hour(day, 9) // 24])
    return habits


def monthly() -> Habits:
    """Once, on a Monday morning."""
    habits = Habits()
    habits.see(hour(14, 9), 34)
    habits.use(ACTION, "Export", [hour(14, 9) // 24])
    return habits


class Judge(Baseline):
    """Who tells what is unusual alone."""

    def of(self, doing: Doing) -> tuple[Unusual, ...]:
        return self.judge(doing).unusual


def baseline(
    known: dict[str, Habits], coverage: Coverage = COVERAGE, *, before: int = NOW
) -> Judge:
    return Judge(coverage, known.get, UTC_CALENDAR, before=before)


def doing(key: str, hours: dict[int, int], **used: set[str]) -> Doing:
    return Doing((key,), (), "", hours, used)


def surprises(found: tuple[Unusual, ...]) -> dict[str, float]:
    return {each.kind: each.surprise for each in found}


def points(found: tuple[Unusual, ...], at: int) -> dict[str, int]:
    return {kind: points for kind, points, _ in weighed(found, at)}


def test_a_normal_day_is_quiet() -> None:
    known = baseline({"ana": office_worker()})
    for day in range(DAYS, DAYS + 5):
        for at in range(9, 17):
            found = known.of(doing("ana", {hour(day, at): 25}, action={"List"}))
            assert points(found, hour(day, at)) == {}


def test_a_busy_night_is_told_with_how_unlikely_it_is() -> None:
    known = baseline({"ana": office_worker()})
    sunday = hour(DAYS + 6, 2)
    found = known.of(doing("ana", {sunday: 400}))
    (rate,) = found
    assert rate == Unusual("rate", rate.surprise, hour=sunday, number=400, seen=25)
    assert rate.surprise > 6
    assert words(rate, known, "400 deletes on Sunday 02:10") == (
        "seen on 25 days in 35, now 400 deletes on Sunday 02:10"
    )


def test_who_came_once_is_told_as_that_and_less_surely() -> None:
    known = baseline({"maria": monthly(), "ana": office_worker()})
    sunday = hour(DAYS + 6, 2)
    (once,) = known.of(doing("maria", {sunday: 400}, action={"DeleteItem"}))
    assert words(once, known, "x") == "seen once in 35 days, now x"
    assert 4 < once.surprise < surprises(known.of(doing("ana", {sunday: 400})))["rate"]
    again = known.of(doing("maria", {hour(DAYS, 9): 36}, action={"Export"}))
    assert points(again, hour(DAYS, 9)).get("rate", 0) <= 4


def test_an_odd_hour_alone_is_next_to_nothing() -> None:
    known = baseline({"ana": office_worker()})
    found = known.of(doing("ana", {hour(DAYS + 5, 3): 3}))
    assert sum(points(found, hour(DAYS + 5, 3)).values()) <= 5


def test_what_is_unusual_fades() -> None:
    found = (Unusual("rate", 9.0, hour=NOW),)
    assert [points(found, NOW + hours)["rate"] for hours in (0, 24, 48)] == [40, 20, 10]


def test_a_new_action_tells_of_who_never_does_anything_new() -> None:
    worker, explorer = office_worker(), office_worker()
    for day in range(DAYS):
        explorer.use(ACTION, f"Action{day}", [hour(day, 9) // 24])
    known = baseline({"worker": worker, "explorer": explorer})
    at = hour(DAYS, 10)
    found = {
        name: surprises(known.of(doing(name, {at: 9}, action={"DeleteTrail", "List"})))
        for name in ("worker", "explorer")
    }
    assert found["worker"]["new action"] > 1.2
    assert found["explorer"]["new action"] < 0.5
    (new,) = (u for u in known.of(doing("worker", {at: 9}, action={"B", "A"})) if u.subject)
    assert words(new, known, "") == "new action: A and 1 more"


def test_nobody_is_asked_for_what_cannot_be_judged() -> None:
    """To name what somebody used takes its time: where they are from, above all."""
    asked = []

    class Used(dict[str, set[str]]):
        def __getitem__(self, sort: str) -> set[str]:
            asked.append(sort)
            return super().__getitem__(sort)

    used = Used({ACTION: {"DeleteItem"}, COUNTRY: {"XX"}, REGION: {"eu-west-1"}})
    found = baseline({"ana": office_worker()}).of(Doing(("ana",), (), "", {hour(DAYS, 9): 9}, used))
    assert "new action" in surprises(found)
    assert asked == [ACTION]


def test_few_habits_are_worked_out_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage_tui.detect.baseline.MOST_STANDINGS", 2)
    found = []

    def find(key: str) -> Habits:
        found.append(key)
        return office_worker()

    known = Judge(COVERAGE, find, UTC_CALENDAR, before=NOW)
    for key in ("role", "ana", "role", "ben", "role", "ana"):
        assert known.standing(key) is not None
    assert found == ["role", "ana", "ben", "ana"]  # the role, which is asked for often, stays


def test_a_new_session_of_a_role_is_judged_by_the_role() -> None:
    role = office_worker()
    for day in range(DAYS):
        role.use("session", f"build-{day}", [hour(day, 9) // 24])
    known = baseline({role_key("arn:role/ci"): role})
    build = Doing(("new",), (role_key("arn:role/ci"),), "build-99", {hour(DAYS, 9): 20}, {})
    assert points(known.of(build), hour(DAYS, 9)) == {}
    (unknown,) = known.of(doing("new", {hour(DAYS, 9): 20}))
    assert words(unknown, known, "") == "never seen in 35 days of history"


def test_a_long_silence() -> None:
    early = Habits()
    for day in range(10):
        early.see(hour(day, 9), 5)
    known = baseline({"ana": early})
    found = {each.kind: each for each in known.of(doing("ana", {hour(DAYS, 9): 5}))}
    assert words(found["silence"], known, "") == "first seen again after 26 days"
    assert "silence" not in surprises(
        baseline({"ana": office_worker()}).of(doing("ana", {hour(DAYS, 9): 5}))
    )


def test_too_little_history_judges_nobody() -> None:
    short = Coverage([(NOW - ENOUGH + 1, NOW - 1)])
    known = baseline({"ana": office_worker()}, short)
    assert not known.knows
    assert known.of(doing("ana", {hour(DAYS + 6, 2): 400})) == ()
    assert baseline({}, Coverage()).of(doing("ana", {NOW: 1})) == ()


def test_what_is_judged_does_not_teach() -> None:
    habits = office_worker()
    sunday = hour(34, 2)
    habits.see(sunday, 400)
    found = baseline({"ana": habits}, before=sunday).of(doing("ana", {sunday: 400}))
    assert surprises(found)["rate"] > 6


@given(
    st.integers(0, DAYS * 24 - 1),
    st.lists(st.tuples(st.integers(0, DAYS * 24 - 1), st.integers(1, 10**5)), max_size=30),
    st.integers(1, 10**6),
)
def test_more_events_are_never_less_surprising(
    at: int, life: list[tuple[int, int]], events: int
) -> None:
    habits = Habits()
    for when, count in life:
        habits.see(hour(0, when), count)
    standing = Standing(habits, Exposure(COVERAGE, UTC_CALENDAR))
    slot = UTC_CALENDAR.slot(hour(0, at))
    one, more = standing.rate(slot, events), standing.rate(slot, 2 * events)
    assert 0 <= one <= more + 1e-6


# -- habits that are fed ---------------------------------------------------------------------------


@pytest.mark.parametrize("at", [2, 11])
@pytest.mark.parametrize(("weeks", "step"), [(1, 8), (2, 4), (3, 3), (4, 2), (4, 1.6)])
def test_who_grows_a_little_every_day_is_not_usual_in_the_end(
    at: int, weeks: int, step: float
) -> None:
    """Somebody acts in a worker's name, each week `step` times as often: up to 400 an hour, where
    the worker never had more than thirty."""
    fed, days = office_worker(), 7 * weeks
    for day in range(days):
        fed.see(hour(DAYS - days + day, at), max(1, int(400 * step ** ((day - days) / 7))))
    found = baseline({"ana": fed}).of(doing("ana", {hour(DAYS, at): 400}))
    assert points(found, hour(DAYS, at))["rate"] >= 20


def test_one_wild_day_teaches_little() -> None:
    at = hour(DAYS - 1, 0)
    fed = office_worker()
    for wild in range(24):
        fed.see(at + wild, 5000)
    found = baseline({"ana": fed}).of(doing("ana", {hour(DAYS, 10): 5000}))
    assert points(found, hour(DAYS, 10))["rate"] == 40
    # Not even at the very beginning, where a level has to be found.
    fed = office_worker()
    fed.see(hour(2, 3), 5000)
    found = baseline({"ana": fed}).of(doing("ana", {hour(DAYS, 10): 5000}))
    assert points(found, hour(DAYS, 10))["rate"] >= 30


def test_who_is_busier_for_good_is_usual_after_a_while() -> None:
    """Twice as busy from one day on: told for a while, and then no more."""

    def told(weeks: int) -> int:
        busy = office_worker()
        for day in range(DAYS, DAYS + 7 * weeks):
            if day % 7 < 5:
                for at in range(9, 17):
                    busy.see(hour(day, at), 60)
        now = hour(DAYS + 7 * weeks, 10)
        known = baseline({"ana": busy}, Coverage([(hour(0, 0), now - 1)]), before=now)
        return points(known.of(doing("ana", {now: 60})), now).get("rate", 0)

    assert told(0) > 20
    assert told(2) < 10
    assert told(4) == 0


@given(
    st.dictionaries(st.integers(NOW - 2000, NOW), st.integers(1, 10**6), max_size=40),
    st.integers(NOW - 2000, NOW),
    st.integers(1, 10**6),
)
def test_an_hour_teaches_what_was_seen_and_a_level_grows_slowly(
    hours: dict[int, int], at: int, events: int
) -> None:
    found = levelled(hours)
    assert found.keys() == hours.keys()
    assert all(1 <= found[each] <= hours[each] for each in hours)
    days = sorted({each // 24 for each in hours})
    later = [day for day in days if day - days[0] >= LEARNING]
    peaks = {day: max(n for each, n in found.items() if each // 24 == day) for day in days}
    for day in later:
        before = max(20, *(peaks[each] for each in days if each < day))
        assert peaks[day] <= before * GROWTH + 1
    # One hour more, whatever it held, moves what later ones teach by no more than that.
    if later and days[0] < at // 24 - LEARNING:
        more = levelled({**hours, at: events})
        assert all(
            more[each] <= found[each] * GROWTH + 1 for each in hours if each // 24 > at // 24
        )


def test_what_is_new_is_known_after_days_of_use() -> None:
    at = hour(DAYS, 10)

    def told(days: int) -> tuple[int, str]:
        worker = office_worker()
        worker.use(ACTION, "DeleteTrail", [at // 24 - 1 - day for day in range(days)])
        known = baseline({"ana": worker})
        found = known.of(doing("ana", {at: 9}, action={"DeleteTrail", "List"}))
        said = next((words(each, known, "") for each in found if each.subject), "")
        return points(found, at).get("new action", 0), said

    assert told(0) == (8, "new action: DeleteTrail")
    assert told(1)[1] == "new action: DeleteTrail, used on one day before"
    assert 0 < told(1)[0] < 8
    assert told(2)[0] == 0
    assert told(3)[1] == ""


def test_a_day_of_much_news_makes_no_explorer() -> None:
    at, fed = hour(DAYS, 10), office_worker()
    for number in range(200):
        fed.use(ACTION, f"Probe{number}", [at // 24 - 1])
    found = baseline({"ana": fed}).of(doing("ana", {at: 9}, action={"DeleteTrail"}))
    assert points(found, at)["new action"] >= 4


def test_a_sort_that_was_noted_lately_tells_nothing_at_first() -> None:
    at = hour(DAYS, 10)

    def told(days: int) -> int:
        worker = office_worker()
        for day in range(1, days):
            worker.use(SERVICE, "s3", [at // 24 - day])
        found = baseline({"ana": worker}).of(doing("ana", {at: 9}, service={"iam"}))
        return points(found, at).get("new service", 0)

    assert [told(days) for days in (0, 6, 20)] == [0, 0, 5]


@given(
    st.dictionaries(
        st.sampled_from("abcdef"), st.sets(st.integers(0, DAYS + 3), min_size=1), min_size=1
    )
)
def test_what_is_new_and_who_roams_is_told_of_days_one_by_one(used: dict[str, set[int]]) -> None:
    """Days are bits; here they are counted as days. What is as late as what is judged is none."""
    first, habits = hour(0, 0) // 24, office_worker()
    habits.values.clear()
    for value, days in used.items():
        habits.use(NETWORK, value, [first + day for day in days])
    standing = Standing(habits, Exposure(COVERAGE, UTC_CALENDAR))
    before = {value: sorted(day for day in days if day < DAYS) for value, days in used.items()}
    before = {value: days for value, days in before.items() if days}
    noted = sorted(set().union(*before.values()))
    assert {value: standing.seen(NETWORK, value) for value in before} == {
        value: len(days) for value, days in before.items()
    }
    both = sum(sum(day in days for days in before.values()) > 1 for day in noted)
    assert standing.roaming(NETWORK) == -math.log10((both + 0.5) / (len(noted) + 1))
    found = standing.new(NETWORK, [*"abcdef", "never"])
    if not noted or (noted[0] > 0 and DAYS - 1 - noted[0] < ENOUGH // 24):
        assert found == {}
        return
    later = noted[len(noted) // 3 :]

    def news(but: str) -> float:
        fresh = {days[0] for value, days in before.items() if value != but} & {*later}
        return -math.log10((len(fresh) + 0.5) / (len(later) + 1))

    seen = {value: len(before.get(value, ())) for value in (*"abcdef", "never")}
    assert found == {
        value: (1 - days / 3) * news(value if days else "")
        for value, days in seen.items()
        if days < 3
    }
