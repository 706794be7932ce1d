"""Reads an application's JSON record by guessing: which of its values is which field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.model import NO_NUMBER, NO_TIME, Outcome

from .addresses import peer
from .application_keys import Field
from .base import http_outcome, list_of, text_of
from .proxies import chain_of
from .request_line import Request, request_of, without_origin
from .times import any_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from .application_keys import Level

_Candidate = tuple[int, int, int, object, str]
"""Order of the claim, place in the record, field, value, name of the key."""

_NOBODY = frozenset(("", "-", "null", "none", "undefined", "(null)"))
_LONGEST_ACTION = 80
_MOST_METHOD = 20
_ERRORS = frozenset(
    ("error", "err", "fatal", "critical", "crit", "severe", "panic", "alert", "emerg", "emergency")
)
_ERROR_LEVEL = 50
"""Of the numbers that loggers write instead of words (bunyan, pino; monolog's are greater)."""
_OUTCOMES = {
    "ok": Outcome.OK,
    "success": Outcome.OK,
    "successful": Outcome.OK,
    "succeeded": Outcome.OK,
    "allow": Outcome.OK,
    "allowed": Outcome.OK,
    "true": Outcome.OK,
    "granted": Outcome.OK,
    "deny": Outcome.DENIED,
    "denied": Outcome.DENIED,
    "forbidden": Outcome.DENIED,
    "unauthorized": Outcome.DENIED,
    "rejected": Outcome.DENIED,
    "block": Outcome.BLOCKED,
    "blocked": Outcome.BLOCKED,
    "fail": Outcome.ERROR,
    "failed": Outcome.ERROR,
    "failure": Outcome.ERROR,
    "error": Outcome.ERROR,
    "false": Outcome.ERROR,
}
_SIGN_IN = ("login", "logon", "signin", "authenticat")


class Guess:
    """What a record seems to say. What it does not say is None, NO_TIME, NO_NUMBER or unknown."""

    __slots__ = (
        "account",
        "action",
        "agent",
        "chain",
        "chain_key",
        "ip",
        "ip_key",
        "level",
        "message",
        "method",
        "path",
        "query",
        "region",
        "resource",
        "result",
        "service",
        "size",
        "status",
        "time",
        "user",
        "user_key",
    )

    def __init__(self, table: dict[str, object], top: Level) -> None:
        self.time = NO_TIME
        self.ip: str | None = None
        self.service: str | None = None
        self.ip_key = ""
        self.chain: list[str] = []
        self.chain_key = ""
        self.user: str | None = None
        self.user_key = ""
        self.method: str | None = None
        self.path: str | None = None
        self.query = ""
        self.status = NO_NUMBER
        self.level: str | int | None = None
        self.message: str | None = None
        self.action: str | None = None
        self.result = Outcome.UNKNOWN
        self.agent: str | None = None
        self.size = NO_NUMBER
        self.resource: str | None = None
        self.account: str | None = None
        self.region: str | None = None
        self._read(table, top)

    def _read(self, table: dict[str, object], top: Level) -> None:
        candidates: list[_Candidate] = []
        _collect(table, top, candidates)
        candidates.sort()
        done = -1
        for _, _, field, value, name in candidates:
            if field != done and _SETTERS[field](self, value, name):
                done = field
        if self.chain and self.ip is None:
            # Whoever called us is not named: the last proxy is who wrote the end of the chain.
            self.ip, self.service = peer(self.chain.pop())
            self.ip_key = self.chain_key

    @property
    def says_something(self) -> bool:
        """Whether the record tells what happened."""
        return (
            self.message is not None
            or self.level is not None
            or self.action is not None
            or self.method is not None
            or self.path is not None
            or self.status != NO_NUMBER
        )

    def outcome(self) -> Outcome:
        """By the status, else by what the record calls the outcome, else by the level."""
        if self.status != NO_NUMBER:
            return http_outcome(self.status)
        if self.result is Outcome.ERROR and self._is_sign_in():
            return Outcome.DENIED
        if self.result is Outcome.UNKNOWN and self._is_error():
            return Outcome.ERROR
        return self.result

    def keys_used(self) -> str:
        """`(ip from clientIp, user from sub)`: which keys were taken; "" for none."""
        ip = self.ip or self.service
        used = (("ip", self.ip_key, ip), ("user", self.user_key, self.user))
        words = [f"{what} from {key}" for what, key, value in used if value]
        return f"({', '.join(words)})" if words else ""

    def _is_sign_in(self) -> bool:
        action = (self.action or "").lower().replace("-", "").replace("_", "")
        return any(word in action for word in _SIGN_IN)

    def _is_error(self) -> bool:
        if isinstance(self.level, str):
            return self.level.lower() in _ERRORS
        return self.level is not None and self.level >= _ERROR_LEVEL


def _collect(table: dict[str, object], level: Level, candidates: list[_Candidate]) -> None:
    """Adds what may be something, with what it may be."""
    for key, value in table.items():
        name, claims, below = level[key]
        if value.__class__ is dict:
            if below is not None:
                _collect(value, below, candidates)
        elif claims and value is not None:
            for order, field in claims:
                candidates.append((order, len(candidates), field, value, name))


def _word(value: object) -> str | None:
    """A scalar, or the first of a list of them, as text."""
    if isinstance(value, list):
        value = value[0] if value else None
    text = text_of(value)
    return text if text != "-" else None


def _time(guess: Guess, value: object, name: str) -> bool:
    time = any_time(value)
    if time is not None:
        guess.time = time
    return time is not None


def _ip(guess: Guess, value: object, name: str) -> bool:
    text = _word(value)
    if text and "," in text:
        # As it comes in a header: who added the last part stands at the end.
        *chain, text = chain_of(text) or [""]
        guess.chain, guess.chain_key = chain, name
    guess.ip, guess.service = peer(text)
    guess.ip_key = name
    return guess.ip is not None or guess.service is not None


def _chain(guess: Guess, value: object, name: str) -> bool:
    parts = [text for text in list_of(value)[:64] if isinstance(text, str)]
    guess.chain = guess.chain or chain_of(",".join(parts) if parts else text_of(value))
    guess.chain_key = name
    return bool(guess.chain)


def _user(guess: Guess, value: object, name: str) -> bool:
    text = text_of(value)
    if text is None or text.strip().lower() in _NOBODY:
        return False
    guess.user, guess.user_key = text, name
    return True


def _method(guess: Guess, value: object, name: str) -> bool:
    """In capitals: others are methods of programs."""
    if not isinstance(value, str) or len(value) > _MOST_METHOD:
        return False
    if not (value.isupper() and value.replace("-", "").isalpha()):
        return False
    guess.method = value
    return True


def _request(guess: Guess, value: object, name: str) -> bool:
    """`GET /path?query HTTP/1.1`."""
    request = without_origin(request_of(value)) if isinstance(value, str) else None
    if request is None or request.method is None:
        return False
    guess.method = guess.method or request.method
    guess.path, guess.query = request.path, request.query
    return True


def _path(guess: Guess, value: object, name: str) -> bool:
    if not isinstance(value, str) or not (value[:1] == "/" or "://" in value):
        return False
    path, _, query = value.partition("?")
    if path[0] != "/":
        path = without_origin(Request(path=path)).path or ""
    guess.query = query or (guess.query if guess.path == path else "")
    guess.path = path
    return True


def _status(guess: Guess, value: object, name: str) -> bool:
    code = _whole(value)
    if not 100 <= code <= 599:
        return False
    guess.status = code
    return True


def _level(guess: Guess, value: object, name: str) -> bool:
    if type(value) is int or (isinstance(value, str) and 0 < len(value) <= _MOST_METHOD):
        guess.level = value
    return guess.level is not None


def _message(guess: Guess, value: object, name: str) -> bool:
    guess.message = value if isinstance(value, str) and value else None
    return guess.message is not None


def _action(guess: Guess, value: object, name: str) -> bool:
    """A name, no sentence."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ACTION:
        return False
    guess.action = value if len(value.split(None, 1)) == 1 else None
    return guess.action is not None


def _result(guess: Guess, value: object, name: str) -> bool:
    word = str(value).lower() if isinstance(value, str | bool) and len(str(value)) < 32 else ""
    guess.result = _OUTCOMES.get(word, Outcome.UNKNOWN)
    return guess.result is not Outcome.UNKNOWN


def _agent(guess: Guess, value: object, name: str) -> bool:
    guess.agent = _word(value)
    return guess.agent is not None


def _size(guess: Guess, value: object, name: str) -> bool:
    guess.size = _whole(value)
    return guess.size != NO_NUMBER


def _resource(guess: Guess, value: object, name: str) -> bool:
    guess.resource = _word(value)
    return guess.resource is not None


def _account(guess: Guess, value: object, name: str) -> bool:
    guess.account = text_of(value)
    return guess.account is not None


def _region(guess: Guess, value: object, name: str) -> bool:
    guess.region = _word(value)
    return guess.region is not None


def _whole(value: object) -> int:
    """A number from the column's range, also from its digits; NO_NUMBER for all else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return value if type(value) is int and 0 <= value < 2**63 else NO_NUMBER


_BY_FIELD: dict[Field, Callable[[Guess, object, str], bool]] = {
    Field.TIME: _time,
    Field.IP: _ip,
    Field.CHAIN: _chain,
    Field.USER: _user,
    Field.METHOD: _method,
    Field.REQUEST: _request,
    Field.PATH: _path,
    Field.STATUS: _status,
    Field.LEVEL: _level,
    Field.MESSAGE: _message,
    Field.ACTION: _action,
    Field.OUTCOME: _result,
    Field.AGENT: _agent,
    Field.SIZE: _size,
    Field.RESOURCE: _resource,
    Field.ACCOUNT: _account,
    Field.REGION: _region,
}
_SETTERS = tuple(_BY_FIELD[field] for field in Field)
