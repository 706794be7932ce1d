"""From where an account goes out to the internet: its NAT gateways and elastic addresses, which
nobody may block."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from triage_tui.networks import network_of
from triage_tui.respond.guard import Learned, Protected
from triage_tui.respond.statements import parts, text

from .patience import Refused, patiently

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from triage_tui.respond.statements import Json

    from .access import Access
    from .pace import Sleep

_PAGE = 200
_GONE = ("deleted", "failed")
"""States of a NAT gateway that has no address any more."""


async def egress(access: Access, *, sleep: Sleep = asyncio.sleep) -> Learned:
    """The public addresses of one account and region. Never raises for what is wrong outside."""
    ranges: list[Protected] = []
    unread: list[str] = []
    where = access.scope.region

    async def read(lookup: Callable[[], Awaitable[list[Protected]]]) -> None:
        try:
            ranges.extend(await lookup())
        except Refused as error:
            unread.append(f"{error} ({where})")

    await read(lambda: _gateways(access, sleep))
    await read(lambda: _elastic(access, sleep))
    return Learned(tuple(dict.fromkeys(ranges)), tuple(unread), looked=True)


async def _gateways(access: Access, sleep: Sleep) -> list[Protected]:
    found: list[Protected] = []
    more: dict[str, str] = {}

    async def call() -> Json:
        client = await access.client("ec2")
        return await client.describe_nat_gateways(MaxResults=_PAGE, **more)

    while True:
        page = await patiently("DescribeNatGateways", call, sleep=sleep)
        for gateway in parts(page, "NatGateways"):
            if text(gateway, "State") not in _GONE:
                name = f"NAT gateway {text(gateway, 'NatGatewayId')}, {access.scope.region}"
                found += _public(parts(gateway, "NatGatewayAddresses"), name)
        token = text(page, "NextToken")
        if not token:
            return found
        more = {"NextToken": token}


async def _elastic(access: Access, sleep: Sleep) -> list[Protected]:
    async def call() -> Json:
        client = await access.client("ec2")
        return await client.describe_addresses()

    page = await patiently("DescribeAddresses", call, sleep=sleep)
    return [
        entry
        for address in parts(page, "Addresses")
        for entry in _public([address], _elastic_name(address, access.scope.region))
    ]


def _elastic_name(address: Json, region: str) -> str:
    of = text(address, "InstanceId") or text(address, "NetworkInterfaceId")
    return f"elastic address of {of}, {region}" if of else f"elastic address, {region}"


def _public(addresses: list[Json], name: str) -> Iterator[Protected]:
    for address in addresses:
        for key in ("PublicIp", "CarrierIp"):
            if network_of(text(address, key)) is not None:
                yield Protected(text(address, key), name)
