"""`o`: the page of what is under the cursor in the AWS console."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.ui.edge import Edge
from triage_tui.cli.browser import command
from triage_tui.model import Block, BlockState, Kind
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.link import LinkPage

Lines = Callable[[App[None]], list[str]]
MakeTriage = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]
FINDING = "0123456789abcdef0123456789abcdef"
ARN = "arn:aws:iam::111122223333:user/maria"


def trail(ip: str) -> dict[str, object]:
    return {
        "eventVersion": "1.11",
        "eventID": "11111111-2222-4333-8444-555555555555",
        "eventTime": "2026-03-15T02:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": ip,
        "userIdentity": {
            "type": "IAMUser",
            "arn": ARN,
            "userName": "maria",
            "principalId": "AIDAMARIA",
            "accountId": "111122223333",
        },
    }


def logged(ip: str) -> dict[str, object]:
    """A line of an application, as it was tailed."""
    return {
        "message": f'{ip} - - [15/Mar/2026:02:00:00 +0000] "GET / HTTP/1.1" 200 5',
        "timestamp": 1773540000000,
        "logStreamName": "s/[1]",
        "logGroupIdentifier": "111122223333:/shop/web",
    }


class Browser:
    """Goes well, or not."""

    def __init__(self, well: bool = True) -> None:
        self.well = well
        self.opened: list[str] = []

    async def __call__(self, url: str) -> bool:
        self.opened.append(url)
        return self.well


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(3):
        await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def test_an_event_opens_in_the_browser(triage_of: MakeTriage, screen_text: Lines) -> None:
    app = TriageApp(await triage_of([trail("198.51.100.1")]), title="t")
    app.browse = browser = Browser()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("enter", "o")
        await settle(pilot)
        assert browser.opened == [
            "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1"
            "#/events/11111111-2222-4333-8444-555555555555"
        ]
        assert "opened: CloudTrail event 11111111" in "\n".join(screen_text(app))


@pytest.mark.parametrize("browser", [None, Browser(well=False)])
async def test_without_a_browser_the_link_is_shown_and_copied(
    triage_of: MakeTriage, screen_text: Lines, browser: Browser | None
) -> None:
    triage = await triage_of([trail("198.51.100.1")])
    app = TriageApp(triage, title="t", initial_kind=Kind.PRINCIPAL)
    app.browse = browser
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o")
        await settle(pilot)
        assert isinstance(app.screen, LinkPage)
        text = "".join(line.strip(" │") for line in screen_text(app))
        assert "IAM user maria" in text
        assert "https://us-east-1.console.aws.amazon.com/iam/home#/users/details/maria" in text
        assert app.clipboard.endswith("/iam/home#/users/details/maria")
        await pilot.press("escape")
        assert not isinstance(app.screen, LinkPage)


async def test_a_finding_and_the_address_that_it_names(demo: Triage) -> None:
    app = TriageApp(demo, title="demo")
    app.browse = browser = Browser()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o")
        await settle(pilot)
        await pilot.press("enter", "2", "o")
        await settle(pilot)
        assert len(browser.opened) == 2
        assert browser.opened[0] == browser.opened[1]
        assert "/guardduty/home?region=" in browser.opened[0]
        assert "@" not in browser.opened[0]


async def test_a_block_and_the_set_that_it_is_in(demo: Triage) -> None:
    demo.blocklist = edge = Edge()
    edge.found = [
        Block("1", "edge", "203.0.113.77/32", "", "maria", 1, 1, None, BlockState.VERIFIED, False)
    ]
    app = TriageApp(demo, title="demo")
    app.browse = browser = Browser()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("b")
        await settle(pilot)
        await pilot.press("o")
        await settle(pilot)
        assert browser.opened == [
            "https://us-east-1.console.aws.amazon.com/wafv2/homev2/ip-set/edge/1-2?region=global"
        ]


async def test_what_has_no_page_says_so(triage_of: MakeTriage, screen_text: Lines) -> None:
    app = TriageApp(await triage_of([trail("198.51.100.1")]), title="t")
    app.browse = browser = Browser()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("o")
        await settle(pilot)
        assert browser.opened == []
        assert "the console has no page about this" in "\n".join(screen_text(app))


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"DISPLAY": ":0"}, "linux", "xdg-open"),
        ({"WAYLAND_DISPLAY": "w"}, "linux", "xdg-open"),
        ({}, "linux", None),
        ({}, "darwin", "open"),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "a"}, "linux", None),
        ({"SSH_TTY": "/dev/pts/0"}, "darwin", None),
    ],
)
def test_where_there_is_a_browser(
    environment: dict[str, str], platform: str, expected: str | None
) -> None:
    assert command(environment, platform) == expected
