"""Log events as text: `aws logs tail`, and what log groups export to S3. One log event a line."""

from __future__ import annotations

import re

from .moments import utc
from .piece import Piece

_SECONDS = rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_LAYOUTS = tuple(
    re.compile(layout, re.DOTALL)
    for layout in (
        # The stream's name, then the message; `--format json` has it on the lines that follow.
        _SECONDS + rb"(?:\.\d{6})?)\+00:00 (?P<stream>[^\s:*]{1,512}+) \s*+(?P<message>\S.*+)",
        _SECONDS + rb") \s*+(?P<message>\S.*+)",  # --format short
        _SECONDS + rb"\.\d{3})Z \s*+(?P<message>\S.*+)",  # exports
    )
)


def unwrap_line(raw: bytes) -> list[Piece] | None:
    """`2026-11-23T02:13:58.123000+00:00 STREAM MESSAGE` and its like; `raw` begins with it."""
    for layout in _LAYOUTS:
        found = layout.match(raw)
        time = utc(found[1].decode()) if found else None
        if found is None or time is None:
            continue
        stream = found.groupdict().get("stream") or b""
        start = found.start("message")
        origin = stream.decode("utf-8", "replace")
        return [Piece(start, found.end() - start, time=time, origin=origin)]
    return None
