"""Filters, ranges of time, zoom and undo on the screens: by keys and by mouse."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from textual.app import App
from textual.pilot import Pilot

from triage_tui.detect.weeks import Calendar
from triage_tui.model import EntityRef, Kind
from triage_tui.store.filters import parse
from triage_tui.triage import Triage
from triage_tui.ui.adapters import brush
from triage_tui.ui.app import TriageApp
from triage_tui.ui.kept import KeptFilter
from triage_tui.ui.screens.inspect import InspectScreen
from triage_tui.ui.screens.overview import OverviewScreen
from widgets.prompt import Prompt
from widgets.timeline import TimeLine

Lines = Callable[[App[None]], list[str]]
Make = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]
INTRUDER = EntityRef(Kind.IP, "198.51.100.23")
BERLIN = Calendar("Europe/Berlin")
NAMES = {" ": "space", "-": "minus", ":": "colon", "*": "asterisk", "/": "slash"}


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(5):
        await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


async def write(pilot: Pilot[None], text: str) -> None:
    await press(pilot, *(NAMES.get(char, char) for char in text))


def seen_at(when: str, number: int) -> Mapping[str, object]:
    """A record of CloudTrail."""
    return {
        "eventVersion": "1.11",
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventTime": when,
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": "GetItem",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "sourceIPAddress": f"198.51.100.{number % 7}",
        "userIdentity": {"type": "AWSService", "invokedBy": "x.amazonaws.com"},
    }


def overview(app: TriageApp) -> OverviewScreen:
    assert isinstance(app.screen, OverviewScreen)
    return app.screen


async def test_a_range_is_chosen_by_keys_and_all_follows(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        screen = overview(app)
        events = demo.sight().events
        await press(pilot, "V")
        assert "Enter choose" in screen_text(app)[-1]
        await press(pilot, "H", "v", "h", "h", "enter")
        window = brush.chosen(screen.selected)
        assert window is not None
        assert 0 < demo.sight(screen.selected).events < events
        assert "filter: in " in screen_text(app)[3]
        assert "Enter inspect" in screen_text(app)[-1]
        await press(pilot, "enter")
        inspected = app.screen
        assert isinstance(inspected, InspectScreen)
        times = demo.index.time.view()[inspected.events.rows]
        assert window.start <= int(times.min())
        assert int(times.max()) <= window.end
        await press(pilot, "escape", "escape")
        assert screen.selected.text == ""


async def test_a_range_is_given_up(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "V", "h", "escape")
        screen = overview(app)
        assert screen.selected.text == ""
        assert screen.table.has_focus
        await press(pilot, "V", "h", "V")
        assert screen.query_one(TimeLine).is_held


async def test_a_range_is_dragged_and_a_click_goes_there(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        screen, line = overview(app), overview(app).query_one(TimeLine)
        width = line.bars_width
        await pilot.mouse_down(line, offset=(10, 0))
        await pilot.hover(line, offset=(20, 0))
        await pilot.mouse_up(line, offset=(20, 0))
        await settle(pilot)
        window, whole = brush.chosen(screen.selected), app.zoom.window(demo.clock)
        assert window is not None
        assert whole is not None
        assert 8.9 <= (window.start - whole.start) * width / whole.width <= 9.1
        before = screen.selected.text
        await pilot.click(line, offset=(30, 0))
        await settle(pilot)
        assert screen.selected.text == before
        assert not demo.clock.at_end


async def test_zoom_goes_to_the_range_and_back_to_all(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "V", "H", "v", "l", "enter", "z")
        chosen = brush.chosen(overview(app).selected)
        shown = app.zoom.window(demo.clock)
        assert chosen is not None
        assert shown is not None
        assert abs(shown.start - chosen.start) <= chosen.width
        assert "zoom " in screen_text(app)[1]
        await press(pilot, *"ZZZZZZ")
        assert not app.zoom.is_close
        assert "zoom " not in screen_text(app)[1]


async def test_values_that_were_seen_are_completed(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "/")
        await write(pilot, "-act")
        await press(pilot, "tab")
        await write(pilot, "Dele")
        assert "DeleteItem" in screen_text(app)[-3]
        await press(pilot, "tab")
        prompt = app.screen.query_one(Prompt)
        assert prompt.value == "-action:DeleteItem"
        await press(pilot, "tab")
        assert prompt.value == "-action:DeleteTable"
        await press(pilot, "shift+tab", "enter")
        assert overview(app).selected.text == "-action:DeleteItem"


async def test_hostile_values_are_offered_as_what_can_be_typed(
    triage_of: Make, leaks: Lines
) -> None:
    names = ["a b\x1b]0;x\x07", 'q"uo', "@file", "\u202eevil", "[/x]"]
    triage = await triage_of(
        {
            "eventVersion": "1.08",
            "eventSource": "s3.amazonaws.com",
            "eventTime": "2026-03-15T02:00:00Z",
            "eventName": name,
            "awsRegion": "eu-west-1",
            "sourceIPAddress": "203.0.113.9",
            "userIdentity": {
                "type": "IAMUser",
                "userName": name,
                "arn": f"arn:aws:iam::1:user/{n}",
            },
            "eventID": f"id-{n}",
        }
        for n, name in enumerate(names)
    )
    app = TriageApp(triage, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "/")
        await write(pilot, "action:")
        prompt, found = app.screen.query_one(Prompt), set()
        for _ in names:
            await press(pilot, "tab")
            found.add(prompt.value)
            assert not leaks(app)
        assert len(found) == len(names)
        for text in found:
            assert triage.sight(parse(text)).events == 1, text


async def test_filters_are_kept_picked_and_taken_back(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    app.kept_filters = [KeptFilter("refusals", "-outcome:ok")]
    async with app.run_test(size=(80, 24)) as pilot:
        screen = overview(app)
        await press(pilot, "p", "tab", "enter")
        assert screen.selected.text == "-outcome:ok"
        await press(pilot, "f")
        narrowed = screen.selected.text
        assert narrowed.startswith("-outcome:ok ip:")
        await press(pilot, "K")
        await write(pilot, "mine")
        await press(pilot, "enter")
        assert KeptFilter("mine", narrowed) in app.kept_filters
        await press(pilot, "u")
        assert screen.selected.text == "-outcome:ok"
        await press(pilot, "u")
        assert screen.selected.text == ""
        await press(pilot, "u")
        assert screen.selected.text == ""
        await press(pilot, "p")
        await write(pilot, "nosuch")
        await press(pilot, "enter")
        assert "kept are refusals, mine" in screen_text(app)[-1]


async def test_undo_takes_back_what_was_said(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        ref = overview(app).acting()
        assert ref is not None
        await press(pilot, ";")
        await write(pilot, "odd")
        await press(pilot, "enter", "t")
        await write(pilot, "night")
        await press(pilot, "enter", "s", "l", "enter", "m")
        case = demo.case(ref)
        assert [note.text for note in case.notes] == ["odd"]
        assert case.tags == ("night", "marked")
        assert case.status.value == "open"
        await press(pilot, "u")
        assert not demo.case(ref).is_marked
        await press(pilot, "u")
        assert demo.case(ref).status.value == "new"
        await press(pilot, "u", "u")
        assert demo.case(ref).tags == ()
        assert demo.case(ref).notes == ()
        assert len(demo.casebook.history()) >= 8


async def test_marks_are_gone_to(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        table = overview(app).table
        await press(pilot, "j", "m", "j", "j", "m", "g")
        marked = table.cursor_key
        await press(pilot, "'")
        assert table.cursor_index == 1
        await press(pilot, "'")
        assert table.cursor_index == 3
        await press(pilot, "'")
        assert table.cursor_index == 1
        assert marked != table.cursor_key


async def test_events_are_marked_and_noted_one_by_one(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = InspectScreen(demo, INTRUDER)
        await app.push_screen(screen)
        await press(pilot, "g", "j", "m", "g", "full_stop")
        await write(pilot, "the first")
        await press(pilot, "enter")
        rows = [line for line in screen_text(app) if "Z " in line[1:14]]
        assert any(line[1] == "◆" for line in rows)
        assert any(line[1] == "✎" for line in rows)
        await press(pilot, "G", "'")
        assert screen.table.cursor_index == 1
        await press(pilot, "5")
        text = "\n".join(screen_text(app))
        assert ": the first" in text
        assert not demo.case(INTRUDER).notes
        await press(pilot, "u", "u", "1")
        assert not any(line[1] in "◆✎" for line in screen_text(app) if "Z " in line[1:14])


async def test_the_way_here_is_a_breadcrumb(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(InspectScreen(demo, INTRUDER))
        await press(pilot, "4", "g", "enter")
        assert screen_text(app)[1].startswith(" 198.51.100.23 »  maria.keller")
        await press(pilot, "escape")
        assert screen_text(app)[1].startswith(" 198.51.100.23  Source IP")


async def test_what_is_new_since_somebody_looked_is_marked(
    demo: Triage, screen_text: Lines
) -> None:
    span = demo.index.span()
    assert span is not None
    demo.clock.pause()
    demo.clock.seek(span[0] + (span[1] - span[0]) // 2)
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert not any(line[1:2] == "+" for line in screen_text(app)[5:15])
        # Moved, the cursor stays with its entity, whoever comes to the top meanwhile.
        await press(pilot, "j", "k", "enter", "escape")
        demo.clock.to_end()
        app.show_now()
        await settle(pilot)
        rows = [line for line in screen_text(app)[5:15] if line[1:2] == "+"]
        assert rows
        await press(pilot, "enter")
        assert any(line[1:2] == "+" for line in screen_text(app)[7:])


async def test_times_in_the_teams_zone(demo: Triage, screen_text: Lines) -> None:
    demo.index.knowledge = demo.index.knowledge._replace(calendar=BERLIN)
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        utc = screen_text(app)[0]
        assert "Z " in utc
        await press(pilot, "O")
        assert "CET" in screen_text(app)[0]
        await press(pilot, "S")
        await write(pilot, "03:10")
        await press(pilot, "enter")
        assert "03:10:00 CET" in screen_text(app)[0]
        await press(pilot, "O")
        assert "02:10:00Z" in screen_text(app)[0]


async def test_hours_stand_beside_what_is_usual(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(InspectScreen(demo, INTRUDER))
        await press(pilot, "6")
        lines = screen_text(app)
        assert any("SEEN" in line and "USUAL" in line for line in lines)
        sunday = next(line for line in lines if " Sun " in line[:8])
        assert "█" in sunday
        assert "learned of principals" in " ".join(line[33:57].strip() for line in lines)


async def test_one_event_of_1970_does_not_squeeze_the_time_line(
    triage_of: Make, screen_text: Lines
) -> None:
    """Nobody has to know of `z` to see the night; that something is long before it is told."""
    records = [seen_at(f"2026-03-15T02:{n // 2:02}:{n % 2 * 30:02}Z", n) for n in range(100)]
    triage = await triage_of([seen_at("1970-01-01T00:00:00Z", 100), *records])
    app = TriageApp(triage, title="x")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        lines = screen_text(app)
        assert "1 long before" in lines[0]
        assert "Sun 02:49:30Z" in lines[0]
        assert sum(char > "▁" for char in lines[2] if "▁" <= char <= "█") > 30
        assert "1970" not in "\n".join(lines)
        await press(pilot, "Z")
        assert sum(char > "▁" for char in screen_text(app)[2] if "▁" <= char <= "█") <= 2
        await press(pilot, "z")
        assert screen_text(app)[2] == lines[2]
