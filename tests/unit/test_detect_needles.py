"""Looking for texts by a character that is seldom finds what looking for each of them finds."""

from itertools import zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_tui.detect.needles import groups
from triage_tui.detect.regex import Many

TEXTS = ("${jndi:", "() {", "/../../", "0x2e0x2e", "@@version", "union select", "kisses", "%24%7b")
LINES = (
    "formatVersion",
    "\u212aisses",
    "ki\u017fses",
    "x2",
    "/../",
    "${",
    "select",
    "\n"[:0],
    "é",
    "{:",
)


def _spelled(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from([text, text.upper(), text.title(), text.swapcase(), text[1:], text[:-1]])


texts = st.lists(st.sampled_from(TEXTS), min_size=1, unique=True)
lines = st.lists(
    st.lists(st.sampled_from([*TEXTS, *LINES]).flatmap(_spelled), max_size=4).map("".join),
    max_size=12,
)


@given(texts, lines)
@settings(max_examples=300, deadline=None)
def test_nothing_is_missed(texts: list[str], lines: list[str]) -> None:
    block = [line.encode() for line in lines]
    many = Many([(text, True) for text in texts], cased=False)
    found = set(many.among_lines(b"\n".join(block), map(len, block)))
    wanted = {
        place for place, line in enumerate(lines) if any(text in line.lower() for text in texts)
    }
    assert wanted <= found
    assert found <= {place for place, line in enumerate(lines) if line}


@given(texts, lines.filter(bool), lines)
@settings(max_examples=300, deadline=None)
def test_nothing_is_missed_where_texts_stand_in_a_block(
    texts: list[str], lines: list[str], between: list[str]
) -> None:
    block, starts, ends = b"", [], []
    for line, before in zip_longest(lines, between[: len(lines)], fillvalue=""):
        block += before.encode()
        starts.append(len(block))
        block += line.encode()
        ends.append(len(block))
    many = Many([(text, True) for text in texts], cased=False)
    wanted = {
        place for place, line in enumerate(lines) if any(text in line.lower() for text in texts)
    }
    assert wanted <= set(many.among_standing(block, starts, ends))


@pytest.mark.parametrize(
    ("texts", "fronts"),
    [
        (["${jndi:", "${lower:", "() { :", "() {:"], ["$", "("]),
        (["${jndi:"], ["$"]),
        (["@@version"], ["@"]),  # `version` alone stands in every record
        (["kisses"], ["i"]),
        ([], []),
    ],
)
def test_texts_share_a_character_that_is_seldom(texts: list[str], fronts: list[str]) -> None:
    assert [front for front, _ in groups(texts) or ()] == fronts


def test_an_automaton_does_what_has_nothing_in_common() -> None:
    assert groups(["ksk"]) is None
    assert groups([f"{char}ete" for char in "abcdfghijlmnopqrtuvwxyz0123456789"]) is None
