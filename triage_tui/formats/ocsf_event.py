"""The inside of an OCSF event: who, from where, to what, by the category of its class."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from triage_tui.model import NO_NUMBER, Outcome, Severity

from . import identities
from .addresses import address, far_end, peer
from .base import http_outcome, list_of, table_of, text_of
from .finding import pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.model import Identity

FINDINGS, IAM, NETWORK = 2, 3, 4
"""Categories of classes."""
AUTHENTICATION, NETWORK_ACTIVITY, HTTP, DNS = 3002, 4001, 4002, 4003
"""Classes."""
_SUCCESS, _FAILURE = 1, 2
_OUTBOUND = 2
_BLOCKS = frozenset((2, 3, 4, 5, 6))
"""Dispositions: blocked, quarantined, isolated, deleted, dropped."""
_CODES = {"NOERROR": Outcome.OK, "REFUSED": Outcome.DENIED, "NOTAUTH": Outcome.DENIED}
"""What a DNS server's answer says; all others are errors."""
_LEVELS = (
    Severity.NONE,
    Severity.INFORMATIONAL,
    Severity.LOW,
    Severity.MEDIUM,
    Severity.HIGH,
    Severity.CRITICAL,
    Severity.CRITICAL,
)
_TRAIL_KINDS = frozenset(
    (
        "Root",
        "IAMUser",
        "AssumedRole",
        "Role",
        "FederatedUser",
        "SAMLUser",
        "WebIdentityUser",
        "IdentityCenterUser",
        "AWSAccount",
        "AWSService",
        "Directory",
    )
)
_MOST_EVIDENCES = 1000


