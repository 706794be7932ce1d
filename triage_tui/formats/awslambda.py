"""What Lambda functions log: lines of the platform and of the runtimes' loggers, text and JSON.

Lines of the platform name no time: it is the log event's, where the record came in one. Of an
application's own JSON only what the runtimes write is taken: it names the request by its UUID.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Description, Outcome

from .application_guess import Guess
from .application_keys import top_level
from .base import content_id, document, one_line, table_of, text_line, text_of
from .identities import of_named
from .marks import others_keys
from .settings import DEFAULT
from .times import epoch_ms, iso_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .rows import Rows
    from .settings import FormatSettings

_UUID = rb"[0-9A-Fa-f]{8}-(?:[0-9A-Za-z]{4}-){3}[0-9A-Fa-f]{12}"
"""In AWS's own examples one part is `xmpl`."""
_ISO = rb"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z)"
_LEVEL = rb"([A-Z]{4,8})"
_PLATFORM = re.compile(
    rb"(?:(START|END|REPORT) RequestId: " + _UUID + rb"(?=\s|$)"
    rb"|(INIT_START|RESTORE_START) Runtime Version: |(INIT_REPORT) Init Duration: "
    rb"|(RESTORE_REPORT) Restore Duration: |(XRAY) TraceId: |(EXTENSION|TELEMETRY|LOGS)\tName: "
    rb"|(RequestId): " + _UUID + rb" (?:Error: |Process exited ))"
)
_STATUS = re.compile(rb"\tStatus: ([a-z]{1,20})")
_PYTHON = re.compile(rb"\[" + _LEVEL + rb"\]\t" + _ISO + rb"\t(?:" + _UUID + rb")?(?:\t|$)")
_NODE = re.compile(_ISO + rb"\t(?:" + _UUID + rb"|undefined)\t" + _LEVEL + rb"(?:\t|$)")
_TIMEOUT = re.compile(_ISO + rb" " + _UUID + rb" Task timed out after [0-9.]{1,12} seconds")
_TRACEBACK = re.compile(rb"\[ERROR\] [A-Za-z_][\w.]{0,200}+(?:: |\n)")

_OTHERS = others_keys("lambda") | {"requestTime", "httpMethod", "requestContext"}
_WHOLE_UUID = re.compile(_UUID.decode())
_TELLING = frozenset(("level", "message", "logger", "errorType"))
_FAILED = frozenset(("ERROR", "FATAL", "CRITICAL"))
_NO_GUESS = Guess({}, top_level(DEFAULT))


class _Entry(NamedTuple):
    """What a record says."""

    time: int | None
    action: str
    outcome: Outcome = Outcome.UNKNOWN
    function: str | None = None
    guess: Guess | None = None
    """What the application's own keys say: who asked, from where, for what."""


