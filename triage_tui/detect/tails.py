"""How likely a count is that large: tails of the negative binomial, and of one whose rate is only
known from a few observations. Base-10 logarithms, exact far out where plain numbers are 0.
"""

from __future__ import annotations

import math

_LN10 = math.log(10)
_TINY = 1e-300
_CLOSE = 1e-12
_STEPS = 500
_FIRST = 24
"""Terms that are added up one by one; from there on they are as smooth as their integral wants."""
_STEP = 1 / 5
_SMALL = 1e-9
"""Of the integral: its steps, and the part of it below which it ends. So its logarithm is right to
eight digits; the tests hold it against exact sums."""
_WIDEST = 1e12
_FAR = 1e8
"""From there on the difference between two gamma functions is told by powers: it would drown in
what their own logarithms are rounded by."""
_BELOW = 40.0
"""By how much the logarithm of a term must be less than the greatest, for all below it to be
nothing."""


def log_beta(a: float, b: float) -> float:
    """The natural logarithm of Euler's beta function."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method;
    it is quick for x below (a + 1) / (a + b + 2)."""
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 + term * d
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = 1.0 + term / c
            c = c if abs(c) > _TINY else _TINY
            value *= c * d
        if abs(c * d - 1.0) < _CLOSE:
            break
    return value


def log_incomplete_beta(x: float, y: float, a: float, b: float) -> float:
    """The natural logarithm of the regularised incomplete beta function at x; y is 1 - x, given
    apart because it may be far smaller than what x can tell."""
    if x <= 0:
        return -math.inf
    if y <= 0:
        return 0.0
    front = a * math.log(x) + b * math.log(y) - log_beta(a, b)
    if x < (a + 1) / (a + b + 2):
        return min(0.0, front - math.log(a) + math.log(_fraction(x, a, b)))
    rest = math.exp(min(0.0, front - math.log(b) + math.log(_fraction(y, b, a))))
    return math.log1p(-rest) if rest < 1 else -math.inf


def tail(count: int, shape: float, mean: float) -> float:
    """log10 of P(X >= count) for a negative binomial of that mean and shape: its variance is
    mean + mean² / shape."""
    if count <= 0:
        return 0.0
    if mean <= 0:
        return -math.inf
    whole = mean + shape
    return log_incomplete_beta(mean / whole, shape / whole, count, shape) / _LN10


def bound(count: int, shape: float, mean: float) -> float:
    """At least -log10 of P(X >= count), quickly: Chernoff's bound."""
    if count <= mean:
        return 0.0
    both, spread = mean + shape, count + shape
    found = count * math.log(count * both / (mean * spread)) - shape * math.log(spread / both)
    return max(0.0, found / _LN10)


def predictive_tail(count: int, shape: float, hours: float, total: float) -> float:
    """log10 of P(X >= count) in the next hour, where so many `hours` were seen, with a `total` of
    events in them: a negative binomial whose chance of success is not known better than that.

    That chance has a beta distribution, and what it makes likely is averaged over it: few hours
    seen make large counts less astonishing. `hours` (times shape) and `total` hold the prior's
    share too, and are positive.
    """
    if count <= 0:
        return 0.0
    terms = _Terms(shape, shape * hours, total)
    first, ratio, likely = 0.0, 1.0, terms.log(count)
    for at in range(count, count + _FIRST):
        first += ratio
        ratio *= terms.ratio(at)
    found = terms.whole + likely + math.log(first)
    if ratio > _CLOSE * first:
        rest = _from(terms, count + _FIRST)
        if rest is None:
            return 0.0
        more = terms.whole + rest
        found, less = max(found, more), min(found, more)
        found += math.log1p(math.exp(less - found))
    return min(0.0, found / _LN10)


class _Terms:
    """The likelihoods of a negative binomial whose chance of success has a beta distribution: their
    logarithms, but for a summand that all of them have."""

    def __init__(self, shape: float, a: float, b: float) -> None:
        self._shape, self._b, self._both = shape, b, a + b + shape
        self.whole = math.lgamma(a + shape) + math.lgamma(a + b)
        for each in (shape, a, b):
            self.whole -= math.lgamma(each)
        """The summand."""
        self.most = (shape * b - self._both) / (a + 1)
        """Where they are greatest; below 0 where they fall from the first on."""

    def log(self, at: float) -> float:
        """Of a count, and of what lies between counts."""
        if at > _FAR:
            powers = self._shape - 1, self._both - self._b
            near, far = (
                math.log(at + self._shape / 2),
                math.log(at + (self._b + self._both - 1) / 2),
            )
            return powers[0] * near - powers[1] * far
        log = math.lgamma
        return log(at + self._shape) + log(at + self._b) - log(at + 1) - log(at + self._both)

    def ratio(self, at: int) -> float:
        """Of the next count's to that of a count."""
        return (at + self._shape) * (at + self._b) / ((at + 1) * (at + self._both))


def _from(terms: _Terms, count: int) -> float | None:
    """The logarithm of what the terms add up to from a count of some size on: their integral, by
    the midpoint rule, with its first correction. None where all that is likely lies beyond."""
    begin, peak = count - 0.5, max(count - 0.5, terms.most)
    top = terms.log(peak)
    at_begin = terms.log(count) - top
    if at_begin < -_BELOW:
        return None
    width = max(1.0, peak - begin)
    while terms.log(peak + width) > top - 1 and width < _WIDEST:
        width *= 2

    def part(place: float) -> float:
        """Of the integral, over steps whose width grows and falls off exponentially."""
        beyond = width * math.exp(place - math.exp(-place))
        return math.exp(terms.log(begin + beyond) - top) * beyond * (1 + math.exp(-place))

    area, step = 0.0, 0
    for direction in (1, -1):
        while True:
            found = part(step * _STEP)
            area += found
            if found <= _SMALL * area and abs(step * _STEP) > 1:
                break
            step += direction
        step = -1
    slope = math.exp(at_begin) - math.exp(terms.log(count - 1) - top)
    return top + math.log(area * _STEP + slope / 24)
