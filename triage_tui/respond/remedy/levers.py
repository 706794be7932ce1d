"""The lever of each kind of change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.remedies import (
    ArchiveFindings,
    DeactivateKey,
    DenyInAcl,
    DenySessions,
    DenyUser,
    InvokeFunction,
    Quarantine,
    RateFindings,
    ReplaceRule,
)

from .acls import AclLever
from .calls import command
from .course import aim
from .findings import ArchiveLever, RateLever
from .functions import FunctionLever
from .group_rules import RuleLever
from .principals import KeyLever, SessionsLever, UserLever
from .quarantine import QuarantineLever

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.remedies import AnyChange, Change, Parts

    from .lever import AnyLever

_LEVERS: dict[type[Change], type[AnyLever]] = {
    DeactivateKey: KeyLever,
    DenySessions: SessionsLever,
    DenyUser: UserLever,
    ArchiveFindings: ArchiveLever,
    RateFindings: RateLever,
    InvokeFunction: FunctionLever,
    DenyInAcl: AclLever,
    ReplaceRule: RuleLever,
    Quarantine: QuarantineLever,
}


def lever_of(change: AnyChange) -> AnyLever:
    """How to make a change."""
    return _LEVERS[type(change)](change)


def commands(lever: AnyLever, before: Parts, after: Parts) -> Sequence[str]:
    """What the AWS CLI would be told to make it."""
    region = lever.change.region
    return [command(call, region) for call in lever.write(before, aim(before, after))]
