"""Who shares the casebook, as the screens tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.ui.adapters import words
from widgets.status import StatusItem
from widgets.text import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.model import Case, EntityRef
    from triage_tui.triage import Triage

_NAMES = 3
"""So many are named; of more, the rest is counted."""
_WIDEST = 16
"""Cells of a name."""


def items(triage: Triage) -> list[StatusItem]:
    """What the status line says: how far a search of the past is, what waits here alone, and who
    else is there."""
    team, found = triage.team, list[StatusItem]()
    if triage.past is not None and triage.past.told:
        found.append(StatusItem(triage.past.told, "accent", 87))
    if team is None:
        return found
    waits = f", {words.number(team.waiting)} wait here" if team.waiting else ""
    if team.trouble:
        return [*found, StatusItem(f"casebook offline{waits}", "warning", 88)]
    names = _named([each.who for each in team.present])
    if names:
        found.append(StatusItem(f"with {names}", "dim", 46))
    return found


def on(triage: Triage, ref: EntityRef) -> str:
    """`mira` and `mira, ben`: who else looks at an entity; "" for nobody."""
    team = triage.team
    if team is None or not team.present:
        return ""
    subjects = set(ref.subjects)
    return _named([each.who for each in team.present if each.subject in subjects])


def disputes(case: Case) -> str:
    """`mira: closed`: what others decided who did not know of what shows; "" for nothing."""
    return ", ".join(
        f"{short(claim.author)}: {claim.value.value}" for claim in case.disputed[:_NAMES]
    )


def short(name: str) -> str:
    """A name, cut where it is long."""
    return fit(name, _WIDEST).rstrip()


def _named(names: Sequence[str]) -> str:
    shown = [short(name) for name in dict.fromkeys(names)]
    more = f" and {len(shown) - _NAMES} more" if len(shown) > _NAMES else ""
    return ", ".join(shown[:_NAMES]) + more
