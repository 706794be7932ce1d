"""Setting up: the steps, what is chosen in them, and what the screen says while it looks."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from textual.pilot import Pilot

from triage_tui.choices import AddressSet, Chosen, DiscoveryError, Group, Profile, SetScope, Site
from triage_tui.cli.chosen import config_text, settings_lines
from triage_tui.ui.adapters.options import age_words, glob_of, looks_like, size_words
from triage_tui.ui.screens.setup import SetupScreen
from triage_tui.ui.setup_app import SetupApp
from triage_tui.ui.setup_steps import Setup
from widgets.text import is_safe

NOW = 1_773_540_000 * 1_000_000_000
PROD = Site("prod", "eu-west-1")


class Found:
    """Implements `ports.Discovery` over what a test makes up."""

    def __init__(self) -> None:
        self.there = [Profile("prod", "access key", "eu-west-1"), Profile("dev", "role admin", "")]
        self.names = ["/aws/lambda/shop-cart", "/aws/lambda/shop-pay", "aws-waf-logs-edge"]
        self.address_sets: list[AddressSet] = []
        self.denied: set[str] = set()
        """Methods that nobody may ask."""
        self.gate = asyncio.Event()
        """What the log groups wait for."""
        self.gate.set()
        self.asked: list[str] = []
        self.anew = 0

    def _may(self, what: str) -> None:
        self.asked.append(what)
        if what in self.denied:
            raise DiscoveryError(f"{what} is denied \x1b]0;x\x07", "ask an admin")

    async def profiles(self) -> Sequence[Profile]:
        self._may("profiles")
        return self.there

    async def regions(self, profile: str) -> Sequence[str]:
        self._may("regions")
        return ["eu-central-1", "eu-west-1", "us-east-1"]

    async def groups(self, site: Site) -> AsyncIterator[Sequence[Group]]:
        await self.gate.wait()
        self._may("groups")
        for name in self.names:
            yield [Group(site, name, 1_234_567)]

    async def last_event(self, group: Group) -> int | None:
        self._may("last_event")
        return NOW - 120 * 1_000_000_000 if "cart" in group.name else None

    async def detector(self, site: Site) -> str:
        self._may("detector")
        return "d1" if site.region == "eu-west-1" else ""

    async def sets(self, site: Site, scope: SetScope) -> Sequence[AddressSet]:
        self._may("sets")
        return [each for each in self.address_sets if each.scope == scope]

    def again(self) -> None:
        self.anew += 1

    async def close(self) -> None: ...


class Writer:
    """Keeps what is to be written."""

    def __init__(self) -> None:
        self.chosen: list[Chosen] = []
        self.error: OSError | None = None

    async def __call__(self, chosen: Chosen) -> None:
        if self.error is not None:
            raise self.error
        self.chosen.append(chosen)


def app_over(found: Found, writer: Writer | None = None) -> SetupApp:
    setup = Setup(found, settings_lines, wall=lambda: NOW)
    return SetupApp(setup, "/home/x/config.toml", writer or Writer())


def shown(app: SetupApp) -> str:
    """The screen's text."""
    return "\n".join(
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    )


async def until(pilot: Pilot[bool], words: str) -> str:
    """Waits for words on the screen; gives all of it."""
    app = pilot.app
    assert isinstance(app, SetupApp)
    async with asyncio.timeout(60):
        while words not in shown(app):
            await pilot.pause(0.01)
    return shown(app)


async def press(pilot: Pilot[bool], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


async def test_from_nothing_to_a_config_by_keys_alone() -> None:
    found, writer = Found(), Writer()
    found.address_sets = [
        AddressSet(PROD, "REGIONAL", "blocked-v4", 4, 2),
        AddressSet(PROD, "REGIONAL", "blocked-v6", 6),
    ]
    app = app_over(found, writer)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, "SIGNS IN BY")
        await press(pilot, "enter")  # the row under the cursor
        text = await until(pilot, "the profile's own")
        assert "[x] eu-west-1" in text
        await press(pilot, "enter")
        text = await until(pilot, "2 min")
        assert "1.2 MB" in text
        assert "WAF" in text
        assert "WHERE" not in text  # there is one place alone
        await press(pilot, "asterisk")
        text = await until(pilot, "/aws/lambda/shop-*")
        assert text.count("[*]") == 2
        await press(pilot, "j", "j", "space", "enter")
        text = await until(pilot, "enabled")
        assert "[x] prod eu-west-1" in text
        await press(pilot, "enter")
        await until(pilot, "blocked-v6")
        await press(pilot, "a", "enter")
        text = await until(pilot, "[[blocklist]]")
        assert '"/aws/lambda/shop-*",' in text
        assert "[ ]" not in text
        await press(pilot, "enter")
    assert app.return_value is True
    assert writer.chosen == [
        Chosen(
            profiles=("prod",),
            regions=("eu-west-1",),
            groups=("/aws/lambda/shop-*", "aws-waf-logs-edge"),
            guardduty=True,
            sets=tuple(found.address_sets),
        )
    ]


