"""The overview while things change: loading, broken files, blocks, merges, playing, no colour."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot

from triage_tui.model import HOUR, SECOND, BlockRequest, EntityRef, Kind
from triage_tui.sources.follow import FollowedFile
from triage_tui.store.filters import ALL, Filter, parse
from triage_tui.triage import Triage
from triage_tui.ui import painting
from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.block import BlockScreen
from triage_tui.ui.screens.inspect import InspectScreen
from triage_tui.ui.screens.overview import OverviewScreen
from widgets.confirm import Confirm

Lines = Callable[[App[None]], list[str]]
Make = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]


def overview(app: TriageApp) -> OverviewScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, OverviewScreen)
    return screen


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(3):
        await pilot.pause()


async def until_readable(pilot: Pilot[None]) -> None:
    for _ in range(3000):
        await pilot.pause(0.01)
        screen = pilot.app.screen
        if isinstance(screen, Confirm) and screen.readable:
            return
    raise AssertionError("never asked")


def request(triage: Triage, cidr: str, expires_after: int | None = HOUR) -> BlockRequest:
    return BlockRequest(
        cidr=cidr,
        blocklist=triage.blocklist.name,
        reason="scans [/x]\x1b",
        author="maria",
        expires_after=expires_after,
        subject=f"ip:{cidr.partition('/')[0]}",
        cursor=triage.clock.position(),
    )


# -- loading and broken sources ------------------------------------------------------------------


async def test_while_loading(new_demo: Callable[[], Triage], screen_text: Lines) -> None:
    triage = new_demo()
    app = TriageApp(triage, title="night.jsonl")
    async with app.run_test(size=(80, 24)) as pilot:
        for source in triage.sources:
            source.report.size, source.report.done = 100, 43
        app.show_now()
        await settle(pilot)
        text = "\n".join(screen_text(app))
        assert "reading 13 files 43 %" in text
        assert "reading 43 %" in screen_text(app)[0]
        await triage.run()
        app.show_now()
        await settle(pilot)
        text = "\n".join(screen_text(app))
        assert "reading" not in text
        assert "313 source IPs" in text


async def test_loads_beside_the_app(new_demo: Callable[[], Triage], screen_text: Lines) -> None:
    triage = new_demo()
    app = TriageApp(triage, title="night.jsonl")
    async with app.run_test(size=(80, 24)) as pilot, asyncio.TaskGroup() as group:
        group.create_task(triage.run())
        # Nobody calls `show_now`: the app's own timer notices.
        for _ in range(3000):
            await pilot.pause(0.02)
            if any("313 source IPs" in line for line in screen_text(app)):
                break
        assert any("313 source IPs" in line for line in screen_text(app))


async def test_unreadable_sources_are_named(demo: Triage, screen_text: Lines) -> None:
    demo.sources[3].report.error = "cannot read it: permission denied"
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        assert "1 of 13 unreadable" in screen_text(app)[0]
        said = [note.message for note in app._notifications]
        assert [text.endswith("cannot read it: permission denied") for text in said] == [True]
        await pilot.press("i")
        await settle(pilot)
        assert any("permission denied" in line for line in screen_text(app))


async def test_what_is_no_log_is_counted_apart_and_named(demo: Triage, screen_text: Lines) -> None:
    demo.sources[3].report.left = "no log: a picture (PNG)"
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        assert "12 sources ok, 1 left out" in screen_text(app)[0]
        assert not app._notifications
        await pilot.press("i")
        await settle(pilot)
        assert sum("a picture (PNG)" in line for line in screen_text(app)) == 1


async def test_there_is_no_log_at_all(screen_text: Lines, triage_of: Make) -> None:
    triage = await triage_of([])
    triage.sources[0].report.error = None
    triage.sources[0].report.left = "no log known here; left out"
    app = TriageApp(triage, title="empty")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert any("records-0.jsonl: no log known here" in line for line in screen_text(app))


async def test_nothing_could_be_read(triage_of: Make, screen_text: Lines, tmp_path: Path) -> None:
    triage = await triage_of([])
    app = TriageApp(triage, title="empty")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert any("records-0.jsonl: the file is empty" in line for line in screen_text(app))
        assert "1 of 1 unreadable" in screen_text(app)[0]
        for key in ("space", "[", "S", "B", "U", "f", ";", "tab", "j", "y", "v", "+", "escape"):
            await pilot.press(key)
            await settle(pilot)
        assert len(app.screen_stack) == 1


# -- blocks --------------------------------------------------------------------------------------


async def test_a_block_shows_and_is_undone(demo: Triage, screen_text: Lines) -> None:
    await demo.block(request(demo, "198.51.100.23/32"))
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(100, 24)) as pilot:
        await settle(pilot)
        text = "\n".join(screen_text(app))
        assert "■ 1h" in next(line for line in screen_text(app) if line.startswith("▌"))
        assert "■ 198.51.100.23/32 blocked, until 2026-03-15 Sun 03:29:59Z" in text
        assert "simulated" in text
        await pilot.press("U")
        await until_readable(pilot)
        assert any("Undo the block of 198.51.100.23/32?" in line for line in screen_text(app))
        await pilot.press("n")
        await settle(pilot)
        assert demo.blocks()[0].state.value == "in force"
        await pilot.press("U")
        await until_readable(pilot)
        await pilot.press("y")
        for _ in range(3000):
            await pilot.pause(0.01)
            if demo.blocks()[0].state.value == "undone":
                break
        app.show_now()
        await settle(pilot)
        assert "■ 1h" not in "\n".join(screen_text(app))


async def test_keys_before_the_question_undo_nothing(demo: Triage) -> None:
    await demo.block(request(demo, "198.51.100.23/32"))
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(100, 24)) as pilot:
        await settle(pilot)
        for key in ("U", "y", "left", "enter"):
            app.simulate_key(key)
        await until_readable(pilot)
        assert demo.blocks()[0].state.value == "in force"
        assert len(app.screen_stack) == 2


async def test_a_paste_that_nobody_takes_ends(demo: Triage) -> None:
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(100, 24)) as pilot:
        app.post_message(events.Paste("By"))
        await settle(pilot)
        assert len(app.screen_stack) == 1


async def test_before_the_block_it_does_not_show(demo: Triage, screen_text: Lines) -> None:
    await demo.block(request(demo, "198.51.100.23/32"))
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("[")
        await settle(pilot)
        assert "■" not in "\n".join(line[:100] for line in screen_text(app)[4:16])


async def test_what_never_expires_is_named_on_leaving(demo: Triage, screen_text: Lines) -> None:
    await demo.block(request(demo, "198.51.100.23/32", expires_after=None))
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
        await until_readable(pilot)
        text = "\n".join(screen_text(app))
        assert "198.51.100.23/32 stays blocked (simulated): it never expires" in text


# -- selection follows the entity ----------------------------------------------------------------


async def test_the_cursor_stays_on_its_entity_in_time(demo: Triage) -> None:
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "j")
        await settle(pilot)
        table = overview(app).table
        key = table.cursor_key
        for _ in range(3):
            await pilot.press("{")
            await settle(pilot)
            assert table.cursor_key == key


async def test_what_was_never_painted_is_not_acted_on(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("j")
        await settle(pilot)
        table = overview(app).table
        assert table.cursor_key == "192.0.2.211"
        # 192.0.2.211 came at 02:26:48: the step takes it away, and no frame has shown that yet.
        demo.clock.seek(demo.clock.position() - 5 * 60 * 10**9)
        overview(app).show_changes()
        assert table.cursor_key != "192.0.2.211"
        assert table.acting_key == "192.0.2.211"
        overview(app).action_block()
        assert len(app.screen_stack) == 1
        await settle(pilot)
        assert table.acting_key == table.cursor_key
        assert any("has just gone out of sight" in note.message for note in app._notifications)


async def test_selection_follows_a_merge(triage_of: Make) -> None:
    def call(number: int, minute: int, who: dict[str, str]) -> dict[str, object]:
        return {
            "eventVersion": "1.08",
            "eventID": f"00000000-0000-0000-0000-{number:012d}",
            "eventTime": f"2026-03-15T02:{minute:02d}:00Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": "ListBuckets",
            "awsRegion": "eu-west-1",
            "sourceIPAddress": "203.0.113.9",
            "userIdentity": {"accountId": "111122223333", **who},
        }

    anna = {"type": "IAMUser", "principalId": "AIDAEXAMPLEANNA000001"}
    named = {**anna, "arn": "arn:aws:iam::111122223333:user/anna", "userName": "anna"}
    triage = await triage_of([call(1, 1, anna), call(2, 30, named)])
    app = TriageApp(triage, title="x", initial_kind=Kind.PRINCIPAL)
    async with app.run_test(size=(100, 24)) as pilot:
        assert triage.clock.first is not None
        triage.clock.seek(triage.clock.first)
        app.show_now()
        await settle(pilot)
        table = overview(app).table
        before = table.cursor_key
        assert before is not None
        assert "AIDAEXAMPLEANNA000001" in before
        triage.clock.to_end()
        app.show_now()
        await settle(pilot)
        assert table.cursor_key == "arn:aws:iam::111122223333:user/anna"
        assert table.acting_key == table.cursor_key
        ref = overview(app).rows.ref(before)
        assert isinstance(ref, EntityRef)
        assert ref.key == "arn:aws:iam::111122223333:user/anna"


# -- how it looks --------------------------------------------------------------------------------


async def test_no_colour(demo: Triage, screen_text: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert app.no_color
        text = "\n".join(screen_text(app))
        assert "▌   81 198.51.100.23" in text
        assert "worst high" in text
        await pilot.press(*"jjj")
        await settle(pilot)
        assert re.search("■ blocked|✓ ok|✗ denied", "\n".join(screen_text(app)))


async def test_resizing(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        for width, height in ((60, 20), (200, 50), (100, 30), (40, 10), (80, 24)):
            await pilot.resize_terminal(width, height)
            await settle(pilot)
            await settle(pilot)
            lines = screen_text(app)
            assert [len(line) for line in lines] == [width] * height
            assert "RISK" in "\n".join(lines)
        header = next(line for line in screen_text(app) if "RISK" in line)
        assert header.split() == (
            [
                "RISK",
                "SOURCE",
                "IP",
                "EVENTS",
                "REFUSED",
                "LAST",
                "15",
                "MIN",
                "STANDS",
                "OUT",
                "STATE",
            ]
        )


async def test_idle_paints_nothing(demo: Triage) -> None:
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.show_now()
        looks = 0
        show = overview(app).changes

        def counted() -> Iterator[None]:
            nonlocal looks
            looks += 1
            return show()

        overview(app).changes = counted  # type: ignore[method-assign]
        for _ in range(30):
            await pilot.pause(0.02)
        assert looks == 0
        demo.clock.step(-10 * SECOND)
        for _ in range(100):
            await pilot.pause(0.02)
        assert looks == 1


async def test_a_painting_is_left_off_for_what_is_asked_meanwhile(demo: Triage) -> None:
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        screen = overview(app)
        steps = screen.changes()
        next(steps)
        await pilot.press("tab")
        principals = demo.look(Kind.PRINCIPAL).key(int(demo.look(Kind.PRINCIPAL).ids[0]))
        assert len(list(steps)) <= 1  # what was begun for addresses is not shown
        assert screen.rows.ranking.kind is Kind.PRINCIPAL
        assert screen.rows.row(0).key == principals
        demo.clock.step(-10 * SECOND)
        app._pace._not_before = 0.0
        app._tick()  # begins a painting
        assert app._painting is not None
        app.show_now()
        assert app._painting is None


async def test_taking_in_gives_way_to_a_painting_for_a_moment(
    demo: Triage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert not demo.gives_way()
        demo.clock.step(-10 * SECOND)
        app._pace._not_before = 0.0
        app._tick()  # begins a painting
        assert demo.gives_way()
        monkeypatch.setattr(painting, "HASTE", 0.0)
        app._painting = painting.Painting([])  # as after that moment
        assert not demo.gives_way()
        app.show_now()


async def test_a_followed_file_that_is_not_there_is_waited_for(
    triage_of: Make, screen_text: Lines
) -> None:
    triage = await triage_of([])
    source = FollowedFile("/nowhere/typo.log", wall=lambda: 0)
    triage.sources[:] = [source]
    app = TriageApp(triage, title="typo.log")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "waiting for 1 file" in screen_text(app)[0]
        assert any("typo.log is not there yet" in line for line in screen_text(app))


async def test_what_to_do_is_seen_behind_a_long_filter(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="x", initial_filter=parse(f"path:{'x' * 200}"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        (said,) = [line for line in screen_text(app) if "nothing matches" in line]
        assert said.rstrip().endswith("Esc clears the filter")


@pytest.mark.parametrize("inspecting", [False, True])
async def test_a_search_that_fails_says_so_once(
    demo: Triage, monkeypatch: pytest.MonkeyPatch, inspecting: bool
) -> None:
    def fail(selected: Filter) -> Iterator[None]:
        yield
        raise RuntimeError(f"the disk is [/gone] for {selected.text}")

    monkeypatch.setattr(demo, "search_aside", fail)
    selected = parse("needle")
    app = TriageApp(demo, title="x", initial_filter=ALL if inspecting else selected)
    async with app.run_test(size=(80, 24)) as pilot:
        if inspecting:
            ref = EntityRef(Kind.IP, "198.51.100.23")
            await app.push_screen(InspectScreen(demo, ref, selected))
        for _ in range(20):
            await pilot.pause(0.02)
        app.show_now()
        await pilot.pause(0.1)
        said = [note.message for note in app._notifications]
        assert said == ["search: the disk is [/gone] for needle"]


async def test_another_filter_ends_a_search_and_begins_its_own(
    demo: Triage, screen_text: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = list[str](), list[str]()

    def search(selected: Filter) -> Iterator[None]:
        begun.append(selected.text)
        try:
            while True:
                yield
        finally:
            ended.append(selected.text)

    monkeypatch.setattr(demo, "search_aside", search)
    app = TriageApp(demo, title="x", initial_filter=parse("one"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = "\n".join(screen_text(app))
        assert "nothing yet; searching" in text
        assert "nothing matches" not in text
        overview(app).set_filter(parse("two"))
        for _ in range(5):
            await pilot.pause(0.02)
        assert (begun, ended) == (["one", "two"], ["one"])


# -- rows that change places under the cursor ------------------------------------------------------


async def overtaken(pilot: Pilot[None], app: TriageApp, demo: Triage) -> tuple[str, str]:
    """The first row before and after time went on; nobody has moved the cursor."""
    demo.clock.seek(demo.clock.position() - 20 * 60 * 10**9)
    app.show_now()
    await settle(pilot)
    before = overview(app).rows.entity(0).ref.key
    demo.clock.to_end()
    app.show_now()
    await settle(pilot)
    after = overview(app).rows.entity(0).ref.key
    assert before != after
    return before, after


async def test_a_row_that_was_seen_keeps_the_cursor(
    demo: Triage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage_tui.ui.entity_table.DWELL", 0.0)
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        overview(app).table.action_first()  # the cursor is on the first row, whichever that is
        before, _ = await overtaken(pilot, app, demo)
        # It was on another row at the very end, where the test begins.
        assert overview(app).table.cursor_key in (before, "198.51.100.23")
        held = overview(app).table.cursor_key
        demo.clock.seek(demo.clock.position() - 20 * 60 * 10**9)
        app.show_now()
        await settle(pilot)
        assert overview(app).table.cursor_key == held


async def test_whose_page_was_looked_at_is_blocked_by_the_first_key(
    demo: Triage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage_tui.ui.entity_table.DWELL", 1e9)
    monkeypatch.setattr("triage_tui.ui.entity_table.LATELY", 1e9)
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await overtaken(pilot, app, demo)
        for key in ("enter", "escape", "B"):
            await pilot.press(key)
            await settle(pilot)
        assert isinstance(app.screen, BlockScreen)


async def test_a_row_that_has_just_come_under_the_cursor_is_not_blocked_by_mistake(
    demo: Triage, screen_text: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage_tui.ui.entity_table.DWELL", 1e9)
    monkeypatch.setattr("triage_tui.ui.entity_table.LATELY", 1e9)
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        _, after = await overtaken(pilot, app, demo)
        assert overview(app).table.cursor_key == after
        await pilot.press("B")
        await settle(pilot)
        assert len(app.screen_stack) == 1
        said = " ".join(" ".join(screen_text(app)).split())
        assert f"{after} has just come under the cursor: the same key again plans it" in said
        await pilot.press("B")
        await settle(pilot)
        assert len(app.screen_stack) == 2
