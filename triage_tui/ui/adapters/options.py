"""Rows to choose from: what there is, what is chosen, and what shows while it is narrowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from widgets.columns import Cell, Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BOX = Column("box", "", 3)
"""The column of every step in which something is chosen."""
_BOXES = {True: Cell("[x]", "accent"), False: Cell("[ ]", "dim")}


class Option(NamedTuple):
    """Something to choose. `key` is its own for good."""

    key: str
    cells: tuple[Cell, ...]
    """Without the box before them."""
    about: tuple[str, ...] = ()
    """What the panel says of it."""


class Options:
    """Implements `TableModel` over what there is to choose from, boxes first."""

    def __init__(self, *, boxes: bool = True) -> None:
        """Without `boxes` nothing can be chosen: it is to be read."""
        self._boxes = boxes
        self.chosen: dict[str, None] = {}
        """Keys, in the order in which they were chosen; of rows that are gone too."""
        self.implied: set[str] = set()
        """Keys that are chosen by something else: a glob."""
        self.narrowed = ""
        """Shows the rows with this text in them alone."""
        self._all: dict[str, Option] = {}
        self._shown: list[str] = []
        self._places: dict[str, int] = {}

    # -- what there is ---------------------------------------------------------------------------

    def put(self, options: Iterable[Option]) -> None:
        """These are there too, or look otherwise now."""
        for option in options:
            self._all[option.key] = option
        self._arrange()

    def clear(self) -> None:
        """There is nothing; what was chosen stays so, should it come back."""
        self._all.clear()
        self._arrange()

    def narrow(self, text: str) -> None:
        """Shows the rows with this text in them alone."""
        self.narrowed = text.strip().lower()
        self._arrange()

    def _arrange(self) -> None:
        self._shown = [
            key
            for key, option in self._all.items()
            if not self.narrowed or any(self.narrowed in cell.text.lower() for cell in option.cells)
        ]
        self._places = {key: place for place, key in enumerate(self._shown)}

    @property
    def keys(self) -> Sequence[str]:
        """Of everything that there is."""
        return list(self._all)

    @property
    def count(self) -> int:
        """How many rows are chosen, in either way."""
        return sum(key in self.chosen or key in self.implied for key in self._all)

    @property
    def picked(self) -> list[str]:
        """Keys of what is there and chosen."""
        return [key for key in self.chosen if key in self._all]

    def about(self, key: str | None) -> tuple[str, ...]:
        """What the panel says of a row."""
        option = self._all.get(key or "")
        return option.about if option is not None else ()

    # -- choosing --------------------------------------------------------------------------------

    def choose(self, key: str, *, wanted: bool = True) -> None:
        """Chooses a row, or leaves it out."""
        if wanted:
            self.chosen[key] = None
        else:
            self.chosen.pop(key, None)

    def toggle(self, key: str) -> None:
        """Chooses a row; leaves it out where it was chosen."""
        self.choose(key, wanted=key not in self.chosen)

    def toggle_all(self) -> None:
        """Chooses every row that shows; where all of them are, none."""
        wanted = not all(key in self.chosen for key in self._shown)
        for key in self._shown:
            self.choose(key, wanted=wanted)

    # -- TableModel ------------------------------------------------------------------------------

    def row_count(self) -> int:
        return len(self._shown)

    def row(self, index: int) -> Row:
        key = self._shown[index]
        if not self._boxes:
            return Row(key, self._all[key].cells)
        box = Cell("[*]", "accent") if key in self.implied else _BOXES[key in self.chosen]
        return Row(key, (box, *self._all[key].cells))

    def index_of(self, key: str) -> int | None:
        return self._places.get(key)


def size_words(count: int) -> str:
    """Bytes as people say them: `1.2 GB`."""
    size = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def age_words(nanoseconds: int) -> str:
    """How long ago, in one unit: `4 min`."""
    seconds = max(0, nanoseconds // 1_000_000_000)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:,} {unit}"
    return "just now" if seconds < 5 else f"{seconds} s"


_LOOKS = (
    ("aws-waf-logs-", "WAF"),
    ("cloudtrail", "CloudTrail"),
    ("/aws/lambda/", "Lambda"),
    ("/aws/eks/", "EKS audit"),
    ("/aws/apigateway", "API Gateway"),
    ("api-gateway", "API Gateway"),
    ("flow", "VPC flow logs"),
    ("route53", "Route 53 Resolver"),
    ("resolver", "Route 53 Resolver"),
    ("cloudfront", "CloudFront"),
    ("alb", "load balancer"),
    ("nginx", "nginx"),
)


def looks_like(name: str) -> str:
    """What a log group holds, going by its name; "" where that does not say."""
    lower = name.lower()
    return next((words for mark, words in _LOOKS if mark in lower), "")


def glob_of(name: str) -> str:
    """Every group that begins like this one, up to the last `/`, `-`, `_` or `.` within it."""
    cut = max(name.rstrip("/-_.").rfind(mark) for mark in "/-_.")
    return f"{name[: cut + 1]}*" if cut > 0 else f"{name}*"
