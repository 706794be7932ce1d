"""The texts of a record that are looked through as a whole: for keywords, and for what rules cannot
do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .fields import WEB, decoded

if TYPE_CHECKING:
    from triage_tui.formats.seen import Seen

_LONGEST_REQUEST = 8_000
"""Characters of a request that are looked through; less than are decoded."""
_ENCODED_AGENT = "cloudfront"
"""The format that logs user agents as parts of URLs."""


class Looked(NamedTuple):
    """What is looked through first, a text a line."""

    request: str | None
    """What stands in a value of a request's slots (all that are not steady) stands in it, letters
    in any case. Whole addresses begin with `https://` there. None where it is too long to be
    sure."""
    raw: bytes
    """The record as it is, and what its parts are without escapes."""


def looked(seen: Seen) -> Looked:
    """The texts of one record."""
    if seen.format not in WEB:
        return Looked("", with_more(seen.raw, unescaped(seen)))
    path, raw = seen.path or "", seen.raw
    query, host, referer, cookie = seen.asked
    target = f"{path}?{query}" if query else path
    start = f"https://{host}" if host else ""
    if "%" in target or "+" in target or b"\\" in raw:
        return Looked(_request(path, target, start, cookie), with_more(raw, unescaped(seen)))
    request = None if len(target) > _LONGEST_REQUEST else f"{start}{target}"
    if cookie:
        request = request and f"{request}\n{cookie}"
        if "%" in cookie:
            return Looked(request, with_more(raw, unescaped(seen)))
    if (referer and "%" in referer) or seen.format == _ENCODED_AGENT:
        return Looked(request, with_more(raw, unescaped(seen)))
    return Looked(request, raw)


def _request(path: str, target: str, start: str, cookie: str | None) -> str | None:
    if len(target) > _LONGEST_REQUEST:
        return None
    texts = [f"{start}{form}" for form in decoded(target, plus=True)]
    if "+" in path:
        texts += decoded(path)
    if cookie:
        texts.append(cookie)
    return "\n".join(texts)


def keyword_text(seen: Seen) -> bytes:
    """What keywords are looked for in: the record as it is, its request in one piece, and its parts
    without escapes."""
    more = unescaped(seen)
    if seen.format in WEB and seen.asked.query:
        more = f"{seen.path or ''}?{seen.asked.query}\n{more}"
    return with_more(seen.raw, more)


def with_more(raw: bytes, more: str) -> bytes:
    """Both, where there is more."""
    return b"%b\n%b" % (raw, more.encode("utf-8", "replace")) if more else raw


def unescaped(seen: Seen) -> str:
    """What a record's parts are without the escapes of JSON and of URLs, a text a line; "" where
    there are none."""
    raw = seen.raw
    if seen.format not in WEB:
        return "\n".join(decoded(raw.decode("utf-8", "replace"))[1:]) if b"%" in raw else ""
    found: list[str] = []
    path, asked = seen.path or "", seen.asked
    target = f"{path}?{asked.query}" if asked.query else path
    if "%" in target or "+" in target:
        found += decoded(target, plus=True)[1:]
    if b"\\" in raw:
        found += filter(None, (path, seen.agent, *asked))
    for part in (asked.referer, asked.cookie):
        if part and "%" in part:
            found += decoded(part)[1:]
    if seen.format == _ENCODED_AGENT and seen.agent and b"%" in raw:
        found.append(seen.agent)
    return "\n".join(found)
