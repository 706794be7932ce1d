"""The identity rules of our own pack, on records of both sides."""

import pytest

from tests.pack.cases import Case
from tests.pack.identity import CASES
from tests.pack.judge import by_title, found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_fires_and_is_silent(case: Case) -> None:
    if by_title()[case.title].correlation is None:
        assert all(case.title in titles for titles in found(case.fires))
        assert not any(case.title in titles for titles in found(case.silent))
