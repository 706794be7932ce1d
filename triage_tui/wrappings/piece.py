"""What a wrapping holds: pieces."""

from __future__ import annotations

import msgspec


class Piece(msgspec.Struct, frozen=True):
    """One log record (or a smaller wrapping) out of a wrapping.

    Either a span of the wrapping's own bytes, or new bytes where it held them encoded.
    """

    start: int = 0
    length: int = 0
    data: bytes | None = None
    """The decoded bytes; None where `start` and `length` name a span."""
    received: int | None = None
    """When it was received in nanoseconds, where the wrapping says so."""
    time: int | None = None
    """The log event's own time in nanoseconds, for a record that carries none."""
    origin: str = ""
    """Identity of the log stream, where the wrapping says so."""
    unpacked: bool = False
    """Whether it came out of a packed payload: nothing inside of it is unpacked any more."""
    whole: bool = True
    """False for a gap between good pieces: bytes that are no JSON value."""

    def of(self, raw: bytes) -> bytes:
        """The piece's bytes, given those of its wrapping."""
        return raw[self.start : self.start + self.length] if self.data is None else self.data
