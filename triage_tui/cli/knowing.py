"""What a triage is told beside the events: lists of addresses, and what was learned."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

from triage_tui.detect.geo import Nowhere
from triage_tui.detect.intel import intel
from triage_tui.detect.knowledge import Knowledge
from triage_tui.detect.weeks import Calendar

from . import console, ruling, state

if TYPE_CHECKING:
    from pathlib import Path

    from triage_tui.config import Settings
    from triage_tui.detect.baseline_file import SqliteBaseline

Baseline = Literal["team", "demo", "none"]
"""What was learned with `learn`; the demo's bundled history; nothing."""


def knowledge(settings: Settings, baseline: Baseline = "team") -> Knowledge:
    """All that is known. What cannot be used is said, and done without. Blocking."""
    lists = intel(settings.intel, time.time_ns(), ruling.kept_in("lists"))
    for problem in lists.problems:
        console.say(f"intel: {problem}")
    store = None if baseline == "none" else _aside(baseline)
    return Knowledge(
        lists,
        store,
        Calendar(settings.time_zone),
        Nowhere(),
        settings.dependencies,
        settings.sensitive,
    )


def baseline_path() -> Path:
    """Where the team's baseline lies."""
    return state.root() / state.BASELINE


def _aside(baseline: Baseline) -> SqliteBaseline | None:
    """Opens the baseline on a loop of its own: its file has its own thread, and serves any."""
    with ThreadPoolExecutor(1, "baseline") as thread:
        return thread.submit(asyncio.run, _opened(baseline)).result()


async def _opened(baseline: Baseline) -> SqliteBaseline | None:
    from triage_tui.detect.baseline_file import SqliteBaseline
    from triage_tui.statefile import StateFileError

    if baseline == "demo":
        return await _of_demo()
    path = baseline_path()
    if not path.exists():
        return None
    try:
        return await SqliteBaseline.open(path)
    except StateFileError as error:
        console.say(f"nothing is known of what is usual: {error}")
        return None


async def _of_demo() -> SqliteBaseline:
    """The bundled month, learned in memory."""
    from triage_tui.config import Settings
    from triage_tui.demo import history_files
    from triage_tui.detect.baseline_file import SqliteBaseline

    from .learning import read

    store = await SqliteBaseline.open(None)
    found = await read([str(path) for path in history_files()], Settings())
    if found.lesson is not None:
        await store.learn(found.lesson)
    return store
