"""The one gate between text from outside and a terminal.

A character is *plain* when every terminal shows it the same way: printable, of a width that all
width tables agree on, and moving nothing but the cursor. Everything else becomes `MARK`. After
`clean`, text can neither steer a terminal, hide, reorder, nor shift the columns beside it.
"""

import re
from functools import cache
from typing import Literal
from unicodedata import category, east_asian_width

MARK = "·"
"""Stands for one character that is not plain: Latin-1, one cell, in every font."""

TAB = "    "
"""What a tab becomes."""

Align = Literal["left", "right", "center"]
Cut = Literal["end", "middle"]

_MOST_REMEMBERED = 8192
"""Bound of the tables below, so that hostile text cannot grow them for ever."""

_MOST_COMBINING = 2
"""Accents that one character may carry; more would climb over the lines above."""

# Printable says Python, yet invisible, joining, or one cell here and two there.
_DOUBTFUL = (
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x115F, 0x11FF),  # Hangul fillers, vowels and finals that join a syllable
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian variation selectors
    (0x2630, 0x2637),  # trigrams: wide since Unicode 16
    (0x268A, 0x268F),  # monograms and digrams: likewise
    (0x2800, 0x2800),  # a Braille pattern without dots
    (0x302E, 0x302F),  # Hangul tone marks
    (0x3164, 0x3164),  # Hangul filler
    (0x4DC0, 0x4DFF),  # hexagrams
    (0xD7B0, 0xD7FF),  # Hangul vowels and finals again
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFFA0, 0xFFA0),  # half-width Hangul filler
    (0x16FF0, 0x16FF1),  # Vietnamese reading marks
    (0x1D300, 0x1D376),  # Tai Xuan Jing symbols, counting rods
    (0x1F1E6, 0x1F1FF),  # regional indicators (halves of flags)
    (0x1F3FB, 0x1F3FF),  # skin tones
    (0xE0000, 0xE0FFF),  # tags, variation selectors
)


def _is_plain(code: int) -> bool:
    """Whether a code point looks the same in every terminal."""
    char = chr(code)
    if not char.isprintable():
        return False
    # Spacing marks (Mc) take no cell in some width tables and one in others.
    return category(char) != "Mc" and not any(low <= code <= high for low, high in _DOUBTFUL)


class _Shown(dict[int, str]):
    """Code point to what is shown for it, filled as characters are met (for `str.translate`)."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        substitute = " " if category(char) == "Zs" else MARK
        shown = char if _is_plain(code) else substitute
        if len(self) < _MOST_REMEMBERED:
            self[code] = shown
        return shown


class _Widths(dict[str, int]):
    """Character to the cells it takes once it is clean (0, 1 or 2), filled as they are met."""

    def __missing__(self, char: str) -> int:
        if not _is_plain(ord(char)):
            width = 1
        elif category(char) in ("Mn", "Me"):
            width = 0
        else:
            width = 2 if east_asian_width(char) in ("W", "F") else 1
        if len(self) < _MOST_REMEMBERED:
            self[char] = width
        return width


_shown = _Shown({0x09: TAB})
_widths = _Widths()


# No combining character stands below U+0300, nor among the dashes, arrows, lines and bars.
_may_combine = re.compile("[^\\0-\u02ff\u2000-\u20cf\u2100-\u2cee]").search
"""Says no to nearly all text, in next to no time: to know them all takes some."""


@cache
def _misplaced() -> re.Pattern[str]:
    """A combining character with no character to sit on, or one too many for it."""
    spans: list[list[int]] = []
    for code in (*range(0x300, 0x20000), *range(0xE0000, 0xE1000)):
        if category(chr(code)) in ("Mn", "Me"):
            if spans and spans[-1][1] == code - 1:
                spans[-1][1] = code
            else:
                spans.append([code, code])
    some = "[" + "".join(f"{chr(low)}-{chr(high)}" for low, high in spans) + "]"
    return re.compile(rf"\A{some}|(?<= ){some}|(?<={some * _MOST_COMBINING}){some}")


def clean(text: str) -> str:
    """One line that is safe for any terminal: each character that is not plain becomes `MARK`.

    Odd spaces become a space, a tab `TAB`. Idempotent; the length stays but for tabs.
    """
    if text.isascii():
        return text if text.isprintable() else text.translate(_shown)
    text = text.translate(_shown)
    return _misplaced().sub(MARK, text) if _may_combine(text) else text


def clean_lines(text: str) -> str:
    """`clean` for text of several lines: line ends (also CR LF) stay, as newlines."""
    return "\n".join(map(clean, text.replace("\r\n", "\n").split("\n")))


def is_safe(text: str) -> bool:
    """Whether `clean` would leave the text as it is."""
    return clean(text) == text


def strip_unsafe(text: str) -> str:
    """The text without what `clean` would mark, for what is typed or pasted.

    Each odd space and tab becomes one space.
    """
    kept: list[str] = []
    for char in text:
        shown = _shown[ord(char)]
        if shown == char or shown != MARK:
            kept.append(shown[0])
    found = "".join(kept)
    return clean(_misplaced().sub("", found) if _may_combine(found) else found)


_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}


def _spell(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _spell_json(char: str) -> str:
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


class _Spelled(dict[int, str]):
    """Code point to its spelling by `escape`, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        spelled = char if _shown[code] == char else _spell(char)
        if len(self) < _MOST_REMEMBERED:
            self[code] = spelled
        return spelled


