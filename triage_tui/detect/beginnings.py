"""What records of WAF begin with, again and again: the web ACL and its verdict, half of each.

A beginning in which nothing was found is not looked through again. It is told by its bytes alone,
and ends with a quotation mark: what is looked for holds none, so it cannot lie across.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from triage_tui.formats.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_HEAD = b'{"timestamp":'
_TIME, _FIRST = len(_HEAD), len(_HEAD) + 13
"""Where the time stands, in milliseconds; a beginning is what follows it."""
_IN_HEAD = re.compile(r"\{|:?[0-9]*,?")
_END = b'"httpRequest"'
_MOST_TRIED = 4
"""Beginnings that are compared with, before one is looked up."""
_MOST_KNOWN = 1 << 10


class Beginnings:
    """Those in which nothing was found."""

    def __init__(self, texts: Iterable[str], holds: Callable[[bytes], bool]) -> None:
        """`texts` are looked for, in lower case; `holds` tells whether there is any in a text."""
        self._none = any(_IN_HEAD.fullmatch(text) or text in "timestamp" for text in texts)
        """Whether something may be found in what comes before a beginning."""
        self._free: Memo[bytes, bool] = Memo(lambda text: not holds(text), _MOST_KNOWN)
        self._tried: tuple[bytes, ...] = ()
        """The usual one first."""
        self._misses = 0

    def without(self, texts: Sequence[bytes]) -> Sequence[bytes]:
        """What there is to look through."""
        if self._none or {text[:_TIME] for text in texts} != {_HEAD}:
            return texts
        if not b"".join([text[_TIME:_FIRST] for text in texts]).isdigit():
            return texts
        if not self._tried:
            return [self._rest(text) for text in texts]
        usual, misses = self._tried[0], self._misses
        end = _FIRST + len(usual) - 1
        found = [
            text[end:] if text.startswith(usual, _FIRST) else self._rest(text) for text in texts
        ]
        if self._misses - misses > len(texts) // 2:
            self._tried = (*self._tried[1:], usual)
        return found

    def _rest(self, text: bytes) -> bytes:
        self._misses += 1
        for begin in self._tried:
            if text.startswith(begin, _FIRST):
                return text[_FIRST + len(begin) - 1 :]
        end = text.find(_END, _FIRST) + 1
        begin = text[_FIRST:end]
        if not begin.startswith(b',"') or not self._free[begin]:
            return text
        self._tried = (*self._tried[-_MOST_TRIED + 1 :], begin)
        return text[end - 1 :]
