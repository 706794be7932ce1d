"""Every screen as text, pinned: at two sizes, of a night, of hostile and long data, of nothing.

Text does not depend on the theme, so it is pinned once, and what every theme makes of the named
styles is pinned beside it. A screen that looks otherwise fails here; `make generate` writes the
dumps anew, for whoever meant it, and the diff shows what has become of each screen.
"""

import difflib
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget

from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.settings import THEMES, TerminalSettings
from widgets.status import StatusLine
from widgets.table import VirtualTable
from widgets.text import cell_len, is_safe
from widgets.timeline import TimeLine

pytestmark = pytest.mark.timeout(240)
Lines = Callable[[App[None]], list[str]]
Make = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]
DUMPS = Path(__file__).with_name("dumps")
WRITES = bool(os.environ.get("WRITE_DUMPS"))
"""Whether the dumps are written instead of held against."""
SIZES = ((80, 24), (120, 40))
Step = tuple[str, tuple[str, ...], tuple[str, ...]]
WALK: tuple[Step, ...] = (
    # What it shows, the keys that lead there, the keys that lead back.
    ("overview", (), ()),
    ("principals", ("tab",), ()),
    ("networks", ("tab",), ()),
    ("services", ("tab",), ("tab",)),
    ("filter", ("slash", *"ip:"), ("escape",)),
    ("wrong filter", ("slash", *"ip:nobody"), ("escape",)),
    ("note", ("semicolon", *"who is this"), ("escape",)),
    ("status", ("s",), ("escape",)),
    ("copy", ("y",), ("escape",)),
    ("help", ("question_mark",), ("escape",)),
    ("sources", ("i",), ("escape",)),
    ("rules", ("R",), ("escape",)),
    ("inspect", ("enter",), ()),
    ("findings", ("2",), ()),
    ("detections", ("3",), ()),
    ("related", ("4",), ()),
    ("notes", ("5",), ("1",)),
    ("record", ("enter",), ("escape", "escape")),
    ("out again", ("escape",), ()),
    ("plan", ("j", "k", "B"), ()),
    ("last question", ("enter",), ("escape",)),
    ("without a block", ("escape",), ()),
    ("blocks", ("b",), ("escape",)),
    ("quit", ("ctrl+q",), ("escape",)),
)
LONG = "x" * 300
HOSTILE = (
    "\x1b]52;c;aGVsbG8=\x07",
    "[/x] [red]r[/red] [@click=app.quit]q[/] [",
    "\u202eevil\u2066 \u200b\u2028",
    "\x9b31m \x00 \x7f\r\n\t",
    "日本語の長い名前" * 6,
    "a\u0301\u0302\u0303\u0304 e\u0301",
    LONG,
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
        "sourceIPAddress": f"203.0.113.{number % 5}",
        "userAgent": text,
        "errorCode": "AccessDenied",
        "errorMessage": text,
        "requestParameters": {"bucketName": text, "key": text},
        "userIdentity": {
            "type": "IAMUser",
            "principalId": f"AIDA{number}",
            "arn": f"arn:aws:iam::111122223333:user/{text}",
            "accountId": "111122223333",
            "userName": text,
        },
    }


async def stable(pilot: Pilot[None], lines: Callable[[], list[str]]) -> list[str]:
    """What the screen shows once it shows the same several times in a row."""
    before: list[str] = []
    same = 0
    for _ in range(400):
        await pilot.pause()
        now = lines()
        same = same + 1 if now == before else 0
        before = now
        if same >= 2 and not any(worker.is_running for worker in pilot.app.workers):
            return now
        if same >= 8:  # a search that goes on, or a question that waits
            return now
    pytest.fail("it never comes to rest")


