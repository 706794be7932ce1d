"""What can be put in where a filter is typed: keys, and values that were seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from triage_tui.model import Outcome, Severity
from triage_tui.store.filters import KEYS
from triage_tui.store.seen import seen
from triage_tui.ui.adapters import filtering, words
from widgets.completion import NOTHING, Choice, Completion
from widgets.text import is_safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from triage_tui.triage import Triage

MOST = 40
"""Choices that are offered at once."""
_TOKEN = re.compile(r'(?P<head>[-(]*)(?P<body>[^\s()"]*(?:"[^"]*)?)$')
_TERM = re.compile(r"(?P<key>[A-Za-z_]+)(?P<op>>=|<=|[:=<>])(?P<value>.*)")
_LEVELS: dict[str, tuple[str, ...]] = {
    "outcome": tuple(member.word for member in Outcome),
    "severity": tuple(member.word for member in Severity if member),
    "duplicate": ("true", "false"),
}


class Completer:
    """Offers what fits at the cursor; counts each key's values once."""

    def __init__(self, triage: Triage, kept: Mapping[str, str] | None = None) -> None:
        """`kept` are filters by name."""
        self._triage = triage
        self._kept = dict(kept or {})
        self._values: dict[str, list[Choice]] = {}

    def complete(self, text: str, cursor: int) -> Completion:
        """Keys, or the values of the key that the cursor stands behind."""
        match = _TOKEN.search(text[:cursor])
        if match is None:
            return NOTHING
        body, start = match["body"], match.start("body")
        term = _TERM.fullmatch(body)
        if term is None:
            found = [Choice(f"{key}:") for key in KEYS if key.startswith(body.lower())]
            return Completion(start, cursor, tuple(found) if '"' not in body else ())
        begun = term["value"].lstrip('"').casefold()
        choices = self._choices(term["key"].lower())
        chosen = [each for each in choices if _fits(each, begun)]
        chosen.sort(key=lambda each: not _plain(each).startswith(begun))
        return Completion(start + term.start("value"), cursor, tuple(chosen[:MOST]))

    def names(self, text: str, cursor: int) -> Completion:
        """The names of the kept filters."""
        begun = text[:cursor].casefold()
        found = (Choice(name) for name in self._kept if name.casefold().startswith(begun))
        return Completion(0, len(text), tuple(found))

    def _choices(self, key: str) -> list[Choice]:
        if key not in self._values:
            levels: Iterable[Choice] = map(Choice, _LEVELS.get(key, ()))
            counted = (
                Choice(filtering.value(_safe(value)), words.short_number(count) if count else "")
                for value, count in seen(self._triage.index, key)
            )
            self._values[key] = [*levels, *counted]
        return self._values[key]


def _plain(choice: Choice) -> str:
    return choice.text.strip('"').casefold()


def _fits(choice: Choice, begun: str) -> bool:
    return begun in _plain(choice)


def _safe(value: str) -> str:
    """A value with a wildcard in the place of what cannot be typed."""
    return value if is_safe(value) else "".join(c if is_safe(c) else "?" for c in value)
