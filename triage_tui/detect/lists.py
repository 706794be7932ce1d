"""Lists of addresses as people publish them: plain text, CSV, MISP warning lists, STIX 2.1, and the
JSON of AWS's and Fastly's ranges. From bytes; whatever is in them, nothing is raised.

What cannot be read is told by line, what is no address (a host name, a file's hash) is counted and
left out.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.model import SECOND

from .spans import BITS, Spans, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_ENTRIES = 5_000_000
TOLD = 3
"""Lines that are wrong and told one by one."""
WIDEST = {4: 8, 6: 16}
"""Prefix lengths. A wider entry is a mistake, or says nothing about whoever is in it."""
_HEAD = 40
"""Lines at the beginning in which a date is looked for."""
_DATE = re.compile(r"\b(20\d\d)-?(\d\d)-?(\d\d)(?:[T ](\d\d):(\d\d))?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EXITS = "ExitNode ", "Published ", "LastStatus "
"""What stands before the address in Tor's list of exits."""
_MAIL_DATE = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(_MONTHS)})[a-z]* (20\d\d)")
_COLUMNS = re.compile(
    r"(?i)(?:(?:src|source|dst|dest|destination|remote|client|first|bad)[_ ]?)?"
    r"(?:ip|ips|ip[_ ]?address|address|addr|cidr|network|net|prefix|ip[_ ]?prefix|range|subnet"
    r"|indicator|ioc|value|host)(?:[_ ]?v?[46])?"
)
_HOST = re.compile(r"(?=.{1,253}$)[\w*-]+(?:\.[\w-]+)+\.?", re.ASCII)


class ListText(NamedTuple):
    """What a list holds."""

    name: str
    """As the list calls itself; "" where it does not."""
    dated: int | None
    """When it was made, as it says itself; nanoseconds."""
    spans: Spans
    problems: tuple[str, ...]
    """What is wrong in it, in words that follow the file's name: `:17: …` or `: …`."""
    left_out: int
    """Entries that are no addresses, or no longer hold."""


class Taken:
    """What was found so far."""

    def __init__(self) -> None:
        self.spans = Spans()
        self.wrong: list[str] = []
        self.more_wrong = 0
        self.left_out = 0

    def entry(self, text: str, line: int | None = None) -> bool:
        """Takes an entry; False where it is none."""
        span = span_of(text)
        if span is None:
            if _HOST.fullmatch(text) and not text.replace(".", "").isdigit():
                self.left_out += 1  # a host name: there is no address to compare
                return True
            return False
        if span.last - span.first >> BITS[span.version] - WIDEST[span.version]:
            self.wrong_at(line, f"{text} is wider than /{WIDEST[span.version]}")
            return True
        if len(self.spans) >= MOST_ENTRIES:
            self.left_out += 1
            return True
        self.spans.add(span)
        return True

    def plain(self, line: str) -> bool:
        """Takes a line that is nothing but an IPv4 address or CIDR; False for everything else."""
        return len(self.spans) < MOST_ENTRIES and self.spans.add_plain(line)

    def wrong_at(self, line: int | None, words: str) -> None:
        """Notes what is wrong; of many the first ones."""
        if len(self.wrong) < TOLD:
            self.wrong.append(f":{line}: {words}" if line else f": {words}")
        else:
            self.more_wrong += 1

    def done(self, name: str = "", dated: int | None = None) -> ListText:
        problems = list(self.wrong)
        if self.more_wrong:
            problems.append(f": wrong besides these: {self.more_wrong:,}; mend or remove them")
        return ListText(name, dated, self.spans, tuple(problems), self.left_out)


def read(data: bytes, now: int) -> ListText:
    """Reads a list. `now` decides what still holds, where a list says until when."""
    text = _decoded(data)
    if text is None:
        taken = Taken()
        taken.wrong_at(None, "not text; unpack it, or name the right file")
        return taken.done()
    if text.lstrip()[:1] in ("{", "["):
        return _of_json(text, now)
    return _of_lines(text)


def _decoded(data: bytes) -> str | None:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:4096] or data[:2] == b"\x1f\x8b":
        return None
    return data.decode("utf-8-sig", "replace")


# -- lines ---------------------------------------------------------------------------------------


def _of_lines(text: str) -> ListText:
    """One entry a line, or a table."""
    lines = text.splitlines()
    dated = _dated(lines[:_HEAD])
    separator = _separator(lines)
    taken = Taken()
    if separator:
        _table(lines, separator, taken)
    else:
        for number, line in enumerate(lines, 1):
            if taken.plain(line):
                continue
            entry = _plain(line)
            if entry and not taken.entry(entry, number):
                taken.wrong_at(number, f"{_shown(entry)} is no address, CIDR or range")
    return taken.done(dated=dated)


def _plain(line: str) -> str:
    """The entry of a line: without comments, and without what stands behind it."""
    entry = line.strip()
    if not entry or entry[0] in "#;" or entry.startswith("//"):
        return ""
    if entry.startswith(_EXITS):
        return ""
    entry = entry.removeprefix("ExitAddress ")
    for mark in ("#", ";"):
        entry = entry.partition(mark)[0].rstrip()
    first, _, second = entry.partition("-")
    if second and span_of(entry) is not None:
        return f"{first.strip()}-{second.strip()}"
    return entry.split(None, 1)[0] if entry else ""


