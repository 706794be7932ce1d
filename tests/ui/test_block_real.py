"""Blocks that are real: whether they are in force, what others have added, where they go."""

from collections.abc import Callable

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot

from tests.ui.edge import Edge
from tests.ui.planning import confirmed, flat, plan, press, settle, until
from triage_tui.model import (
    HOUR,
    MINUTE,
    Block,
    BlockRequest,
    BlockState,
    Enforcement,
    EntityRef,
    Force,
    Kind,
)
from triage_tui.respond.guard import GuardPolicy, Learned, Protected
from triage_tui.respond.journal import ResponseError
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.blocks import BlocksScreen
from triage_tui.ui.screens.dialogs import QuitQuestion
from widgets.confirm import Confirm

Lines = Callable[[App[None]], list[str]]


SIZES = [(80, 24), (120, 40)]
FULL = Enforcement(Force.FULL, "", ("web ACL shop-edge, for app/shop",))
PARTLY = Enforcement(
    Force.PARTLY,
    "web ACL shop-edge: rule office comes first, and allows some of it (only with a text that it "
    "looks for)",
    ("web ACL shop-edge, for app/shop",),
)
NOTHING = Enforcement(Force.NOTHING, "web ACL shop-edge: rule r only counts, it does not block")
UNKNOWN = Enforcement(Force.UNKNOWN, "ListWebACLs is denied: not authorized")


OUTCOMES = {each.force: each for each in (FULL, PARTLY, NOTHING, UNKNOWN)}
PLANNED = {
    Force.FULL: "■ would be in force: web ACL shop-edge, for app/shop",
    Force.PARTLY: (
        "◧ would be in force in part: web ACL shop-edge: rule office comes first, and allows some"
    ),
    Force.NOTHING: (
        "□ would do nothing yet: web ACL shop-edge: rule r only counts, it does not block"
    ),
    Force.UNKNOWN: "? nobody knows whether it would be in force: ListWebACLs is denied",
}
LISTED = (
    (FULL, "■ in force", "■ in force: web ACL shop-edge, for app/shop"),
    (PARTLY, "◧ in part", "◧ in force in part: web ACL shop-edge"),
    (NOTHING, "□ no effect", "□ does nothing yet: web ACL shop-edge: rule r only counts"),
    (UNKNOWN, "? unknown", "? nobody knows whether it is in force: ListWebACLs is denied"),
    (None, "✓ verified", "reason: scans"),
)


GUARDED = (
    (
        GuardPolicy(
            allow_documentation=True,
            account=Learned(
                (Protected("203.0.113.77", "NAT gateway nat-1, eu-west-1"),), looked=True
            ),
        ),
        "✗ 203.0.113.77/32 is an address of your own account: 203.0.113.77 (NAT gateway "
        "nat-1, eu-west-1); blocking it would block your own traffic",
    ),
    (
        GuardPolicy(
            allow_documentation=True,
            trusted=Learned(
                (Protected("203.0.113.0/26", "x"), Protected("203.0.113.64/26", "list office")),
                looked=True,
            ),
        ),
        "✗ 203.0.113.77/32 is on a trusted list of GuardDuty: 203.0.113.64/26 (list office)",
    ),
    (
        GuardPolicy(allow_documentation=True, own=("203.0.113.77",)),
        "✗ 203.0.113.77/32 holds 203.0.113.77, where this session comes from",
    ),
    (
        GuardPolicy(allow_documentation=True, trusted_proxies=("203.0.113.77",)),
        "✗ 203.0.113.77/32 is a trusted proxy: 203.0.113.77; visitors share it",
    ),
    (
        GuardPolicy(allow_documentation=True, cdn=("203.0.112.0/20",)),
        "✗ 203.0.113.77/32 is an edge of a CDN: 203.0.112.0/20; visitors share it",
    ),
    (
        GuardPolicy(allow_documentation=True, protect=(Protected("203.0.113.77", "the bank"),)),
        "✗ 203.0.113.77/32 is on the protect list: 203.0.113.77 (the bank); take it off",
    ),
    (
        GuardPolicy(),
        "✗ 203.0.113.77/32 touches documentation space (203.0.113.0/24): an example",
    ),
)
NEVER = (
    ("0.0.0.0/0", "✗ 0.0.0.0/0 is every IPv4 address there is"),
    ("203.0.0.0/16", "✗ /16 is wider than the widest allowed, /20"),
    ("192.168.7.0/24", "✗ 192.168.7.0/24 is private (192.168.0.0/16)"),
    ("127.0.0.1/32", "✗ 127.0.0.1/32 is loopback"),
    ("169.254.169.254/32", "✗ 169.254.169.254/32 is link-local"),
    ("224.0.0.1/32", "✗ 224.0.0.1/32 is multicast"),
    ("240.0.0.1/32", "✗ 240.0.0.1/32 is reserved"),
)


