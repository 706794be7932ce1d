"""How bad a hole is: by its CVSS vector, else by a score, else by a word."""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

_VECTOR = re.compile(r"CVSS:(3\.[01]|4\.0)/[A-Za-z/:]{8,200}")
_VECTOR_2 = re.compile(r"\(?((?:[A-Za-z]{1,3}:[A-Z]{1,3}/){5,16}[A-Za-z]{1,3}:[A-Z]{1,3})\)?")
_LONGEST = 300
"""Characters of a vector."""
_RATINGS = (
    (9.0, Severity.CRITICAL),
    (7.0, Severity.HIGH),
    (4.0, Severity.MEDIUM),
    (0.1, Severity.LOW),
    (0.0, Severity.INFORMATIONAL),
)
_WORDS = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "important": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "low": Severity.LOW,
    "minor": Severity.LOW,
    "negligible": Severity.INFORMATIONAL,
    "info": Severity.INFORMATIONAL,
    "informational": Severity.INFORMATIONAL,
    "none": Severity.INFORMATIONAL,
}


class Rating(NamedTuple):
    """How bad it is, and by what."""

    severity: Severity
    score: float | None
    vector: str


def rate(vectors: Iterable[object], score: object = None, word: object = None) -> Rating:
    """The first vector that is one decides; without any the score does, and without that the
    word."""
    for vector in vectors:
        if (
            isinstance(vector, str)
            and len(vector) <= _LONGEST
            and (found := base_score(vector)) is not None
        ):
            return Rating(of_score(found), found, vector)
    number = score_of(score)
    if number is not None:
        return Rating(of_score(number), number, "")
    return Rating(of_word(word), None, "")


def of_score(score: float) -> Severity:
    """The rating that CVSS gives a score from 0 to 10."""
    return next((level for least, level in _RATINGS if score >= least), Severity.INFORMATIONAL)


def of_word(word: object) -> Severity:
    """NONE for what is no word for it."""
    return (
        _WORDS.get(word.strip().lower(), Severity.NONE) if isinstance(word, str) else Severity.NONE
    )


def score_of(value: object) -> float | None:
    """A score, as a number or its digits; 0 is what many write who know none."""
    return _number(value, 0.1, 10.0)


def probability_of(value: object) -> float | None:
    """A probability, as a number or its digits."""
    return _number(value, 0.0, 1.0)


def _number(value: object, least: float, most: float) -> float | None:
    if isinstance(value, str) and len(value) <= 20:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value) if least <= value <= most else None


@functools.lru_cache(maxsize=4096)
def base_score(vector: str) -> float | None:
    """The base score of a vector of CVSS 2, 3 or 4; None for what is none."""
    version = _VECTOR.fullmatch(vector)
    old = None if version else _VECTOR_2.fullmatch(vector)
    if version is None and old is None:
        return None
    try:
        import cvss  # type: ignore[import-untyped]
    except ModuleNotFoundError:  # the trigger goes without: there the source's own score counts
        return None
    try:
        if old is not None:
            return float(cvss.CVSS2(old[1]).base_score)
        read = cvss.CVSS4 if vector.startswith("CVSS:4") else cvss.CVSS3
        return float(read(vector).base_score)
    except cvss.CVSSError:
        return None
