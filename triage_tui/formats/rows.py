"""The builder every format appends its rows to: it interns text, and yields the batch's Columns."""

from __future__ import annotations

import sys
from array import array
from collections import defaultdict
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING

from triage_tui.model import (
    EMPTY_IDENTITY,
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
)

from .proxies import proxies
from .settings import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
        str | None,  # format, and the texts in the order of `_TEXTS`
        *tuple[str | None, ...],
    ]

LONGEST = 2048
"""Characters of a text that a column keeps; the raw record has the rest."""

_MOST_PENDING = 4096
"""Rows that wait to become columns; doing many at once is what makes it fast."""

_TEXTS = (
    "format",
    "action",
    "source_ip",
    "actor_ip",
    "service",
    "agent",
    "account",
    "region",
    "resource",
    "method",
    "path",
)
_ZERO, _ONE = array("B", [0]), array("B", [1])
_NO_STATUS, _NO_SIZE = array("i", [NO_NUMBER]), array("q", [NO_NUMBER])
_SOURCE_IP = _TEXTS.index("source_ip")
_ACTOR_IP = _TEXTS.index("actor_ip")


def digest(text: str | bytes) -> bytes:
    """The first eight bytes of BLAKE2b: stable across processes and runs."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return blake2b(data, digest_size=8).digest()


def digests(texts: Iterable[str]) -> bytes:
    """`digest` of many texts, one behind the other."""
    return b"".join(
        [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts]
    )


def hash_id(text: str | bytes) -> int:
    """`digest` as the number that stands in the column `id`."""
    return int.from_bytes(digest(text), "little")


def clip(text: str) -> str:
    """The text, or the beginning of a very long one with a hash: what differs stays different."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 24]}…{digest(text).hex()}"


class _TextColumn:
    """Interns the values of one column; None and "" are always number 0."""

    __slots__ = ("ids", "numbers")

    def __init__(self) -> None:
        self.ids = array("I")
        self.numbers: defaultdict[str | None, int] = defaultdict(count(1).__next__)
        self.numbers[""] = self.numbers[None] = 0

    def extend(self, values: Iterable[str | None]) -> None:
        self.ids.extend(array("I", list(map(self.numbers.__getitem__, values))))

    def fill(self, value: str | None, count: int) -> None:
        """Appends one value many times."""
        self.ids.extend(array("I", [self.numbers[value]]) * count)

    def texts(self) -> Texts:
        return Texts(self.ids, [clip(text) for text in self.numbers if text is not None])


