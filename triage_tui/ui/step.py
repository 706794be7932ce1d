"""One step of setting up: what every one of them has. No Textual here: a screen shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from triage_tui.ui.adapters.options import Options

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from triage_tui.choices import DiscoveryError
    from triage_tui.ui.setup_steps import Setup
    from widgets.columns import Column


class Step:
    """One question. `load` finds out what there is to choose from."""

    TITLE: ClassVar[str] = ""
    ASKS: ClassVar[str] = ""
    """The question, in one line."""
    EMPTY: ClassVar[str] = "Nothing here"
    HINT: ClassVar[str] = ""
    """What the panel says where nothing else is to be said."""
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    NEEDED: ClassVar[bool] = False
    """Whether nothing goes on without a choice: then it is the row under the cursor."""
    chooses: ClassVar[bool] = True
    """Whether there are boxes."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.options = Options(boxes=self.chooses)
        self.troubles: list[str] = []
        """What could not be found out, and what to do."""
        self.loading = False
        self.warned = False
        """Whether it was said that nothing is chosen."""

    @property
    def columns(self) -> Sequence[Column]:
        """Those that tell rows apart: where there is one place alone, not which."""
        return self.COLUMNS

    @property
    def rests_on(self) -> object:
        """What the options depend on: when it has changed they are looked for again."""
        return None

    def load(self) -> AsyncIterator[None]:
        """Fills the options, and says when there are more of them."""
        raise NotImplementedError

    def unchosen(self) -> str:
        """What is said once to whoever goes on without a choice; "" for nothing."""
        return ""

    def failed(self, place: object, error: DiscoveryError) -> None:
        """Something could not be found out."""
        place = str(place)
        self.troubles.append(f"{place}: {error}" if place else str(error))
