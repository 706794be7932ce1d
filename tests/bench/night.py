"""A first night at 80×24 on a line of 38,400 bits a second, by the clock: the walk of
`tests.e2e.test_night_slow`, which holds what the line has to carry."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from tests.bench.table import Row, at_most
from tests.bench.terminal import GaveUp
from tests.e2e.conftest import Terminal
from tests.e2e.test_night_slow import CHANGE, ECHO, Walk, walk

if TYPE_CHECKING:
    from tests.bench.setting import Setting


def slow_line(setting: Setting) -> list[Row]:
    """Both attackers are found, noted, blocked and reported; how long keys took meanwhile."""
    with (
        tempfile.TemporaryDirectory(dir=setting.home) as folder,
        patch.dict(os.environ, setting.env, clear=True),
    ):
        way = _walked(Path(folder))
    where = "at 38,400 bit/s"
    return [
        _slowest(f"first night {where}: key to echo", way, ECHO),
        _slowest(f"first night {where}: to another screen", way, CHANGE),
    ]


def _walked(folder: Path) -> Walk:
    opened: list[Terminal] = []

    def terminal(*arguments: str, program: str) -> Any:
        opened.append(Terminal([program, *arguments], 80, 24, folder))
        return opened[0]

    try:
        return walk(terminal)
    except pytest.fail.Exception as error:
        raise GaveUp(str(error)) from error
    finally:
        for made in opened:
            made.close()


def _slowest(what: str, way: Walk, most: float) -> Row:
    """Answers to questions wait to be read, which is not the line's doing."""
    found = [(clock, key) for key, _, clock, limit in way.costs if limit == most and clock]
    slowest, key = max(found)
    return at_most(what, slowest, most, "s", f"{len(found)} keys, the slowest {key}")
