"""The builder every format appends its rows to: it interns text, and yields the batch's Columns."""

from __future__ import annotations

import hashlib
from array import array
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

if TYPE_CHECKING:
    from collections.abc import Sequence


def hash_id(text: str | bytes) -> int:
    """The first eight bytes of BLAKE2b: stable across processes and runs."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


class _TextColumn:
    """Interns the values of one column; "" is always number 0."""

    __slots__ = ("ids", "numbers")

    def __init__(self) -> None:
        self.ids = array("I")
        self.numbers: dict[str, int] = {"": 0}

    def add(self, value: str | None) -> None:
        self.ids.append(self.number(value))

    def number(self, value: str | None) -> int:
        return self.numbers.setdefault(value, len(self.numbers)) if value else 0

    def texts(self) -> Texts:
        return Texts(self.ids, list(self.numbers))


class Rows:
    """Rows of one batch under construction. A format calls `add` once for each record it reads."""

    def __init__(self, source: int, received: int) -> None:
        self.source = source
        self.received = received
        self._time = array("q")
        self._id = array("Q")
        self._own_id = array("B")
        self._outcome = array("B")
        self._severity = array("B")
        self._status = array("i")
        self._size = array("q")
        self._who = array("I")
        self._format = _TextColumn()
        self._action = _TextColumn()
        self._source_ip = _TextColumn()
        self._actor_ip = _TextColumn()
        self._service = _TextColumn()
        self._agent = _TextColumn()
        self._account = _TextColumn()
        self._region = _TextColumn()
        self._resource = _TextColumn()
        self._method = _TextColumn()
        self._path = _TextColumn()
        self._identities: dict[Identity, int] = {EMPTY_IDENTITY: 0}
        self._extras: list[Extra] = []
        self._hops: list[Hop] = []
        self._findings: list[FindingRef] = []
        self._offset = array("Q")
        self._length = array("Q")
        self._spooled = array("B")
        self._spill = bytearray()

    def __len__(self) -> int:
        return len(self._time)

    def place(self, offset: int, length: int) -> None:
        """Where the row just added lies in the source's own file."""
        self._offset.append(offset)
        self._length.append(length)
        self._spooled.append(0)

    def spill(self, raw: bytes) -> None:
        """Keeps the raw bytes of the row just added, which no file holds plainly."""
        self._offset.append(len(self._spill))
        self._length.append(len(raw))
        self._spooled.append(1)
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
        responsible
        first; left out, the one actor is (`source_ip`, `identity`). `hop` is (arn, principal id,
        access
        key) of a session that the row created.
        """
        row = len(self._time)
        self._time.append(time)
        self._id.append(hash_id(raw if own_id is None else own_id))
        self._own_id.append(own_id is not None)
        self._format.add(format)
        self._action.add(action)
        self._outcome.append(outcome)
        self._severity.append(severity)
        self._source_ip.add(source_ip)
        self._service.add(service)
        self._agent.add(agent)
        self._account.add(account)
        self._region.add(region)
        self._resource.add(resource)
        self._method.add(method)
        self._path.add(path)
        self._status.append(status)
        self._size.append(size)
        self._add_actors(row, [(source_ip, identity)] if actors is None else actors)
        if finding:
            self._findings.append(FindingRef(row, finding))
        if hop:
            self._hops.append(Hop(row, *hop))

    def add_unparsed(self, raw: bytes) -> None:
        """A record that nobody understood: counted, kept, never lost."""
        self.add(format="unparsed", time=NO_TIME, own_id=None, raw=raw)

    def _add_actors(self, row: int, actors: Sequence[tuple[str | None, Identity | None]]) -> None:
        ip, identity = actors[0] if actors else (None, None)
        self._actor_ip.add(ip)
        self._who.append(self._number(identity))
        self._extras.extend(
            Extra(row, self._actor_ip.number(ip), self._number(identity))
            for ip, identity in dict.fromkeys(actors[1:])
        )

    def _number(self, identity: Identity | None) -> int:
        if identity is None:
            return 0
        return self._identities.setdefault(identity, len(self._identities))

    def columns(self) -> Columns:
        """All rows so far."""
        return Columns(
            source=self.source,
            received=self.received,
            time=self._time,
            id=self._id,
            own_id=self._own_id,
            format=self._format.texts(),
            action=self._action.texts(),
            outcome=self._outcome,
            severity=self._severity,
            source_ip=self._source_ip.texts(),
            actor_ip=self._actor_ip.texts(),
            service=self._service.texts(),
            who=self._who,
            identities=list(self._identities),
            agent=self._agent.texts(),
            account=self._account.texts(),
            region=self._region.texts(),
            resource=self._resource.texts(),
            method=self._method.texts(),
            path=self._path.texts(),
            status=self._status,
            size=self._size,
            offset=self._offset,
            length=self._length,
            spooled=self._spooled,
            spill=bytes(self._spill),
            extras=self._extras,
            hops=self._hops,
            findings=self._findings,
        )
