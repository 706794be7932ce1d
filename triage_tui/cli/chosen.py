"""What was chosen at set-up, as a config: the annotated example with those settings switched on."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.config import toml
from triage_tui.respond.settings import BlocklistSettings

from . import state
from .example import EXAMPLE, commented

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from triage_tui.choices import AddressSet, Chosen

_FAMILY = re.compile(r"[-_]?(ip)?v?[46]$", re.I)
_ODD = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 60


class _Setting(NamedTuple):
    """A key that was chosen, with its lines."""

    section: str
    key: str
    lines: tuple[str, ...]


def settings_lines(chosen: Chosen) -> list[str]:
    """The settings that the config says, without all that is commented out."""
    found: list[str] = []
    section = ""
    for setting in _settings(chosen):
        if setting.section != section:
            section = setting.section
            found.append(f"[{section}]")
        found += setting.lines
    for blocklist in blocklists(chosen.sets):
        found += _block(blocklist)
    return found


def config_text(chosen: Chosen) -> str:
    """The whole file."""
    wanted = {f"[{each.section}] #{each.key} =": each.lines for each in _settings(chosen)}
    blocks = [line for each in blocklists(chosen.sets) for line in _block(each)]
    found: list[str] = []
    section = ""
    for line in commented(EXAMPLE).splitlines():
        if line.startswith("["):
            section = line
        if line.startswith("#[[blocklist]]"):
            found += blocks
            blocks = []
        lines = wanted.pop(f"{section} {line.partition('=')[0]}=", None)
        found += [line] if lines is None else lines
    assert not wanted, wanted  # noqa: S101 - a test holds the example to it
    return "\n".join(found) + "\n"


def _settings(chosen: Chosen) -> Iterator[_Setting]:
    if chosen.profiles:
        yield _Setting("aws", "profiles", (f"profiles = {toml(chosen.profiles)}",))
    if chosen.regions:
        yield _Setting("aws", "regions", (f"regions = {toml(chosen.regions)}",))
    if chosen.groups:
        names = tuple(f"  {toml(name)}," for name in chosen.groups)
        yield _Setting("logs", "groups", ("groups = [", *names, "]"))
    yield _Setting("guardduty", "enabled", (f"enabled = {toml(chosen.guardduty)}",))


# -- blocklists ----------------------------------------------------------------------------------


def blocklists(sets: Sequence[AddressSet]) -> list[BlocklistSettings]:
    """Pairs of sets, one a family, where two belong together: by their names, or because there are
    no others in their place."""
    places: dict[tuple[object, str], list[AddressSet]] = {}
    for each in sets:
        places.setdefault((each.site, each.scope), []).append(each)
    found: list[BlocklistSettings] = []
    for there in places.values():
        for pair in _pairs(there):
            found.append(_blocklist(pair, [each.name for each in found]))
    return found


def _pairs(sets: Sequence[AddressSet]) -> Iterator[dict[int, AddressSet]]:
    by_family: dict[int, list[AddressSet]] = {4: [], 6: []}
    for each in sets:
        by_family[_version(each)].append(each)
    if len(by_family[4]) == len(by_family[6]) == 1:
        yield {4: by_family[4][0], 6: by_family[6][0]}
        return
    left = {_stem(each): each for each in by_family[6]}
    for each in by_family[4]:
        other = left.pop(_stem(each), None)
        yield {4: each} | ({6: other} if other is not None else {})
    for each in left.values():
        yield {6: each}


def _version(each: AddressSet) -> int:
    """The family, going by the name where nobody could read it."""
    return each.version or (6 if "6" in each.name[-4:] else 4)


def _stem(each: AddressSet) -> str:
    return _FAMILY.sub("", each.name)


def _blocklist(pair: dict[int, AddressSet], taken: Sequence[str]) -> BlocklistSettings:
    first = next(iter(pair.values()))
    stem = _ODD.sub("-", _stem(first))[:_LONGEST] or "blocklist"
    names = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(taken) + 2))
    return BlocklistSettings(
        name=next(name for name in names if name not in taken),
        scope=first.scope,
        region="" if first.scope == "CLOUDFRONT" else first.site.region,
        profile=first.site.profile,
        ipv4=pair[4].name if 4 in pair else "",
        ipv6=pair[6].name if 6 in pair else "",
    )


def _block(each: BlocklistSettings) -> Iterator[str]:
    yield "[[blocklist]]"
    for key in ("name", "scope", "region", "profile", "ipv4", "ipv6"):
        value = getattr(each, key)
        if value:
            yield f"{key} = {toml(value)}"


def write_new(path: Path, text: str) -> None:
    """Writes a file where there is none, for its owner alone. Raises OSError."""
    state.make(path.parent)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
