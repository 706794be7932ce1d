"""Whatever stands in a log, nothing of it but plain text reaches the terminal."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.app import App
from textual.pilot import Pilot

from triage_tui.model import Kind
from triage_tui.store.filters import parse
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from widgets.text import cell_len

Lines = Callable[[App[None]], list[str]]
Make = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]

HOSTILE = (
    "\x1b]52;c;aGVsbG8=\x07",
    "[/x] [red]r[/red] [@click=app.quit]q[/] [",
    "\u202eevil\u2066 \u200b\u2028",
    "\ud800\udfff lone",
    "\x9b31m \x00 \x7f\r\n\t",
    "日本語の長い名前" * 4,
    "a\u0301\u0302\u0303\u0304\u0305 e\u0301",
)


def record(number: int, text: str) -> dict[str, object]:
    """A CloudTrail event with one text wherever a caller has a say."""
    return {
        "eventVersion": "1.08",
        "eventID": f"00000000-0000-0000-0000-{number:012d}",
        "eventTime": f"2026-03-15T02:{number % 60:02d}:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": f"Delete{text}",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": f"203.0.113.{number % 200}" if number % 2 else text,
        "userAgent": text,
        "errorCode": "AccessDenied",
        "errorMessage": text,
        "requestParameters": {"bucketName": text, "key": text},
        "userIdentity": {
            "type": "IAMUser",
            "principalId": f"AIDA{number}{text}",
            "arn": f"arn:aws:iam::111122223333:user/{text}",
            "accountId": "111122223333",
            "userName": text,
        },
    }


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(3):
        await pilot.pause()


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_nothing_leaks(
    triage_of: Make, leaks: Lines, screen_text: Lines, size: tuple[int, int]
) -> None:
    triage = await triage_of(record(n, HOSTILE[n % len(HOSTILE)]) for n in range(42))
    app = TriageApp(triage, title="\x1b[31m[/x]\u202e.jsonl", mode="REPLAY")
    async with app.run_test(size=size, notifications=True) as pilot:
        for text in HOSTILE:
            await triage.note("ip:203.0.113.1", text)
        for kind in ("tab", "tab", "tab", "tab"):
            for key in ("j", "j", "j", "j", kind):
                await pilot.press(key)
                await settle(pilot)
                assert leaks(app) == []
                assert all(cell_len(line) == size[0] for line in screen_text(app))


async def test_notes_filters_and_toasts_leak_nothing(triage_of: Make, leaks: Lines) -> None:
    triage = await triage_of(record(n, HOSTILE[n % len(HOSTILE)]) for n in range(14))
    app = TriageApp(triage, title="x", initial_kind=Kind.PRINCIPAL)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for _ in range(len(HOSTILE)):
            for key in ("y", ";", "escape", "s", "escape", "f", "escape", "j"):
                await pilot.press(key)
                await pilot.pause()
                assert leaks(app) == []
        for text in HOSTILE:
            app.say(text, "error")
            await settle(pilot)
            assert leaks(app) == []
            assert all(ord(char) >= 32 for char in app.clipboard)


async def test_hostile_decisions_leak_nothing(triage_of: Make, leaks: Lines) -> None:
    triage = await triage_of([record(1, "plain")])
    app = TriageApp(triage, title="x")
    async with app.run_test(size=(100, 30)) as pilot:
        ref = triage.look(Kind.IP)
        assert len(ref) == 1
        for text in HOSTILE:
            await triage.note("ip:203.0.113.1", text)
            await triage.casebook.tag("ip:203.0.113.1", text, author=text, cursor=0)
            app.show_now()
            await settle(pilot)
            assert leaks(app) == []


async def test_pastes_are_cleaned_wherever_they_land(demo: Triage, leaks: Lines) -> None:
    from textual import events

    app = TriageApp(demo, title="x")
    async with app.run_test(size=(80, 24)) as pilot:
        for key in (":", "/"):
            await pilot.press(key)
            await settle(pilot)
            app.post_message(events.Paste("a\x1b]0;t\x07b\u202e\nsecond"))
            for _ in range(20):
                await pilot.pause(0.01)
            assert leaks(app) == []
            await pilot.press("escape")
            await settle(pilot)


async def test_a_hostile_filter_is_shown_clean(demo: Triage, leaks: Lines) -> None:
    app = TriageApp(demo, title="x", initial_filter=parse('path:"\x1b]0;t\x07[/x]\u202e"'))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert leaks(app) == []


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
async def test_any_text_is_shown_clean(
    triage_of: Make, leaks: Lines, text: str, other: str
) -> None:
    triage = await triage_of([record(1, text), record(2, other), record(3, text + other)])
    app = TriageApp(triage, title=text, initial_kind=Kind.PRINCIPAL)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        app.say(other)
        await settle(pilot)
        assert leaks(app) == []
        await pilot.press("f")
        await settle(pilot)
        assert leaks(app) == []
