"""What the widgets must know of Textual that its public interface does not say."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from rich.color import ColorSystem
from textual import events
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App, ScreenStackError
from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.drivers.linux_driver import LinuxDriver
from textual.timer import Timer

from widgets._writer import FULL, waiting
from widgets.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from textual.screen import Screen
    from textual.strip import Strip

# Each widget whose styles are worked out asks every rule of all style sheets for its hash, which
# Textual answers in Python with the rule's identity: so does this, at a fifth of the price.
RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]


_make_timer = Timer.__init__


def _make_steady_timer(timer: Timer, *asked: Any, skip: bool = True, **more: Any) -> None:
    """Timers skip turns for which they are late. Textual's do so too where they have one turn: on a
    machine that stands still in the wrong moment that one never comes, and one that was due before
    the timer was made (as with a toast that is over when it is shown) is looked for without an end,
    and without letting go of the event loop."""
    _make_timer(timer, *asked, skip=skip and more.get("repeat") is None, **more)


Timer.__init__ = _make_steady_timer  # type: ignore[assignment,method-assign]

_parse_rules = Stylesheet._parse_rules
_PARSED: LRUCache[tuple[object, ...], list[RuleSet]] = LRUCache(512)


def _parse_once(
    sheet: Stylesheet, css: str, read_from: tuple[str, str], *how: object, **more: object
) -> list[RuleSet]:
    """Textual parses all styles anew in each style sheet: twice until an app is first painted, and
    again for each theme. What is parsed is never changed."""
    variables = frozenset(sheet._variables.items())
    key = (variables, css, read_from, how, tuple(more.items()))
    rules = _PARSED.get(key)
    if rules is None:
        rules = _PARSED[key] = _parse_rules(sheet, css, read_from, *how, **more)  # type: ignore[arg-type]
    return rules


Stylesheet._parse_rules = _parse_once  # type: ignore[assignment,method-assign]

Result = TypeVar("Result")
LINE_LOOK = 0.1
"""Seconds between two looks whether a line that was full is empty."""
ANSWER = 0.04
"""Seconds for which others give way to a key that is answered, at most; then as long to nobody."""


def _go_on(driver: LinuxDriver) -> None:
    """The process may go on, whether it had given the terminal back before or not (who stopped it
    from outside, or lets it go on without having stopped it, says nothing before). Textual takes
    the terminal once more, each time with another thread that reads keys: keys are shared out among
    all of them, and one that waits for keys another one got does not end with the app. It does so
    in the midst of whatever is done, too, where this waits for its turn."""
    if not driver._auto_restart:
        return  # another program has the terminal
    if driver._key_thread is not None and driver._key_thread.is_alive():
        driver.suspend_application_mode()
        driver._must_signal_resume = True
    driver.resume_application_mode()


def _stay(_: LinuxDriver, *_signal: object) -> None:
    """Before the app stands there is nothing to take once more."""


LinuxDriver._sigcont_application = _stay  # type: ignore[assignment,method-assign]


def frames_are_held_back(app: App[object]) -> bool:
    """Whether what is rendered now never reaches the terminal (inside of `App.batch_update`)."""
    return app._batch_count > 0


def is_going(screen: Screen[Any]) -> bool:
    """Whether it is taken down, or the app is: what is in it goes piece by piece."""
    return screen._pruning or not screen.is_attached


class NarrowUpdate(CompositorUpdate):
    """An update that sends the cells that differ and no more: Textual's own sends all that it was
    asked for, and styles each piece of it anew."""

    def __init__(self, update: ChopsUpdate | LayoutUpdate, frame: Frame, width: int) -> None:
        """`width` is the screen's, in cells."""
        self._update = update
        self._frame = frame
        self._width = width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._update.__rich_console__(console, options)

    def render_segments(self, console: Console) -> str:
        """What goes to the terminal."""
        colors = console._color_system or ColorSystem.TRUECOLOR
        pieces = self._chops() if isinstance(self._update, ChopsUpdate) else self._lines()
        return self._frame.sent(pieces, colors, self._width)

    def _lines(self) -> Iterator[tuple[int, int, Strip]]:
        """The whole of a region, with where each strip begins."""
        assert isinstance(self._update, LayoutUpdate)  # noqa: S101 - by whoever calls
        region = self._update.region
        for y, line in enumerate(self._update.strips, region.y):
            x = region.x
            for strip in line:
                yield x, y, strip
                x += strip.cell_length

    def _chops(self) -> Iterator[tuple[int, int, Strip]]:
        """Stretches of lines, with where they begin."""
        update = self._update
        assert isinstance(update, ChopsUpdate)  # noqa: S101 - by whoever calls
        for y, start, stop in update.spans:
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=True):
                left, right = max(x, start), min(end, stop)
                if strip is not None and left < right:
                    yield left, y, strip.crop(left - x, right - x)


