"""A strict CloudWatch Logs: what is ingested is served once to every tail, and to FilterLogEvents
in pages, with quotas, sampling, late indexing, retention and faults."""

import asyncio
import random
import time
from bisect import bisect_left, bisect_right, insort
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiohttp import web

from tests.aws import eventstream
from tests.aws.patterns import PatternError, matcher
from tests.aws.server import Call, ServiceError

UPDATE = 500
"""Events in one update of Live Tail, at most; more are sampled."""
BUFFER = 5_000
"""Events that wait for a slow reader; the oldest are dropped without a word."""
PAGE_EVENTS = 10_000
PAGE_BYTES = 1_000_000
_LISTED = 50


class Stored(NamedTuple):
    """One ingested event, in the order in which pages have them. Times in milliseconds."""

    time: int
    number: int
    stream: str
    message: str
    ingested: int


@dataclass
class Group:
    """A log group of one account and region."""

    name: str
    account: str
    region: str
    kept: float | None = None
    """Seconds of retention; None for ever."""
    log_class: str = "STANDARD"
    events: list[Stored] = field(default_factory=list)
    forgotten: int = 0
    """Events that are no longer served."""

    @property
    def arn(self) -> str:
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.name}"


@dataclass
class Quotas:
    """What AWS allows; None lifts a limit."""

    filters: float | None = None
    """FilterLogEvents a second in one account and region."""
    sessions: int | None = 15
    update: int = UPDATE
    buffer: int = BUFFER


