"""What blocking an entity would mean: which widths there are, who else is behind each, and whether
a blocklist is the right lever at all. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from triage_tui.model import (
    DAY,
    GOOD_BELOW,
    HOUR,
    MINUTE,
    BlockPlan,
    CidrChoice,
    Collateral,
    EntityRef,
    GuardLevel,
    GuardVerdict,
    Kind,
)
from triage_tui.networks import Network, network_of

from .guard import judge, refusals
from .levers import about_lever, how_seen
from .ranges import covers, smallest_around, usual_width, widened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from triage_tui.model import Enforcement
    from triage_tui.ports import Witness

    from .guard import GuardPolicy
    from .statements import Seen

CAPACITY = 10_000
"""Entries that one WAFv2 IP set holds; a blocklist has one set a family."""

MOST_OFFERED = 16
"""Addresses and networks that one plan offers; each costs a look at everything behind it."""


class Expiry(NamedTuple):
    """One answer to "until when?"."""

    label: str
    after: int | None
    """Nanoseconds from the cursor; None for never."""
    needs_reason: bool = False


EXPIRIES = (
    Expiry("15 m", 15 * MINUTE),
    Expiry("1 h", HOUR),
    Expiry("6 h", 6 * HOUR),
    Expiry("24 h", DAY),
    Expiry("7 d", 7 * DAY),
    Expiry("never", None, needs_reason=True),
)
DEFAULT_EXPIRY = EXPIRIES[1]


class Outside(Protocol):
    """What a plan has to know of a blocklist's sets and of the web ACLs that look into them."""

    def target(self, version: int) -> str | None:
        """The set of an IP version: `IP set shop-v4, CLOUDFRONT`; None where there is none."""
        ...

    def enforcement(self, network: Network, seen: Seen) -> Enforcement | None:
        """What becomes of requests from there once it is in the set."""
        ...


class Inside:
    """An `Outside` for what changes nothing outside."""

    def target(self, version: int) -> str | None:
        """It has room for both versions, and no set."""
        return ""

    def enforcement(self, network: Network, seen: Seen) -> Enforcement | None:
        return None


class Unseen:
    """A `ports.Witness` of a command that has no events at hand."""

    def collateral(self, cidr: str) -> Collateral:
        """Nobody knows who is behind it."""
        return Collateral(cidr, 0, 0, 0, 0, 0, (), (), 0, 0, known=False)


def no_addresses(_ref: EntityRef) -> Sequence[str]:
    """The addresses of a principal, where nobody knows them."""
    return ()


def plan_block(
    refs: Sequence[EntityRef],
    *,
    blocklist: str,
    simulated: bool,
    policy: GuardPolicy,
    entries: Iterable[str],
    witness: Witness,
    addresses: Callable[[EntityRef], Sequence[str]] = no_addresses,
    capacity: int = CAPACITY,
    foreign: Iterable[str] = (),
    outside: Outside | None = None,
) -> BlockPlan:
    """The plan for blocking the entities together. Raises ValueError for none at all.

    `entries` are the CIDRs that we have put into the blocklist, `foreign` those that somebody else
    has; `addresses` are those a principal came from.
    """
    if not refs:
        raise ValueError("a plan needs at least one entity")
    named = {ref: _networks_of(ref, addresses) for ref in refs}
    wanted = list(dict.fromkeys(network for networks in named.values() for network in networks))
    spelled = {
        network: ref.key
        for ref, networks in named.items()
        for network in networks
        if ref.kind is not Kind.PRINCIPAL
    }
    held = _Held(_known(entries), _known(foreign))
    sets = outside or Inside()
    choices = tuple(
        _choice(network, spelled.get(network, ""), policy, held, witness, sets)
        for network in _offered(wanted, policy)
    )
    left = _capacity_left(choices, held, capacity)
    advice = [
        *_levers(named),
        *_left_out(wanted, policy),
        *_about_widths(choices, wanted),
        *_about_limits(choices, left),
    ]
    if simulated:
        advice.append("Simulated: nothing outside this program changes.")
    return BlockPlan(blocklist, simulated, refs[0], choices, left, tuple(advice))


def _networks_of(ref: EntityRef, addresses: Callable[[EntityRef], Sequence[str]]) -> list[Network]:
    """The networks that an entity stands for."""
    if ref.kind is Kind.SERVICE:
        return []
    keys = addresses(ref) if ref.kind is Kind.PRINCIPAL else (ref.key,)
    return [network for key in keys if (network := network_of(key)) is not None]


def _around(wanted: Sequence[Network]) -> list[Network]:
    """The smallest network around all of them, in each family that has several."""
    families = ([net for net in wanted if net.version == version] for version in (4, 6))
    return [smallest_around(family) for family in families if len(family) > 1]


def _too_wide(network: Network, policy: GuardPolicy) -> bool:
    return network.prefixlen < (policy.widest_v4 if network.version == 4 else policy.widest_v6)


def _offered(wanted: Sequence[Network], policy: GuardPolicy) -> list[Network]:
    """The widths to choose from, narrowest first: each as it is, its neighbourhood, and what covers
    them all (unless that is hopelessly wide)."""
    wanted = wanted[:MOST_OFFERED]
    around = [network for network in _around(wanted) if not _too_wide(network, policy)]
    neighbours = [widened(network, usual_width(network)) for network in wanted]
    offered = dict.fromkeys([*wanted, *neighbours, *around])
    return sorted(offered, key=lambda network: network.max_prefixlen - network.prefixlen)


class _Held(NamedTuple):
    """What is in the blocklist now."""

    ours: frozenset[Network]
    foreign: frozenset[Network]

    @property
    def all(self) -> list[Network]:
        """Each once, in order; what both hold is the others'."""
        return sorted(self.ours | self.foreign, key=lambda net: (net.version, net))


