"""Hashes as lock files write them."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import NamedTuple

_STRENGTH = {"sha512": 512, "sha384": 384, "sha256": 256, "sha1": 1, "md5": 0}
"""Bits of those that hold; of those that do not, their order."""
_DIGITS = {"sha512": 64, "sha384": 48, "sha256": 32, "sha1": 20, "md5": 16}
"""Bytes of each."""
WEAK = frozenset(("sha1", "md5"))
_ONE = re.compile(r"(sha512|sha384|sha256|sha1|md5)[-:=]([A-Za-z0-9+/]{10,128}={0,2})(?:\?.*)?")
_HEX = re.compile(r"[0-9a-fA-F]+")


class Hash(NamedTuple):
    """One hash: its kind, and its value in hex."""

    kind: str
    value: str


@lru_cache(maxsize=1 << 16)
def hash_of(text: str) -> Hash | None:
    """`sha512-…` or `sha256:…`; None for what is no hash, or is not as long as its kind is."""
    found = _ONE.fullmatch(text)
    if found is None:
        return None
    kind, value = found[1], found[2]
    size = _DIGITS[kind]
    if len(value) == 2 * size and _HEX.fullmatch(value):
        return Hash(kind, value.lower())
    if len(value) != -(-size // 3) * 4:
        return None
    try:
        decoded = base64.b64decode(value, validate=True)
    except ValueError:
        return None
    return Hash(kind, decoded.hex()) if len(decoded) == size else None


def strongest(texts: tuple[str, ...]) -> str:
    """The strongest kind among them; "" where none is a hash."""
    kinds = [found.kind for text in texts if (found := hash_of(text))]
    return max(kinds, key=_STRENGTH.__getitem__, default="")


def differ(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether no file could fit both: of the strongest kind that both have, none is the same."""
    if left == right:
        return False
    mine, yours = _by_kind(left), _by_kind(right)
    common = [kind for kind in mine if kind in yours]
    if not common:
        return False
    kind = max(common, key=_STRENGTH.__getitem__)
    return mine[kind].isdisjoint(yours[kind])


def _by_kind(texts: tuple[str, ...]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for text in texts:
        each = hash_of(text)
        if each is not None:
            found.setdefault(each.kind, set()).add(each.value)
    return found
