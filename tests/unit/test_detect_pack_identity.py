"""The identity rules of our own pack, on records of both sides."""

from pathlib import Path

import pytest

from tests.pack.cases import Case
from tests.pack.identity import CASES
from tests.pack.judge import detections, judge, written
from tests.pack.trust import CENTER


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_fires_and_is_silent(case: Case, tmp_path: Path) -> None:
    judge(case, tmp_path)


def test_guessing_at_identity_center_is_guessing_too(tmp_path: Path) -> None:
    titles = {each.title for each in detections(written(CENTER, tmp_path))}
    assert {"Console passwords guessed", "Console sign-in after many failures"} <= titles
    early = {each.title for each in detections(written([CENTER[-1], *CENTER[:3]], tmp_path))}
    assert not early & {"Console passwords guessed", "Console sign-in after many failures"}
