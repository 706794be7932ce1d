"""A question for one line of text, at the bottom of the screen that it is asked on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, TypeVar

from triage_tui.ui.adapters.said import Said
from triage_tui.ui.screens.base import STEP_EVERY
from widgets.line_input import LineInput
from widgets.prompt import Complete, Prompt
from widgets.question import Question

if TYPE_CHECKING:
    from textual import events
    from textual.app import App, ComposeResult
    from textual.screen import Screen

    from triage_tui.ui.app import TriageApp

PAUSE = 0.12
"""Seconds after the last key until a costly preview begins."""


Work = Coroutine[object, object, str | None]
"""What `TriageApp.attempt` takes: it says what it returns."""
Answer = TypeVar("Answer")
Preview = Callable[[str], Iterator[Said]]
"""What to say about a value: the first at once, the others one by one while nothing is typed."""


class AskScreen(Question[str | None]):
    """One line of text, with the screen behind it in full sight; None when given up."""

    def __init__(
        self,
        purpose: str,
        label: str,
        value: str = "",
        *,
        history: list[str] | None = None,
        preview: Preview | None = None,
        complete: Complete | None = None,
    ) -> None:
        """`history` is extended with what is accepted; a value whose first preview is an error is
        not accepted. `complete` tells which words fit."""
        super().__init__()
        self._ask = purpose, label, value
        self._history = history if history is not None else []
        self._preview = preview
        self._complete = complete
        self._steps: Iterator[Said] = iter(())
        self._early: list[events.Key] = []
        self._ready = False

    def compose(self) -> ComposeResult:
        yield Prompt()

    def on_mount(self) -> None:
        purpose, label, value = self._ask
        self.query_one(Prompt).ask(
            purpose, label, value, history=self._history, complete=self._complete
        )
        self._begin = self.set_timer(PAUSE, self._go_on)
        self._next = self.set_interval(STEP_EVERY, self._step, pause=True)
        self._look_at(value)
        self._ready = True
        for event in self._early:
            self.type_ahead(event)

    def on_key(self, event: events.Key) -> None:
        """The line lets no printable key come up to here: this one was too early for it."""
        if event.is_printable:
            event.stop()
            event.prevent_default()
            self.type_ahead(event)

    def type_ahead(self, event: events.Key) -> None:
        """What was typed before the line was there belongs into it."""
        if not self._ready:
            self._early.append(event)
        elif event.is_printable and event.character:
            self.query_one(LineInput).insert_text_at_cursor(event.character)
        elif event.key == "enter":
            self.call_later(self.query_one(LineInput).action_submit)

    def _look_at(self, value: str) -> Said | None:
        """The first thing to say about a value; the others follow by the timer."""
        self._begin.stop()
        self._next.pause()
        self._steps = self._preview(value) if self._preview else iter(())
        said = next(self._steps, None)
        self._say(said)
        if said and not said.error:
            self._begin = self.set_timer(PAUSE, self._go_on)
        return said

    def _go_on(self) -> None:
        self._next.resume()

    def _step(self) -> None:
        said = next(self._steps, None)
        if said is None:
            self._next.pause()
        else:
            self._say(said)

    def _say(self, said: Said | None) -> None:
        if said:
            self.query_one(Prompt).say(said.text, error=said.error, position=said.position)

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        event.stop()
        self._look_at(event.value)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        event.stop()
        said = self._look_at(event.value)
        if said and said.error:
            return
        if event.value.strip():
            self._history[:] = [entry for entry in self._history if entry != event.value]
            self._history.append(event.value)
        self.dismiss(event.value)

    def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        event.stop()
        self.dismiss(None)


def opened(app: App[None], screen: Screen[Answer]) -> Awaitable[Answer | None]:
    """Opens a screen at once, so that what is typed next is typed into it; await its answer."""
    answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()

    def settle(result: Answer | None) -> None:
        if not answer.done():
            answer.set_result(result)

    app.push_screen(screen, settle)
    return answer


def ask(
    app: TriageApp,
    purpose: str,
    label: str,
    value: str = "",
    preview: Preview | None = None,
    complete: Complete | None = None,
) -> Awaitable[str | None]:
    """Opens the question for a line of text at once; await the answer."""
    history = app.histories.setdefault(purpose, [])
    screen = AskScreen(purpose, label, value, history=history, preview=preview, complete=complete)
    return opened(app, screen)
