"""Reads JSON that strict readers refuse, and that logs hold all the same."""

from __future__ import annotations

import json
import math

_MOST_DIGITS = 20


def _whole(digits: str) -> int | float:
    """An int, unless it is so long that only its size means anything (int() would refuse it)."""
    if len(digits) <= _MOST_DIGITS:
        return int(digits)
    return -math.inf if digits.startswith("-") else math.inf


_decoder = json.JSONDecoder(parse_int=_whole, strict=False)


def decode_leniently(raw: bytes) -> object:
    """The value of one JSON document; None where it is none, or nested beyond all bounds.

    Lone surrogates stay in the text, bytes that are not UTF-8 become surrogates (`to_bytes` gives
    both back), control characters in strings, NaN and numbers of any size are taken.
    """
    try:
        return _decoder.decode(raw.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return None


def to_bytes(text: str) -> bytes:
    """The text as UTF-8; lone surrogates as the bytes they stand for."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
