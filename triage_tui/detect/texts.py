"""The texts of a record that are looked through as a whole: for keywords, and for what rules cannot
do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .fields import WEB, decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from triage_tui.formats.seen import Read, Seen, Standing

_LONGEST_REQUEST = 8_000
"""Characters of a request that are looked through; less than are decoded."""
_ENCODED_AGENT = "cloudfront"
"""The format that logs user agents as parts of URLs."""
_ALWAYS_OBJECTS = "waf"
"""The format whose records are all objects of JSON."""
_OBJECT, _BACKSLASH = ord("{"), b"\\"


class Looked(NamedTuple):
    """What is looked through first, of some records."""

    requests: list[str]
    """What stands in a value of a request's slots (all that are not steady, but the cookie),
    letters in any case. Whole addresses begin with `https://`."""
    unsure: list[int]
    """The places of those that are too long to be looked through."""
    cookies: list[str]
    """The values of the cookie's slot, a line each."""
    raws: Sequence[bytes]
    """Each record as it is."""
    more: dict[int, bytes]
    """By place what belongs to it: what its parts are without the escapes of URLs."""
    agents: Sequence[str | None] = ()
    """The same of user agents, where a log encodes them; they come again and again."""
    standing: Standing | None = None
    """Where `raws` stand."""


def looked(records: Iterable[Seen]) -> Looked:
    """The texts of records, one by one."""
    requests: list[str] = []
    unsure: list[int] = []
    cookies: list[str] = []
    raws: list[bytes] = []
    more: dict[int, bytes] = {}
    for place, seen in enumerate(records):
        web = seen.format in WEB
        request = _resolved(seen) if web else ""
        if request is None:
            unsure.append(place)
        requests.append(request or "")
        cookies.append("\n".join(decoded(seen.asked.cookie or "")))
        raws.append(seen.raw)
        if text := unescaped(seen, letters_alone=web):
            more[place] = _encoded(text)
    return Looked(requests, unsure, cookies, raws, more)


def looked_through(read: Read) -> Looked:
    """The texts of many records of one format. Most have nothing to resolve, and are done with at
    once."""
    if read.format[0] not in WEB:
        return looked(map(read.seen, range(len(read.raw))))
    queries, hosts, referers, cookies = zip(*read.asked, strict=True)
    requests = [
        f"https://{host or ''}{path or ''}?{query or ''}"
        for host, path, query in zip(hosts, read.path, queries, strict=True)
    ]
    agents = read.agent if read.format[0] == _ENCODED_AGENT else ()
    found = Looked(
        requests, [], [text or "" for text in cookies], read.raw, {}, agents, read.standing
    )
    escaped = {
        place
        for part in (referers, cookies)
        for place, text in enumerate(part)
        if text and "%" in text
    }
    for place in escaped:
        cookie = decoded(found.cookies[place])
        found.cookies[place] = "\n".join(cookie)
        more = "\n".join((*_resolved_parts((referers[place],)), *cookie[1:]))
        if more:
            found.more[place] = _encoded(more)
    odd = [place for place, text in enumerate(requests) if "%" in text or "+" in text]
    if read.format[0] != _ALWAYS_OBJECTS:
        raws = enumerate(read.raw)
        odd += [place for place, raw in raws if raw[0] != _OBJECT and _BACKSLASH in raw]
    if max(map(len, requests)) > _LONGEST_REQUEST:
        odd += [place for place, text in enumerate(requests) if len(text) > _LONGEST_REQUEST]
    for place in odd:
        seen = read.seen(place)
        request = _resolved(seen)
        if request is None:
            found.unsure.append(place)
        requests[place] = request or ""
        if more := unescaped(seen, letters_alone=True):
            found.more[place] = _encoded(more)
    return found


def _resolved(seen: Seen) -> str | None:
    """The request, and what it is without the escapes of URLs."""
    path, asked = seen.path or "", seen.asked
    target = f"{path}?{asked.query or ''}"
    if len(target) > _LONGEST_REQUEST:
        return None
    found = [f"https://{asked.host or ''}{form}" for form in decoded(target, plus=True)]
    if "+" in path:
        found += decoded(path)
    return "\n".join(found)


def keyword_text(seen: Seen) -> bytes:
    """What keywords are looked for in: the record as it is, its request in one piece, and its parts
    without escapes."""
    more = unescaped(seen)
    if seen.format in WEB and seen.asked.query:
        more = f"{seen.path or ''}?{seen.asked.query}\n{more}"
    return with_more(seen.raw, more)


def with_more(raw: bytes, more: str) -> bytes:
    """Both, where there is more."""
    return b"%b\n%b" % (raw, _encoded(more)) if more else raw


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def unescaped(seen: Seen, *, letters_alone: bool = False) -> str:
    """What a record's parts are without the escapes of JSON and of URLs, a text a line; "" where
    there are none. With `letters_alone`, escapes of JSON that hide no letter stay."""
    raw = seen.raw
    if seen.format not in WEB:
        return "\n".join(decoded(raw.decode("utf-8", "replace"))[1:]) if b"%" in raw else ""
    found: list[str] = []
    path, asked = seen.path or "", seen.asked
    target = f"{path}?{asked.query}" if asked.query else path
    if "%" in target or "+" in target:
        found += decoded(target, plus=True)[1:]
    if _BACKSLASH in raw and not (letters_alone and raw[0] == _OBJECT):
        found += filter(None, (path, seen.agent, *asked))
    found += _resolved_parts((asked.referer, asked.cookie))
    if seen.format == _ENCODED_AGENT and seen.agent and b"%" in raw:
        found.append(seen.agent)
    return "\n".join(found)


def _resolved_parts(parts: Iterable[str | None]) -> Iterator[str]:
    """What they are without the escapes of URLs, where there are any."""
    for part in parts:
        if part and "%" in part:
            yield from decoded(part)[1:]
