"""Tails of the negative binomial, held against exact sums of fractions."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.detect.tails import bound, log_beta, predictive_tail, tail


def exact_tail(count: int, shape: int, mean: Fraction) -> Fraction:
    """P(X >= count): one less what the terms below it add up to."""
    fail = mean / (mean + shape)
    below = sum(math.comb(k + shape - 1, k) * fail**k * (1 - fail) ** shape for k in range(count))
    return Fraction(1) - below


def rising(start: int, steps: int) -> int:
    return math.prod(range(start, start + steps))


def exact_predictive(count: int, shape: int, a: int, b: int) -> Fraction:
    """The same where the chance of success has a beta distribution: all terms are fractions."""
    below = sum(
        Fraction(
            math.comb(shape + k - 1, k) * rising(a, shape) * rising(b, k), rising(a + b, shape + k)
        )
        for k in range(count)
    )
    return Fraction(1) - below


def log10(value: Fraction) -> float:
    return (math.log(value.numerator) - math.log(value.denominator)) / math.log(10)


@pytest.mark.parametrize("shape", [1, 2, 7])
@pytest.mark.parametrize("mean", [Fraction(1, 10), Fraction(3), Fraction(100)])
@pytest.mark.parametrize("count", [1, 2, 10, 150, 600])
def test_tail(count: int, shape: int, mean: Fraction) -> None:
    exact = log10(exact_tail(count, shape, mean))
    assert tail(count, shape, float(mean)) == pytest.approx(exact, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("shape", [1, 3, 8])
@pytest.mark.parametrize(("hours", "total"), [(1, 4), (2, 45), (30, 200), (200, 90)])
@pytest.mark.parametrize("count", [1, 3, 40, 300])
def test_predictive_tail(count: int, shape: int, hours: int, total: int) -> None:
    exact = log10(exact_predictive(count, shape, shape * hours, total))
    found = predictive_tail(count, shape, hours, total)
    assert found == pytest.approx(exact, rel=1e-6, abs=1e-6)


def test_far_out_it_is_still_a_number() -> None:
    for count, hours, total in ((10**9, 16_000, 3000), (10**6, 3, 20), (421, 2, 5 * 10**6)):
        exact = (log_beta(hours, total + count) - log_beta(hours, total)) / math.log(10)
        assert predictive_tail(count, 1, hours, total) == pytest.approx(exact, rel=1e-6, abs=1e-6)
    assert -(10**6) < predictive_tail(10**9, 8, 2000, 3000) < -10_000
    assert tail(10**6, 5, 0.001) < -1_000_000
    assert tail(5, 1, 0) == -math.inf
    assert tail(0, 1, 5) == predictive_tail(0, 1, 1, 1) == 0


@pytest.mark.parametrize("count", [10**5, 10**7, 10**9, 10**12])
def test_who_knows_next_to_nothing_expects_anything(count: int) -> None:
    """Far out the tail is a power of the count, with no end in sight to what it is the sum of."""
    shape, hours = 0.25, 2
    one, twice = (predictive_tail(each, shape, hours, 20) for each in (count, 2 * count))
    assert one - twice == pytest.approx(shape * hours * math.log10(2), rel=1e-3)


@given(
    st.integers(1, 10**5),
    st.floats(0.25, 8),
    st.floats(2, 2000),
    st.floats(20, 10**6),
)
def test_more_is_never_more_likely(count: int, shape: float, hours: float, total: float) -> None:
    one = predictive_tail(count, shape, hours, total)
    more = predictive_tail(count + max(1, count // 3), shape, hours, total)
    assert more <= one + 1e-6
    assert one <= 0


@given(st.integers(1, 3000), st.floats(0.25, 8), st.floats(0.1, 500))
def test_the_quick_bound_is_one(count: int, shape: float, mean: float) -> None:
    exact = -tail(count, shape, mean)
    assert 0 <= bound(count, shape, mean) <= exact + 1e-9
    # What such a bound leaves out is a factor of about the count.
    assert exact <= bound(count, shape, mean) + math.log10(count) + 1


@given(st.integers(20, 2000), st.floats(0.25, 8), st.floats(1, 50))
def test_who_knows_less_is_less_astonished(count: int, shape: float, mean: float) -> None:
    known = [predictive_tail(count + 100, shape, hours, mean * hours) for hours in (3, 30, 300)]
    assert known == sorted(known, reverse=True)
