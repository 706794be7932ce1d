"""The inside of a GuardDuty finding: remote ends, principals, resource, for every kind of action.

Keys are compared without regard to case: the API, the SDKs, EventBridge and the S3 export spell
them differently.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain, cycle, islice, product
from typing import TYPE_CHECKING

from . import identities
from .addresses import address, peer
from .base import list_of, table_of, text_of
from .proxies import Proxies
from .sequence import Sequence, finding_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from triage_tui.model import Identity

_DEEPEST = 32
"""Levels of a finding whose keys are folded; the service's own have about ten."""
_MOST_ENDS = 1000
"""Remote ends, and principals, that are read; an attack sequence has at most 400 of each."""
_MOST_ACTORS = 2000
"""Bound of remote ends times principals."""

_ACTIONS = (
    "awsApiCallAction",
    "networkConnectionAction",
    "kubernetesApiCallAction",
    "rdsLoginAttemptAction",
)


def folded(value: object, depth: int = 0) -> object:
    """The value with all keys in lower case."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return {key.lower(): folded(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [folded(inner, depth + 1) for inner in value]
    return value


_NONE = Proxies()


class Finding:
    """Reads one finding. Every method is total: what is missing or of an odd type is absent."""

    def __init__(self, table: dict[str, object], proxies: Proxies = _NONE) -> None:
        self.table = table_of(folded(table))
        self._proxies = proxies

    def at(self, *path: str) -> object:
        """The value under these keys, or None."""
        value: object = self.table
        for key in path:
            value = table_of(value).get(key.lower())
        return value

    def text(self, *path: str) -> str | None:
        return text_of(self.at(*path))

    def action_value(self, *path: str) -> object:
        return self.at("service", "action", *path)

    @property
    def account(self) -> str:
        return self.text("accountId") or ""

    def is_outbound(self) -> bool:
        """Whether the resource called the remote end: then that is the target, not the source."""
        direction = text_of(self.action_value("networkConnectionAction", "connectionDirection"))
        return (direction or "").upper() == "OUTBOUND"

    def is_archived(self) -> bool:
        """Whether somebody, or a suppression rule, has put it away."""
        return self.at("service", "archived") is True

    def remote_ips(self) -> list[str]:
        """All remote ends, in the finding's order, each once."""
        return list(dict.fromkeys(ip for ip in map(address, self._remote_texts()) if ip))

    def _remote_texts(self) -> Iterator[str | None]:
        for action in _ACTIONS:
            details = table_of(self.action_value(action, "remoteIpDetails"))
            ip = _ip_of(details)
            if ip is None and action == "kubernetesApiCallAction" and (chain := self.forwarded()):
                ip = self._proxies.actor(address(chain[-1]), chain[:-1])
            yield ip
        for probe in list_of(self.action_value("portProbeAction", "portProbeDetails")):
            yield _ip_of(table_of(table_of(probe).get("remoteipdetails")))
        yield from self.sequence.ips()

    def forwarded(self) -> list[str]:
        """The chain of proxies of a call to Kubernetes, its client first: who writes the header can
        invent all but the last."""
        sources = list_of(self.action_value("kubernetesApiCallAction", "sourceIPs"))
        return [text for source in sources if (text := text_of(source))]

    @cached_property
    def sequence(self) -> Sequence:
        """The attack sequence, whose evidence is not under `service.action`."""
        table = table_of(self.at("service", "detection", "sequence"))
        return Sequence(table, self.account, self.text("partition") or "aws")

    def linked(self) -> list[str]:
        """Ids of the findings that it is made of, or the sequence that it is a part of."""
        whole = self.text("associatedAttackSequenceArn")
        return [finding_id(whole)] if whole else self.sequence.findings()

    def source_ip(self) -> str | None:
        """Where it came from: the first remote end, or our own end of an outbound connection."""
        if self.is_outbound():
            local = table_of(self.action_value("networkConnectionAction", "localIpDetails"))
            return address(_ip_of(local))
        return next(iter(self.remote_ips()), None)

    def remote_service(self) -> str | None:
        """The AWS service that called, where a finding names one instead of an address."""
        if self.remote_ips():
            return None
        call = table_of(self.action_value("awsApiCallAction"))
        domain = text_of(table_of(call.get("domaindetails")).get("domain"))
        account = table_of(call.get("remoteaccountdetails"))
        return text_of(account.get("awsservicename")) or peer(domain)[1]

    def user_agent(self) -> str | None:
        action = table_of(self.action_value("awsApiCallAction"))
        found = text_of(action.get("useragent"))
        return found or text_of(self.action_value("kubernetesApiCallAction", "userAgent"))

    def actors(self) -> list[tuple[str | None, Identity | None]]:
        """All remote ends with all principals; in an attack sequence as its signals name them
        together."""
        ips, people = self.remote_ips(), list(dict.fromkeys(self.principals()))
        return self.sequence.pairs(ips, people) or pairs(ips, people)

    def principals(self) -> Iterator[Identity]:
        """Everybody the finding names as acting."""
        partition = self.text("partition") or "aws"
        key = table_of(self.at("resource", "accessKeyDetails"))
        found = [identities.of_access_key(key, self.account, partition)]
        found.extend(self._kubernetes_and_databases())
        found.append(identities.of_role(self.text("resource", "lambdaDetails", "role") or ""))
        found += self.sequence.people()
        return (who for who in found if who is not None)

    def _kubernetes_and_databases(self) -> Iterator[Identity | None]:
        user = table_of(self.at("resource", "kubernetesDetails", "kubernetesUserDetails"))
        cluster = self.text("resource", "eksClusterDetails", "name") or ""
        yield identities.of_kubernetes_user(user, self.account, cluster)
        database = self.text("resource", "rdsDbInstanceDetails", "dbInstanceIdentifier") or ""
        logins = list_of(self.action_value("rdsLoginAttemptAction", "loginAttributes"))
        names = [text_of(table_of(login).get("user")) for login in logins]
        for name in (self.text("resource", "rdsDbUserDetails", "user"), *names):
            yield identities.of_database_user(name or "", self.account, database)

    def resource_name(self) -> str | None:
        """What the finding is about: the one name that tells most."""
        kind = (self.text("resource", "resourceType") or "").lower()
        if kind == "accesskey":
            return self._key_owner() or self._thing()
        return self._thing() or self._key_owner()

    def _key_owner(self) -> str | None:
        return self.text("resource", "accessKeyDetails", "userName")

    def _thing(self) -> str | None:
        buckets = list_of(self.at("resource", "s3BucketDetails"))
        bucket = table_of(buckets[0]) if buckets else {}
        return (
            text_of(bucket.get("arn"))
            or text_of(bucket.get("name"))
            or self.text("resource", "rdsDbInstanceDetails", "dbInstanceIdentifier")
            or self.text("resource", "eksClusterDetails", "name")
            or self.text("resource", "ecsClusterDetails", "name")
            or self.text("resource", "lambdaDetails", "functionName")
            or self.text("resource", "instanceDetails", "instanceId")
            or self.text("resource", "containerDetails", "name")
            or self.sequence.resource()
        )

    def place(self) -> str:
        """Who and where from, for a summary."""
        people = list(dict.fromkeys(who.label for who in self.principals()))
        ips = self.remote_ips()
        way = "to" if self.is_outbound() else "from"
        domain = text_of(self.action_value("dnsRequestAction", "domain"))
        words = [_first(people), f"{way} {_first(ips)}" if ips else "", domain or ""]
        return " ".join(word for word in words if word)


def _first(names: list[str]) -> str:
    """`maria and 2 more`."""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}" if names else ""


def pairs(
    ips: Iterable[str], people: Iterable[Identity]
) -> list[tuple[str | None, Identity | None]]:
    """All remote ends with all principals. Each end and each principal is in one pair at least,
    however many there are."""
    ends: list[str | None] = [*islice(ips, _MOST_ENDS)] or [None]
    who: list[Identity | None] = [*islice(people, _MOST_ENDS)] or [None]
    longest = max(len(ends), len(who))
    pairs = zip(islice(cycle(ends), longest), islice(cycle(who), longest), strict=True)
    return list(dict.fromkeys(chain(pairs, islice(product(ends, who), _MOST_ACTORS))))


def _ip_of(details: dict[str, object]) -> str | None:
    return text_of(details.get("ipaddressv4")) or text_of(details.get("ipaddressv6"))
