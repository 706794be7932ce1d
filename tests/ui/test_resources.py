"""The screen of resources: functions, their holes, and who is knocking there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.inspect import InspectScreen
from triage_tui.ui.screens.resources import ResourcePage, ResourcesScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from triage_tui.triage import Triage

    Lines = Callable[[TriageApp], list[str]]


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_functions_their_holes_and_who_is_knocking(
    demo: Triage, screen_text: Lines, size: tuple[int, int]
) -> None:
    app = TriageApp(demo, title="x")
    async with app.run_test(size=size) as pilot:
        await press(pilot, "D")
        assert isinstance(app.screen, ResourcesScreen)
        lines = screen_text(app)
        text = "\n".join(lines)
        assert "Resources  2  3 open holes  2 with a grave one" in text
        api, mailer = (
            next(n for n, line in enumerate(lines) if name in line)
            for name in ("orders-api", "orders-mailer")
        )
        assert "203.0.113.77" in lines[api + 1]
        assert api < mailer
        assert "lodash 4.17.15: CVE-2021-23337, high 7.2, EPSS 1.1%, fixed in 4.17.21" in text


async def test_enter_leads_to_who_knocks_and_to_all_holes(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="x")
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "D", "enter")
        assert isinstance(app.screen, ResourcePage)
        text = "\n".join(screen_text(app))
        assert "function:orders-api" in text
        assert "CVE-2020-8203" in text
        await press(pilot, "escape", "j", "enter")
        assert isinstance(app.screen, InspectScreen)
        assert "203.0.113.77" in "\n".join(screen_text(app))
        await press(pilot, "escape")
        assert isinstance(app.screen, ResourcesScreen)
        await press(pilot, "escape")
        assert not isinstance(app.screen, ResourcesScreen)


async def test_nothing_is_known_where_there_is_no_report(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="x")
    known, demo.index.known = demo.index.known, type(demo.index.known)()
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await press(pilot, "D", "enter")
            text = "\n".join(screen_text(app))
            assert "nothing is known of packages" in text
            assert "Resources  0  0 open holes" in text
    finally:
        demo.index.known = known
