"""Many events a second out of text that was encoded before: next to nothing of what is measured is
the fake's own cost.

Event `n` is the same wherever it is asked for: the frames of Live Tail and the pages of
FilterLogEvents are filled from one set of templates.
"""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, overload

from aiohttp import web
from msgspec import json

from tests.aws import described, eventstream
from tests.aws.groups import Group, Stored
from tests.aws.livetail import Update
from tests.aws.logs import FakeLogs
from tests.aws.server import Call
from tests.aws.wire import model, wrong

FRAME = 500
"""Events in a frame: as many as AWS sends at once."""
HOT = 40
"""Addresses that half of all events are from: enough to change every line of a screen."""
MARKED = "198.51.0.1"
"""The first of them."""
_NUMBER, _WHEN, _ADDRESS, _TIME = "@number@", "@when@", "@address@", 1_000_000_000_001
_ORDER = [str(_TIME).encode(), b"@number@", b"@when@", b"@address@", str(_TIME).encode()]
"""Of the holes in an event as Live Tail has it."""
_HOLES = re.compile(f"{_NUMBER}|{_WHEN}|{_ADDRESS}|{_TIME}".encode())


def address(number: int) -> str:
    """Whom an event is from: every second one is from one of the hot addresses by turns, the others
    are from ten thousand."""
    half = number // 2
    if number % 2:
        return f"198.51.0.{1 + half % HOT}"
    return f"198.51.{100 + half // 100 % 100}.{100 + half % 100}"


def marked_by(count: int) -> int:
    """How many of the first `count` events are from the marked address."""
    return (count + 2 * HOT - 2) // (2 * HOT)


def _message(place: int) -> str:
    """The CloudTrail record at a place of every frame, with holes."""
    who = f"user-{place % 7}"
    record = {
        "eventVersion": "1.11",
        "eventID": f"00000000-0000-4000-8000-{_NUMBER}",
        "eventTime": _WHEN,
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": ("GetItem", "PutItem", "DeleteItem")[place % 3],
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "sourceIPAddress": _ADDRESS,
        "userAgent": "Boto3/1.34",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": f"AIDAEXAMPLE{place % 7}",
            "arn": f"arn:aws:iam::111122223333:user/{who}",
            "accountId": "111122223333",
            "userName": who,
        },
    } | ({"errorCode": "AccessDenied"} if place % 11 == 0 else {})
    return json.encode(record).decode()


class Template:
    """Text with holes, which are filled by turns."""

    def __init__(self, encoded: bytes) -> None:
        self._pieces: list[bytes] = []
        self.holes: list[bytes] = _HOLES.findall(encoded)
        """What belongs into each."""
        for piece in _HOLES.split(encoded):
            self._pieces += [piece, b""]
        self._pieces.pop()

    def filled(self, values: list[bytes]) -> bytes:
        """The text, with a value for each of the holes."""
        self._pieces[1::2] = values
        return b"".join(self._pieces)


class Texts:
    """The events as text. `begun` (milliseconds) is the time of event 0."""

    def __init__(self, groups: Sequence[Group], rate: int, begun: int) -> None:
        self.groups, self.rate, self.begun = groups, rate, begun
        self._messages = [_message(place) for place in range(FRAME)]
        events = [
            (groups[place % len(groups)], Stored(_TIME, 0, f"stream-{place % 3}", message, _TIME))
            for place, message in enumerate(self._messages)
        ]
        value = {
            "sessionMetadata": {"sampled": False},
            "sessionResults": [described.tailed(group, event) for group, event in events],
        }
        refusal = wrong(value, model("logs").shape_for("LiveTailSessionUpdate"))
        assert not refusal, refusal
        self._whole, self._sample = (
            Template(json.encode(value | {"sessionMetadata": {"sampled": sampled}}))
            for sampled in (False, True)
        )
        assert self._whole.holes == _ORDER * FRAME

    def time(self, number: int) -> int:
        """Milliseconds; all of a frame happen at once."""
        return self.begun + number // FRAME * FRAME * 1000 // self.rate

    def frame(self, first: int, *, sampled: bool = False) -> bytes:
        """Events from `first` on, which begins a frame, as Live Tail sends them."""
        at = self.time(first)
        when, stamp = _second(at).encode(), str(at).encode()
        values: list[bytes] = []
        for number in range(first, first + FRAME):
            text = b"%012x" % number
            values += (stamp, text, when, address(number).encode(), stamp)
        template = self._sample if sampled else self._whole
        return eventstream.encoded_event("sessionUpdate", template.filled(values))

    def stored(self, number: int) -> Stored:
        """An event as the pages have it."""
        at = self.time(number)
        text = self._messages[number % FRAME].replace(_NUMBER, f"{number:012x}")
        text = text.replace(_WHEN, _second(at)).replace(_ADDRESS, address(number))
        return Stored(at, number, f"stream-{number % FRAME % 3}", text, at)


