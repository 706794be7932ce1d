"""A raw record as lines to show: JSON indented, anything else as it is. Pure, and total.

The lines are clean: what must not reach a terminal stands in them as an escape.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import NamedTuple

from widgets.text import cell_len, escape, escape_json, reach

INDENT = 2
"""Cells for each level."""

LONGEST = 2_000_000
"""Characters of a record that are shown."""

CHUNK = 8_000
"""A line of text that is longer is cut into lines of this length, so that work stays small."""


class Part(NamedTuple):
    """Clean text and the name of its style (after `record--`)."""

    text: str
    style: str = ""


@dataclass(slots=True)
class Line:
    """One line: its text in parts, and its place in the tree."""

    depth: int
    parts: tuple[Part, ...]
    parent: int = -1
    """The line that opens what this one is in, -1 at the top."""
    closes: int = -1
    """For a line that opens an object or array: the line that closes it."""
    folded: tuple[Part, ...] = ()
    """What such a line says while it is folded."""
    key: str | int | None = None
    """The name or the position of the value within its parent."""
    value: str | None = None
    """A plain value as text, not escaped; None for objects, arrays and closing lines."""

    width: int = -1
    """Cells that the text takes, and its characters: measured when they are first needed."""
    length: int = -1

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)

    def rows(self, first: int, others: int, *, folded: bool) -> list[tuple[int, int]]:
        """Where to cut the text for rows of so many cells, as `rows_of` does."""
        if folded:
            return rows_of("".join(part.text for part in self.folded), first, others)
        if self.width < 0:
            text = self.text
            self.width, self.length = cell_len(text), len(text)
        if self.width <= first:
            return [(0, self.length)]
        return rows_of(self.text, first, others)


class _Number(str):
    """A number as it was written, however long or large."""

    __slots__ = ()


class _Pairs(list[tuple[str, object]]):
    """An object with its order and its repeated keys."""


def parse(record: str, beyond: int = 0) -> list[Line]:
    """The lines of a record, of which so many characters `beyond` are left out; none if it is
    empty."""
    if not record:
        return []
    rest = beyond + max(0, len(record) - LONGEST)
    if not rest:
        try:
            return _Tree().lines(
                json.loads(
                    record,
                    object_pairs_hook=_Pairs,
                    parse_int=_Number,
                    parse_float=_Number,
                    parse_constant=_Number,
                )
            )
        except (ValueError, RecursionError):
            pass
    lines = [
        Line(0, (Part(escape(chunk), "text"),), value=chunk)
        for line in record[:LONGEST].replace("\r\n", "\n").split("\n")
        for chunk in _chunks(line)
    ]
    if rest:
        lines.append(Line(0, (Part(f"(characters that are not shown: {rest:,})", "note"),)))
    return lines


def _chunks(line: str) -> Iterator[str]:
    for start in range(0, max(1, len(line)), CHUNK):
        yield line[start : start + CHUNK]


class _Tree:
    """Turns a decoded value into lines, however deep it is nested."""

    def __init__(self) -> None:
        self._lines: list[Line] = []

    def lines(self, root: object) -> list[Line]:
        """Walk the value with a stack of what is still open."""
        open_items: list[tuple[int, Iterator[tuple[str | int, object, bool]]]] = []
        self._add(root, None, -1, 0, last=True, stack=open_items)
        while open_items:
            opener, items = open_items[-1]
            item = next(items, None)
            if item is None:
                open_items.pop()
                self._close(opener)
                continue
            key, value, last = item
            depth = self._lines[opener].depth + 1
            self._add(value, key, opener, depth, last=last, stack=open_items)
        return self._lines

    def _add(
        self,
        value: object,
        key: str | int | None,
        parent: int,
        depth: int,
        *,
        last: bool,
        stack: list[tuple[int, Iterator[tuple[str | int, object, bool]]]],
    ) -> None:
        head = _head(key) if isinstance(key, str) else ()
        comma = "" if last else ","
        if isinstance(value, list) and value:
            start, end = ("{", "}") if isinstance(value, _Pairs) else ("[", "]")
            line = Line(depth, (*head, Part(start)), parent, key=key)
            more = Part(f"… {len(value):,}", "note")
            line.folded = (*head, Part(start), more, Part(end + comma))
            stack.append((len(self._lines), _items(value)))
        else:
            shown, plain = _scalar(value)
            line = Line(depth, (*head, shown, Part(comma)), parent, key=key, value=plain)
        self._lines.append(line)

    def _close(self, opener: int) -> None:
        line = self._lines[opener]
        line.closes = len(self._lines)
        end = line.folded[-1].text
        self._lines.append(Line(line.depth, (Part(end),), opener))


def _items(value: list[object]) -> Iterator[tuple[str | int, object, bool]]:
    final = len(value) - 1
    for at, item in enumerate(value):
        if isinstance(value, _Pairs) and isinstance(item, tuple):
            yield item[0], item[1], at == final
        else:
            yield at, item, at == final


def _head(key: str) -> tuple[Part, ...]:
    """What stands before a value. Keys repeat, but a long one is not worth keeping."""
    return _short_head(key) if len(key) < 100 else (Part(_quote(key), "key"), Part(": "))


@lru_cache(maxsize=1024)
def _short_head(key: str) -> tuple[Part, ...]:
    return (Part(_quote(key), "key"), Part(": "))


def _quote(text: str) -> str:
    return escape_json(encode_basestring(text))


def _scalar(value: object) -> tuple[Part, str]:
    """A value without parts of its own: how it is shown, and its plain text."""
    if isinstance(value, _Number):
        return Part(str(value), "number"), str(value)
    if isinstance(value, str):
        return Part(_quote(value), "string"), value
    if isinstance(value, list):
        empty = "{}" if isinstance(value, _Pairs) else "[]"
        return Part(empty), empty
    word = json.dumps(value)
    return Part(word, "word"), word


def rows_of(text: str, first: int, others: int) -> list[tuple[int, int]]:
    """Cut clean text into rows, as (start, end): `first` cells for the first one, then `others`."""
    if cell_len(text) <= first:
        return [(0, len(text))]
    rows: list[tuple[int, int]] = []
    start, width = 0, first
    while start < len(text):
        # A wide character in one cell is cut off by the painter, but never stops the walk.
        end = max(start + 1, reach(text, start, width))
        rows.append((start, end))
        start, width = end, others
    return rows


def cut(parts: tuple[Part, ...], start: int, end: int) -> Iterator[Part]:
    """The part of each part that lies between two positions of the whole text."""
    at = 0
    for part in parts:
        text = part.text[max(0, start - at) : max(0, end - at)]
        if text:
            yield Part(text, part.style)
        at += len(part.text)


def split_at_hits(
    text: str, at: int, hits: tuple[tuple[int, int], ...]
) -> Iterator[tuple[str, bool]]:
    """Text that stands at a position, cut where hits begin and end, and whether each is one."""
    done = 0
    for start, end in hits:
        low, high = max(done, start - at), min(len(text), end - at)
        if low < high:
            if done < low:
                yield text[done:low], False
            yield text[low:high], True
            done = high
    if done < len(text):
        yield text[done:], False
