"""Asks for MFA codes on the screen, whoever wants one, from any task."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from triage_tui.ui.actions import TRY_AGAIN
from triage_tui.ui.screens.code import CodeScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from triage_tui.health import CodeRequest

LOOK = 0.2
"""Seconds between two looks whether somebody has finished what is open."""


class Host(Protocol):
    """An app that dialogs may open in."""

    @property
    def is_free(self) -> bool:
        """Whether no question is open."""
        ...

    def key_of(self, action: str) -> str:
        """The key of an action, as people know it."""
        ...

    def ask_for_code(self, screen: CodeScreen, settle: Callable[[str | None], None]) -> None:
        """Opens the dialog; from any task."""
        ...


class CodeDialog:
    """Implements `ports.CodeAsker`."""

    def __init__(self, app: Host) -> None:
        self._app = app

    @property
    def later(self) -> str:
        """What to do for whoever gave none and wants to give one."""
        return f"press {self._app.key_of(TRY_AGAIN)} to give it"

    async def __call__(self, asked: CodeRequest) -> str | None:
        """The code; None for "not now". Waits while a question is open: a dialog that jumps in
        between would take its keys."""
        while not self._app.is_free:  # noqa: ASYNC110 - screens come and go by many ways
            await asyncio.sleep(LOOK)
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        screen = CodeScreen(asked, self._app.key_of(TRY_AGAIN))

        def settle(code: str | None) -> None:
            if not answer.done():
                answer.set_result(code)

        self._app.ask_for_code(screen, settle)
        return await answer