BECAME: tuple[tuple[Enforcement | None, list[str]], ...] = (
    (FULL, ["sent · verified · in force, until", "■ in force: web ACL shop-edge"]),
    (PARTLY, ["sent · verified · in part, until", "◧ in force in part: web ACL shop-edge:"]),
    (
        NOTHING,
        [
            "sent · verified · no effect, until",
            "□ does nothing yet: web ACL shop-edge: rule r only counts, it does not block",
        ],
    ),
    (UNKNOWN, ["sent · verified · unknown", "? nobody knows whether it is in force: ListWeb"]),
    (None, ["sent · verified · verified", "whether a web ACL blocks it is not known yet"]),
)


@pytest.fixture
def edge(demo: Triage) -> Edge:
    """The one blocklist of the demo's night, as if it were real."""
    demo.blocklist = made = Edge()
    made.outcome = FULL
    return made


# -- what the plan says ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_plan_says_whether_it_would_be_in_force(
    demo: Triage, edge: Edge, screen_text: Lines, size: tuple[int, int]
) -> None:
    app = TriageApp(demo, title="night")
    async with app.run_test(size=size) as pilot:
        for outcome, said in PLANNED.items():
            edge.outcome = OUTCOMES[outcome]
            screen = await plan(pilot, app)
            text = flat(screen_text(app))
            assert said in text
            assert "to edge, IP set edge-v4, REGIONAL 10,000 left" in text
            assert "SIMULATED" not in text
            await press(pilot, "enter")
            await until(pilot, lambda: isinstance(app.screen, Confirm) and app.screen.readable)
            asked = flat(screen_text(app))
            warned = "⚠ it would" in asked or "⚠ it nobody" in asked
            assert warned is (outcome is not Force.FULL)
            await press(pilot, "escape")
            assert app.screen is screen
            await press(pilot, "escape")


async def test_foreign_entries_are_told_apart(demo: Triage, edge: Edge, screen_text: Lines) -> None:
    edge.others = ["203.0.113.0/25"]
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await plan(pilot, app)
        text = flat(screen_text(app))
        assert (
            "= is blocked already by 203.0.113.0/25, which somebody else has added and stays theirs"
        ) in text


async def test_what_the_guard_says_is_on_the_screen(
    demo: Triage, edge: Edge, screen_text: Lines
) -> None:
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        for policy, said in GUARDED:
            edge.policy = policy
            screen = await plan(pilot, app)
            screen.table.move_to(0)
            await press(pilot, "k")
            text = flat(screen_text(app))
            assert said in text
            assert "Enter block" not in text
            await press(pilot, "enter", "y")
            assert app.screen is screen
            assert edge.found == []
            await press(pilot, "escape")


async def test_what_nobody_blocks_is_refused_in_words(
    demo: Triage, edge: Edge, screen_text: Lines
) -> None:
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        for cidr, said in NEVER:
            await plan(pilot, app, EntityRef(Kind.NETWORK, cidr))
            assert said in flat(screen_text(app))
            await press(pilot, "escape")


async def test_what_could_not_be_read_is_a_warning(
    demo: Triage, edge: Edge, screen_text: Lines
) -> None:
    unread = Learned((), ("DescribeAddresses is denied (eu-west-1)",), looked=True)
    edge.policy = GuardPolicy(allow_documentation=True, account=unread)
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app)
        text = flat(screen_text(app))
        assert (
            "! nobody knows whether it is an address of your own account: DescribeAddresses is "
            "denied (eu-west-1)"
        ) in text
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and app.screen.readable)
        assert "▸[n] no" in flat(screen_text(app))  # no is what Enter would say
        await press(pilot, "escape")
        assert app.screen is screen


async def test_limits_are_said_before_they_are_reached(
    demo: Triage, edge: Edge, screen_text: Lines
) -> None:
    edge.room, edge.others = 1, ["192.0.2.1/32"]
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await plan(pilot, app)
        text = flat(screen_text(app))
        assert "0 left" in text
        assert "The blocklist is full: let entries expire, undo some" in text


