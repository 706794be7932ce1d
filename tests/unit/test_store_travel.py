"""Who was in two places that lie too far apart."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from tests.judged import MARIA, NIGHT, index_of, kinds, knowing, ranking, shown
from triage_tui.detect.centroids import CENTROIDS
from triage_tui.detect.travel import distance, is_impossible, spot_of
from triage_tui.habits import Habits
from triage_tui.model import (
    HOUR,
    Kind,
    Place,
    Spot,
)
from triage_tui.store.trips import trips

if TYPE_CHECKING:
    from triage_tui.ports import Geo


class Somewhere:
    """A `ports.Geo` by the first byte."""

    def place(self, ip: str) -> Place:
        return Place({"192": "DE", "198": "BR", "203": None}[ip.split(".")[0]])


def test_who_cannot_have_come_so_far_so_soon() -> None:
    homely, roaming = Habits(), Habits()
    for day in range(1, 20):
        for habits in (homely, roaming):
            habits.see(NIGHT // HOUR - day * 24, 5)
            habits.use("country", "DE", [NIGHT // HOUR // 24 - day])
            habits.use("network", "192.0.2.0/24", [NIGHT // HOUR // 24 - day])
        roaming.use("country", "BR", [NIGHT // HOUR // 24 - day])
        roaming.use("network", "198.51.100.0/24", [NIGHT // HOUR // 24 - day])

    def told(habits: Habits, *when: tuple[int, str], geo: Geo | None = None) -> str:
        index = index_of(*((NIGHT + at, MARIA, ip, "Get") for at, ip in when))
        knowing(index, {"AIDA1": habits})
        index.knowledge = index.knowledge._replace(geo=geo or Somewhere())
        found = shown(ranking(index, Kind.PRINCIPAL))["maria"]
        assert (kinds(found).get("travel", 0) > 0) == ("travel" in kinds(found))
        return next((r.text for r in found.reasons if r.kind == "travel"), "")

    minute = HOUR // 60
    quick = ((4 * minute, "192.0.2.1"), (5 * minute, "203.0.113.1"), (9 * minute, "198.51.100.7"))
    said = "in DE on Sunday 02:04, in BR on Sunday 02:09: 6,010 km at least within 5 min"
    assert told(homely, *quick) == said
    assert told(roaming, *quick) == ""
    # The other way round, and long after: six thousand kilometres take six hours.
    assert "in BR on Sunday 02:00, in DE on Sunday 08:00" in told(
        homely, (0, "198.51.100.7"), (HOUR * 6, "192.0.2.1")
    )
    assert told(homely, (0, "192.0.2.1"), (6 * HOUR + 2 * minute, "198.51.100.7")) == ""
    assert told(homely, (0, "192.0.2.1"), (1, "192.0.2.9")) == ""
    # Of several the longest, and of these the quickest.
    assert told(
        homely,
        (0, "192.0.2.1"),
        (3 * HOUR, "198.51.100.7"),
        *((24 * HOUR + at, ip) for at, ip in quick),
    ) == said.replace("Sunday", "Monday")
    # Within a country where a table knows cities; not for who always has two networks.
    cities = Cities()
    assert told(homely, (0, "192.0.2.1"), (30 * minute, "198.51.100.7"), geo=cities) == (
        "in Munich, DE on Sunday 02:00, in Hamburg, DE on Sunday 02:30: 600 km at least "
        "within 30 min"
    )
    assert told(homely, (0, "192.0.2.1"), (37 * minute, "198.51.100.7"), geo=cities) == ""
    assert told(roaming, (0, "192.0.2.1"), (30 * minute, "198.51.100.7"), geo=cities) == ""


class Cities:
    """A `ports.Geo` of two cities, by the first byte."""

    def place(self, ip: str) -> Place:
        munich = Spot(48.1, 11.6, 10, "DE", "Munich")
        return Place("DE", None, munich if ip[:3] == "192" else Spot(53.6, 10, 10, "DE", "Hamburg"))


def test_many_places_are_measured_as_they_are_one_by_one() -> None:
    """Hundreds of addresses all over the world, against a look at each step by itself."""
    rng = Random(5)
    codes = sorted(CENTROIDS)
    ips = [f"198.51.{n}.1" for n in range(120)]
    where = {ip: rng.choice(codes) for ip in ips}

    class World:
        def place(self, ip: str) -> Place:
            return Place(where[ip])

    moments = sorted(rng.sample(range(24 * 60), 400))
    steps = [(NIGHT + at * 60 * 10**9, rng.choice(ips)) for at in moments]
    index = index_of(*((at, MARIA, ip, "Get") for at, ip in steps))
    index.knowledge = index.knowledge._replace(geo=World())
    rows = np.argsort(index.time.view(), kind="stable")
    (found,) = trips(index, range(len(index.actor_ip.dictionary)), lambda: rows)
    longest = max(
        distance(*spots)
        for (left, ip), (arrived, other) in pairwise(steps)
        if all(spots := [spot for i in (ip, other) if (spot := spot_of(Place(where[i])))])
        and is_impossible(distance(*spots), arrived - left)
    )
    assert distance(found.origin, found.target) == longest
    assert is_impossible(longest, found.arrived - found.left)
