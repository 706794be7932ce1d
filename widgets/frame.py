"""What the terminal shows, cell by cell, so that only cells that differ are sent again."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from textual.strip import Strip

from widgets.text import cell_len

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from rich.color import ColorSystem
    from rich.style import Style

RESET = "\x1b[0m"
ERASE = "\x1b[K"
NEAR = 5
"""Cells that stay the same between two that differ: fewer are cheaper to send again than a move."""


class Look(NamedTuple):
    """The codes of a style."""

    attributes: frozenset[str]
    ink: tuple[str, ...]
    paper: tuple[str, ...]


PLAIN = Look(frozenset(), (), ())
_known: dict[Look, Look] = {PLAIN: PLAIN}
"""Each look once, so that two are compared by what they are."""


@lru_cache(2048)
def look_of(style: Style | None, colors: ColorSystem) -> Look:
    """The look of a style where there are these colours; the same object for the same look."""
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
        if number in (39, 49):
            continue  # the terminal's own, as without any
        if 30 <= number < 40 or 90 <= number < 98:
            ink = found
        elif 40 <= number < 50 or 100 <= number < 108:
            paper = found
        else:
            attributes.add(code)
    look = Look(frozenset(attributes), ink, paper)
    if len(_known) > 4096:
        _known.clear()
        _known[PLAIN] = PLAIN
    return _known.setdefault(look, look)


class Pen:
    """Writes text in looks: of each only what differs from the last is sent."""

    def __init__(self) -> None:
        self._before = PLAIN

    def written(self, text: str, look: Look) -> str:
        """The text, and before it what it takes to write it so."""
        before, self._before = self._before, look
        if look is before:
            return text
        codes: list[str] = []
        if not before.attributes <= look.attributes:
            before, codes = PLAIN, ["0"]
        codes += sorted(look.attributes - before.attributes)
        if look.ink != before.ink:
            codes += look.ink or ("39",)
        if look.paper != before.paper:
            codes += look.paper or ("49",)
        return f"\x1b[{';'.join(codes)}m{text}" if codes else text

    def lifted(self) -> str:
        """What leaves no look behind."""
        before, self._before = self._before, PLAIN
        return "" if before is PLAIN else RESET


class _Cells(NamedTuple):
    """A stretch of a line: what stands in each cell, and how it looks."""

    shown: list[Hashable]
    """A character; of a stretch with characters that are not one cell wide, the stretch and the
    place in it."""
    looks: list[Look]
    are_plain: bool


class Frame:
    """The cells of the screen as they were sent last."""

    def __init__(self) -> None:
        self._shown: dict[int, list[Hashable]] = {}
        self._looks: dict[int, list[Look]] = {}

    def forget(self) -> None:
        """Nobody knows what the terminal shows: everything is sent again."""
        self._shown.clear()
        self._looks.clear()

    def sent(
        self, pieces: Iterable[tuple[int, int, Strip]], colors: ColorSystem, width: int = 0
    ) -> str:
        """What has to be sent so that a screen of this width shows these strips, each with where
        it begins."""
        pen, out, line = Pen(), list[str](), -1
        for x, y, strip in pieces:
            for begin, text in self._changes(x, y, strip, colors, pen, width):
                out += (f"\x1b[{begin + 1}G" if line == y else f"\x1b[{y + 1};{begin + 1}H", text)
                line = y
        return "".join([*out, pen.lifted()])

    def _changes(
        self, x: int, y: int, strip: Strip, colors: ColorSystem, pen: Pen, width: int
    ) -> Iterator[tuple[int, str]]:
        """(column, what to write there) of the cells of a line that differ."""
        cells = _cells(strip, colors)
        shown, looks = self._line(y, x + len(cells.shown))
        spans = _spans(shown[x : x + len(cells.shown)], looks[x:], cells)
        shown[x : x + len(cells.shown)] = cells.shown
        looks[x : x + len(cells.looks)] = cells.looks
        if not cells.are_plain:
            if spans:
                yield (
                    x,
                    "".join(
                        pen.written(segment.text, look_of(segment.style, colors))
                        for segment in strip
                        if not segment.control
                    ),
                )
            return
        blank = _blank_from(cells) if x + len(cells.shown) == width else len(cells.shown)
        for begin, end in spans:
            if end - max(begin, blank) > len(ERASE):
                # To the end of the line, on the terminal's own ground.
                text = "".join(_written(cells, begin, blank, pen)) if begin < blank else ""
                yield x + begin, text + pen.written(ERASE, PLAIN)
                return
            yield x + begin, "".join(_written(cells, begin, end, pen))

    def _line(self, y: int, width: int) -> tuple[list[Hashable], list[Look]]:
        """The cells of a line, at least so many."""
        shown, looks = self._shown.setdefault(y, []), self._looks.setdefault(y, [])
        if len(shown) < width:
            shown += [None] * (width - len(shown))
            looks += [PLAIN] * (width - len(looks))
        return shown, looks


def _cells(strip: Strip, colors: ColorSystem) -> _Cells:
    shown: list[Hashable] = []
    looks: list[Look] = []
    plain = True
    for text, style, control in strip:
        if control:
            continue
        if plain and not text.isascii():
            plain = all(cell_len(char) == 1 for char in text)
        shown += text
        looks += [look_of(style, colors)] * len(text)
    if plain:
        return _Cells(shown, looks, are_plain=True)
    whole, width = tuple(zip(shown, looks, strict=True)), strip.cell_length
    return _Cells([(whole, at) for at in range(width)], [PLAIN] * width, are_plain=False)


def _spans(shown: list[Hashable], looks: list[Look], cells: _Cells) -> list[tuple[int, int]]:
    """The stretches that differ, those that are near taken together."""
    if shown == cells.shown and all(map(_is, looks, cells.looks)):
        return []
    found: list[tuple[int, int]] = []
    pairs = zip(shown, cells.shown, looks, cells.looks, strict=False)
    for at, (old, new, before, look) in enumerate(pairs):
        if old == new and before is look:
            continue
        if found and at - found[-1][1] < NEAR:
            found[-1] = found[-1][0], at + 1
        else:
            found.append((at, at + 1))
    return found


def _blank_from(cells: _Cells) -> int:
    """Where a line's end begins that is blank on the terminal's own ground."""
    at = len(cells.shown)
    while at and cells.shown[at - 1] == " " and cells.looks[at - 1] is PLAIN:
        at -= 1
    return at


def _is(one: object, other: object) -> bool:
    return one is other


def _written(cells: _Cells, begin: int, end: int, pen: Pen) -> Iterator[str]:
    """The cells, those of one look together."""
    start, looks = begin, cells.looks
    for at in range(begin + 1, end + 1):
        if at == end or looks[at] is not looks[start]:
            yield pen.written("".join(map(str, cells.shown[start:at])), looks[start])
            start = at
