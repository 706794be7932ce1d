"""Times as columns of a strip, and back: pure functions."""


def column_of(time: int | None, start: int, end: int, width: int) -> int | None:
    """The column of `width` that a time falls in; None outside of start to end."""
    if time is None or width <= 0 or not start <= time <= end:
        return None
    if end == start:
        return 0
    return min(width - 1, (time - start) * width // (end - start))


def times_of(column: int, start: int, end: int, width: int) -> tuple[int, int]:
    """The first and the last time from start to end that a column of `width` stands for."""
    span = end - start
    if span <= 0 or width <= 0:
        return start, max(start, end)
    first = start + -(-column * span // width)
    last = end if column == width - 1 else start + -(-(column + 1) * span // width) - 1
    return first, max(first, last)


def columns_of(kept: tuple[int, int] | None, start: int, end: int, width: int) -> tuple[int, int]:
    """The first and the last column that a range of time has a part in: all without a range, and
    none (the first behind the last) where it lies outside."""
    if kept is None or end <= start:
        return 0, width
    if kept[1] < start or kept[0] > end:
        return width, -1
    low = column_of(max(kept[0], start), start, end, width)
    high = column_of(min(kept[1], end), start, end, width)
    return low or 0, width if high is None else high
