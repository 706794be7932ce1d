"""Screens as text, pinned in files: what a screen shows is held against them, in every theme."""

import difflib
import itertools
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.color import ColorType
from rich.style import Style
from textual.color import Color
from textual.pilot import Pilot

from tests.unit.test_ui_theme import contrast
from triage_tui.ui.settings import THEMES
from widgets.text import cell_len, is_safe

if TYPE_CHECKING:
    from rich.segment import Segment

DUMPS = Path(__file__).with_name("dumps")
WRITES = bool(os.environ.get("WRITE_DUMPS"))
"""Whether the dumps are written instead of held against."""
SIZES = ((80, 24), (120, 40))
sized = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
IN_EVERY_THEME = bool(os.environ.get("IN_EVERY_THEME"))
"""Whether each screen is looked at in every theme, as in `make soak`; else each walk is in one."""
Step = tuple[str, tuple[str, ...], tuple[str, ...]]
"""What a screen is called, the keys that lead there, the keys that lead back."""
LONG = "x" * 300
HOSTILE = (
    "\x1b]52;c;aGVsbG8=\x07",
    "[/x] [red]r[/red] [@click=app.quit]q[/] [",
    "\u202eevil\u2066 \u200b\u2028",
    "\x9b31m \x00 \x7f\r\n\t",
    "日本語の長い名前" * 6,
    "a\u0301\u0302\u0303\u0304 e\u0301",
    LONG,
)
DRAWN = re.compile(r"[\s\u2500-\u259f]*")
"""Frames, rules and bars, which are seen beside each other and not on a ground."""
GREYS = (0, 7, 8, 15)
"""Of a terminal's sixteen colours those that can be read on the others."""
THEME_OF = {
    "night": (0, 1), "hostile": (4, 2), "nothing": (3, 4), "answers": (4, 1),
    "answers-hostile": (0, 3), "dialogs": (4, 1), "setup-usual": (0, 4), "setup-hostile": (1, 2),
}  # fmt: skip
"""Which of the themes each walk is in, at either size: together the walks are in all of them."""
PATIENCE = 5.0
"""Seconds for a screen to become what is pinned, before it is asked whether it has come to rest."""


class Pins:
    """The screens of one app, one below the other, and the file that they are held against."""

    def __init__(self, name: str, pilot: Pilot[Any], size: tuple[int, int]) -> None:
        """The same name at the same size is looked at in the same theme."""
        self._name = f"{name}-{size[0]}x{size[1]}"
        self._pilot, self._app, self._width = pilot, pilot.app, size[0]
        self._app.theme = THEMES[THEME_OF[name][size == SIZES[1]]]
        self._path = DUMPS / f"{self._name}.txt"
        self._before = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        self._pinned = {} if WRITES else parted(self._before)
        self._parts: list[str] = []

    async def walk(self, steps: Sequence[Step]) -> None:
        """Looks at each screen on a way there and back."""
        for name, there, back in steps:
            await self._pilot.press(*there)
            await self.pin(name)
            await self._pilot.press(*back)

    async def pin(self, name: str, *, busy: str = "") -> None:
        """Looks at the screen that is shown, once it has come to rest.

        While the text `busy` is on it, it has not.
        """
        found = await self._at_rest(name, busy)
        assert all(is_safe(line) for line in found), name
        assert {cell_len(line) for line in found} == {self._width}, name
        if hasattr(self._app, "show_now"):
            self._app.show_now()
            assert await self._again(found), f"{name} jumps when it is painted again"
        self._can_be_read(name)
        if IN_EVERY_THEME and name != "palette":  # which no key leads out of to another theme
            await self._in_other_themes(name, found)
        self._parts += [f"═══ {name} ═══", *(line.rstrip() for line in found)]

    def held(self) -> None:
        """Fails where the file says otherwise."""
        held_against(self._name, "\n".join(self._parts) + "\n")

    async def _at_rest(self, name: str, busy: str) -> list[str]:
        """What is pinned, as soon as it shows; else what shows when nothing changes any more."""
        pinned, end = self._pinned.get(name), time.monotonic() + PATIENCE
        while pinned is not None and time.monotonic() < end:
            now = shown(self._app)
            if [line.rstrip() for line in now] == pinned:
                return now
            await self._pilot.pause()
        return await stable(self._pilot, lambda: shown(self._app), busy)

    async def _again(self, found: list[str]) -> bool:
        await self._pilot.pause()
        return shown(self._app) == found

    async def _in_other_themes(self, name: str, found: list[str]) -> None:
        """The same text in all of them, where there is time for that."""
        usual = self._app.theme
        for theme in (*(name for name in THEMES if name != usual), usual):
            self._app.theme = theme
            assert await self._again(found), f"{name} reads otherwise in {theme}"
            self._can_be_read(name)

    def _can_be_read(self, name: str) -> None:
        """Nothing is written in the colour of its ground."""
        hidden = [part for part in written(self._app) if not told_apart(part[1])]
        assert not hidden, f"{name} in {self._app.theme} hides {hidden}"


def shown(app: Any) -> list[str]:
    """The lines of the screen that is on top, as wide as it is."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def written(app: Any) -> list[tuple[str, Style]]:
    """Everything on the screen that is not blank, and its style."""
    segments: itertools.chain[Segment] = itertools.chain.from_iterable(
        app.screen._compositor.render_strips()
    )
    return [
        (part.text, part.style)
        for part in segments
        if part.style and not DRAWN.fullmatch(part.text)
    ]


def told_apart(style: Style) -> bool:
    """Whether ink and paper differ: under a tint what is dim is dimmer still, but never gone."""
    ink, paper = style.color, style.bgcolor
    if ink is None or paper is None or ink.is_default or paper.is_default:
        return True
    if ColorType.STANDARD in (ink.type, paper.type):
        return ink != paper and ink.number in GREYS
    return contrast(Color.from_rich_color(ink), Color.from_rich_color(paper)) > 1.25


async def stable(pilot: Pilot[Any], lines: Callable[[], list[str]], busy: str = "") -> list[str]:
    """What the screen shows once it shows the same several times in a row."""
    before: list[str] = []
    same = 0
    for _ in range(400):
        await pilot.pause()
        now = lines()
        same = same + 1 if now == before else 0
        before = now
        if busy and busy in " ".join(now):
            continue
        if same >= 2 and not any(worker.is_running for worker in pilot.app.workers):
            return now
        if same >= 8:  # a search that goes on, or a question that waits
            return now
    pytest.fail("it never comes to rest")


def parted(text: str) -> dict[str, list[str]]:
    """The screens of a dump by their names."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("═══ "):
            found[line.strip("═ ")] = lines = []
        else:
            lines.append(line)
    return found


def held_against(name: str, text: str) -> None:
    """Fails where the dump of that name says otherwise."""
    path = DUMPS / f"{name}.txt"
    if WRITES:
        DUMPS.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if before != text:
        diff = difflib.unified_diff(
            before.splitlines(), text.splitlines(), "pinned", "now", lineterm="", n=1
        )
        pytest.fail(
            f"{name} looks otherwise; `make generate` pins it, where that was meant:\n"
            + "\n".join(list(diff)[:80])
        )
