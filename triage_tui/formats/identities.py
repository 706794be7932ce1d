"""Who: builds an Identity from what a record says of its caller.

The key is the ARN wherever the record has one, and never an ARN that it does not have. What has no
ARN is named `ACCOUNT:user/NAME`, `ACCOUNT:role/ROLE/SESSION` and so on; aliases (principal id,
access key) later bring such a name together with the ARN.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from triage_tui.model import Identity

from .base import table_of, text_of
from .vocabulary import clip

if TYPE_CHECKING:
    from collections.abc import Mapping

_SSO_PREFIX = "AWSReservedSSO_"
_ANONYMOUS = "ANONYMOUS_PRINCIPAL"
_SESSION_TYPES = frozenset(("AssumedRole", "Role"))


def of_trail(user: Mapping[str, object]) -> Identity | None:
    """The caller of a CloudTrail record, from its `userIdentity`; None where it names nobody."""
    kind = _text(user, "type")
    service = _text(user, "invokedBy")
    if kind == "AWSService" or (not kind and service):
        return _service(service or _text(user, "principalId") or _text(user, "userName"), user)
    who = _Trail(user)
    key, label = who.key(kind), who.label(kind)
    if not key:
        return None
    return Identity(
        key=clip(key),
        type=clip(kind),
        label=clip(label or key),
        arn=clip(who.arn),
        principal_id=clip(who.principal_id),
        access_key=clip(_text(user, "accessKeyId")),
        account=clip(who.account),
        user=clip(who.user),
        role=clip(who.role),
        session=clip(who.session),
        service=clip(service),
    )


def _text(table: Mapping[str, object], key: str) -> str:
    return text_of(table.get(key)) or ""


def _service(name: str, user: Mapping[str, object]) -> Identity | None:
    if not name:
        return None
    name = clip(name)
    account = clip(_text(user, "accountId"))
    return Identity(key=name, type="AWSService", label=name, account=account, service=name)


class _Trail:
    """The parts of one `userIdentity`."""

    def __init__(self, user: Mapping[str, object]) -> None:
        self.arn = _text(user, "arn")
        self.principal_id = _text(user, "principalId")
        self.account = _text(user, "accountId") or _account_of(self.arn)
        self.provider = _text(user, "identityProvider")
        self.behalf = _text(table_of(user.get("onBehalfOf")), "userId")
        self.credential = _text(user, "credentialId")
        issuer = table_of(table_of(user.get("sessionContext")).get("sessionIssuer"))
        issuer_name = _text(issuer, "userName")
        name = _text(user, "userName")
        kind = _text(user, "type")
        self.role = self.role_name = self.session = ""
        if kind in _SESSION_TYPES:
            self.role = _text(issuer, "arn") or (self.arn if kind == "Role" else "")
            self.role_name, self.session = _role_session(self.arn, self.principal_id)
            self.role_name = self.role_name or issuer_name or _tail(self.role) or name
            self.user = ""
        elif kind == "FederatedUser":
            self.session = _tail(self.arn) or self.principal_id.partition(":")[2] or name
            self.user = issuer_name
        elif kind == "Root":
            self.user = name
        else:
            self.user = name or (_tail(self.arn) if ":user/" in self.arn else "")

    def key(self, kind: str) -> str:
        if self.arn:
            return self.arn
        if kind == "Root":
            return root_arn(self.account, "aws") if self.account else self.principal_id
        if kind == "IdentityCenterUser":
            return self.behalf or self.user or self.credential
        if kind in ("SAMLUser", "WebIdentityUser") and self.user:
            return f"{self.provider}:{self.user}" if self.provider else self.user
        if kind == "AWSAccount":
            return self.principal_id or self.account
        if kind in _SESSION_TYPES and self.role_name:
            return qualified(self.account, "role", self.role_name, self.session)
        if kind == "FederatedUser" and self.session:
            return qualified(self.account, "federated-user", self.session)
        if self.user:
            return qualified(self.account, "user", self.user)
        return self.principal_id or self.account

    def label(self, kind: str) -> str:
        if kind == "Root":
            return f"root {self.account}".strip()
        if kind in _SESSION_TYPES:
            return session_label(self.role_name, self.session)
        if kind == "FederatedUser":
            return f"{self.session} (federated)" if self.session else ""
        if kind == "AWSAccount":
            if _ANONYMOUS in (self.account, self.principal_id):
                return "anonymous"
            name = self.principal_id.partition(":")[2]
            return f"{name} › account {self.account}" if name else f"account {self.account}"
        return self.user


def root_arn(account: str, partition: str) -> str:
    """What Root of an account is called: it follows from the account alone."""
    return f"arn:{partition or 'aws'}:iam::{account}:root"


def qualified(account: str, *parts: str) -> str:
    """`ACCOUNT:user/NAME` and the like, for somebody of whom no ARN is known."""
    name = "/".join(part for part in parts if part)
    return f"{account}:{name}" if account else name


def session_label(role: str, session: str) -> str:
    """`role › session`; of a sign-in through IAM Identity Center the person first."""
    if role.startswith(_SSO_PREFIX) and session:
        permission_set, _, _ = role.removeprefix(_SSO_PREFIX).rpartition("_")
        return f"{session} › {permission_set or role}"
    return f"{role} › {session}" if role and session else role or session


def _role_session(arn: str, principal_id: str) -> tuple[str, str]:
    """Role name and session name, from `…:assumed-role/ROLE/SESSION` or `AROA…:SESSION`."""
    _, found, rest = arn.partition(":assumed-role/")
    if found:
        role, _, session = rest.rpartition("/")
        return (role, session) if role else (rest, "")
    return "", principal_id.partition(":")[2]


def _tail(arn: str) -> str:
    return arn.rpartition("/")[2] if "/" in arn else ""


def _account_of(arn: str) -> str:
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def of_access_key(details: Mapping[str, object], account: str, partition: str) -> Identity | None:
    """The caller that a GuardDuty finding names in `accessKeyDetails` (keys in lower case)."""
    return _named(
        kind=_text(details, "usertype"),
        name=_text(details, "username"),
        principal_id=_text(details, "principalid"),
        access_key=_text(details, "accesskeyid"),
        account=account,
        partition=partition,
    )


def of_sequence_actor(actor: Mapping[str, object], account: str, partition: str) -> Identity | None:
    """One of `service.detection.sequence.actors` of an attack sequence (keys in lower case)."""
    user, session = table_of(actor.get("user")), table_of(actor.get("session"))
    principal_id, session_id = _text(user, "uid"), _text(session, "uid")
    if ":" not in principal_id and ":" in session_id:
        principal_id = session_id
    found = _named(
        kind=_text(user, "type"),
        name=_text(user, "name"),
        principal_id=principal_id,
        access_key=_text(user, "credentialuid"),
        account=_text(table_of(user.get("account")), "uid") or account,
        partition=partition,
    )
    issuer = _text(session, "issuer")
    if found is not None and found.session and ":role/" in issuer:
        return replace(found, role=clip(issuer))
    return found


def _named(
    *, kind: str, name: str, principal_id: str, access_key: str, account: str, partition: str
) -> Identity | None:
    user = role = session = ""
    if _ANONYMOUS in (name, principal_id):
        key, label, principal_id = _ANONYMOUS, "anonymous", ""
    elif kind == "Root" and account:
        key, label = root_arn(account, partition), f"root {account}"
    elif kind == "AWSService" and name:
        return _service(name, {"accountId": account})
    elif kind in _SESSION_TYPES or principal_id.startswith("AROA"):
        role, session = name, principal_id.partition(":")[2]
        key, label = qualified(account, "role", role, session), session_label(role, session)
    elif kind == "FederatedUser" and name:
        session = name
        key, label = qualified(account, "federated-user", name), f"{name} (federated)"
    elif name:
        user = label = name
        key = qualified(account, "user", name)
    else:
        key = label = principal_id or access_key
    if not key or not (name or principal_id or access_key):
        return None
    return Identity(
        key=clip(key),
        type=clip(kind),
        label=clip(label),
        principal_id=clip(principal_id),
        access_key=clip(access_key),
        account=clip(account),
        user=clip(user),
        session=clip(session),
    )


def of_kubernetes_user(
    details: Mapping[str, object], account: str, cluster: str
) -> Identity | None:
    """The user of a cluster that a finding names (keys in lower case)."""
    name = _text(details, "username")
    if not name:
        return None
    if name.startswith("arn:"):
        who = of_trail({"type": "AssumedRole" if ":assumed-role/" in name else "", "arn": name})
        if who is not None:
            return who
    return Identity(
        key=clip(qualified(account, "kubernetes", cluster, name)),
        type="KubernetesUser",
        label=clip(f"{name} @ {cluster}" if cluster else name),
        account=clip(account),
        user=clip(name),
    )


def of_cluster_caller(user: Mapping[str, object]) -> Identity | None:
    """The user of a cluster's audit event: whom IAM signed in by that, others by their name."""
    extra = table_of(user.get("extra"))
    names = (_first(extra, "arn"), _first(extra, "principalId"), _first(extra, "accessKeyId"))
    return _cluster_caller(clip(_text(user, "username")), *map(clip, names))


