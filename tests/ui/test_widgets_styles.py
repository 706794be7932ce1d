"""Styles are parsed once for all apps of a process, and for each theme of its own."""

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from widgets import _textual
from widgets._textual import ThriftyApp


class Plain(ThriftyApp[None]):
    CSS = "Static { color: $success; }"

    def compose(self) -> ComposeResult:
        yield Static("text")


def colour(app: App[None]) -> str:
    return app.query_one(Static).styles.color.hex


async def test_styles_are_parsed_once_for_each_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[object] = []
    parse = _textual._parse_rules

    def counted(*asked: object, **more: object) -> object:
        parsed.append(asked)
        return parse(*asked, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(_textual, "_parse_rules", counted)
    shown = []
    for _ in range(2):
        app = Plain()
        async with app.run_test() as pilot:
            usual = colour(app)
            app.theme = "nord"
            await pilot.pause()
            shown.append((usual, colour(app), len(parsed)))
    assert shown[0] == shown[1]
    usual, other, count = shown[0]
    assert usual != other
    assert count > 0
