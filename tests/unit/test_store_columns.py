"""The index's parts: dictionaries and the set of ids."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.store.columns import Dictionary, IdSet


@given(st.lists(st.lists(st.integers(0, 40) | st.integers(0, 2**64 - 1), max_size=60), max_size=12))
def test_an_id_is_claimed_once_in_whatever_portions_it_comes(portions: list[list[int]]) -> None:
    ids, seen = IdSet(), set[int]()
    for portion in portions:
        expected = []
        for number in portion:
            expected.append(number in seen)
            seen.add(number)
        assert ids.claim(np.array(portion, np.uint64)).tolist() == expected


@given(st.lists(st.lists(st.text(max_size=2), max_size=20), max_size=6))
def test_text_keeps_its_number(portions: list[list[str]]) -> None:
    dictionary = Dictionary()
    known: dict[str, int] = {"": 0}
    for portion in portions:
        for value in portion:
            known.setdefault(value, len(known))
        assert dictionary.numbers(iter(portion)).tolist() == [known[value] for value in portion]
    assert dictionary.values == list(known)
