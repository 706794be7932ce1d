"""What stands in the column `id`: 64 bits of an event's own id, or of its content."""

from __future__ import annotations

from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_UUID = len("01234567-89ab-cdef-0123-456789abcdef")
_DASHES = (8, 13, 18, 23)


def digest(text: str | bytes) -> bytes:
    """Eight bytes, stable across processes and runs: the two halves of a UUID folded onto each
    other, of anything else the first bytes of its BLAKE2b."""
    if isinstance(text, bytes):
        return _hashed(text)
    return _folded([text]) or _hashed(text.encode("utf-8", "surrogatepass"))


def digests(texts: Sequence[str]) -> bytes:
    """`digest` of many texts, one behind the other. UUIDs in numbers are folded all at once."""
    return _folded(texts) or b"".join(map(digest, texts))


def hash_id(text: str | bytes) -> int:
    """`digest` as the number that stands in the column `id`."""
    return int.from_bytes(digest(text), "little")


def _hashed(data: bytes) -> bytes:
    return blake2b(data, digest_size=8).digest()


def _folded(texts: Sequence[str]) -> bytes | None:
    """None if not every text is a UUID, written with dashes."""
    count = len(texts)
    if set(map(len, texts)) != {_UUID}:
        return None
    joined, dashes = "".join(texts), "-" * count
    if any(joined[place::_UUID] != dashes for place in _DASHES):
        return None
    try:
        data = bytes.fromhex(joined.replace("-", ""))
    except ValueError:
        return None
    if len(data) != 16 * count:  # blanks, which `fromhex` passes over, or more dashes
        return None
    words = array("Q", data)
    first, second = words[::2].tobytes(), words[1::2].tobytes()
    folded = int.from_bytes(first, "little") ^ int.from_bytes(second, "little")
    return folded.to_bytes(8 * count, "little")
