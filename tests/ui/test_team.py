"""Who shares the casebook shows on the screens, hostile names and all."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from triage_tui.model import Case, Claim, EntityRef, Kind, Presence, Status, Verdict
from triage_tui.triage import Triage
from triage_tui.ui.adapters import inspect, preview, team
from triage_tui.ui.adapters.overview import columns, state
from widgets.columns import arrange
from widgets.status import StatusItem

IP = EntityRef(Kind.IP, "203.0.113.7")
CASE = Case(status=Status.CONTAINED, disputed=(Claim(Status.CLOSED, "mira", 1),))


class Others:
    """Implements `ports.Team`."""

    trouble = ""
    waiting = 0

    def __init__(self, *present: Presence) -> None:
        self.present = present

    def look_at(self, subject: str) -> None: ...


def triage(others: Any) -> Triage:
    return cast("Triage", SimpleNamespace(team=others, past=None))


def said(items: Sequence[StatusItem]) -> str:
    return " | ".join(item.text for item in items)


def test_who_is_there_and_on_what() -> None:
    mira, ben = Presence("mira", "ip:203.0.113.7"), Presence("ben", "")
    here = triage(Others(mira, ben, ben))
    assert said(team.items(here)) == "with mira, ben"
    assert team.on(here, IP) == "mira"
    assert team.on(here, EntityRef(Kind.IP, "203.0.113.8")) == ""
    assert team.items(triage(None)) == []
    assert team.items(triage(Others())) == []
    many = triage(Others(*(Presence(name, "ip:203.0.113.7") for name in "abcde")))
    assert team.on(many, IP) == "a, b, c and 2 more"


def test_what_waits_is_told_while_the_table_is_away() -> None:
    away = Others()
    away.trouble, away.waiting = "no answer", 3
    assert said(team.items(triage(away))) == "casebook offline, 3 wait here"


def test_names_are_short_and_clean() -> None:
    evil = Presence("\x1b]52;c;ZXZpbA==\x07" * 9, "ip:203.0.113.7")
    shown = team.on(triage(Others(evil)), IP)
    assert "\x1b" not in shown
    assert len(shown) <= 16


def test_what_others_say_who_did_not_know_stands_beside_it() -> None:
    left, right = inspect.name_line(IP, "203.0.113.7", None, CASE, "", "", "mira, ben")
    assert "mira, ben are on this" in said(left)
    assert "≠ mira: closed" in said(right)
    assert "is on this" in said(inspect.name_line(IP, "x", None, Case(), "", "", "mira")[0])
    assert state(CASE, [], 0, "mira").text == "◑ contained ≠ @mira"
    assert state(Case(), [], 0).text == "new"
    both = Case(disputed=(Claim(Verdict.BENIGN, "a", 1), Claim(Status.OPEN, "b", 2)))
    assert team.disputes(both) == "a: benign, b: open"


def test_what_others_say_stands_in_the_panel_under_the_overview() -> None:
    [line] = preview.said(CASE, [], 0)
    assert "".join(cell.text for cell in line).startswith("◑ contained  ≠ mira: closed")
    [line] = preview.said(Case(disputed=CASE.disputed), [], 0)
    assert "new  ≠ mira: closed" in "".join(cell.text for cell in line)


@pytest.mark.parametrize("kind", [Kind.IP, Kind.NETWORK, Kind.PRINCIPAL, Kind.SERVICE])
def test_a_column_of_accounts_is_there_where_there_are_several(kind: Kind) -> None:
    def titles(width: int, *, accounts: bool) -> list[str]:
        made = columns(kind, width, places=True, accounts=accounts)
        return [slot.column.title for slot in arrange(made, width)]

    for width in (120, 150, 200):
        assert "ACCOUNT" in titles(width, accounts=True)
        assert "ACCOUNT" not in titles(width, accounts=False)
