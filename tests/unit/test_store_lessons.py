"""What a recording teaches of those who are in it."""

from __future__ import annotations

from datetime import timedelta

from tests.judged import BUILD, MARIA, NIGHT, SERVICE, index_of, night_of_deletes, ranking, shown
from triage_tui.detect.geo import Nowhere
from triage_tui.habits import ACTION, role_key
from triage_tui.model import (
    HOUR,
    Kind,
)
from triage_tui.store.lessons import UNHEARD, lesson


def test_a_lesson_is_of_principals_and_of_roles() -> None:
    day = timedelta(days=1) // timedelta(microseconds=1) * 1000
    index = index_of(
        (NIGHT, MARIA, "192.0.2.1", "Get"),
        (NIGHT + 1, MARIA, "192.0.2.1", "Put"),
        (NIGHT + day, MARIA, "192.0.2.1", "Get"),
        (NIGHT, BUILD, "192.0.2.2", "Deploy"),
        (NIGHT, SERVICE, None, "Check"),
        (NIGHT, None, "192.0.2.3", "GET"),
    )
    found = lesson(index, Nowhere())
    assert found is not None
    assert sorted(found.habits) == ["AIDA1", "arn:sts/ci/b1", role_key("arn:role/ci")]
    assert (found.first, found.last) == (NIGHT // HOUR, NIGHT // HOUR + 24)
    maria, today = found.habits["AIDA1"], NIGHT // HOUR // 24
    assert maria.hours == {NIGHT // HOUR: 2, NIGHT // HOUR + 24: 1}
    assert maria.values.keys() >= {ACTION, "network"}
    assert maria.values[ACTION].keys() == {"Get", "Put"}
    assert maria.days(ACTION, "Get") == [today, today + 1]
    assert maria.days(ACTION, "Put") == [today]
    assert maria.days("network", "192.0.2.0/24") == [today, today + 1]
    assert found.habits[role_key("arn:role/ci")].days("session", "b1") == [today]


def test_between_two_recordings_nobody_was_watching() -> None:
    hour = NIGHT // HOUR
    for apart, watched in (
        (UNHEARD, [(hour, hour + UNHEARD)]),
        (UNHEARD + 1, [(hour, hour), (hour + UNHEARD + 1, hour + UNHEARD + 1)]),
    ):
        later = NIGHT + apart * HOUR
        index = index_of((NIGHT, MARIA, None, "Get"), (later, BUILD, None, "Get"))
        found = lesson(index, Nowhere())
        assert found is not None
        assert (found.first, found.last) == (hour, hour + apart)
        assert found.watched == watched


def test_who_is_under_suspicion_teaches_nothing() -> None:
    index = index_of((NIGHT, MARIA, None, "Get"), (NIGHT, BUILD, None, "Get"))
    found = lesson(index, Nowhere(), lambda principal: "AIDA1" in principal.aliases)
    assert found is not None
    assert (found.left_out, "AIDA1" in found.habits) == (("AIDA1",), False)
    assert lesson(index_of((NIGHT, None, "192.0.2.3", "GET")), Nowhere()) is None


def test_what_cannot_be_read_is_said() -> None:
    index = night_of_deletes()
    index.untaught = "what is usual is not known: the baseline is damaged"
    found = shown(ranking(index, Kind.PRINCIPAL))["maria"]
    assert (found.reasons[-1].points, found.reasons[-1].text) == (0, index.untaught)
