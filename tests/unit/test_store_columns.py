"""The index's parts: dictionaries and the set of ids."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.store.columns import Dictionary, Growing, IdSet, Narrow


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


numbers = st.integers(-(2**63), 2**63 - 1) | st.integers(-130, 260) | st.just(-1)


@given(st.lists(st.lists(numbers, max_size=40), max_size=8))
def test_a_column_holds_what_was_put_in_and_views_stay(portions: list[list[int]]) -> None:
    columns, expected = (Growing(np.int64), Narrow(np.int64)), list[int]()
    views: list[tuple[list[int], object]] = []
    for portion in portions:
        expected += portion
        for column in columns:
            column.extend(np.array(portion, np.int64))
            views.append((list(expected), column.view()))
            assert [column.at(row) for row in range(len(column))] == expected
    for then, view in views:
        assert view.tolist() == then  # type: ignore[attr-defined]


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 300), max_size=40))
def test_a_narrow_column_is_no_wider_than_its_values(values: list[int]) -> None:
    column = Narrow(np.uint64)
    for value in values:
        column.extend(np.array([value], np.uint64))
    widest = max((value.bit_length() for value in values), default=0)
    varied = len(set(values)) > 1
    width = next(w for w in (1, 2, 4, 8) if widest <= 8 * w)
    assert column.nbytes == (len(values) * width if varied else 0)
    assert column.view().tolist() == values


def test_a_column_of_one_value_costs_nothing_however_long() -> None:
    column = Narrow(np.uint32)
    for _ in range(3):
        column.extend(np.full(100_000, 7, np.uint32))
    assert (column.nbytes, column.at(299_999), len(column)) == (0, 7, 300_000)
    column.extend(np.array([70_000], np.uint32))
    assert column.nbytes == 4 * 300_001
    assert column.view()[[0, 299_999, 300_000]].tolist() == [7, 7, 70_000]
