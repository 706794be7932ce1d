"""A key that is answered goes first: for a moment, and not all the time."""

from types import SimpleNamespace
from typing import Any

import pytest

from widgets._textual import ANSWER, ThriftyApp


class Plain(ThriftyApp[None], inherit_bindings=False):
    """Shows nothing, and knows no key."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    found = SimpleNamespace(now=100.0)
    monkeypatch.setattr("widgets._textual.time", SimpleNamespace(monotonic=lambda: found.now))
    return found


async def test_others_give_way_for_a_moment(clock: SimpleNamespace) -> None:
    app = Plain()
    async with app.run_test() as pilot:
        await pilot.pause()
        clock.now += 10
        assert app.quiet_for() > 9
        assert not app.is_awaited()
        app.hear()  # it may be no key
        assert app.is_awaited()
        clock.now += ANSWER
        assert not app.is_awaited()


async def test_who_holds_a_key_down_has_half_of_the_time(clock: SimpleNamespace) -> None:
    app, given = Plain(), 0
    clock.now += 10
    for _ in range(100):
        app.hear()
        given += app.is_awaited()
        clock.now += 0.01
    assert 30 < given <= 55


async def test_what_is_painted_for_a_key_is_its_answer(clock: SimpleNamespace) -> None:
    app = Plain()
    async with app.run_test() as pilot:
        await pilot.pause()
        clock.now += 10
        app.hear()
        app.paint_anew()  # of something else
        await pilot.pause()
        assert app.is_awaited()
        await pilot.press("x")
        await pilot.pause()
        assert app.quiet_for() == 0
        assert not app.is_awaited()


async def test_a_key_is_awaited_until_it_is_painted(clock: SimpleNamespace) -> None:
    seen: list[bool] = []

    class Listening(Plain, inherit_bindings=False):
        def on_key(self) -> None:
            seen.append(self.is_awaited())
            self.screen.refresh()

        def _display(self, *shown: Any) -> None:
            seen.append(self.is_awaited())
            super()._display(*shown)

    app = Listening()
    async with app.run_test() as pilot:
        await pilot.pause()
        clock.now += 10
        seen.clear()
        await pilot.press("x")
        await pilot.pause()
        assert len(seen) > 1
        assert all(seen)
        assert not app.is_awaited()
