"""Numbers for texts and identities that come again and again: what columns hold instead of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from triage_tui.model import EMPTY_IDENTITY, Identity, Texts

from .ids import digest
from .memo import Memo

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

K = TypeVar("K")

LONGEST = 2048
"""Characters of a text that a column keeps; the raw record has the rest."""

TEXTS = (
    "format",
    "action",
    "source_ip",
    "actor_ip",
    "service",
    "agent",
    "account",
    "region",
    "resource",
    "method",
    "path",
    "country",
    "called",
)
"""The text columns."""
_MOST = 1 << 18


def clip(text: str) -> str:
    """The text, or the beginning of a very long one with a hash: what differs stays different."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 24]}…{digest(text).hex()}"


class Numbers(dict[str | None, int]):
    """The numbers of one column's texts, in order of arrival; None and "" are 0."""

    def __init__(self) -> None:
        super().__init__({None: 0, "": 0})
        self.texts = [""]
        self._sent = 0

    def __missing__(self, text: str) -> int:
        if len(text) > LONGEST:
            return self[clip(text)]
        number = self[text] = len(self.texts)
        self.texts.append(text)
        return number

    def news(self) -> tuple[int, list[str]]:
        """How many texts were taken before, and those that came since."""
        known, self._sent = self._sent, len(self.texts)
        return known, self.texts[known:]


class Vocabulary:
    """All numbers of one batch; or, where one process decodes batch after batch, of all of them:
    then each batch brings only what is new. Such a vocabulary has a `name` of its own, not 0."""

    def __init__(self, name: int = 0) -> None:
        self.name = name
        self.columns = {column: Numbers() for column in TEXTS}
        self.columns["actor_ip"] = self.columns["source_ip"]  # mostly the same addresses
        self._identities: dict[Identity, int] = {EMPTY_IDENTITY: 0}
        self._list = [EMPTY_IDENTITY]
        self._sent = 0
        self._by_address: dict[int, int] = {}
        self._kept: list[Identity] = []
        self.served: set[int] = set()
        """The identities on whose behalf a service called."""
        self._memos: dict[object, Memo[Any, int]] = {}

    @property
    def full(self) -> bool:
        """Whether it is time for a new one."""
        texts = sum(len(numbers) for numbers in self.columns.values())
        memos = sum(len(memo) for memo in self._memos.values())
        return texts + memos + len(self._identities) + len(self._kept) > _MOST

    def memo(self, make: Callable[[Vocabulary, K], int], most: int) -> Memo[K, int]:
        """Remembers which numbers `make` found in this vocabulary for what logs say."""
        memo = self._memos.get(make)
        if memo is None:
            memo = self._memos[make] = Memo(partial(make, self), most)
        return memo

    def number(self, identity: Identity) -> int:
        """The number of one identity; of the empty one 0."""
        # The formats hand in the same objects again and again: their address is quicker to look up
        # than their content. They are kept, so that each address stays its own.
        number = self._by_address.get(id(identity))
        if number is None:
            number = self._identities.get(identity)
            if number is None:
                number = self._identities[identity] = len(self._list)
                self._list.append(identity)
                if identity.service:
                    self.served.add(number)
            self._by_address[id(identity)] = number
            self._kept.append(identity)
        return number

    def identity(self, number: int) -> Identity:
        """The identity that has a number."""
        return self._list[number]

    def take_texts(self, ids: dict[str, array[int]]) -> dict[str, Texts]:
        """The text columns, with what is new of their texts."""
        news = {
            column: numbers.news()
            for column, numbers in self.columns.items()
            if column != "actor_ip"
        }
        news["actor_ip"] = news["source_ip"]
        return {column: Texts(ids[column], texts, known) for column, (known, texts) in news.items()}

    def take_identities(self) -> tuple[int, list[Identity]]:
        """How many identities were taken before, and those that came since."""
        known, self._sent = self._sent, len(self._list)
        return known, self._list[known:]