class ThriftyApp(App[Result], inherit_bindings=False):
    """An app whose partial updates are narrow, and which draws nothing while another program has
    the terminal."""

    frames_apart = 0.0
    """Seconds for which frames are gathered: of a screen that is built step by step, only what it
    comes to is sent."""
    _is_lent = False
    _gathering = False
    _is_line_full = False
    """Whether nothing is painted until the line has carried what waits."""
    _frame: Frame
    _typed = 0.0
    """When a key was pressed last."""
    _awaited = _answered = 0.0
    """When a key was pressed to whose answer others give way, and when that was painted."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        self._frame = Frame()
        super().__init__(ansi_color=ansi_color)

    def on_mount(self) -> None:
        """Whoever comes back from the shell finds an empty screen: it is painted as a whole."""
        self.app_resume_signal.subscribe(self, lambda _: self.paint_anew())
        if isinstance(self._driver, LinuxDriver):
            going_on = partial(_go_on, self._driver)
            asyncio.get_running_loop().add_signal_handler(signal.SIGCONT, going_on)

    async def on_event(self, event: events.Event) -> None:
        """A terminal whose size changes moves what it shows, or drops it."""
        if isinstance(event, events.Resize):
            self._frame.forget()
        if isinstance(event, events.Key):
            await self._on_typed(event)
        else:
            await super().on_event(event)

    async def _on_typed(self, event: events.Key) -> None:
        """A key is typed, or comes up again from those who were asked first."""
        is_new = not event.is_forwarded
        if is_new:
            self._typed = time.monotonic()
            if self._has_turn(self._typed):
                self._awaited = self._typed
        await super().on_event(event)
        if is_new and event.is_forwarded:
            with suppress(ScreenStackError):
                (self.screen.focused or self.screen).call_later(self._note_taken, event)
        else:
            self._paint_soon()

    def _note_taken(self, event: events.Key) -> None:
        """Whoever was asked first has it behind them; one that they keep does not come up."""
        if event._stop_propagation:
            self._paint_soon()

    def _paint_soon(self) -> None:
        """The key was handled: what is to be painted for it is its answer. Whoever has something to
        be painted says so as soon as it has nothing else to do."""
        asyncio.get_running_loop().call_soon(self._paint_behind)

    def _paint_behind(self) -> None:
        with suppress(ScreenStackError):
            self.screen.call_later(self._paint_answer, self.screen)

    def _paint_answer(self, screen: Screen[Any]) -> None:
        """Paints at once: the screen's own timer may be asleep until the next frame is due."""
        screen._on_timer_update()
        if self._answered < self._awaited:
            self._answered = time.monotonic()

    def hear(self) -> None:
        """Something was typed: others give way from now on, for it comes here by way of them. From
        any thread."""
        now = time.monotonic()
        if self._has_turn(now):
            self._awaited = now

    def _has_turn(self, now: float) -> bool:
        """Whether others have to give way again: not before they had as long as the last time."""
        begun = self._awaited
        ended = self._answered if self._answered >= begun else begun + ANSWER
        return now >= 2 * ended - begun

    def quiet_for(self) -> float:
        """Seconds since a key was pressed."""
        return time.monotonic() - self._typed

    def is_awaited(self) -> bool:
        """Whether a key was just pressed and is not answered yet: what else there is to do can wait
        a moment. Whoever holds a key down has no more than half of the time."""
        return self._answered < self._awaited and time.monotonic() - self._awaited < ANSWER

    def paint_anew(self) -> None:
        """Sends the whole screen, whatever was sent before."""
        self._frame.forget()
        self.refresh(layout=True)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Another program has the terminal meanwhile; ours goes on. Raises
        SuspendNotSupported."""
        with self.suspend():
            self._is_lent = True
            try:
                yield
            finally:
                self._is_lent = False

    def _send_soon(self) -> None:
        if not self._gathering:
            self._gathering = True
            self.set_timer(self.frames_apart, self._send_frame)

    def _send_frame(self) -> None:
        self._gathering = False
        if self._batch_count:
            self._send_soon()
        elif not self._is_lent and self._may_paint():
            update = self.screen._compositor.render_full_update()
            super()._display(self.screen, NarrowUpdate(update, self._frame, self.size.width))

    def _may_paint(self) -> bool:
        """Whether the line takes another frame. One that is full gets none until it is empty, and
        then the whole screen: nobody wants to see by then what was there meanwhile."""
        if not self._is_line_full and waiting(self._driver) > FULL:
            self._is_line_full = True
            self._look_at_line()
        return not self._is_line_full

    def _look_at_line(self) -> None:
        if waiting(self._driver):
            self.set_timer(LINE_LOOK, self._look_at_line)
        else:
            self._is_line_full = False
            self.paint_anew()

    def send(self, sequence: str) -> None:
        """Sends a control sequence to the terminal, unless another program has it, or the line is
        full."""
        if self._driver is not None and not self._is_lent and self._may_paint():
            self._driver.write(sequence)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if self._is_lent or not self._may_paint():
            return
        if isinstance(renderable, ChopsUpdate | LayoutUpdate):
            if self.frames_apart:
                self._send_soon()
                return
            renderable = NarrowUpdate(renderable, self._frame, self.size.width)
        super()._display(screen, renderable)
