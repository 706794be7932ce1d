"""WAFv2: IP sets with all that AWS refuses, and the web ACLs and rule groups that a test wants."""

import contextlib
import copy
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Network, ip_network
from typing import Any

from aiohttp import web

from tests.aws.limits import Rates
from tests.aws.server import ACCOUNT, Call, ServiceError

MOST_ENTRIES, MOST_SETS = 10_000, 100
KEPT = 8
"""States of a set that an old copy may show."""
HOME = (ACCOUNT, "eu-west-1")
_VERSIONS = {"IPV4": 4, "IPV6": 6}
_LISTS = {
    "ListIPSets": ("IPSets", "ipset"),
    "ListWebACLs": ("WebACLs", "webacl"),
    "ListRuleGroups": ("RuleGroups", "rulegroup"),
}
_RESOURCE_TYPES = {
    "APPLICATION_LOAD_BALANCER": ":loadbalancer/app/",
    "API_GATEWAY": ":apigateway:",
    "APPSYNC": ":appsync:",
    "COGNITO_USER_POOL": ":userpool/",
    "APP_RUNNER_SERVICE": ":apprunner:",
    "VERIFIED_ACCESS_INSTANCE": ":verified-access-instance/",
    "AMPLIFY": ":amplify:",
    "AGENTCORE_GATEWAY": ":bedrock-agentcore:",
}


@dataclass
class Entity:
    """A set, web ACL or rule group of one account, scope and region."""

    kind: str
    scope: str
    name: str
    id: str
    arn: str
    token: str
    body: dict[str, Any]
    """As the Get operation answers, but for name, id and ARN."""
    tags: dict[str, str] = field(default_factory=dict)
    resources: list[str] = field(default_factory=list)
    """ARNs of what a web ACL is associated with."""
    past: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """(token, body) of earlier states, the newest last."""

    @property
    def addresses(self) -> list[str]:
        """The entries of a set."""
        found: list[str] = self.body["Addresses"]
        return found

    def summary(self) -> dict[str, Any]:
        found = {"Name": self.name, "Id": self.id, "ARN": self.arn, "LockToken": self.token}
        said = self.body.get("Description")
        return found | ({"Description": said} if said else {})

    def whole(self) -> dict[str, Any]:
        return {"Name": self.name, "Id": self.id, "ARN": self.arn} | copy.deepcopy(self.body)


@dataclass
class WafQuotas:
    """Calls a second in one account and region; None lifts a limit."""

    writes: float | None = None
    """All that create, update or delete, together. AWS: 1."""
    reads: float | None = None
    """Each of the others. AWS: 5."""


