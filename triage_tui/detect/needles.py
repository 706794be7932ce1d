"""Some texts to look for in much text, each by a character that is seldom.

An automaton takes every byte in hand. RE2 is many times as fast with a pattern that begins with one
certain byte: it goes from one of these to the next. So texts are grouped by a character that they
share, and each group is a pattern that begins there; two, where the character has two cases.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_COMMON = {
    **dict.fromkeys('0e"', 0.08),
    **dict.fromkeys("123at nslurio:.,-", 0.04),
    **dict.fromkeys("4568cdghmpAGHIRST/%", 0.02),
    **dict.fromkeys("79bfvwxyCEKLMNWX{}=", 0.008),
    **dict.fromkeys("kqzBDOPQVZ()[]_;", 0.004),
}
"""About which part a character is of the logs that have most of it."""
_SELDOM = 0.001
_ORDINARY = (
    "timestamp formatversion webaclid arn:aws:wafv2: regional/webacl/ terminatingruleid default_"
    "action managed_rule_group terminatingruletype httpsourcename httpsourceid aws#awsmanagedrules"
    " knownbadinputs commonruleset sqliruleset linux windows anonymous iplist amazonipreputation"
    "botcontrolruleset nonterminatingmatchingrules excludedrules customerconfig null ratebasedrule"
    " requestheadersinserted responsecodesent httprequest clientip country upgrade-insecure-request"
    "s user-agent mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko)"
    " chrome/ safari/ firefox/ edg/ accept text/html,application/xhtml+xml,application/xml;q=0.9,"
    "image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7 sec-fetch-"
    "site same-origin none navigate document empty cors referer accept-encoding gzip, deflate, br"
    " accept-language en-us,en cookie session authorization bearer https://www. .com httpversion"
    " http/2.0 httpmethod get post requestid labels awswaf:managed:token:absent awswaf:managed:aws:"
    " bot-control:bot:category: ja3fingerprint ja4fingerprint requestbodysizeinspectedbywaf"
    " x-forwarded-for content-type content-length x-amzn-trace-id x-requested-with xmlhttprequest"
    " elasticloadbalancing targetgroup tlsv1.2 ecdhe-rsa-aes128-gcm-sha256 certificate cloudfront"
)
"""What stands in the web's logs all the time."""
_WALK, _STOP = 0.04, 8.0
"""Nanoseconds: for a byte that is gone over, and for one at which a pattern begins."""
_AUTOMATON = 2.2
"""The same for a byte that an automaton takes in hand, at the least."""
_OTHER_FORMS = frozenset("ks")
"""Letters that are lower case of more than one other: of the long s and the sign for Kelvin."""
AS_IT_STANDS = "\u0130"
"""No text in lower case has this letter: it is asked for itself."""
_MOST = 500
"""Texts; more have no character in common that is seldom."""
_TELLING = 4e-5
"""How often an end of a text that is looked for in its stead may begin at a place, at the most."""

Group = tuple[str, frozenset[str]]
"""A character, and the ends of texts that begin with it."""


def groups(texts: Sequence[str]) -> list[Group] | None:
    """The groups of texts in lower case that are looked for in letters of any case; None where an
    automaton is as quick. Whatever holds a text holds an end of it."""
    if len(texts) > _MOST:
        return None
    options: dict[str, dict[str, str]] = {}
    for text in texts:
        for front, end in _ends(text):
            options.setdefault(front, {}).setdefault(text, end)
    fronts = _cheapest(set(texts), options)
    if fronts is None or sum(map(_cost, fronts)) >= _AUTOMATON:
        return None
    left, found = set(texts), []
    for front in fronts:
        ends = {end for text, end in options[front].items() if text in left}
        found.append((front, frozenset(ends)))
        left.difference_update(options[front])
    return found


def _cheapest(texts: set[str], options: Mapping[str, Mapping[str, str]]) -> list[str] | None:
    """Characters of which every text has one: each time the one that costs the least for a text,
    and without those that the others make up for. None where a text has none."""
    left, chosen = set(texts), []

    def worth(front: str) -> tuple[float, str]:
        return _cost(front) / len(left.intersection(options[front])), front

    while left:
        fronts = [front for front, ends in options.items() if not left.isdisjoint(ends)]
        if not fronts:
            return None
        chosen.append(min(fronts, key=worth))
        left.difference_update(options[chosen[-1]])
    for front in sorted(chosen, key=_cost, reverse=True):
        others = [options[other] for other in chosen if other != front]
        if all(any(text in each for each in others) for text in options[front]):
            chosen.remove(front)
    return chosen


def _ends(text: str) -> Iterator[tuple[str, str]]:
    for at, front in enumerate(text):
        end = text[at:]
        if at and not is_telling(end):
            return
        if (front.isascii() and front not in _OTHER_FORMS) or front == AS_IT_STANDS:
            yield front, end


def is_telling(end: str) -> bool:
    """Whether records seldom hold it."""
    return prod(map(often, end)) < _TELLING and end not in _ORDINARY


def often(char: str) -> float:
    return _COMMON.get(char, _SELDOM)


def _cost(front: str) -> float:
    return sum(_WALK + _STOP * often(each) for each in cases(front))


def cases(front: str) -> Sequence[str]:
    """A character in both its cases, where it has two."""
    return sorted({front, front.upper()})
