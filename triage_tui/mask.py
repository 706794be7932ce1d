r"""Which parts of a record are secrets, and a copy of it without them.

Works on text, not on a parsed document: the rest stays byte for byte, cut-off records are masked
too, and JSON inside a JSON string (and inside that) is understood by its escaped quotes. A string
that was opened by n backslashes and a quote ends at the quote with as many before it, counted
modulo 2(n + 1); see `_string_end`. Every pattern is possessive or bounded, so time is linear.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK = "‹masked›"
"""Stands for a secret. Holds nothing that JSON, a URL or a header would take for its end."""

_SECRET_NAMES = (
    *("authorization", "cookie", "password", "passwd", "pwd", "passphrase", "passcode", "secret"),
    *("secretkey", "secretaccesskey", "secretstring", "secretbinary", "token", "tokencode"),
    *("apikey", "privatekey", "keymaterial", "signature", "credential", "assertion"),
    *("phpsessid", "jsessionid", "sessid"),
)
"""Endings of names whose values are secrets; lower case, without separators, digits and plurals."""

_HARMLESS_NAMES = (
    *("nexttoken", "paginationtoken", "continuationtoken", "forwardtoken", "backwardtoken"),
    *("sequencetoken", "clienttoken", "clientrequesttoken", "idempotencytoken", "locktoken"),
    *("changetoken", "startingtoken", "httptoken"),
)
"""Endings of names that look like those, and are page marks and the like."""

_HEADER_NAMES = ("authorization", "cookie")
"""Names whose values fill their line, or are objects of secrets."""

_COUNTED_NAMES = ("token", "signature", "credential", "cookie", "key")
"""Names of secrets which, with a number for a value, count them."""

_LONGEST_NAME = 64
"""Characters at a name's end that are looked at."""


def mask_key(key_id: str) -> str:
    """An access key id shortened to what tells it from others: `AKIA…7XQ`."""
    if len(key_id) == 8 and key_id[4] == "…":
        return key_id
    return f"{key_id[:4]}…{key_id[-3:]}" if len(key_id) >= 12 else "…"


def mask(text: str) -> str:
    """The text with its secrets masked. Total, idempotent; valid JSON stays valid."""
    for pattern, replacement in _TOKENS:
        text = pattern.sub(replacement, text)
    parts: list[str] = []
    at = 0
    for start, end, instead in _secrets(text):
        parts += (text[at:start], instead)
        at = end
    parts.append(text[at:])
    return "".join(parts)


# -- secrets that show by their own form -----------------------------------------------------------

# Where a word begins: also after an escape, whose last letter is none of the word's.
_BEGIN = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{1,40}-----"
    r"(?:[A-Za-z0-9+/=\s:,.]|\\++[nrt/]|-(?!----))*+"
    r"(?:-----END [A-Z0-9 ]{1,40}-----)?+"
)
_JWT = re.compile(rf"{_BEGIN}eyJ[A-Za-z0-9_-]{{4,}}+\.[A-Za-z0-9_-]++\.[A-Za-z0-9_-]*+")
_BEARER = re.compile(r"(?i)(?<![a-z])(bearer[ ]{1,8}+)[A-Za-z0-9+/=._~-]{16,}+")
_USERINFO = re.compile(r"(://[^\s/?#:@\"'\\]*+:)[^\s/?#@\"'\\]++(?=@)")
_ACCESS_KEY = re.compile(rf"{_BEGIN}(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{{12,}}+(?![a-z])")


def _shortened(match: re.Match[str]) -> str:
    return mask_key(match[0])


def _but_for_its_scheme(match: re.Match[str]) -> str:
    return match[1] + MASK


def _masked(_match: re.Match[str]) -> str:
    return MASK


_TOKENS = (
    (_PEM, _masked),
    (_JWT, _masked),
    (_BEARER, _but_for_its_scheme),
    (_USERINFO, _but_for_its_scheme),
    (_ACCESS_KEY, _shortened),
)


# -- secrets that show by their name ---------------------------------------------------------------

