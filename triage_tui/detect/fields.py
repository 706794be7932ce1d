"""What the fields of rules are in each format.

A field is one of three: a slot, which the format has read anyway and which costs next to nothing
(`SLOTS`); a name in the record's own table (a path in JSON, a column of a flow log); or unknown.
"""

from __future__ import annotations

from functools import cache, lru_cache
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import unquote, unquote_plus

import msgspec
from msgspec import UNSET

from triage_tui.formats.base import document, json_value, table_of
from triage_tui.formats.cloudtrail import resource_of
from triage_tui.formats.finding import folded
from triage_tui.formats.headers import FLOW_FIELDS
from triage_tui.formats.seen import Asked
from triage_tui.formats.vpcflow import flow_table
from triage_tui.formats.waf import NO_LABELS, Judged
from triage_tui.model import NO_NUMBER

from .logsources import FINDINGS, KNOWN
from .values import values_at

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from triage_tui.formats.seen import Read, Seen, Trail

    from .ruleset import Test

WEB = frozenset(name for name, known in KNOWN.items() if "webserver" in known.categories) | {
    "application"
}
"""Formats in which the field names of web logs mean something."""
_MOST_DECODED = 8192
"""Characters of a text that are percent-decoded."""
_LONGEST_KEPT = 1024
"""Characters of a text whose decoding is remembered for a while."""
_LONGEST_LABELS = 100_000
"""Bytes of labels of which all count."""


class Source(NamedTuple):
    """A thing that a format has read of a record, from which the values of fields follow."""

    key: Callable[[Seen], Hashable]
    """Equal keys have equal values."""
    bulk: Callable[[Trail], Sequence[Hashable]] | None = None
    """The keys of records of CloudTrail, column by column."""
    column: Callable[[Read], Sequence[Hashable]] | None = None
    """The same of records that were read one by one."""


class Blurred(NamedTuple):
    """Keys that come again and again where others would not, for they leave something out."""

    begin: str
    """What a value begins with, in lower case, of which no more is left."""
    source: Source


class Slot(NamedTuple):
    """A field that costs next to nothing."""

    source: Source
    values: Callable[..., list[object]]
    """The values of a key."""
    exact: bool = True
    """Whether null and missing differ here."""
    steady: bool = True
    """Whether its keys come again and again, so that comparing is a matter of remembering."""
    dotted: bool = False
    """Whether a dot stands before it in the text of a request: see `texts.looked`."""
    blurred: Blurred | None = None
    """For comparisons that hold for none of the values that are left out."""


def _one(value: object) -> list[object]:
    return [] if value is None else [value]


def _logged(value: str | None) -> list[object]:
    """A field that the log records: it is "" where there was nothing."""
    return [value or ""]


def _number(value: int) -> list[object]:
    return [] if value == NO_NUMBER else [value]


def decoded(text: str, *, plus: bool = False) -> Sequence[str]:
    """The text, and what it is with its percent signs resolved, once and twice."""
    if "%" in text or (plus and "+" in text):
        return _decoded(text, plus=plus) if len(text) <= _LONGEST_KEPT else _unfold(text, plus=plus)
    return (text,)


def _unfold(text: str, *, plus: bool) -> tuple[str, ...]:
    found, unfold = [text], unquote_plus if plus else unquote
    for _ in range(2):
        text = unfold(text[:_MOST_DECODED])
        if text == found[-1]:
            break
        found.append(text)
    return tuple(found)


_decoded = lru_cache(maxsize=1 << 12)(_unfold)
"""A record's texts are asked for several times, one after the other."""


def _stem(path: str | None) -> list[object]:
    return [] if path is None else [*decoded(path)]


def _cookie(cookie: str | None) -> list[object]:
    return [] if cookie is None else [*decoded(cookie)]


def _query(query: str | None) -> list[object]:
    return [] if query is None else [*decoded(query, plus=True)]


def _uri(key: tuple[str | None, str | None, str | None]) -> list[object]:
    """Path and query; where the host is known the whole address too, as proxies log it."""
    path, query, host = key
    if path is None:
        return []
    found: list[object] = []
    for target in decoded(f"{path}?{query}" if query else path, plus=True):
        found.append(target)
        if host:
            found += (f"http://{host}{target}", f"https://{host}{target}")
    return found


def _extension(path: str | None) -> list[object]:
    """`php` of `/wp-login.php`."""
    if path is None:
        return []
    name, dot, extension = path.rpartition("/")[2].rpartition(".")
    return [extension if dot and name else ""]


def _column(name: str, bulk: Callable[[Trail], Sequence[Hashable]] | None = None) -> Source:
    """What has a column of its own."""
    get = attrgetter(name)
    return Source(get, bulk, get)


def _asked(name: str) -> Source:
    """What a web log knows beyond the columns."""
    get: Callable[[Asked], Hashable] = itemgetter(Asked._fields.index(name))
    return Source(lambda seen: get(seen.asked), None, lambda read: list(map(get, read.asked)))


