"""What all measurements need to know."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.generate import bench_file
from tests.bench.terminal import Program, environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Setting:
    """One run of the benchmarks."""

    program: str
    folder: Path
    """For files that are kept from run to run."""
    home: Path
    """An empty home directory."""
    rows: int
    runs: int
    seconds: float
    """How long the terminal is listened to for a rate of bytes."""

    @property
    def rest(self) -> float:
        """Seconds until a screen has come to rest."""
        return min(2.0, self.seconds)

    @property
    def env(self) -> dict[str, str]:
        """The variables of the measured programs."""
        return environment(self.home)

    @property
    def file(self) -> Path:
        """The file that is loaded."""
        return bench_file(self.folder, self.rows)

    @property
    def one_event(self) -> Path:
        """A file with next to nothing in it."""
        return bench_file(self.folder, 1)

    def scan(self, *paths: Path) -> list[str]:
        """The command that scans, without any rule."""
        return [self.program, "scan", "--quiet", "--no-rules", *map(str, paths)]

    def scan_with(self, rules: str, *paths: Path) -> list[str]:
        """The same with rules: a folder, or `default`."""
        return [self.program, "scan", "--quiet", "--rules", rules, *map(str, paths)]

    def python(self, script: Path, *arguments: Path) -> list[str]:
        """The command that runs one of the yardsticks."""
        return [sys.executable, str(script), *map(str, arguments)]

    def on_screen(self, *command: str, variables: Mapping[str, str] | None = None) -> Program:
        """Opens something in a terminal, with `variables` in its environment."""
        return Program(command, self.env | dict(variables or {}), self.home)