@cache
def _second(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Sent(Sequence[Stored]):
    """The events of one group so far, or some of them; none of them is kept anywhere."""

    def __init__(self, texts: Texts, place: int, numbers: range = range(0)) -> None:
        """Those of the group at a place."""
        self._texts, self._place, self.numbers = texts, place, numbers

    def reach(self, number: int) -> None:
        """All events before `number` were sent."""
        self.numbers = range(self._place, number, len(self._texts.groups))

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, at: int) -> Stored: ...
    @overload
    def __getitem__(self, at: slice) -> "Sent": ...
    def __getitem__(self, at: "int | slice") -> "Stored | Sent":
        if isinstance(at, slice):
            return Sent(self._texts, self._place, self.numbers[at])
        return self._texts.stored(self.numbers[at])

    def __iter__(self) -> Iterator[Stored]:
        return map(self._texts.stored, self.numbers)


class Encoded(Update):
    """An update whose frame is there already."""

    def __init__(self, frame: bytes) -> None:
        super().__init__([])
        self._frame = frame

    def frame(self) -> bytes:
        return self._frame


class Watched(FakeLogs):
    """Knows how far each group was read by FilterLogEvents: what Live Tail leaves out is nowhere
    else."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.lags: list[tuple[float, float]] = []
        """(monotonic seconds, by how many seconds the group that is furthest behind is so) of every
        page since all groups were read once."""
        self._read: dict[str, int] = {}

    async def handle(self, call: Call) -> dict[str, Any] | web.StreamResponse:
        answer = await super().handle(call)
        if call.operation == "FilterLogEvents" and isinstance(answer, dict):
            self._note(call.asked["logGroupIdentifier"], answer)
        return answer

    def _note(self, group: str, answer: dict[str, Any]) -> None:
        until = self.now()
        if "nextToken" in answer:
            until = answer["events"][-1]["timestamp"] if answer["events"] else 0
        self._read[group] = max(until, self._read.get(group, 0))
        if len(self._read) == len(self._groups):
            self.lags.append((time.monotonic(), (self.now() - min(self._read.values())) / 1000))


class Flood:
    """Sends so many events a second to the one session that tails all `groups`."""

    def __init__(self, logs: FakeLogs, groups: Sequence[Group], rate: int) -> None:
        self._logs, self._groups, self._rate = logs, groups, rate
        self.sent: list[tuple[float, int]] = []
        """(monotonic seconds, events by then) of every frame."""

    async def run(self, seconds: float) -> None:
        """Begins when somebody tails, at the next full second, and ends after so many."""
        while not self._logs.sessions:  # noqa: ASYNC110 - the fake has nobody to tell it
            await asyncio.sleep(0.02)
        begun = (self._logs.now() // 1000 + 1) * 1000
        texts = Texts(self._groups, self._rate, begun)
        held = [Sent(texts, place) for place in range(len(self._groups))]
        for group, sent in zip(self._groups, held, strict=True):
            group.events = sent  # type: ignore[assignment] # all that anybody asks of it
        for first in range(0, int(self._rate * seconds), FRAME):
            due = texts.time(first) - self._logs.now()
            await asyncio.sleep(max(0, due) / 1000)
            for sent in held:
                sent.reach(first + FRAME)
            self._send(texts, first)

    def _send(self, texts: Texts, first: int) -> None:
        self.sent.append((time.monotonic(), first + FRAME))
        tails = self._logs.sessions
        sampled = self._logs.quotas.update <= FRAME
        if not tails or (sampled and not self._is_due(first)):
            return
        frame = texts.frame(first, sampled=sampled)
        for session in tails:
            assert len(session.arns) == len(self._groups), "one session tails them all"
            session.updates.append(Encoded(frame))
            session.ready.set()

    def _is_due(self, first: int) -> bool:
        """Whether a second begins: with AWS's quotas, of each a frame is sent, as a sample."""
        return first % self._rate < FRAME
