"""What there is to configure, as whoever is asked sees it; and what was chosen."""

from __future__ import annotations

from typing import Literal, NamedTuple

SetScope = Literal["REGIONAL", "CLOUDFRONT"]


class DiscoveryError(Exception):
    """What there is could not be found out: why, and what to do."""

    def __init__(self, words: str, cure: str = "") -> None:
        super().__init__(f"{words}: {cure}" if cure else words)
        self.words = words
        self.cure = cure


class Profile(NamedTuple):
    """A profile of ~/.aws."""

    name: str
    """"" is what the environment says."""
    way: str = ""
    """How its credentials are had: `IAM Identity Center`, `role …`."""
    region: str = ""


class Site(NamedTuple):
    """Whose account, and where."""

    profile: str
    """"" is what the environment says."""
    region: str

    def __str__(self) -> str:
        return f"{self.profile} {self.region}" if self.profile else self.region


class Group(NamedTuple):
    """A log group."""

    site: Site
    name: str
    size: int
    """Bytes that are kept."""
    log_class: str = "STANDARD"


class AddressSet(NamedTuple):
    """An IP set of WAFv2."""

    site: Site
    """Its region is us-east-1 where the scope is CLOUDFRONT."""
    scope: SetScope
    name: str
    version: int
    """4 or 6; 0 where nobody may read it."""
    entries: int = 0


class Chosen(NamedTuple):
    """What was chosen: what a config will say."""

    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """Names and globs."""
    guardduty: bool = True
    sets: tuple[AddressSet, ...] = ()
