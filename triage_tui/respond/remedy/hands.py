"""What remedies need of AWS, as a protocol; the aws room has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .calls import Call, Reply, Trouble


class Hands(Protocol):
    """Makes calls in any account and region that is watched."""

    async def perform(self, account: str, region: str, call: Call) -> Reply | Trouble:
        """Makes the call, once; what goes wrong is the answer. `region` "" is any."""
        ...

    async def who(self, account: str) -> str | Trouble:
        """The ARN of whom we are there."""
        ...

    async def close(self) -> None: ...