def _separator(lines: list[str]) -> str:
    """What separates the columns of a table; "" where the lines are none."""
    heads = (line.partition("#")[0] for line in lines[:200])
    rows = [head for head in heads if head.strip()][:20]
    for mark in (",", "\t", "|"):
        if rows and sum(mark in row for row in rows) * 2 > len(rows):
            return mark
    return ""


def _table(lines: list[str], separator: str, taken: Taken) -> None:
    """The column that is named so, else the first in which a row has an address."""
    column: int | None = None
    began = False
    reader = csv.reader(_within_limits(lines, taken), delimiter=separator)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            taken.wrong_at(reader.line_num, f"not a line of a table: {error}")
            continue
        if row is None:
            return
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            if not began and column is None:
                column = _named_column([cells[0].lstrip("# "), *cells[1:]]) if cells else None
            continue
        if not began:
            began = True
            named = _named_column(cells)
            if named is not None:
                column = named
                continue
        if column is None:
            column = next((n for n, cell in enumerate(cells) if span_of(cell) is not None), None)
            if column is None:
                taken.wrong_at(reader.line_num, "no column holds an address")
                continue
        entry = cells[column] if column < len(cells) else ""
        if entry and not taken.entry(entry, reader.line_num):
            taken.left_out += 1  # an indicator of another sort: a hash, a URL


def _within_limits(lines: list[str], taken: Taken) -> Iterator[str]:
    """The lines without those that no table has."""
    for number, line in enumerate(lines, 1):
        if len(line) > 65_536:
            taken.wrong_at(number, f"a line of {len(line):,} characters")
            yield ""
        else:
            yield line


def _named_column(cells: list[str]) -> int | None:
    """The column whose name says that it holds addresses."""
    if any(span_of(cell) is not None for cell in cells):
        return None  # no names: an entry already
    return next((n for n, cell in enumerate(cells) if _COLUMNS.fullmatch(cell)), None)


def _dated(lines: Iterable[str]) -> int | None:
    """The newest date in comments at the beginning, or of the first exits."""
    found = [
        date
        for line in lines
        if line.lstrip().startswith(("#", ";", "//", *_EXITS[1:]))
        for date in _dates_in(line)
    ]
    return max(found, default=None)


def _dates_in(line: str) -> Iterator[int]:
    for match in _DATE.finditer(line):
        yield from _date(*match.groups())
    for day, month, year in _MAIL_DATE.findall(line.lower()):
        yield from _date(year, str(_MONTHS.index(month) + 1), day)


def _date(
    year: str, month: str, day: str, hour: str | None = None, minute: str | None = None
) -> Iterator[int]:
    try:
        at = dt.datetime(
            *(int(year), int(month), int(day), int(hour or 0), int(minute or 0)), tzinfo=dt.UTC
        )
    except ValueError:
        return
    yield int(at.timestamp()) * SECOND


# -- JSON ----------------------------------------------------------------------------------------


def _of_json(text: str, now: int) -> ListText:
    taken = Taken()
    try:
        found = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        taken.wrong_at(None, f"not JSON: {error}")
        return taken.done()
    if isinstance(found, list):
        _entries(found, taken)
        return taken.done()
    if found.get("type") == "bundle" or found.get("type") == "indicator":
        from .stix import read_bundle

        dated = read_bundle(found, now, taken)
        return taken.done(dated=dated)
    return _of_table(found, taken)


def _of_table(found: dict[str, object], taken: Taken) -> ListText:
    name, listed = found.get("name"), found.get("list")
    if isinstance(listed, list):
        kind = found.get("type", "cidr")
        if kind in ("cidr", "string"):
            _entries(listed, taken)
        else:
            taken.left_out += len(listed)
        return taken.done(_text(name), _version(found.get("version")))
    keys = {
        "prefixes": ("ip_prefix", "ipv4Prefix", "ipv6Prefix"),
        "ipv6_prefixes": ("ipv6_prefix",),
    }
    known = False
    for key, names in keys.items():
        for prefix in _list(found.get(key)):
            known = True
            if isinstance(prefix, dict):
                _entries([prefix[each] for each in names if each in prefix], taken)
    for key in ("addresses", "ipv6_addresses", "CLOUDFRONT_GLOBAL_IP_LIST", "ips"):
        known |= key in found
        _entries(_list(found.get(key)), taken)
    if not known:
        taken.wrong_at(
            None, "JSON that is no warning list, no STIX bundle and no list of ranges known here"
        )
    stamp = found.get("createDate") or found.get("creationTime")
    return taken.done("", _stamp(stamp))


def _entries(values: Iterable[object], taken: Taken) -> None:
    for number, value in enumerate(values, 1):
        if not isinstance(value, str) or not taken.entry(value.strip()):
            taken.wrong_at(None, f"entry {number:,}, {_shown(value)}, is no address or CIDR")


def _version(value: object) -> int | None:
    """A warning list's version, which is a date: 20260923."""
    return next(_dates_in(str(value)), None) if isinstance(value, int | str) else None


def _stamp(value: object) -> int | None:
    """AWS writes 2026-09-23-21-33-07, Google RFC 3339."""
    return next(_dates_in(value), None) if isinstance(value, str) else None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
