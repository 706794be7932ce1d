"""The file that the benchmarks read: CloudTrail records, one a line, the same for the same seed.

Records have about 1.5 KB; they stand up to 240 s out of order, and 0.3 % of them come twice. A
file of 1,000,000 rows holds 24 hours, some 20,000 addresses and 3,000 principals.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tests.bench.population import OWN_ADDRESSES, SHARED_ADDRESSES, Population

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SEED = 20260315
VERSION = 2
"""To be raised with every change to what is written: it makes old files be written anew."""

SPACING = 0.0864
"""Seconds from one event to the next: a million a day."""
MAX_DELAY = 200.0
"""Seconds from an event to its delivery; a record that comes twice is later still."""
REPEATED = 0.003
_REPEAT_WITHIN = 200
"""Records between the first and the second coming."""
_CHUNK = 20_000
_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_DENIED, _FAILED = 0.03, 0.02
_THINGS, _OBJECTS = 400, 20_000
"""Different things that one call is made on; data events know many more."""


def bench_file(folder: Path, rows: int, first: int = 0) -> Path:
    """The file of rows `first` to `first + rows` of the endless log; written if need be."""
    path = folder / f"cloudtrail-v{VERSION}-{SEED}-{first}-{rows}.jsonl"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as file:
            for block in blocks(rows, first):
                file.write(block)
        part.rename(path)
    return path


def blocks(rows: int, first: int = 0) -> Iterator[bytes]:
    """The same as bytes, some thousand lines at a time."""
    drawn = _Draws.make(_population(), rows, first)
    repeats = np.random.default_rng((SEED, first, 1))
    for start in range(0, rows, _CHUNK):
        lines = _lines(drawn, range(start, min(start + _CHUNK, rows)))
        _repeat(lines, repeats)
        yield "".join(lines).encode()


@lru_cache(maxsize=1)
def _population() -> Population:
    return Population(SEED)


@dataclass(frozen=True)
class _Draws:
    """What chance decides about every row, in the order of delivery."""

    second: NDArray[np.int64]
    caller: NDArray[np.int64]
    call: NDArray[np.int64]
    agent: NDArray[np.int64]
    address: NDArray[np.int64]
    thing: NDArray[np.float64]
    fate: NDArray[np.float64]
    ids: bytes

    @staticmethod
    def make(people: Population, rows: int, first: int) -> _Draws:
        random = np.random.default_rng((SEED, first))
        time = (first + np.arange(rows)) * SPACING
        second = time[np.argsort(time + random.random(rows) * MAX_DELAY)].astype(np.int64)
        caller = np.searchsorted(people.caller_shares, random.random(rows))
        own = random.integers(0, OWN_ADDRESSES, rows)
        shared = random.integers(OWN_ADDRESSES, OWN_ADDRESSES + SHARED_ADDRESSES, rows)
        return _Draws(
            second=second,
            caller=np.minimum(caller, len(people.callers) - 1),
            call=np.minimum(
                np.searchsorted(people.call_shares, random.random(rows)), len(people.calls) - 1
            ),
            agent=(caller * 7 + random.integers(0, 3, rows)) % len(people.agents),
            address=np.where(random.random(rows) < 0.9, own, shared),
            thing=random.random(rows) ** 2,
            fate=random.random(rows),
            ids=random.bytes(32 * rows),
        )


@lru_cache(maxsize=1 << 10)
def _stamp(second: int) -> str:
    return (_BEGIN + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1 << 15)
def _identity(caller: int, hour: int) -> str:
    return _population().callers[caller].identity(hour)


def _lines(drawn: _Draws, rows: range) -> list[str]:
    people = _population()
    at = slice(rows.start, rows.stop)
    ids = drawn.ids[32 * rows.start : 32 * rows.stop].hex()
    lines = []
    for row, (second, caller, call, agent, address, thing, fate) in enumerate(
        zip(
            drawn.second[at].tolist(),
            drawn.caller[at].tolist(),
            drawn.call[at].tolist(),
            drawn.agent[at].tolist(),
            drawn.address[at].tolist(),
            drawn.thing[at].tolist(),
            drawn.fate[at].tolist(),
            strict=True,
        )
    ):
        what = people.calls[call]
        number = f"{int(thing * (_OBJECTS if '%s' in what.after else _THINGS)):05d}"
        after = what.after.replace("%s", number)
        who = people.callers[caller]
        error = "" if fate > _DENIED + _FAILED else _error(fate, who.arn, what.name)
        n = row * 64
        lines.append(
            f'{{"eventVersion":"1.10","userIdentity":{_identity(caller, second // 3600)},'
            f'"eventTime":"{_stamp(second)}",{what.before}'
            f'"sourceIPAddress":"{people.address(caller, address)}",'
            f'"userAgent":"{people.agents[agent]}",{error}{what.request}{number}{after}'
            f'"requestID":"{_uuid(ids, n)}","eventID":"{_uuid(ids, n + 32)}",'
            f'"recipientAccountId":"{who.account}",{what.end}'
        )
    return lines


def _uuid(digits: str, at: int) -> str:
    return (
        f"{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-4{digits[at + 13 : at + 16]}"
        f"-a{digits[at + 17 : at + 20]}-{digits[at + 20 : at + 32]}"
    )


def _error(fate: float, arn: str, action: str) -> str:
    if fate < _DENIED:
        return (
            f'"errorCode":"AccessDenied","errorMessage":"User: {arn} is not authorized to perform: '
            f'{action} because no identity-based policy allows the {action} action",'
        )
    return '"errorCode":"ThrottlingException","errorMessage":"Rate exceeded",'


def _repeat(lines: list[str], random: np.random.Generator) -> None:
    """Puts earlier records in the place of some: they come a second time."""
    for row in np.flatnonzero(random.random(len(lines)) < REPEATED).tolist():
        if row:
            lines[row] = lines[row - int(random.integers(1, min(row, _REPEAT_WITHIN) + 1))]
