"""Finds the IP sets that a blocklist names, and creates those that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .address_sets import SetsError
from .journal import ResponseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .address_sets import AddressSets, IpSet, Who
    from .settings import BlocklistSettings

DESCRIPTION = "Blocked by triage-tui"
TAG = "triage-tui"
"""The key of the tag that marks a set as ours; its value is the blocklist's name."""
VERSIONS = (4, 6)


class Found(NamedTuple):
    """A blocklist's sets, and as whom they are used."""

    who: Who
    sets: dict[int, IpSet]
    """By IP version."""
    missing: dict[int, str]
    """The names of those that there are not, by IP version."""


async def find(settings: BlocklistSettings, sets: AddressSets) -> Found:
    """The sets of a blocklist, by name or id. Raises ResponseError where AWS does not say, or they
    are not what they must be."""
    try:
        who = await sets.who()
        listed = await sets.find(settings.scope)
        found: dict[int, IpSet] = {}
        missing: dict[int, str] = {}
        for version in VERSIONS:
            named = settings.named(version)
            if not named:
                continue
            one = _named(settings, named, listed)
            if one is None:
                missing[version] = named
            else:
                found[version] = _checked(settings, version, await sets.describe(one))
    except SetsError as error:
        raise unreachable(settings, error) from error
    return Found(who, found, missing)


def missing(settings: BlocklistSettings, found: Found) -> ResponseError | None:
    """What to say of the sets that there are not; None where all are there."""
    if not found.missing:
        return None
    names = " and ".join(repr(name) for name in found.missing.values())
    place = f"{settings.scope}, account {found.who.account}"
    if settings.home:
        place = f"{settings.scope} in {settings.home}, account {found.who.account}"
    return ResponseError(
        f"The blocklist {settings.name} is not whole",
        f"There is no IP set {names} ({place}).",
        "`triage-tui blocks init` creates it; or mend the name in the config.",
    )


async def create(settings: BlocklistSettings, version: int, sets: AddressSets) -> IpSet:
    """Creates the missing set of that version. Raises ResponseError."""
    named = settings.named(version)
    if named.count("-") == 4 and len(named) == 36:
        raise ResponseError(
            "No set can be made of an id",
            f"{settings.name} names a set by the id {named}, and AWS chooses ids itself.",
            "Write a name in the config, or the id of a set that there is.",
        )
    try:
        return await sets.create(settings.scope, named, version, DESCRIPTION, {TAG: settings.name})
    except SetsError as error:
        raise unreachable(settings, error) from error


def unreachable(settings: BlocklistSettings, error: SetsError) -> ResponseError:
    """The error in words for people."""
    words = error.words.rstrip(".")
    return ResponseError(f"Cannot use the blocklist {settings.name}", f"{words}.", error.fix)


def _named(settings: BlocklistSettings, named: str, listed: Sequence[IpSet]) -> IpSet | None:
    by_id = [each for each in listed if each.id == named]
    found = by_id or [each for each in listed if each.name == named]
    if len(found) > 1:
        raise ResponseError(
            "Two sets of one name",
            f"{len(found)} IP sets of {settings.scope} are called {named!r}.",
            "Name the one that is meant by its id.",
        )
    return found[0] if found else None


def _checked(settings: BlocklistSettings, version: int, found: IpSet) -> IpSet:
    if found.version != version:
        raise ResponseError(
            "A set of the other family",
            f"ipv{version} of the blocklist {settings.name} is {found.name}, "
            f"which holds IPv{found.version}.",
            "Name another set in the config.",
        )
    return found
