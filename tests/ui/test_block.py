"""The block screen: nothing without a plan that was read and a yes that was meant."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot

from tests.ui.planning import SCANNER, plan, press, settle, until
from triage_tui.model import (
    HOUR,
    MINUTE,
    Block,
    BlockPlan,
    BlockRequest,
    BlockState,
    EntityRef,
    Kind,
)
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.journal import Journal, ResponseError
from triage_tui.respond.simulated import SimulatedBlocklist
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.block import BlockScreen
from widgets.confirm import READING, Confirm

Lines = Callable[[App[None]], list[str]]
Make = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]
INTRUDER = EntityRef(Kind.IP, "198.51.100.23")
MARIA = EntityRef(Kind.PRINCIPAL, "arn:aws:iam::111122223333:user/maria.keller")
NASTY = "\x1b]0;owned\x07[/red]\x9b31m\u202egnp\u200b日本\ud800[@click=app.quit]x[/]"
SIZES = [(60, 20), (120, 40)]  # 80x24 is in the dumps


async def question(pilot: Pilot[None], app: TriageApp) -> Confirm:
    """Waits until the last question was painted."""
    await until(pilot, lambda: isinstance(app.screen, Confirm) and app.screen.readable)
    assert isinstance(app.screen, Confirm)
    return app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_the_plan(demo: Triage, screen_text: Lines, size: tuple[int, int]) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=size) as pilot:
        await plan(pilot, app, SCANNER)
        lines = screen_text(app)
        assert all(len(line) == size[0] for line in lines)
        text = "\n".join(lines)
        assert "Block 203.0.113.77" in text
        assert "SIMULATED" in text
        assert "▏ ✓ ok      203.0.113.77/32" in text
        assert "1 address, no good event" in text
        row = next(line for line in lines if "203.0.113.0/24 " in line)
        assert "8 addresses, 6" in row
        assert "+ 203.0.113.77/32 " in text
        assert "to demo-blocklist  SIMULATED" in text
        assert "[1 h]" in text
        assert "reason  1,697 of 2,102 requests refused" in text
        assert "10,000 left" in text
        assert "Enter block" in text


async def test_a_long_reason_is_cut_not_dropped(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(60, 20)) as pilot:
        screen = await plan(pilot, app, INTRUDER)
        screen.reason = "a reason " * 20
        await press(pilot, "x")
        assert any("reason  a reason a reason" in line for line in screen_text(app))


async def test_collateral_of_the_wider_choice(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(100, 40)) as pilot:
        screen = await plan(pilot, app, SCANNER)
        await press(pilot, "j")
        assert screen.choice is not None
        assert screen.choice.cidr == "203.0.113.0/24"
        text = " ".join(" ".join(screen_text(app)).replace("│", " ").split())
        good = screen.choice.collateral.good
        assert good > 100
        assert f"addresses behind 203.0.113.0/24 look innocent: {good:,} good events" in text
        assert "would be blocked." in text
        assert "user agents:" in text
        assert "checks passed:" in text
        await press(pilot, "enter")
        await question(pilot, app)
        text = " ".join(" ".join(screen_text(app)).split())
        assert f"{good:,} events" in text
        assert "look innocent and would be stopped too" in text


async def test_default_block_is_enter_and_y(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    done: list[Block | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        screen = BlockScreen(demo, [INTRUDER])
        await app.push_screen(screen, done.append)
        await until(pilot, lambda: screen.readable)
        await press(pilot, "enter")
        await question(pilot, app)
        assert "Block 198.51.100.23/32 (simulated)?" in "\n".join(screen_text(app))
        assert demo.blocks() == ()
        await press(pilot, "y")
        await until(pilot, lambda: screen.block is not None)
        await settle(pilot)
        block = demo.blocks()[0]
        now = demo.clock.position()
        assert block.cidr == "198.51.100.23/32"
        assert block.state is BlockState.VERIFIED
        assert block.expires == now + HOUR
        assert block.subject == "ip:198.51.100.23"
        assert block.author == "maria"
        assert block.reason == "finding, high: Impact:IAMUser/AnomalousBehavior"
        text = "\n".join(screen_text(app))
        assert "sent · verified · in force, until 2026-03-15 Sun 03:29:59Z" in text
        assert "nothing has come from it since" in text
        await press(pilot, "enter")
        assert done == [block]


async def test_what_still_comes_is_counted(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        demo.clock.step(-20 * MINUTE)
        screen = await plan(pilot, app, INTRUDER)
        await press(pilot, "enter")
        await question(pilot, app)
        await press(pilot, "y")
        await until(pilot, lambda: screen.block is not None)
        assert "nothing has come from it since" in "\n".join(screen_text(app))
        demo.clock.step(10 * MINUTE)
        app.show_now()
        await settle(pilot)
        text = " ".join(" ".join(screen_text(app)).replace("│", " ").split())
        assert "events still came where no web ACL stands: AWS's API, hosts, flows" in text
        assert "nothing is really held back" in text


async def test_requests_that_still_come_are_told_apart(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        demo.clock.step(-20 * MINUTE)
        screen = await plan(pilot, app, SCANNER)
        await press(pilot, "enter")
        await question(pilot, app)
        await press(pilot, "y")
        await until(pilot, lambda: screen.block is not None)
        demo.clock.step(10 * MINUTE)
        app.show_now()
        await settle(pilot)
        text = " ".join(" ".join(screen_text(app)).replace("│", " ").split())
        assert "requests still came: " in text
        assert " let through, " in text
        assert " refused" in text


async def test_keys_before_the_plan_is_painted_block_nothing(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key, char in (("B", "B"), ("enter", "\r"), ("y", "y"), ("enter", "\r"), ("y", "y")):
            app.post_message(events.Key(key, char))
        await until(pilot, lambda: isinstance(app.screen, BlockScreen) and app.screen.readable)
        await settle(pilot)
        assert isinstance(app.screen, BlockScreen)  # and no question was asked
        assert demo.blocks() == ()
        assert app.screen.block is None


async def test_a_key_that_waited_for_the_plan_counts_as_typed_before_it(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        early = events.Key("enter", "\r")
        screen = await plan(pilot, app, INTRUDER)
        app.post_message(early)  # typed before, delivered after
        await settle(pilot)
        assert app.screen is screen
        await press(pilot, "enter")
        assert isinstance(app.screen, Confirm)


@pytest.mark.parametrize("answer", ["n", "escape", "q"])
async def test_no_is_no(demo: Triage, answer: str) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app, INTRUDER)
        await press(pilot, "enter")
        await question(pilot, app)
        await press(pilot, answer)
        assert app.screen is screen
        assert demo.blocks() == ()
        await press(pilot, "escape")
        assert not isinstance(app.screen, BlockScreen)


@pytest.mark.parametrize("yes", ["y", "enter"])
async def test_from_the_overview_it_is_b_enter_and_a_yes(demo: Triage, yes: str) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "B")
        await until(pilot, lambda: isinstance(app.screen, BlockScreen) and app.screen.readable)
        await press(pilot, "enter")
        asked = await question(pilot, app)
        if yes == "enter":
            await until(pilot, lambda: time.monotonic() > (asked._readable_since or 0) + READING)
        await press(pilot, yes)
        await until(pilot, lambda: len(demo.blocks()) == 1)
        assert demo.blocks()[0].cidr == "198.51.100.23/32"


async def test_where_good_traffic_would_suffer_enter_is_no_yes(demo: Triage) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app, SCANNER)
        await press(pilot, "j", "enter")
        asked = await question(pilot, app)
        await until(pilot, lambda: time.monotonic() > (asked._readable_since or 0) + READING)
        await press(pilot, "enter")
        assert app.screen is screen
        assert demo.blocks() == ()


async def test_what_is_wide_is_typed(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await plan(pilot, app, EntityRef(Kind.NETWORK, "203.0.112.0/23"))
        await press(pilot, "enter")
        await question(pilot, app)
        assert "Type 203.0.112.0/23 and Enter to confirm" in "\n".join(screen_text(app))
        await press(pilot, "enter", "y", "enter")
        assert demo.blocks() == ()
        await press(pilot, "backspace", *"203.0.112.0/23", "enter")
        await until(pilot, lambda: len(demo.blocks()) == 1)


async def test_expiry_and_reason(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app, INTRUDER)
        for label in ("6 h", "24 h", "7 d", "never"):
            await press(pilot, "x")
            assert f"[{label}]" in "\n".join(screen_text(app))
        await press(pilot, "r", "ctrl+u", "enter")
        assert screen.reason == ""
        await press(pilot, "enter")
        assert app.screen is screen
        assert "a block that never expires needs a reason" in "\n".join(screen_text(app))
        await press(pilot, "r", *"stolen", "enter")
        assert "reason  stolen" in "\n".join(screen_text(app))
        await press(pilot, "enter")
        await question(pilot, app)
        assert "it never expires" in "\n".join(screen_text(app))
        await press(pilot, "y")
        await until(pilot, lambda: len(demo.blocks()) == 1)
        assert demo.blocks()[0].expires is None
        assert demo.blocks()[0].reason == "stolen"


async def test_a_refused_choice_says_why_and_asks_nothing(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app, EntityRef(Kind.IP, "10.0.12.11"))
        text = "\n".join(screen_text(app))
        assert "✗ refused 10.0.12.11/32" in text
        assert "10.0.12.11/32 is private" in text
        assert "Enter block" not in text
        await press(pilot, "enter", "y")
        assert app.screen is screen
        assert "10.0.12.11/32 cannot be blocked" in "\n".join(screen_text(app))
        assert demo.blocks() == ()


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        (EntityRef(Kind.SERVICE, "lambda.amazonaws.com"), "is an AWS service, never blockable"),
        (MARIA, "WAF stops addresses, not identities"),
    ],
)
async def test_where_nothing_can_be_blocked(
    demo: Triage, screen_text: Lines, ref: EntityRef, said: str
) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app, ref)
        text = "\n".join(screen_text(app))
        assert said in text
        assert "Esc close" in text
        await press(pilot, "enter", "y", "j", "x", "r")
        assert app.screen is screen
        assert demo.blocks() == ()


async def test_a_principal_offers_its_addresses(demo: Triage, screen_text: Lines) -> None:
    journal = await Journal.open(None, wall=lambda: 0)

    def addresses(ref: EntityRef) -> tuple[str, ...]:
        entity = demo.entity(ref)
        return entity.ips if entity else ()

    demo.blocklist = SimulatedBlocklist(journal, GuardPolicy(), name="edge", addresses=addresses)
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await plan(pilot, app, MARIA)
        text = "\n".join(screen_text(app))
        assert "Block maria.keller" in text
        assert "WAF stops addresses, not identities" in text
        assert "198.51.100.23/32" in text
        assert "203.0.113.91/32" in text
        more = next(line for line in screen_text(app) if "more lines, PgDn" in line)
        await press(pilot, "pagedown")
        assert more not in screen_text(app)
    await journal.close()


async def test_several_at_once(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app, INTRUDER, SCANNER)
        assert "Block 2 source IPs" in "\n".join(screen_text(app))
        while screen.choice is not None and screen.choice.cidr != "203.0.113.77/32":
            await press(pilot, "j")
        await press(pilot, "enter")
        await question(pilot, app)
        await press(pilot, "y")
        await until(pilot, lambda: len(demo.blocks()) == 1)
        assert demo.blocks()[0].subject == "ip:203.0.113.77"


class Failing:
    """A blocklist that answers with an error."""

    name = "edge"
    simulated = True

    def __init__(self, error: Exception, real: SimulatedBlocklist, *, at_plan: bool) -> None:
        self._error = error
        self._real = real
        self._at_plan = at_plan

    async def plan(self, refs: object, witness: object, cursor: object) -> BlockPlan:
        if self._at_plan:
            raise self._error
        return await self._real.plan([INTRUDER], witness, cursor)  # type: ignore[arg-type]

    async def apply(self, _request: BlockRequest) -> Block:
        raise self._error

    def blocks(self, _cursor: int | None) -> tuple[Block, ...]:
        return ()


@pytest.mark.parametrize("at_plan", [True, False])
@pytest.mark.parametrize("size", SIZES)
async def test_errors_are_shown_in_full_in_place(
    demo: Triage,
    screen_text: Lines,
    leaks: Lines,
    monkeypatch: pytest.MonkeyPatch,
    at_plan: bool,
    size: tuple[int, int],
) -> None:
    error = ResponseError(
        "The journal cannot be written", f"The disk is full. {NASTY}", "Make room, then try again."
    )
    assert isinstance(demo.blocklist, SimulatedBlocklist)
    monkeypatch.setattr(demo, "blocklist", Failing(error, demo.blocklist, at_plan=at_plan))
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = BlockScreen(demo, [INTRUDER])
        await app.push_screen(screen)
        await settle(pilot)
        if not at_plan:
            await until(pilot, lambda: screen.readable)
            await press(pilot, "enter")
            await question(pilot, app)
            await press(pilot, "y")
        text = "\n".join(screen_text(app))
        assert "The journal cannot be written" in text
        assert "The disk is full." in text
        assert "Make room, then try again." in text
        assert leaks(app) == []
        assert app.screen is screen
        await press(pilot, "escape")
        assert app.screen is not screen


async def test_what_nobody_expected_stays_said_where_the_plan_would_be(
    demo: Triage, screen_text: Lines, leaks: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(demo.blocklist, SimulatedBlocklist)
    failing = Failing(IndexError(f"30 of 28 {NASTY}"), demo.blocklist, at_plan=True)
    monkeypatch.setattr(demo, "blocklist", failing)
    app = TriageApp(demo, title="incident")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(BlockScreen(demo, [INTRUDER]))
        await settle(pilot)
        text = "\n".join(screen_text(app))
        assert "IndexError: 30 of 28" in text
        assert "a mistake in triage-tui" in text
        assert "working out" not in text
        assert leaks(app) == []


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_hostile_reaches_the_terminal(
    triage_of: Make, leaks: Lines, size: tuple[int, int]
) -> None:
    record: dict[str, object] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": NASTY,
            "arn": f"arn:aws:iam::1:user/{NASTY}",
            "userName": NASTY,
        },
        "eventTime": "2026-03-15T02:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": NASTY,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.9",
        "userAgent": NASTY,
        "eventID": "00000000-0000-4000-8000-000000000001",
        "eventType": "AwsApiCall",
    }
    triage = await triage_of([record])
    app = TriageApp(triage, title=NASTY)
    async with app.run_test(size=size, notifications=True) as pilot:
        who = triage.look(Kind.PRINCIPAL)
        for ref in (
            EntityRef(Kind.IP, "203.0.113.9"),
            EntityRef(Kind.PRINCIPAL, who.key(int(who.ids[0]))),
        ):
            screen = await plan(pilot, app, ref)
            screen.reason = NASTY
            for keys in (["x"], ["j"], ["k"], ["r"], ["escape"], ["enter"], ["escape"]):
                await press(pilot, *keys)
                assert leaks(app) == [], keys
            await app.push_screen(BlockScreen(triage, [ref]))
            await settle(pilot)
            assert leaks(app) == []