_PAIR = re.compile(
    r"""
    (?<![A-Za-z0-9_.-]) (?P<name>[A-Za-z0-9_.-]++)
    (?:
        (?P<close>\\*+["']) \s*+ (?:=>|[:=]) \s*+                # "name": …   'name': …
      | [ \t]*+ (?:(?P<plain>=>|[:=]) [ \t]*+                    # name: …     name=…
                | (?P<encoded>%(?:25)*+3[ADad]|\\++u003[ADad]))  # name%3D…
    )
    """,
    re.VERBOSE,
)
_QUOTE = re.compile(r"""\\*+["']""")
_NOT_AFTER_OPENING = re.compile(r"""\s|[,}\]:)]|\\++[nrt]|\Z""")
_VALUE = re.compile(r"""(?:[^\s"'&;,<>(){}\[\]|\\]|\\++(?![nrt"']|u002[267])[^\\\s])*+""")
_VALUE_ENCODED = re.compile(
    r"""(?:(?!%(?:25)*+26)[^\s"'&;,<>(){}\[\]|\\]|\\++(?![nrt"']|u002[267])[^\\\s])*+"""
)
_LINE = re.compile(r"""(?:[^"\\\r\n]|\\++(?![nr"])[^\\\r\n])*+""")
_SINGLE_QUOTED = re.compile(r"""(?:[^'"\\\r\n]|\\++[^"\\\r\n])*+""")
_LITERALS = {"true", "false", "null", "True", "False", "None"}
_NEXT_FIELD = re.compile(r"""\\*+["']\s*+,\s*+\\*+["'](?P<name>[A-Za-z]++)\\*+["']\s*+:\s*+""")


class _Secret(NamedTuple):
    """A part of the text, and what to put in its place."""

    start: int
    end: int
    instead: str = MASK


@lru_cache(maxsize=4096)
def _normal(name: str) -> str:
    """The end of a name, without case, separators, digits at its end, and plural."""
    short = name[-_LONGEST_NAME:].lower().translate({ord(char): None for char in "-_."})
    return short.rstrip("0123456789").removesuffix("s")


def _is_secret(name: str) -> bool:
    normal = _normal(name)
    return normal.endswith(_SECRET_NAMES) and not normal.endswith(_HARMLESS_NAMES)


def _secrets(text: str) -> Iterator[_Secret]:
    """The secrets that show by their name, in order, none overlapping another."""
    at = 0
    while pair := _PAIR.search(text, at):
        at = pair.end()
        if pair["close"] is not None:
            found = _quoted_pair(text, pair)
        else:
            found = _plain_pair(text, pair) if _is_secret(pair["name"]) else []
        for secret in found:
            yield secret
            at = max(at, secret.end)


def _quoted_pair(text: str, pair: re.Match[str]) -> list[_Secret]:
    """What is secret in `"name": …`, at any depth of escaping."""
    quote, at = pair["close"], pair.end()
    if not _is_opening(quote):
        return []
    if _is_secret(pair["name"]):
        return list(_quoted_value(text, at, quote, pair["name"]))
    if text.startswith(quote, at):
        normal = _normal(pair["name"])
        if normal.endswith(("name", "key")):
            return _value_after_name(text, at, quote)
        if normal.endswith("value"):
            return _value_before_name(text, at, quote)
    return []


def _quoted_value(text: str, at: int, quote: str, name: str) -> Iterator[_Secret]:
    """The secrets in the JSON value that begins there: a string, a number, all strings in it.

    An object is left to its own names, but for cookies: what else is in `credentials` matters.
    """
    normal = _normal(name)
    if text.startswith(quote, at):
        start = at + len(quote)
        end = _string_end(text, start, quote)
        if end > start:
            yield _Secret(start, end)
    elif text.startswith("[", at):
        yield from _strings_within(text, at, quote, objects=normal.endswith(_HEADER_NAMES))
    elif text.startswith("{", at) and normal.endswith(_HEADER_NAMES):
        yield from _strings_within(text, at, quote, objects=True)
    elif not normal.endswith(_COUNTED_NAMES):
        bare = _VALUE.match(text, at)
        if bare and bare[0] and bare[0] not in _LITERALS:
            yield _Secret(at, bare.end(), f"{quote}{MASK}{quote}")


