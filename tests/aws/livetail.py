"""StartLiveTail: sessions, and what goes wrong with them."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from tests.aws import described, eventstream
from tests.aws.groups import Group, Stored
from tests.aws.limits import Quotas
from tests.aws.patterns import Matcher
from tests.aws.server import Call, ServiceError, reset
from tests.aws.wire import model, wrong


@dataclass
class Update:
    """What one second brought, or a sample of it."""

    results: list[tuple[Group, Stored]]
    sampled: bool = False

    def frame(self) -> bytes:
        """As it goes to the client."""
        value = {
            "sessionMetadata": {"sampled": self.sampled},
            "sessionResults": [described.tailed(group, event) for group, event in self.results],
        }
        shape = model("logs").shape_for("LiveTailSessionUpdate")
        refusal = wrong(value, shape)
        assert not refusal, f"StartLiveTail would send what no model allows: {refusal}"
        return eventstream.event("sessionUpdate", value)


@dataclass
class Session:
    """A session: what it has not sent yet."""

    home: tuple[str, str]
    arns: set[str]
    matches: Matcher
    streams: frozenset[str]
    prefixes: tuple[str, ...]
    waiting: list[tuple[Group, Stored]] = field(default_factory=list)
    updates: deque[Update] = field(default_factory=deque)
    held: list[tuple[Group, Stored]] = field(default_factory=list)
    """What a fault keeps back for the next update."""
    over: bool = False
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, group: Group, event: Stored) -> None:
        """An event was ingested."""
        if self.streams and event.stream not in self.streams:
            return
        if event.stream.startswith(self.prefixes) and self.matches(event.message):
            self.waiting.append((group, event))


class LiveTail:
    """All sessions of the service."""

    def __init__(
        self,
        quotas: Quotas,
        *,
        wall: Callable[[], float],
        tick: float,
        session_seconds: float,
        seed: int,
    ) -> None:
        """`tick` is in real seconds, `session_seconds` in those of `wall`."""
        self.sessions: list[Session] = []
        self.dropped = 0
        self.sampled = 0
        self.timed_out = 0
        """Sessions that have reached their longest age."""
        self._quotas = quotas
        self._wall = wall
        self._tick = tick
        self._session_seconds = session_seconds
        self._random = random.Random(seed)

    async def start(self, call: Call, groups: list[Group], matches: Matcher) -> web.StreamResponse:
        """A session from its beginning to its end. Raises ServiceError."""
        session = self._allowed(call, groups, matches)
        response = web.StreamResponse(headers={"Content-Type": eventstream.CONTENT_TYPE})
        self.sessions.append(session)
        try:
            await response.prepare(call.http)
            await self._begin(call, session, response)
            async with asyncio.TaskGroup() as tasks:
                ticking = tasks.create_task(self._ticks(session))
                await self._send_all(call, session, response)
                ticking.cancel()
        except* ConnectionError:  # whoever tailed is gone
            pass
        finally:
            self.sessions.remove(session)
        return response

    def _allowed(self, call: Call, groups: list[Group], matches: Matcher) -> Session:
        asked = call.asked
        if len({group.arn for group in groups}) < len(groups):
            raise ServiceError("InvalidParameterException", "each group once")
        filters = {"logStreamNames", "logStreamNamePrefixes"} & asked.keys()
        if len(filters) == 2 or (filters and len(groups) > 1):
            text = "either names or prefixes of streams, and these of one group only"
            raise ServiceError("InvalidParameterException", text)
        if any(group.log_class != "STANDARD" for group in groups):
            text = "Live Tail is for log groups of the standard class."
            raise ServiceError("InvalidOperationException", text)
        most = self._quotas.sessions
        if most is not None and sum(each.home == call.home for each in self.sessions) >= most:
            raise ServiceError("LimitExceededException", "Rate exceeded")
        return Session(
            call.home,
            {group.arn for group in groups},
            matches,
            frozenset(asked.get("logStreamNames", ())),
            tuple(asked.get("logStreamNamePrefixes", ("",))),
        )

    async def _begin(self, call: Call, session: Session, response: web.StreamResponse) -> None:
        said = {"requestId": "r", "sessionId": f"{self._random.getrandbits(64):x}"}
        start = said | {key: value for key, value in call.asked.items() if key in _REPEATED}
        refusal = wrong(start, model("logs").shape_for("LiveTailSessionStart"))
        assert not refusal, refusal
        await response.write(eventstream.event("initial-response", {}))
        await response.write(eventstream.event("sessionStart", start))

    async def _ticks(self, session: Session) -> None:
        """Makes an update with every tick, whether or not the reader keeps up."""
        ends = self._wall() + self._session_seconds
        while self._wall() < ends:
            await asyncio.sleep(self._tick)
            session.updates.append(self._update(session))
            while self._is_too_much(session.updates):
                self.dropped += len(session.updates.popleft().results)
            session.ready.set()
        session.over = True
        session.ready.set()

    def _is_too_much(self, updates: deque[Update]) -> bool:
        most = self._quotas.updates
        return len(updates) > 1 and (
            (most is not None and len(updates) > most)
            or sum(len(update.results) for update in updates) > self._quotas.buffer
        )

    def _update(self, session: Session) -> Update:
        waiting, session.waiting = session.waiting, []
        if len(waiting) <= self._quotas.update:
            return Update(waiting)
        self.sampled += 1
        chosen = sorted(self._random.sample(range(len(waiting)), self._quotas.update))
        return Update([waiting[at] for at in chosen], sampled=True)

    async def _send_all(self, call: Call, session: Session, response: web.StreamResponse) -> None:
        while True:
            await session.ready.wait()
            session.ready.clear()
            while session.updates:
                if not await self._send(call, session, response):
                    return
            if session.over:
                self.timed_out += 1
                text = "The session has timed out."
                await response.write(eventstream.exception("SessionTimeoutException", text))
                return

    async def _send(self, call: Call, session: Session, response: web.StreamResponse) -> bool:
        """Sends an update, or what a fault makes of it; whether the session goes on."""
        fault = call.server.faults.draw("StartLiveTail.frame")
        if fault == "slow":
            await self._until_dropped(session)
        update = session.updates.popleft()
        update.results, session.held = session.held + update.results, []
        if fault == "mix":
            self._random.shuffle(update.results)
        elif fault == "late":
            half = (len(update.results) + 1) // 2
            update.results, session.held = update.results[:half], update.results[half:]
        frame = update.frame()
        if fault not in _ENDINGS:
            for group, event in update.results:
                group.give([event])
        else:
            await response.write(_ENDINGS[fault](frame))
            if fault == "reset":
                reset(call.http)
            return False
        if fault == "garbage" and call.http.transport is not None:
            call.http.transport.write(b"HTTP/1.1 500 Internal Server Error\r\n\r\n")
        while fault in ("silence", "garbage"):
            await asyncio.sleep(self._tick)
            if call.http.transport is None:  # the client has had enough of it
                return False
        await response.write(frame * 2 if fault == "repeat" else frame)
        return True

    async def _until_dropped(self, session: Session) -> None:
        """The connection carries nothing until events have been dropped, as of a slow reader."""
        before = self.dropped
        while self.dropped == before and not session.over:  # noqa: ASYNC110 - a counter of its own
            await asyncio.sleep(self._tick)


_REPEATED = {
    "logGroupIdentifiers",
    "logStreamNames",
    "logStreamNamePrefixes",
    "logEventFilterPattern",
}
_ENDINGS: dict[str | None, Callable[[bytes], bytes]] = {
    "reset": lambda frame: frame[: len(frame) // 2],
    "cut": lambda frame: frame[: len(frame) // 2],
    "crc": lambda frame: frame[:-1] + bytes([frame[-1] ^ 1]),
    "timeout": lambda frame: eventstream.exception(
        "SessionTimeoutException", "The session has timed out."
    ),
    "streaming": lambda frame: eventstream.exception(
        "SessionStreamingException", "An error occurred while streaming."
    ),
    "error": lambda frame: eventstream.error("InternalError", "something went wrong"),
}
"""Faults that end a session: what is sent last, instead of a frame."""
