"""What every blocklist asks of a request before it does anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.networks import network_of

from .guard import judge, refusals
from .journal import ResponseError
from .ranges import covers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from triage_tui.model import Block, BlockRequest
    from triage_tui.networks import Network

    from .guard import GuardPolicy


def checked(request: BlockRequest, name: str, policy: GuardPolicy) -> Network:
    """The network to block in the blocklist of that name. Raises ResponseError where the answer is
    no."""
    if request.blocklist != name:
        raise ResponseError(
            "Wrong blocklist",
            f"The request is for {request.blocklist!r}; this is {name!r}.",
            "Plan the block again.",
        )
    reasons = refusals(judge(request.cidr, policy))
    network = network_of(request.cidr)
    if reasons or network is None:
        raise ResponseError(
            "The guard refuses",
            f"{'; '.join(reasons)}.",
            "Choose a narrower CIDR, or block something else.",
        )
    if request.expires_after is None and not request.reason.strip():
        raise reason_missing()
    if request.expires_after is not None and request.expires_after <= 0:
        raise ResponseError(
            "Expired already",
            "The block would end before it begins.",
            "Choose an expiry that lies ahead.",
        )
    return network


def check_covered(network: Network, active: Sequence[Block]) -> None:
    """Raises ResponseError where a block that is in force covers the network."""
    for block in active:
        other = network_of(block.cidr)
        if other is not None and covers(other, network):
            raise ResponseError(
                "Blocked already",
                f"{block.cidr} ({block.id}, by {block.author}) covers {network}.",
                "Extend that block if it should last longer.",
            )


def networks_of(blocks: Iterable[Block]) -> list[Network]:
    """The networks that the blocks hold back."""
    found = (network_of(block.cidr) for block in blocks)
    return [network for network in found if network is not None]


def reason_missing() -> ResponseError:
    """The error for a block without an end that says no reason."""
    return ResponseError(
        "A reason is missing",
        "A block that never expires stays until somebody undoes it, who must know why it is there.",
        "Say why, or choose an expiry.",
    )
