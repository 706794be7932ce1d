"""The probe for the work groups of tables, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.health import Checked, CheckState

from .trouble import CALL_ERRORS, Kind, trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .checks import ScopeCheck
    from .ground import Ground

_LIMIT = "BytesScannedCutoffPerQuery"


async def workgroups(ground: Ground) -> str:
    """Those of the tables that are asked from here."""
    client = await ground.access.client("athena")
    tables = ground.configured.history.athena
    for name in dict.fromkeys(table.workgroup for table in tables):
        try:
            found = (await client.get_work_group(WorkGroup=name))["WorkGroup"]
        except CALL_ERRORS as error:
            if trouble(error).kind is not Kind.REFUSED:
                raise
            ground.unfit[name] = "is not there"
            continue
        if not found.get("Configuration", {}).get(_LIMIT):
            ground.unfit[name] = "does not limit what a query may scan"
    return f"{len(tables):,} table{'' if len(tables) == 1 else 's'}: asked for the work groups"


def unfit(of: ScopeCheck) -> Iterator[Checked]:
    """Tables that are left out of history, and why."""
    for table in of.configured.history.athena:
        name = table.workgroup
        if name not in of.ground.unfit:
            continue
        words = f"{table.table} is left out of history: the work group {name}"
        fix = "name one that is there: aws athena list-work-groups"
        if "limit" in of.ground.unfit[name]:
            fix = (
                f"aws athena update-work-group --region {of.access.scope.region} "
                f"--work-group {name} --configuration-updates {_LIMIT}=10000000000"
            )
        found = f"{words} {of.ground.unfit[name]}"
        yield Checked(CheckState.WARNING, "athena", "work group", of.name, found, fix)
