"""What blocklists live among: from where the account itself goes out, whom GuardDuty trusts, and
which web ACLs look into their sets. Read when it is asked for, and again after a while."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec

from triage_tui.respond.guard import Learned

from .egress import egress
from .trusted import trusted
from .webacls import WebAcls

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

    from triage_tui.respond.enforcement import Layout
    from triage_tui.respond.guard import GuardPolicy
    from triage_tui.respond.settings import Scope

    from .access import Access
    from .pace import Sleep

FRESH = 300.0
"""Seconds for which the account's own addresses and lists are taken to be as they were read."""
CURRENT = 20.0
"""Seconds for which web ACLs are: somebody may be mending them while we look."""
EACH = 2.0
"""The same for each web ACL that there is, where there are many: each costs a call or more."""
PATIENCE = 8.0
"""Seconds that a plan waits for what the guard would like to know."""


class Grounds:
    """What the guard learns from the accounts and regions of a triage."""

    def __init__(
        self,
        accesses: Sequence[Access],
        *,
        sleep: Sleep = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
        trusts: bool = True,
    ) -> None:
        """Without `trusts` GuardDuty is left alone."""
        self._trusts = trusts
        self._accesses = accesses
        self._sleep = sleep
        self._ticks = ticks
        self._patience = patience
        self._read_at: float | None = None
        self._account = Learned()
        self._trusted = Learned()
        self._turn = asyncio.Lock()

    async def policy(self, base: GuardPolicy) -> GuardPolicy:
        """`base`, with what was read. Never raises for what is wrong outside, and never takes
        longer than the patience: what is not known by then is said to be so."""
        async with self._turn:
            if self._read_at is None or self._ticks() - self._read_at > FRESH:
                await self._read()
        return msgspec.structs.replace(base, account=self._account, trusted=self._trusted)

    async def _read(self) -> None:
        found = await asyncio.gather(
            *(self._in_time(egress(each, sleep=self._sleep)) for each in self._accesses),
            *(
                self._in_time(trusted(each, sleep=self._sleep))
                for each in (self._accesses if self._trusts else ())
            ),
        )
        half = len(self._accesses)
        self._account = await asyncio.to_thread(_joined, found[:half])
        self._trusted = await asyncio.to_thread(_joined, found[half:])
        # What could not be read is asked for again by the next plan.
        whole = not (self._account.unread or self._trusted.unread)
        self._read_at = self._ticks() if whole else None

    async def _in_time(self, reading: Awaitable[Learned]) -> Learned:
        try:
            async with asyncio.timeout(self._patience):
                return await reading
        except TimeoutError:
            words = f"AWS has not answered within {self._patience:g} s"
            return Learned((), (words,), looked=True)


def _joined(found: Iterable[Learned]) -> Learned:
    several = list(found)
    joined = Learned(
        tuple(dict.fromkeys(entry for each in several for entry in each.ranges)),
        tuple(dict.fromkeys(words for each in several for words in each.unread)),
        looked=any(each.looked for each in several),
    )
    joined.lookup  # noqa: B018 - made here, where it may take a while
    return joined


class Acls:
    """The web ACLs of one scope, as they were last read."""

    def __init__(
        self,
        access: Access,
        scope: Scope,
        *,
        sleep: Sleep = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = WebAcls(access, scope, sleep=sleep)
        self._ticks = ticks
        self._read_at = 0.0
        self._layout: Layout | None = None
        self._sets: frozenset[str] = frozenset()
        self._turn = asyncio.Lock()

    @property
    def layout(self) -> Layout | None:
        """What was read last, from memory; None before there is anything."""
        return self._layout

    async def read(self, sets: Collection[str]) -> Layout:
        """The web ACLs, with all that decides about the IP sets of these ARNs. Never raises for
        what is wrong outside."""
        async with self._turn:
            held = 0 if self._layout is None else len(self._layout.acls)
            stale = self._ticks() - self._read_at > max(CURRENT, EACH * held)
            if self._layout is None or stale or not self._sets.issuperset(sets):
                self._layout = await self._reader.read(sets)
                self._sets, self._read_at = frozenset(sets), self._ticks()
            return self._layout
