"""Rules on CloudTrail in bulk: column by column, as the records were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.formats.seen import Seen
from triage_tui.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from triage_tui.formats.seen import Trail

    from .fields import Source
    from .matcher import Engine


class TrailColumns:
    """The rules of an engine for CloudTrail, by what the bulk reader has read."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._columns = [
            (source.bulk or _one_by_one(source), memo) for source, memo in engine.masks.items()
        ]

    def match(self, trail: Trail) -> Iterator[tuple[int, Sequence[int]]]:
        """(place, numbers of the rules that match) of the records that any rule matches."""
        masks = self._sums(trail)
        settle = self.engine.settle
        for place, decided in enumerate(map(self.engine.verdicts.__getitem__, masks)):
            if decided.unsure or decided.guarded:
                numbers = settle(decided, masks[place], seen_in(trail, place))
                if numbers:
                    yield place, numbers
            elif decided.hits:
                yield place, decided.hits

    def _sums(self, trail: Trail) -> Sequence[int]:
        columns = [list(map(memo.__getitem__, keys(trail))) for keys, memo in self._columns]
        if not columns:
            return [0] * len(trail.records)
        total = columns[0]
        for column in columns[1:]:
            total = [left | right for left, right in zip(total, column, strict=True)]
        return total


def seen_in(trail: Trail, place: int) -> Seen:
    """One record of a bulk."""
    record = trail.records[place]
    vocabulary = trail.vocabulary
    ip = vocabulary.columns["source_ip"].texts[trail.ips[place]] or None
    return Seen(
        format="cloudtrail",
        raw=trail.raw(place),
        header=b"",
        outcome=trail.outcomes[place],
        severity=Severity.NONE,
        source_ip=ip,
        actor_ip=ip,
        identity=vocabulary.identity(trail.who[place]),
        service=None,
        action=record.eventName,
        agent=record.userAgent,
        account=record.recipientAccountId,
        region=record.awsRegion,
        resource=None,
        method=None,
        path=None,
        time=trail.times[place],
        parsed=record,
    )


def _one_by_one(source: Source) -> Callable[[Trail], Sequence[Hashable]]:
    return lambda trail: [source.key(seen_in(trail, n)) for n in range(len(trail.records))]
