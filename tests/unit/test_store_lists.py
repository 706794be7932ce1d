"""What lists add to a ranking, as of a cursor."""

from __future__ import annotations

import numpy as np

from tests.judged import BUILD, MARIA, NIGHT, index_of, kinds, listed, ranking, shown
from triage_tui.detect.intel import ListKind
from triage_tui.model import (
    HOUR,
    Kind,
)
from triage_tui.store.filters import parse
from triage_tui.store.matches import Matches
from triage_tui.store.witness import StoreWitness


def test_an_address_on_a_list_counts_for_all_whom_it_is_of() -> None:
    index = index_of(
        (NIGHT, MARIA, "198.51.100.7", "Get"), (NIGHT + HOUR, BUILD, "192.0.2.1", "Get")
    )
    listed(index, "198.51.100.0/24")
    for kind, label, text in (
        (Kind.IP, "198.51.100.7", "on the block list drop of 2026-03-15"),
        (Kind.NETWORK, "198.51.100.0/24", "198.51.100.7 on the block list drop of 2026-03-15"),
        (Kind.PRINCIPAL, "maria", "198.51.100.7 on the block list drop of 2026-03-15"),
    ):
        found = shown(ranking(index, kind))
        (reason,) = found[label].reasons
        assert (reason.points, reason.kind, reason.text) == (30, "intel", text)
        assert [name for name, each in found.items() if "intel" in kinds(each)] == [label]
    assert shown(ranking(index, Kind.PRINCIPAL, NIGHT + 1))["maria"].risk == 30


def test_a_stale_list_counts_half_and_is_said_to_be() -> None:
    index = index_of((NIGHT, None, "198.51.100.7", "Get"))
    listed(index, "198.51.100.7", dated=NIGHT - 40 * 24 * HOUR)
    (entity,) = shown(ranking(index, Kind.IP)).values()
    assert entity.risk == 15
    assert entity.reasons[0].text.endswith("drop of 2026-02-03, stale: 40 days old")


def test_the_filter_knows_lists() -> None:
    index = index_of((NIGHT, None, "198.51.100.7", "a"), (NIGHT + 1, None, "192.0.2.1", "b"))
    listed(index, "198.51.100.7")
    for text, rows in (
        ("intel:drop", [0]),
        ("intel:BLOCK", [0]),
        ("-intel:block", [1]),
        ("intel:*", [0]),
        ("intel:tor", []),
    ):
        assert np.flatnonzero(Matches(index, parse(text)).mask()).tolist() == rows


def test_a_plan_hears_of_allow_lists() -> None:
    index = index_of((NIGHT, None, "198.51.100.7", "a"))
    listed(index, "198.51.100.64/26", ListKind.ALLOW)
    witness = StoreWitness(lambda: ranking(index, Kind.IP))
    assert witness.collateral("198.51.100.0/24").allowed == ("drop of 2026-03-15",)
    assert witness.collateral("198.51.100.7/32").allowed == ()
