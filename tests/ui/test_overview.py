"""The overview: what it shows of the demo's night, and what its keys do."""

from collections.abc import Callable

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot

from triage_tui.model import Kind, Status, Verdict
from triage_tui.store.filters import KEYS, parse
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.entity_table import EntityTable
from triage_tui.ui.screens.help import FILTER_HELP
from triage_tui.ui.screens.overview import OverviewScreen
from widgets.confirm import Confirm

Lines = Callable[[App[None]], list[str]]
SIZES = [(60, 20), (80, 24), (120, 40), (200, 50)]


def overview(app: TriageApp) -> OverviewScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, OverviewScreen)
    return screen


def table(app: TriageApp) -> EntityTable:
    return overview(app).table


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys and let everything settle that they began."""
    await pilot.press(*keys)
    for _ in range(3):
        await pilot.pause()


async def type_text(pilot: Pilot[None], text: str) -> None:
    names = {" ": "space", "-": "minus", ":": "colon", "+": "plus"}
    await pilot.press(*(names.get(char, char) for char in text))
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_first_screen(demo: Triage, screen_text: Lines, size: tuple[int, int]) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        lines = screen_text(app)
        assert len(lines) == size[1]
        assert all(len(line) == size[0] for line in lines)
        top = lines[0]
        assert top.startswith(" DEMO ")
        assert "SIMULATED" in top
        assert "Sun 02:29:59Z" in top
        text = "\n".join(lines)
        assert "[Source IP]" in text
        assert "313 source IPs" in text
        first = next(line for line in lines if "198.51.100.23" in line)
        assert first.startswith("▌")
        assert " 81 " in first
        assert "390 deletes" in first
        assert "── 198.51.100.23: why 81 ─" in text
        assert "+45 finding, high: Impact:IAMUser/AnomalousBehavior" in text
        assert "? help" in lines[-1]
        assert "Enter inspect" in lines[-1]


async def test_reasons_add_up(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        words = " ".join(screen_text(app)[29:]).split()
        assert sum(int(word) for word in words if word[0] == "+" and word[1:].isdigit()) == 81


async def test_the_panel_follows_the_cursor(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "j", "j")
        assert any("── 203.0.113.91: why 52 ─" in line for line in screen_text(app))
        await press(pilot, "k")
        assert any("── 192.0.2.211: why 55 ─" in line for line in screen_text(app))


async def test_kinds(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "j", "tab")
        text = "\n".join(screen_text(app))
        assert "[Principal]" in text
        assert "18 principals" in text
        assert "maria.keller: why 70" in text
        await press(pilot, "l")
        assert "[Network]" in "\n".join(screen_text(app))
        await press(pilot, "right")
        assert "[Service]" in "\n".join(screen_text(app))
        await press(pilot, "shift+tab", "h", "left")
        # Back where it was, on the row where it was.
        assert "[Source IP]" in "\n".join(screen_text(app))
        assert table(app).cursor_key == "192.0.2.211"


async def test_initial_kind_and_filter(demo: Triage, screen_text: Lines) -> None:
    selected = parse("action:Delete*")
    app = TriageApp(demo, title="x", initial_filter=selected, initial_kind=Kind.PRINCIPAL)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        text = "\n".join(screen_text(app))
        assert "[Principal]" in text
        assert "filter: action:Delete*" in text
        assert " 3 of 18" in text


# -- time ----------------------------------------------------------------------------------------


async def test_stepping_in_time(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "[")
        assert "|| paused 60x  2026-03-15 Sun 02:29:49Z" in screen_text(app)[0]
        await press(pilot, "{", "{")
        assert "02:26:29Z" in screen_text(app)[0]
        await press(pilot, "}")
        assert "02:28:09Z" in screen_text(app)[0]
        await press(pilot, "]")
        assert "02:28:19Z" in screen_text(app)[0]
        await press(pilot, "+", "space")
        assert "> 120x" in screen_text(app)[0]
        await press(pilot, "-", "-", "space")
        assert "|| paused 30x" in screen_text(app)[0]


async def test_going_back_shows_what_was_known(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        table(app).hold_cursor()  # as after a second: who is left has been looked at
        at_end = screen_text(app)[5:]
        table(app).settle()  # as after a second of looking at it
        await press(pilot, "S")
        await type_text(pilot, "02:05")
        await press(pilot, "enter")
        early = "\n".join(screen_text(app))
        assert "02:05:00Z" in early
        assert "390 deletes" not in early
        assert "Impact:IAMUser/AnomalousBehavior" not in early
        await press(pilot, "S")
        await type_text(pilot, "end")
        await press(pilot, "enter")
        table(app).move_to(0)
        await press(pilot)
        assert screen_text(app)[5:] == at_end


async def test_a_wrong_time_is_not_taken(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "S")
        await type_text(pilot, "soon")
        assert "`soon` is no time: try 02:10" in screen_text(app)[-1]
        await press(pilot, "enter")
        assert len(app.screen_stack) == 2
        await press(pilot, "escape")
        assert demo.clock.at_end


async def test_before_anything_happened(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident", initial_kind=Kind.SERVICE)
    async with app.run_test(size=(80, 24)) as pilot:
        assert demo.clock.first is not None
        demo.clock.seek(demo.clock.first)
        app.show_now()
        await press(pilot)
        assert any("no services yet at 01:30" in line for line in screen_text(app))


# -- filters -------------------------------------------------------------------------------------


async def test_filter_with_preview(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "/")
        await type_text(pilot, "-outcome:ok")
        for _ in range(3000):
            await pilot.pause(0.02)
            if "match" in screen_text(app)[-1]:
                break
        assert "16 source IPs, 2,129 events match" in screen_text(app)[-1]
        await press(pilot, "enter")
        line = next(line for line in screen_text(app) if "filter:" in line)
        assert "filter: -outcome:ok" in line
        assert "16 of 313" in line
        await press(pilot, "escape")
        assert overview(app).selected.text == ""
        assert any("313 source IPs" in line for line in screen_text(app))


async def test_a_wrong_filter_points_at_the_character(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "/")
        await type_text(pilot, "ip:1.2.3.4 outcom:ok")
        value, message = screen_text(app)[-2:]
        assert message.index("^") == value.index("outcom")
        assert "did you mean `outcome`?" in message
        await press(pilot, "enter")
        assert len(app.screen_stack) == 2
        await press(pilot, "escape")
        assert overview(app).selected.text == ""


async def test_words_are_searched_in_the_records(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "/")
        await type_text(pilot, "phpmyadmin")
        await press(pilot, "enter")
        for _ in range(3000):
            await pilot.pause(0.02)
            if demo.matches(overview(app).selected).complete:
                break
        await press(pilot)
        line = next(line for line in screen_text(app) if "filter:" in line)
        assert "searching" not in line
        found = len(demo.look(Kind.IP, overview(app).selected))
        assert 0 < found < 313
        assert f"{found} of 313" in line


async def test_nothing_matches(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident", initial_filter=parse("ip:9.9.9.9"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = "\n".join(screen_text(app))
        assert "nothing matches ip:9.9.9.9; Esc clears the filter" in text
        await press(pilot, "B", ";", "s", "f", "enter", "y")
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("kind", list(Kind))
async def test_filter_by_the_row(demo: Triage, kind: Kind) -> None:
    app = TriageApp(demo, title="incident", initial_kind=kind)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        key, total = table(app).cursor_key, table(app).line_count
        assert key is not None
        await press(pilot, "F")
        screen = overview(app)
        assert screen.rows.index_of(key) is None
        assert screen.rows.row_count() < total
        await press(pilot, "escape")
        assert table(app).move_to_key(key)
        await press(pilot, "f")
        assert screen.rows.index_of(key) == 0
        entity = demo.entity(screen.rows.entity(0).ref)
        assert entity is not None
        assert screen.rows.entity(0).events == entity.events
        assert len(demo.sight(screen.selected).rows) == entity.events


# -- deciding ------------------------------------------------------------------------------------


async def test_note_and_status(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, ";")
        assert "note on 198.51.100.23" in screen_text(app)[-2]
        await type_text(pilot, "called the owner")
        await press(pilot, "enter")
        await press(pilot, "s", "l", "j", "l", "enter")
        case = demo.casebook.case(["ip:198.51.100.23"])
        assert [note.text for note in case.notes] == ["called the owner"]
        assert (case.status, case.verdict) == (Status.OPEN, Verdict.TRUE_POSITIVE)
        text = "\n".join(screen_text(app))
        assert "◐ open 1✎" in text
        assert "✎ called the owner  maria at 02:29:59Z" in text
        assert "◐ open · true positive" in text


async def test_a_note_from_beyond_the_cursor_says_so(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(100, 24)) as pilot:
        await demo.note("ip:198.51.100.23", "seen it")
        await press(pilot, "[", "g")
        assert any("seen it  maria at 02:29:59Z  (made later)" in ln for ln in screen_text(app))


async def test_given_up_notes_are_not_written(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, ";")
        await type_text(pilot, "no")
        await press(pilot, "escape", ";", "enter", "t", "escape", "s", "escape")
        assert len(app.screen_stack) == 1
        assert demo.casebook.history() == []


async def test_what_is_typed_ahead_goes_into_the_line(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for key in ("semicolon", "B", "q", "space", "U", "enter"):
            app.post_message(events.Key(key, " " if key == "space" else None))
        for _ in range(20):
            await pilot.pause(0.01)
        notes = demo.casebook.case(["ip:198.51.100.23"]).notes
        assert [note.text for note in notes] == ["Bq U"]


async def test_tags(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "t")
        await type_text(pilot, "exfil")
        await press(pilot, "enter")
        assert demo.casebook.case(["ip:198.51.100.23"]).tags == ("exfil",)
        assert any("#exfil" in line for line in screen_text(app))


class Written:
    """Implements `ports.Reporter`."""

    async def report(self, *, anonymize: bool) -> list[str]:
        return ["/tmp/report.md", "/tmp/report.json"]

    async def bundle(self) -> str:
        raise OSError("the disk is [full]\x1b]0;x\x07")


async def test_copy_and_report(demo: Triage) -> None:
    app = TriageApp(demo, title="incident", reporter=Written())
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "y", "y")
        await app.workers.wait_for_complete()
        assert app.clipboard == "198.51.100.23"
        await press(pilot, "w", "w")
        await app.workers.wait_for_complete()
        said = [note.message for note in app._notifications]
        assert said == [
            "name copied, 13 characters, by OSC 52",
            "report written to /tmp/report.md and /tmp/report.json",
        ]


async def test_what_is_copied_is_asked_for(
    demo: Triage, screen_text: Callable[[App[None]], list[str]]
) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "y")
        text = "\n".join(screen_text(app))
        assert "copy of 198.51.100.23" in text
        assert "n  name       198.51.100.23" in text
        assert "r  row" in text
        assert "4  refused    5" in text
        await press(pilot, "escape")
        assert app.clipboard == ""
        await press(pilot, "y", "c")
        await app.workers.wait_for_complete()
        assert app.clipboard.startswith("aws logs filter-log-events --log-group-name LOG_GROUP")
        await press(pilot, "y", "r")
        await app.workers.wait_for_complete()
        assert app.clipboard.startswith("81  198.51.100.23  418  5  ")


async def test_a_failure_is_said(demo: Triage) -> None:
    app = TriageApp(demo, title="incident", reporter=Written())
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "w", "b")
        await app.workers.wait_for_complete()
        said = [note.message for note in app._notifications]
        assert said == ["writing the bundle…", "cannot write it: the disk is [full]·]0;x·"]


# -- leaving -------------------------------------------------------------------------------------


async def until_readable(pilot: Pilot[None]) -> None:
    for _ in range(3000):
        await pilot.pause(0.01)
        screen = pilot.app.screen
        if isinstance(screen, Confirm) and screen.readable:
            return
    raise AssertionError("never asked")


async def test_quitting_asks(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "escape", "escape", "q")
        await until_readable(pilot)
        await press(pilot, "n")
        assert app.is_running
        assert len(app.screen_stack) == 1
        await press(pilot, "q")
        await until_readable(pilot)
        await pilot.press("y")
    assert app.return_code == 0


async def test_ctrl_c_twice_quits(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "/", "ctrl+c")
        await until_readable(pilot)
        await pilot.press("ctrl+c")
    assert app.return_code == 0


# -- pages ---------------------------------------------------------------------------------------


async def test_help_and_sources(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident", keymap={"case.note": "n"})
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "?", "G")
        assert "searches the raw records" in "\n".join(screen_text(app))
        await press(pilot, *"k" * 18)
        text = "\n".join(screen_text(app))
        assert "⚠ Plan a block" in text
        await press(pilot, *"k" * 12)
        assert "n                 Write a note" in "\n".join(screen_text(app))
        await press(pilot, "q", "i", "G")
        assert "waf.jsonl.gz" in "\n".join(screen_text(app))
        await press(pilot, "escape", "n")
        assert "note on 198.51.100.23" in screen_text(app)[-2]


def test_help_names_every_filter_key() -> None:
    named = {word for _, text in FILTER_HELP for word in text.split()}
    assert set(KEYS) - {"user_agent", "source_service"} <= named
    for head, text in FILTER_HELP:
        if head == "for example":
            assert parse(text).text == text


async def test_palette_runs_actions(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, ":")
        await type_text(pilot, "previous kind")
        for _ in range(100):
            await pilot.pause(0.01)
        await press(pilot, "enter")
        for _ in range(3000):
            await pilot.pause(0.01)
            if len(app.screen_stack) == 1:
                break
        assert overview(app).kind is Kind.SERVICE
