"""The inspect screen over the demo's night: its lists, its records, its way back."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime

import pytest
from textual.app import App
from textual.pilot import Pilot

from triage_tui.model import SECOND, BlockRequest, EntityRef, Kind
from triage_tui.store.filters import parse
from triage_tui.triage import Triage
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.events import EventRows, Wording
from triage_tui.ui.adapters.inspect import value_term
from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.inspect import InspectScreen
from widgets.table import VirtualTable

Lines = Callable[[App[None]], list[str]]
Make = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]
INTRUDER = EntityRef(Kind.IP, "198.51.100.23")
MARIA = EntityRef(Kind.PRINCIPAL, "arn:aws:iam::111122223333:user/maria.keller")
SIZES = [(60, 20), (80, 24), (120, 40), (200, 50)]


def at(clock: str) -> int:
    """Nanoseconds of `HH:MM:SS` of the night."""
    moment = datetime.fromisoformat(f"2026-03-15T{clock}").replace(tzinfo=UTC)
    return int(moment.timestamp()) * SECOND


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys and let everything settle that they began."""
    await pilot.press(*keys)
    await settle(pilot)


async def write(pilot: Pilot[None], text: str) -> None:
    names = {" ": "space", "-": "minus", ":": "colon", "*": "asterisk", "/": "slash"}
    await press(pilot, *(names.get(char, char) for char in text))


async def inspect(
    pilot: Pilot[None], app: TriageApp, ref: EntityRef = INTRUDER, text: str = ""
) -> InspectScreen:
    screen = InspectScreen(app.triage, ref, parse(text))
    await app.push_screen(screen)
    await settle(pilot)
    return screen


@pytest.mark.parametrize("size", SIZES)
async def test_events_with_the_newest_under_the_cursor(
    demo: Triage, screen_text: Lines, size: tuple[int, int]
) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=size) as pilot:
        await inspect(pilot, app)
        lines = screen_text(app)
        assert all(len(line) == size[0] for line in lines)
        assert lines[1].startswith(" 198.51.100.23  Source IP ")
        assert lines[1].endswith("risk 81 ")
        assert "418 events  5 refused" in lines[2]
        assert lines[3].startswith(" +45 finding, high: Impact:IAMUser/AnomalousBeh")
        assert any("[Events 418]   Findings 3 " in line for line in lines)
        cursor = next(line for line in lines if line.startswith("▌"))
        assert cursor.startswith("▌ 02:21:55Z Impact:IAMUser")
        assert "▲ high" in cursor
        refused = next(line for line in lines if "StopLogging" in line)
        assert "trail/main" in refused
        assert "✗ denied" in refused
        assert "Esc back" in lines[-1]


async def test_wide_shows_who_and_with_what(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(120, 40)) as pilot:
        await inspect(pilot, app)
        lines = screen_text(app)
        assert lines[4].startswith(" DeleteItem ×388  Scan ×6")
        row = next(line for line in lines if "DeleteItem" in line and "Z" in line)
        assert "maria.keller" in row
        assert "Boto3/1.34.162" in row
        assert "eu-west-1" in row


