"""What a change would mean, put together for whoever has to confirm it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.remedies import RemedyPlan
from triage_tui.respond.journal import ResponseError

from .guard import refusals
from .levers import commands

if TYPE_CHECKING:
    from triage_tui.model import GuardVerdict
    from triage_tui.remedies import Parts

    from .lever import AnyLever


def plan_of(
    lever: AnyLever,
    before: Parts,
    verdicts: tuple[GuardVerdict, ...],
    *,
    where: str,
    simulated: bool,
) -> RemedyPlan:
    """The plan for a change of what is there."""
    after = lever.wanted(before)
    return RemedyPlan(
        change=lever.change,
        title=lever.title,
        effects=tuple(lever.effects),
        before=before,
        after=after,
        verdicts=(*verdicts, *lever.concerns(before)),
        commands=tuple(commands(lever, before, after)) if after != before else (),
        undo=lever.undo,
        where=where,
        simulated=simulated,
        typed=lever.typed,
    )


def check(verdicts: tuple[GuardVerdict, ...]) -> None:
    """Raises ResponseError where the guard refuses."""
    reasons = refusals(verdicts)
    if reasons:
        raise ResponseError("The guard refuses", f"{'; '.join(reasons)}.", "Choose another answer.")


def is_so_already(title: str) -> ResponseError:
    """The error for a change that would change nothing."""
    return ResponseError(
        "It is so already",
        f"{title}: what is there is what it would be changed to.",
        "Somebody was faster; there is nothing to do.",
    )


def changed_meanwhile(title: str, words: str) -> ResponseError:
    """The error for a plan that is out of date."""
    return ResponseError(
        "Changed since the plan", f"{title}: {words}.", "Look at it again: plan it anew."
    )
