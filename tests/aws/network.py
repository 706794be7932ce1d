"""CloudFront, EC2 and S3: what a plan asks of them."""

from typing import Any
from urllib.parse import unquote

from aiohttp import web

from tests.aws.server import Call, ServiceError


class FakeCloudFront:
    """Implements `server.Service`: distributions by the ARN of their web ACL, some at a time."""

    name = "cloudfront"

    def __init__(self, page: int = 2) -> None:
        self.distributions: dict[str, list[str]] = {}
        self._page = page

    async def handle(self, call: Call) -> web.StreamResponse:
        assert call.operation == "ListDistributionsByWebACLId", call.operation
        assert call.region == "us-east-1", "CloudFront is at home in one region"
        held = self.distributions.get(call.asked["WebACLId"], [])
        start = int(call.asked.get("Marker") or 0)
        found = held[start : start + self._page]
        more = start + self._page < len(held)
        answer = {
            "Marker": call.asked.get("Marker", ""),
            "MaxItems": int(call.asked["MaxItems"]),
            "IsTruncated": more,
            "Quantity": len(found),
            "Items": [{"Id": each, "ARN": _distribution(call, each)} for each in found],
        } | ({"NextMarker": str(start + self._page)} if more else {})
        return _sent(answer)


def _distribution(call: Call, id_: str) -> str:
    return f"arn:aws:cloudfront::{call.account}:distribution/{id_}"


def _sent(answer: dict[str, Any]) -> web.StreamResponse:
    """By hand: the model asks of each distribution for dozens of members that nobody looks at."""
    items = "".join(
        f"<DistributionSummary><Id>{each['Id']}</Id><ARN>{each['ARN']}</ARN></DistributionSummary>"
        for each in answer.pop("Items")
    )
    rest = "".join(f"<{key}>{str(value).lower()}</{key}>" for key, value in answer.items())
    text = f"<DistributionList>{rest}<Items>{items}</Items></DistributionList>"
    return web.Response(text=text, content_type="text/xml")


class FakeEc2:
    """Implements `server.Service`: NAT gateways, one at a time, and elastic addresses."""

    name = "ec2"

    def __init__(self) -> None:
        self.gateways: list[dict[str, Any]] = []
        self.addresses: list[dict[str, Any]] = []

    async def handle(self, call: Call) -> dict[str, Any]:
        if call.operation == "DescribeAddresses":
            return {"Addresses": self.addresses}
        assert call.operation == "DescribeNatGateways", call.operation
        if not 5 <= call.asked["MaxResults"] <= 1000:
            raise ServiceError("InvalidParameterValue", "Value for parameter maxResults is invalid")
        start = int(call.asked.get("NextToken") or 0)
        page: dict[str, Any] = {"NatGateways": self.gateways[start : start + 1]}
        return page | ({"NextToken": str(start + 1)} if start + 1 < len(self.gateways) else {})


def gateway(number: int, ip: str, *, state: str = "available") -> dict[str, Any]:
    """A NAT gateway with a public address."""
    return {
        "NatGatewayId": f"nat-{number}",
        "State": state,
        "NatGatewayAddresses": [{"PublicIp": ip, "PrivateIp": "10.0.0.9"}],
    }


class FakeS3:
    """Objects by `bucket/key`, on a port of its own: `AWS_ENDPOINT_URL_S3` names it."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.denied: set[str] = set()

    async def __aenter__(self) -> "FakeS3":
        app = web.Application()
        app.router.add_get("/{path:.*}", self._get)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._runner.cleanup()

    async def _get(self, request: web.Request) -> web.Response:
        path = unquote(request.rel_url.raw_path.lstrip("/"))
        if path in self.denied:
            return _refused(403, "AccessDenied", "Access Denied")
        if path not in self.objects:
            return _refused(404, "NoSuchKey", "The specified key does not exist.")
        return web.Response(body=self.objects[path])


def _refused(status: int, code: str, message: str) -> web.Response:
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return web.Response(status=status, content_type="application/xml", text=text)
