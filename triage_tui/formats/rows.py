"""The builder every format appends its rows to: it interns text, and yields the batch's Columns."""

from __future__ import annotations

import re
import sys
from array import array
from itertools import accumulate
from typing import TYPE_CHECKING

from triage_tui.model import (
    NO_NUMBER,
    NO_TIME,
    Columns,
    Extra,
    FindingRef,
    Hop,
    Identity,
    Outcome,
    Severity,
    Texts,
    VulnerabilityRef,
    no_hits,
)

from .ids import digest, digests
from .proxies import proxies
from .seen import NOT_ASKED, Read, Standing
from .settings import DEFAULT
from .vocabulary import TEXTS, Vocabulary, clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from triage_tui.model import Vulnerability

    from .seen import Asked, Matcher
    from .settings import FormatSettings

    _Pending = tuple[
        int,  # time
        bytes,  # hash of the id
        bool,  # own id
        Outcome,
        Severity,
        int,  # status
        int,  # size
        int,  # who
        str | None,  # format, and the texts in the order of `TEXTS`
        *tuple[str | None, ...],
    ]
    _ToMatch = tuple[bytes, bytes, Identity | None, Asked, object, int]
    """What rules know of a row and no column does: raw bytes, header, identity, what a format read
    for rules alone, and where it stands."""

_MOST_PENDING = 4096
"""Rows that wait to become columns; doing many at once is what makes it fast."""
_MOST_TO_MATCH = 512
"""The same where rules wait for them: what is looked through then should still be near at hand."""

NOWHERE = -1
"""Where a record stands that is no piece of the batch's own block."""
_NO_GROUP: tuple[str, str | None] = "", None
_FUNCTION_GROUP = re.compile(r"(?:([0-9]{12}):)?/aws/lambda/([\w-]{1,140})")
_ZERO, _ONE = array("B", [0]), array("B", [1])
_NO_STATUS, _NO_SIZE = array("i", [NO_NUMBER]), array("q", [NO_NUMBER])