_PATH = _column("path")
_URI = Slot(Source(attrgetter("path", "asked.query", "asked.host")), _uri, steady=False)
_STEM = Slot(_PATH, _stem, steady=False)
_EXTENSION = Slot(_PATH, _extension, steady=False, dotted=True)
_QUERY = Slot(_asked("query"), _query, steady=False)
COOKIE = Slot(_asked("cookie"), _cookie, steady=False)
_AGENT = Slot(_column("agent"), _logged)
_METHOD = Slot(_column("method"), _one)
_HOST = Slot(_asked("host"), _one)
_REFERER = Slot(_asked("referer"), _one)
_STATUS = Slot(_column("status"), _number)
_SIZE = Slot(_column("size"), _number)
_ADDRESS = Slot(_column("source_ip"), _one)

WEB_SLOTS: dict[str, Slot] = {
    "c-uri": _URI,
    "cs-uri": _URI,
    "cs-uri-stem": _STEM,
    "c-uri-stem": _STEM,
    "cs-uri-query": _QUERY,
    "c-uri-query": _QUERY,
    "c-uri-extension": _EXTENSION,
    "c-useragent": _AGENT,
    "cs-user-agent": _AGENT,
    "cs-useragent": _AGENT,
    "cs(user-agent)": _AGENT,
    "cs-method": _METHOD,
    "cs-host": _HOST,
    "cs-referer": _REFERER,
    "cs-referrer": _REFERER,
    "c-referer": _REFERER,
    "cs-cookie": COOKIE,
    "sc-status": _STATUS,
    "sc-bytes": _SIZE,
    "c-ip": _ADDRESS,
    "src_ip": _ADDRESS,
}
"""What Sigma calls the parts of a request, in every format of the web."""


def _record(name: str) -> Slot:
    """A field that the reader of CloudTrail reads; null and missing are the same to it."""
    get = attrgetter(name)

    def key(seen: Seen) -> Hashable:
        return get(seen.parsed) or None

    def bulk(trail: Trail) -> Sequence[Hashable]:
        return [get(record) for record in trail.records]

    return Slot(Source(key, bulk), _one, exact=False)


_TRAIL = {
    name: _record(name)
    for name in (
        "eventName",
        "eventSource",
        "userAgent",
        "errorCode",
        "awsRegion",
        "sourceIPAddress",
        "recipientAccountId",
    )
}
_CALLER = "userIdentity."


def _caller_key(seen: Seen) -> Hashable:
    return bytes(getattr(seen.parsed, "userIdentity", b""))


_USER = Source(_caller_key, lambda trail: trail.users)
_decode_user = msgspec.json.Decoder(object).decode


@lru_cache(maxsize=1 << 12)
def _caller(user: bytes) -> dict[str, object]:
    try:
        return table_of(_decode_user(user)) if user else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return document(user)


@cache
def _caller_slot(name: str) -> Slot:
    return Slot(_USER, lambda user: values_at(_caller(user), name))


def flow_value(seen: Seen, name: str) -> str | None:
    """A field of a flow, as logged; None where its log has none of that name."""
    if not isinstance(seen.parsed, tuple):
        return None
    places, values = seen.parsed
    place = places.get(name)
    return None if place is None else values[place]


@cache
def _flow_slot(name: str) -> Slot:
    return Slot(Source(lambda seen: flow_value(seen, name)), _one)


def _identity(seen: Seen) -> Hashable:
    return seen.identity.key if seen.identity is not None else ""


def _ips(trail: Trail) -> Sequence[Hashable]:
    texts = trail.vocabulary.columns["source_ip"].texts
    return [texts[number] or None for number in trail.ips]


def _people(trail: Trail) -> Sequence[Hashable]:
    identity = trail.vocabulary.identity
    return [identity(number).key for number in trail.who]


def _services(trail: Trail) -> Sequence[Hashable]:
    return [trail.services.get(place) for place in range(len(trail.records))]


def _named(value: str | None) -> list[object]:
    return [value] if value else []


OURS: dict[str, Slot] = {
    "triage.ip": Slot(_column("actor_ip", _ips), _one),
    "triage.principal": Slot(Source(_identity, _people), _named),
    "triage.action": Slot(
        _column("action", lambda trail: [r.eventName for r in trail.records]), _named
    ),
    "triage.outcome": Slot(
        _column("outcome", lambda trail: trail.outcomes),
        lambda outcome: [outcome.word],
    ),
    "triage.severity": Slot(_column("severity"), lambda level: [level.word]),
    "triage.service": Slot(_column("service", _services), _named),
    "triage.account": Slot(_column("account", lambda trail: trail.accounts), _named),
    "triage.region": Slot(
        _column("region", lambda trail: [r.awsRegion for r in trail.records]), _named
    ),
    "triage.resource": Slot(
        _column("resource", lambda trail: list(map(resource_of, trail.records))), _named
    ),
    "triage.format": Slot(_column("format"), _one),
}
"""What an event is to us, in every format: whom we hold responsible, the action, the outcome."""


