"""On a healthy account and a healthy site our own pack raises no alarm."""

from pathlib import Path

import pytest

from tests.pack import quiet
from tests.pack.judge import detections, written
from triage_tui.model import Severity


def _alarms(records: list[bytes], folder: Path) -> set[str]:
    found = detections(written(records, folder))
    return {each.title for each in found if each.level >= Severity.MEDIUM}


def test_an_account_at_work_raises_no_alarm(tmp_path: Path) -> None:
    assert _alarms(quiet.account(), tmp_path) == set()


def test_a_site_at_work_raises_no_alarm(tmp_path: Path) -> None:
    assert _alarms(quiet.site(), tmp_path) == set()


@pytest.mark.parametrize("log", ["waf", "alb", "cloudfront"])
def test_nor_do_others_logs_of_it(log: str, tmp_path: Path) -> None:
    assert _alarms(quiet.edges()[log], tmp_path) == set()
