"""What may be blocked: one judgement a rule, so that a screen can show why, and why not.

Every rule is looked at both ways: an address inside a protected range is refused, and so is a range
with a protected address inside. What cannot be read is refused.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import msgspec

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.networks import Network, network_of

from . import ranges
from .lookup import Lookup
from .ranges import covers, usual_width, widened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_SHOWN = 3
"""Protected ranges that one reason names."""


class Protected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A range that is never blocked."""

    cidr: str
    reason: str = ""
    """In the owner's words; shown with the refusal."""


class Learned(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Ranges that were read from the account; there may be many."""

    ranges: tuple[Protected, ...] = ()
    unread: tuple[str, ...] = ()
    """What could not be read, and why: a phrase each."""
    looked: bool = False
    """Whether anybody has tried."""

    @cached_property
    def lookup(self) -> Lookup[Protected]:
        """Finds them; made once. Raises ValueError for what is no range."""
        return Lookup((entry.cidr, entry) for entry in self.ranges)


class GuardSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[limits]`: how wide a block may be. A /20 is 4,096 addresses, about what a small hoster
    holds, and a /48 is what one site gets; anything wider is a provider with its customers, and no
    longer triage."""

    widest_ipv4: Annotated[
        int, msgspec.Meta(description="a prefix length from 8 to 32", ge=8, le=32)
    ] = 20
    widest_ipv6: Annotated[
        int, msgspec.Meta(description="a prefix length from 16 to 128", ge=16, le=128)
    ] = 48


class GuardPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the guard refuses. Raises ValueError for an entry that it could not compare with."""

    widest_v4: int = 20
    widest_v6: int = 48
    allow_documentation: bool = False
    """For a simulated Response alone: examples and demos live in documentation space."""
    protect: tuple[Protected, ...] = ()
    own: tuple[str, ...] = ()
    """The engineer's own addresses (`own_addresses`)."""
    trusted_proxies: tuple[str, ...] = ()
    cdn: tuple[str, ...] = ()
    """The edges of CDNs."""
    account: Learned = Learned()
    """From where the account itself goes out: NAT gateways and elastic addresses."""
    trusted: Learned = Learned()
    """What the trusted lists of GuardDuty hold."""

    def __post_init__(self) -> None:
        if not (1 <= self.widest_v4 <= 32 and 1 <= self.widest_v6 <= 128):
            raise ValueError("widest_v4 goes from 1 to 32, widest_v6 from 1 to 128")
        named = {
            "protect": [entry.cidr for entry in self.protect],
            "own": self.own,
            "trusted_proxies": self.trusted_proxies,
            "cdn": self.cdn,
        }
        for name, entries in named.items():
            for entry in entries:
                if network_of(entry) is None:
                    raise ValueError(f"{name}: {entry!r} is neither an address nor a CIDR")
        for learned in (self.account, self.trusted):
            learned.lookup  # noqa: B018 - it raises


def protecting(policy: GuardPolicy, cidr: str, reason: str) -> GuardPolicy:
    """The policy with one more range on its `protect` list."""
    return msgspec.structs.replace(policy, protect=(*policy.protect, Protected(cidr, reason)))


def own_addresses(ssh_connection: str) -> tuple[str, ...]:
    """Both ends of the session that `SSH_CONNECTION` describes; empty where it makes no sense.

    sshd writes `client port server port` (ssh(1), ENVIRONMENT).
    """
    words = ssh_connection.split()
    if len(words) != 4:
        return ()
    found = [network_of(word.partition("%")[0]) for word in (words[0], words[2])]
    return tuple(dict.fromkeys(str(net.network_address) for net in found if net is not None))


def judge(cidr: str, policy: GuardPolicy) -> tuple[GuardVerdict, ...]:
    """One verdict a rule, always all of them and in the same order."""
    network = network_of(cidr)
    if network is None:
        return _judge_nonsense(cidr)
    return (
        _form(cidr, network),
        _everything(network),
        _width(network, policy),
        *(_special(rule, network) for rule in _SPECIAL),
        _documentation(network, policy),
        GuardVerdict("service", GuardLevel.PASS, "an address, not an AWS service"),
        _listed("cdn", network, [Protected(entry) for entry in policy.cdn]),
        _listed("proxy", network, [Protected(entry) for entry in policy.trusted_proxies]),
        _own(network, policy),
        _learned("account", network, policy.account),
        _listed("protect", network, policy.protect),
        _learned("guardduty", network, policy.trusted),
    )


def refusals(verdicts: Iterable[GuardVerdict]) -> list[str]:
    """The reasons of those verdicts that refuse."""
    return [verdict.reason for verdict in verdicts if verdict.level is GuardLevel.REFUSE]


_SPECIAL: dict[str, tuple[tuple[Network, ...], str, str]] = {
    "private": (ranges.PRIVATE, "private", "WAF sees public addresses; this one is seen inside"),
    "loopback": (ranges.LOOPBACK, "loopback", "it never leaves the machine"),
    "link-local": (ranges.LINK_LOCAL, "link-local", "it never leaves the network"),
    "multicast": (ranges.MULTICAST, "multicast", "nobody sends from there"),
    "reserved": (ranges.RESERVED, "reserved", "nobody sends from there"),
    "unspecified": (ranges.UNSPECIFIED, "unspecified", "it stands for no address at all"),
}

RULES = (
    *("form", "everything", "width", *_SPECIAL, "documentation"),
    *("service", "cdn", "proxy", "own", "account", "protect", "guardduty"),
)
"""The rules in the order in which `judge` gives its verdicts."""

_SHARED = "visitors share it: block the forwarded address instead"
_LISTED = {
    "cdn": ("an edge of a CDN", "an edge of a CDN", _SHARED),
    "proxy": ("a trusted proxy", "a trusted proxy", _SHARED),
    "account": (
        "an address of your own account",
        "an address of your own account",
        "blocking it would block your own traffic",
    ),
    "guardduty": (
        "on a trusted list of GuardDuty",
        "what is on a trusted list of GuardDuty",
        "take it off that list first if it must be blocked",
    ),
    "protect": (
        "on the protect list",
        "what is on the protect list",
        "take it off the list first if it must be blocked",
    ),
}
"""What an address is that is listed, what a range holds then, and what to do."""

_SERVICE = re.compile(r"(?i)(?:\.amazonaws\.com(?:\.cn)?|\.amazon\.com|^aws internal)$")


def _judge_nonsense(cidr: str) -> tuple[GuardVerdict, ...]:
    if _SERVICE.search(cidr):
        service = f"{cidr} is an AWS service acting for somebody: there is nothing to block"
    else:
        service = f"{cidr!r} is not an address"
    refused = {"form": f"{cidr!r} is neither an address nor a CIDR", "service": service}
    return tuple(
        GuardVerdict(rule, GuardLevel.REFUSE, refused[rule])
        if rule in refused
        else GuardVerdict(rule, GuardLevel.WARN, "not checked: there is no address to check")
        for rule in RULES
    )


def _form(cidr: str, network: Network) -> GuardVerdict:
    if cidr in (str(network), str(network.network_address)):
        return GuardVerdict("form", GuardLevel.PASS, f"reads as {network}")
    return GuardVerdict("form", GuardLevel.WARN, f"{cidr!r} will be written as {network}")


def _everything(network: Network) -> GuardVerdict:
    if network.prefixlen == 0:
        reason = f"{network} is every IPv{network.version} address there is"
        return GuardVerdict("everything", GuardLevel.REFUSE, reason)
    return GuardVerdict("everything", GuardLevel.PASS, "not the whole internet")


def _width(network: Network, policy: GuardPolicy) -> GuardVerdict:
    widest = policy.widest_v4 if network.version == 4 else policy.widest_v6
    if network.prefixlen < widest:
        reason = f"/{network.prefixlen} is wider than the widest allowed, /{widest}"
        return GuardVerdict("width", GuardLevel.REFUSE, reason)
    usual = usual_width(network)
    if network.prefixlen < usual:
        reason = f"/{network.prefixlen} is wider than one customer's usual /{usual}"
        return GuardVerdict("width", GuardLevel.WARN, reason)
    return GuardVerdict("width", GuardLevel.PASS, f"not wider than /{usual}")


def _special(rule: str, network: Network) -> GuardVerdict:
    members, word, why = _SPECIAL[rule]
    for member in members:
        if covers(member, network):
            reason = f"{network} is {word} ({member}): {why}"
            return GuardVerdict(rule, GuardLevel.REFUSE, reason)
        if covers(network, member):
            reason = f"{network} would cover {word} space ({member})"
            return GuardVerdict(rule, GuardLevel.REFUSE, reason)
    return GuardVerdict(rule, GuardLevel.PASS, f"not {word}")


def _documentation(network: Network, policy: GuardPolicy) -> GuardVerdict:
    for member in ranges.DOCUMENTATION:
        if covers(member, network) or covers(network, member):
            reason = f"{network} touches documentation space ({member})"
            if policy.allow_documentation:
                return GuardVerdict("documentation", GuardLevel.PASS, f"{reason}: fine here")
            reason += ": an example, not somebody's address"
            return GuardVerdict("documentation", GuardLevel.REFUSE, reason)
    return GuardVerdict("documentation", GuardLevel.PASS, "not documentation space")


def _own(network: Network, policy: GuardPolicy) -> GuardVerdict:
    near = None
    for entry in policy.own:
        own = network_of(entry)
        if own is None:
            continue
        if covers(network, own) or covers(own, network):
            reason = f"{network} holds {entry}, where this session comes from"
            return GuardVerdict("own", GuardLevel.REFUSE, reason)
        if covers(widened(own, usual_width(own)), network):
            near = f"{network} is in the same /{usual_width(own)} as {entry}, your own address"
    if near is not None:
        return GuardVerdict("own", GuardLevel.WARN, near)
    words = (
        "not the address you come from"
        if policy.own
        else "the address you come from is not known: no SSH session"
    )
    return GuardVerdict("own", GuardLevel.PASS, words)


def _learned(rule: str, network: Network, learned: Learned) -> GuardVerdict:
    """A list that was read from the account: what could not be read is no all-clear."""
    around, inside = learned.lookup.around(network), learned.lookup.inside(network)
    found = _verdict(rule, network, list(around), list(inside))
    if found.level is GuardLevel.REFUSE:
        return found
    words = _LISTED[rule][0]
    if learned.unread:
        reason = f"nobody knows whether it is {words}: {'; '.join(learned.unread)}"
        return GuardVerdict(rule, GuardLevel.WARN, reason)
    if not learned.looked:
        return GuardVerdict(rule, GuardLevel.PASS, f"{words}? nobody has looked")
    return found


def _listed(rule: str, network: Network, entries: Iterable[Protected]) -> GuardVerdict:
    known = [(other, entry) for entry in entries if (other := network_of(entry.cidr)) is not None]
    around = [entry for other, entry in known if covers(other, network)]
    inside = [entry for other, entry in known if covers(network, other) and other != network]
    return _verdict(rule, network, around, inside)


def _verdict(
    rule: str, network: Network, around: Sequence[Protected], inside: Sequence[Protected]
) -> GuardVerdict:
    """The judgement on a network that entries of a list hold, or that holds entries."""
    is_one, holds, advice = _LISTED[rule]
    if not around and not inside:
        return GuardVerdict(rule, GuardLevel.PASS, f"not {is_one}")
    words = f"is {is_one}" if around else f"holds {holds}"
    hits = [*around, *inside]
    shown = ", ".join(
        f"{entry.cidr} ({entry.reason})" if entry.reason else entry.cidr
        for entry in hits[:MOST_SHOWN]
    )
    if len(hits) > MOST_SHOWN:
        shown += f" and {len(hits) - MOST_SHOWN:,} more"
    return GuardVerdict(rule, GuardLevel.REFUSE, f"{network} {words}: {shown}; {advice}")
