"""Filters that are kept under a name, as the config has them. No Textual here."""

from __future__ import annotations

import msgspec


class KeptFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A filter and its name."""

    name: str
    filter: str

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.filter.strip():
            raise ValueError("a kept filter has a name and an expression")
