"""Records of one format together, as rules ask for them: column by column, and one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from triage_tui.formats.seen import Seen

    from .fields import Source


class Records(Protocol):
    """Some records of one format."""

    def __len__(self) -> int: ...

    def keys(self, source: Source) -> Iterable[Hashable]:
        """Of each record the key of a source."""
        ...

    def seen(self, place: int) -> Seen:
        """One of them."""
        ...


class SeenRecords:
    """Records that were read one by one."""

    def __init__(self, found: Sequence[Seen]) -> None:
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    def keys(self, source: Source) -> Iterable[Hashable]:
        return map(source.key, self._found)

    def seen(self, place: int) -> Seen:
        return self._found[place]
