"""The memory that a crowd takes: a process of its own, which prints its peak in bytes.

    python -m tests.bench.crowd ADDRESSES PRINCIPALS known|alone

With `known`, every address is held against a list of a million ranges, and every tenth principal
against habits of its own; the rest is unknown.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from triage_tui.detect.geo import Nowhere
from triage_tui.detect.intel import Intel, ListKind, of_bytes
from triage_tui.detect.knowledge import Knowledge
from triage_tui.detect.weeks import Calendar
from triage_tui.formats.rows import Rows
from triage_tui.habits import ACTION, Coverage, Habits
from triage_tui.model import HOUR, Identity, Kind, Outcome
from triage_tui.principals import AliasGraph
from triage_tui.store.filters import Bounds
from triage_tui.store.index import Index
from triage_tui.store.ranking import Ranking
from triage_tui.store.sight import Sight

if TYPE_CHECKING:
    from triage_tui.ports import BaselineStore

NOW = 491_000 * HOUR
_AT_ONCE = 50_000
DAYS = range(NOW // HOUR // 24 - 29, NOW // HOUR // 24 - 1)
"""Of which there are habits."""


class Tenth:
    """A `ports.BaselineStore` that knows every tenth principal."""

    newcomers = 0.1
    crowded = False
    coverage = Coverage([(NOW // HOUR - 30 * 24, NOW // HOUR - 24)])

    def habits(self, key: str) -> Habits | None:
        number = int(key.rpartition("p")[2] or 1)
        if number % 10:
            return None
        found = Habits({24 * day + NOW // HOUR % 24: 1 + day % 3 for day in DAYS})
        found.use(ACTION, "List", DAYS)
        return found

    async def fetch(self, keys: object) -> bool:
        return False

    async def close(self) -> None:
        """Nothing is open."""


def address(number: int) -> str:
    return f"{60 + (number >> 16) % 100}.{number >> 8 & 255}.{number & 255}.9"


def ranges(count: int) -> bytes:
    """A list of so many ranges, apart from each other."""
    lines = (f"{60 + (n >> 15) % 100}.{n >> 7 & 255}.{(n & 127) << 1}.0/26" for n in range(count))
    return "\n".join(lines).encode()


def come(index: Index, addresses: range, principals: int) -> None:
    """An event of each address, and of each principal in turn."""
    for start in range(addresses.start, addresses.stop, _AT_ONCE):
        rows = Rows(0, 0)
        for number in range(start, min(addresses.stop, start + _AT_ONCE)):
            name = f"arn:aws:iam::1:user/p{number % principals}"
            rows.add(
                format="cloudtrail",
                time=NOW + number,
                own_id=str(number),
                raw=b"x",
                action="List",
                outcome=Outcome.OK,
                source_ip=(ip := address(number)),
                actors=[(ip, Identity(name, type="IAMUser", arn=name))],
            )
            rows.spill(b"x")
        index.append(rows.columns())


def known(listed: int, store: BaselineStore) -> Knowledge:
    """A list of so many ranges, and habits."""
    lists = Intel([of_bytes(ranges(listed), "/lists/drop", ListKind.BLOCK, NOW, NOW)])
    return Knowledge(lists, store, Calendar("UTC"), Nowhere())


def rank(index: Index) -> None:
    """Ranks everybody."""
    for kind in (Kind.IP, Kind.PRINCIPAL):
        ranking = Ranking(Sight(index, AliasGraph(), Bounds()), kind)
        assert len(ranking.risks)


def peak() -> int:
    """The most memory that this process ever had, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main(addresses: int, principals: int, knows: bool) -> int:
    """The peak, in bytes."""
    index = Index()
    come(index, range(addresses), principals)
    if knows:
        index.knowledge = known(1_000_000, Tenth())
    rank(index)
    return peak()


if __name__ == "__main__":
    _, first, second, third = sys.argv
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.stdout.write(f"{main(int(first), int(second), third == 'known')}\n")
