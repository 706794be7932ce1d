"""The probes for the IP sets of blocklists, and what is wrong with the sets that are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.health import Checked, CheckState
from triage_tui.respond.settings import HOME_OF_CLOUDFRONT

from .trouble import CALL_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_aiobotocore_wafv2 import WAFV2Client

    from triage_tui.respond.settings import BlocklistSettings, Scope

    from .checks import ScopeCheck
    from .ground import Ground

_PAGE = 100
_NO_SET = "00000000-0000-0000-0000-000000000000"
_FAMILIES = {"IPV4": 4, "IPV6": 6}


class NamedSet(NamedTuple):
    """An IP set that a blocklist names."""

    scope: Scope
    named: str
    """By name or id."""
    version: int
    """The family that it is named for: 4 or 6."""
    blocklist: str


class FoundSet(NamedTuple):
    """An IP set that there is."""

    name: str
    id: str


def named_sets(blocklists: tuple[BlocklistSettings, ...]) -> Iterator[NamedSet]:
    """The sets that blocklists name."""
    for each in blocklists:
        for version in (4, 6):
            if each.named(version):
                yield NamedSet(each.scope, each.named(version), version, each.name)


async def list_sets(ground: Ground) -> str:
    """Finds the sets that are named. Raises one of `CALL_ERRORS`."""
    client = await ground.access.client("wafv2")
    found: dict[NamedSet, FoundSet] = {}
    wanted = list(named_sets(ground.configured.blocklists))
    for scope in dict.fromkeys(each.scope for each in wanted):
        there = await _listed(client, scope)
        for each in wanted:
            if each.scope == scope and each.named in there:
                found[each] = there[each.named]
    ground.sets = found
    return f"{len(found)} of the {len(wanted)} IP sets that are named"


async def read_sets(ground: Ground) -> str:
    """Reads the sets, or asks for one of the name where they could not be listed: whoever may
    read it hears that there is none. Raises one of `CALL_ERRORS`."""
    client = await ground.access.client("wafv2")
    wanted = list(named_sets(ground.configured.blocklists))
    for each in wanted:
        known = (ground.sets or {}).get(each)
        if known is None and ground.sets:
            continue  # others are there to be read
        name, key = known or FoundSet(each.named, _NO_SET)
        answer = await client.get_ip_set(Name=name, Scope=each.scope, Id=key)
        ground.families[each] = _FAMILIES[answer["IPSet"]["IPAddressVersion"]]
    return "the sets of the blocklists read"


async def _listed(client: WAFV2Client, scope: Scope) -> dict[str, FoundSet]:
    """Every set of a scope, by its name and by its id."""
    found: dict[str, FoundSet] = {}
    marker = ""
    while True:
        more = {"NextMarker": marker} if marker else {}
        page = await client.list_ip_sets(Scope=scope, Limit=_PAGE, **more)
        for each in page["IPSets"]:
            found[each["Name"]] = found[each["Id"]] = FoundSet(each["Name"], each["Id"])
        # A marker may come with the last page too: the one after it is empty.
        marker = page.get("NextMarker", "") if page["IPSets"] else ""
        if not marker:
            return found


# -- what is wrong with them ---------------------------------------------------------------------


async def wrong_sets(of: ScopeCheck) -> list[Checked]:
    """Sets that are not there, or hold the other family; none where they could not be listed."""
    found: list[Checked] = []
    if of.ground.sets is None:
        return found
    for each in named_sets(of.configured.blocklists):
        if each not in of.ground.sets:
            words = f"there is no IP set {each.named} (scope {each.scope}, for IPv{each.version})"
            found.append(_row(of, each, words, await _cure(of, each)))
        elif of.ground.families.get(each, each.version) != each.version:
            words = f"the IP set {each.named} does not hold IPv{each.version}"
            fix = f"name it as ipv{10 - each.version} of [[blocklist]] {each.blocklist}"
            found.append(_row(of, each, words, fix))
    return found


def _row(of: ScopeCheck, each: NamedSet, words: str, fix: str) -> Checked:
    return Checked(CheckState.FAILS, "blocklists", each.blocklist, of.name, words, fix)


async def _cure(of: ScopeCheck, missing: NamedSet) -> str:
    """The other scope, where the set is there; else how to make it."""
    scope: Scope = "REGIONAL" if missing.scope == "CLOUDFRONT" else "CLOUDFRONT"
    region = HOME_OF_CLOUDFRONT if scope == "CLOUDFRONT" else of.access.scope.region
    access = of.access.sibling(region)
    try:
        client = await access.client("wafv2")
        is_there = missing.named in await _listed(client, scope)
    except CALL_ERRORS:
        is_there = False
    finally:
        await access.close()
    if is_there:
        return f'it is of the scope {scope}: say scope = "{scope}" in [[blocklist]]'
    return "create it with triage-tui blocks init, or mend its name, scope, region or profile"
