"""Log groups and what is in them."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Stored(NamedTuple):
    """One ingested event, in the order in which pages have them. Times in milliseconds."""

    time: int
    number: int
    stream: str
    message: str
    ingested: int


@dataclass
class Stream:
    """What is known of a log stream. Times in milliseconds."""

    created: int
    first: int | None = None
    last: int | None = None
    ingested: int | None = None


@dataclass
class Group:
    """A log group of one account and region."""

    name: str
    account: str
    region: str
    kept: float | None = None
    """Seconds of retention; None for ever."""
    log_class: str = "STANDARD"
    created: int = 0
    events: list[Stored] = field(default_factory=list)
    streams: dict[str, Stream] = field(default_factory=dict)
    size: int = 0
    """Bytes that were ever ingested."""
    forgotten: int = 0
    """Events that are no longer served."""
    horizons: list[int] = field(default_factory=list)
    """Each time (milliseconds) before which events were forgotten, when some were."""
    given: set[int] = field(default_factory=set)
    """The numbers of the events that somebody was given, by any API."""
    lost: list[Stored] = field(default_factory=list)
    """Events that are no longer served, and never were."""

    @property
    def arn(self) -> str:
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.name}"

    @property
    def home(self) -> tuple[str, str]:
        """Account and region."""
        return self.account, self.region

    def add(self, event: Stored) -> None:
        """Takes an event in; its stream is made where there is none."""
        if not event.message or event.time < 0:
            raise ValueError("an event has a message, and a time since 1970")
        if not self.events or event > self.events[-1]:
            self.events.append(event)
        else:
            insort(self.events, event)
        self.size += size_of(event.message)
        stream = self.streams.setdefault(event.stream, Stream(event.ingested))
        stream.first = event.time if stream.first is None else min(stream.first, event.time)
        stream.last = event.time if stream.last is None else max(stream.last, event.time)
        stream.ingested = event.ingested

    def give(self, events: Iterable[Stored]) -> None:
        """Somebody was given these; of a group that keeps all of them nobody asks."""
        if self.kept is not None:
            self.given.update(event.number for event in events)

    def forget(self, until: int) -> int:
        """What is older than `until` (milliseconds) is no longer served. How many that are."""
        count = bisect_left(self.events, (until,))
        if count:
            self.lost += [each for each in self.events[:count] if each.number not in self.given]
        del self.events[:count]
        self.forgotten += count
        if count:
            self.horizons.append(until)
        return count


def size_of(message: str) -> int:
    """Bytes by which AWS counts an event."""
    return 26 + (
        len(message) if message.isascii() else len(message.encode("utf-8", "surrogatepass"))
    )


def served(groups: Iterable[Group]) -> Counter[tuple[str, int, str]]:
    """(stream, time, message) of all that is still there, with how many of each."""
    return Counter(
        (event.stream, event.time, event.message) for group in groups for event in group.events
    )
