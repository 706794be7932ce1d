"""What can be done about somebody: what fits first, then what does not, and why not. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Kind
from triage_tui.networks import network_of
from triage_tui.remedies import DeactivateKey, DenySessions, DenyUser, Offer
from triage_tui.respond.levers import BEHIND_WAF

from .levers import lever_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from triage_tui.model import Identity
    from triage_tui.remedies import AnyChange, Suspect

BLOCK = "block"
"""The key of the offer to block in WAF."""
LASTING, TEMPORARY = "AKIA", "ASIA"
"""How ids of keys begin: those of users, and those of sessions."""
_TRAIL = frozenset(("cloudtrail", "guardduty", "eks", "s3access"))
"""Logs in which somebody acts with credentials."""
_NOBODY_TO_STOP = frozenset(("AWSService", "AWSAccount", "AWS Service"))


class _Ranked(NamedTuple):
    weight: int
    """The more, the earlier among those that fit."""
    offer: Offer


def offers(suspect: Suspect, unable: Callable[[AnyChange], str], no_block: str) -> list[Offer]:
    """All that can be thought of, what fits first. `unable` says why a change cannot be made from
    here, `no_block` why nothing can be blocked; "" where it can."""
    web = sum(count for name, count in suspect.formats if name in BEHIND_WAF)
    trail = sum(count for name, count in suspect.formats if name in _TRAIL)
    found = [_block(suspect, web, no_block), *_principals(suspect, trail, unable)]
    unique: dict[str, _Ranked] = {}
    for ranked in found:
        unique.setdefault(ranked.offer.key, ranked)
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
    why = reason or f"{web:,} events came through what a web ACL can guard"
    return _Ranked(2 * web + 1, Offer(BLOCK, title, why, fits=not reason))


# -- principals ----------------------------------------------------------------------------------


def _principals(
    suspect: Suspect, trail: int, unable: Callable[[AnyChange], str]
) -> Iterator[_Ranked]:
    """Against those who it is, or who act from there."""
    for who, events in suspect.people:
        if who.type in _NOBODY_TO_STOP or not (who.user or who.role or who.access_key):
            continue
        for place, (change, why) in enumerate(_against(who, suspect, events)):
            refusal = unable(change)
            # Of several people, those who did most come first; a whole user goes after all keys.
            weight = (trail if isinstance(change, DenyUser) else 2 * trail + events) - place
            offer = Offer(
                lever_of(change).slot,
                lever_of(change).title,
                refusal or why,
                fits=not refusal,
                change=change,
            )
            yield _Ranked(weight, offer)


def _against(who: Identity, suspect: Suspect, events: int) -> Iterator[tuple[AnyChange, str]]:
    account = who.account or suspect.account
    count = f"{events:,} event{'' if events == 1 else 's'}"
    if who.role:
        issued = _issued(suspect.now)
        why = f"{count} as {who.session or 'a session'}: a session's key cannot be deactivated"
        yield DenySessions(account=account, role=who.role, issued=issued), why
        return
    user = "root" if who.type == "Root" else who.user
    if not user:
        return
    if who.access_key.startswith(LASTING):
        why = f"{count} signed with it: it stops whoever has it, wherever they come from"
        yield DeactivateKey(account=account, user=user, key=who.access_key), why
    yield (
        DenyUser(account=account, user=user),
        f"stops all keys and the console sign-in of {user} at once",
    )


def _issued(now: int) -> str:
    """A time as the IAM console writes it: RFC 3339, to the millisecond."""
    import datetime as dt

    at = dt.datetime.fromtimestamp(now // 1_000_000_000, dt.UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{now // 1_000_000 % 1000:03d}Z"
