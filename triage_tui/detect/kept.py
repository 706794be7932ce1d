"""What took long to work out, kept on disk: under a name that says what it was made of.

Whatever cannot be read, or is not whole, is worked out anew: losing all of it costs time, no more.
"""

from __future__ import annotations

import contextlib
import os
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import triage_tui
from triage_tui.atomic import whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SUM = 16
"""Bytes of a checksum."""


class Shelf(NamedTuple):
    """A folder for things of one sort."""

    folder: Path
    suffix: str
    """Of their files' names: `.rules`."""
    form: int
    """To be raised whenever what is kept changes its form."""
    most: int
    """How many are kept: those that were used last."""

    def name(self, parts: Iterable[bytes]) -> str:
        """What is made of these parts by this version goes by this name."""
        hashed = blake2b(f"{self.form} {triage_tui.__version__}".encode(), digest_size=_SUM)
        for part in parts:
            hashed.update(len(part).to_bytes(8, "little"))
            hashed.update(part)
        return f"{hashed.hexdigest()}{self.suffix}"

    def read(self, name: str) -> bytes | None:
        """What is kept under a name; None where nothing is, or it is damaged."""
        path = self.folder / name
        try:
            found = path.read_bytes()
        except OSError:
            return None
        data = found[_SUM:]
        if found[:_SUM] != _sum(data):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return data

    def write(self, name: str, data: bytes) -> None:
        """Keeps it, whole or not at all, for its user alone; a disk that refuses is put up with."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with whole(self.folder / name) as file:
                file.write(_sum(data))
                file.write(data)
            others = sorted(
                self.folder.glob(f"*{self.suffix}"), key=lambda path: path.stat().st_mtime
            )
            for path in others[: -self.most]:
                path.unlink(missing_ok=True)


def _sum(data: bytes) -> bytes:
    return blake2b(data, digest_size=_SUM).digest()
