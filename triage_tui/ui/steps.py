"""The steps of setting up: what each asks for, and what it makes of the answers. No Textual here:
a screen shows them."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from triage_tui.choices import DiscoveryError, Site
from triage_tui.respond.settings import HOME_OF_CLOUDFRONT
from triage_tui.ui.adapters.options import (
    BOX,
    Option,
    age_words,
    glob_of,
    looks_like,
    size_words,
)
from triage_tui.ui.step import Step
from widgets.columns import Cell, Column

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from triage_tui.choices import AddressSet, Group, Profile
    from triage_tui.ui.setup_steps import Setup


class Profiles(Step):
    """Whose accounts."""

    TITLE = "Profiles"
    ASKS = "Whose accounts are to be watched?"
    HINT = "These are the profiles of the AWS CLI; the config names them, and holds no credentials"
    EMPTY = "There is no profile in ~/.aws: run aws configure sso, and come back"
    COLUMNS = (
        BOX,
        Column("name", "PROFILE", None, 12, 2),
        Column("way", "SIGNS IN BY", None, 10, 1, drop=1),
        Column("region", "REGION", 14, drop=2),
    )
    NEEDED = True

    async def load(self) -> AsyncIterator[None]:
        """The profiles; where there is one alone, it is chosen."""
        try:
            found = await self.setup.discovery.profiles()
        except DiscoveryError as error:
            self.failed("", error)
            return
        self.setup.known = {each.name: each for each in found}
        self.options.put(map(_profile, found))
        named = [name for name in self.setup.wanted_profiles if name in self.setup.known]
        for name in named or ([found[0].name] if len(found) == 1 else []):
            self.options.choose(_key(name))
        yield


def _key(name: str) -> str:
    """A row's key is never empty."""
    return f"={name}"


def _profile(found: Profile) -> Option:
    name = Cell(found.name or "environment")
    return Option(_key(found.name), (name, Cell(found.way, "dim"), Cell(found.region, "dim")))


class Regions(Step):
    """Where."""

    TITLE = "Regions"
    ASKS = "In which regions?"
    HINT = "Each profile is watched in each of the regions"
    COLUMNS = (
        BOX,
        Column("region", "REGION", 18),
        Column("note", "", None, 10),
    )
    NEEDED = True

    @property
    def rests_on(self) -> object:
        return self.setup.profiles

    async def load(self) -> AsyncIterator[None]:
        """The regions of all chosen profiles; their own ones are chosen, and come first."""
        own = [self.setup.known[name].region for name in self.setup.profiles]
        first = (*self.setup.wanted_regions, *own)
        regions: dict[str, None] = dict.fromkeys(filter(None, first))
        for name in self.setup.profiles:
            try:
                there = await self.setup.discovery.regions(name)
            except DiscoveryError as error:
                self.failed(name, error)
                continue
            regions |= dict.fromkeys(each for each in there if each == HOME_OF_CLOUDFRONT)
            regions |= dict.fromkeys(there)
        self.options.put(
            Option(region, (Cell(region), Cell(_region_note(region, own), "dim")))
            for region in regions
        )
        if not self.options.picked:
            for region in self.setup.wanted_regions or own:
                if region:
                    self.options.choose(region)
        yield


def _region_note(region: str, own: Sequence[str]) -> str:
    notes = ["the profile's own"] if region in own else []
    if region == HOME_OF_CLOUDFRONT:
        notes.append("IAM and sign-in events, CloudFront")
    return "; ".join(notes)


