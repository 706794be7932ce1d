"""The screen of rules, and the pane of detections."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.rules import compiled
from tests.ui.test_keeping import Kept, seen
from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.cli.readonly import NoBlocklist
from triage_tui.decoding import Decoders
from triage_tui.detect.ruleset import RuleSet
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.store.rulebook import rule_states
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp

RULES = """
title: Scanner at the [door]
id: 0a1b2c3d-0000-4000-8000-000000000001
author: Ada [b]
license: DRL 1.1
level: high
logsource: {category: webserver}
detection:
  s: {cs-uri-stem|startswith: /wp-admin}
  condition: s
---
title: Never here
id: 0a1b2c3d-0000-4000-8000-000000000002
level: critical
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventName: DeleteTable}
  condition: s
---
title: Everything
id: 0a1b2c3d-0000-4000-8000-000000000003
level: low
logsource: {category: webserver}
detection:
  s: {cs-method: GET}
  condition: s
"""
LINE = '203.0.113.{} - - [15/Mar/2026:02:13:{:02} +0000] "GET {} HTTP/1.1" 404 12 "-" "curl/8"\n'


async def _triage(tmp_path: Path, found: RuleSet) -> Triage:
    path = tmp_path / "access.log"
    lines = [LINE.format(n % 3, n, "/wp-admin/x" if n % 3 == 0 else "/") for n in range(60)]
    path.write_text("".join(lines))
    casebook = await SqliteCasebook.open(None, wall=lambda: 0)
    spool = Spool()
    made = Triage(
        [FileSource(str(path), wall=lambda: 0)],
        clock=ReplayClock(ticks=lambda: 0, wall_time=lambda: 0),
        spool=spool,
        raw=RawFiles([str(path)], spool),
        casebook=casebook,
        blocklist=NoBlocklist(),
        author="maria",
        decoders=Decoders(1, rules=found),
    )
    await made.run()
    return made


@pytest.fixture
async def triage(tmp_path: Path) -> AsyncIterator[Triage]:
    made = await _triage(tmp_path, compiled(RULES))
    yield made
    await made.close()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_rules_matched_and_what_they_cannot(
    triage: Triage, screen_text: Callable[[TriageApp], list[str]], size: tuple[int, int]
) -> None:
    app = TriageApp(triage, title="x")
    async with app.run_test(size=size) as pilot:
        await press(pilot, "R")
        text = "\n".join(screen_text(app))
        assert "Rules  3" in text
        assert "80 matches" in text
        assert "1 fire on everything" in text
        assert "1 cannot fire here" in text
        assert text.index("Everything") < text.index("Scanner at the") < text.index("Never here")
        await press(pilot, "x")
        text = "\n".join(screen_text(app))
        assert "20 matches" in text
        assert "1 muted" in text
        await press(pilot, "x")
        assert "80 matches" in "\n".join(screen_text(app))
        await press(pilot, "j", "enter")
        text = "\n".join(screen_text(app))
        assert "by Ada [b], licence DRL 1.1" in text


async def test_whom_a_rule_matched_is_a_key_away(
    triage: Triage, screen_text: Callable[[TriageApp], list[str]]
) -> None:
    app = TriageApp(triage, title="x")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "enter", "R", "f")  # from whom one inspects, over the rule on top
        text = "\n".join(screen_text(app))
        assert "filter: rule:Everything" in text
        assert "RISK SOURCE IP" in text
        await press(pilot, "escape", "R", "j", "f")
        assert "filter: rule:0a1b2c3d-0000" in "\n".join(screen_text(app))
        assert "1 of 3" in "\n".join(screen_text(app))
        await press(pilot, "R", "G", "f")
        assert "it matched nothing so far" in "\n".join(screen_text(app))


async def test_rules_are_found_by_a_text(
    triage: Triage, screen_text: Callable[[TriageApp], list[str]]
) -> None:
    app = TriageApp(triage, title="x")
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "R", "/", *"ada", "enter")
        text = "\n".join(screen_text(app))
        assert "1 rule with 'ada'" in text
        assert "Scanner at the [door]" in text
        assert "Never here" not in text
        assert "80 matches" in text
        await press(pilot, "/", *"[zz", "enter")
        assert "no rule has 'ada[zz' in it; Esc shows all" in "\n".join(screen_text(app))
        await press(pilot, "f", "x", "escape")
        text = "\n".join(screen_text(app))
        assert "Rules  3" in text
        assert "Never here" in text


async def test_the_detections_of_an_entity_name_the_author(
    triage: Triage, screen_text: Callable[[TriageApp], list[str]]
) -> None:
    app = TriageApp(triage, title="x")
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "g")
        assert "(Ada [b], DRL 1.1)" in "\n".join(screen_text(app))
        await press(pilot, "enter", "3")
        text = "\n".join(screen_text(app))
        assert "[Detections 2]" in text
        assert "Scanner at the [door]" in text
        assert "Ada [b]" in text
        await press(pilot, "f")
        assert 'rule:"0a1b' in "\n".join(screen_text(app)) or "rule:0a1b" in "\n".join(
            screen_text(app)
        )
        triage.clock.seek(1_773_540_790_000_000_000)
        app.show_now()
        await pilot.pause()
        assert triage.sight().detected < 80


async def test_without_rules_the_screen_says_so(
    demo: Triage, screen_text: Callable[[TriageApp], list[str]]
) -> None:
    app = TriageApp(demo, title="x")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "R")
        assert "no rule runs" in "\n".join(screen_text(app))


async def test_a_rule_that_is_muted_everywhere_stands_in_the_config_until_it_is_heard_again(
    triage: Triage, screen_text: Callable[[TriageApp], list[str]]
) -> None:
    kept = Kept()
    app = TriageApp(triage, title="x")
    app.keeper = kept
    before = triage.index.muted
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("R")
        await pilot.press("x")
        await seen(pilot, screen_text, "wrote rules.mute")
        ((kind, rule, entity, _),) = kept.told
        assert (kind, entity) == ("ignore", "")
        assert rule in {each.rule for each in triage.index.muted - before}
        kept.trouble = "the config is not yours"
        await pilot.press("x")
        await seen(pilot, screen_text, "the config is not yours")
        assert rule in {each.rule for each in triage.index.muted}
        kept.trouble = ""
        await pilot.press("x")
        await seen(pilot, screen_text, "took it out of rules.mute")
        assert triage.index.muted == before


async def test_a_rule_that_is_muted_for_somebody_is_told_and_heard_of_again(
    triage: Triage, screen_text: Callable[[TriageApp], list[str]]
) -> None:
    kept = Kept()
    app = TriageApp(triage, title="x")
    app.keeper = kept
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "g", "I", *"job", "enter")
        await seen(pilot, screen_text, "wrote rules.mute")
        ((_, rule, entity, _),) = kept.told
        await press(pilot, "R", "/", *"muted", "enter")
        text = "\n".join(screen_text(app))
        assert "1 muted for somebody" in text
        assert "muted for 1 entity" in text
        assert f"muted for {entity} (job); x hears of it there again" in text
        await pilot.press("x")
        await seen(pilot, screen_text, "took it out of rules.mute")
        assert kept.told[-1] == ("heed", rule, "entities")
        assert not triage.index.muted


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_was_refused_stands_at_the_end_with_its_place_and_the_reason(
    tmp_path: Path, screen_text: Callable[[TriageApp], list[str]], size: tuple[int, int]
) -> None:
    bad = "title: Bad [b]\nlogsource: {product: aws}\ndetection: {s: {a: b}, condition: s and t}\n"
    triage = await _triage(tmp_path, compiled(RULES, bad))
    app = TriageApp(triage, title="x")
    async with app.run_test(size=size, notifications=True) as pilot:
        await press(pilot, "R")
        text = "\n".join(screen_text(app))
        assert "Rules  3" in text
        assert "1 refused, at the end" in text
        assert "cannot fire here" in text
        await press(pilot, "G")
        text = "\n".join(screen_text(app))
        assert "rules-2.yml:1" in text
        assert "Detection 't' not defined" in text
        await press(pilot, "x")
        assert "it does not run" in "\n".join(screen_text(app))
        await press(pilot, "enter")
        assert "Detection 't' not defined in detections" in "\n".join(screen_text(app))
    await triage.close()


async def test_what_is_told_of_fields_follows_what_comes(tmp_path: Path) -> None:
    """It is worked out once, for thousands of rules, and anew when a field comes."""
    waiting = (
        "title: Waits\nlevel: low\nlogsource: {category: webserver}\n"
        "detection: {s: {cs-host: shop.example}, condition: s}\n"
    )
    triage = await _triage(tmp_path, compiled(waiting))

    def told() -> list[tuple[str, ...]]:
        return [state.never_seen for state in rule_states(triage.sight())]

    assert told() == told() == [("cs-host",)]
    triage.index.there.add("cs-host")
    assert told() == [()]
    await triage.close()
