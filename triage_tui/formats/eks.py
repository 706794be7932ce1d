"""Audit events of a Kubernetes cluster: one JSON record a stage of a request to its API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import NO_NUMBER, Description, Outcome

from . import identities
from .addresses import address
from .base import content_id, document, http_outcome, list_of, one_line, table_of, text_of
from .marks import others_keys
from .times import iso_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .rows import Rows
    from .settings import FormatSettings

_OTHERS = others_keys("eks")
_VERSIONS = "audit.k8s.io/"
_DECISION = "authorization.k8s.io/decision"
_REASON = "authorization.k8s.io/reason"


class Eks:
    """What the control plane of an EKS cluster, and any other Kubernetes, logs of its API.

    `auditID` names no record: a client may send one of its own, and the stages share it.
    """

    name = "eks"

    def read(self, raw: bytes, rows: Rows) -> bool:
        if b'"auditID"' not in raw:
            return False
        table = document(raw)
        verb, time = text_of(table.get("verb")), _time(table)
        if not verb or time is None or not _is_audit(table):
            return False
        identity = identities.of_cluster_caller(table_of(table.get("user")))
        chain = _addresses(table)
        source_ip = address(chain[-1]) if chain else None
        status = _status(table)
        rows.add(
            format=self.name,
            time=time,
            own_id=None,
            raw=raw,
            action=_action(verb, table_of(table.get("objectRef"))),
            outcome=_outcome(table, status),
            source_ip=source_ip,
            actors=[(rows.proxies.actor(source_ip, chain[:-1]), identity)],
            agent=text_of(table.get("userAgent")),
            account=identity.account if identity is not None else None,
            resource=_resource(table_of(table.get("objectRef"))),
            path=_path(table),
            status=status,
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        table = document(raw)
        return Description(
            id=content_id(raw),
            summary=one_line(_summary(table)),
            forwarded=tuple(_addresses(table)[:-1]),
        )


def _is_audit(table: Mapping[str, object]) -> bool:
    version = table.get("apiVersion")
    return (
        table.get("kind") == "Event"
        and isinstance(version, str)
        and version.startswith(_VERSIONS)
        and bool(table.get("auditID"))
        and _OTHERS.isdisjoint(table)
    )


def _time(table: Mapping[str, object]) -> int | None:
    time = iso_time(text_of(table.get("stageTimestamp")))
    return iso_time(text_of(table.get("requestReceivedTimestamp"))) if time is None else time


def _addresses(table: Mapping[str, object]) -> list[str]:
    """Whoever forwarded the request, the client first; the last one is who called the cluster."""
    return [text for value in list_of(table.get("sourceIPs")) if (text := text_of(value))]


def _action(verb: str, target: Mapping[str, object]) -> str:
    """`create pods/exec`; the verb alone for what is no resource."""
    kind, sub = text_of(target.get("resource")), text_of(target.get("subresource"))
    if not kind:
        return verb
    return f"{verb} {kind}/{sub}" if sub else f"{verb} {kind}"


def _resource(target: Mapping[str, object]) -> str:
    """`default/pods/web-0`, as much of it as there is."""
    parts = (text_of(target.get(name)) for name in ("namespace", "resource", "name"))
    return "/".join(part for part in parts if part)


def _path(table: Mapping[str, object]) -> str | None:
    uri = text_of(table.get("requestURI"))
    return uri.partition("?")[0] if uri else None


def _status(table: Mapping[str, object]) -> int:
    code = table_of(table.get("responseStatus")).get("code")
    return code if type(code) is int and 0 <= code <= 999 else NO_NUMBER  # a bool is no code


def _outcome(table: Mapping[str, object], status: int) -> Outcome:
    if table_of(table.get("annotations")).get(_DECISION) == "forbid":
        return Outcome.DENIED
    return Outcome.ERROR if table.get("stage") == "Panic" else http_outcome(status)


def _summary(table: Mapping[str, object]) -> str:
    """`create pods/exec default/pods/web-0 201 by bob as system:admin from 203.0.113.9: why`."""
    target = table_of(table.get("objectRef"))
    status = _status(table)
    words = [
        _action(text_of(table.get("verb")) or "", target),
        _resource(target) or text_of(table.get("requestURI")),
        str(status) if status != NO_NUMBER else text_of(table.get("stage")),
    ]
    identity = identities.of_cluster_caller(table_of(table.get("user")))
    if identity is not None:
        words.append(f"by {identity.label}")
    if other := text_of(table_of(table.get("impersonatedUser")).get("username")):
        words.append(f"as {other}")
    if chain := _addresses(table):
        words.append(f"from {chain[-1]}")
    text = " ".join(word for word in words if word)
    reason = text_of(table_of(table.get("annotations")).get(_REASON))
    refused = _outcome(table, status) is Outcome.DENIED
    return f"{text}: {reason}" if reason and refused else text
