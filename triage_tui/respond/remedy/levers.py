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
from .course import aim, changed_parts
from .findings import ArchiveLever, RateLever
from .functions import FunctionLever
from .group_rules import RuleLever
from .principals import KeyLever, SessionsLever, UserLever
from .quarantine import QuarantineLever

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.remedies import AnyChange, Change, Parts, Remedy

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


def staying(remedy: Remedy) -> dict[str, str]:
    """The parts of it that nobody can put back, and why not."""
    lever, before = lever_of(remedy.change), remedy.before
    changed = changed_parts(before, remedy.after)
    return {part: why for part in changed if (why := lever.stays(part, before.get(part)))}


def why_final(remedy: Remedy) -> str:
    """Why nothing of it can be taken back; "" where anything can."""
    stay = staying(remedy)
    if len(stay) < len(changed_parts(remedy.before, remedy.after)):
        return ""
    return "; ".join(dict.fromkeys(stay.values()))


def commands(lever: AnyLever, before: Parts, after: Parts) -> Sequence[str]:
    """What the AWS CLI would be told to make it."""
    region = lever.change.region
    return [command(call, region) for call in lever.write(before, aim(before, after))]
