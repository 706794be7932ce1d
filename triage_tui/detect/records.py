"""Records of one format together, as rules ask for them: column by column, and one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .texts import looked, looked_through

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from triage_tui.formats.seen import Read, Seen

    from .fields import Source
    from .texts import Looked


class Records(Protocol):
    """Some records of one format."""

    def __len__(self) -> int: ...

    def keys(self, source: Source) -> Sequence[Hashable]:
        """Of each record the key of a source."""
        ...

    def key(self, source: Source, place: int) -> Hashable:
        """That of one record."""
        ...

    def seen(self, place: int) -> Seen:
        """One of them."""
        ...

    def looked(self, places: Sequence[int]) -> Looked:
        """The texts of these records that are looked through."""
        ...


class ReadRecords:
    """Records that were read one by one."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._keys: dict[Source, Sequence[Hashable]] = {}

    def __len__(self) -> int:
        return len(self._read.raw)

    def keys(self, source: Source) -> Sequence[Hashable]:
        found = self._keys.get(source)
        if found is None:
            column = source.column
            found = self._keys[source] = (
                list(map(source.key, map(self.seen, range(len(self)))))
                if column is None
                else column(self._read)
            )
        return found

    def key(self, source: Source, place: int) -> Hashable:
        return self.keys(source)[place]

    def seen(self, place: int) -> Seen:
        return self._read.seen(place)

    def looked(self, places: Sequence[int]) -> Looked:
        if len(places) == len(self):
            return looked_through(self._read)
        return looked(map(self.seen, places))
