"""What habits add to a ranking, as of a cursor."""

from __future__ import annotations

from tests.judged import (
    MARIA,
    NIGHT,
    kinds,
    knowing,
    listed,
    night_of_deletes,
    once,
    ranking,
    shown,
)
from triage_tui.detect import risk
from triage_tui.detect.geo import Nowhere
from triage_tui.formats.rows import Rows
from triage_tui.habits import Habits
from triage_tui.model import (
    HOUR,
    Kind,
    Outcome,
)
from triage_tui.store.index import Index
from triage_tui.store.lessons import lesson


def test_what_was_judged_is_told_also_when_the_habits_are_lost_meanwhile() -> None:
    """The file fails between two steps of a painting."""
    index = night_of_deletes()
    knowing(index, {"AIDA1": once()})
    found = ranking(index, Kind.PRINCIPAL)
    for _ in found.working_out():
        pass
    index.knowledge = index.knowledge._replace(baseline=None)
    rate = next(reason for reason in shown(found)["maria"].reasons if reason.kind == "rate")
    assert rate.text == "unusual for it: 388 deletes (DeleteItem) on Sunday 02:00"


def test_the_user_of_two_in_the_morning() -> None:
    index = night_of_deletes()
    knowing(index, {"AIDA1": once()})
    found = shown(ranking(index, Kind.PRINCIPAL))["maria"]
    rate = next(reason for reason in found.reasons if reason.kind == "rate")
    assert rate.text == ("seen once in 33 days, now 388 deletes (DeleteItem) on Sunday 02:00")
    assert rate.points >= 25
    assert sum(reason.points for reason in found.reasons) == found.risk


def test_it_rises_as_the_night_goes_on_and_is_the_same_on_the_way_back() -> None:
    index = night_of_deletes()
    knowing(index, {"AIDA1": once()})

    def rate(seconds: int) -> int:
        at = NIGHT + seconds * 10**9
        return kinds(shown(ranking(index, Kind.PRINCIPAL, at))["maria"]).get("rate", 0)

    forth = [rate(n) for n in range(0, 400, 40)]
    assert forth == sorted(forth)
    assert forth[0] <= 3
    assert forth[-1] >= 25
    assert [rate(n) for n in range(360, -1, -40)] == forth[::-1]


def test_services_and_the_well_known_are_left_alone() -> None:
    index = night_of_deletes()
    busy = Habits({NIGHT // HOUR - day * 24: 400 + day for day in range(1, 33)})
    knowing(index, {"AIDA1": busy})
    found = shown(ranking(index, Kind.PRINCIPAL))
    assert not {"rate", "unknown"} & {*kinds(found["maria"]), *kinds(found["rds"])}


def test_too_little_history_is_said() -> None:
    index = night_of_deletes()
    knowing(index, {"AIDA1": once()}, days=3)
    found = shown(ranking(index, Kind.PRINCIPAL))["maria"]
    assert "rate" not in kinds(found)
    assert (found.reasons[-1].points, found.reasons[-1].text) == (
        0,
        "too little history to tell what is usual: 3 of 7 days",
    )


def test_risks_of_all_at_once_are_those_of_each() -> None:
    index = night_of_deletes()
    knowing(index, {"AIDA1": once()})
    listed(index, "192.0.2.0/24")
    for kind in (Kind.IP, Kind.NETWORK, Kind.PRINCIPAL):
        found = ranking(index, kind)
        for number in found.ids.tolist():
            assert found.risks[number] == risk.score(found.facts(number))


def test_a_service_that_was_never_called_is_told_by_its_name() -> None:
    """What a month teaches, and a day is held against, through the very columns."""

    def calls(*called: tuple[int, str]) -> Index:
        index, rows = Index(), Rows(0, 0)
        for at, service in called:
            rows.add(
                format="cloudtrail",
                time=at,
                own_id=f"{at} {service}",
                raw=b"x",
                action="Get",
                outcome=Outcome.OK,
                actors=[("192.0.2.1", MARIA)],
                called=service,
            )
            rows.spill(b"x")
        index.append(rows.columns())
        return index

    past = calls(*((NIGHT - n * 24 * HOUR, "s3.amazonaws.com") for n in range(1, 31)))
    learned = lesson(past, Nowhere())
    assert learned is not None
    assert learned.habits["AIDA1"].values["service"].keys() == {"s3"}
    day = calls((NIGHT, "s3.amazonaws.com"), (NIGHT + 1, "iam.amazonaws.com"))
    knowing(day, learned.habits)
    told = {r.kind: r for r in shown(ranking(day, Kind.PRINCIPAL))["maria"].reasons}
    assert (told["new service"].points, told["new service"].text) == (6, "new service: iam")
    # Of a history that never noted services nothing is told of them.
    for habits in learned.habits.values():
        del habits.values["service"]
    knowing(day, learned.habits)
    assert "new service" not in kinds(shown(ranking(day, Kind.PRINCIPAL))["maria"])
