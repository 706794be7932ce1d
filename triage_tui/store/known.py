"""What reports say of vulnerable packages, as of a cursor: by the function it is in."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.detect import holes as merging
from triage_tui.detect.reaching import Function, function_of, glob, is_arn_of_function
from triage_tui.model import NO_TIME, Hole, Severity, Vulnerability

if TYPE_CHECKING:
    from collections.abc import Iterable

    from triage_tui.detect.reaching import DependencySettings

_KEPT = 8
"""States of knowledge that are kept: there are as many as cursors that people go between."""


class Target(NamedTuple):
    """What holes are in."""

    name: str
    function: Function | None
    """None for what is no function, and nobody can reach."""
    arn: str
    holes: tuple[Hole, ...]
    """The worst first."""
    reached_by: tuple[str, ...] = ()
    """Resources that its tags name."""

    @property
    def level(self) -> Severity:
        """Of the gravest hole that is open, or was."""
        return max((merging.gravity(each) for each in self.told), default=Severity.NONE)

    @property
    def told(self) -> tuple[Hole, ...]:
        """The holes that are open, or were open for a while."""
        return tuple(each for each in self.holes if each.open or each.closed != NO_TIME)

    def until(self) -> int | None:
        """When the last of its holes was closed; None while one is open."""
        if any(each.open for each in self.holes):
            return None
        return max((each.closed for each in self.told), default=NO_TIME)


class Known:
    """Every statement, and what they come to."""

    def __init__(self) -> None:
        self.version = 0
        """Changes with each statement."""
        self._said: dict[tuple[str, ...], list[tuple[Vulnerability, str]]] = {}
        self._changes: list[int] = []
        """When updates were made, ascending: between two of them nothing changes."""
        self._kept: dict[tuple[object, ...], tuple[Target, ...]] = {}

    def __len__(self) -> int:
        """Statements, each in its newest version."""
        return len(self._said)

    def add(self, said: Vulnerability, report: str) -> None:
        """Takes in a statement, which stands in a report of that name."""
        key = (
            said.source,
            said.finding or said.id,
            said.resource or report,
            said.package,
            "" if said.finding else said.version,
            said.place,
        )
        versions = self._said.setdefault(key, [])
        if any(each == said for each, _ in versions):
            return
        versions.append((said, report))
        versions.sort(key=_age)
        if said.seen != NO_TIME:
            bisect.insort(self._changes, said.seen)
        self.version += 1

    def targets(self, until: int, settings: DependencySettings) -> tuple[Target, ...]:
        """What is known as of a time, the worst first. An update counts from when it was made; what
        was known first counts for the time before it too, for a hole is there before anybody
        looks."""
        state = (self.version, bisect.bisect_right(self._changes, until), settings)
        found = self._kept.get(state)
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))
            found = self._kept[state] = tuple(self._work_out(until, settings))
        return found

    def _work_out(self, until: int, settings: DependencySettings) -> list[Target]:
        current = [_as_of(versions, until) for versions in self._said.values()]
        homes = _Homes(settings, current)
        groups: dict[str, list[Vulnerability]] = {}
        for said, report in current:
            name = homes.name(said, report)
            groups.setdefault(name, []).append(msgspec.structs.replace(said, resource=name))
        found = []
        for name, group in groups.items():
            function = homes.functions.get(name)
            tags = {value for each in group for key, value in each.tags if key == settings.tag}
            reached_by = tuple(sorted({part for value in tags for part in value.split()}))
            arn = name if is_arn_of_function(name) else ""
            title = function.name if function else name
            holes = tuple(merging.merged(group))
            found.append(Target(title, function, arn, holes, reached_by if settings.tag else ()))
        return sorted(found, key=lambda each: (-each.level, -len(each.told), each.name, each.arn))


def _age(version: tuple[Vulnerability, str]) -> tuple[object, ...]:
    """By when it was said; what is said at one time in an order that does not depend on how it
    came."""
    said, report = version
    return (said.seen, said.open, repr(said), report)


def _as_of(versions: list[tuple[Vulnerability, str]], until: int) -> tuple[Vulnerability, str]:
    """The newest version up to a time, else the first."""
    at = max(0, bisect.bisect_right([said.seen for said, _ in versions], until) - 1)
    said, report = versions[at]
    if said.open:
        return said, report
    # Closed since the first version behind the last one that was open.
    was_open = max((n for n in range(at) if versions[n][0].open), default=None)
    if was_open is None:
        return said, report
    closed = versions[was_open + 1][0].seen
    return msgspec.structs.replace(said, closed=closed), report


class _Homes:
    """Which statement is about which function."""

    def __init__(
        self, settings: DependencySettings, said: Iterable[tuple[Vulnerability, str]]
    ) -> None:
        self._settings = settings
        self.functions: dict[str, Function] = {}
        """By what they are called here: the ARN where it is known, else the name."""
        self._arns: dict[str, list[str]] = {}
        for each, _ in said:
            if is_arn_of_function(each.resource) and each.resource not in self.functions:
                function = function_of(each.resource)
                if function is not None:
                    self.functions[each.resource] = function
                    self._arns.setdefault(function.name, []).append(each.resource)

    def name(self, said: Vulnerability, report: str) -> str:
        """What it is in: a function's ARN or name, else what the report calls it."""
        if said.resource in self.functions:
            return said.resource
        for each in self._settings.contents:
            pattern = glob(each.report)
            if any(pattern.match(text) for text in (said.resource, report) if text):
                return self._function(each.function)
        if said.resource.startswith("function:"):
            return self._function(said.resource)
        return said.resource or report

    def _function(self, text: str) -> str:
        """Of a function that is known by its ARN, that; where several have the name, the name."""
        function = function_of(text)
        if function is None:
            return text
        known = [
            arn
            for arn in self._arns.get(function.name, [])
            if function.is_like(self.functions[arn])
        ]
        name = known[0] if len(known) == 1 else text if is_arn_of_function(text) else function.name
        self.functions.setdefault(name, function)
        return name