async def test_a_family_without_a_set(demo: Triage, edge: Edge, screen_text: Lines) -> None:
    edge.versions = {6}
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await plan(pilot, app)
        assert "✗ this blocklist has no IP set for IPv4" in flat(screen_text(app))


# -- several blocklists ----------------------------------------------------------------------------


async def test_one_of_several_blocklists_is_chosen(
    demo: Triage, edge: Edge, screen_text: Lines
) -> None:
    other = Edge("shop")
    other.outcome = NOTHING
    demo.more_blocklists = (other,)
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app)
        assert "[edge] shop" in flat(screen_text(app))
        assert "Tab blocklist" in flat(screen_text(app))
        await press(pilot, "j")
        await press(pilot, "tab")
        await until(pilot, lambda: screen.readable)
        await settle(pilot)
        text = flat(screen_text(app))
        assert "edge [shop]" in text
        assert "to shop, IP set shop-v4" in text
        assert "would do nothing yet" in text
        assert screen.choice is not None
        assert screen.choice.cidr == "203.0.113.0/24"  # the choice stays
        await press(pilot, "k")
        await confirmed(pilot, app, screen)
        assert edge.found == []
        assert other.found[0].blocklist == "shop"
        assert demo.blocks()[0].blocklist == "shop"
        await press(pilot, "enter", "b")
        assert "shop" in screen_text(app)[3]


async def test_keys_typed_before_the_other_plan_is_painted_block_nothing(
    demo: Triage, edge: Edge
) -> None:
    shop = Edge("shop")
    demo.more_blocklists = (shop,)
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app)
        keys = [("tab", "\t"), ("enter", "\r"), ("y", "y"), ("enter", "\r"), ("y", "y")]
        typed = [events.Key(key, char) for key, char in keys]
        for key in typed:
            app.post_message(key)
        await until(pilot, lambda: screen.blocklist == "shop" and screen.readable)
        await settle(pilot)
        assert app.screen is screen
        early = events.Key("enter", "\r")
        await pilot.press("tab")
        await until(pilot, lambda: screen.blocklist == "edge" and screen.readable)
        app.post_message(early)  # typed before the plan was painted, delivered after
        await settle(pilot)
        assert app.screen is screen
        assert edge.found == shop.found == []


# -- after it --------------------------------------------------------------------------------------


async def test_what_became_of_it(demo: Triage, edge: Edge, screen_text: Lines) -> None:
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app)
        await confirmed(pilot, app, screen)
        for outcome, said in BECAME:
            edge.outcome = outcome
            app.show_now()
            await settle(pilot)
            text = flat(screen_text(app))
            for part in said:
                assert part in text


async def test_it_is_not_verified_until_it_is_read_back(
    demo: Triage, edge: Edge, screen_text: Lines
) -> None:
    edge.state = BlockState.SENT
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app)
        await confirmed(pilot, app, screen)
        assert "sent · not verified yet, until" in flat(screen_text(app))


async def test_what_was_made_is_no_failure_where_it_cannot_be_read_back(
    demo: Triage, edge: Edge, screen_text: Lines
) -> None:
    edge.unread = ResponseError("Cannot read the blocklist edge", "ExpiredToken.", "Sign in.")
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app)
        await confirmed(pilot, app, screen)
        assert "sent · not verified yet, until" in flat(screen_text(app))
        assert "ExpiredToken" not in flat(screen_text(app))


