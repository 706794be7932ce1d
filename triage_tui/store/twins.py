"""The numbers by which the index knows events: hashes of their ids, apart for true twins. Pure."""

from __future__ import annotations

import re

from triage_tui.formats.ids import hash_id

MASK = 2**64 - 1
TWIN = 0x9E3779B97F4A7C15
"""What lies between the numbers of two true twins: odd, so that they can be told from their
content's hash and back."""
_UNTWIN = pow(TWIN, -1, 2**64)
_CONTENT = re.compile(r"(?P<content>[0-9a-f]{16})(?:-(?P<ordinal>\d{1,19}))?")


def number_of(event_id: str) -> int:
    """The number of the event with this id: of the log's own, or of its content's hash with the
    twin's ordinal behind it."""
    match = _CONTENT.fullmatch(event_id)
    if match is None:
        return hash_id(event_id)
    return int(match["content"], 16) + int(match["ordinal"] or 0) * TWIN & MASK


def ordinal_of(number: int, content: int) -> int:
    """Which of several true twins has this number, given their content's hash; 0 for the first."""
    return (number - content) * _UNTWIN & MASK