class FakeWaf:
    """Implements `server.Service`. What a test wants to see or change, it finds by name."""

    name = "wafv2"

    def __init__(
        self,
        *,
        quotas: WafQuotas | None = None,
        wall: Callable[[], float] = time.monotonic,
        seed: int = 0,
        page: int = 100,
    ) -> None:
        """`page` is how many a List operation gives at once, at most."""
        self.entities: dict[tuple[str, str, str], list[Entity]] = {}
        """By account, region, scope; CLOUDFRONT has the region us-east-1."""
        self.quotas = quotas or WafQuotas()
        self.lag = 0.0
        """How likely a read shows an old copy of a set."""
        self.behind = 0
        """So many reads from now on show the state before the last write."""
        self.late = 0
        """So many updates from now on are not answered (the connection breaks), and made when the
        next call comes."""
        self.before: Callable[[Call], None] = lambda call: None
        """Called before each answer: what happens meanwhile."""
        self.after: Callable[[Call], None] = lambda call: None
        """Called when a call was served, before its answer is sent."""
        self._rates = Rates(wall)
        self._random = random.Random(seed)
        self._page = page
        self._on_their_way: list[tuple[Call, Entity]] = []

    # -- what a test does ------------------------------------------------------------------------

    def ip_set(
        self,
        name: str,
        *addresses: str,
        version: str = "IPV4",
        scope: str = "REGIONAL",
        home: tuple[str, str] = HOME,
        description: str = "",
        tags: dict[str, str] | None = None,
    ) -> Entity:
        """A set that somebody has made."""
        body: dict[str, Any] = {
            "IPAddressVersion": version,
            "Addresses": _stored(addresses, version),
        }
        if description:
            body["Description"] = description
        found = self._put("ipset", name, scope, home, body)
        found.tags.update(tags or {})
        return found

    def web_acl(
        self,
        name: str,
        *rules: dict[str, Any],
        scope: str = "REGIONAL",
        home: tuple[str, str] = HOME,
        allows: bool = True,
        resources: tuple[str, ...] = (),
        **more: Any,
    ) -> Entity:
        """A web ACL with these rules (`rule`), associated with these resources."""
        body = {
            "DefaultAction": {"Allow": {}} if allows else {"Block": {}},
            "Rules": list(rules),
            "VisibilityConfig": _visibility(name),
            "Capacity": len(rules),
        } | more
        found = self._put("webacl", name, scope, home, body)
        found.resources.extend(resources)
        return found

    def rule_group(
        self,
        name: str,
        *rules: dict[str, Any],
        scope: str = "REGIONAL",
        home: tuple[str, str] = HOME,
    ) -> Entity:
        """A rule group with these rules."""
        body = {
            "Rules": list(rules),
            "VisibilityConfig": _visibility(name),
            "Capacity": max(1, len(rules)),
        }
        return self._put("rulegroup", name, scope, home, body)

    def edit(self, target: Entity, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> None:
        """Somebody changes a set by hand."""
        version = target.body["IPAddressVersion"]
        gone = set(_stored(remove, version))
        kept = [address for address in target.addresses if address not in gone]
        self._change(target, {"Addresses": _stored((*kept, *add), version)})

    def _put(
        self, kind: str, name: str, scope: str, home: tuple[str, str], body: dict[str, Any]
    ) -> Entity:
        account, region = home
        region = "us-east-1" if scope == "CLOUDFRONT" else region
        where = "global" if scope == "CLOUDFRONT" else "regional"
        made = self._uuid()
        arn = f"arn:aws:wafv2:{region}:{account}:{where}/{kind}/{name}/{made}"
        found = Entity(kind, scope, name, made, arn, self._uuid(), body)
        self.entities.setdefault((account, region, scope), []).append(found)
        return found

    def _uuid(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _change(self, target: Entity, changed: dict[str, Any]) -> None:
        target.past = [*target.past, (target.token, target.body)][-KEPT:]
        target.body = target.body | changed
        target.token = self._uuid()

    # -- what AWS does ---------------------------------------------------------------------------

    async def handle(self, call: Call) -> dict[str, Any] | web.StreamResponse:
        self._arrive()
        self.before(call)
        writes = call.operation.startswith(("Create", "Update", "Delete"))
        rate = self.quotas.writes if writes else self.quotas.reads
        self._rates.take(call, rate, "writes" if writes else None)
        self._check_scope(call)
        serve = getattr(self, f"_{call.operation}", None)
        assert serve is not None, f"the fake has no {call.operation}"
        answer: dict[str, Any] = serve(call)
        self.after(call)
        return answer

    def _arrive(self) -> None:
        """What was on its way is made now, as far as it still may."""
        late, self._on_their_way = self._on_their_way, []
        for call, found in late:
            with contextlib.suppress(ServiceError):
                self._check_token(call, found)
                self._replace(call, found)

    def _check_scope(self, call: Call) -> None:
        if call.asked.get("Scope") == "CLOUDFRONT" and call.region != "us-east-1":
            text = (
                "Error reason: The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT"
            )
            raise ServiceError("WAFInvalidParameterException", text)

    def _held(self, call: Call, kind: str, scope: str | None = None) -> list[Entity]:
        key = (*call.home, scope or call.asked["Scope"])
        return [found for found in self.entities.get(key, []) if found.kind == kind]

    def _list(self, call: Call, key: str, kind: str) -> dict[str, Any]:
        found = self._held(call, kind)
        start = int(call.asked.get("NextMarker", "0"))
        stop = start + min(call.asked.get("Limit", 100), self._page)
        answer: dict[str, Any] = {key: [each.summary() for each in found[start:stop]]}
        # AWS may give a marker with the last page too.
        return answer | ({"NextMarker": str(stop)} if stop <= len(found) and found else {})

    def _ListIPSets(self, call: Call) -> dict[str, Any]:
        return self._list(call, *_LISTS["ListIPSets"])

    def _ListWebACLs(self, call: Call) -> dict[str, Any]:
        return self._list(call, *_LISTS["ListWebACLs"])

    def _ListRuleGroups(self, call: Call) -> dict[str, Any]:
        return self._list(call, *_LISTS["ListRuleGroups"])

    def _named(self, call: Call, kind: str) -> Entity:
        """By name, id and scope together; where the operation takes it, by ARN instead."""
        asked = call.asked
        if "ARN" in asked:
            return self._by_arn(call, asked["ARN"], kind)
        for found in self._held(call, kind, asked.get("Scope", "REGIONAL")):
            if (found.name, found.id) == (asked.get("Name"), asked.get("Id")):
                return found
        raise _nonexistent()

    def _by_arn(self, call: Call, arn: str, kind: str | None = None) -> Entity:
        for (account, region, _), held in self.entities.items():
            for found in held:
                is_meant = found.arn == arn and kind in (None, found.kind)
                if is_meant and (account, region) == call.home:
                    return found
        raise _nonexistent()

    def _GetIPSet(self, call: Call) -> dict[str, Any]:
        found = self._named(call, "ipset")
        token, shown = found.token, found.whole()
        old = self._old_copy(found)
        if old is not None:
            token, body = old
            shown |= copy.deepcopy(body)
        return {"IPSet": shown, "LockToken": token}

    def _old_copy(self, found: Entity) -> tuple[str, dict[str, Any]] | None:
        if found.past and self.behind:
            self.behind -= 1
            return found.past[-1]
        if found.past and self._random.random() < self.lag:
            return self._random.choice(found.past[-2:])
        return None

    def _GetWebACL(self, call: Call) -> dict[str, Any]:
        found = self._named(call, "webacl")
        return {"WebACL": found.whole(), "LockToken": found.token}

    def _GetRuleGroup(self, call: Call) -> dict[str, Any]:
        found = self._named(call, "rulegroup")
        return {"RuleGroup": found.whole(), "LockToken": found.token}

    def _ListResourcesForWebACL(self, call: Call) -> dict[str, Any]:
        found = self._by_arn(call, call.asked["WebACLArn"], "webacl")
        if found.scope == "CLOUDFRONT":
            text = "Error reason: The ARN isn't valid. A valid ARN begins with arn: and includes "
            raise ServiceError("WAFInvalidParameterException", f"{text}other information")
        part = _RESOURCE_TYPES[call.asked.get("ResourceType", "APPLICATION_LOAD_BALANCER")]
        return {"ResourceArns": [arn for arn in found.resources if part in arn]}

    def _GetWebACLForResource(self, call: Call) -> dict[str, Any]:
        for found in self._held(call, "webacl", "REGIONAL"):
            if call.asked["ResourceArn"] in found.resources:
                return {"WebACL": found.whole()}
        return {}

    def _ListTagsForResource(self, call: Call) -> dict[str, Any]:
        found = self._by_arn(call, call.asked["ResourceARN"])
        tags = [{"Key": key, "Value": value} for key, value in found.tags.items()]
        return {"TagInfoForResource": {"ResourceARN": found.arn, "TagList": tags}}

    def _TagResource(self, call: Call) -> dict[str, Any]:
        found = self._by_arn(call, call.asked["ResourceARN"])
        found.tags |= {tag["Key"]: tag["Value"] for tag in call.asked["Tags"]}
        return {}

    def _CreateIPSet(self, call: Call) -> dict[str, Any]:
        asked, held = call.asked, self._held(call, "ipset")
        if any(found.name == asked["Name"] for found in held):
            text = "AWS WAF couldn't perform the operation because some resource in your request is"
            raise ServiceError(
                "WAFDuplicateItemException", f"{text} a duplicate of an existing one."
            )
        if len(held) >= MOST_SETS:
            raise _limit()
        body: dict[str, Any] = {
            "IPAddressVersion": asked["IPAddressVersion"],
            "Addresses": _stored(asked["Addresses"], asked["IPAddressVersion"]),
        }
        if asked.get("Description"):
            body["Description"] = asked["Description"]
        made = self._put("ipset", asked["Name"], asked["Scope"], call.home, body)
        made.tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags", [])}
        return {"Summary": made.summary()}

    def _UpdateIPSet(self, call: Call) -> dict[str, Any]:
        found = self._named(call, "ipset")
        _stored(call.asked["Addresses"], found.body["IPAddressVersion"])
        self._check_token(call, found)
        if self.late:
            self.late -= 1
            self._on_their_way.append((call, found))
            call.break_off()
        self._replace(call, found)
        return {"NextLockToken": found.token}

    def _check_token(self, call: Call, found: Entity) -> None:
        if call.asked["LockToken"] != found.token:
            text = "AWS WAF couldn't save your changes because someone changed the resource after"
            raise ServiceError("WAFOptimisticLockException", f"{text} you started to edit it.")

    def _replace(self, call: Call, found: Entity) -> None:
        """The whole list, and the description: without one, it is gone."""
        addresses = _stored(call.asked["Addresses"], found.body["IPAddressVersion"])
        changed = {"Addresses": addresses, "Description": call.asked.get("Description", "")}
        self._change(found, changed)
        if not found.body["Description"]:
            del found.body["Description"]

    def _DeleteIPSet(self, call: Call) -> dict[str, Any]:
        found = self._named(call, "ipset")
        self._check_token(call, found)
        held = self.entities[(*call.home, found.scope)]
        if any(found.arn in str(each.body) for each in held if each.kind != "ipset"):
            text = "AWS WAF couldn't perform the operation because your resource is being used by"
            raise ServiceError("WAFAssociatedItemException", f"{text} another resource.")
        held.remove(found)
        return {}


def _nonexistent() -> ServiceError:
    text = "AWS WAF couldn't perform the operation because your resource doesn't exist."
    return ServiceError("WAFNonexistentItemException", text)


def _limit() -> ServiceError:
    text = "AWS WAF couldn't perform the operation because you exceeded your resource limit."
    return ServiceError("WAFLimitsExceededException", text)


def _visibility(name: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": name}


def _stored(addresses: tuple[str, ...] | list[str], version: str) -> list[str]:
    """Entries as AWS keeps them: CIDR of the set's family, IPv6 in full, each once."""
    found: dict[str, None] = {}
    for address in addresses:
        base, slash, length = address.partition("/")
        try:
            network = ip_network(address)
        except ValueError:
            network = None
        wrong = network is None or not slash or not length.isdigit() or network.prefixlen == 0
        if wrong or network is None or network.version != _VERSIONS[version]:
            text = (
                "Error reason: The parameter contains formatting that is not valid., "
                f"field: IP_ADDRESS, parameter: {base}{slash}{length}"
            )
            raise ServiceError("WAFInvalidParameterException", text)
        found[network.exploded if isinstance(network, IPv6Network) else str(network)] = None
    if len(found) > MOST_ENTRIES:
        raise _limit()
    return list(found)


def rule(
    name: str, statement: dict[str, Any], *, action: str | None = "Block", priority: int = 0
) -> dict[str, Any]:
    """A rule; with `action` None one that refers to a rule group, and overrides nothing."""
    acts: dict[str, Any] = (
        {"OverrideAction": {"None": {}}} if action is None else {"Action": {action: {}}}
    )
    return {
        "Name": name,
        "Priority": priority,
        "Statement": statement,
        "VisibilityConfig": _visibility(name),
    } | acts


def in_set(ip_set: Entity, **forwarded: Any) -> dict[str, Any]:
    """The statement that an address is in a set; `forwarded` is its IPSetForwardedIPConfig."""
    said: dict[str, Any] = {"ARN": ip_set.arn}
    if forwarded:
        said["IPSetForwardedIPConfig"] = forwarded
    return {"IPSetReferenceStatement": said}


def of_group(group: Entity, **more: Any) -> dict[str, Any]:
    """The statement that refers to a rule group."""
    return {"RuleGroupReferenceStatement": {"ARN": group.arn} | more}
