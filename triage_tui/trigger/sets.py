"""IP sets of WAFv2 by boto3, and the addresses that the account itself goes out from.

As `aws.wafv2` and `aws.egress` for the program: the steps of a change are the same, and so is what
an answer means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import ClientError, NoCredentialsError

from triage_tui.networks import network_of
from triage_tui.respond.address_sets import IpSet, SetsError, Who
from triage_tui.respond.guard import Learned, Protected
from triage_tui.respond.ipset import Held, Read, Trouble, TroubleKind, Write, Written

from .drivers import CALL_ERRORS, told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from triage_tui.respond.ipset import Answer
    from triage_tui.respond.settings import Scope

    from .drivers import Clients

_VERSIONS = {"IPV4": 4, "IPV6": 6}
_CONFLICTS = ("WAFOptimisticLockException",)
_BUSY = (
    *("WAFUnavailableEntityException", "Throttling", "ThrottlingException", "RequestThrottled"),
    *("ThrottledException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"),
)
_PAGE = 100
_FIX = "look at the function's role and at WAF"
_GONE = ("deleted", "failed")


class BotoSets:
    """Implements `respond.address_sets.AddressSets`."""

    def __init__(self, clients: Clients, region: str) -> None:
        self._clients = clients
        self._region = region

    @property
    def region(self) -> str:
        """The region that is called."""
        return self._region

    async def who(self) -> Who:
        """As whom AWS is called."""
        try:
            found = self._clients.client("sts").get_caller_identity()
        except CALL_ERRORS as error:
            _fail("GetCallerIdentity", error)
        return Who(found["Account"], found["Arn"])

    async def find(self, scope: Scope) -> Sequence[IpSet]:
        """All sets of the scope: every page."""
        found: list[IpSet] = []
        more: dict[str, str] = {}
        while True:
            try:
                waf = self._clients.client("wafv2", self._region)
                page = waf.list_ip_sets(Scope=scope, Limit=_PAGE, **more)
            except CALL_ERRORS as error:
                _fail("ListIPSets", error)
            found += [
                IpSet(scope, each["Name"], each["Id"], each["ARN"], 0) for each in page["IPSets"]
            ]
            # A marker may come with the last page too: the one after it is empty.
            marker = page.get("NextMarker", "") if page["IPSets"] else ""
            if not marker:
                return found
            more = {"NextMarker": marker}

    async def describe(self, found: IpSet) -> IpSet:
        """The set with its version."""
        try:
            waf = self._clients.client("wafv2", self._region)
            answer = waf.get_ip_set(Name=found.name, Scope=found.scope, Id=found.id)
        except CALL_ERRORS as error:
            _fail("GetIPSet", error)
        return found._replace(version=_VERSIONS[answer["IPSet"]["IPAddressVersion"]])

    async def create(
        self, scope: Scope, name: str, version: int, description: str, tags: Mapping[str, str]
    ) -> IpSet:
        """The trigger creates no sets."""
        raise SetsError(f"there is no set {name}", "`triage-tui blocks init` creates it")

    async def perform(self, ip_set: IpSet, step: Read | Write) -> Answer:
        """Takes the step; what goes wrong is the answer."""
        try:
            if isinstance(step, Read):
                return _read(self._clients, self._region, ip_set)
            return _write(self._clients, self._region, ip_set, step)
        except CALL_ERRORS as error:
            return _as_answer(error, writes=isinstance(step, Write))

    async def close(self) -> None:
        """The clients outlast an invocation."""


def _read(clients: Clients, region: str, ip_set: IpSet) -> Held:
    waf = clients.client("wafv2", region)
    answer = waf.get_ip_set(Name=ip_set.name, Scope=ip_set.scope, Id=ip_set.id)
    found = answer["IPSet"]
    return Held(
        tuple(found["Addresses"]),
        answer["LockToken"],
        found.get("Description", ""),
        answer["ResponseMetadata"].get("RequestId", ""),
    )


def _write(clients: Clients, region: str, ip_set: IpSet, step: Write) -> Written:
    waf = clients.client("wafv2", region)
    asked = {"Description": step.description} if step.description else {}
    answer = waf.update_ip_set(  # what is not sent along is gone
        Name=ip_set.name,
        Scope=ip_set.scope,
        Id=ip_set.id,
        Addresses=list(step.addresses),
        LockToken=step.token,
        **asked,
    )
    return Written(answer["NextLockToken"], answer["ResponseMetadata"].get("RequestId", ""))


def _fail(what: str, error: BaseException) -> NoReturn:
    raise SetsError(told(what, error), _FIX) from error


def _as_answer(error: BaseException, *, writes: bool) -> Trouble:
    request_id = ""
    if isinstance(error, ClientError):
        request_id = error.response.get("ResponseMetadata", {}).get("RequestId", "")
    words = told("UpdateIPSet" if writes else "GetIPSet", error)
    return Trouble(_kind(error, writes=writes), words, request_id)


def _kind(error: BaseException, *, writes: bool) -> TroubleKind:
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        if code in _CONFLICTS:
            return TroubleKind.CONFLICT
        if code in _BUSY:
            return TroubleKind.BUSY
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) < 500:
            return TroubleKind.REFUSED
    elif isinstance(error, NoCredentialsError):
        return TroubleKind.REFUSED
    # What broke may have been done, and what the service failed at too.
    return TroubleKind.UNCLEAR if writes else TroubleKind.BUSY


# -- whom nobody may block -----------------------------------------------------------------------


def egress(clients: Clients, regions: Sequence[str]) -> Learned:
    """The public addresses of the account in regions. Never raises for what is wrong outside."""
    ranges: list[Protected] = []
    unread: list[str] = []
    for region in regions:
        for what, read in (("DescribeNatGateways", _gateways), ("DescribeAddresses", _elastic)):
            try:
                ranges += read(clients, region)
            except CALL_ERRORS as error:
                unread.append(f"{told(what, error)} ({region})")
    return Learned(tuple(dict.fromkeys(ranges)), tuple(unread), looked=True)


def _gateways(clients: Clients, region: str) -> list[Protected]:
    found: list[Protected] = []
    more: dict[str, str] = {}
    while True:
        ec2 = clients.client("ec2", region)
        page = ec2.describe_nat_gateways(MaxResults=200, **more)
        for gateway in page.get("NatGateways", ()):
            if gateway.get("State") not in _GONE:
                name = f"NAT gateway {gateway.get('NatGatewayId', '')}, {region}"
                found += _public(gateway.get("NatGatewayAddresses", ()), name)
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}


def _elastic(clients: Clients, region: str) -> list[Protected]:
    ec2 = clients.client("ec2", region)
    return _public(ec2.describe_addresses().get("Addresses", ()), f"elastic address, {region}")


def _public(addresses: Sequence[Mapping[str, Any]], name: str) -> list[Protected]:
    return [
        Protected(address[key], name)
        for address in addresses
        for key in ("PublicIp", "CarrierIp")
        if network_of(address.get(key) or "") is not None
    ]
