"""A notification may be over by the time that it is shown."""

import pytest
from textual.notifications import Notification
from textual.widgets._toast import Toast, ToastHolder

from widgets._textual import ThriftyApp


class Plain(ThriftyApp[None], inherit_bindings=False):
    """Shows nothing, and knows no key."""


@pytest.mark.timeout(20)
async def test_one_that_is_over_when_it_is_shown_goes() -> None:
    app = Plain()
    async with app.run_test(notifications=True) as pilot:
        await app.mount(ToastHolder(Toast(Notification("told long ago", raised_at=0))))
        await pilot.pause()
        while app.query(Toast):  # as long as it takes, short of the limit
            await pilot.pause()