class Rows:
    """Rows of one batch under construction. A format calls `add` once for each record it reads."""

    def __init__(
        self,
        source: int,
        received: int,
        *,
        header: bytes = b"",
        settings: FormatSettings = DEFAULT,
    ) -> None:
        self.source = source
        self.received = received
        self.header = header or settings.flow_fields.encode()
        """The header line in force: formats without named fields ask it for their columns."""
        self.logged: int | None = None
        """When the record at hand was logged, where its wrapping says so: for lines without it."""
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
        self._texts = tuple(_TextColumn() for _ in _TEXTS)
        self._ips = self._texts[_SOURCE_IP]
        self._texts[_ACTOR_IP].numbers = self._ips.numbers  # mostly the same addresses
        self._identities: dict[Identity, int] = {EMPTY_IDENTITY: 0}
        self._known: dict[int, int] = {}
        self._kept: list[Identity] = []
        self._extras: list[Extra] = []
        self._hops: list[Hop] = []
        self._findings: list[FindingRef] = []
        self._offset = array("Q")
        self._length = array("Q")
        self._spooled = array("B")
        self._spill = bytearray()
        self._origin = array("I")
        self._origins: dict[str, int] = {"": 0}
        self._from = 0

    def __len__(self) -> int:
        return self._done + len(self._pending)

    def come_from(self, origin: str) -> None:
        """Names the log stream of the rows that are added from now on; "" where it is unknown."""
        self._from = self._origins.setdefault(clip(origin), len(self._origins))

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
        finding: str | None = None,
        hop: tuple[str, str, str] | None = None,
    ) -> None:
        """Appends one row.

        `own_id` is the id that the log itself gives (unique and not choosable by an attacker), else
        None and the id is the hash of `raw`. `actors` are (address, identity) pairs, most
        responsible first; left out, the one actor is (`source_ip`, `identity`). `hop` is
        (arn, principal id, access key) of a session that the row created.
        """
        actor_ip = source_ip
        if actors is not None:
            actor_ip, identity = actors[0] if actors else (None, None)
            if len(actors) > 1:
                self._add_extras(actors)
        if finding:
            self._findings.append(FindingRef(len(self), finding))
        if hop:
            self._hops.append(Hop(len(self), *hop))
        self._pending.append(
            (
                time,
                digest(raw if own_id is None else own_id),
                own_id is not None,
                outcome,
                severity,
                status,
                size,
                0 if identity is None else self._number(identity),
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
            )
        )
        if len(self._pending) >= _MOST_PENDING:
            self._settle()

    def extend(
        self,
        count: int,
        *,
        own_ids: Sequence[str],
        time: Sequence[int],
        outcome: Sequence[Outcome],
        who: Sequence[Identity],
        hops: Iterable[tuple[int, tuple[str, str, str]]],
        format: str,  # noqa: A002 - the contract's word
        source_ip: Sequence[str | None],
        **texts: Sequence[str | None],
    ) -> None:
        """Appends `count` rows at once, column by column; each has the one actor (`source_ip`,
        `who`). `hops` come with their place among these rows. Columns left out are absent."""
        self._settle()
        self._hops.extend(Hop(self._done + place, *hop) for place, hop in hops)
        # An array of known size is built several times as fast as one that grows by items.
        self._time.extend(array("q", time))
        self._id += digests(own_ids)
        self._own_id.extend(_ONE * count)
        self._outcome.extend(array("B", outcome))
        self._severity.extend(_ZERO * count)
        self._status.extend(_NO_STATUS * count)
        self._size.extend(_NO_SIZE * count)
        self._who.extend(array("I", self._numbers(who)))
        for name, column in zip(_TEXTS, self._texts, strict=True):
            if name == "format":
                column.fill(format, count)
            elif name == "source_ip":
                column.extend(source_ip)
            elif name == "actor_ip":
                column.ids.extend(self._ips.ids[-count:])
            elif name in texts:
                column.extend(texts[name])
            else:
                column.fill(None, count)
        self._done += count

    def place_lines(self, offset: int, starts: Iterable[int], lengths: array[int]) -> None:
        """Where the rows just added lie: at `starts` beyond `offset`."""
        self._offset.extend(array("Q", [offset + start for start in starts]))
        self._length.extend(lengths)
        self._spooled.extend(_ZERO * len(lengths))
        self._origin.extend(array("I", [self._from]) * len(lengths))

    def add_unparsed(self, raw: bytes) -> None:
        """A record that nobody understood: counted, kept, never lost."""
        self.add(format="unparsed", time=NO_TIME, own_id=None, raw=raw)

    def _add_extras(self, actors: Sequence[tuple[str | None, Identity | None]]) -> None:
        row, ips = len(self), self._ips.numbers
        self._extras.extend(
            Extra(row, ips[ip], 0 if identity is None else self._number(identity))
            for ip, identity in dict.fromkeys(actors)
            if (ip, identity) != actors[0]
        )

    def _number(self, identity: Identity) -> int:
        # The formats hand in the same objects again and again: their address is quicker to look up
        # than their content. They are kept, so that each address stays its own.
        number = self._known.get(id(identity))
        if number is None:
            number = self._identities.setdefault(identity, len(self._identities))
            self._known[id(identity)] = number
            self._kept.append(identity)
        return number

    def _numbers(self, identities: Sequence[Identity]) -> list[int]:
        known = self._known
        try:
            return [known[address] for address in map(id, identities)]
        except KeyError:
            return list(map(self._number, identities))

    def _settle(self) -> None:
        """Turns the pending rows into columns."""
        pending = self._pending
        if not pending:
            return
        time, ids, own, outcome, severity, status, size, who, *texts = zip(*pending, strict=True)
        self._time.extend(time)
        self._id += b"".join(ids)
        self._own_id.extend(own)
        self._outcome.extend(outcome)
        self._severity.extend(severity)
        self._status.extend(status)
        self._size.extend(size)
        self._who.extend(who)
        for column, values in zip(self._texts, texts, strict=True):
            column.extend(values)
        self._done += len(pending)
        pending.clear()

    def _ids(self) -> array[int]:
        ids = array("Q", bytes(self._id))
        if sys.byteorder == "big":
            ids.byteswap()
        return ids

    def columns(self) -> Columns:
        """All rows so far."""
        self._settle()
        texts = {name: column.texts() for name, column in zip(_TEXTS, self._texts, strict=True)}
        texts["actor_ip"].values = texts["source_ip"].values  # one list: it crosses borders once
        return Columns(
            source=self.source,
            received=self.received,
            time=self._time,
            id=self._ids(),
            own_id=self._own_id,
            outcome=self._outcome,
            severity=self._severity,
            who=self._who,
            identities=list(self._identities),
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
            header=self.header,
            foreign=False,
            **texts,
        )
