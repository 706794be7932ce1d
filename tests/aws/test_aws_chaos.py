"""The short form of the chaos run; `make soak` has the long one."""

import pytest

from tests.aws.chaos import CALLS, FRAMES, OFTEN, chaos


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_lost_and_nothing_is_twice(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")  # the run sets it
    found = await chaos(seed, events=12_000, groups=12, per_tick=30, often=OFTEN)
    assert (found.lost, found.twice) == ({}, {})
    assert found.twins > 60
    kinds = {fault for _, fault in found.fired}
    assert len(kinds & {*CALLS, *FRAMES}) >= 5
