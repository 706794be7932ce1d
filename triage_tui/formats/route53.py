"""Route 53 Resolver query logs: one JSON record a DNS query out of a VPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import Description, Outcome

from .addresses import address
from .base import content_id, document, list_of, one_line, table_of, text_of
from .marks import others_keys
from .times import iso_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .rows import Rows
    from .settings import FormatSettings

_OTHERS = others_keys("route53")
_REFUSED = frozenset(("REFUSED", "NOTAUTH"))


class Route53:
    """What instances asked, what they got, and what the DNS firewall said to it."""

    name = "route53"

    def read(self, raw: bytes, rows: Rows) -> bool:
        if b'"query_timestamp"' not in raw:
            return False
        table = document(raw)
        time = iso_time(text_of(table.get("query_timestamp")))
        name, kind = text_of(table.get("query_name")), text_of(table.get("query_type"))
        if time is None or not name or not kind or not _OTHERS.isdisjoint(table):
            return False
        rows.add(
            format=self.name,
            time=time,
            own_id=None,
            raw=raw,
            action=kind,
            outcome=_outcome(table),
            source_ip=address(text_of(table.get("srcaddr"))),
            account=text_of(table.get("account_id")),
            region=text_of(table.get("region")),
            resource=_domain(name),
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        return Description(id=content_id(raw), summary=one_line(_summary(document(raw))))


def _domain(name: str) -> str:
    """Without the dot at the end, as everybody writes it; the root is a dot."""
    return name.removesuffix(".") or name


def _outcome(table: Mapping[str, object]) -> Outcome:
    if text_of(table.get("firewall_rule_action")) == "BLOCK":
        return Outcome.BLOCKED
    code = text_of(table.get("rcode"))
    if code == "NOERROR":
        return Outcome.OK
    if code in _REFUSED:
        return Outcome.DENIED
    return Outcome.ERROR if code else Outcome.UNKNOWN


def _summary(table: Mapping[str, object]) -> str:
    """`A example.org NXDOMAIN from 10.0.0.4 i-0abc: 192.0.2.1 (firewall ALERT by rslvr-fdl-1)`."""
    words = [
        text_of(table.get("query_type")),
        _domain(text_of(table.get("query_name")) or ""),
        text_of(table.get("rcode")),
    ]
    sources = table_of(table.get("srcids"))
    source = [text_of(table.get("srcaddr")), *map(text_of, sources.values())]
    if any(source):
        words += ["from", *source]
    text = " ".join(word for word in words if word)
    answers = map(table_of, list_of(table.get("answers")))
    given = ", ".join(data for answer in answers if (data := text_of(answer.get("Rdata"))))
    return (f"{text}: {given}" if given else text) + _firewall(table)


def _firewall(table: Mapping[str, object]) -> str:
    verdict = text_of(table.get("firewall_rule_action"))
    if verdict is None:
        return ""
    domains = text_of(table.get("firewall_domain_list_id"))
    return f" (firewall {verdict} by {domains})" if domains else f" (firewall {verdict})"
