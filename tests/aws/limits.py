"""What AWS allows, and the tokens of its pages."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.aws.server import Call, ServiceError

TOKEN_SECONDS = 24 * 3600


@dataclass
class Quotas:
    """What CloudWatch Logs allows; None lifts a limit."""

    filters: float | None = None
    """FilterLogEvents a second in one account and region."""
    describes: float | None = None
    """The same for DescribeLogGroups and for DescribeLogStreams, each."""
    sessions: int | None = 15
    """Live Tail sessions at once in one account and region."""
    update: int = 500
    """Events in one update of Live Tail, at most; more are sampled."""
    updates: int | None = 10
    """Updates that wait for a slow reader; the oldest are dropped without a word."""
    buffer: int = 5_000
    """Events in them; the same."""


class Rates:
    """How often something may be asked: tokens that come back with time."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._left: dict[tuple[str, tuple[str, str]], tuple[float, float]] = {}

    def take(self, call: Call, rate: float | None, of: str | None = None) -> None:
        """One call of an operation, or `of` several that share a rate, of `rate` a second. Raises
        ServiceError."""
        if rate is None:
            return
        now, key = self._wall(), (of or call.operation, call.home)
        left, at = self._left.get(key, (rate, now))
        left = min(rate, left + (now - at) * rate)
        if left < 1:
            self._left[key] = left, now
            raise ServiceError("ThrottlingException", "Rate exceeded")
        self._left[key] = left - 1, now


class Tokens:
    """Tokens of pages: opaque, good for one request in one account and region, for a while."""

    def __init__(self, wall: Callable[[], float], seed: int) -> None:
        self._wall = wall
        self._random = random.Random(seed)
        self._given: dict[str, tuple[object, Any, float]] = {}

    def give(self, call: Call, place: object) -> str:
        """A token that leads to a place."""
        token = f"t/{self._random.getrandbits(128):032x}"
        self._given[token] = self._key(call), place, self._wall() + TOKEN_SECONDS
        return token

    def place(self, call: Call, first: Any) -> Any:
        """Where the page begins: `first` without a token. Raises ServiceError."""
        token = call.asked.get("nextToken")
        if token is None:
            return first
        key, place, until = self._given.get(token, (None, None, 0.0))
        if key != self._key(call) or self._wall() > until:
            text = "The specified nextToken is invalid."
            raise ServiceError("InvalidParameterException", text)
        return place

    def _key(self, call: Call) -> object:
        asked = {key: value for key, value in call.asked.items() if key != "nextToken"}
        return call.operation, call.home, asked
