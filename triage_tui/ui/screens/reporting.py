"""Asks which report to write, and has it written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.ui.actions import BY_ID
from triage_tui.ui.keymap import effective_keys
from triage_tui.ui.screens.ask import Work, opened
from triage_tui.ui.screens.choose import Choice, ChooseScreen

if TYPE_CHECKING:
    from triage_tui.ports import Reporter
    from triage_tui.ui.app import TriageApp

CHOICES = (
    Choice("r", "report", "Markdown and JSON, for the ticket"),
    Choice("a", "anonymous", "the same, with pseudonyms for names and addresses"),
    Choice("b", "bundle", "all of it in one archive, to hand over and to replay"),
)


def write(app: TriageApp, reporter: Reporter) -> Work:
    """Asks at once which; await the writing. The same key again writes the report."""
    again = ",".join(effective_keys(BY_ID["report.write"], app.keymap))
    asked = opened(app, ChooseScreen("write into the current folder", CHOICES, again))

    async def work() -> str | None:
        key = await asked
        if key is None:
            return None
        try:
            if key == "b":
                app.say("writing the bundle…")
                return f"bundle written to {await reporter.bundle()}"
            paths = await reporter.report(anonymize=key == "a")
        except OSError as error:
            app.say(f"cannot write it: {error}", "error")
            return None
        return f"report written to {' and '.join(paths)}"

    return work()
