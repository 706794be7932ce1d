"""Opens what a team shares: the table, this machine's copy of it, the casebook and the journal."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.aws.access import Access, AccessError, Scope, default_region
from triage_tui.aws.dynamodb import DynamoTable
from triage_tui.aws.signins import SignIns
from triage_tui.casebook.shared import SharedCasebook
from triage_tui.casebook.team import Team
from triage_tui.replica import Replica
from triage_tui.respond import leases
from triage_tui.respond.journal import ResponseError
from triage_tui.respond.sharedjournal import open_shared

from . import state
from .codes import asker
from .who import author

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from triage_tui.aws.settings import CasebookPlace
    from triage_tui.config import Settings
    from triage_tui.respond.journal import Journal
    from triage_tui.respond.turns import Company


MILLISECOND = 1_000_000


class Shared(NamedTuple):
    """What a team shares, as it was opened."""

    access: Access
    table: DynamoTable
    casebook: SharedCasebook
    journal: Journal
    team: Team
    company: Company


@contextlib.asynccontextmanager
async def opened(
    settings: Settings,
    place: CasebookPlace,
    *,
    wall: Callable[[], int],
    signins: SignIns | None = None,
) -> AsyncIterator[Shared]:
    """With what this machine knows: the table is not asked yet. `signins` are a triage's own;
    without them, MFA codes are asked for on the terminal. Raises StateFileError, ResponseError."""
    where = await asyncio.to_thread(scope, settings, place)
    access = Access(where, (signins or SignIns(asker())).of(where))
    async with contextlib.AsyncExitStack() as stack:
        table = DynamoTable(access, place.name)
        stack.push_async_callback(table.close)
        replica = await Replica.open(copy_path(where, place.name))
        stack.push_async_callback(replica.close)
        casebook = await SharedCasebook.open(table, replica, wall=wall)
        stack.push_async_callback(casebook.close)
        journal = await open_shared(table, replica, wall=wall)

        async def news() -> bool:
            before = journal.revision
            with contextlib.suppress(ResponseError):  # whoever works with the journal hears of it
                await journal.refresh()
            return journal.revision != before

        process = leases.writer_name(wall() // MILLISECOND)
        team = Team(table, casebook, author(), process, wall=wall, others=(news,))
        stack.push_async_callback(team.leave)
        company = leases.Team(table, process, present=table.present)
        yield Shared(access, table, casebook, journal, team, company)


@contextlib.asynccontextmanager
async def attended(
    settings: Settings, place: CasebookPlace, *, wall: Callable[[], int]
) -> AsyncIterator[Shared]:
    """The same for a command: the others know meanwhile that somebody is at work."""
    async with opened(settings, place, wall=wall) as found:
        refused: ResponseError | None = None
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(found.team.follow(lambda: None))
            try:
                yield found
            except ResponseError as error:  # as it is: out of the group it would come wrapped
                refused = error
            finally:
                following.cancel()
        if refused is not None:
            raise refused


def scope(settings: Settings, place: CasebookPlace) -> Scope:
    """Whose account, and where. Blocking; raises ResponseError."""
    aws = settings.aws
    profile = place.profile or next(iter(aws.profiles), "") or None
    try:
        region = place.region or next(iter(aws.regions), "") or default_region(profile)
    except AccessError as error:
        raise ResponseError(
            "Cannot use the shared casebook", f"{error}.", "Mend casebook in the config."
        ) from error
    if not region:
        raise ResponseError(
            "No region",
            "The shared casebook names none, and neither does the environment.",
            'Write casebook = { table = "…", region = "…" } into the config.',
        )
    return Scope(profile, region)


def copy_path(where: Scope, table: str) -> Path:
    """Where this machine's copy of a table lies."""
    name = "\0".join((where.profile or "", where.region, table))
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return state.root() / "live" / f"shared-{digest}.db"