def _known(entries: Iterable[str]) -> frozenset[Network]:
    return frozenset(network for entry in entries if (network := network_of(entry)) is not None)


def _choice(
    network: Network,
    spelled: str,
    policy: GuardPolicy,
    held: _Held,
    witness: Witness,
    outside: Outside,
) -> CidrChoice:
    """`spelled` is how somebody wrote the network, "" for a width of our own."""
    cidr = str(network)
    collateral, target = witness.collateral(cidr), outside.target(network.version)
    verdicts = judge(spelled or cidr, policy)
    if target is None:
        words = f"this blocklist has no IP set for IPv{network.version}"
        verdicts = (*verdicts, GuardVerdict("set", GuardLevel.REFUSE, words))
    verdicts += _listed(collateral)
    touching = [entry for entry in held.all if covers(entry, network) or covers(network, entry)]
    return CidrChoice(
        cidr=cidr,
        verdicts=verdicts,
        collateral=collateral,
        covered_by=tuple(str(entry) for entry in touching if covers(entry, network)),
        covers=tuple(str(entry) for entry in touching if not covers(entry, network)),
        foreign=tuple(str(entry) for entry in touching if entry in held.foreign),
        target=target or "",
        enforcement=outside.enforcement(network, how_seen(collateral)) if target else None,
    )


def _listed(collateral: Collateral) -> tuple[GuardVerdict, ...]:
    """What lists say that hold an address of it: care, for a list is nobody's order."""
    found = [f"on the allow list {words}: somebody trusts it" for words in collateral.allowed]
    found += [f"on the list {words}: many share it" for words in collateral.shared]
    if not found:
        return ()
    more = f"; and on {len(found) - 2} more" if len(found) > 2 else ""
    return (GuardVerdict("lists", GuardLevel.WARN, "; ".join(found[:2]) + more),)


def _capacity_left(choices: Sequence[CidrChoice], held: _Held, capacity: int) -> int:
    """Room in the fuller of the sets that the choices would go to."""
    versions = {network.version for c in choices if (network := network_of(c.cidr)) is not None}
    return min(
        max(0, capacity - sum(entry.version == version for entry in held.all))
        for version in (versions or {4, 6})
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _levers(named: dict[EntityRef, list[Network]]) -> list[str]:
    """Whether a blocklist is the right lever for each of the entities."""
    advice: list[str] = []
    for ref, networks in named.items():
        if ref.kind is Kind.SERVICE:
            advice.append(
                f"{ref.key} is an AWS service, never blockable: it acts for somebody, so look for "
                "the principal behind its calls."
            )
        elif ref.kind is Kind.PRINCIPAL:
            advice.append(
                f"WAF stops addresses, not identities: {ref.key} can go on from any other address. "
                "Deactivate its access key or revoke its sessions in IAM."
            )
            advice.append(
                f"Offered here: {_count(len(networks), 'address', 'addresses')} it came from."
                if networks
                else "No address that it came from is known, so there is nothing to block."
            )
        elif not networks:
            advice.append(f"{ref.key} is not an address, so there is nothing to block.")
    return advice


def _left_out(wanted: Sequence[Network], policy: GuardPolicy) -> list[str]:
    advice = [
        f"The smallest range around them is {network}, too wide: block them one by one."
        for network in _around(wanted[:MOST_OFFERED])
        if _too_wide(network, policy)
    ]
    left_out = len(wanted) - MOST_OFFERED
    if left_out > 0:
        are = _count(left_out, "address is", "addresses are")
        advice.append(f"{are} not offered: a plan takes {MOST_OFFERED} at a time.")
    return advice


def _about_widths(choices: Sequence[CidrChoice], wanted: Sequence[Network]) -> list[str]:
    """What good traffic each width would stop, and which width is of use."""
    advice = [
        sentence
        for choice in choices
        if not choice.refused
        for sentence in (*about_lever(choice.collateral), *_about_collateral(choice.collateral))
    ]
    if any(network.version == 6 and network.prefixlen > 64 for network in wanted):
        advice.append(
            "An IPv6 host changes its address at will within its /64: the /64 is what holds it."
        )
    return advice


def _about_collateral(collateral: Collateral) -> list[str]:
    cidr = collateral.cidr
    if not collateral.known:
        return [f"Who else is behind {cidr} cannot be told here."]
    advice: list[str] = []
    if collateral.good_addresses:
        events = _count(collateral.good, "good event", "good events")
        if collateral.addresses == 1:
            advice.append(
                f"{cidr} itself looks innocent (risk below {GOOD_BELOW}): {events} would be "
                "blocked."
            )
        else:
            look = "looks" if collateral.good_addresses == 1 else "look"
            advice.append(
                f"{collateral.good_addresses:,} of {collateral.addresses:,} addresses behind "
                f"{cidr} {look} innocent: {events} would be blocked."
            )
    if collateral.addresses == 1 and len(collateral.principals) > 1:
        advice.append(
            f"{len(collateral.principals):,} principals act from {cidr}: it may be an exit that "
            "many share (NAT, VPN, an office)."
        )
    return advice


def _about_limits(choices: Sequence[CidrChoice], left: int) -> list[str]:
    advice: list[str] = []
    if choices and all(choice.refused for choice in choices):
        first = refusals(choices[0].verdicts)[0]
        advice.append(f"The guard refuses every choice: {first}.")
    if left == 0:
        advice.append(
            "The blocklist is full: let entries expire, undo some, or block a range that covers "
            "several, first."
        )
    return advice
