"""What doctor looks at on this machine: the state folder, the disk under it, the config."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from triage_tui.health import Checked, CheckState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from triage_tui.config import Loaded

LEAST_GB = 1.0
"""Free gigabytes below which a night may not fit: 5,000 events a second fill one in three
minutes."""
_GB = 1_000_000_000


class MachineCheck:
    """Implements `ports.Check`."""

    name = "this machine"

    def __init__(self, loaded: Loaded, root: Path) -> None:
        """`root` is the state folder."""
        self._loaded = loaded
        self._root = root

    async def run(self) -> Sequence[Checked]:
        """The config that was read, the state folder, the disk."""
        import asyncio

        return await asyncio.to_thread(self.look)

    def look(self) -> list[Checked]:
        """The same. Blocking."""
        folder = self._folder()
        found = [self._config(), folder]
        return found if folder.state is CheckState.FAILS else [*found, self._disk()]

    def _config(self) -> Checked:
        path = self._loaded.path
        if self._loaded.exists:
            return _row(CheckState.OK, "config", "config", str(path))
        words = f"there is no {path}: the defaults hold"
        return _row(CheckState.OK, "config", "config", words, "triage-tui config init writes one")

    def _folder(self) -> Checked:
        """Whether the state folder is there or can be made, for us to write and nobody else."""
        there = self._existing()
        if not there.is_dir():
            return self._unusable(f"{there} is no folder", f"move {there} out of the way")
        if not os.access(there, os.W_OK | os.X_OK):
            return self._unusable(
                f"{there} cannot be written to",
                f"make it yours (sudo chown {os.getuid()} {there}), or set XDG_STATE_HOME",
            )
        if there != self._root:
            return _row(CheckState.OK, "state", "folder", f"{self._root} will be made")
        mode = stat.S_IMODE(there.stat().st_mode)
        if mode & 0o077:
            return _row(
                CheckState.WARNING,
                "state",
                "folder",
                f"{there} is open to others (mode {mode:04o}): recordings are names and addresses",
                f"chmod 700 {there}",
            )
        return _row(CheckState.OK, "state", "folder", str(there))

    def _existing(self) -> Path:
        """The state folder, or the nearest one above it that there is."""
        # Not Path.exists, which raises where a folder may not be looked into.
        return next(path for path in (self._root, *self._root.parents) if os.path.exists(path))

    def _unusable(self, words: str, fix: str) -> Checked:
        words = f"{words}: nothing can be recorded or noted"
        return _row(CheckState.FAILS, "state", "folder", words, fix)

    def _disk(self) -> Checked:
        there = self._existing()
        free = shutil.disk_usage(there).free / _GB
        keep = self._loaded.settings.recording.keep_gb
        words = f"{free:,.1f} GB free for recordings"
        if free < min(LEAST_GB, keep):
            fix = f"free some of the disk that {there} is on, or set XDG_STATE_HOME to another"
            return _row(
                CheckState.WARNING, "recording", "disk", f"{words}: a night needs more", fix
            )
        if free < keep:
            words = f"{words}, and recordings may take {keep:g} GB"
            fix = "lower recording.keep_gb, or free some of the disk"
            return _row(CheckState.WARNING, "recording", "disk", words, fix)
        return _row(CheckState.OK, "recording", "disk", words)


def _row(state: CheckState, feature: str, what: str, found: str, fix: str = "") -> Checked:
    return Checked(state, feature, what, "", found, fix)
