"""The page of the AWS console about what is under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui import console_links
from triage_tui.console_links import Link
from triage_tui.model import Kind

if TYPE_CHECKING:
    from triage_tui.model import EntityRef, Event
    from triage_tui.triage import Triage

Target = Link | int | None
"""A page, or the row that it is about, which has to be read."""
NOWHERE = "the console has no page about this"


class _LogEvent(msgspec.Struct):
    """Where a record was logged, as CloudWatch Logs spells it."""

    logGroupIdentifier: str = ""
    logGroupName: str = ""
    logStreamName: str = ""
    timestamp: int | None = None


def of_row(triage: Triage, row: int) -> Link | None:
    """The page of a row's finding, trail event, or log stream at that time. Blocking; raises
    OSError."""
    event = triage.event(row)
    if event.format == "guardduty":
        return console_links.finding(event.region or "", event.id.partition("@")[0])
    if event.format == "cloudtrail":
        return console_links.trail_event(event.region or "", event.id)
    return _log_events(triage, row, event)


class Logged(NamedTuple):
    """Where a record was logged; `at` in milliseconds."""

    region: str
    group: str
    stream: str
    at: int | None


def _log_events(triage: Triage, row: int, event: Event) -> Link | None:
    found = logged(triage, row, event)
    return None if found is None else console_links.log_events(*found)


def logged(triage: Triage, row: int, event: Event) -> Logged | None:
    """Where a row was logged, as far as its record says. Blocking; raises OSError."""
    raw = triage.raw_text(row)
    try:
        found = msgspec.json.decode(raw, type=_LogEvent)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return None
    group = found.logGroupName or found.logGroupIdentifier
    if group.startswith("arn:"):
        group = group.partition(":log-group:")[2].removesuffix(":*")
    elif group[:13].rstrip(":").isdigit():  # ACCOUNT:NAME
        group = group.partition(":")[2]
    region = event.region or _region(triage, event.record.path)
    return Logged(region, group, found.logStreamName, found.timestamp) if group else None


def _region(triage: Triage, path: str) -> str:
    """Where the live source of that name reads; its place ends with the region."""
    for source in triage.sources:
        if source.report.path == path and source.report.live is not None:
            return source.report.live.place.rpartition(" ")[2]
    return ""


def of_entity(triage: Triage, ref: EntityRef) -> Target:
    """The page of a principal; of an address, the worst finding that names it."""
    from triage_tui.store.entities import find  # numpy: not before the first frame

    if ref.kind is Kind.PRINCIPAL:
        for name in (ref.key, *ref.aliases):
            found = console_links.identity(name)
            if found is not None:
                return found
    ranking = triage.look(ref.kind)
    number = find(ranking, ref)
    if number is None:
        return None
    places = ranking.findings.get(number, [])
    return ranking.sight.findings[places[0]].row if places else None
