"""Counts as block characters: pure functions, no widget."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

BLOCKS = " ▁▂▃▄▅▆▇█"
"""Nothing to full, in eighths of a cell."""

_ZERO, _LEAST = 1, 2
"""The base line is an eighth high; any count at all is higher than that."""

SEVERITIES = 5


@dataclass(frozen=True, slots=True)
class Bucket:
    """A stretch of time: how many, the worst severity (0-4), and how many of each severity.

    Without `shares` (which add up to `count`) all counts as of the worst severity.
    """

    count: int
    worst: int = 0
    shares: tuple[int, ...] = ()


class Block(NamedTuple):
    """One cell: a block character, the severity that it shows, and the one behind it (or None)."""

    char: str
    severity: int | None = None
    behind: int | None = None


def _level(count: int, peak: int, full: int) -> int:
    """Eighths for a count, of `full` for the peak."""
    if count <= 0:
        return _ZERO
    return max(_LEAST, min(full, round(count * full / max(1, peak))))


def _log_level(count: int, peak: int) -> int:
    """Eighths for a count, on a scale that gives a single event and thousands their room."""
    if count <= 0:
        return _ZERO
    share = math.log1p(count) / math.log1p(max(1, peak))
    return max(_LEAST, min(8, round(8 * share)))


def common_peak(counts: int) -> int:
    """The top of a scale that many rows share: it changes seldom as counts grow."""
    return int(1 << max(0, counts - 1).bit_length())


def sparkline(counts: Sequence[int], width: int, peak: int | None = None) -> str:
    """Counts in exactly `width` cells, the latest at the right; blank where there are none.

    More counts than cells are added up in groups. Zero is `▁`, anything more is higher. A `peak`
    that several rows have in common puts them on one scale, which is logarithmic: beside a
    flood, a trickle is still seen.
    """
    if width <= 0:
        return ""
    if len(counts) > width:
        counts = [sum(group) for group in _groups(counts, width)]
    if peak is None:
        top = max(counts, default=0)
        levels = [_level(count, top, 8) for count in counts]
    else:
        levels = [_log_level(count, peak) for count in counts]
    return "".join(BLOCKS[level] for level in levels).rjust(width)


def _groups(counts: Sequence[int], width: int) -> list[Sequence[int]]:
    edges = [column * len(counts) // width for column in range(width + 1)]
    return [counts[low:high] for low, high in pairwise(edges)]


def _shares(bucket: Bucket) -> tuple[int, ...]:
    if bucket.shares:
        return (bucket.shares + (0,) * SEVERITIES)[:SEVERITIES]
    worst = max(0, min(SEVERITIES - 1, bucket.worst))
    return tuple(bucket.count if severity == worst else 0 for severity in range(SEVERITIES))


def resample(buckets: Sequence[Bucket], width: int) -> list[Bucket]:
    """One bucket for each of `width` columns: groups added up, or each drawn wider."""
    size = len(buckets)
    if not size or size == width:
        return list(buckets) or [Bucket(0)] * width
    if size < width:
        return [buckets[column * size // width] for column in range(width)]
    columns = []
    edges = [column * size // width for column in range(width + 1)]
    for low, high in pairwise(edges):
        group = buckets[low:high]
        columns.append(
            Bucket(
                sum(bucket.count for bucket in group),
                max(bucket.worst for bucket in group if bucket.count or bucket is group[0]),
                tuple(map(sum, zip(*map(_shares, group), strict=True))),
            )
        )
    return columns


def stack(bucket: Bucket, peak: int, full: int) -> list[int]:
    """The severity of each eighth of a column, from the base up, worst first.

    However few, the worse ones get an eighth before the milder ones get their share.
    """
    if bucket.count <= 0:
        return []
    level = _level(bucket.count, peak, full)
    shares = _shares(bucket)
    total = sum(shares)
    found: list[int] = []
    seen = 0
    for severity in reversed(range(SEVERITIES)):
        if shares[severity]:
            seen += shares[severity]
            upto = max(len(found) + 1, round(level * seen / total))
            found.extend([severity] * (min(level, upto) - len(found)))
    return found


def draw(
    buckets: Sequence[Bucket], width: int, height: int, peak: int | None = None
) -> list[list[Block]]:
    """The bars as `height` rows (the top one first) of `width` blocks."""
    columns = resample(buckets, width) if width > 0 else []
    top = max((bucket.count for bucket in columns), default=0) if peak is None else peak
    stacks = [stack(bucket, top, 8 * height) for bucket in columns]
    return [[_block(found, row, height) for found in stacks] for row in reversed(range(height))]


def _block(found: Sequence[int], row: int, height: int) -> Block:
    """The block of a column in one row (0 is the lowest)."""
    if not found:
        return Block(BLOCKS[_ZERO] if row == 0 else BLOCKS[0])
    part = found[8 * row : 8 * row + 8]
    if not part:
        return Block(BLOCKS[0])
    if height == 1:
        return Block(BLOCKS[len(part)], part[0])
    low = part.count(part[0])
    if low == len(part) or len(part) < 8:
        return Block(BLOCKS[len(part)], part[0])
    return Block(BLOCKS[low], part[0], max(part[low:]))
