"""When AWS does not let the triage in: what to do stands on every screen, codes are asked for in a
dialog."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.live import NOW, Tailed, Wall, live_triage
from tests.unit.test_aws_trouble import CASES
from triage_tui.aws.trouble import trouble
from triage_tui.health import CodeRequest, HealthState, Lockout
from triage_tui.model import MINUTE
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.codes import CodeDialog
from triage_tui.ui.screens.code import CodeScreen

Lines = Callable[[App[None]], list[str]]
EXPIRED = Lockout(
    "the SSO session of profile 'prod' has expired",
    "run: aws sso login --profile prod",
    NOW,
)
KEYS = Lockout("the credentials of profile 'old' have expired", "put new keys into ~/.aws", NOW)
ASKED = CodeRequest(
    "arn:aws:iam::222233334444:role/triage", "arn:aws:iam::111122223333:mfa/oncall", "the role x"
)


class SignIns:
    def __init__(self) -> None:
        self.tried = 0

    def try_again(self) -> None:
        self.tried += 1


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def sources(wall: Wall) -> list[Tailed]:
    return [Tailed(wall, f"/shop/{name}") for name in ("a", "b", "c")]


@pytest.fixture
async def live(sources: list[Tailed], wall: Wall) -> AsyncIterator[Triage]:
    async with live_triage(sources, wall) as triage:
        yield triage


def lock_out(source: Tailed, why: Lockout | None) -> None:
    source.health.lockout = why
    source.report.state = HealthState.DENIED if why else HealthState.POLLING


async def tick(pilot: Pilot[None], app: TriageApp) -> None:
    """What the app's timer does once a second, and what comes of it."""
    app.screen.show_clock()  # type: ignore[attr-defined] # of every screen of a triage
    for _ in range(3):
        await pilot.pause()


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_what_to_run_stands_on_every_screen_until_it_was_done(
    live: Triage, sources: list[Tailed], wall: Wall, screen_text: Lines, size: tuple[int, int]
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=size) as pilot:
        await sources[0].send("198.51.100.1")
        await tick(pilot, app)
        assert "LOCKED OUT" not in "\n".join(screen_text(app))
        for source in sources[:2]:
            lock_out(source, EXPIRED)
        wall.now += 4 * MINUTE
        for way_in, way_out in (("", ""), ("enter", "escape"), ("b", "escape"), ("i", "escape")):
            await pilot.press(*filter(None, [way_in]))
            await tick(pilot, app)
            lines = screen_text(app)
            assert lines[1].startswith(" LOCKED OUT  the SSO session of")
            assert lines[1].rstrip().endswith("2 sources, 4m")
            assert lines[2].startswith(" run: aws sso login --profile prod ")
            assert lines[2].rstrip().endswith("L try again now")
            assert "Esc" in lines[-1] or "Enter" in lines[-1]
            await pilot.press(*filter(None, [way_out]))
        for source in sources:
            lock_out(source, None)
        await tick(pilot, app)
        assert "LOCKED OUT" not in "\n".join(screen_text(app))


async def test_every_failure_is_told_in_words_with_what_to_do(
    live: Triage, sources: list[Tailed], wall: Wall, screen_text: Lines
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(240, 40)) as pilot:
        await pilot.press("i")
        for error, who, _, _ in CASES:
            found = trouble(error, who)
            lock_out(sources[0], Lockout(found.words, found.cure, wall.now))
            sources[0].health.trouble, sources[0].health.troubled = found.told, wall.now
            await tick(pilot, app)
            lines = screen_text(app)
            assert found.words in lines[1]
            assert found.cure in lines[2]
            panel = " ".join(" ".join(line.split()) for line in lines[3:])
            assert " ".join(found.words.split()) in panel
            assert not any(word in panel for word in ("botocore.", "Exception", "Traceback"))


async def test_of_several_the_worst_is_told_and_that_there_are_others(
    live: Triage, sources: list[Tailed], screen_text: Lines
) -> None:
    lock_out(sources[0], KEYS)
    lock_out(sources[1], EXPIRED)
    lock_out(sources[2], EXPIRED)
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(100, 24)) as pilot:
        await tick(pilot, app)
        lines = screen_text(app)
        assert "SSO session" in lines[1]
        assert "and 1 other: i" in lines[2]
        lock_out(sources[1], KEYS)
        await tick(pilot, app)
        assert "profile 'old' have expired" in screen_text(app)[1]


