"""Where addresses are from and who is behind proxies, on the screen."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import pytest
from textual.app import App
from textual.pilot import Pilot

from triage_tui.detect.geo import OfflineGeo
from triage_tui.model import Asn, EntityRef, Kind, Place
from triage_tui.triage import Triage
from triage_tui.ui.adapters import words
from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.inspect import InspectScreen

Lines = Callable[[App[None]], list[str]]
Make = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]
NASTY = "\x1b]0;owned\x07[/red]\u202egnp"


class Somewhere:
    """A `ports.Geo` in which everything is in one place."""

    def place(self, ip: str) -> Place:
        return Place("NL", Asn(64500, f"Example {NASTY}"))


def request(number: int, ip: str, *forwarded: str, country: str | None = None) -> dict[str, object]:
    """A WAF record."""
    return {
        "timestamp": 1773540551245 + number,
        "webaclId": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/0a1b",
        "action": "ALLOW",
        "httpSourceName": "ALB",
        "httpRequest": {
            "clientIp": ip,
            "country": country,
            "headers": [{"name": "X-Forwarded-For", "value": value} for value in forwarded],
            "uri": "/cart",
            "httpMethod": "GET",
        },
    }


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


async def overview(triage: Triage, size: tuple[int, int], screen_text: Lines) -> list[str]:
    app = TriageApp(triage, title="waf")
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        return screen_text(app)


async def test_where_addresses_are_from(demo: Triage, screen_text: Lines) -> None:
    demo.geo = Somewhere()
    lines = await overview(demo, (120, 40), screen_text)
    titles = next(line for line in lines if "SOURCE IP" in line)
    assert "WHERE" in titles
    at = titles.index("WHERE")
    row = next(line for line in lines if "198.51.100.23" in line)
    assert row[at : at + 5] == "NL   "


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (99, 30)])
async def test_a_narrow_screen_is_as_before(
    demo: Triage, screen_text: Lines, size: tuple[int, int]
) -> None:
    before = await overview(demo, size, screen_text)
    demo.geo = Somewhere()
    assert await overview(demo, size, screen_text) == before


async def test_no_column_where_nothing_is_known(demo: Triage, screen_text: Lines) -> None:
    assert "WHERE" not in "\n".join(await overview(demo, (160, 40), screen_text))


async def test_principals_are_from_nowhere(demo: Triage, screen_text: Lines) -> None:
    demo.geo = Somewhere()
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(160, 40)) as pilot:
        await settle(pilot)
        assert "WHERE" in "\n".join(screen_text(app))
        await pilot.press("tab")
        await settle(pilot)
        lines = screen_text(app)
        assert "[Principal]" in "\n".join(lines)
        assert "WHERE" not in "\n".join(lines)
        row = next(line for line in lines if "ci-deploy" in line)
        assert " NL " not in row
        await pilot.press("shift+tab")
        await settle(pilot)
        assert "WHERE" in "\n".join(screen_text(app))


async def test_the_head_of_an_address(demo: Triage, screen_text: Lines, leaks: Lines) -> None:
    demo.geo = Somewhere()
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(InspectScreen(demo, EntityRef(Kind.IP, "198.51.100.23")))
        await settle(pilot)
        assert "NL AS64500 Example" in screen_text(app)[1]
        assert leaks(app) == []


async def test_a_record_knows_better_where_its_client_is(
    triage_of: Make, screen_text: Lines
) -> None:
    triage = await triage_of(
        [request(1, "8.8.8.8", country="DE"), request(2, "8.8.8.8"), request(3, "8.8.4.4")]
    )
    triage.geo = OfflineGeo()
    lines = await overview(triage, (120, 40), screen_text)
    at = next(line for line in lines if "WHERE" in line).index("WHERE")
    shown = {ip: next(line for line in lines if ip in line) for ip in ("8.8.8.8", "8.8.4.4")}
    assert {ip: line[at : at + 5] for ip, line in shown.items()} == {
        "8.8.8.8": "DE   ",
        "8.8.4.4": "US   ",
    }
    app = TriageApp(triage, title="waf")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(InspectScreen(triage, EntityRef(Kind.IP, "8.8.8.8")))
        await settle(pilot)
        assert " DE " in screen_text(app)[1]


async def test_the_chain_of_proxies(triage_of: Make, screen_text: Lines, leaks: Lines) -> None:
    triage = await triage_of(
        [
            request(1, "8.8.8.8", "203.0.113.99", f"{NASTY}, 198.51.100.7"),
            request(2, "8.8.8.8"),
        ]
    )
    triage.geo = OfflineGeo()
    app = TriageApp(triage, title="waf")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(InspectScreen(triage, EntityRef(Kind.IP, "8.8.8.8")))
        await settle(pilot)
        assert " US " in screen_text(app)[1]
        await pilot.press("g", "enter")
        await settle(pilot)
        shown = next(line for line in screen_text(app) if "forwarded" in line and "›" in line)
        assert shown.startswith(" forwarded 203.0.113.99 › ")
        assert "› 198.51.100.7 (not verified)" in shown
        assert shown.rstrip().endswith("actor 8.8.8.8")
        assert leaks(app) == []
        await pilot.press("escape", "j", "enter")
        await settle(pilot)
        assert "not verified" not in "\n".join(screen_text(app))


async def test_the_chain_on_a_small_screen(triage_of: Make, screen_text: Lines) -> None:
    hops = [f"2001:db8:{n:x}::{n:x}" for n in range(1, 40)]
    triage = await triage_of([request(1, "8.8.8.8", ", ".join(hops))])
    app = TriageApp(triage, title="waf")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(InspectScreen(triage, EntityRef(Kind.IP, "8.8.8.8")))
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        (shown,) = [line for line in screen_text(app) if line.startswith(" forwarded")]
        assert shown.startswith(" forwarded 2001:db8:1::1 › … › 2001:db8:26::26")


def test_words() -> None:
    assert words.place(Place()) == ""
    assert words.place(Place("NL")) == "NL"
    assert words.place(Place(None, Asn(64500, ""))) == "AS64500"
    assert words.place(Place("NL", Asn(64500, "Example"))) == "NL AS64500 Example"
    assert words.chain(["a"]) == "a"
    assert words.chain(list("abcd")) == "a › b › c › d"
    assert words.chain(list("abcdefg")) == "a › … › f › g"


def test_what_stands_below_is_counted() -> None:
    assert [words.below(lines) for lines in (-1, 0, 1, 2)] == [
        "",
        "",
        "  1 more line, PgDn",
        "  2 more lines, PgDn",
    ]
