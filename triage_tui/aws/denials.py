"""Who denies a call, and what to change: read from the message with which AWS refuses it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 2
"""ARNs that a cure names."""
_RESOURCE = re.compile(r"\bon resource: (\S+)")
_DENIERS = (
    ("service control policy", "a service control policy of the organisation denies it"),
    ("resource control policy", "a resource control policy of the organisation denies it"),
    ("permissions boundary", "the permissions boundary of the user or role does not allow it"),
    ("session policy", "the policy of the session does not allow it"),
    ("VPC endpoint policy", "the policy of the VPC endpoint does not allow it"),
    ("explicit deny", "a policy denies it outright"),
)
"""What the message says, and who has to change what; in order, for a message may say two."""


def denier(said: str) -> str:
    """Who denies it, where that is not merely a policy that does not allow it; else ""."""
    return next((words for mark, words in _DENIERS if mark in said), "")


def resource(said: str) -> str:
    """The ARN that the call was denied for, as AWS names it; "" where it does not."""
    found = _RESOURCE.search(said)
    return found[1] if found else ""


def cure(action: str, resources: Sequence[str], said: str) -> str:
    """What to change so that an action is allowed."""
    who = denier(said)
    if who:
        return f"{who}: change that, and allow {action}"
    named = ", ".join(resources[:_SHOWN])
    more = f" and {len(resources) - _SHOWN} more" if len(resources) > _SHOWN else ""
    return f"allow {action} on {named}{more}: triage-tui policy prints the statement"
