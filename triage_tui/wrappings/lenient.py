"""Reads JSON that strict readers refuse, and that logs hold all the same."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, TypeVar

import msgspec

from .scanner import members, value_end

if TYPE_CHECKING:
    from msgspec.json import Decoder

_T = TypeVar("_T")
_MOST_DIGITS = 20


def _whole(digits: str) -> int | float:
    """An int, unless it is so long that only its size means anything (int() would refuse it)."""
    if len(digits) <= _MOST_DIGITS:
        return int(digits)
    return -math.inf if digits.startswith("-") else math.inf


_decoder = json.JSONDecoder(parse_int=_whole, strict=False)


def decode_leniently(raw: bytes) -> object:
    """The value of one JSON document; None where it is none.

    Lone surrogates stay in the text, bytes that are not UTF-8 become surrogates (`to_bytes` gives
    both back), control characters in strings, NaN and numbers of any size are taken. Of an object
    that nests beyond all bounds, the members that do so are None.
    """
    try:
        return _decode(raw)
    except ValueError:
        return None
    except RecursionError:
        return _shallow(raw)


def _decode(raw: bytes) -> object:
    return _decoder.decode(raw.decode("utf-8", "surrogateescape"))


def _shallow(raw: bytes) -> dict[str, object] | None:
    """An object, member by member."""
    table: dict[str, object] = {}
    for name, at in members(raw):
        end = value_end(raw, at)
        if end is None:
            return None
        try:
            table[name.decode("utf-8", "surrogateescape")] = _decode(raw[at:end])
        except ValueError:
            return None
        except RecursionError:
            continue
    return table or None


def read_as(decoder: Decoder[_T], raw: bytes) -> _T | None:
    """One JSON document as the decoder's type, strictly or else leniently; None where it is none
    of that shape.
    """
    try:
        return decoder.decode(raw)
    except (msgspec.ValidationError, RecursionError):
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            return msgspec.convert(decode_leniently(raw), decoder.type)
        except (msgspec.ValidationError, UnicodeError, RecursionError):
            return None


def to_bytes(text: str) -> bytes:
    """The text as UTF-8; lone surrogates as the bytes they stand for."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
