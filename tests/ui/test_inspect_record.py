"""Records on the inspect screen: folded, searched, masked, and hostile to the last byte."""

import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from triage_tui.model import EntityRef, Kind
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.record_pane import AT_ONCE
from triage_tui.ui.screens.inspect import InspectScreen
from widgets.text import is_safe

Lines = Callable[[App[None]], list[str]]
Make = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]
INTRUDER = EntityRef(Kind.IP, "198.51.100.23")
NASTY = "\x1b]0;owned\x07[/red]\x9b31m\u202egnp\u200b日本\ud800[@click=app.quit]x[/]"
KEY = "AKIAIOSFODNN7EXAMPLE"


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


async def copy(pilot: Pilot[None], app: TriageApp) -> None:
    await press(pilot, "y", "y")
    await app.workers.wait_for_complete()


async def inspect(pilot: Pilot[None], app: TriageApp, ref: EntityRef) -> InspectScreen:
    screen = InspectScreen(app.triage, ref)
    await app.push_screen(screen)
    await settle(pilot)
    return screen


def call(number: int, **more: object) -> dict[str, object]:
    """A CloudTrail record of one user."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": "arn:aws:iam::111122223333:user/eve",
            "accountId": "111122223333",
            "accessKeyId": KEY,
            "userName": "eve",
        },
        "eventTime": f"2026-03-15T02:00:{number:02}Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.9",
        "userAgent": "curl/8",
        "requestID": f"R{number}",
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
        **more,
    }


def hostile() -> list[dict[str, object]]:
    """What an attacker can write into a log, in every field that the screen shows."""
    who = {
        "type": "IAMUser",
        "principalId": f"AIDA{NASTY}",
        "arn": f"arn:aws:iam::111122223333:user/{NASTY}",
        "accountId": "111122223333",
        "userName": NASTY,
    }
    return [
        call(
            number,
            userIdentity=who,
            eventName=f"{NASTY}{number}",
            userAgent=NASTY,
            awsRegion=NASTY,
            requestParameters={NASTY: NASTY, "bucketName": NASTY},
            errorCode="AccessDenied",
            errorMessage=NASTY,
        )
        for number in range(12)
    ]


@pytest.mark.parametrize(("size", "beside"), [((80, 24), False), ((120, 40), True)])
async def test_enter_opens_the_record_beside_the_list_or_in_its_place(
    demo: Triage, screen_text: Lines, size: tuple[int, int], beside: bool
) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=size) as pilot:
        screen = await inspect(pilot, app, INTRUDER)
        await press(pilot, "k", "k", "enter")
        text = "\n".join(screen_text(app))
        assert "2026-03-15 Sun 02:19:15Z  CreateUser" in text
        assert '"eventVersion": "1.11"' in text
        assert ("ACTION" in text) is beside
        assert screen.reading
        await press(pilot, "escape")
        assert screen.table.has_focus
        if beside:
            assert screen.detail.is_open
            await press(pilot, "j")  # it follows the cursor of the list
            assert "Sun 02:19:22Z  AttachUserPolicy" in "\n".join(screen_text(app))
            await press(pilot, "escape")
        assert not screen.detail.is_open
        assert app.screen is screen


async def test_search_in_the_record(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inspect(pilot, app, INTRUDER)
        await press(pilot, "k", "k", "enter", "slash", *"svc", "enter")
        view = screen.detail.view
        first = view.cursor_value
        assert first is not None
        assert "svc" in first
        await press(pilot, "n")
        assert view.cursor_value is not None
        assert "svc" in view.cursor_value
        assert "svc: " in "\n".join(screen_text(app))
        await press(pilot, "slash", *"qqq", "enter")
        assert "no lines" in "\n".join(screen_text(app))


async def test_secrets_are_masked_until_r_and_never_copied(
    triage_of: Make, screen_text: Lines
) -> None:
    triage = await triage_of([call(1)])
    app = TriageApp(triage, title="records")
    async with app.run_test(size=(80, 40)) as pilot:
        screen = await inspect(pilot, app, EntityRef(Kind.IP, "203.0.113.9"))
        await press(pilot, "enter")
        text = "\n".join(screen_text(app))
        assert KEY not in text
        assert "secrets masked" in text
        await press(pilot, "r")
        text = "\n".join(screen_text(app))
        assert KEY in text
        assert "secrets shown" in text
        await copy(pilot, app)
        assert '"eventName"' in app.clipboard
        assert KEY not in app.clipboard
        await press(pilot, "escape")
        assert not screen.detail.revealed
        await copy(pilot, app)
        assert KEY not in app.clipboard


async def test_filter_by_a_value_of_the_record(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inspect(pilot, app, INTRUDER)
        await press(pilot, "k", "k", "enter", "slash", *"eventName", "enter", "f")
        assert screen.selected.text == "action:CreateUser"
        assert not screen.detail.is_open
        assert screen.events.row_count() == 1


async def test_a_file_that_is_gone_is_said_in_place(
    triage_of: Make, screen_text: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    triage = await triage_of([call(1)])

    def gone(_row: int) -> str:
        raise FileNotFoundError(2, "No such file or directory", "night.jsonl")

    monkeypatch.setattr(triage, "raw_text", gone)
    app = TriageApp(triage, title="records")
    async with app.run_test(size=(80, 24)) as pilot:
        await inspect(pilot, app, EntityRef(Kind.IP, "203.0.113.9"))
        await press(pilot, "enter")
        text = "\n".join(screen_text(app))
        assert "cannot read this record again" in text
        assert "No such file or directory" in text
        assert "put the file back" in text


class Slow:
    """Answers for one record at a time, when a test lets it."""

    def __init__(self, triage: Triage) -> None:
        self._read = triage.raw_text
        self.turns: list[threading.Event] = []

    def __call__(self, row: int) -> str:
        self.turns.append(turn := threading.Event())
        turn.wait(10)
        return self._read(row)

    async def asked(self, pilot: Pilot[None], times: int) -> None:
        for _ in range(1000):
            if len(self.turns) >= times:
                return
            await pilot.pause(0.01)
        raise AssertionError("no record was asked for")

    async def answer(self, pilot: Pilot[None], turn: int) -> None:
        await self.asked(pilot, turn + 1)
        self.turns[turn].set()
        await settle(pilot)


async def test_a_long_record_is_read_beside_and_never_shown_for_another(
    triage_of: Make, screen_text: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = [call(n, requestParameters={"text": "x" * AT_ONCE}) for n in (1, 2, 3)]
    triage = await triage_of([*long, call(4)])
    slow = Slow(triage)
    monkeypatch.setattr(triage, "raw_text", slow)
    app = TriageApp(triage, title="records")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await inspect(pilot, app, EntityRef(Kind.IP, "203.0.113.9"))
        await press(pilot, "k", "enter", "escape")
        assert "reading 17kB…" in "\n".join(screen_text(app))
        await press(pilot, "y", "k", "k")
        await slow.answer(pilot, 0)
        text = "\n".join(screen_text(app))
        assert "T02:00:03Z" not in text
        assert "reading 17kB…" in text
        assert "02:00:01Z  GetObject" in text
        assert app.clipboard == ""
        await slow.answer(pilot, 1)
        await app.workers.wait_for_complete()
        await settle(pilot)
        assert len(slow.turns) == 2, "nobody wanted the one between any more"
        text = "\n".join(screen_text(app))
        assert "T02:00:01Z" in text
        assert "secrets masked" in text
        await press(pilot, "r")
        await slow.asked(pilot, 3)
        await press(pilot, "escape")
        await slow.answer(pilot, 2)
        await app.workers.wait_for_complete()
        assert not screen.detail.is_open
        assert screen.detail.view.line_count == 0


async def test_a_long_record_whose_file_is_gone(
    triage_of: Make, screen_text: Lines, tmp_path: Path
) -> None:
    triage = await triage_of([call(1, requestParameters={"text": "x" * AT_ONCE})])
    (tmp_path / "records-0.jsonl").unlink()
    app = TriageApp(triage, title="records")
    async with app.run_test(size=(80, 24)) as pilot:
        await inspect(pilot, app, EntityRef(Kind.IP, "203.0.113.9"))
        await press(pilot, "enter")
        await app.workers.wait_for_complete()
        await settle(pilot)
        text = "\n".join(screen_text(app))
        assert "cannot read this record again" in text
        assert "put the file back" in text


async def test_error_key_walks_the_records(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await inspect(pilot, app, INTRUDER)
        await press(pilot, "enter", "E")
        assert "Sun 02:18:03Z  StopLogging" in "\n".join(screen_text(app))


@pytest.mark.parametrize(
    ("kind", "size"), [(Kind.IP, (60, 20)), (Kind.IP, (120, 40)), (Kind.PRINCIPAL, (80, 24))]
)
async def test_nothing_hostile_reaches_the_terminal(
    triage_of: Make, leaks: Lines, screen_text: Lines, size: tuple[int, int], kind: Kind
) -> None:
    triage = await triage_of(hostile())
    ranking = triage.look(kind)
    key = ranking.key(int(ranking.ids[0]))
    ref = EntityRef(kind, key)
    await triage.note(ref.subject, NASTY)
    await triage.tag(ref, NASTY)
    entity = triage.entity(ref)
    assert entity is not None
    await triage.note(entity.ref.subject, f"line\n{NASTY}")
    app = TriageApp(triage, title=NASTY)
    async with app.run_test(size=size, notifications=True) as pilot:
        await inspect(pilot, app, ref)
        for keys in (["f"], ["escape"], ["2"], ["3"], ["4"], ["enter"], ["escape", "escape", "1"],
                     ["enter"], ["j", "j", "j", "f"], ["F"], ["r"], ["y"], ["y"], ["escape", "y"],
                     ["r"], ["slash", "a"], ["escape"], ["semicolon"], ["escape"], ["s"],
                     ["escape"], ["t"]):  # fmt: skip
            await press(pilot, *keys)
            assert leaks(app) == [], keys
            assert all(len(line) <= size[0] for line in screen_text(app)), keys
        assert is_safe(app.clipboard.replace("\n", " "))