async def test_what_is_mended_outside_shows_while_one_looks(
    demo: Triage, edge: Edge, screen_text: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage_tui.ui.screens.block.LOOK_OUTSIDE", 0.05)
    edge.outcome = NOTHING
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await plan(pilot, app)
        await confirmed(pilot, app, screen)
        assert "does nothing yet" in flat(screen_text(app))
        edge.outcome = FULL
        await until(pilot, lambda: "sent · verified · in force" in flat(screen_text(app)))


# -- the list --------------------------------------------------------------------------------------


async def made(demo: Triage, cidr: str = "203.0.113.77/32", expires: int | None = HOUR) -> Block:
    now = demo.clock.position()
    return await demo.block(
        BlockRequest(cidr, demo.blocklist.name, "scans", "maria", expires, "ip:203.0.113.77", now)
    )


async def listed(pilot: Pilot[None], app: TriageApp) -> BlocksScreen:
    await settle(pilot)
    await press(pilot, "b")
    assert isinstance(app.screen, BlocksScreen)
    await app.workers.wait_for_complete()
    await settle(pilot)
    return app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_every_row_says_what_it_does(
    demo: Triage, edge: Edge, screen_text: Lines, size: tuple[int, int]
) -> None:
    await made(demo)
    app = TriageApp(demo, title="night")
    async with app.run_test(size=size) as pilot:
        await listed(pilot, app)
        for outcome, word, line in LISTED:
            edge.outcome = outcome
            app.show_now()
            await settle(pilot)
            lines = screen_text(app)
            assert all(len(each) == size[0] for each in lines)
            assert lines[3].startswith(f"▌ {word:11} 203.0.113.77/32")
            assert line in flat(lines)
            assert f"1 {word[2:]}" in lines[1]


async def test_foreign_entries_have_their_rows_and_stay(
    demo: Triage, edge: Edge, screen_text: Lines
) -> None:
    await made(demo)
    edge.others = ["192.0.2.0/24", "2001:db8::/64"]
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await listed(pilot, app)
        lines = screen_text(app)
        assert "1 in force · 2 foreign" in lines[1]
        assert "  ◇ foreign   192.0.2.0/24" in lines[4]
        await press(pilot, "j")
        text = flat(screen_text(app))
        assert "192.0.2.0/24 is in edge, and not by this program" in text
        await press(pilot, "U", "x", "enter")
        assert app.screen is screen
        assert "192.0.2.0/24 is not ours to undo: somebody else has added it" in flat(
            screen_text(app)
        )
        assert edge.others == ["192.0.2.0/24", "2001:db8::/64"]


async def test_differences_are_shown_not_guessed(
    demo: Triage, edge: Edge, screen_text: Lines
) -> None:
    block = await made(demo)
    edge.told = [f"203.0.113.77/32 ({block.id}) was taken out of the set by somebody else"]
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot, app)
        text = flat(screen_text(app))
        assert "the journal and the sets differ" in text
        assert "≠ 203.0.113.77/32 (blk-edge-0) was taken out of the set by somebody else" in text
        edge.told = [f"difference {n}" for n in range(9)]
        app.show_now()
        await settle(pilot)
        text = flat(screen_text(app))
        assert "≠ difference 3" in text
        assert "difference 4" not in text
        assert "5 more lines; triage-tui blocks list --check tells all" in text
        edge.told = []
        app.show_now()
        await settle(pilot)
        assert "differ" not in flat(screen_text(app))


async def test_sets_that_cannot_be_read_say_so_for_as_long_as_it_lasts(
    demo: Triage, edge: Edge, screen_text: Lines
) -> None:
    edge.trouble = ResponseError("Cannot read edge", "GetIPSet is denied.", "Ask for it.")
    await made(demo)
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot, app)
        text = flat(screen_text(app))
        assert "Cannot read edge" in text
        assert "GetIPSet is denied. Ask for it." in text


async def test_what_still_comes_is_in_the_row(demo: Triage, edge: Edge, screen_text: Lines) -> None:
    demo.clock.step(-20 * MINUTE)
    await made(demo)
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(120, 40)) as pilot:
        demo.clock.step(10 * MINUTE)
        await listed(pilot, app)
        row = screen_text(app)[3].split()
        through, refused = int(row[6].replace(",", "")), int(row[7].replace(",", ""))
        assert through + refused > 10
        text = flat(screen_text(app))
        assert (
            f"since then {through + refused:,} requests still came: {through:,} let through" in text
        )


async def test_leaving_names_what_stays(demo: Triage, edge: Edge, screen_text: Lines) -> None:
    await made(demo)
    await made(demo, "198.51.100.23/32", None)
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q")
        assert isinstance(app.screen, QuitQuestion)
        text = flat(screen_text(app))
        assert "198.51.100.23/32 stays in edge: it never expires" in text
        assert "203.0.113.77/32 stays in edge, until 2026-03-15 Sun 03:29:59Z: then" in text
        assert "`triage-tui blocks expire` takes it out, or the next triage does" in text


async def test_the_overview_shows_what_does_nothing(
    demo: Triage, edge: Edge, screen_text: Lines
) -> None:
    await made(demo)
    app = TriageApp(demo, title="night")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)

        def row() -> str:
            return next(line for line in screen_text(app) if "203.0.113.77 " in line)

        assert "■ 1h" in row()
        edge.outcome = NOTHING
        demo.decisions += 1
        app.show_now()
        await settle(pilot)
        assert "□ 1h" in row()