@lru_cache(maxsize=1 << 12)
def _cluster_caller(name: str, arn: str, principal_id: str, key: str) -> Identity | None:
    kind = kind_of(arn) if arn.startswith("arn:") else ""
    if not kind:
        return of_kubernetes_user({"username": name}, "", "")
    if kind == "AssumedRole" and principal_id and ":" not in principal_id:
        principal_id = f"{principal_id}:{_tail(arn)}"
    return of_trail({"type": kind, "arn": arn, "principalId": principal_id, "accessKeyId": key})


def _first(table: Mapping[str, object], key: str) -> str:
    """The first of a list of texts."""
    values = table.get(key)
    return (text_of(values[0]) or "") if isinstance(values, list) and values else ""


def of_database_user(name: str, account: str, database: str) -> Identity | None:
    """The user of a database that a finding names."""
    if not name:
        return None
    return Identity(
        key=clip(qualified(account, "database", database, name)),
        type="DatabaseUser",
        label=clip(f"{name} @ {database}" if database else name),
        account=clip(account),
        user=clip(name),
    )


def of_role(arn: str) -> Identity | None:
    """A role that a finding names by its ARN: the one a function runs with."""
    return of_trail({"type": "Role", "arn": arn}) if arn else None


def of_host_user(name: str | None, host: str) -> Identity | None:
    """A user of a Linux host."""
    return _host_user(clip(name), clip(host)) if name else None


