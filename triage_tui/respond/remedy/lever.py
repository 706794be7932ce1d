"""What there is to know of a kind of change: how what it changes is read and written, by which
calls, and how to say it. Knows no clock and calls nobody."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

from triage_tui.remedies import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.model import GuardVerdict
    from triage_tui.remedies import Parts

    from .calls import Call, Reading, Reply, Trouble
    from .guard import RemedyPolicy

AChange = TypeVar("AChange", bound=Change)


class Lever(ABC, Generic[AChange]):
    """One change, and how to make it. `read` gives all parts that it is about; `wanted` what they
    are to be; `write` the calls that lead from one to the other, in their order."""

    final: ClassVar[str] = ""
    """Why it can never be taken back, nor any part of it; "" where it can."""

    once: ClassVar[bool] = False
    """Whether it is one call that is never made again, and leaves nothing that can be read."""

    def __init__(self, change: AChange) -> None:
        self.change = change
        """What it was read to be about, once it was read: names become ids."""

    # -- for people ------------------------------------------------------------------------------

    @property
    @abstractmethod
    def title(self) -> str:
        """What it does, in one line: `Deactivate the key AKIA… of maria.keller`."""

    @property
    @abstractmethod
    def effects(self) -> Sequence[str]:
        """What it does, and what it does not: a sentence each."""

    @property
    @abstractmethod
    def undo(self) -> str:
        """How it is taken back, in a sentence."""

    @property
    def typed(self) -> str:
        """What is typed to confirm it, where it hits many; "" where a yes will do."""
        return ""

    @abstractmethod
    def judge(self, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
        """One verdict a rule."""

    def concerns(self, before: Parts) -> tuple[GuardVerdict, ...]:
        """What else speaks against it, as of what is there."""
        return ()

    # -- outside ---------------------------------------------------------------------------------

    @property
    @abstractmethod
    def slot(self) -> str:
        """Names what it changes, the same for all changes of it."""

    @abstractmethod
    def supposed(self) -> Parts:
        """What a simulation takes to be there."""

    @abstractmethod
    def read(self) -> Reading:
        """Finds out what is there."""

    @abstractmethod
    def wanted(self, before: Parts) -> Parts:
        """What is to be there instead."""

    def stays(self, part: str, before: str | None) -> str:
        """Why a part cannot be put back to what it held; "" where it can."""
        return self.final

    def heard(self, answer: Reply | Trouble) -> tuple[bool, str]:
        """(whether it went well, what it said) of the answer to the call that is made `once`."""
        raise NotImplementedError(
            f"{type(self).__name__} is read back: its answer is not asked for"
        )

    @abstractmethod
    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        """The calls that lead there."""


AnyLever: TypeAlias = Lever[Any]
