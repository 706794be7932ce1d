"""Finds the files in the paths that somebody named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def discover(paths: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """(path, error) of every file in the paths, in the order given, folders sorted and
    recursive. What stands in a folder and is no file has an error that says so."""
    for path in paths:
        if os.path.isdir(path):
            yield from _walk(path)
        else:
            yield path, None


def _walk(folder: str) -> Iterator[tuple[str, str | None]]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield folder, f"cannot list the folder: {reason(error)}"
        return
    for entry in found:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path)
            else:
                yield entry.path, _no_file(entry)
        except OSError as error:
            yield entry.path, f"cannot read it: {reason(error)}"


def _no_file(entry: os.DirEntry[str]) -> str | None:
    """Why this is nothing to read; None for a file, and for a link to one."""
    if entry.is_file():
        return None
    if not entry.is_symlink():
        return "neither a file nor a folder; to read from a pipe, name it"
    if entry.is_dir():
        return "a link to a folder, which is not followed; to read that folder, name it"
    return "a link that leads to no file"


def reason(error: OSError) -> str:
    """Why reading failed, and what to do where that is known."""
    words = {
        FileNotFoundError: "there is no such file; check the path",
        PermissionError: "permission denied; check its mode and owner",
    }
    return words.get(type(error), error.strerror or str(error))
