"""Whoever becomes critical is told of once, by a bell and a notification, unless that is off."""

from collections.abc import Callable

import pytest

from triage_tui.model import Entity
from triage_tui.store.filters import parse_time
from triage_tui.triage import Triage
from triage_tui.ui import alarm
from triage_tui.ui.alarm import Alarm
from triage_tui.ui.app import TriageApp
from triage_tui.ui.settings import TerminalSettings


def looked(watching: Alarm, triage: Triage) -> list[str]:
    return [entity.ref.key for found in watching.look(triage) for entity in found]


def test_who_becomes_critical_is_told_of_once(
    demo: Triage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm, "CRITICAL", 70)
    watching = Alarm()
    demo.clock.seek(parse_time("2026-03-15T02:00:00Z")[0])
    assert looked(watching, demo) == []
    demo.clock.to_end()
    assert "198.51.100.23" in looked(watching, demo)
    assert looked(watching, demo) == []


def test_what_is_on_the_screen_at_first_calls_nobody(
    demo: Triage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm, "CRITICAL", 70)
    watching = Alarm()
    assert looked(watching, demo) == []
    assert looked(watching, demo) == []


async def test_a_storm_calls_now_and_then(demo: Triage) -> None:
    entity = _top(demo)
    watching = Alarm()
    watching.wait([entity])
    assert watching.due(100.0) == [entity]
    watching.wait([entity, entity])
    assert watching.due(100.0 + alarm.QUIET / 2) == []
    assert watching.due(100.0 + alarm.QUIET) == [entity, entity]
    assert alarm.words([entity, entity]).endswith("and 1 more")


def _top(demo: Triage) -> Entity:
    from triage_tui.cli.looking import ranked
    from triage_tui.model import Kind
    from triage_tui.store.filters import ALL

    return ranked(demo, Kind.IP, ALL, 1)[0]


@pytest.mark.parametrize(
    ("terminal", "sent"),
    [
        (TerminalSettings(), ["\x07", "\x1b]9;triage-tui: 198.51.100.23 is critical"]),
        (TerminalSettings(bell=False), ["\x1b]9;triage-tui: 198.51.100.23 is critical"]),
        (TerminalSettings(bell=False, notify="off"), [""]),
    ],
)
async def test_the_terminal_is_asked_to_call(
    demo: Triage, terminal: TerminalSettings, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = TriageApp(demo, title="prod", mode="LIVE", terminal=terminal)
    found: list[str] = []
    monkeypatch.setattr(app, "send", found.append)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app._call([_top(demo)])
        await pilot.pause()
        assert len(found) == len(sent)
        assert all(one.startswith(other) for one, other in zip(found, sent, strict=True))


async def test_a_live_screen_listens(demo: Triage, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[Entity]] = []
    monkeypatch.setattr(alarm, "CRITICAL", 70)
    monkeypatch.setattr(alarm, "EVERY", 0.02)
    app = TriageApp(demo, title="prod", mode="LIVE")
    monkeypatch.setattr(app, "_call", called.append)
    app._alarm.known = set()  # nobody was critical when the first look was taken
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot.pause, lambda: bool(called))
    assert any(entity.ref.key == "198.51.100.23" for entity in called[0])


async def until(pause: Callable[..., object], condition: Callable[[], bool]) -> None:
    for _ in range(3000):
        if condition():
            return
        await pause(0.01)  # type: ignore[misc] # a coroutine function
    pytest.fail("it never came")
