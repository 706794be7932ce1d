"""Header lines: they name the columns of the lines that follow, and are no records themselves."""

from __future__ import annotations

_COMMENTS = (b"#Version:", b"#Fields:", b"#Software:", b"#Date:", b"#Start-Date:", b"#Remark:")
_LONGEST = 8192


def is_header(line: bytes) -> bool:
    """Whether the line names the columns of those that follow it."""
    if len(line) > _LONGEST:
        return False
    return line.startswith(b"#Fields:")


def is_comment(line: bytes) -> bool:
    """Whether the line is one of a log's own remarks: no record."""
    return line.startswith(_COMMENTS)
