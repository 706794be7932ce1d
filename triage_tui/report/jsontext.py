r"""JSON for pipes and files: ASCII alone, so that no control, bidi or surrogate character is in it.

Lossless: what is not plain ASCII is spelled `\uXXXX`.
"""

from __future__ import annotations

import json

import msgspec

_encode = msgspec.json.Encoder().encode


def dump(value: object) -> str:
    """A value of dicts, lists, structs and scalars as one line of ASCII."""
    try:
        quick = _encode(value)
    except UnicodeEncodeError:  # a lone surrogate
        return _dump_any(value)
    # In JSON text a DEL can only stand within a string, where JSON lets it stand raw.
    if quick.isascii() and b"\x7f" not in quick:
        return quick.decode("ascii")
    return _dump_any(value)


def _dump_any(value: object) -> str:
    plain = msgspec.to_builtins(value)
    text = json.dumps(plain, ensure_ascii=True, separators=(",", ":"))
    return text.replace("\x7f", "\\u007f")
