"""What is dated later than it came: it shows, and makes nothing else old."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.live import NOW as NIGHT
from tests.live import Tailed, Wall, live_triage
from tests.unit.test_triage import NOW, load
from triage_tui.formats.rows import Rows
from triage_tui.model import AHEAD, DAY, MINUTE, SECOND, Kind
from triage_tui.sources.clock import LiveClock
from triage_tui.store.entities import entities
from triage_tui.store.index import Index
from triage_tui.triage import Triage


def record(number: int, time: int, ip: str) -> str:
    return json.dumps(
        {
            "eventVersion": "1.11",
            "eventID": f"event {number}",
            "eventTime": f"{datetime.fromtimestamp(time // SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": "dynamodb.amazonaws.com",
            "eventName": "DeleteItem",
            "errorCode": "AccessDenied",
            "sourceIPAddress": ip,
            "userIdentity": {"type": "IAMUser", "userName": "m", "principalId": "A"},
        }
    )


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Callable[[str, list[str]], Triage]]:
    made: list[Triage] = []

    def make(name: str, lines: list[str]) -> Triage:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines))
        made.append(load([str(path)]))
        return made[-1]

    yield make
    for triage in made:
        triage.raw.close()


def test_a_record_of_next_year_takes_nobody_s_risk_away(
    loaded: Callable[[str, list[str]], Triage],
) -> None:
    lines = [record(number, NOW - number * SECOND, "203.0.113.7") for number in range(150)]
    lie = record(999, NOW + 365 * DAY, "203.0.113.99")
    plain, lied = loaded("plain.jsonl", lines), loaded("lied.jsonl", [*lines, lie])
    risk, found = risks(plain), risks(lied)
    assert risk["203.0.113.7"] > 10
    assert found["203.0.113.7"] == risk["203.0.113.7"]
    assert "203.0.113.99" in found
    assert lied.clock.position() == plain.clock.position() == NOW


def rows_of(times: list[tuple[int, int]]) -> Index:
    """An index of batches of one event each: when it was received, and how it is dated."""
    index = Index()
    for number, (received, time) in enumerate(times):
        columns = Rows(0, received)
        columns.add(format="test", time=time, own_id=str(number), raw=b"")
        index.append(columns.columns())
    return index


@given(
    st.lists(
        st.tuples(st.integers(NOW, NOW + DAY), st.integers(NOW - DAY, NOW + 2 * DAY)), max_size=20
    )
)
def test_the_latest_is_the_latest_that_can_be(times: list[tuple[int, int]]) -> None:
    believed = [time for received, time in times if time <= received + AHEAD]
    latest = max(believed or [time for _, time in times], default=None)
    assert rows_of(times).latest() == latest


def test_live_it_is_now_whatever_an_event_says() -> None:
    clock = LiveClock(ticks=lambda: 0, wall_time=lambda: NOW)
    index = rows_of([(NOW, NOW - MINUTE), (NOW, NOW + 3 * DAY)])
    first, _ = index.span() or (0, 0)
    clock.extend(first, index.latest() or 0)
    assert clock.position() == clock.latest() == NOW
    over = clock.over()
    assert (over.position(), over.horizon(), over.at_end) == (NOW - MINUTE, None, True)


async def test_whoever_pauses_sees_nothing_more_come() -> None:
    wall = Wall()
    source = Tailed(wall)
    async with live_triage([source], wall) as triage:
        await source.send("203.0.113.1")
        await source.send("203.0.113.99", time="2027-03-15T02:00:00Z")
        await source.send("203.0.113.2")
        assert triage.clock.position() == NIGHT
        assert {"203.0.113.1", "203.0.113.99"} <= shown(triage)
        triage.clock.toggle()
        assert triage.clock.position() == NIGHT + SECOND - 1
        before = shown(triage)
        wall.now += MINUTE
        await source.send("203.0.113.3", time="2026-03-15T02:00:30Z")
        await source.send("203.0.113.4", time="2026-03-15T02:00:40Z")
        assert shown(triage) == before
        triage.clock.toggle()
        assert "203.0.113.3" in shown(triage)


def shown(triage: Triage) -> set[str]:
    return set(risks(triage))


def risks(triage: Triage) -> dict[str, int]:
    """Of each address."""
    ranking = triage.look(Kind.IP)
    return {entity.ref.key: entity.risk for entity in entities(ranking, ranking.ids.tolist())}
