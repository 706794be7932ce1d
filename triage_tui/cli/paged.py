"""From the page: a triage that begins with a finding, where and when it happened."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.aws.access import Scope
    from triage_tui.config import Settings
    from triage_tui.console_links import FindingPage
    from triage_tui.model import EntityRef, Finding
    from triage_tui.triage import Triage
    from triage_tui.ui.app import TriageApp

LOOK = 0.5
"""Seconds between two looks whether the finding has arrived."""
PATIENCE = 120.0
"""Seconds until it is said that it does not."""


def page(text: str) -> FindingPage:
    """A finding's id, ARN or link. For argparse."""
    from triage_tui.console_links import page_of

    try:
        return page_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def here(settings: Settings, asked: FindingPage | None) -> Settings:
    """The settings, with the region of the page among the others, and its account's roles alone."""
    import msgspec

    if asked is None:
        return settings
    aws = settings.aws
    if asked.region and asked.region not in aws.regions:
        aws = msgspec.structs.replace(aws, regions=(asked.region, *aws.regions))
    if asked.account and any(_is_of(role.arn, asked.account) for role in aws.assumed):
        roles = tuple(role for role in aws.assumed if _is_of(role.arn, asked.account))
        aws = msgspec.structs.replace(aws, profiles=(), roles=roles)
    return msgspec.structs.replace(settings, aws=aws)


def _is_of(arn: str, account: str) -> bool:
    return arn.split(":")[4] == account


async def begun(
    settings: Settings,
    scopes: Sequence[Scope],
    asked: FindingPage | None,
    *,
    wall: int,
    dated: bool,
) -> tuple[Settings, list[Scope]]:
    """The settings and scopes of a triage that is to tell of the finding: the account that has it
    alone, from the time on when it happened (not so where the time is `dated` already)."""
    import msgspec

    from triage_tui.aws import findings
    from triage_tui.aws.settings import seconds
    from triage_tui.model import SECOND

    found = None if asked is None else await findings.locate(scopes, asked.finding)
    if found is None:
        return settings, [*scopes]
    whose = found.scope[0], found.scope[2]
    logs, since = settings.logs, findings.since(found.begin, wall / SECOND)
    if not dated and seconds(since) > seconds(logs.since):
        logs = msgspec.structs.replace(logs, since=since)
    own = [scope for scope in scopes if (scope[0], scope[2]) == whose]
    return msgspec.structs.replace(settings, logs=logs), own


async def land(app: TriageApp, triage: Triage, finding_id: str) -> None:
    """Opens the finding's main actor as soon as the finding has arrived."""
    import asyncio

    for _ in range(int(PATIENCE / LOOK)):
        sight = triage.sight()
        state = next((each for each in sight.findings if each.id == finding_id), None)
        if state is not None:
            finding = sight.finding(state)
            ref = main_actor(triage, finding)
            app.call_later(app.land, ref, finding.id)
            return
        await asyncio.sleep(LOOK)
    app.call_later(
        app.say,
        f"the finding {finding_id} has not come: is its account and region among those above?",
        "warning",
    )


def main_actor(triage: Triage, finding: Finding) -> EntityRef | None:
    """Whom a finding is about: the principal of what IAM tells, else the address; of several the
    one with the most risk."""
    from triage_tui.model import EntityRef, Kind

    ips = [EntityRef(Kind.IP, ip) for ip in finding.ips]
    people = [EntityRef(Kind.PRINCIPAL, key) for key in finding.principals]
    for refs in (people, ips) if "IAMUser" in finding.type else (ips, people):
        found = [entity for ref in refs if (entity := triage.entity(ref)) is not None]
        if found:
            return max(found, key=lambda entity: entity.risk).ref
    return None
