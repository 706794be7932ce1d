"""Resources with known holes in their packages, and who reached them."""

from __future__ import annotations

import msgspec

from .entity import EntityRef
from .vulnerability import Vulnerability
from .words import NO_TIME, Severity


class Hole(msgspec.Struct, frozen=True):
    """A vulnerability of a package in one place, of all who tell of it."""

    id: str
    package: str
    said: tuple[Vulnerability, ...]
    """Who says what, the gravest first."""
    aliases: tuple[str, ...] = ()
    version: str = ""
    fixed: tuple[str, ...] = ()
    severity: Severity = Severity.NONE
    """The gravest of those who say that it is open."""
    score: float | None = None
    epss: float | None = None
    exploited: bool = False
    title: str = ""
    resource: str = ""
    open: bool = True
    remark: str = ""
    closed: int = NO_TIME
    """Since when it is no danger; NO_TIME where it is one, and where it never was."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Who tells of it."""
        return tuple(dict.fromkeys(each.source for each in self.said))


class Visitor(msgspec.Struct, frozen=True):
    """Who reached a resource, as of a cursor."""

    ref: EntityRef
    label: str
    events: int
    attempts: int
    """Requests among them that look like an exploit."""
    answered: int
    """Attempts that were not refused."""
    last: int


class Resource(msgspec.Struct, frozen=True):
    """What reports tell of: a function, an image, a folder; its holes, and who knocks."""

    name: str
    """A function's name; of all else what the report calls it."""
    arn: str
    """"" where it is not known."""
    holes: tuple[Hole, ...]
    """The worst first; those that are no danger last."""
    events: int
    attempts: int
    answered: int
    visitors: tuple[Visitor, ...]
    """Those who tried an exploit first, then those who came most."""

    @property
    def open(self) -> tuple[Hole, ...]:
        """The holes that are a danger."""
        return tuple(hole for hole in self.holes if hole.open)
