"""Text that is no UTF-8: which it is, and the same as UTF-8. Latin-1 passes as it is."""

from __future__ import annotations

import codecs

_BOMS = (
    (b"\xef\xbb\xbf", None),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_LETTERS = bytes(range(0x20, 0x100)) + b"\t\r\n"
_WRITTEN = _LETTERS + b"\x00\x08\x0c\x1b"
"""What is found in logs: beside letters NULs, and what colours a terminal."""
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


def hole(head: bytes, *, within: bool) -> int:
    """How many NULs a text begins with that are none of its own: where a log is emptied while
    somebody writes on at the old place, the file has a hole at its front. `within` it any count."""
    size = len(head) - len(head.lstrip(b"\x00"))
    return size if within or size >= _FEWEST else 0


def is_binary(head: bytes) -> bool:
    """Whether this is no text in any encoding that `encoding` tells. A few NULs are noise in a
    text, other control characters in any number are not."""
    sample = head[:8192]
    if b"\x00" not in sample or encoding(head)[0] is not None:
        return False
    odd = len(sample.translate(None, _WRITTEN))
    return sample.count(0) * 4 > len(sample) or odd * 50 > len(sample)


class Transcoder:
    """A text's bytes block by block, as UTF-8. What is not legal becomes U+FFFD."""

    def __init__(self, name: str) -> None:
        self._decoder = codecs.getincrementaldecoder(name)(errors="replace")

    def feed(self, block: bytes, *, last: bool = False) -> bytes:
        """The block's text; of a character that it cuts, with the next block."""
        return self._decoder.decode(block, last).encode()
