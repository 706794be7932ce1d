"""What somebody did before: asked how far back, told what that costs, and searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import SECOND
from triage_tui.past import Asked, PastError, items, seconds, told
from triage_tui.ui.adapters.said import Said
from triage_tui.ui.screens.ask import Work, ask, opened
from widgets.confirm import Confirm
from widgets.text import fit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.model import EntityRef
    from triage_tui.ports import Past
    from triage_tui.ui.app import TriageApp

_USUAL = "1d"
_NOT_HERE = "the past is searched in a live triage, or by: triage-tui history ENTITY --since 7d"


def history(app: TriageApp, ref: EntityRef, label: str) -> Work:
    """Asks how far back, says what it costs, and begins; while it runs, asks whether to stop."""
    past = app.triage.past

    async def nowhere() -> str | None:
        return _NOT_HERE

    if past is None:
        return nowhere()
    return _stop(app, past) if past.is_running else _begin(app, past, ref, label)


def _begin(app: TriageApp, past: Past, ref: EntityRef, label: str) -> Work:
    def preview(text: str) -> Iterator[Said]:
        try:
            yield Said(f"the logs of the last {seconds(text) / 3600:,.1f} hours; 12h, 7d, 30d")
        except ValueError as error:
            yield Said(str(error), error=True)

    name = fit(f"how far back for {label}", 40).rstrip()
    asked = ask(app, "history", name, _USUAL, preview=preview)

    async def begin() -> str | None:
        text = await asked
        if not text:
            return None
        now = app.triage.clock.wall()
        wanted = Asked(ref, now - seconds(text) * SECOND, now)
        try:
            estimate = await past.estimate(wanted)
        except PastError as error:
            app.say(str(error), "error")
            return None
        body = [*items(estimate), *estimate.problems, ""]
        if estimate.bound > estimate.limit:
            app.say(f"{told(estimate)}: more than history.limit_gb allows", "error")
            return None
        kept = " and its recording" if app.triage.recorder is not None else ""
        body.append(f"What is found joins this triage{kept}.")
        if not await opened(app, Confirm(f"Search the past of {label}?", body)):
            return None
        past.start(wanted)
        return f"searching the last {text} for {label}"

    return begin()


def _stop(app: TriageApp, past: Past) -> Work:
    asked = opened(
        app, Confirm("Stop the search of the past?", [past.told, "What was found stays."])
    )

    async def stop() -> str | None:
        if await asked:
            past.stop()
        return None

    return stop()
