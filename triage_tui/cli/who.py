"""Who sits here, and where they come from."""

from __future__ import annotations

import getpass
import os

from triage_tui.respond.guard import own_addresses


def own() -> tuple[str, ...]:
    """The addresses that this session comes from."""
    return own_addresses(os.environ.get("SSH_CONNECTION", ""))


def author() -> str:
    """Who decides: the name of the login."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"
