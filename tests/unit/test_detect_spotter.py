"""Looking for short pieces of texts in one go finds what looking for each of the texts finds."""

from itertools import zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_tui.detect.regex import Many
from triage_tui.detect.spotter import chosen, spotter

TEXTS = ("${jndi:", "${", "() {", "/../../", "0x2e0x2e", "@@x=", "\\u", "\u0130", "k[$", "%24%7b")
LINES = ("formatVersion", "\u212a[$", "x2", "/../", "$", "{", "() ", "0X2", "é", "{:", "i\u0307")


def _spelled(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from([text, text.upper(), text.title(), text.swapcase(), text[1:], text[:-1]])


texts = st.lists(st.sampled_from(TEXTS), min_size=1, unique=True)
lines = st.lists(
    st.lists(st.sampled_from([*TEXTS, *LINES]).flatmap(_spelled), max_size=4).map("".join),
    min_size=1,
    max_size=12,
)


@given(texts, lines, lines)
@settings(max_examples=300, deadline=None)
def test_nothing_is_missed(texts: list[str], lines: list[str], between: list[str]) -> None:
    block, starts, ends = b"", [], []
    for line, before in zip_longest(lines, between[: len(lines)], fillvalue=""):
        block += before.encode()
        starts.append(len(block))
        block += line.encode()
        ends.append(len(block))
    found = spotter(texts)
    assert found is not None
    wanted = {
        place
        for place, line in enumerate(lines)
        if any(text in line or text in line.lower() for text in texts)
    }
    assert wanted <= set(found.among(memoryview(block), starts, ends))
    many = Many([(text, True) for text in texts], cased=False)
    assert wanted <= set(many.among([line.encode() for line in lines]))


def test_what_is_found_at_the_end_of_one_hides_nothing_in_the_next() -> None:
    found = spotter(["@$@{", "{[]("])
    assert found is not None
    block = b"a@$@{[](b"
    assert {*found.among(memoryview(block), [0, 4], [4, len(block)])} == {0, 1}


@pytest.mark.parametrize(
    ("texts", "pieces"),
    [
        (["${jndi:", "${"], ["${"]),
        (["/../../", "../../../"], ["/../../"]),
        (["0x5c0x2e", "0x2f0x2e", "0x2e0x2e"], ["0x2e"]),
        (["\\u", "\u0130"], ["\\u", "\u0130"]),
    ],
)
def test_texts_share_a_piece_that_is_seldom(texts: list[str], pieces: list[str]) -> None:
    assert sorted(chosen(texts) or ()) == sorted(pieces)


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["\u00e9\u00e9"],  # whose other case is not listed
        ["formatversion"],  # stands in every record, and so does every piece of it
        [f"{number:03}@" for number in range(65)],
    ],
)
def test_where_pieces_are_of_no_use_there_are_none(texts: list[str]) -> None:
    assert spotter(texts) is None


def test_a_block_too_large_for_what_may_be_found_in_it_is_searched_all_the_same() -> None:
    line = b"${" * (1 << 19)
    block = b"\n".join([b"x", line, b"y"])
    starts, ends = [0, 2, 3 + len(line)], [1, 2 + len(line), len(block)]
    many = Many([("${", True)], cased=False)
    assert list(many.among_standing(block, starts, ends)) == [1]
