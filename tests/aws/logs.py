"""A strict CloudWatch Logs: what is ingested is served once to every tail, and to FilterLogEvents
in pages, with quotas, sampling, late indexing, retention and faults."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web

from tests.aws import described
from tests.aws.groups import Group as Group
from tests.aws.groups import Stored, Stream
from tests.aws.groups import served as served
from tests.aws.insights import Insights
from tests.aws.limits import Quotas as Quotas
from tests.aws.limits import Rates, Tokens
from tests.aws.livetail import LiveTail, Session
from tests.aws.pages import LAST, Pages
from tests.aws.patterns import Matcher, PatternError, matcher
from tests.aws.puts import accepted
from tests.aws.server import Call, ServiceError

_LISTED = 50


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
        partial_pages: float = 0.0,
    ) -> None:
        """`tick` (real seconds) is between two updates of a tail; `session_seconds` and
        `index_delay` are in the time of `wall`; a page is empty, or ends early, by the chances
        `empty_pages` and `partial_pages`."""
        self.quotas = quotas or Quotas()
        self.tails = LiveTail(
            self.quotas, wall=wall, tick=tick, session_seconds=session_seconds, seed=seed
        )
        self.insights = Insights()
        self.pages = Pages(seed, empty_pages, partial_pages)
        self._wall = wall
        self._index_delay = index_delay
        self._groups: dict[tuple[str, str, str], Group] = {}
        self.linked: dict[str, set[str]] = {}
        """Whose groups a monitoring account sees, by its number."""
        self._tokens = Tokens(wall, seed)
        self._rates = Rates(wall)
        self._number = 0

    # -- what happens at the service -------------------------------------------------------------

    @property
    def sessions(self) -> list[Session]:
        """Those that are open."""
        return self.tails.sessions

    @property
    def dropped(self) -> int:
        """Events that slow readers of Live Tail never got."""
        return self.tails.dropped

    @property
    def sampled(self) -> int:
        """Updates that left events out."""
        return self.tails.sampled

    def create(
        self,
        name: str,
        *,
        account: str = "111122223333",
        region: str = "eu-west-1",
        kept: float | None = None,
        log_class: str = "STANDARD",
    ) -> Group:
        """A new, empty group, which keeps its events for `kept` seconds."""
        group = Group(name, account, region, kept, log_class, self.now())
        self._groups[account, region, name] = group
        return group

    def delete(self, group: Group) -> None:
        """The group is gone, with all it held."""
        group.forget(LAST[0])
        del self._groups[group.account, group.region, group.name]

    def now(self) -> int:
        """Milliseconds."""
        return int(self._wall() * 1000)

    def put(
        self,
        group: Group,
        stream: str,
        events: Iterable[tuple[int, str]],
        ingested: int | None = None,
    ) -> None:
        """Ingests (time in milliseconds, message) pairs: tails get them with their next update.
        What was `ingested` (milliseconds) before now no tail gets."""
        now = self.now()
        tails = [session for session in self.sessions if group.arn in session.arns]
        if ingested is not None and ingested < now:
            now, tails = ingested, []
        for when, message in events:
            self._number += 1
            stored = Stored(when, self._number, stream, message, now)
            group.add(stored)
            for session in tails:
                session.take(group, stored)

    def forget(self, group: Group, until: int) -> int:
        """What is older than `until` (milliseconds) is no longer served. How many that are."""
        return group.forget(until)

    # -- operations ------------------------------------------------------------------------------

    async def handle(self, call: Call) -> dict[str, Any] | web.StreamResponse:
        match call.operation:
            case "DescribeLogGroups":
                return self._describe(call)
            case "DescribeLogStreams":
                return self._describe_streams(call)
            case "FilterLogEvents":
                return self._filter(call)
            case "StartQuery":
                return self.insights.start(call, lambda name: self._group(call, name))
            case "GetQueryResults":
                return self.insights.look(call)
            case "StopQuery":
                return self.insights.stop(call)
            case "StartLiveTail":
                return await self._tail(call)
            case "CreateLogGroup" | "CreateLogStream" | "DeleteLogGroup" | "PutLogEvents":
                return self._change(call)
        raise AssertionError(f"the fake has no {call.operation}")

    def _change(self, call: Call) -> dict[str, Any]:
        asked, name = call.asked, call.asked["logGroupName"]
        if call.operation == "CreateLogGroup":
            if (*call.home, name) in self._groups:
                raise _exists("log group")
            account, region = call.home
            log_class = asked.get("logGroupClass", "STANDARD")
            self.create(name, account=account, region=region, log_class=log_class)
            return {}
        group = self._group(call, name)
        if call.operation == "DeleteLogGroup":
            self.delete(group)
            return {}
        stream = asked["logStreamName"]
        if call.operation == "CreateLogStream":
            if stream in group.streams:
                raise _exists("log stream")
            group.streams[stream] = Stream(self.now())
            return {}
        if stream not in group.streams:
            text = "The specified log stream does not exist."
            raise ServiceError("ResourceNotFoundException", text)
        pairs, rejected = accepted(group, asked["logEvents"], self.now())
        self.put(group, stream, pairs)
        token = {"nextSequenceToken": "0"}
        return token | ({"rejectedLogEventsInfo": rejected} if rejected else {})

    def _group(self, call: Call, identifier: str) -> Group:
        name, account = identifier, call.account
        if identifier.startswith("arn:"):
            parts = identifier.split(":", 6)
            account = parts[4]
            seen = (call.account, *self.linked.get(call.account, ()))
            if parts[3] != call.region or account not in seen:
                raise ServiceError("ResourceNotFoundException", "The group is somewhere else.")
            name = parts[6]
        found = self._groups.get((account, call.region, name))
        if found is None:
            text = "The specified log group does not exist."
            raise ServiceError("ResourceNotFoundException", text)
        if found.kept is not None:
            found.forget(self.now() - int(found.kept * 1000))
        return found

    def _named(self, call: Call) -> Group:
        """The group that is named in one of two ways."""
        keys = ("logGroupName", "logGroupIdentifier")
        names = [call.asked[key] for key in keys if key in call.asked]
        if len(names) != 1:
            raise ServiceError("InvalidParameterException", "name one log group, once")
        return self._group(call, names[0])

    def _describe(self, call: Call) -> dict[str, Any]:
        self._rates.take(call, self.quotas.describes)
        asked = call.asked
        unknown = asked.keys() - {
            *("logGroupNamePrefix", "logGroupNamePattern", "logGroupClass", "limit", "nextToken"),
            "includeLinkedAccounts",
        }
        assert not unknown, f"the fake knows no {unknown}"
        if {"logGroupNamePrefix", "logGroupNamePattern"} <= asked.keys():
            raise ServiceError("InvalidParameterException", "either a prefix or a pattern")
        pattern = asked.get("logGroupNamePattern", "")
        after = self._tokens.place(call, ("", ""))
        linked = self.linked.get(call.account, ()) if asked.get("includeLinkedAccounts") else ()
        found = sorted(
            ((group.name, group.account), group)
            for group in self._groups.values()
            if group.account in (call.account, *linked)
            and group.region == call.region
            and (group.name, group.account) > after
            and group.name.startswith(asked.get("logGroupNamePrefix", ""))
            and pattern in group.name
            and asked.get("logGroupClass", group.log_class) == group.log_class
        )
        page = found[: asked.get("limit", _LISTED)]
        answer: dict[str, Any] = {
            "logGroups": [described.group(group, whole=not pattern) for _, group in page]
        }
        if len(page) < len(found):
            answer["nextToken"] = self._tokens.give(call, page[-1][0])
        return answer

    def _describe_streams(self, call: Call) -> dict[str, Any]:
        self._rates.take(call, self.quotas.describes)
        asked, group = call.asked, self._named(call)
        by_time, prefix = asked.get("orderBy") == "LastEventTime", asked.get("logStreamNamePrefix")
        if by_time and prefix:
            text = "Cannot order by LastEventTime with a logStreamNamePrefix."
            raise ServiceError("InvalidParameterException", text)
        found = sorted(
            (stream.last or 0 if by_time else 0, name)
            for name, stream in group.streams.items()
            if name.startswith(prefix or "")
        )
        if asked.get("descending"):
            found.reverse()
        start = self._tokens.place(call, 0)
        stop = start + asked.get("limit", _LISTED)
        answer: dict[str, Any] = {
            "logStreams": [described.stream(group, name) for _, name in found[start:stop]]
        }
        if stop < len(found):
            answer["nextToken"] = self._tokens.give(call, stop)
        return answer

    def _filter(self, call: Call) -> dict[str, Any]:
        self._rates.take(call, self.quotas.filters)
        asked, group = call.asked, self._named(call)
        if {"logStreamNames", "logStreamNamePrefix"} <= asked.keys():
            raise ServiceError("InvalidParameterException", "either names of streams or a prefix")
        if asked.get("startTime", 0) > asked.get("endTime", LAST[0]):
            text = "The start time must not be later than the end time."
            raise ServiceError("InvalidParameterException", text)
        forward = asked.get("startFromHead", True)
        place = self._tokens.place(call, (asked.get("startTime", 0), 0) if forward else LAST)
        events, following = self.pages.read(group, asked, place, self._wanted(asked))
        group.give(events)
        answer: dict[str, Any] = {
            "events": [described.filtered(event) for event in events],
            "searchedLogStreams": [],
        }
        if following is not None:
            answer["nextToken"] = self._tokens.give(call, following)
        return answer

    def _wanted(self, asked: dict[str, Any]) -> Callable[[Stored], bool]:
        matches = self._matcher(asked.get("filterPattern", ""))
        known = self.now() - int(self._index_delay * 1000)
        streams = frozenset(asked.get("logStreamNames", ()))
        prefix = asked.get("logStreamNamePrefix", "")
        return lambda event: (
            event.ingested <= known
            and (not streams or event.stream in streams)
            and event.stream.startswith(prefix)
            and matches(event.message)
        )

    def _matcher(self, pattern: str) -> Matcher:
        try:
            return matcher(pattern)
        except PatternError as error:
            raise ServiceError("InvalidParameterException", str(error)) from None

    async def _tail(self, call: Call) -> web.StreamResponse:
        arns = call.asked["logGroupIdentifiers"]
        if not all(arn.startswith("arn:") for arn in arns):
            raise ServiceError("InvalidParameterException", "name groups by their ARN")
        groups = [self._group(call, arn) for arn in arns]
        matches = self._matcher(call.asked.get("logEventFilterPattern", ""))
        return await self.tails.start(call, groups, matches)


def _exists(what: str) -> ServiceError:
    text = f"The specified {what} already exists"
    return ServiceError("ResourceAlreadyExistsException", text)
