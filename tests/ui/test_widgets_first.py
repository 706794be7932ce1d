"""A key that is answered goes first: for a moment, and not all the time."""

from types import SimpleNamespace

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
        await pilot.press("x")
        assert app.quiet_for() == 0
        assert app.is_awaited()
        clock.now += ANSWER
        assert not app.is_awaited()


async def test_who_holds_a_key_down_has_a_part_of_the_time(clock: SimpleNamespace) -> None:
    app, given = Plain(), 0
    async with app.run_test() as pilot:
        await pilot.pause()
        clock.now += 10
        for _ in range(100):
            await pilot.press("x")
            given += app.is_awaited()
            clock.now += 0.01
    assert 30 < given <= 55


async def test_a_frame_is_the_answer(clock: SimpleNamespace) -> None:
    app = Plain()
    async with app.run_test() as pilot:
        await pilot.pause()
        clock.now += 10
        await pilot.press("x")
        app.paint_anew()
        await pilot.pause()
        assert not app.is_awaited()


async def test_what_was_typed_is_awaited_before_it_comes(clock: SimpleNamespace) -> None:
    app = Plain()
    async with app.run_test() as pilot:
        await pilot.pause()
        clock.now += 10
        app.hear()
        app.paint_anew()  # of something else
        await pilot.pause()
        assert app.is_awaited()
        await pilot.press("x")
        assert app.is_awaited()
        app.paint_anew()
        await pilot.pause()
        assert not app.is_awaited()
        clock.now += 10
        app.hear()
        clock.now += ANSWER
        assert not app.is_awaited()  # it was no key