class _Bucket:
    """Tokens that come back with time."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate, self._tokens, self._at = rate, rate, now

    def take(self, now: float) -> bool:
        self._tokens = min(self._rate, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class _Session:
    """A Live Tail session: what it has not sent yet."""

    def __init__(self, groups: list[Group], pattern: str) -> None:
        self.arns = {group.arn for group in groups}
        self.matches = matcher(pattern)
        self.waiting: deque[tuple[Group, Stored]] = deque()


class FakeLogs:
    """Implements `server.Service`."""

    name = "logs"

    def __init__(
        self,
        *,
        wall: Callable[[], float] = time.time,
        tick: float = 1.0,
        session_seconds: float = 3 * 3600,
        index_delay: float = 0.0,
        quotas: Quotas | None = None,
        seed: int = 0,
        empty_pages: float = 0.0,
    ) -> None:
        """`tick` (real seconds) is between two updates of a tail; `session_seconds` and
        `index_delay` are in the time of `wall`; a page is empty by the chance `empty_pages`."""
        self.quotas = quotas or Quotas()
        self.dropped = 0
        """Events that slow readers of Live Tail never got."""
        self.sampled = 0
        """Updates that left events out."""
        self.sessions: list[_Session] = []
        self.page_events = PAGE_EVENTS
        self._wall = wall
        self._tick = tick
        self._session_seconds = session_seconds
        self._index_delay = index_delay
        self._random = random.Random(seed)
        self._empty_pages = empty_pages
        self._groups: dict[tuple[str, str, str], Group] = {}
        self._tokens: dict[str, tuple[dict[str, Any], tuple[int, int]]] = {}
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._number = 0

    # -- what happens at the service -------------------------------------------------------------

    def create(
        self, name: str, *, account: str = "111122223333", region: str = "eu-west-1"
    ) -> Group:
        """A new, empty group."""
        group = Group(name, account, region)
        self._groups[account, region, name] = group
        return group

    def delete(self, group: Group) -> None:
        """The group is gone, with all it held."""
        group.forgotten += len(group.events)
        group.events.clear()
        del self._groups[group.account, group.region, group.name]

    def now(self) -> int:
        """Milliseconds."""
        return int(self._wall() * 1000)

    def put(self, group: Group, stream: str, events: Iterable[tuple[int, str]]) -> None:
        """Ingests (time in milliseconds, message) pairs: tails get them with their next update."""
        now = self.now()
        tails = [session for session in self.sessions if group.arn in session.arns]
        for when, message in events:
            self._number += 1
            stored = Stored(when, self._number, stream, message, now)
            insort(group.events, stored)
            for session in tails:
                if session.matches(message):
                    session.waiting.append((group, stored))

    def forget(self, group: Group, until: int) -> int:
        """What is older than `until` (milliseconds) is no longer served. How many that are."""
        count = bisect_left(group.events, (until,))
        del group.events[:count]
        group.forgotten += count
        return count

    # -- operations ------------------------------------------------------------------------------

    async def handle(self, call: Call) -> dict[str, Any] | web.StreamResponse:
        match call.operation:
            case "DescribeLogGroups":
                return self._describe(call)
            case "FilterLogEvents":
                return self._filter(call)
            case "StartLiveTail":
                return await self._tail(call)
            case "CreateLogGroup":
                self.create(call.asked["logGroupName"], account=call.account, region=call.region)
                return {}
            case "PutLogEvents":
                group = self._group(call, call.asked["logGroupName"])
                pairs = [(each["timestamp"], each["message"]) for each in call.asked["logEvents"]]
                self.put(group, call.asked["logStreamName"], pairs)
                return {"nextSequenceToken": "0"}
        raise AssertionError(f"the fake has no {call.operation}")

    def _group(self, call: Call, identifier: str) -> Group:
        name = identifier
        if identifier.startswith("arn:"):
            if identifier.endswith(":*"):
                raise ServiceError("InvalidParameterException", "an ARN here has no :* at its end")
            parts = identifier.split(":", 6)
            if parts[3:5] != [call.region, call.account]:
                raise ServiceError("ResourceNotFoundException", "The group is somewhere else.")
            name = parts[6]
        found = self._groups.get((call.account, call.region, name))
        if found is None:
            text = "The specified log group does not exist."
            raise ServiceError("ResourceNotFoundException", text)
        return found

    def _describe(self, call: Call) -> dict[str, Any]:
        asked = call.asked
        prefix, after = asked.get("logGroupNamePrefix", ""), asked.get("nextToken", "")
        names = sorted(
            name
            for account, region, name in self._groups
            if (account, region) == call.home and name.startswith(prefix) and name > after
        )
        page = names[: asked.get("limit", _LISTED)]
        answer: dict[str, Any] = {"logGroups": [self._described(call, name) for name in page]}
        if len(page) < len(names):
            answer["nextToken"] = page[-1]
        return answer

    def _described(self, call: Call, name: str) -> dict[str, Any]:
        group = self._groups[(*call.home, name)]
        return {
            "logGroupName": name,
            "arn": f"{group.arn}:*",
            "logGroupArn": group.arn,
            "logGroupClass": group.log_class,
            "creationTime": 0,
            "storedBytes": sum(len(event.message) for event in group.events[:10]),
        }

    def _filter(self, call: Call) -> dict[str, Any]:
        self._limit(call)
        asked = dict(call.asked)
        token = asked.pop("nextToken", None)
        names = [asked[key] for key in ("logGroupName", "logGroupIdentifier") if key in asked]
        if len(names) != 1:
            raise ServiceError("InvalidParameterException", "name one log group, once")
        group = self._group(call, names[0])
        place = asked.get("startTime", 0), 0
        if token is not None:
            before, place = self._tokens.get(token, (None, place))
            if before != asked:
                text = "The specified nextToken is invalid."
                raise ServiceError("InvalidParameterException", text)
        events, following = self._page(group, asked, place)
        answer: dict[str, Any] = {
            "events": [_filtered(event) for event in events],
            "searchedLogStreams": [],
        }
        if following is not None:
            token = f"t/{len(self._tokens)}/{self._random.getrandbits(64):x}"
            self._tokens[token] = asked, following
            answer["nextToken"] = token
        return answer

    def _limit(self, call: Call) -> None:
        rate = self.quotas.filters
        if rate is None:
            return
        bucket = self._buckets.setdefault(call.home, _Bucket(rate, self._wall()))
        if not bucket.take(self._wall()):
            raise ServiceError("ThrottlingException", "Rate exceeded")

    def _page(
        self, group: Group, asked: dict[str, Any], place: tuple[int, int]
    ) -> tuple[list[Stored], tuple[int, int] | None]:
        """A page from a place on, and where the next one begins."""
        if self._random.random() < self._empty_pages:
            return [], place
        matches = self._matcher(asked.get("filterPattern", ""))
        until, known = asked.get("endTime", 1 << 62), self.now() - int(self._index_delay * 1000)
        streams = set(asked.get("logStreamNames", ()))
        prefix, most = asked.get("logStreamNamePrefix", ""), asked.get("limit", self.page_events)
        found: list[Stored] = []
        size = 0
        at = bisect_left(group.events, place)
        end = bisect_right(group.events, (until, 1 << 62))
        for event in group.events[at:end]:
            if event.ingested > known or not matches(event.message):
                continue
            if (streams and event.stream not in streams) or not event.stream.startswith(prefix):
                continue
            size += len(event.message) + 26
            if len(found) == most or (found and size > PAGE_BYTES):
                return found, (event.time, event.number)
            found.append(event)
        return found, None

    def _matcher(self, pattern: str) -> Callable[[str], bool]:
        try:
            return matcher(pattern)
        except PatternError as error:
            raise ServiceError("InvalidParameterException", str(error)) from None

    # -- Live Tail -------------------------------------------------------------------------------

    async def _tail(self, call: Call) -> web.StreamResponse:
        asked = call.asked
        groups = []
        for arn in asked["logGroupIdentifiers"]:
            if not arn.startswith("arn:"):
                raise ServiceError("InvalidParameterException", "name groups by their ARN")
            groups.append(self._group(call, arn))
        if len(groups) > 10 or len({group.arn for group in groups}) < len(groups):
            raise ServiceError("InvalidParameterException", "1 to 10 groups, each once")
        if {"logStreamNames", "logStreamNamePrefixes"} & asked.keys() and len(groups) > 1:
            raise ServiceError("InvalidParameterException", "streams go with one group only")
        self._matcher(asked.get("logEventFilterPattern", ""))
        if self.quotas.sessions is not None and len(self.sessions) >= self.quotas.sessions:
            raise ServiceError("LimitExceededException", "Rate exceeded")
        session = _Session(groups, asked.get("logEventFilterPattern", ""))
        self.sessions.append(session)
        response = web.StreamResponse(headers={"Content-Type": eventstream.CONTENT_TYPE})
        try:
            await response.prepare(call.http)
            await self._stream(call, session, response)
            return response
        except ConnectionError:  # whoever tailed is gone
            return response
        finally:
            self.sessions.remove(session)

    async def _stream(self, call: Call, session: _Session, response: web.StreamResponse) -> None:
        start = {"requestId": "r", "sessionId": "s", "logGroupIdentifiers": sorted(session.arns)}
        await response.write(eventstream.event("initial-response", {}))
        await response.write(eventstream.event("sessionStart", start))
        ends = self._wall() + self._session_seconds
        while self._wall() < ends:
            await asyncio.sleep(self._tick)
            if not await self._send(call, response, self._update(session)):
                return
        text = "The session has timed out."
        await response.write(eventstream.exception("SessionTimeoutException", text))

    def _update(self, session: _Session) -> bytes:
        """The next update: what was ingested since the last one, or a sample of it."""
        while len(session.waiting) > self.quotas.buffer:
            session.waiting.popleft()
            self.dropped += 1
        waiting = list(session.waiting)
        session.waiting.clear()
        sampled = len(waiting) > self.quotas.update
        if sampled:
            self.sampled += 1
            chosen = sorted(self._random.sample(range(len(waiting)), self.quotas.update))
            waiting = [waiting[at] for at in chosen]
        results = [_tailed(group, event) for group, event in waiting]
        value = {"sessionMetadata": {"sampled": sampled}, "sessionResults": results}
        return eventstream.event("sessionUpdate", value)

    async def _send(self, call: Call, response: web.StreamResponse, frame: bytes) -> bool:
        """Sends an update, or what a fault makes of it; whether the session goes on."""
        fault = call.server.faults.draw("StartLiveTail.frame")
        transport = call.http.transport
        match fault:
            case "reset" if transport is not None:
                await response.write(frame[: len(frame) // 2])
                transport.abort()
            case "cut":
                await response.write(frame[: len(frame) // 2])
            case "crc":
                await response.write(frame[:-1] + bytes([frame[-1] ^ 1]))
            case "timeout":
                text = "The session has timed out."
                await response.write(eventstream.exception("SessionTimeoutException", text))
            case "streaming":
                text = "An error occurred while streaming."
                await response.write(eventstream.exception("SessionStreamingException", text))
            case "error":
                await response.write(eventstream.error("InternalError", "something went wrong"))
            case "silence":
                await asyncio.sleep(3600)
            case "repeat":
                await response.write(frame + frame)
                return True
            case _:
                await response.write(frame)
                return True
        return False


def _filtered(event: Stored) -> dict[str, Any]:
    return {
        "logStreamName": event.stream,
        "timestamp": event.time,
        "message": event.message,
        "ingestionTime": event.ingested,
        "eventId": f"{event.time:020}{event.number:036}",
    }


def _tailed(group: Group, event: Stored) -> dict[str, Any]:
    return {
        "logGroupIdentifier": f"{group.account}:{group.name}",
        "logStreamName": event.stream,
        "timestamp": event.time,
        "message": event.message,
        "ingestionTime": event.ingested,
    }


def served(groups: Iterable[Group]) -> Counter[tuple[str, int, str]]:
    """(stream, time, message) of all that is still there, with how many of each."""
    return Counter(
        (event.stream, event.time, event.message) for group in groups for event in group.events
    )
