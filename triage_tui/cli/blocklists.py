"""Opens the real blocklists: their sets at AWS, the journal of real blocks, their place among other
processes."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from triage_tui.aws.access import Access, AccessError, Scope, default_region
from triage_tui.aws.access import scopes as found
from triage_tui.aws.signins import SignIns
from triage_tui.aws.surroundings import Acls, Grounds
from triage_tui.aws.wafv2 import WafSets
from triage_tui.respond.blocklist import WafBlocklist
from triage_tui.respond.journal import ResponseError
from triage_tui.respond.planner import no_addresses
from triage_tui.respond.turns import Neighbours, Presence

from . import state
from .codes import asker
from .who import own

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from triage_tui.config import Settings
    from triage_tui.model import EntityRef
    from triage_tui.respond.journal import Journal
    from triage_tui.respond.settings import BlocklistSettings
    from triage_tui.respond.turns import Company

WRITERS = "writers"
TURNS = "turns"


def folder() -> Path:
    """Where the journal of real blocks is: a live triage and `blocks` share it."""
    return state.root() / "live"


@contextlib.asynccontextmanager
async def opened(
    settings: Settings,
    journal: Journal,
    *,
    wall: Callable[[], int],
    addresses: Callable[[EntityRef], Sequence[str]] = no_addresses,
    signins: SignIns | None = None,
    company: Company | None = None,
) -> AsyncIterator[list[WafBlocklist]]:
    """All blocklists of the config, in its order; AWS is not asked yet. `signins` are a triage's
    own; without them, MFA codes are asked for on the terminal. `company` are those who write the
    journal too, unless they are all on this machine. Raises ResponseError, or OSError where the
    state folder cannot be used."""
    places = await asyncio.to_thread(scopes, settings)
    everywhere = await asyncio.to_thread(homes, settings, places)
    guard = settings.guard(await asyncio.to_thread(own))
    writers = folder() / WRITERS
    presence = await asyncio.to_thread(Presence.announced, writers)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, presence.leave)
        here = Neighbours(state.root() / TURNS, writers, presence.name)
        accesses: dict[Scope, Access] = {}
        known = signins or SignIns(asker())
        for scope in everywhere:
            accesses[scope] = Access(scope, known.of(scope))
            stack.push_async_callback(accesses[scope].close)
        grounds = Grounds(list(accesses.values()), trusts=settings.guardduty.enabled)
        yield [
            WafBlocklist(
                each,
                WafSets(accesses[scope]),
                journal,
                guard,
                company or here,
                wall=wall,
                addresses=addresses,
                acls=Acls(accesses[scope], each.scope),
                learn=grounds.policy,
            )
            for each, scope in zip(settings.blocklist, places, strict=True)
        ]


def scopes(settings: Settings) -> list[Scope]:
    """Whose account and which region each blocklist is in. Blocking; raises ResponseError."""
    return [_scope(each, settings) for each in settings.blocklist]


def homes(settings: Settings, places: Sequence[Scope]) -> list[Scope]:
    """Where the account may go out from: the blocklists' scopes, and those that are triaged (but
    for roles, which may want a code of somebody). Blocking."""
    try:
        triaged = found(settings.aws, default_region)
    except AccessError:  # whoever triages them says so
        triaged = []
    own = [each for each in triaged if each.role is None]
    return list(dict.fromkeys([*places, *own]))


def _scope(each: BlocklistSettings, settings: Settings) -> Scope:
    profile = each.profile or None
    try:
        region = each.home or default_region(profile) or next(iter(settings.aws.regions), "")
    except AccessError as error:
        raise ResponseError(
            f"Cannot use the blocklist {each.name}", f"{error}.", "Mend its profile in the config."
        ) from error
    if not region:
        raise ResponseError(
            "No region",
            f"The blocklist {each.name} names none, and neither does the environment.",
            "Set region in its [[blocklist]].",
        )
    return Scope(profile, region)
