"""Asks what to copy, and copies it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from triage_tui.ui.actions import BY_ID
from triage_tui.ui.adapters import words
from triage_tui.ui.adapters.copies import named
from triage_tui.ui.keymap import effective_keys
from triage_tui.ui.screens.ask import Work, opened
from triage_tui.ui.screens.choose import Choice, ChooseScreen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from triage_tui.ui.adapters.copies import Copy
    from triage_tui.ui.app import TriageApp


def copy(app: TriageApp, what: str, copies: Iterable[Copy]) -> Work:
    """Asks at once which of them; await the copying. The same key again takes the first."""
    offered = named(copies)
    choices = [Choice(each.key, each.name, each.shown) for each in offered]
    again = ",".join(effective_keys(BY_ID["entity.copy"], app.keymap))
    asked = opened(app, ChooseScreen(f"copy of {what}", choices, again))

    async def work() -> str | None:
        key = await asked
        chosen = next((each for each in offered if each.key == key), None)
        if chosen is None:
            return None
        try:
            text = await asyncio.to_thread(chosen.text)
            how = await app.copied(text)
        except OSError as problem:
            app.say(f"cannot copy this {chosen.name}: {problem}", "error")
            return None
        size = words.counted(len(text), "character")
        return f"{chosen.name} copied, {size}, by {how}"

    return work()
