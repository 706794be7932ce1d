"""CloudTrail in bulk: many lines at once, column by column. What it cannot read so, it leaves to
`cloudtrail`, whose rows are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import NO_TIME, Outcome

from .addresses import peer
from .cloudtrail import (
    HANDS_OUT,
    NOTHING,
    SIGN_IN,
    Record,
    failure_outcome,
    identity_of,
    outcome_and_hop,
    resource_of,
)
from .memo import Memo
from .times import iso_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.model import Identity

    from .rows import Rows


class _Line(Record, kw_only=True, gc=False):
    """A record as nearly all are. Lines of another format fail at the first one."""

    eventName: str
    eventSource: str
    eventTime: str
    eventID: str


_decode_lines = msgspec.json.Decoder(_Line).decode_lines

_peer_of = Memo(peer, most=1 << 16)
_outcome_of: Memo[str | None, Outcome] = Memo(
    lambda code: failure_outcome(code) if code else Outcome.OK, most=4096
)
_time_of: Memo[str, int] = Memo(
    lambda text: NO_TIME if (time := iso_time(text)) is None else time, most=1 << 16
)


def read_lines(lines: bytes | memoryview, count: int, rows: Rows) -> bool:
    """Appends `count` rows, if there are as many lines and each is a plain record of CloudTrail;
    else none."""
    try:
        records = _decode_lines(lines)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if len(records) != count:
        return False
    names = [record.eventName for record in records]
    sources = [record.eventSource for record in records]
    ids = [record.eventID for record in records]
    times = [_time_of[record.eventTime] for record in records]
    if not (all(names) and all(ids) and NO_TIME not in times and _are_trail(sources)):
        return False
    if any(record.insightDetails is not NOTHING for record in records):
        return False
    who = [identity_of[bytes(record.userIdentity)] for record in records]
    peers = [_peer_of[record.sourceIPAddress] for record in records]
    ips, services = [ip for ip, _ in peers], [service for _, service in peers]
    accounts = [record.recipientAccountId for record in records]
    _complete(who, ips, services, accounts)
    outcomes = [_outcome_of[record.errorCode] for record in records]
    hops = _hops(records, names, sources, outcomes)
    rows.extend(
        count,
        own_ids=ids,
        time=times,
        outcome=outcomes,
        who=who,
        hops=hops,
        format="cloudtrail",
        action=names,
        source_ip=ips,
        service=services,
        agent=[record.userAgent for record in records],
        account=accounts,
        region=[record.awsRegion for record in records],
        resource=list(map(resource_of, records)),
    )
    return True


def _are_trail(sources: Sequence[str]) -> bool:
    return all(source and not source.startswith("aws:") for source in set(sources))


def _complete(
    who: Sequence[Identity],
    ips: list[str | None],
    services: list[str | None],
    accounts: list[str | None],
) -> None:
    """What a record's caller adds to its other fields."""
    for place in [place for place, identity in enumerate(who) if identity.service]:
        # The address is the service's, not the caller's.
        ips[place], services[place] = None, services[place] or who[place].service
    if not all(accounts):
        accounts[:] = [a or identity.account for a, identity in zip(accounts, who, strict=True)]


def _hops(
    records: Sequence[Record],
    names: Sequence[str],
    sources: Sequence[str],
    outcomes: list[Outcome],
) -> list[tuple[int, tuple[str, str, str]]]:
    """Sessions that were handed out, by place; corrects the outcomes of failed sign-ins too."""
    if HANDS_OUT.isdisjoint(names) and SIGN_IN.isdisjoint(sources):
        return []
    hops = []
    for place, (name, source) in enumerate(zip(names, sources, strict=True)):
        if name in HANDS_OUT or source in SIGN_IN:
            outcomes[place], hop = outcome_and_hop(records[place])
            if hop:
                hops.append((place, hop))
    return hops
