"""The memory of a crowd is bounded: what each entity more takes, with lists and habits.

    python -m tests.crowded [--entities 1000000]

Entities come in two waves, each an address and a principal of its own with one event, and all are
ranked after each. Prints what an entity of the second wave added to the peak, and exits 1 where
that is more than `MOST`.
"""

from __future__ import annotations

import argparse
import sys

from tests.bench.crowd import DAYS, Tenth, come, known, peak, rank
from triage_tui.habits import ACTION, Habits
from triage_tui.store.index import Index

MOST = 6_000
"""Bytes that an address, a principal and an event may take together."""
_ACTIONS = 20
"""That somebody is known for, which takes twenty kilobytes."""
_FIRST = 4
"""The part of them that the first wave is: with it come the tables that know no bounds but their
own, and what each starts with."""


class Everybody(Tenth):
    """A `ports.BaselineStore` that knows everybody, and much of them."""

    def habits(self, key: str) -> Habits:
        found = Habits({24 * day + hour: 9 for day in DAYS for hour in range(8, 18)})
        for number in range(_ACTIONS):
            found.use(ACTION, f"Get{number}", DAYS)
        return found


def each(entities: int) -> float:
    """Bytes that an entity of the second wave adds to the peak."""
    index = Index()
    index.knowledge = known(10_000, Everybody())
    first = entities // _FIRST
    come(index, range(first), entities)
    rank(index)
    before = peak()
    come(index, range(first, entities), entities)
    rank(index)
    return (peak() - before) / (entities - first)


def main() -> int:
    """Exits 1 where it is too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=1_000_000)
    entities = parser.parse_args().entities
    found = each(entities)
    sys.stdout.write(f"{found:,.0f} bytes for each of {entities:,} entities; {MOST:,} at most\n")
    return 1 if found > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
