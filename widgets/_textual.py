"""What the widgets must know of Textual that its public interface does not say."""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from rich.color import ColorSystem
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate
from textual.app import App
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.segment import Segment
    from rich.style import Style
    from textual.screen import Screen

Result = TypeVar("Result")


def frames_are_held_back(app: App[object]) -> bool:
    """Whether what is rendered now never reaches the terminal (inside of `App.batch_update`)."""
    return app._batch_count > 0


RESET = "\x1b[0m"


class _Look(NamedTuple):
    """The codes of a style."""

    attributes: frozenset[str]
    ink: tuple[str, ...]
    paper: tuple[str, ...]


_PLAIN = _Look(frozenset(), (), ())


@lru_cache(1024)
def _look(style: Style | None, colors: ColorSystem) -> _Look:
    codes = iter(Strip.render_ansi(style, colors).split(";") if style else ())
    attributes: set[str] = set()
    ink: tuple[str, ...] = ()
    paper: tuple[str, ...] = ()
    for code in filter(None, codes):
        number = int(code)
        if number in (38, 48):
            kind = next(codes)
            found = (code, kind, *islice(codes, 1 if kind == "5" else 3))
        else:
            found = (code,)
        if 30 <= number < 40 or 90 <= number < 98:
            ink = found
        elif 40 <= number < 50 or 100 <= number < 108:
            paper = found
        else:
            attributes.add(code)
    return _Look(frozenset(attributes), ink, paper)


class Pen:
    """Writes styled text piece by piece: of each style only what differs from the last is sent."""

    def __init__(self, colors: ColorSystem) -> None:
        self._colors = colors
        self._before = _PLAIN

    def written(self, segment: Segment) -> str:
        """The text, and before it what it takes to write it so."""
        before, look = self._before, _look(segment.style, self._colors)
        self._before = look
        codes: list[str] = []
        if not before.attributes <= look.attributes:
            before, codes = _PLAIN, ["0"]
        codes += sorted(look.attributes - before.attributes)
        if look.ink != before.ink:
            codes += look.ink or ("39",)
        if look.paper != before.paper:
            codes += look.paper or ("49",)
        return f"\x1b[{';'.join(codes)}m{segment.text}" if codes else segment.text


class NarrowUpdate(CompositorUpdate):
    """A partial update that sends the cells that were asked for and no more: Textual's own begins
    each stretch of a line where the widget begins, and styles each piece of it anew."""

    def __init__(self, update: ChopsUpdate) -> None:
        self._update = update

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._update.__rich_console__(console, options)

    def render_segments(self, console: Console) -> str:
        """What goes to the terminal."""
        pen, sent = Pen(console._color_system or ColorSystem.TRUECOLOR), list[str]()
        for x, y, piece in self._pieces():
            sent.append(Control.move_to(x, y).segment.text)
            sent += (pen.written(segment) for segment in piece if not segment.control)
        return "".join([*sent, RESET])

    def _pieces(self) -> Iterator[tuple[int, int, Strip]]:
        """Stretches of lines, with where they begin."""
        update = self._update
        for y, start, stop in update.spans:
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=True):
                left, right = max(x, start), min(end, stop)
                if strip is not None and left < right:
                    yield left, y, strip.crop(left - x, right - x)


class ThriftyApp(App[Result], inherit_bindings=False):
    """An app whose partial updates are narrow, and which draws nothing while another program has
    the terminal."""

    _is_lent = False

    def on_mount(self) -> None:
        """Whoever comes back from the shell finds an empty screen: it is painted as a whole."""
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))

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

    def send(self, sequence: str) -> None:
        """Sends a control sequence to the terminal, unless another program has it."""
        if self._driver is not None and not self._is_lent:
            self._driver.write(sequence)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if self._is_lent:
            return
        if isinstance(renderable, ChopsUpdate):
            renderable = NarrowUpdate(renderable)
        super()._display(screen, renderable)
