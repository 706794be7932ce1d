"""What a format is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from triage_tui.model import NO_NUMBER, Description, Outcome
from triage_tui.wrappings.lenient import decode_leniently

from .ids import digest

if TYPE_CHECKING:
    from .rows import Rows
    from .settings import FormatSettings

_decode = msgspec.json.Decoder(object).decode

_LATIN_1 = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
"""The letters for what `surrogateescape` makes of bytes."""
_LONGEST_SUMMARY = 400
_MOST_DIGITS = 18
"""Of a number that a column can hold."""


class Format(Protocol):
    """One log format. Total: no bytes make it raise.

    No record is accepted by two formats, so the order in which they are tried never matters.
    """

    @property
    def name(self) -> str: ...

    def read(self, raw: bytes, rows: Rows) -> bool:
        """Appends one row; or returns False, having appended nothing, if it is another format."""
        ...

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        """The event id and the one-line summary of a record that `read` accepted. `header` is the
        header line that was in force, `settings` those that it was read with."""
        ...


def content_id(raw: bytes) -> str:
    """The id of a record that names none: the hash that stands in the column `id`, in hex."""
    return f"{int.from_bytes(digest(raw), 'little'):016x}"


def one_line(text: str) -> str:
    """A summary: no line ends, not endless. Otherwise raw."""
    line = " ".join(text[: 4 * _LONGEST_SUMMARY].split())
    return line if len(line) <= _LONGEST_SUMMARY else line[: _LONGEST_SUMMARY - 1] + "…"


def describe_unknown(raw: bytes) -> Description:
    """A record that no format understood: its beginning."""
    text = raw[: 4 * _LONGEST_SUMMARY].decode("utf-8", "replace")
    return Description(id=content_id(raw), summary=one_line(text))


def text_line(raw: bytes) -> str:
    """A line of text: what is no UTF-8 is Latin-1, which any bytes are."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def mixed_text(raw: bytes) -> str:
    """UTF-8 in which letters that are none are Latin-1."""
    return raw.decode("utf-8", "surrogateescape").translate(_LATIN_1)


def document(raw: bytes) -> dict[str, object]:
    """The record as a dict; an empty one where it is no JSON object."""
    return table_of(json_value(raw))


def json_value(raw: bytes) -> object:
    """What a text of JSON says; None where it is none. Letters of it that are no UTF-8 are
    Latin-1."""
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return decode_leniently(mixed_text(raw).encode())


def text_of(value: object) -> str | None:
    """A scalar as text (an account id may come as a number); None for all else and for ""."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(int(value)) if isinstance(value, int) or value.is_integer() else str(value)


def table_of(value: object) -> dict[str, object]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[object]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def present(text: str | None) -> str | None:
    """The text of a field; None where the log says that there is nothing ("-" or "")."""
    return None if text == "-" else text or None


def country_of(value: object) -> str | None:
    """An ISO 3166-1 code of two letters; None for all else, as `-` where a log knows none."""
    if isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha():
        return value.upper()
    return None


def count_of(text: str | None) -> int:
    """A number that counts something, from its digits; NO_NUMBER for all else."""
    if text and text.isdecimal() and len(text) <= _MOST_DIGITS:
        return int(text)
    return NO_NUMBER


def status_of(text: str | None) -> int:
    """An HTTP status, from its digits; NO_NUMBER for all else."""
    return int(text) if text and text.isdecimal() and len(text) <= len("404") else NO_NUMBER


def http_outcome(status: int) -> Outcome:
    """What an HTTP status says; a request that got none (0, NO_NUMBER) is unknown."""
    return _HTTP_OUTCOMES[status] if 0 <= status < len(_HTTP_OUTCOMES) else Outcome.UNKNOWN


def _http_outcome(status: int) -> Outcome:
    if status < 100:
        return Outcome.UNKNOWN
    if status < 400:
        return Outcome.OK
    return Outcome.DENIED if status in (401, 403) else Outcome.ERROR


_HTTP_OUTCOMES = tuple(map(_http_outcome, range(1000)))