class Rows:
    """Rows of one batch under construction. A format calls `add` once for each record it reads."""

    def __init__(
        self,
        source: int,
        received: int,
        *,
        block: bytes = b"",
        header: bytes = b"",
        settings: FormatSettings = DEFAULT,
        vocabulary: Vocabulary | None = None,
        matcher: Matcher | None = None,
    ) -> None:
        self.source = source
        self.received = received
        """When the record at hand came."""
        self.recorded: int | None = None
        """When the newest record that a recording kept came: what stands for the batch, then."""
        self.header = header or settings.flow_fields.encode()
        """The header line in force: formats without named fields ask it for their columns."""
        self.logged: int | None = None
        """When the record at hand was logged, where its wrapping says so: for lines without it."""
        self.block = block
        """What the records stand in, as they came."""
        self.at = NOWHERE
        """Where the record at hand stands in it."""
        self.settings = settings
        self.proxies = proxies(settings.trusted_proxies)
        self._done = 0
        self._pending: list[_Pending] = []
        self._time = array("q")
        self._id = bytearray()
        self._own_id = array("B")
        self._outcome = array("B")
        self._severity = array("B")
        self._status = array("i")
        self._size = array("q")
        self._who = array("I")
        self.vocabulary = vocabulary or Vocabulary()
        self._texts = {column: array("I") for column in TEXTS}
        self._extras: list[Extra] = []
        self._hops: list[Hop] = []
        self._findings: list[FindingRef] = []
        self._vulnerabilities: list[VulnerabilityRef] = []
        self._offset = array("Q")
        self._length = array("Q")
        self._spooled = array("B")
        self._spill = bytearray()
        self._origin = array("I")
        self._origins: dict[str, int] = {"": 0}
        self._from = 0
        self._group = _NO_GROUP
        """The function whose log group the rows come from."""
        self.rules = matcher.begin(self) if matcher is not None else None
        """What runs rules on each row; None where there are none."""
        self._to_match: list[_ToMatch] = []
        """Of the pending rows, where there are rules."""
        self._most_pending = _MOST_PENDING if self.rules is None else _MOST_TO_MATCH

    def __len__(self) -> int:
        return self._done + len(self._pending)

    def come_from(self, origin: str) -> None:
        """Names the log stream of the rows that are added from now on; "" where it is unknown."""
        self._from = self._origin_number(origin)
        found = _FUNCTION_GROUP.search(origin) if "/aws/lambda/" in origin else None
        self._group = (found[2], found[1]) if found else _NO_GROUP

    def _origin_number(self, origin: str) -> int:
        return self._origins.setdefault(clip(origin), len(self._origins))

    def place(self, offset: int, length: int) -> None:
        """Where the row just added lies in the source's own file."""
        self._offset.append(offset)
        self._length.append(length)
        self._spooled.append(0)
        self._origin.append(self._from)

    def spill(self, raw: bytes) -> None:
        """Keeps the raw bytes of the row just added, which no file holds plainly."""
        self._offset.append(len(self._spill))
        self._length.append(len(raw))
        self._spooled.append(1)
        self._origin.append(self._from)
        self._spill += raw

    def add(
        self,
        *,
        format: str,  # noqa: A002 - the contract's word
        time: int,
        own_id: str | None,
        raw: bytes,
        action: str | None = None,
        outcome: Outcome = Outcome.UNKNOWN,
        severity: Severity = Severity.NONE,
        source_ip: str | None = None,
        service: str | None = None,
        actors: Sequence[tuple[str | None, Identity | None]] | None = None,
        identity: Identity | None = None,
        agent: str | None = None,
        account: str | None = None,
        region: str | None = None,
        resource: str | None = None,
        method: str | None = None,
        path: str | None = None,
        status: int = NO_NUMBER,
        size: int = NO_NUMBER,
        country: str | None = None,
        called: str | None = None,
        finding: str | None = None,
        archived: bool = False,
        hop: tuple[str, str, str] | None = None,
        vulnerabilities: Iterable[Vulnerability] = (),
        asked: Asked = NOT_ASKED,
        parsed: object = None,
    ) -> None:
        """Appends one row.

        `own_id` is the id that the log itself gives (unique and not choosable by an attacker), else
        None and the id is the hash of `raw`. `actors` are (address, identity) pairs, most
        responsible first; left out, the one actor is (`source_ip`, `identity`). `country` is that
        of `source_ip`, `called` the AWS service that an API call went to. `hop` is (arn, principal
        id, access key) of a session that the row created.
        `asked` and `parsed` are for rules alone. What a function logs is of that function, where
        it names nothing else.
        """
        if self._group is not _NO_GROUP and own_id is None:
            resource, account = resource or self._group[0], account or self._group[1]
        actor_ip = source_ip
        if actors is not None:
            actor_ip, identity = actors[0] if actors else (None, None)
            if len(actors) > 1:
                self._add_extras(actors)
        if finding:
            self._findings.append(FindingRef(len(self), finding, archived))
        if hop:
            self._hops.append(Hop(len(self), *hop))
        for each in vulnerabilities:
            self._vulnerabilities.append(VulnerabilityRef(len(self), each))
        if self.rules is not None:
            self._to_match.append((raw, self.header, identity, asked, parsed, self.at))
        self._pending.append(
            (
                time,
                digest(raw if own_id is None else own_id),
                own_id is not None,
                outcome,
                severity,
                status,
                size,
                0 if identity is None else self.vocabulary.number(identity),
                format,
                action,
                source_ip,
                actor_ip,
                service,
                agent,
                account,
                region,
                resource,
                method,
                path,
                country if actor_ip == source_ip else None,
                called,
            )
        )
        if len(self._pending) >= self._most_pending:
            self.settle()

    def extend(
        self,
        count: int,
        *,
        own_ids: Sequence[str],
        time: Sequence[int],
        outcome: Sequence[Outcome],
        who: Sequence[int],
        source_ip: Sequence[int],
        service: Mapping[int, str],
        hops: Iterable[tuple[int, tuple[str, str, str]]],
        format: str,  # noqa: A002 - the contract's word
        **texts: Sequence[str | None],
    ) -> None:
        """Appends `count` rows at once, column by column; each has the one actor (`source_ip`,
        `who`), as the vocabulary numbers them. `service` and `hops` come with their place among
        these rows. Columns left out are absent."""
        self.settle()
        self._hops.extend(Hop(self._done + place, *hop) for place, hop in hops)
        self._time.extend(array("q", time))
        self._id += digests(own_ids)
        self._own_id.extend(_ONE * count)
        self._outcome.extend(array("B", outcome))
        self._severity.extend(_ZERO * count)
        self._status.extend(_NO_STATUS * count)
        self._size.extend(_NO_SIZE * count)
        self._who.extend(array("I", who))
        ips = array("I", source_ip)
        for column, ids in self._texts.items():
            if column in texts:
                self._intern(column, texts[column])
            elif column in ("source_ip", "actor_ip"):
                ids.extend(ips)
            else:
                one = self.vocabulary.columns[column][format if column == "format" else None]
                ids.extend(array("I", [one]) * count)
        services, numbers = self._texts["service"], self.vocabulary.columns["service"]
        for place, name in service.items():
            services[self._done + place] = numbers[name]
        self._done += count

    def place_lines(self, offset: int, starts: Iterable[int], lengths: array[int]) -> None:
        """Where the rows just added lie: at `starts` beyond `offset`."""
        self._offset.extend(array("Q", [offset + start for start in starts]))
        self._length.extend(lengths)
        self._spooled.extend(_ZERO * len(lengths))
        self._origin.extend(array("I", [self._from]) * len(lengths))

    def spill_lines(self, text: bytes, sizes: Iterable[int], origins: Iterable[str]) -> None:
        """Keeps the raw bytes of the rows just added: they stand one behind the other in `text`,
        `sizes` bytes each, and come from `origins`."""
        lengths, begin = array("Q", sizes), len(self._spill)
        self._offset.extend(array("Q", [*accumulate(lengths, initial=begin)][:-1]))
        self._length.extend(lengths)
        self._spooled.extend(_ONE * len(lengths))
        self._origin.extend(array("I", list(map(self._origin_number, origins))))
        self._spill += text

    def add_unparsed(self, raw: bytes) -> None:
        """A record that nobody understood: counted, kept, never lost."""
        self.add(format="unparsed", time=NO_TIME, own_id=None, raw=raw)

    def _add_extras(self, actors: Sequence[tuple[str | None, Identity | None]]) -> None:
        row, ips = len(self), self.vocabulary.columns["source_ip"]
        self._extras.extend(
            Extra(row, ips[ip], 0 if identity is None else self.vocabulary.number(identity))
            for ip, identity in dict.fromkeys(actors)
            if (ip, identity) != actors[0]
        )

    def settle(self) -> None:
        """Turns the pending rows into columns, and runs the rules on them."""
        pending = self._pending
        if not pending:
            return
        time, ids, own, outcome, severity, status, size, who, *texts = zip(*pending, strict=True)
        if self.rules is not None:
            raw, header, identity, asked, parsed, at = zip(*self._to_match, strict=True)
            known = dict(zip(TEXTS, texts, strict=True))
            del known["country"], known["called"]
            self.rules.read(
                self._done,
                Read(
                    raw=raw,
                    header=header,
                    identity=identity,
                    asked=asked,
                    parsed=parsed,
                    time=time,
                    outcome=outcome,
                    severity=severity,
                    status=status,
                    size=size,
                    standing=None if NOWHERE in at else Standing(self.block, at),
                    **known,
                ),
            )
            self._to_match.clear()
        self._time.extend(time)
        self._id += b"".join(ids)
        self._own_id.extend(own)
        self._outcome.extend(outcome)
        self._severity.extend(severity)
        self._status.extend(status)
        self._size.extend(size)
        self._who.extend(who)
        for column, values in zip(TEXTS, texts, strict=True):
            self._intern(column, values)
        self._done += len(pending)
        pending.clear()

    def _intern(self, column: str, values: Iterable[str | None]) -> None:
        # An array of known size is built several times as fast as one that grows by items.
        numbers = map(self.vocabulary.columns[column].__getitem__, values)
        self._texts[column].extend(array("I", list(numbers)))

    def _ids(self) -> array[int]:
        ids = array("Q", bytes(self._id))
        if sys.byteorder == "big":
            ids.byteswap()
        return ids

    def columns(self) -> Columns:
        """All rows so far."""
        self.settle()
        known, identities = self.vocabulary.take_identities()
        return Columns(
            source=self.source,
            received=self.received if self.recorded is None else self.recorded,
            time=self._time,
            id=self._ids(),
            own_id=self._own_id,
            outcome=self._outcome,
            severity=self._severity,
            who=self._who,
            identities=identities,
            status=self._status,
            size=self._size,
            offset=self._offset,
            length=self._length,
            spooled=self._spooled,
            spill=bytes(self._spill),
            origin=Texts(self._origin, list(self._origins)),
            extras=self._extras,
            hops=self._hops,
            findings=self._findings,
            vulnerabilities=self._vulnerabilities,
            header=self.header,
            hits=no_hits() if self.rules is None else self.rules.hits(),
            foreign=False,
            joined=[],
            vocabulary=self.vocabulary.name,
            identities_known=known,
            **self.vocabulary.take_texts(self._texts),
        )
