"""The first frame, before there is a triage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.overview import OverviewScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from triage_tui.triage import Triage


class Nobody:
    """Implements `ports.Reporter`."""

    async def report(self, *, anonymize: bool) -> list[str]:
        return []

    async def bundle(self) -> str:
        return ""


async def test_says_what_is_opened_and_then_shows_it(
    demo: Triage, screen_text: Callable[[App[None]], list[str]]
) -> None:
    app = TriageApp(title="night\x1b[31m.jsonl", mode="REPLAY")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.painted.is_set()
        first = "\n".join(screen_text(app))
        assert "REPLAY" in first
        assert "opening" in first
        assert "\x1b" not in first
        app.begin(demo, Nobody())
        await pilot.pause()
        assert "opening" not in "\n".join(screen_text(app))
        assert "[Source IP]" in "\n".join(screen_text(app))
        await pilot.press("tab")
        assert "[Principal]" in "\n".join(screen_text(app))


async def test_keys_wait_until_there_is_something_to_act_on(
    demo: Triage, screen_text: Callable[[App[None]], list[str]]
) -> None:
    app = TriageApp(title="night")
    async with app.run_test() as pilot:
        await pilot.press("b", "w", "U", "space", "g", "question_mark", "ctrl+p")
        assert "opening" in "\n".join(screen_text(app))
        app.begin(demo, Nobody())
        await pilot.pause()
        await pilot.press("question_mark")
        assert "Keys" in "\n".join(screen_text(app))


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_leaving_asks_nothing_yet(key: str) -> None:
    app = TriageApp(title="night")
    async with app.run_test() as pilot:
        await pilot.press(key)
        await pilot.pause()
    assert app.return_code == 0


async def test_however_many_ask_for_it_it_is_painted_once(
    demo: Triage, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[OverviewScreen] = []
    paint = OverviewScreen.show_changes

    def counted(self: OverviewScreen) -> None:
        painted.append(self)
        paint(self)

    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        monkeypatch.setattr(OverviewScreen, "show_changes", counted)
        screen = app.screen
        assert isinstance(screen, OverviewScreen)
        for times in (1, 2):
            for _ in range(3):
                screen.show_changes_soon()
            await pilot.pause()
            assert len(painted) == times
