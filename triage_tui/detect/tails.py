"""How likely a count is that large: tails of the negative binomial, and of one whose rate is only
known from a few observations. Base-10 logarithms, exact far out where plain numbers are 0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LN10 = math.log(10)
_TINY = 1e-300
_CLOSE = 1e-12
_STEPS = 500
_SECTIONS = 13
_NODES = 36
_DROP = 22
"""Of the integral over what is not known: it goes on to where the integrand is e**-22 of its peak;
the tests hold it against exact sums."""
_GOLDEN = (math.sqrt(5) - 1) / 2


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

    That chance has a beta distribution, and its tail is averaged over it: few hours seen make
    large counts less astonishing. `hours` (times shape) and `total` hold the prior's share too, and
    are positive.
    """
    if count <= 0:
        return 0.0
    a, b = shape * hours, total
    norm = log_beta(a, b)

    def part(logit: float) -> float:
        """The logarithm of the integrand, by the logit of the chance: log-concave."""
        log_p, log_q = -_softplus(-logit), -_softplus(logit)
        weight = a * log_p + b * log_q - norm
        return weight + log_incomplete_beta(math.exp(log_q), math.exp(log_p), count, shape)

    # Large counts come from small chances: the peak lies between what the tail alone would want
    # and what was seen.
    low, high = math.log(a) - math.log(b + count) - 1, math.log(a / b) + 1
    peak = _peak(part, low, high)
    top = part(peak)
    if top == -math.inf:
        return -math.inf
    width = 0.5 * math.sqrt(1 / a + 1 / (b + count))
    left, right = _reach(part, peak, -width, top), _reach(part, peak, width, top)
    step = (right - left) / (_NODES - 1)
    sum_ = math.fsum(math.exp(part(left + node * step) - top) for node in range(_NODES))
    return min(0.0, (top + math.log(sum_ * step)) / _LN10)


def _peak(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a concave function is greatest, to about a thousandth of the way."""
    while function(low) > function(low + 1e-3):
        low -= 1
    while function(high) > function(high - 1e-3):
        high += 1
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_a, at_b = function(a), function(b)
    for _ in range(_SECTIONS):
        if at_a < at_b:
            low, a, at_a = a, b, at_b
            b = low + _GOLDEN * (high - low)
            at_b = function(b)
        else:
            high, b, at_b = b, a, at_a
            a = high - _GOLDEN * (high - low)
            at_a = function(a)
    return (low + high) / 2


def _reach(function: Callable[[float], float], peak: float, step: float, top: float) -> float:
    """How far from its peak a function matters."""
    while function(peak + step) > top - _DROP:
        step *= 1.5
    return peak + step


def _softplus(x: float) -> float:
    return x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))
