"""Everything that doctor looks at: which checks there are, and in what order they go."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from triage_tui.aws.access import Scope
    from triage_tui.aws.need import Configured
    from triage_tui.config import Loaded, Settings
    from triage_tui.health import Checked
    from triage_tui.ports import Check

    Show = Callable[[str, Sequence[Checked]], None]
    """What is done with a check's rows, under its name."""


async def run(loaded: Loaded, show: Show) -> list[Checked]:
    """Every row; each check is shown as soon as those before it are."""
    from .progress import waiting

    found: list[Checked] = []
    async with _checks(loaded) as (first, last):
        async with asyncio.TaskGroup() as tasks:
            running = [(check.name, tasks.create_task(check.run())) for check in first]
            for name, task in running:
                with waiting(f"looking at {name}"):
                    rows = await task
                show(name, rows)
                found += rows
        for check in last:  # they build on what the others have found
            with waiting(f"looking at {check.name}"):
                rows = await check.run()
            show(check.name, rows)
            found += rows
    return found


@contextlib.asynccontextmanager
async def _checks(loaded: Loaded) -> AsyncIterator[tuple[list[Check], list[Check]]]:
    """The checks that go side by side, and those that come after them."""
    from . import state
    from .knowledge_check import KnowledgeCheck
    from .machine import MachineCheck
    from .terminal import TerminalCheck, present

    here: list[Check] = [
        MachineCheck(loaded, state.root()),
        KnowledgeCheck(loaded.settings, state.root() / state.BASELINE, time.time_ns()),
        TerminalCheck(present()),
    ]
    async with contextlib.AsyncExitStack() as stack:
        yield await _with_aws(loaded.settings, here, stack)


async def _with_aws(
    settings: Settings, here: list[Check], stack: contextlib.AsyncExitStack
) -> tuple[list[Check], list[Check]]:
    """A check for each scope that is live or that a blocklist is in; and one over those live."""
    from triage_tui.aws.access import Access, AccessError
    from triage_tui.aws.checks import ScopeCheck
    from triage_tui.aws.mistakes import Mistakes
    from triage_tui.aws.signins import SignIns

    from .codes import asker

    try:
        live, given = await asyncio.to_thread(_scopes, settings)
    except AccessError as error:
        return here, [_NoScope(str(error))]
    made: dict[Scope, ScopeCheck] = {}
    signins = SignIns(asker())
    for scope, there in given.items():
        access = Access(scope, signins.of(scope))
        stack.push_async_callback(access.close)
        made[scope] = ScopeCheck(access, there)
    over = Mistakes([made[scope] for scope in live], given[live[0]])
    return [*here, *made.values()], [over]


def _scopes(settings: Settings) -> tuple[list[Scope], dict[Scope, Configured]]:
    """Where something is live, and what there is to look at in each scope. Blocking; raises
    AccessError."""
    from triage_tui.aws.access import AccessError, Scope, default_region, scopes
    from triage_tui.aws.athena_work import scope_of
    from triage_tui.aws.need import Configured
    from triage_tui.aws.settings import HistorySettings

    from .policy import configured

    live = scopes(settings.aws, default_region)
    every = configured(settings)._replace(blocklists=(), casebook=None, history=HistorySettings())
    given = dict.fromkeys(live, every)
    for blocklist in settings.blocklist:
        profile = blocklist.profile or None
        region = blocklist.home or default_region(profile) or live[0].region
        there = given.setdefault(Scope(profile, region), Configured.nothing())
        lists = (*there.blocklists, blocklist)
        given[Scope(profile, region)] = there._replace(blocklists=lists)
    for table in settings.history.athena:
        place = scope_of(table, settings.aws, live)
        there = given.setdefault(place, Configured.nothing())
        tables = (*there.history.athena, table)
        given[place] = there._replace(history=HistorySettings(athena=tables))
    if settings.shared is not None:
        from triage_tui.respond.journal import ResponseError

        from .shared import scope

        try:
            place = scope(settings, settings.shared)
        except ResponseError as error:
            raise AccessError(str(error)) from None
        there = given.setdefault(place, Configured.nothing())
        given[place] = there._replace(casebook=settings.shared)
    return live, given


class _NoScope:
    """Nobody knows where to look: that is all there is to say of AWS."""

    name = "AWS"

    def __init__(self, words: str) -> None:
        self._words = words

    async def run(self) -> Sequence[Checked]:
        """Says so."""
        from triage_tui.health import Checked, CheckState

        words, _, fix = self._words.partition(": ")
        return [Checked(CheckState.FAILS, "identity", "region", "", words, fix)]