async def dumped(
    app: TriageApp, lines: Lines, size: tuple[int, int], walk: Sequence[Step] = WALK
) -> str:
    """All screens of a walk, one below the other."""
    parts: list[str] = []
    async with app.run_test(size=size) as pilot:

        def shown() -> list[str]:
            return lines(app)

        for name, there, back in walk:
            for key in there:
                await pilot.press(key)
            found = await stable(pilot, shown)
            assert all(is_safe(line) for line in found), name
            assert {cell_len(line) for line in found} == {size[0]}, name
            app.show_now()
            assert await stable(pilot, shown) == found, f"{name} jumps when it is painted again"
            parts += [f"═══ {name} ═══", *(f"{line.rstrip()}" for line in found)]
            for key in back:
                await pilot.press(key)
                await pilot.pause()
    return "\n".join(parts) + "\n"


def held_against(name: str, text: str) -> None:
    """Fails where the dump of that name says otherwise."""
    path = DUMPS / f"{name}.txt"
    if WRITES:
        DUMPS.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if before != text:
        diff = difflib.unified_diff(
            before.splitlines(), text.splitlines(), "pinned", "now", lineterm="", n=1
        )
        pytest.fail(
            f"{name} looks otherwise; `make generate` pins it, where that was meant:\n"
            + "\n".join(list(diff)[:80])
        )


def renamed(triage: Triage) -> Triage:
    """Its file lies in a folder that is called otherwise each time."""
    triage.sources[0].report.path = triage.paths[0] = "records.jsonl"
    return triage


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_night(demo: Triage, screen_text: Lines, size: tuple[int, int]) -> None:
    app = TriageApp(demo, title="night.jsonl")
    held_against(f"night-{size[0]}x{size[1]}", await dumped(app, screen_text, size))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_hostile_long_and_wide(
    triage_of: Make, screen_text: Lines, size: tuple[int, int]
) -> None:
    triage = renamed(await triage_of(record(n, HOSTILE[n % len(HOSTILE)]) for n in range(35)))
    await triage.note("ip:203.0.113.1", f"{HOSTILE[0]} {HOSTILE[4]} {LONG}")
    app = TriageApp(triage, title=f"\x1b[31m[/x]\u202e{LONG}")
    held_against(f"hostile-{size[0]}x{size[1]}", await dumped(app, screen_text, size))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_nothing(triage_of: Make, screen_text: Lines, size: tuple[int, int]) -> None:
    app = TriageApp(renamed(await triage_of([])), title="empty.jsonl")
    held_against(f"nothing-{size[0]}x{size[1]}", await dumped(app, screen_text, size))


# -- themes --------------------------------------------------------------------------------------


def roles(app: TriageApp) -> list[str]:
    """What a theme makes of the named styles of the widgets on the screen."""
    found: list[str] = []
    for kind in (VirtualTable, StatusLine, TimeLine):
        widget = app.screen.query(kind).first(kind)
        names = sorted(type(widget).COMPONENT_CLASSES)
        found += [f"{name:24} {told(widget, name)}" for name in names]
    return found


def told(widget: Widget, name: str) -> str:
    style = widget.get_component_rich_style(name)
    ink = style.color.name if style.color else "-"
    paper = style.bgcolor.name if style.bgcolor else "-"
    marks = [mark for mark in ("bold", "italic", "underline", "reverse") if getattr(style, mark)]
    return f"{ink} on {paper} {' '.join(marks)}".rstrip()


async def test_every_theme_shows_the_same_text(demo: Triage, screen_text: Lines) -> None:
    texts: set[str] = set()
    parts: list[str] = []
    for theme in THEMES:
        terminal = TerminalSettings(theme=theme)  # type: ignore[arg-type] # one of them
        app = TriageApp(demo, title="night.jsonl", terminal=terminal)
        async with app.run_test(size=(80, 24)) as pilot:
            shown = await stable(pilot, lambda app=app: screen_text(app))  # type: ignore[misc] # bound now
            parts += [f"═══ {theme} ═══", *roles(app)]
            await pilot.press("enter")
            inner = await stable(pilot, lambda app=app: screen_text(app))  # type: ignore[misc] # bound now
            texts.add("\n".join([*shown, *inner]))
    assert len(texts) == 1
    held_against("themes", "\n".join(parts) + "\n")
