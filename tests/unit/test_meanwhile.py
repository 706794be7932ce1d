"""The short form of what is asked while more comes; `make soak` has the long one."""

import asyncio

import pytest

from tests.meanwhile import course


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_old_answers_and_what_is_new_is_as_by_a_fresh_triage(seed: int) -> None:
    assert asyncio.run(course(seed)) > 100