class Event:
    """Reads one event. Every method is total: what is missing or of an odd type is absent."""

    def __init__(self, table: dict[str, object]) -> None:
        self.table = table
        self.kind = whole(table.get("class_uid"))
        # The classes of extensions stand above those of the core schema.
        self.category = self.kind % 100_000 // 1000

    def at(self, *path: str) -> object:
        """The value under these keys, or None."""
        value: object = self.table
        for key in path:
            value = table_of(value).get(key)
        return value

    def text(self, *path: str) -> str | None:
        return text_of(self.at(*path))

    def number(self, *path: str) -> int:
        return whole(self.at(*path))

    @property
    def account(self) -> str | None:
        return self.text("cloud", "account", "uid") or self.text("cloud", "account_uid")

    def finding(self, key: str) -> object:
        """Of the finding's own description, which older versions name otherwise."""
        found = self.at("finding_info", key)
        return self.at("finding", key) if found is None else found

    def finding_id(self) -> str | None:
        return text_of(self.finding("uid")) if self.category == FINDINGS else None

    def action(self) -> str | None:
        """What was done, as near as possible to what the log it was made of would say."""
        if self.category == FINDINGS:
            types = list_of(self.finding("types"))
            found = (text_of(types[0]) if types else None) or text_of(self.finding("title"))
        elif self.kind == DNS:
            found = self.text("query", "type")
        elif self.category == NETWORK:
            found = self.text("action") or self.text("disposition")
        else:
            found = self.text("api", "operation")
        return found or self.text("activity_name") or self.text("type_name")

    def outcome(self) -> Outcome:
        disposition, action = self.number("disposition_id"), self.number("action_id")
        if disposition in _BLOCKS or action == _FAILURE:
            return Outcome.BLOCKED
        if self.category == FINDINGS:
            return Outcome.UNKNOWN
        code = (self.text("rcode") or "").upper()
        if self.kind == DNS and code:
            return _CODES.get(code, Outcome.ERROR)
        if _SUCCESS in (disposition, action):
            return Outcome.OK
        return self._answer()

    def _answer(self) -> Outcome:
        """By the error, by success or failure, else by the HTTP status."""
        error = self.text("api", "response", "error") or ""
        if "AccessDenied" in error or "UnauthorizedOperation" in error:
            return Outcome.DENIED
        if error:
            return Outcome.ERROR
        status = self.number("status_id")
        word = (self.text("status") or "").lower()
        if status == _SUCCESS or (status == NO_NUMBER and word == "success"):
            return Outcome.OK
        if status == _FAILURE or (status == NO_NUMBER and word == "failure"):
            return Outcome.DENIED if self.kind == AUTHENTICATION else Outcome.ERROR
        return http_outcome(self.status())

    def severity(self) -> Severity:
        """A finding's; what is logged of anything else is no verdict."""
        level = self.number("severity_id")
        known = self.category == FINDINGS and 0 <= level < len(_LEVELS)
        return _LEVELS[level] if known else Severity.NONE

    def status(self) -> int:
        codes = (
            self.number("http_response", "code"),
            self.number("http_status"),
            self.number("api", "response", "code"),
        )
        return next((code for code in codes if 0 <= code <= 999), NO_NUMBER)

    def size(self) -> int:
        sizes = self.number("traffic", "bytes"), self.number("http_response", "length")
        return next((size for size in sizes if size != NO_NUMBER), NO_NUMBER)

    def method(self) -> str | None:
        return self.text("http_request", "http_method")

    def path(self) -> str | None:
        return self.text("http_request", "url", "path")

    def source(self) -> tuple[str | None, str | None]:
        """(address, service) of the end that called."""
        end = table_of(self.at("src_endpoint"))
        ip, service = peer(text_of(end.get("ip")))
        for name in ("domain", "svc_name"):
            if ip or service:
                break
            service = peer(text_of(end.get(name)))[1]
        return ip, service

    def remote_ips(self) -> list[str]:
        """All remote ends of a finding, each once."""
        parts = [self.table, *map(table_of, list_of(self.at("evidences"))[:_MOST_EVIDENCES])]
        return list(dict.fromkeys(ip for ip in map(_remote, parts) if ip))

    def identity(self) -> Identity | None:
        """Who acted: the actor; in an authentication without one, who signed in."""
        who = self._who(self.table)
        if who is None and self.kind == AUTHENTICATION:
            return self._who({"actor": {"user": self.at("user")}})
        return who

    def actors(self) -> list[tuple[str | None, Identity | None]]:
        """All remote ends of a finding with everybody it names as acting."""
        return pairs(self.remote_ips(), dict.fromkeys(self.principals()))

    def principals(self) -> Iterator[Identity]:
        """Everybody a finding names as acting; of none, whom it is about."""
        parts = [self.table, *map(table_of, list_of(self.at("evidences"))[:_MOST_EVIDENCES])]
        found = [who for who in map(self._who, parts) if who is not None]
        if not found:
            names = (text_of(resource.get("uid")) or "" for resource in self._resources())
            found = [who for who in map(identities.of_person, names) if who is not None]
        yield from found

    def _who(self, part: dict[str, object]) -> Identity | None:
        actor = table_of(part.get("actor"))
        user, session = table_of(actor.get("user")), table_of(actor.get("session"))
        if not user and not actor.get("invoked_by"):
            return None
        ids = [text_of(user.get(key)) or "" for key in ("uid", "uid_alt", "uuid")]
        return _identity(
            kind=text_of(user.get("type")) or "",
            name=text_of(user.get("name")) or "",
            arn=next((text for text in ids if text.startswith("arn:")), ""),
            principal_id=next((text for text in ids if text and not text.startswith("arn:")), ""),
            access_key=text_of(user.get("credential_uid"))
            or text_of(session.get("credential_uid"))
            or "",
            account=text_of(table_of(user.get("account")).get("uid"))
            or text_of(user.get("account_uid"))
            or "",
            issuer=text_of(session.get("issuer")) or "",
            service=text_of(actor.get("invoked_by")) or "",
            cluster=self.text("metadata", "product", "name") == "Amazon EKS",
        )

    def _resources(self) -> list[dict[str, object]]:
        return [table_of(r) for r in (*list_of(self.at("resources"))[:100], self.at("resource"))]

    def resource(self) -> str | None:
        """What was acted on: the one name that tells most."""
        for resource in self._resources():
            name = text_of(resource.get("uid")) or text_of(resource.get("name"))
            if name:
                return name
        if self.kind == DNS:
            name = self.text("query", "hostname")
            return name and (name.removesuffix(".") or name)
        if self.category == NETWORK:
            return self._target()
        return self.text("user", "name") or self.text("api", "service", "name")

    def _target(self) -> str | None:
        """The machine of ours at one end of a connection, or the site of a request."""
        site = self.text("http_request", "url", "hostname")
        ends = [table_of(self.at(end)) for end in ("dst_endpoint", "src_endpoint")]
        keys = ("instance_uid", "interface_uid")
        names = (text_of(end.get(key)) for key in keys for end in ends)
        return site or next((name for name in names if name), None)

    def far_end(self) -> str | None:
        """Whom a connection is about: the other side of our interface, or of our network."""
        source, target = _ip(self.at("src_endpoint")), _ip(self.at("dst_endpoint"))
        direction = self.number("connection_info", "direction_id")
        word = (self.text("connection_info", "direction") or "").lower()
        way = {1: "ingress", 2: "egress"}.get(direction) or _WAYS.get(word, "")
        return far_end(source, target, way)


_WAYS = {"inbound": "ingress", "outbound": "egress"}


def whole(value: object) -> int:
    """A whole number, also from a text; NO_NUMBER for all else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        return NO_NUMBER
    return value


def _ip(end: object) -> str | None:
    return address(text_of(table_of(end).get("ip")))


def _remote(part: dict[str, object]) -> str | None:
    """The remote end of a finding or of one piece of its evidence."""
    connection = table_of(part.get("connection_info"))
    if whole(connection.get("direction_id")) == _OUTBOUND:
        return _ip(part.get("dst_endpoint"))
    return _ip(part.get("src_endpoint"))


@lru_cache(maxsize=1 << 12)
def _identity(
    *,
    kind: str,
    name: str,
    arn: str,
    principal_id: str,
    access_key: str,
    account: str,
    issuer: str,
    service: str,
    cluster: bool,
) -> Identity | None:
    """The identity that CloudTrail's own record would give: the same key, the same aliases."""
    if cluster and name and not arn:
        return identities.of_kubernetes_user({"username": name}, "", "")
    return identities.of_trail(
        {
            "type": kind if kind in _TRAIL_KINDS else identities.kind_of(arn) if arn else kind,
            "arn": arn,
            "principalId": principal_id,
            "accountId": account,
            "accessKeyId": access_key,
            "userName": name,
            "invokedBy": service,
            "sessionContext": {"sessionIssuer": {"arn": issuer}},
        }
    )
