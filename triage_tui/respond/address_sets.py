"""The IP sets of one account and region, as those who block use them: implemented in `aws`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .ipset import Answer, Read, Write
    from .settings import Scope


class IpSet(NamedTuple):
    """An IP set that there is."""

    scope: Scope
    name: str
    id: str
    arn: str
    version: int
    """4 or 6; 0 where it was listed and not read."""


class Who(NamedTuple):
    """As whom AWS is called (GetCallerIdentity)."""

    account: str
    arn: str


class SetsError(Exception):
    """Sets could not be listed, described or created: why, and what to do."""

    def __init__(self, words: str, fix: str) -> None:
        super().__init__(f"{words}; {fix}")
        self.words = words
        self.fix = fix


class AddressSets(Protocol):
    """Reads and writes the sets. `perform` never raises for what AWS answers: that is an answer."""

    @property
    def region(self) -> str:
        """The region that is called."""
        ...

    async def who(self) -> Who:
        """Raises SetsError."""
        ...

    async def find(self, scope: Scope) -> Sequence[IpSet]:
        """All sets of the scope, of unknown version. Raises SetsError."""
        ...

    async def describe(self, found: IpSet) -> IpSet:
        """The set with its version. Raises SetsError."""
        ...

    async def create(
        self, scope: Scope, name: str, version: int, description: str, tags: Mapping[str, str]
    ) -> IpSet:
        """A new, empty set. Raises SetsError."""
        ...

    async def perform(self, ip_set: IpSet, step: Read | Write) -> Answer:
        """Takes one step of a change in a set."""
        ...

    async def close(self) -> None: ...
