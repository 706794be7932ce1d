"""What the trigger needs from outside. Implemented in `drivers` by boto3; in tests, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .payloads import Object


class Trouble(Exception):
    """AWS did not do it, and may do it another time: what, and why. Lambda tries again."""


class Key(NamedTuple):
    """Where something is kept."""

    partition: str
    sort: str = "state"


class Kept(NamedTuple):
    """What is kept there."""

    version: int
    """Grows with every change."""
    data: bytes


class Change(NamedTuple):
    """What is to be kept from now on."""

    key: Key
    before: int
    """The version that was read; 0 where there was nothing."""
    data: bytes | None
    """None takes it out."""
    ends: int = 0
    """Seconds since the epoch after which nobody needs it."""


class Memory(Protocol):
    """What outlasts an invocation. Methods raise Trouble."""

    def read(self, keys: Sequence[Key]) -> dict[Key, Kept]:
        """What is kept under these keys, as of now."""
        ...

    def listed(self, partition: str) -> list[tuple[Key, Kept]]:
        """Everything of a partition."""
        ...

    def write(self, changes: Sequence[Change]) -> bool:
        """All of them or none. False where somebody else has changed one meanwhile."""
        ...


class Objects(Protocol):
    """S3."""

    def fetch(self, what: Object) -> bytes:
        """An object as it is stored. Raises Trouble, and payloads.Poisoned where there is none or
        it is too large."""
        ...


class Topic(Protocol):
    """Where alerts go."""

    def tell(self, subject: str, message: str, attributes: dict[str, str]) -> None:
        """Sends one message: JSON that has a text for each protocol. Raises Trouble."""
        ...


class Letters(Protocol):
    """Where what can never be read is set aside."""

    def put(self, text: str) -> None:
        """Raises Trouble."""
        ...


class Custom(Protocol):
    """A function of the user's own."""

    def call(self, payload: bytes) -> None:
        """Calls it, without waiting for what it does. Raises Trouble."""
        ...


class Blocker(Protocol):
    """Blocks, and takes out what is over."""

    overdue: int
    """Blocks that are over and still there, as of the last look."""

    def block(self, ip: str, reason: str, subject: str) -> str:
        """Blocks an address: what came of it, in one sentence. Never raises for a refusal; raises
        Trouble where nobody knows yet."""
        ...

    def expire(self) -> list[str]:
        """Takes out what is over: a sentence each for what was done, and for what is in the way."""
        ...
