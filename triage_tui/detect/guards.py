"""What a record must hold somewhere, letter by letter, for a rule to match: looked for first.

A record in which nothing of it is found is done with after one pass over its bytes. That a text of
a field stands in the raw record as it is does not hold where it was escaped: see `may_hide`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .fields import WEB, more_text, slot_of, unescaped
from .regex import Many, required

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.formats.seen import Seen

    from .ruleset import Test

_PLAIN = re.compile(r"[ !#->@-\[\]-~]+")
"""Characters that no format escapes but as `may_hide` knows: ASCII but quote and backslash; nor a
question mark, for path and query may come from two places of a record."""
_SEGMENT = re.compile(r"[ !#-.0->@-\[\]-~]+")
"""The same without slashes: host and path may too."""
_FEWEST = 3
_EVERYWHERE = frozenset(("http", "http:", "https", "https:", "www.", ".com"))
"""Texts of which every request holds one, so that they guard nothing."""
_NUMBER = re.compile(r"[0-9.eE+-]+")
_ESCAPES = (b"\\u", b"\\x", b"\\/")
_LONGEST = 8_000
"""Characters of a request beyond which not all of it is decoded."""
_TEXT = frozenset(("is", "starts", "ends", "contains", "glob"))


def guard_of(format: str, test: Test) -> frozenset[str] | None:  # noqa: A002 - the contract's word
    """Texts of which one at least is somewhere in every record for which the comparison holds, in
    lower case; None where there is none that is worth while."""
    slot = slot_of(format, test.field) if test.field is not None else None
    if slot is not None and not slot.kept:
        return None
    pattern = _SEGMENT if slot is not None and slot.kept == "in segments" else _PLAIN
    if test.op == "re":
        wanted = required(test.value)
        texts = [_longest(pattern, [text]) for text in wanted or ()]
        return frozenset(texts) if texts and all(map(_useful, texts)) else None
    if test.op not in _TEXT:
        return None
    pieces = test.parts or (test.value,)
    if test.field is not None and slot is None:
        # A number may be spelled otherwise.
        pieces = tuple(piece for piece in pieces if not _NUMBER.fullmatch(piece))
    longest = _longest(pattern, pieces)
    if slot is not None and slot.kept == "with a dot" and test.op in ("is", "starts"):
        longest = f".{longest}" if longest else ""
    return frozenset((longest,)) if _useful(longest) else None


def _longest(pattern: re.Pattern[str], pieces: Iterable[str]) -> str:
    found = [run for piece in pieces for run in pattern.findall(piece.lower())]
    return max(found, key=len, default="")


def _useful(text: str) -> bool:
    return len(text) >= _FEWEST and text not in _EVERYWHERE


class Guards:
    """Many texts to look for at once."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = sorted(set(texts))
        self._many = Many([(text, True) for text in self.texts], cased=False)

    def found(self, seen: Seen) -> Sequence[str]:
        """Those that a record holds; all where its letters may be hidden."""
        if may_hide(seen):
            return self.texts
        text = seen.raw
        if more := unescaped(seen):
            text = b"%b\n%b" % (text, more.encode("utf-8", "replace"))
        if not self._many.any(text):
            return ()
        return [self.texts[place] for place in self._many.found(text)]


def scanned(seen: Seen) -> bytes:
    """The text of a record in which keywords are looked for: as it is, and its request in one
    piece without escapes."""
    more = more_text(seen)
    return b"%b\n%b" % (seen.raw, more.encode("utf-8", "replace")) if more else seen.raw


def may_hide(seen: Seen) -> bool:
    """Whether the record's fields may hold what its text does not: letters can be escaped."""
    raw = seen.raw
    if b"\\" in raw and any(escape in raw for escape in _ESCAPES):
        return True
    return seen.format in WEB and len(seen.path or "") + len(seen.asked.query or "") > _LONGEST
