"""Above a record stands which rules matched it, and why; the record is as it was without."""

import json

from textual.app import App, ComposeResult

from triage_tui.ui.adapters.grounds import Matched, above
from widgets.record import RecordView
from widgets.record_lines import parse
from widgets.text import is_safe

RECORD = json.dumps({"eventName": "StopLogging", "user": {"name": "maria", "tags": ["a"]}})
TOLD = [
    Matched(
        "high: Trail \x1b[31mstopped (by Ada, licence MIT)",
        (("eventName", "StopLogging"), ("password", "s3cr3t-value"), ("errorCode", "")),
    ),
    Matched("low: Another (by unknown, licence unknown)"),
]


def texts(*, reveal: bool) -> list[str]:
    lines = above(TOLD, parse(RECORD), reveal=reveal)
    return ["  " * line.depth + line.text for line in lines]


def test_rules_and_their_grounds_stand_above_masked_and_clean() -> None:
    told = texts(reveal=False)
    assert told[:6] == [
        "▲ high: Trail \\x1b[31mstopped (by Ada, licence MIT)",
        "  eventName: StopLogging",
        "  password: ‹masked›",
        "  errorCode: not there",
        "▲ low: Another (by unknown, licence unknown)",
        "",
    ]
    assert told[6:] == ["  " * line.depth + line.text for line in parse(RECORD)]
    assert all(map(is_safe, told))
    assert texts(reveal=True)[2] == "  password: s3cr3t-value"
    assert above([], parse(RECORD), reveal=False) == parse(RECORD)


def test_what_is_masked_has_no_value_that_could_be_copied() -> None:
    lines = above(TOLD, parse(RECORD), reveal=False)
    assert [line.value for line in lines[:4]] == [None, "StopLogging", None, ""]


class Viewer(App[None]):
    def compose(self) -> ComposeResult:
        yield RecordView()


async def test_the_record_folds_below_them_as_it_does_alone() -> None:
    app = Viewer()
    async with app.run_test(size=(80, 24)) as pilot:
        view = app.query_one(RecordView)
        view.show_lines(above(TOLD, parse(RECORD), reveal=False))
        view.focus()
        await pilot.press(*["j"] * 9)
        assert (view.cursor_path, view.cursor_value) == (("user", "name"), "maria")
        await pilot.press("h", "h")
        assert view.cursor_path == ("user",)
        await pilot.press("j")
        assert not [*view.cursor_path]
