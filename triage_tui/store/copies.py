"""Which sources are parts of one recording: among them the second record of the same content is a
twin, while in another copy it is the same record again."""

from __future__ import annotations


class Copies:
    """Copies of recorded nights, by their segments as they come."""

    def __init__(self) -> None:
        self._held: dict[str, list[set[int]]] = {}
        """Per night and copy the segments of it that came."""
        self._scopes: dict[int, int | str] = {}

    def scope(self, source: int, segment: tuple[str, int] | None) -> int | str:
        """What a source shares its twins with: itself, or the copy of a night that lacked its
        `segment` (night, number) so far."""
        known = self._scopes.get(source)
        if known is None:
            known = self._scopes[source] = source if segment is None else self._place(*segment)
        return known

    def goes_on(self, night: str) -> str | None:
        """What the sources of a night that goes on share with what was recorded of it; None where
        nothing was."""
        return _name(night, 0) if night in self._held else None

    def _place(self, night: str, number: int) -> str:
        copies = self._held.setdefault(night, [])
        lacking = (at for at, held in enumerate(copies) if number not in held)
        at = next(lacking, len(copies))
        if at == len(copies):
            copies.append(set())
        copies[at].add(number)
        return _name(night, at)


def _name(night: str, copy: int) -> str:
    return f"{night} {copy}"
