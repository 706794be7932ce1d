"""JSON records of any application: a time, something that happened, and what else can be guessed.

The formats that know what they read come first: a record that one of them reads, or that a wrapping
holds, is none of ours (`marks.py`). Which keys were taken for the address and the user stands at
the end of the summary, so that a wrong guess is seen; the settings may name others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import NO_NUMBER, NO_TIME, Description

from .application_guess import Guess
from .application_keys import top_level
from .base import content_id, document, one_line
from .identities import of_named
from .marks import is_anothers
from .seen import Asked

if TYPE_CHECKING:
    from .rows import Rows
    from .settings import FormatSettings

_BIG = (b'"eventSource"', b'"webaclId"', b'"class_uid"', b'"ProductArn"', b'"auditID"')
"""Marks of those others whose records are many and long: they are not decoded in vain."""
_LONG = 600
_NOTHING = msgspec.Raw(b"")


class _Head(msgspec.Struct, gc=False):
    """The same marks, on the record's own level."""

    eventSource: msgspec.Raw = _NOTHING
    webaclId: msgspec.Raw = _NOTHING
    class_uid: msgspec.Raw = _NOTHING
    ProductArn: msgspec.Raw = _NOTHING
    auditID: msgspec.Raw = _NOTHING


_NO_MARKS = _Head()
_decode_head = msgspec.json.Decoder(_Head).decode


class Application:
    """Whatever applications, frameworks and servers log in JSON."""

    name = "application"

    def read(self, raw: bytes, rows: Rows) -> bool:
        if raw[:1] != b"{" or _is_marked(raw):
            return False
        table = document(raw)
        guess = Guess(table, top_level(rows.settings))
        time = guess.time
        if time == NO_TIME and rows.logged is not None:
            time = rows.logged
        if time == NO_TIME or not guess.says_something or is_anothers(table):
            return False
        identity = of_named(guess.user)
        chain = guess.chain
        rows.add(
            format=self.name,
            time=time,
            own_id=None,
            raw=raw,
            action=guess.action or guess.method or _word_of(guess.level),
            outcome=guess.outcome(),
            source_ip=guess.ip,
            service=guess.service,
            actors=[(rows.proxies.actor(guess.ip, chain), identity)] if chain else None,
            identity=identity,
            agent=guess.agent,
            account=guess.account,
            region=guess.region,
            resource=guess.resource,
            method=guess.method,
            path=guess.path,
            status=guess.status,
            size=guess.size,
            asked=Asked(guess.query),
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        guess = Guess(document(raw), top_level(settings))
        return Description(
            id=content_id(raw), summary=_summary(guess), forwarded=tuple(guess.chain)
        )


def _is_marked(raw: bytes) -> bool:
    if len(raw) < _LONG:
        return False
    for mark in _BIG:
        if mark in raw:
            try:
                return _decode_head(raw) != _NO_MARKS
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return False  # the whole record will be looked at
    return False


def _word_of(level: str | int | None) -> str | None:
    return level.upper() if isinstance(level, str) else None


def _summary(guess: Guess) -> str:
    """`POST /login?next=%2F 401 from 203.0.113.9 curl/8.1: bad password (ip from clientIp)`."""
    target = f"{guess.path or ''}?{guess.query}" if guess.query else guess.path
    ip = guess.ip or guess.service
    words = [
        guess.action or (None if guess.method else _word_of(guess.level)),
        guess.method,
        target,
        str(guess.status) if guess.status != NO_NUMBER else None,
        f"by {guess.user}" if guess.user else None,
        f"from {ip}" if ip else None,
        guess.agent,
    ]
    line = " ".join(word for word in words if word)
    text = one_line(f"{line}: {guess.message}" if line and guess.message else guess.message or line)
    keys = guess.keys_used()
    return one_line(f"{text} {keys}") if keys else text
