"""Rule sets from files and folders, and our own pack. What was compiled once is kept.

A start without anything new needs no parser: a set is kept under the hash of all its files.
"""

from __future__ import annotations

import contextlib
import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from .kept import Shelf
from .ruleset import EMPTY, Refused, RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

OWN = "default"
"""What our own pack is called where paths are named."""
FOLDER = Path(__file__).parent / "rules"
SUFFIXES = (".yml", ".yaml")
_LICENCE = "Apache-2.0"
"""Of our own rules."""
_FORM = 3
"""Changes whenever what rules are compiled to does."""
_LARGEST = 1 << 20
"""Bytes of a file of rules."""
_MOST_KEPT = 16
"""Compiled sets that are kept."""
_UPWARDS = 6
"""Folders above a rule in which its licence is looked for."""
_KNOWN_LICENCES = {
    "detection rule license": "DRL 1.1",
    "apache license": "Apache-2.0",
    "mit license": "MIT",
}


class RuleFile(NamedTuple):
    """A file that may hold rules."""

    path: str
    text: bytes
    licence: str = ""
    """The licence that lies with it; a rule that names its own has that one."""


def load(
    paths: Sequence[str],
    keep: Path | None = None,
    placeholders: Mapping[str, Sequence[str]] | None = None,
) -> RuleSet:
    """The rules of files and folders, in their order; `OWN` is our own pack. `keep` is the folder
    for what was compiled, `placeholders` what `%name%` stands for. What cannot be read is refused,
    as bad rules are."""
    files, refused = _read(paths)
    if not files:
        return RuleSet(refused=tuple(refused)) if refused else EMPTY
    shelf = Shelf(keep, ".rules", _FORM, _MOST_KEPT) if keep is not None else None
    name = shelf.name(_parts(files, placeholders or {})) if shelf is not None else ""
    found = _ready(shelf.read(name)) if shelf is not None else None
    if found is None:
        from .sigma import compile_files

        found = compile_files(files, placeholders)
        if shelf is not None:
            _keep(shelf, name, found)
    return RuleSet(found.rules, (*refused, *found.refused))


def _read(paths: Iterable[str]) -> tuple[list[RuleFile], list[Refused]]:
    files: list[RuleFile] = []
    refused: list[Refused] = []
    for path in paths:
        if path == OWN:
            for own in sorted(FOLDER.rglob("*.yml")):
                name = own.relative_to(FOLDER).as_posix()
                files.append(RuleFile(f"{OWN}/{name}", own.read_bytes(), _LICENCE))
            continue
        before = len(files) + len(refused)
        for each in _walk(path):
            try:
                if each != path and not stat.S_ISREG(os.stat(each).st_mode):
                    raise ValueError("not a file")  # a named pipe, say, would never end
                licence = _licence(os.path.dirname(each))
                files.append(RuleFile(_printable(each), _bytes(each), licence))
            except (OSError, ValueError) as error:
                words = getattr(error, "strerror", None) or error
                refused.append(Refused(_printable(each), 0, f"cannot be read: {words}"))
        if len(files) + len(refused) == before:
            refused.append(
                Refused(_printable(path), 0, "there are no rules (*.yml) in this folder")
            )
    return files, refused


def _walk(path: str) -> Iterator[str]:
    """The files of a path, folders in sorted order."""
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield os.path.join(folder, name)


def _printable(path: str) -> str:
    """The path, where it is no Unicode with marks in it."""
    return os.fsencode(path).decode("utf-8", "replace")


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"too long for a file of rules; {_LARGEST:,} bytes at most")
    return data


@lru_cache(maxsize=1024)
def _licence(folder: str) -> str:
    """The licence that lies with rules, or above them."""
    place = Path(folder).absolute()
    for each in (place, *place.parents[:_UPWARDS]):
        for name in ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENSE.Detection.Rules.md"):
            with contextlib.suppress(OSError, ValueError), open(each / name, "rb") as file:
                return _licence_name(file.read(400).decode("utf-8", "replace"))
    return ""


def _licence_name(text: str) -> str:
    low = text.lower()
    for words, name in _KNOWN_LICENCES.items():
        if words in low:
            return name
    line = next((line.strip(" #*") for line in text.splitlines() if line.strip(" #*")), "")
    return line[:40]


def _parts(files: Sequence[RuleFile], placeholders: Mapping[str, Sequence[str]]) -> Iterator[bytes]:
    """All that a set is made of."""
    if placeholders:
        yield msgspec.json.encode({name: list(values) for name, values in placeholders.items()})
    for file in files:
        yield from (file.path.encode(), file.text, file.licence.encode())


def _ready(data: bytes | None) -> RuleSet | None:
    try:
        return msgspec.msgpack.decode(data or b"", type=RuleSet)
    except msgspec.DecodeError:
        return None


def _keep(shelf: Shelf, name: str, rules: RuleSet) -> None:
    with contextlib.suppress(UnicodeEncodeError):  # a lone surrogate in a rule's text
        shelf.write(name, msgspec.msgpack.encode(rules))