async def test_what_others_said_steers_no_terminal(
    live: Triage, sources: list[Tailed], leaks: Lines
) -> None:
    lock_out(sources[0], Lockout("\x1b]52;c;x\x07 [/x] ‮", "run \x9b31m [bold]", NOW))
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await tick(pilot, app)
        assert leaks(app) == []


async def test_a_key_tries_again(live: Triage, sources: list[Tailed], screen_text: Lines) -> None:
    signins = SignIns()
    app = TriageApp(live, title="prod", mode="LIVE", signins=signins)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("L")
        await tick(pilot, app)
        assert signins.tried == 1
        assert "nobody is locked out" in "\n".join(screen_text(app))
        lock_out(sources[0], KEYS)
        await tick(pilot, app)
        await pilot.press("L")
        await tick(pilot, app)
        assert signins.tried == 2
        assert "tries again now" in "\n".join(screen_text(app))


async def test_in_a_replay_nobody_signs_in(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="demo")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("L")
        await pilot.pause()
        assert "nobody has to sign in here" in "\n".join(screen_text(app))


# -- the dialog ----------------------------------------------------------------------------------


async def shown(pilot: Pilot[None], app: TriageApp) -> None:
    async with asyncio.timeout(60):
        while not isinstance(app.screen, CodeScreen):
            await pilot.pause(0.01)
    await pilot.pause()


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_a_code_is_typed_unseen(
    live: Triage, screen_text: Lines, size: tuple[int, int]
) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=size) as pilot:
        asking = asyncio.ensure_future(CodeDialog(app)(ASKED))
        await shown(pilot, app)
        text = "\n".join(screen_text(app))
        for words in ("MFA code for the role x", ASKED.role, ASKED.serial, "Esc not now"):
            assert words in text
        await pilot.press(*"j1k2q3", "enter", "B", "4", "5", "backspace", "5")
        await pilot.pause()
        text = "\n".join(screen_text(app))
        assert "● ● ● ● ● _" in text
        assert "12345" not in text
        await pilot.press("enter")
        assert not asking.done()
        await pilot.press("6", "7", "enter")
        assert await asking == "123456"
        assert not isinstance(app.screen, CodeScreen)


async def test_a_code_is_pasted_and_a_refusal_is_told(live: Triage, screen_text: Lines) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        asked = ASKED._replace(refused="that code was refused\x1b[2J", whose="[/x]\x1b[31m")
        asking = asyncio.ensure_future(CodeDialog(app)(asked))
        await shown(pilot, app)
        assert "that code was refused" in "\n".join(screen_text(app))
        assert "\x1b" not in "\n".join(screen_text(app))
        app.screen._take("123 456\n")  # type: ignore[attr-defined] # what a paste does
        await pilot.press("enter")
        assert await asking == "123456"


async def test_not_now(live: Triage) -> None:
    app = TriageApp(live, title="prod", mode="LIVE", keymap={"app.sign_in": "A"})
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = CodeDialog(app)
        assert dialog.later == "press A to give it"
        asking = asyncio.ensure_future(dialog(ASKED))
        await shown(pilot, app)
        await pilot.press("1", "escape")
        assert await asking is None


async def test_it_waits_until_no_question_is_open(live: Triage, sources: list[Tailed]) -> None:
    app = TriageApp(live, title="prod", mode="LIVE")
    async with app.run_test(size=(80, 24)) as pilot:
        await sources[0].send("198.51.100.1")
        app.show_now()
        await pilot.press("slash")
        await pilot.pause()
        open_before = app.screen
        asking = asyncio.ensure_future(CodeDialog(app)(ASKED))
        await pilot.press(*"123")
        await pilot.pause(0.5)
        assert app.screen is open_before
        await pilot.press("escape")
        await shown(pilot, app)
        await pilot.press("escape")
        assert await asking is None
