"""What screens over entities have in common: people speak of the one that is acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.ui.screens import dialogs, pastwork
from triage_tui.ui.screens.base import TriageScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from triage_tui.model import EntityRef
    from triage_tui.ui.app import TriageApp
    from triage_tui.ui.screens.ask import Work


class CaseScreen(TriageScreen[None]):
    """A screen on which one entity at a time is acted on."""

    def acting(self) -> EntityRef | None:
        """The entity that is acted on; where there is none, that is said."""
        raise NotImplementedError

    def label_of(self, ref: EntityRef) -> str:
        """What people call an entity."""
        raise NotImplementedError

    def on_acting(self, question: Callable[[TriageApp, EntityRef, str], Work], what: str) -> None:
        """Asks something about the entity that is acted on."""
        ref = self.acting()
        if ref is not None:
            self._app.attempt(question(self._app, ref, self.label_of(ref)), what)

    def action_note(self) -> None:
        """Write a note."""
        self.on_acting(dialogs.note, "note")

    def action_note_in_editor(self) -> None:
        """Write a note in an editor."""
        self.on_acting(dialogs.note_in_editor, "note")

    def action_history(self) -> None:
        """Search the past."""
        self.on_acting(pastwork.history, "history")

    def action_decide(self) -> None:
        """Set status and verdict."""
        self.on_acting(dialogs.decide, "status")

    def action_tag(self) -> None:
        """Add a tag."""
        self.on_acting(dialogs.tag, "tag")

    def action_protect(self) -> None:
        """Never block it."""
        self.on_acting(dialogs.protect, "protect")

    def action_ignore(self) -> None:
        """Hear no more of its gravest rule."""
        self.on_acting(dialogs.ignore, "ignore")

    def action_mark_case(self) -> None:
        """Mark the entity, or take its mark off."""
        self.on_acting(dialogs.mark_entity, "mark")
