"""What `aws logs tail --format json` writes: below a line with time and stream, pretty JSON."""

from __future__ import annotations

import re

_HEAD = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00 "
_OPENED = rb"^" + _HEAD + rb"\S{1,512}+ *+\r?\n(?:[{\[]\r?\n(?:[ \t][^\n]*+\n)*+)"
_FIRST = re.compile(_HEAD)
_EVENT = re.compile(_OPENED + rb"[}\]]", re.MULTILINE)
_OPEN = re.compile(_OPENED + rb"?+\Z", re.MULTILINE)
_REACH = 4 * 1024 * 1024
"""Bytes in which an event begins and ends; the service takes a quarter of it."""


def is_tailed(sample: bytes) -> bool:
    """Whether a text that begins like this may hold such events among its lines."""
    return _FIRST.match(sample) is not None


def closed(data: bytes, end: int) -> int:
    """How much of `data[:end]`, which are whole lines, there is before an event that goes on."""
    match = _OPEN.search(data, max(0, end - _REACH), end)
    return match.start() if match else end


def join(data: bytes, lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """(start, length) of the records: each line, but all lines of such an event together."""
    events = {match.start(): match.end() for match in _EVENT.finditer(data)}
    if not events:
        return lines
    joined: list[tuple[int, int]] = []
    reached = 0
    for start, length in lines:
        if start >= reached:
            reached = events.get(start, 0)
            joined.append((start, reached - start if reached else length))
    return joined
