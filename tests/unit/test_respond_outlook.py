"""What a blocklist's sets come to outside: remembered as the last plan knew it."""

from collections.abc import Collection

from triage_tui.model import Force
from triage_tui.networks import network_of
from triage_tui.respond.address_sets import IpSet
from triage_tui.respond.enforcement import Layout, WebAcl
from triage_tui.respond.outlook import Outlook

SET = IpSet("REGIONAL", "shop-v4", "1", "arn:set", 4)
RULE = {
    "Name": "block-bad",
    "Priority": 0,
    "Statement": {"IPSetReferenceStatement": {"ARN": SET.arn}},
    "Action": {"Block": {}},
}


class Acls:
    """Web ACLs that are read once."""

    layout: Layout | None = None

    async def read(self, sets: Collection[str]) -> Layout:
        self.layout = Layout([WebAcl("shop-edge", [RULE], guards=["arn:lb"])])
        return self.layout


async def test_how_an_address_arrives_is_remembered_from_its_plan() -> None:
    found = Outlook("REGIONAL", Acls())
    found.sets = {4: SET}
    network, other = network_of("8.8.8.8"), network_of("8.8.4.4")
    assert network is not None
    assert other is not None
    assert found.of("8.8.8.8/32") is None  # nobody has read anything
    await found.read()
    known = found.of("8.8.8.8/32")
    assert known is not None
    assert known.force is Force.FULL
    planned = found.enforcement(network, "forwarded")
    assert planned is not None
    assert planned.force is Force.NOTHING
    assert found.of("8.8.8.8/32") == planned  # the block of it is no better than its plan
    assert found.of("8.8.4.4/32") == known
    found.enforcement(network, "unknown")
    assert found.of("8.8.8.8/32") == planned
    assert found.of("rubbish") is None
    assert found.of("2001:db8::/64") is None
