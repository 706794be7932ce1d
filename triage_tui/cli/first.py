"""The first run: asks what there is to watch, by keys alone, and writes the config."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

from triage_tui.aws.discovery import AwsDiscovery
from triage_tui.ui import keyboard
from triage_tui.ui.codes import CodeDialog
from triage_tui.ui.setup_app import SetupApp
from triage_tui.ui.setup_steps import Setup

from . import console, stage, state
from .chosen import config_text, settings_lines, write_new

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from triage_tui.choices import Chosen


def set_up(path: Path, *, profiles: Sequence[str] = (), regions: Sequence[str] = ()) -> bool:
    """Asks on the screen, and writes the config to `path`: whether it did. `profiles` and `regions`
    are chosen beforehand."""
    discovery = AwsDiscovery()
    named = tuple(profiles) or tuple(filter(None, [os.environ.get("AWS_PROFILE")]))
    setup = Setup(
        discovery, settings_lines, wall=time.time_ns, profiles=named, regions=tuple(regions)
    )

    async def write(chosen: Chosen) -> None:
        await asyncio.to_thread(write_new, path, config_text(chosen))

    app = SetupApp(setup, str(path), write)
    discovery.ask = CodeDialog(app)
    folder = state.root()
    try:
        state.make(folder)
    except OSError as error:
        console.say(stage.cannot_keep(folder, error))
        return False
    try:
        with stage.stage(folder) as staged:
            asyncio.run(_run(app, discovery, staged.line))
            if staged.line.gone:
                return False
    except stage.StageError as error:
        console.say(str(error))
        return False
    if app.return_code:
        console.say(f"the screen ended by a mistake of ours; details are in {folder}")
    return bool(app.return_value)


async def _run(app: SetupApp, discovery: AwsDiscovery, line: stage.Line) -> None:
    keyboard.install()
    stage.end_with_terminal(app, line)
    try:
        await app.run_async()
    finally:
        await discovery.close()
