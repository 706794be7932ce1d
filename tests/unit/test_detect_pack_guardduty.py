"""The guardduty rules of our own pack, on records of both sides."""

from pathlib import Path

import pytest

from tests.pack.cases import Case
from tests.pack.findings import CASES
from tests.pack.judge import judge


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_fires_and_is_silent(case: Case, tmp_path: Path) -> None:
    judge(case, tmp_path)