class Groups(Step):
    """Which log groups."""

    TITLE = "Log groups"
    ASKS = "Which log groups are to be tailed?"
    EMPTY = "There is no log group here"
    HINT = "Space takes this group; * takes all that begin like it, those to come as well"
    COLUMNS = (
        BOX,
        Column("name", "LOG GROUP", None, 20, 3),
        Column("place", "WHERE", None, 12, 2, drop=1),
        Column("size", "SIZE", 7, align="right"),
        Column("last", "LAST EVENT", 10, align="right"),
        Column("looks", "LOOKS LIKE", 13, drop=2),
    )

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self.globs: dict[str, None] = {}
        """Chosen instead of the groups that match them."""
        self._groups: dict[str, Group] = {}
        self._last: dict[str, str] = {}

    @property
    def columns(self) -> Sequence[Column]:
        if len(self.setup.sites) > 1:
            return self.COLUMNS
        return [column for column in self.COLUMNS if column.key != "place"]

    @property
    def rests_on(self) -> object:
        return self.setup.sites

    async def load(self) -> AsyncIterator[None]:
        """A page at a time, place by place."""
        self._groups.clear()
        for site in self.setup.sites:
            try:
                async for page in self.setup.discovery.groups(site):
                    for group in page:
                        self._groups[f"{group.site}\t{group.name}"] = group
                    self._show([f"{group.site}\t{group.name}" for group in page])
                    yield
            except DiscoveryError as error:
                self.failed(site, error)
                yield

    async def look_up(self, keys: Sequence[str]) -> bool:
        """Finds out about the last event of the first of these of which nobody knows; whether
        there was one."""
        key = next((key for key in keys if key in self._groups and key not in self._last), None)
        if key is None:
            return False
        self._last[key] = "…"
        try:
            last = await self.setup.discovery.last_event(self._groups[key])
            self._last[key] = age_words(self.setup.wall() - last) if last else "never"
        except DiscoveryError:  # it may not be asked, and that is no matter
            self._last[key] = "?"
        except BaseException:  # cancelled: it is asked again
            del self._last[key]
            raise
        self._show([key])
        return True

    def toggle_glob(self, key: str) -> str:
        """Chooses every group that begins like this one, or no longer does; the glob."""
        name = self._groups[key].name
        glob = next((each for each in self.globs if fnmatch.fnmatchcase(name, each)), "")
        if glob:
            del self.globs[glob]
        else:
            glob = glob_of(name)
            self.globs[glob] = None
        self._imply()
        return glob

    def _imply(self) -> None:
        self.options.implied = {
            key
            for key, group in self._groups.items()
            if any(fnmatch.fnmatchcase(group.name, glob) for glob in self.globs)
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Globs, and the names that none of them covers."""
        single = [
            self._groups[key].name
            for key in self.options.picked
            if key not in self.options.implied and key in self._groups
        ]
        return (*self.globs, *dict.fromkeys(single))

    def unchosen(self) -> str:
        if self.names or not self.options.keys:
            return ""
        return "No log group is chosen. Enter goes on with GuardDuty and CloudTrail alone"

    def _show(self, keys: Sequence[str]) -> None:
        self._imply()
        self.options.put(self._option(key, self._groups[key]) for key in keys)

    def _option(self, key: str, group: Group) -> Option:
        tailed = group.log_class == "STANDARD"
        about = [] if tailed else [f"Of the class {group.log_class}: it cannot be tailed"]
        cells = {
            "name": Cell(group.name, "" if tailed else "dim"),
            "place": Cell(str(group.site), "dim"),
            "size": Cell(size_words(group.size)),
            "last": Cell(self._last.get(key, ""), "dim"),
            "looks": Cell(looks_like(group.name), "accent"),
        }
        shown = (cells[column.key] for column in self.columns if column is not BOX)
        return Option(key, tuple(shown), tuple(about))


class Detectors(Step):
    """Whether findings are wanted."""

    TITLE = "GuardDuty"
    ASKS = "Are GuardDuty's findings wanted?"
    HINT = "Chosen anywhere, findings are read wherever GuardDuty is enabled, at no charge"
    COLUMNS = (
        BOX,
        Column("place", "WHERE", None, 12),
        Column("state", "GUARDDUTY", None, 14),
        Column("detector", "DETECTOR", 32, drop=1),
    )

    @property
    def rests_on(self) -> object:
        return self.setup.sites

    async def load(self) -> AsyncIterator[None]:
        """The detector of each place; where there is one, it is chosen."""
        for site in self.setup.sites:
            try:
                found = await self.setup.discovery.detector(site)
            except DiscoveryError as error:
                self.failed(site, error)
                state, found = Cell("not known", "bad"), ""
            else:
                state = Cell("enabled", "good") if found else Cell("not enabled", "dim")
            self.options.put([Option(str(site), (Cell(str(site)), state, Cell(found, "dim")))])
            if found:
                self.options.choose(str(site))
            yield


class Sets(Step):
    """Where blocks go."""

    TITLE = "IP sets"
    ASKS = "In which WAF IP sets may you block? One for IPv4 and one for IPv6, each place"
    EMPTY = "There is no IP set here: triage-tui blocks init creates a pair, later"
    HINT = "Nothing is blocked by choosing: each block is planned, shown and confirmed by you"
    COLUMNS = (
        BOX,
        Column("name", "IP SET", None, 16, 2),
        Column("family", "FAMILY", 6),
        Column("scope", "SCOPE", 10),
        Column("place", "WHERE", None, 10, 1),
        Column("entries", "ENTRIES", 7, align="right", drop=1),
    )

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._sets: dict[str, AddressSet] = {}

    @property
    def rests_on(self) -> object:
        return self.setup.sites

    @property
    def picked(self) -> tuple[AddressSet, ...]:
        """What was chosen."""
        return tuple(self._sets[key] for key in self.options.picked)

    async def load(self) -> AsyncIterator[None]:
        """Those of each place, and CLOUDFRONT's of each profile."""
        self._sets.clear()
        asked = [(site, "REGIONAL") for site in self.setup.sites]
        asked += [(Site(name, HOME_OF_CLOUDFRONT), "CLOUDFRONT") for name in self.setup.profiles]
        for site, scope in asked:
            try:
                found = await self.setup.discovery.sets(
                    site, "CLOUDFRONT" if scope == "CLOUDFRONT" else "REGIONAL"
                )
            except DiscoveryError as error:
                self.failed(f"{site}, {scope}", error)
                yield
                continue
            for each in found:
                key = f"{each.site}\t{each.scope}\t{each.name}"
                self._sets[key] = each
                self.options.put([_set(key, each)])
            yield


def _set(key: str, each: AddressSet) -> Option:
    family = f"IPv{each.version}" if each.version else "?"
    cells = (
        Cell(each.name),
        Cell(family),
        Cell(each.scope, "dim"),
        Cell(str(each.site), "dim"),
        Cell(f"{each.entries:,}"),
    )
    return Option(key, cells)


class Write(Step):
    """What is going to be written."""

    TITLE = "Write"
    ASKS = "This is what the config will say; the file explains all other settings"
    HINT = "triage-tui doctor tells whether all of it works, triage-tui policy what it needs"
    COLUMNS = (Column("line", "", None, 20),)
    chooses = False

    @property
    def rests_on(self) -> object:
        return self.setup.chosen

    async def load(self) -> AsyncIterator[None]:
        """The lines that are settings; the file has the others too, commented out."""
        self.options.clear()
        self.options.put(
            Option(str(number), (Cell(line, "accent" if line.startswith("[") else ""),))
            for number, line in enumerate(self.setup.told(self.setup.chosen))
        )
        yield
