"""The status line: whole items, the least important go first, hostile text stays text."""

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip

from widgets.status import StatusItem, StatusLine, lay_out
from widgets.text import cell_len, is_safe

LEFT = (
    StatusItem("REPLAY night.jsonl", "strong", priority=5),
    StatusItem("▶ 60×", priority=4),
    StatusItem("5.1k/s", "dim", priority=1),
)
RIGHT = (StatusItem("SIMULATED", "alert", priority=9), StatusItem("4 sources ok", priority=2))


def text_of(width: int, left: tuple[StatusItem, ...] = LEFT) -> str:
    return "".join(piece.text for piece in lay_out(left, RIGHT, width))


def test_least_important_goes_first() -> None:
    assert text_of(80).split("  ")[0] == " REPLAY night.jsonl"
    assert text_of(80).endswith("  SIMULATED  4 sources ok ")
    assert "5.1k/s" not in text_of(56)
    assert "4 sources ok" in text_of(56)
    assert "4 sources" not in text_of(45)
    assert text_of(34).split() == ["REPLAY", "night.jsonl", "SIMULATED"]
    assert text_of(20).split() == ["SIMULATED"]
    assert text_of(8) == " SIMUL… "


def test_key_hints() -> None:
    pieces = lay_out((StatusItem("inspect", key="Enter"),), (), 30)
    assert ("Enter", "key") in pieces
    assert "".join(piece.text for piece in pieces).strip() == "Enter inspect"


items = st.lists(
    st.builds(StatusItem, st.text(max_size=20), priority=st.integers(0, 3)), max_size=5
)


@given(items, items, st.integers(1, 100))
def test_line_is_exact_and_clean(
    left: list[StatusItem], right: list[StatusItem], width: int
) -> None:
    text = "".join(piece.text for piece in lay_out(left, right, width))
    assert all(is_safe(piece.text) for piece in lay_out(left, right, width))
    assert cell_len(text) == width or width < 2


class Watched(StatusLine):
    painted = 0

    def render_line(self, y: int) -> Strip:
        self.painted += 1
        return super().render_line(y)


class StatusApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.line = Watched(LEFT, RIGHT)

    def compose(self) -> ComposeResult:
        yield self.line


async def test_shows_what_it_is_told_and_paints_only_changes() -> None:
    app = StatusApp()
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        assert app.line.size.height == 1
        app.line.painted = 0
        app.line.show(LEFT, RIGHT)
        await pilot.pause()
        assert app.line.painted == 0
        app.line.show((StatusItem("[/x]\x1b]0;t\x07 日本"),))
        await pilot.pause()
        assert app.line.painted == 1
        (strip,) = app.line.render_lines(Region(0, 0, 60, 1))
        assert strip.text.rstrip() == " [/x]·]0;t· 日本"


async def test_unknown_styles_and_small_sizes_are_plain() -> None:
    app = StatusApp()
    async with app.run_test(size=(1, 1)) as pilot:
        app.line.show((StatusItem("x", "no-such-style"),))
        await pilot.resize_terminal(30, 3)
        await pilot.pause()
        assert app.line.render_lines(Region(0, 0, 30, 1))[0].text.strip() == "x"