async def test_what_is_loading_empty_or_denied_is_said() -> None:
    found = Found()
    found.gate.clear()
    found.names = []
    app = app_over(found)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "SIGNS IN BY")
        await press(pilot, "enter", "enter")
        await until(pilot, "looking …")
        found.gate.set()
        await until(pilot, "There is no log group here")
        found.denied.add("groups")
        await press(pilot, "r")
        assert found.anew == 1
        text = await until(pilot, "groups is denied")
        assert "ask an admin" in text
        assert "could not be found out" in text
        assert "\x1b]0" not in text
        found.denied |= {"detector", "sets", "last_event"}
        await press(pilot, "enter")
        await until(pilot, "not known")
        await press(pilot, "enter")
        await until(pilot, "sets is denied")


async def test_going_on_without_a_log_group_is_asked_twice() -> None:
    app = app_over(Found())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "SIGNS IN BY")
        await press(pilot, "enter", "enter")
        await until(pilot, "shop-pay")
        await press(pilot, "enter")
        await until(pilot, "No log group is chosen")
        await press(pilot, "enter")
        await until(pilot, "GuardDuty's findings")


async def test_going_back_keeps_what_was_chosen_and_looks_anew_where_it_must() -> None:
    found = Found()
    app = app_over(found)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, "SIGNS IN BY")
        await press(pilot, "enter", "enter")
        await until(pilot, "shop-pay")
        await press(pilot, "space", "enter")
        await until(pilot, "GuardDuty's findings")
        await press(pilot, "escape")
        assert "[x] /aws/lambda/shop-cart" in await until(pilot, "shop-pay")
        assert found.asked.count("groups") == 1
        await press(pilot, "escape")
        await until(pilot, "In which regions")
        await press(pilot, "j", "space", "enter")
        text = await until(pilot, "prod us-east-1")
        assert "WHERE" in text
        assert text.count("[x]") == 1


async def test_rows_are_narrowed() -> None:
    app = app_over(Found())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "SIGNS IN BY")
        await press(pilot, "enter", "enter")
        await until(pilot, "shop-pay")
        await press(pilot, "slash", *"WAF", "enter")
        text = await until(pilot, "aws-waf-logs-edge")
        assert "shop-pay" not in text
        await press(pilot, "a", "escape")
        text = await until(pilot, "shop-pay")
        assert "1 of 3 chosen" in text
        await press(pilot, "slash", *"nothing", "enter")
        await until(pilot, "Esc shows all")


async def test_what_cannot_be_written_is_said_and_ends_nothing() -> None:
    writer = Writer()
    writer.error = PermissionError(13, "Permission denied")
    app = app_over(Found(), writer)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, "SIGNS IN BY")
        await press(pilot, "enter", "enter")
        await until(pilot, "shop-pay")
        await press(pilot, "space", "enter")
        await until(pilot, "enabled")
        await press(pilot, "enter")
        await until(pilot, "There is no IP set here")
        await press(pilot, "enter")
        await until(pilot, "profiles =")
        await press(pilot, "enter")
        await until(pilot, "cannot be written: Permission denied")
        await press(pilot, "q")
    assert app.return_value is False


async def test_hostile_names_and_many_rows() -> None:
    found = Found()
    found.there = [Profile("p\x1b[31m\u202e[/x]", "role [bold]", "eu-west-1")]
    found.names = [f"/a\u200b[/b]{number:03}" for number in range(120)]
    app = app_over(found)
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, "SIGNS IN BY")
        await press(pilot, "enter", "enter")
        text = await until(pilot, "of 120 chosen")
        assert is_safe(text.replace("\n", ""))
        await press(pilot, "G", "space", "question_mark")
        await until(pilot, "j k scroll")
        await press(pilot, "escape")
        await until(pilot, "1 of 120 chosen")


async def test_the_environment_goes_alone() -> None:
    found = Found()
    found.there = [Profile("", "what the environment says", "eu-west-1")]
    app = app_over(found)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "[x] environment")
        await press(pilot, "enter")
        await until(pilot, "[x] eu-west-1")
        screen = app.screen
        assert isinstance(screen, SetupScreen)
        assert screen._setup.chosen.profiles == ()
        assert screen._setup.sites == (Site("", "eu-west-1"),)


def test_words() -> None:
    assert [size_words(count) for count in (0, 999, 1_234, 56_000, 7 * 10**9, 10**13)] == [
        "0 B", "999 B", "1.2 KB", "56 KB", "7.0 GB", "10.0 TB",
    ]  # fmt: skip
    seconds = [0, 30, 240, 7_200, 3 * 86_400, -5]
    assert [age_words(each * 1_000_000_000) for each in seconds] == [
        "just now", "30 s", "4 min", "2 h", "3 d", "just now",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "glob", "looks"),
    [
        ("/aws/lambda/shop-cart", "/aws/lambda/shop-*", "Lambda"),
        ("aws-waf-logs-edge", "aws-waf-logs-*", "WAF"),
        ("main", "main*", ""),
        ("/", "/*", ""),
        ("aws-cloudtrail-logs-1", "aws-cloudtrail-logs-*", "CloudTrail"),
    ],
)
def test_what_a_group_is_called(name: str, glob: str, looks: str) -> None:
    assert glob_of(name) == glob
    assert looks_like(name) == looks


def test_the_config_explains_everything() -> None:
    text = config_text(Chosen(groups=("/a",)))
    assert 'groups = [\n  "/a",\n]' in text
    assert '#profiles = ["prod", "shared"]' in text
