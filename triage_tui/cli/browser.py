"""Opens pages in the browser, where there is one on this machine: not over SSH, and never one that
draws on the terminal."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

PATIENCE = 5.0
"""Seconds until a browser that has not failed counts as opened."""


def command(environment: Mapping[str, str], platform: str) -> str | None:
    """What opens a page; None where nobody would see it."""
    if any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")):
        return None
    if platform == "darwin":
        return "open"
    seen = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    return "xdg-open" if seen else None


def opener() -> Callable[[str], Awaitable[bool]] | None:
    """Opens a URL, and tells whether that went well; None where nobody would see it."""
    name = command(os.environ, sys.platform)
    path = shutil.which(name) if name else None
    if path is None:
        return None

    async def open_(url: str) -> bool:
        try:
            process = await asyncio.create_subprocess_exec(
                path,
                url,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            return False
        try:
            async with asyncio.timeout(PATIENCE):
                return await process.wait() == 0
        except TimeoutError:
            return True

    return open_
