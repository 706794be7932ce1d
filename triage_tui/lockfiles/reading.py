"""Which lock file is which."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .lock import Lock, LockError
from .npm import read_npm
from .pip import is_requirements, read_requirements
from .pnpm import read_pnpm
from .yarn import is_yarn, read_yarn

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES: dict[str, Callable[[bytes], Lock]] = {
    "package-lock.json": read_npm,
    "npm-shrinkwrap.json": read_npm,
    "yarn.lock": read_yarn,
    "pnpm-lock.yaml": read_pnpm,
}
_REQUIREMENTS = re.compile(r"requirements[\w.-]*\.txt|[\w.-]*requirements\.txt|requirements\.lock")


def is_lock_file(name: str) -> bool:
    """Whether a file of that name (without its folder) is one."""
    return name in _NAMES or _REQUIREMENTS.fullmatch(name) is not None


def read(name: str, raw: bytes) -> Lock | None:
    """A lock file by its name, else by its beginning; None for what is none. Raises LockError."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    reader = _NAMES.get(name) or (read_requirements if _REQUIREMENTS.fullmatch(name) else None)
    reader = reader or _by_content(raw)
    if reader is None:
        return None
    if not raw.strip():
        raise LockError(1, "it is empty")
    return reader(raw)


def _by_content(raw: bytes) -> Callable[[bytes], Lock] | None:
    if b'"lockfileVersion"' in raw[:65536] and raw.lstrip()[:1] == b"{":
        return read_npm
    if is_yarn(raw):
        return read_yarn
    if re.search(rb"^lockfileVersion:", raw[:65536], re.MULTILINE):
        return read_pnpm
    return read_requirements if is_requirements(raw) else None