class Lambda:
    """Logs of functions. Their level is the application's opinion and no severity."""

    name = "lambda"

    def read(self, raw: bytes, rows: Rows) -> bool:
        entry = _json(raw, rows.settings) if raw[:1] == b"{" else _text(raw)
        if entry is None:
            return False
        time = rows.logged if entry.time is None else entry.time
        if time is None:
            return False
        guess = entry.guess or _NO_GUESS
        identity = of_named(guess.user)
        chain = guess.chain
        rows.add(
            format=self.name,
            time=time,
            own_id=None,
            raw=raw,
            action=guess.action or guess.method or entry.action,
            outcome=entry.outcome,
            source_ip=guess.ip,
            actors=[(rows.proxies.actor(guess.ip, chain), identity)] if chain else None,
            identity=identity,
            agent=guess.agent,
            resource=entry.function,
            method=guess.method,
            path=guess.path,
            status=guess.status,
            size=guess.size,
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        table = document(raw) if raw[:1] == b"{" else {}
        guess = _NO_GUESS if "record" in table else Guess(table, top_level(settings))
        return Description(
            id=content_id(raw),
            summary=one_line(_summary(table, guess) or text_line(raw)),
            forwarded=tuple(guess.chain),
        )


def _text(raw: bytes) -> _Entry | None:
    first = raw[:1]
    if first.isdigit():
        if found := _NODE.match(raw):
            return _logged(found[1], found[2])
        found = _TIMEOUT.match(raw)
        return found and _Entry(iso_time(found[1].decode()), "timeout", Outcome.ERROR)
    if first == b"[":
        if found := _PYTHON.match(raw):
            return _logged(found[2], found[1])
        crashed = _TRACEBACK.match(raw) and b"\nTraceback (most recent call last):" in raw
        return _Entry(None, "ERROR", Outcome.ERROR) if crashed else None
    return _platform_line(raw) if first.isalpha() else None


def _logged(time: bytes, level: bytes) -> _Entry | None:
    """A line of a runtime's logger."""
    found = iso_time(time.decode())
    return None if found is None else _Entry(found, level.decode(), _level_outcome(level.decode()))


def _level_outcome(level: str) -> Outcome:
    return Outcome.ERROR if level in _FAILED else Outcome.UNKNOWN


def _platform_line(raw: bytes) -> _Entry | None:
    found = _PLATFORM.match(raw)
    if found is None:
        return None
    word = (found[found.lastindex or 0]).decode()
    if word == "RequestId":
        return _Entry(None, "ERROR", Outcome.ERROR)
    if not word.endswith("REPORT"):
        return _Entry(None, word)
    status = _STATUS.search(raw)
    return _Entry(None, word, _status_outcome(status[1].decode() if status else "success"))


def _status_outcome(status: str | None) -> Outcome:
    if status is None:
        return Outcome.UNKNOWN
    return Outcome.OK if status == "success" else Outcome.ERROR


def _json(raw: bytes, settings: FormatSettings) -> _Entry | None:
    if b'"platform.' in raw and (entry := _platform_event(document(raw))):
        return entry
    if b'"requestId"' not in raw and b'"AWSRequestId"' not in raw:
        return None
    table = document(raw)
    time = _time(table.get("timestamp"))
    if time is None or not _is_lambdas(table):
        return None
    level = (text_of(table.get("level")) or "").upper()
    failed = bool(table.get("errorType")) or level in _FAILED
    guess = Guess(table, top_level(settings))
    return _Entry(
        time,
        level or ("ERROR" if failed else "log"),
        Outcome.ERROR if failed and guess.result is Outcome.UNKNOWN else guess.outcome(),
        text_of(table.get("function_name")) or text_of(table.get("functionName")),
        guess,
    )


def _is_lambdas(table: Mapping[str, object]) -> bool:
    request = table.get("AWSRequestId") or table.get("requestId")
    return (
        isinstance(request, str)
        and _WHOLE_UUID.fullmatch(request) is not None
        and not _TELLING.isdisjoint(table)
        and _OTHERS.isdisjoint(table)
        and not _may_be_a_finding(table)
    )


def _may_be_a_finding(table: Mapping[str, object]) -> bool:
    """GuardDuty's have both of these, the second in any case."""
    severe = "severity" in table or "Severity" in table
    return severe and any(key.lower() == "type" for key in table)


def _time(value: object) -> int | None:
    return iso_time(value) if isinstance(value, str) else epoch_ms(value)


def _platform_event(table: Mapping[str, object]) -> _Entry | None:
    """`{"time": …, "type": "platform.report", "record": {…}}`."""
    kind, time = table.get("type"), iso_time(text_of(table.get("time")))
    record = table.get("record")
    if not isinstance(kind, str) or not kind.startswith("platform.") or time is None:
        return None
    if not isinstance(record, dict | str) or not _OTHERS.isdisjoint(table):
        return None
    if _may_be_a_finding(table):
        return None
    details = table_of(record)
    outcome = _status_outcome(text_of(details.get("status")))
    return _Entry(
        time,
        kind[:100],
        Outcome.ERROR if kind == "platform.fault" else outcome,
        text_of(details.get("functionName")) or _function_of(details),
    )


def _function_of(record: Mapping[str, object]) -> str | None:
    """The name in `functionArn`, `arn:aws:lambda:REGION:ACCOUNT:function:NAME`."""
    parts = (text_of(record.get("functionArn")) or "").split(":")
    return parts[6] if len(parts) > 6 and parts[6] else None


def _summary(table: Mapping[str, object], guess: Guess) -> str:
    """`ERROR ValueError: no such cart (root)`, `platform.report error Runtime.ExitError 9 ms`."""
    if "record" in table:
        return _platform_summary(table)
    kind = text_of(table.get("errorType"))
    text = text_of(table.get("errorMessage")) or text_of(table.get("message"))
    words = [
        text_of(table.get("level")),
        ": ".join(part for part in (kind, text) if part),
        f"({name})" if (name := text_of(table.get("logger"))) else None,
        guess.keys_used(),
    ]
    return " ".join(word for word in words if word)


def _platform_summary(table: Mapping[str, object]) -> str:
    record = table.get("record")
    details = table_of(record)
    duration = text_of(table_of(details.get("metrics")).get("durationMs"))
    words = [
        text_of(table.get("type")),
        text_of(record),
        text_of(details.get("functionName")),
        text_of(details.get("status")),
        text_of(details.get("errorType")),
        f"{duration} ms" if duration else None,
        text_of(details.get("requestId")),
    ]
    return " ".join(word for word in words if word)
