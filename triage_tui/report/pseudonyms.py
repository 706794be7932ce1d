"""Names taken out of a report: each gets one pseudonym, the same wherever it stands.

What is known (addresses, principals, authors) is replaced wherever it occurs, also within free
text; what merely looks like an address, an account, a key or a mail address is replaced as well.
Who reads notes that somebody typed should still look at them before passing the report on.
"""

from __future__ import annotations

import ipaddress
import os
import re
from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import Kind

from .texts import mapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from triage_tui.model import Entity

    from .shape import IncidentReport
    from .snapshot import Snapshot

SHORTEST = 3
"""Characters. Shorter names are only replaced where they stand alone as a whole text."""

_SCENERY = frozenset(
    {"arn", "aws", "aws-cn", "aws-us-gov", "iam", "sts"}
    | {"root", "user", "role", "assumed-role", "federated-user", "service", "session", "unknown"}
)
"""Parts of ARNs that name nobody."""

_SHAPES = re.compile(
    r"(?P<hash>\b[0-9a-f]{32}\b)"
    r"|(?P<key>\b(?:AKIA|ASIA)[A-Z0-9]{8,124}\b)"
    r"|(?P<identity>\b(?:AIDA|AROA|AGPA|AIPA|ANPA|ABIA|ACCA)[A-Z0-9]{8,124}\b)"
    r"|(?P<mail>[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"
    r"|(?P<dashed>(?<!\d)\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}(?!-?\d))"
    r"|(?P<v4>(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?:/\d{1,2})?(?!\.?\d))"
    r"|(?P<v6>(?<![\w:])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,40}(?:\.\d{1,3}){0,3}(?:/\d{1,3})?(?![\w:]))"
    r"|(?P<account>(?<!\d)\d{12}(?!\d))"
)


class Pseudonyms:
    """Hands out pseudonyms, numbered in the order in which names are first met."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._by_start: dict[str, list[str]] = {}

    def name(self, sort: str, *spellings: str) -> str:
        """The pseudonym of one thing, by whichever of its names it is already known."""
        known = next((self._given[s] for s in spellings if s in self._given), None)
        if known is None:
            self._counts[sort] = self._counts.get(sort, 0) + 1
            known = f"{sort}-{self._counts[sort]}"
        for spelling in spellings:
            self.also(known, spelling)
        return known

    def also(self, pseudonym: str, spelling: str) -> None:
        """Another spelling of something that has a pseudonym; who had it first keeps it."""
        if not spelling or spelling in self._given:
            return
        self._given[spelling] = pseudonym
        if len(spelling) >= SHORTEST:
            starts = self._by_start.setdefault(spelling[:SHORTEST], [])
            starts.append(spelling)
            starts.sort(key=len, reverse=True)

    def replace(self, text: str) -> str:
        """The text with every name in it replaced."""
        if text in self._given:
            return self._given[text]
        return "".join(self._parts(text))

    def _parts(self, text: str) -> Iterator[str]:
        """The text in parts: what stands between known names is looked at for shapes."""
        rest = 0
        at = 0
        while at < len(text):
            found = self._known_at(text, at)
            if found is None:
                at += 1
                continue
            yield _SHAPES.sub(self._shape, text[rest:at])
            yield self._given[found]
            at = rest = at + len(found)
        yield _SHAPES.sub(self._shape, text[rest:])

    def _known_at(self, text: str, at: int) -> str | None:
        """The longest known name that begins here and is not part of a longer word."""
        starts = self._by_start.get(text[at : at + SHORTEST])
        if not starts or (at and text[at].isalnum() and text[at - 1].isalnum()):
            return None
        for name in starts:
            end = at + len(name)
            inside = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
            if not inside and text.startswith(name, at):
                return name
        return None

    def _shape(self, match: re.Match[str]) -> str:
        sort, text = match.lastgroup or "", match[0]
        if sort == "hash":  # a finding's id: a number that means nothing elsewhere
            return text
        if sort in ("v4", "v6", "dashed"):
            return self._address(text)
        return self.name(sort, text)

    def _address(self, text: str) -> str:
        plain = text.replace("-", ".") if "-" in text else text
        try:
            if "/" in plain:
                return self.name("network", str(ipaddress.ip_network(plain, strict=False)))
            return self.name("ip", str(ipaddress.ip_address(plain)))
        except ValueError:
            return text


def anonymous(report: IncidentReport, snapshot: Snapshot) -> IncidentReport:
    """The report without the names in it. Of files, only their own names stay."""
    names = Pseudonyms()
    for entity in snapshot.entities:
        _learn_entity(names, entity)
    for told in snapshot.findings:
        _learn_actors(names, told.finding.ips, told.finding.principals)
    for entity in snapshot.entities:
        _learn_actors(names, entity.ips, entity.principals)
    _learn_people(names, snapshot)
    _learn_places(names, snapshot)
    plain = mapped(_bare_files(report), names.replace)
    return msgspec.structs.replace(plain, anonymized=True)


def _learn_entity(names: Pseudonyms, entity: Entity) -> None:
    key = entity.ref.key
    match entity.ref.kind:
        case Kind.IP:
            names.name("ip", key)
        case Kind.NETWORK:
            names.name("network", key)
        case Kind.PRINCIPAL:
            _learn_principal(names, entity.label, key, *entity.ref.aliases)
        case Kind.SERVICE:
            pass


def _learn_actors(names: Pseudonyms, ips: Iterable[str], principals: Iterable[str]) -> None:
    for ip in ips:
        names.name("ip", ip)
    for principal in principals:
        if not principal.endswith(".amazonaws.com"):
            _learn_principal(names, "", principal)


def _learn_principal(names: Pseudonyms, label: str, *keys: str) -> None:
    """A principal by all its keys. The names within them (role, session) may be others' too."""
    pseudonym = names.name("principal", *keys)
    for spelling in (*keys, label):
        parts = [part.strip() for part in re.split(r"[/:#›]", spelling)]
        if _tells(parts[-1]):
            names.also(pseudonym, parts[-1])
        for part in parts[1:-1]:
            if _tells(part):
                names.name("role", part)
    names.also(pseudonym, label)


def _learn_people(names: Pseudonyms, snapshot: Snapshot) -> None:
    authors = [
        *(decision.author for decision in snapshot.decisions),
        *(block.author for block in snapshot.blocks),
        *(remedy.author for remedy in snapshot.remedies),
        *(case.assignee for case in snapshot.cases.values()),
    ]
    for author in authors:
        if author:
            names.name("analyst", author)


def _learn_places(names: Pseudonyms, snapshot: Snapshot) -> None:
    """IP sets and log groups are named by whoever made them."""
    for audit in snapshot.audits.values():
        set_name = audit.set.partition("/ipset/")[2].partition("/")[0]
        if len(set_name) >= SHORTEST:
            names.name("set", set_name)
        if audit.identity:
            _learn_principal(names, "", audit.identity)
    for group, _ in snapshot.groups:
        names.name("log-group", group)


def _tells(part: str) -> bool:
    """Whether a part of an ARN names somebody, and is not dealt with as an account's number."""
    return len(part) >= SHORTEST and part not in _SCENERY and not re.fullmatch(r"\d{12}", part)


def _bare_files(report: IncidentReport) -> IncidentReport:
    """The report with files named without their folders."""
    sources = tuple(
        msgspec.structs.replace(source, path=os.path.basename(source.path) or source.path)
        for source in report.summary.sources
    )
    summary = msgspec.structs.replace(report.summary, sources=sources)
    return msgspec.structs.replace(report, summary=summary)
