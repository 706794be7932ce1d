"""Globs that match nothing, wherever it is looked, are told; those that match somewhere are not."""

import pytest

from triage_tui.aws.globs import Globs
from triage_tui.aws.settings import LogsSettings
from triage_tui.health import LiveHealth


@pytest.fixture
def settings() -> LogsSettings:
    return LogsSettings(groups=("/shop/*", "/nope/*", "trail"), exclude=("*-debug",))


def test_what_is_wanted(settings: LogsSettings) -> None:
    globs = Globs(settings)
    taken = ("/shop/a", "/shop/a/b", "trail")
    left = ("/shop", "/shop/a-debug", "trails", "x/shop/a", "/SHOP/a")
    assert all(map(globs.take, taken))
    assert not any(map(globs.take, left))


def test_a_glob_counts_as_unmatched_where_all_have_looked_and_none_found_it(
    settings: LogsSettings,
) -> None:
    globs, here, there = Globs(settings, 2), LiveHealth(), LiveHealth()
    globs.looked(here, {"/shop/a-debug", "other"})
    assert here.unmatched == ()  # the other one may find it
    globs.looked(there, {"trail"})
    assert here.unmatched == there.unmatched == ("/nope/*",)
    globs.looked(here, {"/nope/1"})  # it has been made meanwhile, and /shop is gone
    assert here.unmatched == there.unmatched == ("/shop/*",)
    globs.looked(here, {"/nope/1", "/shop/a"})
    assert here.unmatched == there.unmatched == ()
