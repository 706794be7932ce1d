"""Text that is no UTF-8: which it is, and the same as UTF-8. Latin-1 passes as it is."""

from __future__ import annotations

import codecs

_BOMS = (
    (b"\xef\xbb\xbf", None),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_LETTERS = bytes(range(0x20, 0x100)) + b"\t\r\n"
_SAMPLE = 4096
_FEWEST = 8
"""Bytes in which a NUL at every other place is no chance."""


def encoding(head: bytes) -> tuple[str | None, int]:
    """How a text that begins like this is encoded (None: as UTF-8 or Latin-1), and how many of its
    first bytes are a mark of that."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, len(mark)
    sample = head[: min(_SAMPLE, len(head) & ~1)]
    if len(sample) >= _FEWEST:
        for name, zeros, others in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
            if not any(sample[zeros::2]) and not sample[others::2].translate(None, _LETTERS):
                return name, 0
    return None, 0


def is_binary(head: bytes) -> bool:
    """Whether this is no text in any encoding that `encoding` tells."""
    return b"\x00" in head[:8192] and encoding(head)[0] is None


class Transcoder:
    """A text's bytes block by block, as UTF-8. What is not legal becomes U+FFFD."""

    def __init__(self, name: str) -> None:
        self._decoder = codecs.getincrementaldecoder(name)(errors="replace")

    def feed(self, block: bytes, *, last: bool = False) -> bytes:
        """The block's text; of a character that it cuts, with the next block."""
        return self._decoder.decode(block, last).encode()
