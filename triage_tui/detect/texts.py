"""The texts of a record that are looked through as a whole: for keywords, and for what rules cannot
do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fields import WEB, decoded

if TYPE_CHECKING:
    from triage_tui.formats.seen import Seen

_LONGEST_REQUEST = 8_000
"""Characters of a request that are looked through; less than are decoded."""
_ENCODED_AGENT = "cloudfront"
"""The format that logs user agents as parts of URLs."""


Looked = tuple[str | None, bytes]
"""What is looked through first: a request, and a record.

What stands in a value of a request's slots (all that are not steady) stands in the first, letters
in any case. Whole addresses begin with `https://` there. None where it is too long to be sure. The
second is the record as it is, and what its parts are without escapes.
"""


def looked(seen: Seen) -> Looked:
    """The texts of one record. Most have nothing to resolve, and are done with at once."""
    raw = seen.raw
    if seen.format not in WEB:
        return "", with_more(raw, unescaped(seen))
    query, host, referer, cookie = seen.asked
    request = f"https://{host or ''}{seen.path or ''}?{query or ''}\n{cookie or ''}"
    if (
        "%" in request
        or "+" in request
        or b"\\" in raw
        or (referer and "%" in referer)
        or len(request) > _LONGEST_REQUEST
        or seen.format == _ENCODED_AGENT
    ):
        return _resolved(seen), with_more(raw, unescaped(seen))
    return request, raw


def _resolved(seen: Seen) -> str | None:
    """The request, and what it is without the escapes of URLs."""
    path, asked = seen.path or "", seen.asked
    target = f"{path}?{asked.query or ''}"
    if len(target) > _LONGEST_REQUEST:
        return None
    found = [f"https://{asked.host or ''}{form}" for form in decoded(target, plus=True)]
    if "+" in path:
        found += decoded(path)
    return "\n".join((*found, asked.cookie or ""))


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
