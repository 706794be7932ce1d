"""Opens the real answers other than blocks: over all accounts that are watched, and the journal of
real blocks."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from triage_tui.aws.access import Access
from triage_tui.aws.remedies import AwsHands
from triage_tui.remedies import (
    ArchiveFindings,
    DeactivateKey,
    DenyInAcl,
    DenySessions,
    DenyUser,
    Quarantine,
    RateFindings,
    ReplaceRule,
)
from triage_tui.respond.remedy.desk import RealRemedies
from triage_tui.respond.turns import Neighbours, Presence

from . import state
from .blocklists import TURNS, WRITERS, folder
from .who import own

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from triage_tui.aws.access import Scope
    from triage_tui.aws.signins import SignIns
    from triage_tui.config import Settings
    from triage_tui.remedies import Change
    from triage_tui.respond.journal import Journal
    from triage_tui.respond.remedy.settings import AnswerSettings
    from triage_tui.respond.turns import Company

_SWITCHES: dict[type[Change], str] = {
    DeactivateKey: "principals",
    DenySessions: "principals",
    DenyUser: "principals",
    ArchiveFindings: "findings",
    RateFindings: "findings",
    DenyInAcl: "network",
    ReplaceRule: "network",
    Quarantine: "network",
}


@contextlib.asynccontextmanager
async def opened(
    settings: Settings,
    scopes: Sequence[Scope],
    journal: Journal,
    *,
    wall: Callable[[], int],
    signins: SignIns,
    company: Company | None = None,
) -> AsyncIterator[RealRemedies]:
    """The answers for the accounts of these scopes; AWS is not asked yet. `company` are those who
    write the same journal, where a team shares it. Raises OSError where the state folder cannot be
    used."""
    guard = settings.guard(await asyncio.to_thread(own))
    writers = folder() / WRITERS
    presence = await asyncio.to_thread(Presence.announced, writers)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, presence.leave)
        accesses = [Access(scope, signins.of(scope)) for scope in scopes]
        for access in accesses:
            stack.push_async_callback(access.close)
        hands = AwsHands(accesses)
        stack.push_async_callback(hands.close)
        yield RealRemedies(
            hands,
            journal,
            settings.answers.policy(None, guard),
            company or Neighbours(state.root() / TURNS, writers, presence.name),
            wall=wall,
            means=settings.answers.means,
            allowed=lambda change: _switched_off(settings.answers, change),
        )


def _switched_off(answers: AnswerSettings, change: Change) -> str:
    """Why the config does not allow a change; "" where it does."""
    switch = _SWITCHES.get(type(change))
    if switch is None or getattr(answers, switch):  # functions are named one by one
        return ""
    return f"not switched on: answers.{switch} = true in the config does it"
