"""A timer has its turn, however late the machine is."""

import asyncio

import pytest
from textual.notifications import Notification
from textual.timer import Timer
from textual.widgets._toast import Toast, ToastHolder

from widgets._textual import ThriftyApp


class Plain(ThriftyApp[None], inherit_bindings=False):
    """Shows nothing, and knows no key."""


@pytest.mark.timeout(20)
async def test_a_notification_that_is_over_when_it_is_shown_goes() -> None:
    app = Plain()
    async with app.run_test(notifications=True) as pilot:
        await app.mount(ToastHolder(Toast(Notification("told long ago", raised_at=0))))
        await pilot.pause()
        while app.query(Toast):  # as long as it takes, short of the limit
            await pilot.pause()


@pytest.mark.timeout(60)
async def test_one_that_is_late_from_the_start_has_its_turn() -> None:
    app = Plain()
    async with app.run_test():
        for delay in (-1.0, 0.0, 1e-9):
            had = asyncio.Event()
            app.set_timer(delay, had.set)
            await had.wait()
        assert app.set_interval(1.0)._skip  # of what repeats, turns may be left out
        assert Timer(app, 1.0)._skip