def _strings_within(text: str, at: int, quote: str, *, objects: bool) -> Iterator[_Secret]:
    """All strings that are values in the list or object that begins there.

    The last one is an empty part where the walk ended: nobody need go that way again.
    """
    depth = 0
    while found := _BRACKET_OR_QUOTE.search(text, at):
        if found[0] == quote:
            start = found.end()
            end = _string_end(text, start, quote)
            at = end + len(quote)
            if end > start and not _COLON.match(text, at):
                yield _Secret(start, end)
        elif found[0][-1] in "\"'":
            break  # the string that holds all this has ended
        elif found[0] == "{" and not objects:
            break
        else:
            at = found.end()
            depth += 1 if found[0] in "[{" else -1
            if depth == 0:
                break
    yield _Secret(min(at, len(text)), min(at, len(text)), "")


_BRACKET_OR_QUOTE = re.compile(r"""[\[\]{}]|(?<!\\)\\*+["']""")
_COLON = re.compile(r"\s*+:")


def _value_after_name(text: str, at: int, quote: str) -> list[_Secret]:
    """`{"name": "Cookie", "value": "…"}`: how WAF lists headers, and ECS an environment."""
    start = at + len(quote)
    end = _string_end(text, start, quote)
    if end - start > _LONGEST_NAME or not _is_secret(text[start:end]):
        return []
    following = _NEXT_FIELD.match(text, end)
    if following is None or not _normal(following["name"]).endswith("value"):
        return []
    return list(_quoted_value(text, following.end(), quote, text[start:end]))


def _value_before_name(text: str, at: int, quote: str) -> list[_Secret]:
    """`{"value": "…", "name": "Cookie"}`: the same the other way round."""
    start = at + len(quote)
    end = _string_end(text, start, quote)
    following = _NEXT_FIELD.match(text, end)
    if following is None or not _normal(following["name"]).endswith(("name", "key")):
        return []
    name_start = following.end() + len(quote)
    if not text.startswith(quote, following.end()):
        return []
    name = text[name_start : _string_end(text, name_start, quote)]
    return [_Secret(start, end)] if end > start and _is_secret(name) else []


def _plain_pair(text: str, pair: re.Match[str]) -> list[_Secret]:
    """What is secret in `name=…`, `name: …` and, in encoded URLs, `name%3D…`."""
    at = pair.end()
    if pair["encoded"] is not None:
        value = _VALUE_ENCODED
    elif text[pair.start() - 1 : pair.start()] == ":" and text[at - 1] == ":":
        return []  # part of an ARN: arn:aws:secretsmanager:…:secret:name
    elif pair["plain"] == ":" and _normal(pair["name"]).endswith(_HEADER_NAMES):
        value = _LINE
    else:
        value = _VALUE
    opening = _QUOTE.match(text, at)
    if opening is not None:
        # The quote may as well end the string in which the name stands.
        if _NOT_AFTER_OPENING.match(text, opening.end()) or not _is_opening(opening[0]):
            return []
        end = _string_end(text, opening.end(), opening[0])
        return [_Secret(opening.end(), end)] if end > opening.end() else []
    found = value.match(text, at)
    return [_Secret(at, found.end())] if found and found[0] else []


def _is_opening(quote: str) -> bool:
    """Whether such a quote opens a string at some depth of JSON in JSON: 0, 1, 3, 7, … backslashes.

    Apostrophes (Python's way to print) are known at the surface alone.
    """
    before = len(quote) - 1
    return before & (before + 1) == 0 if quote[-1] == '"' else before == 0


def _string_end(text: str, start: int, quote: str) -> int:
    """Where the string ends that `quote` (backslashes and a quote) opened before `start`.

    n backslashes open it. A backslash of its content is written as n + 1, an escaped one as
    2(n + 1), so modulo 2(n + 1) its end has n before the quote and a quote of its content 2n + 1;
    any other number ends a string around it, and this one with it.
    """
    if quote[-1] == "'":
        return _end_of(_SINGLE_QUOTED, text, start)
    before = len(quote) - 1
    period = 2 * (before + 1)
    at = start
    while (found := text.find('"', at)) >= 0:
        run = found - at - len(text[at:found].rstrip("\\"))
        if run % period == before:
            return found - before
        if run % period != 2 * before + 1:
            return found - run
        at = found + 1
    return len(text)


def _end_of(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return start if match is None else match.end()
