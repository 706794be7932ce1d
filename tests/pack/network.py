"""The network rules: both sides of each."""

from __future__ import annotations

from .cases import Case, series
from .lines import HOST, OUTSIDE, flow
from .trail import ACCOUNT, OTHER, Json, call

TARGET = "10.0.2.20"
WORLD = {"items": [{"cidrIp": "0.0.0.0/0"}]}
OFFICE = {"items": [{"cidrIp": "198.51.100.0/24"}]}


def _ingress(port: int, ranges: object) -> bytes:
    permission = {"ipProtocol": "tcp", "fromPort": port, "toPort": port, "ipRanges": ranges}
    request: dict[str, object] = {"groupId": "sg-0a1b", "ipPermissions": {"items": [permission]}}
    return call("ec2", "AuthorizeSecurityGroupIngress", request)


FLOWS = (
    Case(
        "Inside machine scans ports",
        series(25, lambda n: flow(HOST, TARGET, 1000 + n, action="REJECT", at=n)),
        [
            *series(25, lambda n: flow(HOST, TARGET, 443, action="REJECT", at=n)),
            *series(25, lambda n: flow(HOST, TARGET, 1000 + n, at=n)),
        ],
    ),
    Case(
        "Inside machine sweeps the network",
        series(30, lambda n: flow(HOST, f"10.0.3.{n}", 445, action="REJECT", at=n)),
        series(30, lambda n: flow(HOST, TARGET, 445, action="REJECT", at=n)),
    ),
    Case(
        "Ports probed from outside",
        series(25, lambda n: flow(OUTSIDE, HOST, 1000 + n, action="REJECT", at=n)),
        series(25, lambda n: flow(OUTSIDE, HOST, 22, action="REJECT", at=n)),
    ),
    Case(
        "SSH or RDP hammered from outside",
        series(35, lambda n: flow(OUTSIDE, HOST, 22, at=5 * n)),
        [
            *series(10, lambda n: flow(OUTSIDE, HOST, 22, at=5 * n)),
            *series(40, lambda n: flow("10.0.9.9", HOST, 22, at=5 * n)),
        ],
    ),
    Case(
        "Call out to a port that malware likes",
        [flow(HOST, OUTSIDE, 4444)],
        [flow(HOST, OUTSIDE, 443), flow(HOST, TARGET, 4444), flow(OUTSIDE, HOST, 4444)],
    ),
    Case(
        "Steady calls to one unusual place outside",
        series(12, lambda n: flow(HOST, OUTSIDE, 8443, from_port=50000 + n, at=240 * n)),
        [
            *series(12, lambda n: flow(HOST, OUTSIDE, 443, from_port=50000 + n, at=240 * n)),
            *series(4, lambda n: flow(HOST, OUTSIDE, 8443, from_port=50000 + n, at=240 * n)),
            # Answers of a server to its visitor.
            *series(12, lambda n: flow(HOST, OUTSIDE, 30123, from_port=8443, at=240 * n)),
        ],
    ),
    Case(
        "Gigabytes sent to one address outside",
        series(6, lambda n: flow(HOST, OUTSIDE, 443, size=1_000_000_000, at=300 * n)),
        series(3, lambda n: flow(HOST, OUTSIDE, 443, size=1_000_000_000, at=300 * n)),
    ),
)

CHANGES = (
    Case(
        "Security group opened to the internet",
        [_ingress(22, WORLD)],
        [_ingress(22, OFFICE), _ingress(443, WORLD)],
    ),
    Case(
        "Port of a security group opened to everybody",
        [_ingress(8080, WORLD)],
        [_ingress(8080, OFFICE), _ingress(443, WORLD)],
    ),
    Case(
        "Network opened or joined to another",
        [call("ec2", "AcceptVpcPeeringConnection", {"vpcPeeringConnectionId": "pcx-0a1b"})],
        [call("ec2", "DescribeVpcPeeringConnections", read_only=True)],
    ),
    Case(
        "Way to the internet added",
        [
            call(
                "ec2",
                "CreateRoute",
                {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-0a1b"},
            )
        ],
        [
            call(
                "ec2",
                "CreateRoute",
                {"destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-0a1b"},
            )
        ],
    ),
    Case(
        "Domain moved or unlocked",
        [call("route53domains", "DisableDomainTransferLock", {"domainName": "example.com"})],
        [call("route53domains", "EnableDomainTransferLock", {"domainName": "example.com"})],
    ),
)


def _endpoint(account: str, error: str | None = None) -> bytes:
    """What a VPC endpoint saw."""
    who: Json = {"type": "AWSAccount", "principalId": "AROAEXAMPLE:x", "accountId": account}
    more: Json = {"eventCategory": "NetworkActivity", "vpcEndpointId": "vpce-0a1b"}
    return call("s3", "PutObject", who=who, error=error, kind="AwsVpceEvent", more=more)


ENDPOINTS = (
    Case(
        "Endpoint of a network refused a call",
        [_endpoint(OTHER, "VpceAccessDenied")],
        [_endpoint(ACCOUNT), _endpoint(ACCOUNT, "AccessDenied")],
    ),
    Case(
        "Foreign principal through an endpoint",
        [_endpoint(OTHER)],
        [
            _endpoint(ACCOUNT),
            call("s3", "PutObject", {"key": "x"}),
            call("s3", "PutObject", {"key": "x"}, who={"type": "AWSAccount", "accountId": OTHER}),
        ],
    ),
)

CASES = (*FLOWS, *CHANGES, *ENDPOINTS)