def _judged(
    name: str, read: Callable[[Judged], Hashable], values: Callable[[Hashable], list[object]]
) -> Slot:
    """What the reader of WAF reads for rules. Where it had trouble with a record, the record is the
    key."""

    def key(seen: Seen) -> Hashable:
        return read(seen.parsed) if isinstance(seen.parsed, Judged) else (seen.raw,)

    def column(records: Read) -> Sequence[Hashable]:
        try:
            return list(map(read, cast("Sequence[Judged]", records.parsed)))
        except AttributeError:
            return [key(records.seen(place)) for place in range(len(records.raw))]

    def all_values(found: Hashable) -> list[object]:
        return values_at(document(found[0]), name) if isinstance(found, tuple) else values(found)

    return Slot(Source(key, None, column), all_values)


def _set(value: Hashable) -> list[object]:
    return [] if value is UNSET else [value]


def _labels(parsed: Judged) -> bytes:
    return b"" if parsed.labels is NO_LABELS else bytes(parsed.labels)


_CLIENTS = "awswaf:managed:token:id:"
"""What the label of a client's token begins with: every browser has one of its own."""
_BEGIN_OF_ONE = f'"{_CLIENTS}'.encode()


def _labels_but_tokens(parsed: Judged) -> bytes:
    if parsed.labels is NO_LABELS:
        return b""
    labels = bytes(parsed.labels)
    before, begin, after = labels.partition(_BEGIN_OF_ONE)
    if not begin:
        return labels
    token, _, _ = after.partition(b'"')
    if before.endswith(b"\\") or b"\\" in token:  # not as AWS writes them
        return labels
    return before + begin + after[len(token) :]


class _Label(msgspec.Struct, gc=False):
    name: str


_decode_labels = msgspec.json.Decoder(list[_Label]).decode


def _label_names(labels: Hashable) -> list[object]:
    if not isinstance(labels, bytes) or not labels:
        return []
    if len(labels) < _LONGEST_LABELS:
        # They are new with nearly every record where each browser has a token of its own.
        try:
            return [label.name for label in _decode_labels(labels)]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # not as AWS writes them
    return values_at({"labels": json_value(labels)}, "labels.name")


_WAF = {
    "action": Slot(_column("action"), _one),
    "labels.name": _judged("labels.name", _labels, _label_names)._replace(
        blurred=Blurred(_CLIENTS, _judged("labels.name", _labels_but_tokens, _label_names).source)
    ),
    **{
        name: _judged(name, attrgetter(name), _set)
        for name in ("terminatingRuleId", "terminatingRuleType")
    },
}
"""How WAF judged a request."""

_FLOW = {
    "src_ip": "srcaddr",
    "dst_ip": "dstaddr",
    "src_port": "srcport",
    "dst_port": "dstport",
    "SourceIp": "srcaddr",
    "DestinationIp": "dstaddr",
    "SourcePort": "srcport",
    "DestinationPort": "dstport",
}


@cache
def slot_of(format: str, field: str) -> Slot | None:  # noqa: A002 - the contract's word
    """The slot of a field in a format."""
    found = OURS.get(field)
    if found is None and format in WEB:
        found = WEB_SLOTS.get(field) or WEB_SLOTS.get(field.lower())
    if format == "waf" and found is None:
        return _WAF.get(field)
    if format == "cloudtrail" and found is None:
        if field.startswith(_CALLER):
            return _caller_slot(field.removeprefix(_CALLER))
        return _TRAIL.get(field)
    if format == "vpcflow" and found is None and name_in(format, field) in FLOW_FIELDS:
        return _flow_slot(name_in(format, field))
    return found


def slot_for(format: str, test: Test) -> Slot | None:  # noqa: A002 - the contract's word
    """The slot that decides a comparison; None where the record must be decoded for it."""
    slot = slot_of(format, test.field) if test.field is not None else None
    return slot if slot is not None and (slot.exact or test.op != "exists") else None


def name_in(format: str, field: str) -> str:  # noqa: A002 - the contract's word
    """What a field that has no slot is called in the record's own table."""
    if format == "vpcflow":
        return _FLOW.get(field) or field.replace("_", "-")
    return field.lower() if format in FINDINGS else field


def table(seen: Seen) -> dict[str, object]:
    """The record's own table: its JSON, or the columns of a flow log; else empty."""
    if seen.format == "vpcflow":
        return {**flow_table(seen.raw, seen.header)}
    if seen.raw[:1] != b"{":
        return {}
    found = document(seen.raw)
    if seen.format not in FINDINGS:
        return found
    lowered = folded(found)
    return lowered if isinstance(lowered, dict) else {}
