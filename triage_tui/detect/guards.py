"""What a record must hold somewhere, letter by letter, for a rule to match: looked for first.

A record in which nothing of it is found is done with after one pass over its bytes. That a text of
a field stands in the raw record as it is does not hold where it was escaped: see `may_hide`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .fields import WEB, more_text, slot_of
from .regex import Many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.formats.seen import Seen

    from .ruleset import Test

_PLAIN = re.compile(r"[ !#-\[\]-~]+")
"""Characters that no format escapes but as `may_hide` knows: ASCII but quote and backslash."""
_SEGMENT = re.compile(r"[ !#-.0-\[\]-~]+")
"""The same without slashes: what lies between them may come from two places of a record."""
_FEWEST = 3
_NUMBER = re.compile(r"[0-9.eE+-]+")
_BOUND = re.compile(r"[\^$]|\\[AbBzZ]")
"""What ties a regular expression to the ends of its text."""
_ESCAPES = (b"\\u", b"\\x", b"\\/")
_LONGEST = 8_000
"""Characters of a request beyond which not all of it is decoded."""
_TEXT = frozenset(("is", "starts", "ends", "contains", "glob"))
_REGEX = "\0"
"""Stands before what is a pattern and not a text."""


def guard_of(format: str, test: Test) -> str | None:  # noqa: A002 - the contract's word
    """A text (or a pattern) that is somewhere in every record for which the comparison holds, in
    lower case; None where there is none that is worth while."""
    slot = slot_of(format, test.field) if test.field is not None else None
    if slot is not None and not slot.kept:
        return None
    if test.op == "re":
        return None if _BOUND.search(test.value) else f"{_REGEX}(?{test.flags}){test.value}"
    if test.op not in _TEXT:
        return None
    pieces = test.parts or (test.value,)
    if test.field is not None and slot is None:
        # A number may be spelled otherwise.
        pieces = tuple(piece for piece in pieces if not _NUMBER.fullmatch(piece))
    pattern = _SEGMENT if slot is not None and slot.kept == "in segments" else _PLAIN
    found = [run for piece in pieces for run in pattern.findall(piece.lower()) if run.isascii()]
    longest = max(found, key=len, default="")
    if slot is not None and slot.kept == "with a dot" and test.op in ("is", "starts"):
        longest = f".{longest}" if longest else ""
    return longest if len(longest) >= _FEWEST else None


class Guards:
    """Many texts to look for at once."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = sorted(set(texts))
        patterns = [(text.removeprefix(_REGEX), not text.startswith(_REGEX)) for text in self.texts]
        self._many = Many(patterns, cased=False)

    def found(self, seen: Seen) -> Sequence[str]:
        """Those that a record holds; all where its letters may be hidden."""
        if may_hide(seen):
            return self.texts
        text = scanned(seen)
        if not self._many.any(text):
            return ()
        return [self.texts[place] for place in self._many.found(text)]


def scanned(seen: Seen) -> bytes:
    """The text of a record that is looked through: as it is, and without its escapes."""
    more = more_text(seen)
    return b"%b\n%b" % (seen.raw, more.encode("utf-8", "replace")) if more else seen.raw


def may_hide(seen: Seen) -> bool:
    """Whether the record's fields may hold what its text does not: letters can be escaped."""
    raw = seen.raw
    if b"\\" in raw and any(escape in raw for escape in _ESCAPES):
        return True
    return seen.format in WEB and len(seen.path or "") + len(seen.asked.query or "") > _LONGEST
