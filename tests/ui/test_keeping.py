"""Decisions for good: `P` and `I` ask why, write the config, and hold from then on."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from triage_tui.model import EntityRef, GuardLevel, KeepError, Kind
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp

Lines = Callable[[TriageApp], list[str]]
INTRUDER = "198.51.100.23"


class Kept:
    """A `ports.Keeper` that remembers."""

    def __init__(self, trouble: str = "") -> None:
        self.told: list[tuple[str, ...]] = []
        self.trouble = trouble

    async def protect(self, cidr: str, reason: str) -> str:
        if self.trouble:
            raise KeepError(self.trouble)
        self.told.append(("protect", cidr, reason))
        return "wrote protect"

    async def ignore(self, rule: str, entity: str, reason: str) -> str:
        self.told.append(("ignore", rule, entity, reason))
        return "wrote rules.mute"

    async def heed(self, rule: str, *, entities: bool = False) -> str:
        if self.trouble:
            raise KeepError(self.trouble)
        self.told.append(("heed", rule, *(["entities"] if entities else [])))
        return "took it out of rules.mute"

    async def keep_filter(self, name: str, filter_: str) -> str:
        self.told.append(("filter", name, filter_))
        return "wrote filters"


async def seen(pilot: Pilot[None], screen_text: Lines, words: str) -> None:
    """Waits until the screen says that."""
    app = pilot.app
    assert isinstance(app, TriageApp)
    for _ in range(3000):
        await pilot.pause(0.01)
        if words in "\n".join(screen_text(app)):
            return
    raise AssertionError("\n".join([f"never said: {words}", *screen_text(app)]))


def app_of(triage: Triage, keeper: Kept | None) -> TriageApp:
    app = TriageApp(triage, title="incident")
    app.keeper = keeper
    return app


async def test_an_address_that_is_protected_is_refused_at_once(
    demo: Triage, screen_text: Lines
) -> None:
    kept = Kept()
    app = app_of(demo, kept)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("P")
        await seen(pilot, screen_text, f"why {INTRUDER} is never blocked")
        await pilot.press(*"ours", "enter")
        await seen(pilot, screen_text, "wrote protect")
        assert kept.told == [("protect", INTRUDER, "ours")]
    plan = await demo.plan_block([EntityRef(Kind.IP, INTRUDER)])
    levels = {verdict.rule: verdict.level for verdict in plan.choices[0].verdicts}
    assert levels["protect"] is GuardLevel.REFUSE


@pytest.mark.parametrize("keys", [("escape",), ("x", "escape")])
async def test_whoever_gives_up_writes_nothing(
    demo: Triage, screen_text: Lines, keys: tuple[str, ...]
) -> None:
    kept = Kept()
    async with app_of(demo, kept).run_test(size=(80, 24)) as pilot:
        await pilot.press("P")
        await seen(pilot, screen_text, "is never blocked")
        await pilot.press(*keys)
        await pilot.pause()
    assert kept.told == []


async def test_what_cannot_be_written_is_told(demo: Triage, screen_text: Lines) -> None:
    app = app_of(demo, Kept("/etc/config.toml: cannot be written: Permission denied"))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("P")
        await seen(pilot, screen_text, "is never blocked")
        await pilot.press("enter")
        await seen(pilot, screen_text, "cannot be written")


async def test_what_makes_no_sense_is_told(demo: Triage, screen_text: Lines) -> None:
    app = app_of(demo, None)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("P")
        await seen(pilot, screen_text, "the demo leaves the config alone")
        await pilot.press("I")
        await seen(pilot, screen_text, "no rule has matched anything of")
        await pilot.press("tab", "P")
        await seen(pilot, screen_text, "only addresses and networks")
