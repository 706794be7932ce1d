"""Every text of a report through one function: for masking, and for taking names out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .shape import IncidentReport

if TYPE_CHECKING:
    from collections.abc import Callable

OUR_OWN = frozenset(
    {"kind", "severity", "worst", "status", "verdict", "what", "state", "program", "hash"}
    | {"digest", "phase", "level", "licence"}
    | {"made", "at", "first", "last", "updated", "cursor", "expires", "formats"}
)
"""Fields whose values are this program's words and numbers, whoever may be called the same."""


def mapped(report: IncidentReport, change: Callable[[str], str]) -> IncidentReport:
    """The report with each of its texts changed. The same text is changed once."""
    known: dict[str, str] = {}

    def once(text: str) -> str:
        if text not in known:
            known[text] = change(text)
        return known[text]

    return msgspec.convert(_walk(msgspec.to_builtins(report), once), IncidentReport)


def _walk(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: item if key in OUR_OWN else _walk(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(item, change) for item in value]
    return value
