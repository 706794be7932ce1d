"""A document as YAML, in its own order: what is not plain is quoted as JSON, which YAML takes."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./:-]*")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


def yaml(document: object) -> str:
    """The document as YAML, in its order."""
    return "\n".join(_lines(document, 0)) + "\n"


def _lines(value: object, depth: int) -> list[str]:
    blank = "  " * depth
    found: list[str] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            head = f"{blank}{_scalar(key)}:"
            found += _below(head, inner, depth)
    elif isinstance(value, list):
        for inner in value:
            below = _lines(inner, depth + 1) if _nests(inner) else [f"{blank}  {_scalar(inner)}"]
            below[0] = f"{blank}- {below[0][len(blank) + 2 :]}"
            found += below
    return found


def _below(head: str, inner: object, depth: int) -> list[str]:
    if _nests(inner):
        return [head, *_lines(inner, depth + 1)]
    return [f"{head} {_scalar(inner)}"]


def _nests(value: object) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS and value[-1] != ":"
        return value if plain else json.dumps(value)
    return json.dumps(value)
