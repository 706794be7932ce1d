"""Every screen as text, pinned: at two sizes, of a night, of hostile and long data, of nothing.

Text does not depend on the theme: each walk is in another one, and `make soak` looks at each screen
in all of them. What they make of the named styles is pinned beside it. A screen that looks
otherwise fails here; `make generate` writes the dumps anew, for whoever meant it, and the diff
shows what has become of each screen.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import pytest
from textual.widget import Widget

from tests.ui.dumping import HOSTILE, LONG, Pins, Step, held_against, sized
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.settings import THEMES
from widgets.status import StatusLine
from widgets.table import VirtualTable
from widgets.timeline import TimeLine

pytestmark = pytest.mark.timeout(240)
Make = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]
WALK: tuple[Step, ...] = (
    # What it shows, the keys that lead there, the keys that lead back.
    ("overview", (), ()),
    ("principals", ("tab",), ()),
    ("networks", ("tab",), ()),
    ("services", ("tab",), ("tab",)),
    ("filter", ("slash", *"ip:"), ("escape",)),
    ("wrong filter", ("slash", *"ip:no"), ("escape",)),
    ("note", ("semicolon", *"who"), ("escape",)),
    ("status", ("s",), ("escape",)),
    ("copy", ("y",), ("escape",)),
    ("report", ("w",), ("escape",)),
    ("range", ("V",), ("escape",)),
    ("go to time", ("S", *"+1"), ("escape",)),
    ("palette", ("colon",), ("escape",)),
    ("nothing matches", ("slash", *"nobody", "enter"), ("escape",)),
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


async def pinned(name: str, app: TriageApp, size: tuple[int, int]) -> None:
    """Walks over all screens of an app."""
    async with app.run_test(size=size) as pilot:
        pins = Pins(name, pilot, size)
        await pins.walk(WALK)
    pins.held()


def renamed(triage: Triage) -> Triage:
    """Its file lies in a folder that is called otherwise each time."""
    triage.sources[0].report.path = triage.paths[0] = "records.jsonl"
    return triage


@sized
async def test_a_night(demo: Triage, size: tuple[int, int]) -> None:
    await pinned("night", TriageApp(demo, title="night.jsonl"), size)


@sized
async def test_hostile_long_and_wide(triage_of: Make, size: tuple[int, int]) -> None:
    triage = renamed(await triage_of(record(n, HOSTILE[n % len(HOSTILE)]) for n in range(35)))
    await triage.note("ip:203.0.113.1", f"{HOSTILE[0]} {HOSTILE[4]} {LONG}")
    await pinned("hostile", TriageApp(triage, title=f"\x1b[31m[/x]\u202e{LONG}"), size)


@sized
async def test_nothing(triage_of: Make, size: tuple[int, int]) -> None:
    await pinned("nothing", TriageApp(renamed(await triage_of([])), title="empty.jsonl"), size)


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


async def test_what_themes_make_of_the_named_styles(demo: Triage) -> None:
    app = TriageApp(demo, title="night.jsonl")
    parts: list[str] = []
    async with app.run_test(size=(80, 24)) as pilot:
        for theme in THEMES:
            app.theme = theme
            await pilot.pause()
            parts += [f"═══ {theme} ═══", *roles(app)]
    held_against("themes", "\n".join(parts) + "\n")
