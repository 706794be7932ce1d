"""What others know of addresses: block and allow lists, exits of Tor, edges of content delivery
networks. Read from files once; a look-up takes microseconds, whatever the lists' size.
"""

from __future__ import annotations

import datetime as dt
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from triage_tui.model import DAY, SECOND
from triage_tui.networks import CDN, CLOUDFRONT_EDGES, LINK_LOCAL, LOOPBACK, PRIVATE, network_of

from .kept_lists import long_list
from .lists import read
from .spans import Span, Spans, Table, address, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from triage_tui.networks import Published

    from .kept_lists import LongList
    from .lists import ListText

    _Placed = tuple[list[int], Table]
    """A table, with the place in `lists` of each of its lists."""

LONGEST = 1 << 28
"""Bytes of a file."""
_PATHS = msgspec.Meta(description="a list of paths of files and folders, whole or beginning with ~")


class IntelSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[intel]` of the config. Raises ValueError for a path that depends on where one stands."""

    block: Annotated[tuple[str, ...], _PATHS] = ()
    """Lists of addresses that are known to be bad."""
    allow: Annotated[tuple[str, ...], _PATHS] = ()
    """Lists of addresses that are known to be good: a plan warns before it blocks one."""
    tor: Annotated[tuple[str, ...], _PATHS] = ()
    """Lists of exits of Tor."""
    cdn: Annotated[tuple[str, ...], _PATHS] = ()
    """Lists of the edges of content delivery networks, beyond those known here."""
    stale_days: Annotated[float, msgspec.Meta(description="a number of days", gt=0)] = 30.0
    """A list that is older is said to be stale."""

    def __post_init__(self) -> None:
        for path in (*self.block, *self.allow, *self.tor, *self.cdn):
            if not os.path.isabs(os.path.expanduser(path)):
                raise ValueError(f"{path!r} must be a whole path, or begin with ~")


class ListKind(StrEnum):
    """What it means to be on a list."""

    BLOCK = "block list"
    TOR = "exits of Tor"
    ALLOW = "allow list"
    CDN = "edges of a CDN"


class KnownList(NamedTuple):
    """A list, and how far it can be trusted."""

    name: str
    kind: ListKind
    dated: int
    """When it was made; nanoseconds."""
    entries: int
    left_out: int = 0
    path: str = ""
    """Where it was read from; "" for one that is known here."""

    @property
    def names(self) -> tuple[str, str]:
        """What a filter may call it: its name, and `block`, `allow`, `tor` or `cdn`."""
        return self.name, self.kind.name.lower()

    @property
    def day(self) -> str:
        """`2026-03-01`."""
        return f"{dt.datetime.fromtimestamp(self.dated // SECOND, dt.UTC):%Y-%m-%d}"

    def words(self, at: int, stale: int) -> str:
        """`drop of 2026-03-01`, and that it is stale where it is more than `stale` nanoseconds
        older than `at`."""
        old = at - self.dated
        said = f", stale: {old // DAY:,} days old" if old > stale else ""
        return f"{self.name} of {self.day}{said}"


class ListFile(NamedTuple):
    """A list that was read, and what is wrong with it."""

    known: KnownList
    spans: Spans
    problems: tuple[str, ...]
    table: Table | None = None
    """Of a long list, which looks up by itself; its `spans` are empty then."""


class Intel:
    """Tells which lists an address is on."""

    def __init__(self, files: Iterable[ListFile] = (), *, stale: int = 30 * DAY) -> None:
        found = list(files)
        self.lists = tuple(each.known for each in found)
        self.stale = stale
        """Age in nanoseconds from which on a list is stale."""
        self.problems = tuple(problem for each in found for problem in each.problems)
        """What is wrong in the files, each with its file and, where it is known, its line."""
        together = [place for place, each in enumerate(found) if each.table is None]
        self._tables: list[_Placed] = [
            (together, Table([found[place].spans for place in together])),
            *(([place], each.table) for place, each in enumerate(found) if each.table is not None),
        ]
        self._inside = Table([_inside()])

    def beside(self, files: Iterable[ListFile]) -> Intel:
        """The same and more lists."""
        found, more = Intel(stale=self.stale), Intel(files, stale=self.stale)
        count = len(self.lists)
        found.lists, found.problems = self.lists + more.lists, self.problems + more.problems
        found._tables = [
            *self._tables,
            *(([count + place for place in places], table) for places, table in more._tables),
        ]
        return found

    def __bool__(self) -> bool:
        """Whether there is a list that somebody named."""
        return any(each.path for each in self.lists)

    @property
    def nbytes(self) -> int:
        """Bytes that the look-up table takes."""
        return sum(table.nbytes for _, table in self._tables)

    def numbers(self, ip: str) -> tuple[int, ...]:
        """The places in `lists` of those that hold an address. Addresses inside (private ones and
        the like) are on no list of bad ones, whatever the list says: everybody has them."""
        span = address(ip)
        if span is None:
            return ()
        found = self._on(span)
        if found and self._inside.of(span):
            found = tuple(n for n in found if self.lists[n].kind is ListKind.ALLOW)
        return found

    def of(self, ip: str) -> tuple[KnownList, ...]:
        """The lists that hold an address."""
        return tuple(self.lists[number] for number in self.numbers(ip))

    def touching(self, cidr: str) -> tuple[KnownList, ...]:
        """The lists that hold some address of a range."""
        span = span_of(cidr)
        return tuple(self.lists[number] for number in self._on(span)) if span else ()

    def _on(self, span: Span) -> tuple[int, ...]:
        if len(self._tables) == 1:
            return self._tables[0][1].of(span)
        found = [places[n] for places, table in self._tables for n in table.of(span)]
        return tuple(sorted(found))


def intel(settings: IntelSettings, now: int, keep: Path | None = None) -> Intel:
    """The lists of the settings, and those known here. Blocking; a file that cannot be used is told
    in `problems`. `keep` is the folder for what was read of long lists."""
    files = [*_known_here()]
    for kind, paths in (
        (ListKind.BLOCK, settings.block),
        (ListKind.TOR, settings.tor),
        (ListKind.ALLOW, settings.allow),
        (ListKind.CDN, settings.cdn),
    ):
        for path in paths:
            files += read_path(Path(path).expanduser(), kind, now, keep)
    return Intel(files, stale=int(settings.stale_days * DAY))


def read_path(path: Path, kind: ListKind, now: int, keep: Path | None = None) -> Iterator[ListFile]:
    """The lists of a file, or of the files in a folder, by name."""
    if not path.is_dir():
        yield read_file(path, kind, now, keep)
        return
    names = sorted(
        each
        for each in path.rglob("*")
        if each.is_file() and not any(part.startswith(".") for part in each.relative_to(path).parts)
    )
    if not names:
        yield _unusable(path, kind, "there are no files in this folder; put the lists there")
    for name in names:
        yield read_file(name, kind, now, keep)


def read_file(path: Path, kind: ListKind, now: int, keep: Path | None = None) -> ListFile:
    """The list of a file; what is wrong with it is in `problems`."""
    try:
        with open(path, "rb") as file:
            data = file.read(LONGEST + 1)
            written = os.fstat(file.fileno()).st_mtime_ns
    except FileNotFoundError:
        return _unusable(path, kind, "there is no such file; put the list there")
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or error
        return _unusable(path, kind, f"cannot be read: {words}")
    if len(data) > LONGEST:
        return _unusable(path, kind, f"too long for a list: {LONGEST:,} bytes at most")
    return of_bytes(data, str(path), kind, written, now, keep)


def of_bytes(
    data: bytes, path: str, kind: ListKind, written: int, now: int, keep: Path | None = None
) -> ListFile:
    """The list that a file holds, from wherever it was fetched; `written` is its date where it
    tells none itself."""
    found: LongList | ListText | None
    found = long_list(data, now, keep) if keep is not None else None
    if found is not None:
        spans, table, entries = Spans(), found.table, found.entries
    else:
        found = read(data, now)
        spans, table, entries = found.spans, None, len(found.spans)
    problems = [f"{path}{problem}" for problem in found.problems]
    if not entries and not problems:
        problems.append(f"{path}: no addresses in it; name a list of addresses or CIDRs")
    dated = written if found.dated is None else min(found.dated, now)
    name = found.name or _name_of(path)
    known = KnownList(name, kind, dated, entries, found.left_out, path)
    return ListFile(known, spans, tuple(problems), table)


def _name_of(path: str) -> str:
    """What people call a list by: its file, or the folder where the file is called `list`."""
    whole = Path(path)
    return whole.parent.name if whole.stem == "list" and whole.parent.name else whole.stem


def _unusable(path: Path, kind: ListKind, words: str) -> ListFile:
    known = KnownList(path.stem, kind, 0, 0, 0, str(path))
    return ListFile(known, Spans(), (f"{path}: {words}",))


def _known_here() -> Iterator[ListFile]:
    yield from (_published(name, each) for name, each in CDN.items())
    yield _published("cloudfront", CLOUDFRONT_EDGES)


def _published(name: str, ranges: Published) -> ListFile:
    spans = _spans(ranges.ranges)
    dated = int(dt.datetime.fromisoformat(f"{ranges.as_of}T00:00Z").timestamp()) * SECOND
    return ListFile(KnownList(name, ListKind.CDN, dated, len(spans)), spans, ())


def _inside() -> Spans:
    return _spans((*PRIVATE, *LOOPBACK, *LINK_LOCAL))


def _spans(cidrs: Iterable[str]) -> Spans:
    spans = Spans()
    for cidr in cidrs:
        span = span_of(str(network_of(cidr)))
        if span is not None:
            spans.add(span)
    return spans
