"""What can be done about somebody: what fits first, then what does not, and why not. Pure."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from triage_tui.model import Kind
from triage_tui.networks import network_of
from triage_tui.remedies import (
    ArchiveFindings,
    DeactivateKey,
    DenyInAcl,
    DenySessions,
    DenyUser,
    InvokeFunction,
    Offer,
    Quarantine,
    RateFindings,
    ReplaceRule,
)
from triage_tui.respond.levers import BEHIND_WAF

from .levers import lever_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from triage_tui.model import Identity
    from triage_tui.remedies import AnyChange, Means, Suspect


BLOCK, RULE = "block", "rule"
"""The keys of the offers to block in WAF, and to name a rule of a security group."""
LASTING = "AKIA"
"""How ids of keys of users begin; those of sessions begin otherwise."""
_TRAIL = frozenset(("cloudtrail", "guardduty", "eks", "s3access"))
"""Logs in which somebody acts with credentials."""
_FLOWS = frozenset(("vpcflow", "nlb", "clb", "auth"))
"""Logs of what reaches hosts."""
_NOBODY_TO_STOP = frozenset(("AWSService", "AWSAccount", "AWS Service"))
MOST_HOSTS = 3
"""Hosts that offers are made for."""


class _Ranked(NamedTuple):
    weight: int
    """The more, the earlier among those that fit."""
    offer: Offer


class _Found(NamedTuple):
    """A change that can be thought of."""

    weight: int
    change: AnyChange
    why: str
    refusal: str = ""
    """Why it would change nothing; "" where it would."""


def offers(
    suspect: Suspect,
    means: Means,
    unable: Callable[[AnyChange], str],
    no_block: str,
) -> list[Offer]:
    """All that can be thought of, what fits first. `unable` says why a change cannot be made from
    here, `no_block` why nothing can be blocked; "" where it can."""
    seen = dict(suspect.formats)
    web, trail, flows = (
        sum(count for name, count in seen.items() if name in names)
        for names in (BEHIND_WAF, _TRAIL, _FLOWS)
    )
    unique = {BLOCK: _block(suspect, web, no_block)}
    for weight, change, why, empty in (
        *_principals(suspect, trail),
        *_network(suspect, means, flows),
        *_functions(suspect, means),
        *_findings(suspect),
    ):
        lever, refusal = lever_of(change), unable(change) or empty
        key = f"{lever.slot} {lever.title}"  # some change the same, one to and one fro
        offer = Offer(key, lever.title, refusal or why, fits=not refusal, change=change)
        unique.setdefault(offer.key, _Ranked(weight, offer))
    if flows or suspect.hosts:
        unique[RULE] = _rule(suspect, flows, unable)
    ordered = sorted(unique.values(), key=lambda each: (not each.offer.fits, -each.weight))
    return [each.offer for each in ordered]


# -- WAF -----------------------------------------------------------------------------------------


def _block(suspect: Suspect, web: int, no_block: str) -> _Ranked:
    is_address = suspect.ref.kind in (Kind.IP, Kind.NETWORK)
    title = f"Block {suspect.label} in WAF" if is_address else "Block its addresses in WAF"
    reason = no_block
    if suspect.ref.kind is Kind.SERVICE or (is_address and network_of(suspect.ref.key) is None):
        reason = "an AWS service: it has no address of its own, and nothing to block"
    elif not web and suspect.formats:
        seen = ", ".join(name for name, _ in suspect.formats[:2])
        reason = reason or f"wrong lever: seen in {seen} alone, and no web ACL stands before that"
    why = reason or f"{_count(web)} came through what a web ACL can guard"
    return _Ranked(2 * web + 1, Offer(BLOCK, title, why, fits=not reason))


# -- principals ----------------------------------------------------------------------------------


def _principals(suspect: Suspect, trail: int) -> Iterator[_Found]:
    """Against those who it is, or who act from there."""
    for who, events in suspect.people:
        if who.type in _NOBODY_TO_STOP or not (who.user or who.role or who.access_key):
            continue
        for place, (change, why) in enumerate(_against(who, suspect, events)):
            # Of several people, those who did most come first; a whole user goes after all keys.
            weight = (trail if isinstance(change, DenyUser) else 2 * trail + events) - place
            yield _Found(weight, change, why)


def _against(who: Identity, suspect: Suspect, events: int) -> Iterator[tuple[AnyChange, str]]:
    account = who.account or suspect.account
    if who.role:
        issued = _issued(suspect.now)
        why = f"{_count(events)} as {who.session or 'a session'}, whose key cannot be deactivated"
        yield DenySessions(account=account, role=who.role, issued=issued), why
        return
    user = "root" if who.type == "Root" else who.user
    if not user:
        return
    if who.access_key.startswith(LASTING):
        why = f"{_count(events)} signed with it: it stops whoever has it, wherever they come from"
        yield DeactivateKey(account=account, user=user, key=who.access_key), why
    yield (
        DenyUser(account=account, user=user),
        f"stops all keys and the console sign-in of {user} at once",
    )


def _issued(now: int) -> str:
    """A time as the IAM console writes it: RFC 3339, to the millisecond."""
    at = dt.datetime.fromtimestamp(now // 1_000_000_000, dt.UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{now // 1_000_000 % 1000:03d}Z"


# -- network -------------------------------------------------------------------------------------


def _network(suspect: Suspect, means: Means, flows: int) -> Iterator[_Found]:
    """Against what it deals with: the ACLs around hosts of ours, and those hosts."""
    account, region = suspect.account, suspect.region
    is_address = suspect.ref.kind in (Kind.IP, Kind.NETWORK)
    network = network_of(suspect.ref.key) if is_address else None
    for place, host in enumerate(suspect.hosts[:MOST_HOSTS]):
        if network is not None and not host.startswith("arn:"):
            change = DenyInAcl(account=account, region=region, host=host, cidr=str(network))
            why = f"it dealt with {host} directly, which no web ACL stands before"
            yield _Found(2 * flows - place, change, why)
        is_function = host.startswith("arn:")
        at = host.split(":")[3:5] if is_function else (region, account)
        quarantine = Quarantine(account=at[1], region=at[0], host=host, groups=means.quarantine)
        yield _Found(-place, quarantine, f"where {host} itself is in other hands")


def _rule(suspect: Suspect, flows: int, unable: Callable[[AnyChange], str]) -> _Ranked:
    """Any rule: which one is asked for."""
    title = "Remove or narrow a rule of a security group…"
    some = ReplaceRule(account=suspect.account, region=suspect.region, rule="sgr-0")
    refusal = unable(some)
    why = "where a rule lets in more than it should; it asks for the rule's id"
    return _Ranked(flows - MOST_HOSTS, Offer(RULE, title, refusal or why, fits=not refusal))


# -- functions and findings ----------------------------------------------------------------------


def _functions(suspect: Suspect, means: Means) -> Iterator[_Found]:
    for place, each in enumerate(means.functions):
        change = InvokeFunction(
            account=each.account,
            region=each.region,
            name=each.name,
            function=each.function,
            about=suspect.label,
            event=suspect.event,
            asynchronous=each.asynchronous,
        )
        yield _Found(-10 - place, change, "a function of your own, called with what is known")


def _findings(suspect: Suspect) -> Iterator[_Found]:
    """What GuardDuty may be told of its findings: last, for it stops nobody."""
    places = dict.fromkeys((each.account, each.region) for each in suspect.findings)
    for account, region in places:
        here = [f for f in suspect.findings if (f.account, f.region) == (account, region)]
        ids = tuple(each.id for each in here)
        change = ArchiveFindings(account=account, region=region, findings=ids)
        current = tuple(each.id for each in here if not each.archived)
        yield _Found(
            -100,
            replace(change, findings=current or ids),
            "once it is dealt with: it stops nobody",
            "" if current else "it is archived already",
        )
        away = tuple(each.id for each in here if each.archived)
        yield _Found(
            -103,
            replace(change, findings=away or ids, archived=False),
            "where somebody has put it away too early",
            "" if away else "nothing of it is archived, as far as its records say",
        )
        for useful in (True, False):
            rated = RateFindings(account=account, region=region, findings=ids, useful=useful)
            yield _Found(-101 - (not useful), rated, "the reason goes along as the comment")


def _count(events: int) -> str:
    return f"{events:,} event{'' if events == 1 else 's'}"
