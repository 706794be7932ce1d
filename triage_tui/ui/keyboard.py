"""What the terminal sends, made safe before Textual takes it apart into keys.

Textual leaves a bracketed paste at an escape character inside it and takes the rest for keys, so
that pasted text could answer a question; and it stops reading at a byte that is no UTF-8. Neither
can be reached from outside its driver, hence the one private name that `install` replaces.
"""

from __future__ import annotations

import codecs
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_BEGIN, _END = "\x1b[200~", "\x1b[201~"


class KeyDecoder:
    """Decodes the terminal's bytes; in a paste nothing but its end is an escape sequence."""

    def __init__(self, heard: Callable[[], None] = lambda: None) -> None:
        """`heard` is called when something has come."""
        self._heard = heard
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pasting = False
        self._before = ""
        """The last characters outside of a paste: its beginning may come in two reads."""
        self._held = ""
        """What may be the beginning of a paste's end."""

    def decode(self, data: bytes, final: bool = False) -> str:
        """The next characters; bytes that are no UTF-8 become U+FFFD."""
        if data:
            self._heard()
        text, out = self._decoder.decode(data, final), ""
        while text:
            part, text = self._in_paste(text) if self._pasting else self._outside(text)
            out += part
        return out

    def _outside(self, text: str) -> tuple[str, str]:
        begin = (self._before + text).find(_BEGIN)
        if begin < 0:
            self._before = (self._before + text)[1 - len(_BEGIN) :]
            return text, ""
        cut = begin + len(_BEGIN) - len(self._before)
        self._pasting, self._before = True, ""
        return text[:cut], text[cut:]

    def _in_paste(self, text: str) -> tuple[str, str]:
        text, self._held = self._held + text, ""
        end = text.find(_END)
        if end >= 0:
            self._pasting = False
            return _plain(text[:end]) + _END, text[end + len(_END) :]
        held = next(n for n in range(len(_END) - 1, -1, -1) if text.endswith(_END[:n]))
        self._held = text[len(text) - held :]
        return _plain(text[: len(text) - held]), ""


def _plain(text: str) -> str:
    return text.replace("\x1b", "")


def install(heard: Callable[[], None] = lambda: None) -> None:
    """Lets Textual's driver decode with `KeyDecoder`; `heard` is called, in its thread, when
    something has come."""
    from textual.drivers import linux_driver

    decoder = partial(KeyDecoder, heard)
    linux_driver.getincrementaldecoder = lambda _encoding: decoder  # type: ignore[assignment,attr-defined]