_spelled = _Spelled({0x5C: _SHORT["\\"]})


def _in_place(text: str) -> str:
    """Cleaned but for combining characters, and of the same length."""
    return text.replace("\t", MARK).translate(_shown)


def _changed(text: str) -> list[int]:
    """Where `clean` would put something else."""
    shown = _in_place(text)
    found = [at for at, char in enumerate(text) if shown[at] != char]
    if _may_combine(shown):
        found.extend(match.start() for match in _misplaced().finditer(shown))
    return found


def escape(text: str) -> str:
    r"""Lossless: what `clean` replaces is spelled `\xNN`, `\uXXXX` or `\UXXXXXXXX`.

    A backslash is doubled, so that a spelled escape and a written one differ.
    """
    if is_safe(text):
        return text.replace("\\", "\\\\")
    if not _may_combine(text) or not _misplaced().search(_in_place(text)):
        return text.translate(_spelled)
    chars = [_spelled[ord(char)] for char in text]
    for at in _changed(text):
        chars[at] = _spell(text[at])
    return "".join(chars)


def escape_json(document: str) -> str:
    r"""Encoded JSON (no raw control characters in it) with the same meaning, safe to print.

    What `clean` replaces is spelled `\uXXXX`, beyond U+FFFF as a pair; line ends stay.
    """
    if is_safe(document):
        return document
    chars = list(document)
    for at in _changed(document):
        if chars[at] != "\n":
            chars[at] = _spell_json(chars[at])
    return "".join(chars)


def cell_len(text: str) -> int:
    """Terminal cells that the text takes once it is clean (a tab counts as one character)."""
    if text.isascii():
        return len(text)
    return sum(map(_widths.__getitem__, text))


def reach(text: str, start: int, width: int) -> int:
    """The index after the longest part from `start` that fits in `width` cells."""
    if text.isascii():
        return min(len(text), start + width)
    at = start
    while at < len(text):
        width -= _widths[text[at]]
        if width < 0:
            break
        at += 1
    return at


def crop(text: str, width: int) -> str:
    """The longest beginning of the cleaned text that fits in `width` cells."""
    text = _head(text, max(0, width))
    return text[: reach(text, 0, max(0, width))]


def _head(text: str, width: int) -> str:
    """The cleaned beginning, long enough to overflow `width` cells if the whole would."""
    return clean(text[: (width + 1) * (1 + _MOST_COMBINING)])


def ends(text: str, width: int) -> str:
    """The cleaned text, or so much of its two ends that it fits in `width` cells; more of the
    second, by which names differ."""
    text = clean(text)
    room = width - 1
    if cell_len(text) <= width or room <= 0:
        return text
    head = crop(text, room // 3)
    tail, room = clean(text[-room:]), room - cell_len(head)
    while cell_len(tail) > room:
        tail = clean(tail[1:])
    return f"{head}…{tail}"


def fit(
    text: str, width: int, *, align: Align = "left", ellipsis: str = "…", cut: Cut = "end"
) -> str:
    """The cleaned text in exactly `width` cells, padded, or cut with an ellipsis.

    A wide character is never cut in half: a space stands where its half would be.
    """
    if width <= 0:
        return ""
    if cut == "middle":
        text = ends(text, width)
    text = _head(text, width)
    room = width - cell_len(text)
    if room < 0:
        tail = crop(ellipsis, width)
        text = text[: reach(text, 0, width - cell_len(tail))] + tail
        room = width - cell_len(text)
    if align == "right":
        return " " * room + text
    if align == "center":
        return " " * (room // 2) + text + " " * (room - room // 2)
    return text + " " * room


def wrap(text: str, width: int) -> list[str]:
    """Cleaned lines of at most `width` cells, broken at spaces where there are any.

    Spaces at a break go. A wide character in a width of one becomes `MARK`.
    """
    width = max(1, width)
    lines: list[str] = []
    for line in clean_lines(text).split("\n"):
        lines.extend(_wrap_line(line, width))
    return lines


_SIGN = re.compile(r" {0,8}(?:[^\w\s] )?")


def hung(text: str, width: int) -> list[str]:
    """Cleaned lines of at most `width` cells; all but the first begin where the words of the first
    do, behind its blanks and its sign (`⚠ `). Too narrow for that, they all begin at the edge."""
    found = _SIGN.match(text)
    sign = clean(found[0]) if found else ""
    indent = cell_len(sign)
    if not found or indent >= width:
        return wrap(text, width)
    parts = wrap(text[found.end() :], width - indent)
    return [f"{' ' * indent if place else sign}{part}" for place, part in enumerate(parts)]


def _wrap_line(line: str, width: int) -> list[str]:
    lines: list[str] = []
    start = 0
    if width == 1 and not line.isascii():
        line = "".join(MARK if _widths[char] > 1 else char for char in line)
    while (end := reach(line, start, width)) < len(line):
        space = end if line[end] == " " else line.rfind(" ", start, end)
        part = line[start:space].rstrip(" ") if space > start else ""
        if part:
            lines.append(part)
            start = space
            while start < len(line) and line[start] == " ":
                start += 1
            if start == len(line):
                return lines
        else:
            lines.append(line[start:end])
            start = end
    lines.append(line[start:])
    return lines
