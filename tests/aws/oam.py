"""A strict cross-account observability: the sink of a monitoring account, and who links to it."""

from typing import Any

from tests.aws.server import Call, ServiceError


class FakeOam:
    """Implements `server.Service`. `links` are by monitoring account: (account, label, types)."""

    name = "oam"

    def __init__(self) -> None:
        self.links: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {}

    def link(self, monitoring: str, account: str, label: str, *types: str) -> None:
        """An account shares what it has of these types: log groups, unless others are named."""
        shared = types or ("AWS::Logs::LogGroup", "AWS::CloudWatch::Metric")
        self.links.setdefault(monitoring, []).append((account, label, shared))

    async def handle(self, call: Call) -> dict[str, Any]:
        sink = f"arn:aws:oam:{call.region}:{call.account}:sink/s1"
        if call.operation == "ListSinks":
            found = [{"Arn": sink, "Id": "s1", "Name": "everybody"}]
            return {"Items": found if call.account in self.links else []}
        if call.operation != "ListAttachedLinks":
            raise AssertionError(f"the fake has no {call.operation}")
        if call.asked["SinkIdentifier"] != sink or call.account not in self.links:
            raise ServiceError("ResourceNotFoundException", "there is no such sink", 404)
        held = self.links[call.account]
        start = int(call.asked.get("NextToken") or 0)
        stop = start + min(2, call.asked.get("MaxResults", 5))
        items = [
            {
                "Label": label,
                "LinkArn": f"arn:aws:oam:{call.region}:{account}:link/l1",
                "ResourceTypes": list(types),
            }
            for account, label, types in held[start:stop]
        ]
        page: dict[str, Any] = {"Items": items}
        return page | ({"NextToken": str(stop)} if stop < len(held) else {})
