"""Files that are written whole or not at all, for their owner alone."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole(
    path: Path, *, over: bool = True, mode: int = 0o600, sure: bool = False
) -> Iterator[IO[bytes]]:
    """A file to write to, and to read from, that stands at `path` once all was written; if anything
    fails before, nothing of it is left. Blocking.

    It takes the place of what was there; without `over` it takes none: FileExistsError. A link is
    replaced, and not followed. With `sure` it is on the disk before it has its name: for what can
    never be made anew. Raises OSError.
    """
    part = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(part, flags, 0o600)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), mode)
            if sure:
                os.fsync(file.fileno())
        if over:
            part.replace(path)
        else:
            os.link(part, path)  # unlike a renaming, it never takes the place of another
    finally:
        part.unlink(missing_ok=True)
