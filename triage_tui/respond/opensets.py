"""A blocklist's sets once they were found: who writes each, as whom, and what is in the way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from . import finding
from .address_sets import SetsError
from .ipset import Sight
from .journal import ResponseError
from .setwriter import SetWriter
from .standing import Standing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from triage_tui.networks import Network

    from .address_sets import AddressSets, IpSet, Who
    from .ipset import Trouble
    from .journal import Journal
    from .settings import BlocklistSettings
    from .turns import Company, TakesTurns


class OpenSets:
    """The writers of a blocklist's sets, by IP version, as soon as AWS has told which they are."""

    def __init__(
        self,
        settings: BlocklistSettings,
        sets: AddressSets,
        journal: Journal,
        company: Company,
        *,
        wall: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]],
        limit: int,
    ) -> None:
        self.sets = sets
        self.standing = Standing()
        self.writers: dict[int, SetWriter] = {}
        self.trouble = ""
        """What is in the way, as of the last that was asked of AWS."""
        self._settings = settings
        self._journal = journal
        self._company = company
        self._wall = wall
        self._sleep = sleep
        self._limit = limit
        self._account = ""
        self._missing: ResponseError | None = None
        self._turn = asyncio.Lock()

    @property
    def ip_sets(self) -> dict[int, IpSet]:
        """The sets by IP version."""
        return {version: writer.ip_set for version, writer in self.writers.items()}

    @property
    def revision(self) -> tuple[int, ...]:
        """Another one whenever a set holds something else than before."""
        return tuple(writer.revision for writer in self.writers.values())

    async def find(self) -> None:
        """Finds the sets, or those that were missing; does nothing where all are known. Raises
        ResponseError where none is found: what one set holds ends also while another is missing."""
        async with self._turn:
            if self.writers and self._missing is None:
                return
            try:
                found = await finding.find(self._settings, self.sets)
            except ResponseError as error:
                self.trouble = error.message
                raise
            self._account, self.trouble = found.who.account, ""
            self._missing = finding.missing(self._settings, found)
            turns = self._company.turns(
                found.who.account, self.sets.region, self._settings.calls_per_second
            )
            for version in found.sets.keys() - self.writers.keys():
                self.writers[version] = self._writer(found.sets[version], found.who, turns)
            if not self.writers:
                self.check_whole()

    def check_whole(self) -> None:
        """Raises ResponseError where a set is missing."""
        if self._missing is not None:
            raise self._missing

    def troubles(self) -> list[str]:
        """What is in the way: a sentence each."""
        missing = "" if self._missing is None else self._missing.message
        return [each for each in dict.fromkeys((self.trouble, missing)) if each]

    def _writer(self, ip_set: IpSet, who: Who, turns: TakesTurns) -> SetWriter:
        return SetWriter(
            ip_set,
            sets=self.sets,
            who=who,
            journal=self._journal,
            standing=self.standing,
            turns=turns,
            response=self._settings.name,
            wall=self._wall,
            sleep=self._sleep,
            limit=self._limit,
        )

    async def for_network(self, network: Network) -> tuple[SetWriter, Who]:
        """The set for a network, and as whom it is changed. Raises ResponseError."""
        await self.find()
        writer = self.writers.get(network.version)
        if writer is None:
            if self._settings.named(network.version):
                self.check_whole()
            raise ResponseError(
                f"No set for IPv{network.version}",
                f"The blocklist {self._settings.name} has none, so {network} cannot be blocked in "
                "it.",
                f"Name one in the config (ipv{network.version}).",
            )
        return writer, await self.who()

    def of_block(self, block_id: str) -> SetWriter | None:
        """The set that a block is in; None where the blocklist does not name it."""
        arn = self.standing.set_of(block_id)
        return next((each for each in self.writers.values() if each.ip_set.arn == arn), None)

    async def who(self) -> Who:
        """As whom AWS is called now: somebody may have signed in to another account meanwhile.
        Raises ResponseError."""
        try:
            who = await self.sets.who()
        except SetsError as error:
            raise finding.unreachable(self._settings, error) from error
        if who.account != self._account:
            raise ResponseError(
                "Another account",
                f"The credentials are of account {who.account} now; the sets of "
                f"{self._settings.name} are in {self._account}.",
                "Sign in to that account again.",
            )
        for writer in self.writers.values():
            writer.who = who
        return who

    def must(self, answer: Sight | Trouble | None) -> Sight:
        """What a set holds. Raises ResponseError where it could not be read."""
        if isinstance(answer, Sight):
            self.trouble = ""
            return answer
        self.trouble = answer.words if answer is not None else "WAF did not answer"
        raise ResponseError(
            f"Cannot read the blocklist {self._settings.name}",
            f"{self.trouble.rstrip('.')}.",
            "Mend that, then repeat it; what was decided is in the journal.",
        )
