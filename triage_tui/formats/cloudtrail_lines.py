"""CloudTrail in bulk: many lines at once, column by column. What it cannot read so, it leaves to
`cloudtrail`, whose rows are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import NO_TIME, SECOND, Outcome

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
from .seen import Trail
from .times import iso_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .rows import Rows
    from .vocabulary import Vocabulary

_decode_lines = msgspec.json.Decoder(Record).decode_lines

_outcome_of: Memo[str | None, Outcome] = Memo(
    lambda code: failure_outcome(code) if code else Outcome.OK, most=4096
)
_MINUTE, _SECOND = slice(len("2026-03-15T02:09:")), slice(len("2026-03-15T02:09:"), None)
_SECONDS = {f"{second:02}Z": second * SECOND for second in range(60)}
"""Nanoseconds, by what ends a time."""
_MOST = 1 << 15


def _minute(text: str) -> int:
    time = iso_time(f"{text}00Z") if text.endswith(":") else None
    if time is None:
        raise KeyError(text)
    return time


_minute_of = Memo(_minute, most=1 << 14)


def read_lines(
    lines: bytes | memoryview, count: int, rows: Rows, raw: Callable[[int], bytes]
) -> bool:
    """Appends `count` rows, if there are as many lines and each is a plain record of CloudTrail;
    else none. `raw` gives the bytes of one line."""
    try:
        records = _decode_lines(lines)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if len(records) != count:
        return False
    names = [record.eventName for record in records]
    sources = [record.eventSource for record in records]
    ids = [record.eventID for record in records]
    times = _times([record.eventTime for record in records])
    if not (all(names) and all(ids) and NO_TIME not in times and _are_trail(sources)):
        return False
    if any(record.insightDetails is not NOTHING for record in records):
        return False
    vocabulary = rows.vocabulary
    caller_of, address_of = vocabulary.memo(_caller, _MOST), vocabulary.memo(_address, _MOST)
    users = [bytes(record.userIdentity) for record in records]
    who = list(map(caller_of.__getitem__, users))
    ips = [address_of[record.sourceIPAddress] for record in records]
    accounts = [record.recipientAccountId for record in records]
    if not all(accounts):
        callers = map(vocabulary.identity, who)
        accounts = [a or caller.account for a, caller in zip(accounts, callers, strict=True)]
    outcomes = [_outcome_of[record.errorCode] for record in records]
    hops = _hops(records, names, sources, outcomes)
    services = _services(records, vocabulary, who, ips)
    if rows.rules is not None:
        trail = Trail(
            records, raw, vocabulary, times, users, outcomes, who, ips, accounts, services
        )
        rows.settle()  # what came before is matched before
        rows.rules.trail(len(rows), trail)
    rows.extend(
        count,
        own_ids=ids,
        time=times,
        outcome=outcomes,
        who=who,
        service=services,
        source_ip=ips,
        hops=hops,
        format="cloudtrail",
        action=names,
        agent=[record.userAgent for record in records],
        account=accounts,
        region=[record.awsRegion for record in records],
        resource=list(map(resource_of, records)),
        called=sources,
    )
    return True


def _times(texts: Sequence[str]) -> list[int]:
    """Minutes come again far more often than seconds do."""
    minutes, seconds, minute, second = _minute_of, _SECONDS, _MINUTE, _SECOND
    try:
        return [minutes[text[minute]] + seconds[text[second]] for text in texts]
    except KeyError:  # an offset, a fraction, no time at all
        return [NO_TIME if (time := iso_time(text)) is None else time for text in texts]


def _are_trail(sources: Sequence[str]) -> bool:
    return all(source and not source.startswith("aws:") for source in set(sources))


def _caller(vocabulary: Vocabulary, user: bytes) -> int:
    return vocabulary.number(identity_of[user])


def _address(vocabulary: Vocabulary, text: str | None) -> int:
    return vocabulary.columns["source_ip"][peer(text)[0]]


def _services(
    records: Sequence[Record], vocabulary: Vocabulary, who: Sequence[int], ips: list[int]
) -> dict[int, str]:
    """The services that called, by place. Where one did, the address is its own, not the caller's:
    it goes."""
    found = {}
    if 0 in ips:
        for place in [place for place, ip in enumerate(ips) if not ip]:
            if service := peer(records[place].sourceIPAddress)[1]:
                found[place] = service
    served = vocabulary.served
    if not served.isdisjoint(who):
        for place in [place for place, number in enumerate(who) if number in served]:
            found.setdefault(place, vocabulary.identity(who[place]).service)
            ips[place] = 0
    return found


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
