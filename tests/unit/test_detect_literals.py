"""Without RE2 the same is found: texts between wildcards, and what Python's `re` has to do."""

import re

import pytest
import re2  # type: ignore[import-untyped] # it has no types
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.detect.column import _pattern
from triage_tui.detect.literals import Several, as_python, pieces, searcher
from triage_tui.detect.ruleset import ANY_ONE, Test

few = st.text("ab.\\z*", max_size=4)
tests = st.builds(
    lambda op, value, parts, any_one: Test(
        field="f",
        op=op,
        value=value + (ANY_ONE if any_one else ""),
        parts=tuple(parts) if op == "glob" else (),
    ),
    st.sampled_from(["is", "starts", "ends", "contains", "glob"]),
    few,
    st.lists(few, min_size=1, max_size=4),
    st.booleans(),
)


@given(tests, st.text("ab.\\z*\n", max_size=10))
def test_a_comparison_is_the_same_as_in_re2(test: Test, text: str) -> None:
    pattern = _pattern(test)
    theirs = re2.compile(pattern.encode()).search(text.encode()) is not None
    assert (searcher(pattern)(text) is not None) is theirs


@given(tests)
def test_what_has_no_odd_character_is_plain(test: Test) -> None:
    pattern = _pattern(test)
    if ANY_ONE not in (test.value if test.op != "glob" else ""):
        assert pieces(pattern) is not None


@pytest.mark.parametrize("pattern", ["a+", "[ab]", r"\w", r"a\b", "(?i)a", "a|b", "^a", "a$"])
def test_what_is_more_is_left_to_re(pattern: str) -> None:
    assert pieces(pattern) is None
    assert searcher(pattern)("a")


def test_the_end_is_spelled_as_python_has_it() -> None:
    assert as_python(r"a\z") == r"a\Z"
    assert as_python(r"a\\z") == r"a\\z"
    assert re.compile(as_python(r"\Aa+\z")).search("aa")


def test_several_at_once() -> None:
    several = Several([("Ab", True), ("x.z", True), ("q", True)], cased=False)
    assert several.found(b"..aB..X.Z") == [0, 1]
    assert several.any(b"Q")
    assert not several.any(b"xyz")
    cased = Several([("Ab", True), (r"\d+", False)], cased=True)
    assert cased.found("ab Ab 7 é".encode()) == [0, 1]
