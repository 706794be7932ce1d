"""A link to the console, where no browser can be opened: shown, and in the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.ui.screens.help import Page, styled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.content import Content

    from triage_tui.console_links import Link


class LinkPage(Page):
    """The whole link, to be selected where the clipboard does not reach."""

    HEADING = "Console"

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link

    def lines(self, width: int) -> Iterator[Content]:
        yield from styled(self._link.what, "bold", width)
        yield from styled(self._link.url, "$text-accent", width)
        yield from styled(
            "copied, if this terminal lets programs copy; else select it", "$text-muted", width
        )
