"""One identity for two APIs: nothing twice, nothing lost, and twins are two."""

from collections import Counter
from itertools import compress

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from triage_tui.aws.logrecord import record
from triage_tui.aws.memory import Memory
from triage_tui.aws.seen import SPAN, LogEvent, Reading, Room, Seen

TIMES = st.integers(0, 3).map(lambda n: n * SPAN // 2)
EVENTS = st.builds(
    LogEvent, st.sampled_from("ab"), TIMES, st.just(0), st.sampled_from(["x", "y", "\ud800"])
)


def first(seen: Seen, event: LogEvent) -> bool:
    return seen.firsts([event])[0]


LOGS = st.lists(EVENTS, max_size=12)


@given(LOGS, st.data())
def test_whatever_is_read_and_tailed_every_event_is_delivered_once(
    log: list[LogEvent], data: st.DataObject
) -> None:
    """Live Tail may leave out, repeat and mix up; readings see whole stretches of time, and may
    repeat what a page held."""
    seen, delivered = Seen(), Counter[LogEvent]()
    numbered = list(enumerate(log))
    for _ in range(data.draw(st.integers(0, 4), "steps")):
        if data.draw(st.booleans(), "live"):
            update = data.draw(st.lists(st.sampled_from(log), max_size=6)) if log else []
            delivered.update(compress(update, seen.firsts(update)))
        else:
            low = data.draw(TIMES, "from")
            stretch = [(number, event) for number, event in numbered if event.time >= low]
            again = data.draw(st.lists(st.sampled_from(stretch), max_size=3)) if stretch else []
            delivered.update(_read(seen, [*stretch, *again]))
    delivered.update(_read(seen, numbered))
    assert delivered == Counter(log)


def _read(seen: Seen, stretch: list[tuple[int, LogEvent]]) -> list[LogEvent]:
    reading = Reading(seen)
    delivered = [replace(event, id=str(number)) for number, event in stretch]
    return [replace(event, id="") for event in delivered if reading.new(event)]


@given(LOGS)
def test_a_recording_tells_the_next_run_what_was_delivered(log: list[LogEvent]) -> None:
    memory = Memory()
    memory.take(("logs here", record(event, "1:shop")) for event in log)
    memory.take(
        [("logs here", b"no log event"), ("logs here", b'{"message": "half'), ("", b"\xff")]
    )
    seen = memory.seen("logs here", "1:shop")
    assert memory.seen("logs there", "1:shop") is None
    if not log:
        assert seen is None
        return
    assert seen is not None
    assert seen.newest == max(event.time for event in log)
    assert _read(seen, list(enumerate(log))) == []
    assert len(seen) == len(log)


def test_memory_is_bounded_and_forgets_the_oldest_time_first() -> None:
    seen = Seen(Room(100))
    events = [LogEvent("s", n * SPAN // 10, 0, str(n)) for n in range(1000)]
    for at in range(0, len(events), 50):
        assert all(seen.firsts(events[at : at + 50]))
        assert len(seen) <= 110
    assert seen.floor > events[800].time
    young = [event for event in events if event.time >= seen.floor]
    assert not any(first(seen, event) for event in young)


def test_the_one_that_takes_most_room_forgets_first() -> None:
    room = Room(100)
    busy, quiet = Seen(room), Seen(room)
    event = LogEvent("s", 0, 0, "quiet")
    assert first(quiet, event)
    for n in range(500):
        first(busy, LogEvent("s", n * SPAN // 10, 0, str(n)))
    assert not first(quiet, event)
    assert busy.floor > 0 == quiet.floor
    assert len(busy) <= 100


def test_what_is_packed_is_known_still_and_may_be_added_to() -> None:
    seen = Seen()
    old = LogEvent("s", 0, 0, "old")
    assert first(seen, old)
    for n in range(20):
        first(seen, LogEvent("s", n * SPAN, 0, "young"))
    assert not first(seen, old)
    assert first(seen, replace(old, message="late"))
    assert not first(seen, replace(old, message="late"))


def test_a_reading_forgets_what_no_page_can_bring_again() -> None:
    seen = Seen()
    reading = Reading(seen)
    first, second = LogEvent("s", 0, 0, "m"), LogEvent("s", 5, 0, "m")
    assert reading.new(replace(first, id="1"))
    reading.forget_before(5)
    assert reading.new(replace(second, id="2"))
    assert reading.new(replace(second, id="3"))  # a twin
    assert not reading.new(replace(second, id="2"))
