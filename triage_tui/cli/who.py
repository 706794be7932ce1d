"""Who sits here, and where they come from."""

from __future__ import annotations

import getpass
import os
from functools import lru_cache

from .whence import session_addresses


@lru_cache(maxsize=1)
def own() -> tuple[str, ...]:
    """The addresses that this session comes from. Blocking: others may be asked."""
    return session_addresses(os.environ)


def author() -> str:
    """Who decides: the name of the login."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"