async def test_lists_by_tab_and_by_number(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inspect(pilot, app)
        await press(pilot, "tab")
        text = "\n".join(screen_text(app))
        assert "[Findings 3]" in text
        assert "▲ medium   Discovery:IAMUser/AnomalousBehavior" in text
        assert "×2" in text
        await press(pilot, "4")
        assert "[Related 3]" in "\n".join(screen_text(app))
        await press(pilot, "l")
        assert screen.pane == 4
        assert "nothing was decided yet" in "\n".join(screen_text(app))
        await press(pilot, "h", "shift+tab", "1")
        assert screen.pane == 0
        assert screen.table.has_focus


async def test_findings_are_as_of_the_cursor(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(120, 40)) as pilot:
        await inspect(pilot, app)
        await press(pilot, "2")
        late = "\n".join(screen_text(app))
        assert "203.0.113.91" in late  # an actor that a later version names
        demo.clock.seek(at("02:10:00"))
        app.show_now()
        await settle(pilot)
        early = "\n".join(screen_text(app))
        assert "[Findings 1]" in early
        row = next(line for line in screen_text(app) if "▲" in line)
        assert "×1" in row
        assert "198.51.100.23" in row
        assert "203.0.113.91" not in row


async def test_pivot_over_a_role_hop_and_back(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        first = await inspect(pilot, app, MARIA)
        await press(pilot, "4")
        rows = [line for line in screen_text(app) if " Principal " in line or "Source IP" in line]
        assert any("became" in row and "ops-admin › maintenance" in row for row in rows)
        assert any("came from" in row and "203.0.113.91" in row for row in rows)
        await press(pilot, "g", "enter")
        assert screen_text(app)[1].startswith(" maria.keller »  ops-admin › maintenance  Principal")
        await press(pilot, "4")
        assert any("was made by" in line and "maria.keller" in line for line in screen_text(app))
        await press(pilot, "escape")
        assert app.screen is first
        await press(pilot, "escape")
        assert not isinstance(app.screen, InspectScreen)


async def test_no_hop_is_shown_before_it_was_made(demo: Triage, screen_text: Lines) -> None:
    demo.clock.seek(at("02:17:00"))
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await inspect(pilot, app, MARIA)
        await press(pilot, "4")
        assert "became" not in "\n".join(screen_text(app))
        await press(pilot, "]")  # to 02:17:10: the role was assumed, the session did nothing yet
        row = next(line for line in screen_text(app) if "became" in line)
        assert "ops-admin › maintenance" in row
        assert "–" in row
        await press(pilot, "g", "enter")  # nothing to inspect yet
        assert "[Related" in "\n".join(screen_text(app))


async def test_network_and_service(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await inspect(pilot, app, EntityRef(Kind.NETWORK, "203.0.113.0/24"))
        await press(pilot, "4")
        assert any("address in it" in line and "203.0.113.91" in line for line in screen_text(app))
        await inspect(pilot, app, EntityRef(Kind.SERVICE, "lambda.amazonaws.com"))
        text = "\n".join(screen_text(app))
        assert "AssumeRole" in text
        assert "nothing speaks against it so far" in text


async def test_time_is_moved_from_here(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inspect(pilot, app)
        demo.clock.seek(at("02:04:25"))
        app.show_now()
        await settle(pilot)
        seen = screen.events.row_count()
        assert 0 < seen < 418
        assert f"[Events {seen}]" in "\n".join(screen_text(app))
        await press(pilot, "[")
        lines = screen_text(app)
        assert "Sun 02:04:15Z" in lines[0]
        assert "nothing of it is seen by 2026-03-15 Sun 02:04:15Z" in lines[2]
        assert "[Events 0]" in "\n".join(lines)
        await press(pilot, "]")
        assert f"[Events {seen}]" in "\n".join(screen_text(app))


async def test_next_and_previous_error(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inspect(pilot, app)
        places = []
        for _ in range(8):
            await press(pilot, "E")
            places.append(screen.table.cursor_index)
        assert len(set(places)) == 5  # as many as were refused, then it stays
        assert places == sorted(places, reverse=True)
        await press(pilot, "e")
        assert screen.table.cursor_index == places[3]
        index = demo.index
        rows = [screen.events.number(place) for place in set(places)]
        assert {index.outcome.at(row) for row in rows} == {2}


async def test_filter_by_what_is_under_the_cursor(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inspect(pilot, app)
        await press(pilot, "k", "k", "f")
        assert screen.selected.text == "action:CreateUser"
        tabs = next(line for line in screen_text(app) if "[Events" in line)
        assert "[Events 1]" in tabs
        assert "1 of 418" in tabs
        await press(pilot, "escape")
        assert screen.selected.text == ""
        await press(pilot, "F")
        assert screen.selected.text == "-action:CreateUser"
        assert "417 of 418" in "\n".join(screen_text(app))


async def test_filter_is_previewed_and_mistakes_are_pointed_at(
    demo: Triage, screen_text: Lines
) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inspect(pilot, app)
        await press(pilot, "slash")
        await write(pilot, "action:Delete*")
        for _ in range(3000):
            if "390 of 418 events match" in "\n".join(screen_text(app)):
                break
            await pilot.pause(0.02)
        assert "390 of 418 events match" in "\n".join(screen_text(app))
        await press(pilot, "enter")
        assert screen.events.row_count() == 390
        await press(pilot, "slash")
        await write(pilot, " nonsense:1")
        await press(pilot, "enter")
        assert screen.selected.text == "action:Delete*"
        assert "^" in "\n".join(screen_text(app)[-2:])
        await press(pilot, "escape", "escape")
        assert screen.selected.text == ""


async def test_nothing_matches_says_so(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inspect(pilot, app, text="action:Nowhere*")
        assert "nothing it did matches action:Nowhere*; Esc takes the filter off" in "\n".join(
            screen_text(app)
        )
        await press(pilot, "escape")
        assert screen.events.row_count() == 418
        assert app.screen is screen


async def test_a_note_and_one_made_later(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await inspect(pilot, app)
        await press(pilot, "semicolon")
        await write(pilot, "looks like a stolen key")
        await press(pilot, "enter")
        assert [note.text for note in demo.case(INTRUDER).notes] == ["looks like a stolen key"]
        await press(pilot, "5")
        row = next(line for line in screen_text(app) if "looks like a stolen key" in line)
        assert "note" in row
        assert "maria" in row
        assert "made later" not in row
        await press(pilot, "left_curly_bracket")
        row = next(line for line in screen_text(app) if "looks like a stolen key" in line)
        assert "made later" in row
        await press(pilot, "enter")
        text = "\n".join(screen_text(app))
        assert "by maria, 2026-03-15" in text
        assert "(later than where it stands now)" in text


async def test_status_and_block_stand_in_the_head(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    now = demo.clock.position()
    await demo.block(
        BlockRequest("198.51.100.23/32", "demo-blocklist", "why", "maria", 3600 * SECOND,
                     INTRUDER.subject, now)
    )  # fmt: skip
    async with app.run_test(size=(80, 24)) as pilot:
        await inspect(pilot, app)
        assert "■ blocked 1h" in screen_text(app)[1]
        await press(pilot, "s", "l", "enter")
        assert "◐ open" in screen_text(app)[1]
        await press(pilot, "5")
        text = "\n".join(screen_text(app))
        assert "198.51.100.23/32 in force (simulated)" in text
        assert "status" in text


async def test_the_cursor_stays_on_its_event_while_others_come(demo: Triage) -> None:
    demo.clock.seek(at("02:16:00"))
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inspect(pilot, app)
        await press(pilot, "k", "k")
        key = screen.table.cursor_key
        assert key is not None
        demo.clock.to_end()
        app.show_now()
        await settle(pilot)
        assert screen.table.cursor_key == key
        await press(pilot, "G")
        assert screen.table.cursor_key != key
        assert screen.query_one("#events", VirtualTable).following


async def test_a_name_from_before_a_merge_finds_the_entity(
    demo: Triage, screen_text: Lines
) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inspect(
            pilot, app, EntityRef(Kind.PRINCIPAL, "111122223333:user/maria.keller")
        )
        assert screen_text(app)[1].startswith(" maria.keller  Principal")
        assert screen.ref.key == MARIA.key


async def test_every_row_is_found_again(demo: Triage) -> None:
    ranking = demo.look(Kind.IP)
    for number in ranking.ids[:6].tolist():
        rows = EventRows(ranking, number, Wording(demo))
        for place in range(rows.row_count()):
            assert rows.index_of(str(rows.number(place))) == place
    assert EventRows(ranking, None, Wording(demo)).row_count() == 0
    assert rows.index_of("0") is None or rows.number(rows.index_of("0") or 0) == 0


def test_words() -> None:
    assert words.resource("arn:aws:dynamodb:eu-west-1:1:table/a:b") == "table/a:b"
    assert words.resource("orders") == "orders"
    assert value_term(("userIdentity", "arn"), "a b") == 'principal:"a b"'
    assert value_term(("httpRequest", "headers", 0, "value"), 'say "x"') == '"say x"'
    assert value_term(("Service", "IpAddressV4"), "1.2.3.4") == "ip:1.2.3.4"
    assert value_term(("sourceIPs", 0), "2001:db8::1") == "ip:2001:db8::1"
    assert value_term(("cs(User-Agent)",), "curl/8") == "agent:curl/8"
    assert value_term(("remote_addr",), "1.2.3.4:99") == '"1.2.3.4:99"'
    assert value_term(("responseStatus", "status"), "Failure") == '"Failure"'
    assert value_term(("status",), "403") == "status:403"
    assert value_term(("resources", 0, "ARN"), "arn:aws:s3:::b") == '"arn:aws:s3:::b"'


async def test_a_value_that_its_key_cannot_have_is_searched_as_text(triage_of: Make) -> None:
    """`ip:` takes addresses alone, but a record's address may be the name of a service."""
    triage = await triage_of(
        {
            "eventTime": f"2026-03-15T02:00:0{number}Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": "GetObject",
            "eventID": f"e{number}",
            "sourceIPAddress": address,
            "userIdentity": {"type": "IAMUser", "userName": "eve", "arn": MARIA.key},
        }
        for number, address in enumerate(("AWS Internal", "203.0.113.9"))
    )
    app = TriageApp(triage, title="records")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inspect(pilot, app, MARIA)
        await press(pilot, "g", "enter", "slash", *"Internal", "enter", "f")
        await app.workers.wait_for_complete()
        await settle(pilot)
        assert screen.selected.text == '"AWS Internal"'
        assert screen.events.row_count() == 1


async def test_years_are_told_apart(triage_of: Make, screen_text: Lines) -> None:
    def call(time: str) -> dict[str, object]:
        return {
            "eventVersion": "1.08",
            "eventTime": time,
            "eventSource": "s3.amazonaws.com",
            "eventName": "ListBuckets",
            "awsRegion": "eu-west-1",
            "sourceIPAddress": "192.0.2.1",
            "eventID": time,
        }

    triage = await triage_of([call("2000-10-10T20:55:36Z"), call("2023-06-10T13:36:28Z")])
    app = TriageApp(triage, title="long")
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        lines = screen_text(app)
        assert "2023-06-10 13:36:28Z" in lines[0]
        assert any("192.0.2.1" in line and "2000-10-10" in line for line in lines)
        await press(pilot, "enter")
        lines = screen_text(app)
        assert "2000-10-10 20:55:36Z – 2023-06-10 13:36:28Z" in lines[2]
        assert any("2000-10-10 20:55:36Z ListBuckets" in " ".join(line.split()) for line in lines)
