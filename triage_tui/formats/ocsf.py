"""OCSF: events in the Open Cybersecurity Schema, as Security Lake and Security Hub write them.

CloudTrail's records, flow logs, web ACLs' logs, DNS queries and findings come in this shape too; a
row is as near as possible to the one that the log itself would give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import Description

from .base import content_id, document, one_line
from .marks import others_keys
from .ocsf_event import DNS, FINDINGS, HTTP, NETWORK, NETWORK_ACTIVITY, Event
from .times import epoch_ms, iso_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.model import Identity

    from .rows import Rows
    from .settings import FormatSettings

_OTHERS = others_keys("ocsf")


class Ocsf:
    """Events of any class of version 1; those of classes that nobody knows too."""

    name = "ocsf"

    def read(self, raw: bytes, rows: Rows) -> bool:
        if b'"class_uid"' not in raw:
            return False
        event = Event(document(raw))
        time = _time(event)
        if event.kind < 0 or time is None or not _OTHERS.isdisjoint(event.table):
            return False
        source_ip, service, actors = _ends(event)
        rows.add(
            format=self.name,
            time=time,
            own_id=_own_id(event),
            raw=raw,
            action=event.action(),
            outcome=event.outcome(),
            severity=event.severity(),
            source_ip=source_ip,
            service=service,
            actors=actors,
            agent=event.text("http_request", "user_agent"),
            account=event.account,
            region=event.text("cloud", "region"),
            resource=event.resource(),
            called=event.text("api", "service", "name"),
            method=event.method(),
            path=event.path(),
            status=event.status(),
            size=event.size(),
            finding=event.finding_id(),
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        event = Event(document(raw))
        return Description(id=_own_id(event) or content_id(raw), summary=one_line(_summary(event)))


def _time(event: Event) -> int | None:
    """Milliseconds; some writers spell it out instead."""
    time = event.at("time")
    found = iso_time(time) if isinstance(time, str) else epoch_ms(time)
    return iso_time(event.text("time_dt")) if found is None else found


def _own_id(event: Event) -> str | None:
    """A finding keeps its id when it is updated: its time tells the versions apart."""
    finding = event.finding_id()
    return f"{finding}@{event.text('time')}" if finding else event.text("metadata", "uid")


def _ends(
    event: Event,
) -> tuple[str | None, str | None, Sequence[tuple[str | None, Identity | None]]]:
    """(address as logged, service in its place, actors)."""
    ip, service = event.source()
    if event.category == FINDINGS:
        actors = event.actors()
        return ip or actors[0][0], service, actors
    if event.kind == NETWORK_ACTIVITY:
        return ip, service, [(event.far_end(), event.identity())]
    who = event.identity()
    if who is not None and who.service:  # the address is the service's, not the caller's
        ip, service = None, service or who.service
    return ip, service, [(ip, who)]


def _summary(event: Event) -> str:
    if event.category == FINDINGS:
        words = _of_finding(event)
    elif event.kind == NETWORK_ACTIVITY:
        words = _of_connection(event)
    elif event.category == NETWORK:
        words = _of_request(event)
    else:
        words = _of_call(event)
    return " ".join(word for word in words if word) or event.text("class_name") or "OCSF event"


def _of_finding(event: Event) -> list[str | None]:
    """The finding's own title, who and from where, and who found it."""
    ips, who = event.remote_ips(), next(event.principals(), None)
    more = f" and {len(ips) - 1} more" if len(ips) > 1 else ""
    place = [who.label if who else "", f"from {ips[0]}{more}" if ips else ""]
    known = " ".join(word for word in place if word)
    product = event.text("metadata", "product", "name")
    title = event.finding("title")
    return [
        title if isinstance(title, str) else event.action(),
        f"[{known}]" if known else None,
        f"({product})" if product else None,
    ]


def _of_connection(event: Event) -> list[str | None]:
    """`Denied 203.0.113.9:55123 → 10.0.0.4:22 (3 packets, 180 bytes)`."""
    counts = [
        f"{count} {unit}"
        for unit in ("packets", "bytes")
        if (count := event.text("traffic", unit)) is not None
    ]
    ends = " → ".join(_end(event, end) for end in ("src_endpoint", "dst_endpoint"))
    return [event.action(), ends, f"({', '.join(counts)})" if counts else None]


def _end(event: Event, end: str) -> str:
    ip, port = event.text(end, "ip"), event.text(end, "port")
    if ip is None:
        return event.text(end, "hostname") or "?"
    if port in (None, "0"):
        return ip
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def _of_request(event: Event) -> list[str | None]:
    """`Blocked GET /login?next=… 403 from 203.0.113.9 curl/8.1`, `A example.com NOERROR`."""
    query = event.text("http_request", "url", "query_string")
    path = event.path()
    ip = event.source()[0]
    return [
        event.action(),
        event.method() if event.kind == HTTP else None,
        f"{path}?{query}" if path and query else path,
        event.text("query", "hostname") if event.kind == DNS else None,
        event.text("rcode"),
        event.text("http_response", "code"),
        f"from {ip}" if ip else None,
        event.text("http_request", "user_agent"),
    ]


def _of_call(event: Event) -> list[str | None]:
    """`GetObject arn:… by ops › session from 198.51.100.23: AccessDenied (…)`."""
    who = event.identity()
    place = next((end for end in event.source() if end), None)
    error = event.text("api", "response", "error")
    message = event.text("api", "response", "message") or event.text("status_detail")
    failed = f"{error} ({message})" if error and message else error or message
    words = [
        event.action(),
        event.resource(),
        f"by {who.label}" if who else None,
        f"from {place}" if place and not (who and who.key == place) else None,
    ]
    line = " ".join(word for word in words if word)
    return [f"{line}: {failed}" if failed else line]
