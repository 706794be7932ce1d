"""In a Lambda emulator: log groups call the function that was packaged, and a topic gets what scan
finds. `make soak` has the whole night."""

from pathlib import Path

import pytest

from tests.trigger.emulated_night import night, told

MOST = 260
"""Records of each log: the whole night takes the emulator minutes."""


@pytest.mark.timeout(240)
def test_log_groups_call_it_and_the_topic_gets_what_scan_finds(tmp_path: Path) -> None:
    found = told(tmp_path, night(MOST))
    assert found.wrong == []
    assert len(found.wanted) > 20
    assert all("{" not in alert["rule"]["title"] for alert in found.alerts)
