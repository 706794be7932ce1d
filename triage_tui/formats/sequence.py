"""An attack sequence of GuardDuty: who took part from where, and the signals it was told from.

`service.detection.sequence` of a finding, its keys in lower case. Signals name actors and endpoints
by ids that hold within the sequence.
"""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING

from . import identities
from .addresses import address
from .base import list_of, table_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from triage_tui.model import Identity

    Pair = tuple[str | None, Identity | None]

_MOST = 1000
"""Parts of each sort that are read; the service's own have at most 100 signals and 400 others."""
_MOST_PAIRS = 2000
_SIGNALS = {
    "FINDING": "findings",
    "CLOUD_TRAIL": "CloudTrail",
    "S3_DATA_EVENTS": "S3",
    "EKS_AUDIT_LOGS": "EKS",
    "FLOW_LOGS": "flows",
    "DNS_LOGS": "DNS",
    "RUNTIME_MONITORING": "runtime",
}


class Sequence:
    """Reads one sequence; a finding that is none has an empty one. Every method is total."""

    def __init__(self, table: dict[str, object], account: str, partition: str) -> None:
        self._table = table
        self._account = account
        self._partition = partition

    def _parts(self, name: str) -> Iterator[dict[str, object]]:
        return map(table_of, islice(list_of(self._table.get(name)), _MOST))

    def ips(self) -> Iterator[str | None]:
        """The addresses of its endpoints, as they are spelled there."""
        return (text_of(endpoint.get("ip")) for endpoint in self._parts("endpoints"))

    def people(self) -> Iterator[Identity | None]:
        """Its actors: users and sessions; a process is nobody."""
        return (self._person(actor) for actor in self._parts("actors"))

    def _person(self, actor: Mapping[str, object]) -> Identity | None:
        return identities.of_sequence_actor(actor, self._account, self._partition)

    def resource(self) -> str | None:
        """The first thing that was attacked."""
        for resource in self._parts("resources"):
            name = text_of(resource.get("name")) or text_of(resource.get("uid"))
            if name:
                return name
        return None

    def pairs(self, ips: Iterable[str], people: Iterable[Identity]) -> list[Pair]:
        """Who acted from where, as its signals name them together; of the others each by itself.
        Nothing where no signal names any together: then all may be everybody's."""
        together = dict.fromkeys(islice(self._together(), _MOST_PAIRS))
        if not together:
            return []
        paired_ips = {ip for ip, _ in together}
        paired_people = {who for _, who in together}
        order = {ip: place for place, ip in enumerate(ips)}
        found: list[Pair] = [
            *together,
            *((ip, None) for ip in order if ip not in paired_ips),
            *((None, who) for who in people if who not in paired_people),
        ]
        # The address that the finding is said to come from stays the first.
        return sorted(found, key=lambda pair: order.get(pair[0] or "", len(order)))

    def _together(self) -> Iterator[tuple[str, Identity]]:
        ends = {
            text_of(each.get("id")): address(text_of(each.get("ip")))
            for each in self._parts("endpoints")
        }
        actors = {text_of(each.get("id")): self._person(each) for each in self._parts("actors")}
        for signal in self._parts("signals"):
            theirs = (ends.get(text_of(known)) for known in list_of(signal.get("endpointids")))
            them = [actors.get(text_of(known)) for known in list_of(signal.get("actorids"))]
            for ip, who in product(islice(theirs, _MOST), islice(them, _MOST)):
                if ip and who:
                    yield ip, who

    def findings(self) -> list[str]:
        """Ids of the findings it is made of, each once."""
        uids = (
            text_of(signal.get("uid"))
            for signal in self._parts("signals")
            if text_of(signal.get("type")) == "FINDING"
        )
        return list(dict.fromkeys(finding_id(uid) for uid in uids if uid))

    def told(self) -> str:
        """What it was told from: `3 signals: 2 findings, 1 CloudTrail`."""
        kinds: dict[str, int] = {}
        for signal in self._parts("signals"):
            kind = _SIGNALS.get(text_of(signal.get("type")) or "", "other")
            kinds[kind] = kinds.get(kind, 0) + 1
        if not kinds:
            return ""
        count = sum(kinds.values())
        told = ", ".join(
            f"{number} {kind.removesuffix('s') if number == 1 and kind == 'findings' else kind}"
            for kind, number in kinds.items()
        )
        return f"{count} {'signal' if count == 1 else 'signals'}: {told}"


def finding_id(name: str) -> str:
    """A finding's id, from that or its ARN."""
    return name.rpartition("/finding/")[2]
