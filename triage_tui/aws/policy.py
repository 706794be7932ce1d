"""The least IAM policy for the configured features, as IAM takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypedDict

from .need import EVERYTHING
from .needs import needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .need import Configured, Home

LONGEST = 6144
"""Characters of a managed policy, white space not counted (a quota of IAM)."""


class Statement(TypedDict, total=False):
    """One statement of a policy; `Condition` where resources do not narrow it enough."""

    Sid: str
    Effect: str
    Action: list[str]
    Resource: list[str]
    Condition: dict[str, dict[str, list[str]]]


class Policy(TypedDict):
    """A policy document."""

    Version: str
    Statement: list[Statement]


class _Group(NamedTuple):
    """What actions have in common that stand in one statement."""

    feature: str
    resources: tuple[str, ...]
    regions: tuple[str, ...]
    condition: tuple[tuple[str, str, str], ...]


def policy(configured: Configured, homes: Sequence[Home], *, once: bool = False) -> Policy:
    """What the features need in these accounts and regions, and nothing else.

    With `once`, what sets the features up too. One document does for several accounts: in each,
    what it says of the others grants nothing.
    """
    grouped: dict[_Group, list[str]] = {}
    for feature, need in needed(configured, once=once):
        if not need.free:
            found = {arn: None for home in homes for arn in need.resources(configured, home)}
            where = {region for home in homes for region in need.regions(configured, home)}
            # Resources name their regions themselves.
            regions = tuple(sorted(where)) if EVERYTHING in found else ()
            group = _Group(feature.name, tuple(found), regions, need.condition)
            grouped.setdefault(group, []).append(need.action)
    statements: list[Statement] = []
    names: dict[str, int] = {}
    for (name, resources, regions, condition), actions in grouped.items():
        names[name] = names.get(name, 0) + 1
        number = "" if names[name] == 1 else str(names[name])
        statement = Statement(
            Sid=f"{_sid(name)}{number}",
            Effect="Allow",
            Action=actions,
            Resource=list(resources),
        )
        if regions and EVERYTHING not in regions:
            # These actions know no resources: the region is all that can be narrowed.
            statement["Condition"] = {"StringEquals": {"aws:RequestedRegion": list(regions)}}
        for test, key, value in condition:
            statement.setdefault("Condition", {}).setdefault(test, {})[key] = [value]
        statements.append(statement)
    return Policy(Version="2012-10-17", Statement=statements)


def _sid(name: str) -> str:
    """Letters and digits alone, which is what a Sid may have."""
    return "".join(part.capitalize() for part in name.split())
