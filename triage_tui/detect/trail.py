"""CloudTrail in bulk, as rules ask for it: column by column, as the records were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.formats.cloudtrail import resource_of
from triage_tui.formats.seen import Seen
from triage_tui.model import Severity

from .texts import looked

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from triage_tui.formats.seen import Trail

    from .fields import Source
    from .texts import Looked


class TrailRecords:
    """Records of CloudTrail that were read in bulk."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self._keys: dict[Source, Sequence[Hashable]] = {}

    def __len__(self) -> int:
        return len(self._trail.records)

    def keys(self, source: Source) -> Sequence[Hashable]:
        found = self._keys.get(source)
        if found is None:
            bulk = source.bulk
            found = self._keys[source] = (
                list(map(source.key, map(self.seen, range(len(self)))))
                if bulk is None
                else bulk(self._trail)
            )
        return found

    def key(self, source: Source, place: int) -> Hashable:
        if source.bulk is None:
            return source.key(self.seen(place))
        return self.keys(source)[place]

    def looked(self, places: Sequence[int]) -> Looked:
        return looked(map(self.seen, places))

    def seen(self, place: int) -> Seen:
        trail = self._trail
        record = trail.records[place]
        ip = trail.vocabulary.columns["source_ip"].texts[trail.ips[place]] or None
        return Seen(
            format="cloudtrail",
            raw=trail.raw(place),
            header=b"",
            outcome=trail.outcomes[place],
            severity=Severity.NONE,
            source_ip=ip,
            actor_ip=ip,
            identity=trail.vocabulary.identity(trail.who[place]),
            service=trail.services.get(place),
            action=record.eventName,
            agent=record.userAgent,
            account=trail.accounts[place] or None,
            region=record.awsRegion,
            resource=resource_of(record),
            method=None,
            path=None,
            time=trail.times[place],
            parsed=record,
        )