@lru_cache(maxsize=1 << 12)
def _host_user(name: str, host: str) -> Identity:
    return Identity(
        key=clip(f"ssh:{name}@{host}"), type="HostUser", label=clip(f"{name} @ {host}"), user=name
    )


def of_web_user(name: str | None) -> Identity | None:
    """Somebody who signed in to a web server, by the name that its log holds."""
    return _web_user(clip(name)) if name and name != "-" else None


@lru_cache(maxsize=1 << 12)
def _web_user(name: str) -> Identity:
    return Identity(key=f"http:{name}", type="WebUser", label=name, user=name)


_KINDS_BY_ARN = {
    ":assumed-role/": "AssumedRole",
    ":federated-user/": "FederatedUser",
    ":user/": "IAMUser",
    ":role/": "Role",
}


def kind_of(arn: str) -> str:
    """CloudTrail's type of whoever an ARN names; "" where it names no caller."""
    if arn.endswith(":root"):
        return "Root"
    return next((kind for mark, kind in _KINDS_BY_ARN.items() if mark in arn), "")


def of_person(arn: str, principal_id: str = "") -> Identity | None:
    """Whoever an ARN names: a user, a role, a session, Root; None for the ARN of a thing."""
    kind = kind_of(arn) if arn.startswith("arn:") else ""
    return of_trail({"type": kind, "arn": arn, "principalId": principal_id}) if kind else None


def of_named(name: str | None) -> Identity | None:
    """A user as an application names it: mostly by a name of its own, sometimes by an ARN."""
    who = of_person(name) if name and name.startswith("arn:") else None
    return of_web_user(name) if who is None else who
