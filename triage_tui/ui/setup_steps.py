"""All steps of setting up, and what was chosen in them so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.choices import Chosen, Site
from triage_tui.ui.steps import Detectors, Groups, Profiles, Regions, Sets, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from triage_tui.choices import Profile
    from triage_tui.ports import Discovery
    from triage_tui.ui.step import Step


class Setup:
    """All steps, and what was chosen in them so far."""

    def __init__(
        self,
        discovery: Discovery,
        told: Callable[[Chosen], Sequence[str]],
        *,
        wall: Callable[[], int],
        profiles: Sequence[str] = (),
        regions: Sequence[str] = (),
    ) -> None:
        """`told` gives the settings that a config of the choices says, a line each; `profiles` and
        `regions` are chosen beforehand; `wall` tells the time in nanoseconds."""
        self.discovery = discovery
        self.told = told
        self.wall = wall
        self.wanted_profiles = tuple(profiles)
        self.wanted_regions = tuple(regions)
        self.known: dict[str, Profile] = {}
        self._profiles, self._regions = Profiles(self), Regions(self)
        self.groups, self._detectors = Groups(self), Detectors(self)
        self._sets = Sets(self)
        self.steps: tuple[Step, ...] = (
            self._profiles,
            self._regions,
            self.groups,
            self._detectors,
            self._sets,
            Write(self),
        )

    @property
    def profiles(self) -> tuple[str, ...]:
        """Names; "" is the environment, which goes alone: a config has no name for it."""
        names = tuple(key.removeprefix("=") for key in self._profiles.options.picked)
        return tuple(filter(None, names)) or names

    @property
    def sites(self) -> tuple[Site, ...]:
        """Every chosen profile in every chosen region."""
        regions = self._regions.options.picked
        return tuple(Site(profile, region) for profile in self.profiles for region in regions)

    @property
    def chosen(self) -> Chosen:
        """What was chosen so far."""
        return Chosen(
            profiles=tuple(filter(None, self.profiles)),
            regions=tuple(self._regions.options.picked),
            groups=self.groups.names,
            guardduty=bool(self._detectors.options.picked),
            sets=self._sets.picked,
        )
