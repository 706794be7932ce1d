"""The actions menu and the screen of one answer: the right lever first, nothing without a yes."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.app import App
from textual.pilot import Pilot

from tests.ui.planning import press, settle, until
from tests.ui.test_block import NASTY, SIZES, question
from triage_tui.model import EntityRef, Kind
from triage_tui.remedies import DenyInAcl, DenyUser, Quarantine, RemedyState
from triage_tui.respond.remedy.event import told
from triage_tui.respond.remedy.offers import BLOCK, RULE
from triage_tui.respond.remedy.simulated import NoRemedies
from triage_tui.triage import Triage
from triage_tui.ui.app import TriageApp
from triage_tui.ui.screens.answers import AnswersScreen
from triage_tui.ui.screens.ask import AskScreen
from triage_tui.ui.screens.block import BlockScreen
from triage_tui.ui.screens.inspect import InspectScreen
from triage_tui.ui.screens.remedy import RemedyScreen

Lines = Callable[[App[None]], list[str]]
Make = Callable[[Iterable[Mapping[str, object]]], Awaitable[Triage]]
SCANNER = EntityRef(Kind.IP, "203.0.113.77")
INTRUDER = EntityRef(Kind.IP, "198.51.100.23")
MARIA = EntityRef(Kind.PRINCIPAL, "arn:aws:iam::111122223333:user/maria.keller")
ROOT = EntityRef(Kind.PRINCIPAL, "111122223333")
KEY = "AKIAIOSFODNN7EXAMPLE"
HOST = "i-0123456789abcdef0"


async def menu(pilot: Pilot[None], app: TriageApp, ref: EntityRef) -> AnswersScreen:
    screen = AnswersScreen(app.triage, ref)
    await app.push_screen(screen)
    await until(pilot, lambda: bool(screen.offers) and screen.table.cursor_key is not None)
    await settle(pilot)
    return screen


async def plan(pilot: Pilot[None], app: TriageApp) -> RemedyScreen:
    """Opens what is under the menu's cursor, and waits until its plan was painted."""
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(app.screen, RemedyScreen) and app.screen.readable)
    assert isinstance(app.screen, RemedyScreen)
    return app.screen


@pytest.mark.parametrize("size", SIZES[:2])
@pytest.mark.parametrize(
    ("ref", "first"),
    [
        (MARIA, f"▶  Deactivate the key {KEY}"),
        (INTRUDER, f"▶  Deactivate the key {KEY}"),
        (SCANNER, "▶  Block 203.0.113.77 in WAF"),
    ],
)
async def test_the_right_lever_comes_first(
    demo: Triage, screen_text: Lines, ref: EntityRef, first: str, size: tuple[int, int]
) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=size) as pilot:
        screen = await menu(pilot, app, ref)
        lines = screen_text(app)
        assert all(len(line) == size[0] for line in lines)
        [row] = [line for line in lines if "▶" in line]
        assert first in row
        assert screen.table.cursor_index == 0
        assert screen.offers[0].fits
        assert "SIMULATED" in "\n".join(lines)


async def test_what_does_not_fit_is_grey_and_says_why(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        screen = await menu(pilot, app, MARIA)
        place = [offer.key for offer in screen.offers].index(BLOCK)
        await press(pilot, *["j"] * place)
        assert screen.chosen is not None
        assert not screen.chosen.fits
        text = " ".join(" ".join(screen_text(app)).replace("│", " ").split())
        assert "not to be had: wrong lever: seen in cloudtrail, guardduty alone" in text
        await press(pilot, "enter")
        assert app.screen is screen


async def test_root_is_refused_with_what_to_do(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await menu(pilot, app, ROOT)
        others = [o for o in screen.offers if "GuardDuty" not in o.title]
        assert [offer.fits for offer in others] == [False, False]
        place = next(n for n, o in enumerate(screen.offers) if isinstance(o.change, DenyUser))
        await press(pilot, *["j"] * place)
        text = " ".join(" ".join(screen_text(app)).replace("│", " ").split())
        assert "sign in as root, change its password" in text


@pytest.mark.parametrize("open_", ["overview", "inspect"])
async def test_a_key_opens_the_menu(demo: Triage, open_: str) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO", initial_kind=Kind.PRINCIPAL)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        if open_ == "inspect":
            await app.push_screen(InspectScreen(demo, MARIA))
            await settle(pilot)
        await press(pilot, "a")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        assert isinstance(app.screen, AnswersScreen)
        assert app.screen.ref.key == MARIA.key
        await press(pilot, "escape")
        assert not isinstance(app.screen, AnswersScreen)


@pytest.mark.parametrize("size", SIZES[:2])
async def test_the_stolen_key_is_deactivated_and_taken_back(
    demo: Triage, screen_text: Lines, size: tuple[int, int]
) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=size) as pilot:
        await menu(pilot, app, MARIA)
        screen = await plan(pilot, app)
        assert all(len(line) == size[0] for line in screen_text(app))
        text = "\n".join(screen_text(app))
        assert f"- {KEY}  Active" in text
        assert f"+ {KEY}  Inactive" in text
        await press(pilot, "enter")
        await question(pilot, app)
        assert "SIMULATED: nothing outside" in "\n".join(screen_text(app))
        await press(pilot, "y")
        await until(pilot, lambda: screen.remedy is not None and app.screen is screen)
        assert screen.remedy is not None
        assert screen.remedy.state is RemedyState.DONE
        await settle(pilot)
        text = "\n".join(screen_text(app))
        assert "■ done  SIMULATED" in text
        assert "aws iam update-access-key" in " ".join(text.replace("│", " ").split())
        await press(pilot, "U")
        await question(pilot, app)
        await press(pilot, "y")
        await until(pilot, lambda: app.screen is screen)
        await until(pilot, lambda: "↶ undone" in "\n".join(screen_text(app)))
        [remedy] = demo.remedied()
        assert remedy.state is RemedyState.UNDONE


async def test_who_used_it_is_said(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=(120, 40)) as pilot:
        await menu(pilot, app, MARIA)
        await plan(pilot, app)
        text = " ".join(" ".join(screen_text(app)).replace("│", " ").split())
        assert f"the key {KEY} in the last 24 h: 410 events" in text
        assert "198.51.100.23 (408)" in text
        assert "DeleteItem (388)" in text
        assert f"--access-key-id {KEY} --status Inactive" in text
        assert "The key is activated again." in text


async def test_a_no_changes_nothing(demo: Triage) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=(120, 40)) as pilot:
        await menu(pilot, app, MARIA)
        await plan(pilot, app)
        await press(pilot, "enter")
        await question(pilot, app)
        await press(pilot, "n")
        assert demo.remedied() == ()


async def test_what_was_done_stands_in_the_menu(demo: Triage, screen_text: Lines) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=(120, 40)) as pilot:
        listed = await menu(pilot, app, MARIA)
        screen = await plan(pilot, app)
        await press(pilot, "enter")
        await question(pilot, app)
        await press(pilot, "y")
        await until(pilot, lambda: screen.remedy is not None and app.screen is screen)
        await press(pilot, "enter")
        await until(pilot, lambda: app.screen is listed)
        await until(pilot, lambda: "done" in "\n".join(screen_text(app)))
        again = await plan(pilot, app)
        assert "it is so already" in "\n".join(screen_text(app))
        await press(pilot, "enter", "escape")
        assert again.remedy is None
        await until(pilot, lambda: app.screen is listed)
        await press(pilot, "G", "U")
        await question(pilot, app)
        await press(pilot, "y")
        await until(pilot, lambda: demo.remedied()[0].state is RemedyState.UNDONE)


async def test_a_finding_is_archived_and_then_it_can_be_taken_out_again(
    demo: Triage, screen_text: Lines
) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await menu(pilot, app, MARIA)
        fits = {each.title.partition(" ")[0]: each.fits for each in screen.offers}
        assert (fits["Archive"], fits["Unarchive"]) == (True, False)
        await press(pilot, "G")
        assert "nothing of it is archived" in "\n".join(screen_text(app))
        place = next(n for n, o in enumerate(screen.offers) if o.title.startswith("Archive"))
        await press(pilot, "g", *["j"] * place)
        done = await plan(pilot, app)
        await press(pilot, "enter")
        await question(pilot, app)
        await press(pilot, "y")
        await until(pilot, lambda: done.remedy is not None)
        again = await menu(pilot, app, MARIA)
        fits = {each.title.partition(" ")[0]: each.fits for each in again.offers}
        assert (fits["Archive"], fits["Unarchive"]) == (False, True)


# -- a rule of a security group ------------------------------------------------------------------


async def asked_for_a_rule(pilot: Pilot[None], app: TriageApp, answer: str) -> AnswersScreen:
    """Answers the question for the rule, from the menu about whoever reaches hosts."""
    screen = await menu(pilot, app, EntityRef(Kind.IP, "9.9.9.9"))
    place = next(n for n, o in enumerate(screen.offers) if o.key == RULE)
    assert screen.offers[place].fits
    await press(pilot, "g", *["j"] * place, "enter")
    await until(pilot, lambda: isinstance(app.screen, AskScreen))
    await press(pilot, *answer, "enter")
    return screen


def _flow(number: int) -> Mapping[str, object]:
    """A call that a host of ours took part in."""
    return dict(_call("kim", number)) | {
        "sourceIPAddress": "9.9.9.9",
        "resources": [{"ARN": HOST, "type": "AWS::EC2::Instance"}],
        "eventName": "GetConsoleOutput",
        "eventSource": "ec2.amazonaws.com",
        "requestParameters": {"instanceId": HOST},
    }


async def test_who_else_would_be_hit_in_the_network_is_said(
    triage_of: Make, screen_text: Lines
) -> None:
    """Who is behind an address, and who deals with a host."""
    others = [dict(_flow(n + 3)) | {"sourceIPAddress": "9.9.9.10"} for n in range(2)]
    app = TriageApp(await triage_of([*(_flow(n) for n in range(3)), *others]), title="x")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await menu(pilot, app, EntityRef(Kind.IP, "9.9.9.9"))
        place = next(n for n, o in enumerate(screen.offers) if isinstance(o.change, DenyInAcl))
        await press(pilot, "g", *["j"] * place)
        await plan(pilot, app)
        text = " ".join(" ".join(screen_text(app)).replace("│", " ").split())
        assert "the address 9.9.9.9 in the last 24 h: 3 events" in text
        assert "for GetConsoleOutput (3)" in text
    found = app.triage.usage(DenyInAcl(account="1", host=HOST, cidr="9.9.9.0/24"))
    assert found is not None
    assert (found.what, found.ips) == (
        "addresses of 9.9.9.0/24",
        (("9.9.9.9", 3), ("9.9.9.10", 2)),
    )
    found = app.triage.usage(Quarantine(account="1", host=HOST, groups=("sg-0",)))
    assert found is not None
    assert (found.what, found.events) == (f"the host {HOST}", 5)
    assert app.triage.usage(Quarantine(account="1", host="i-0", groups=())) == replace(
        found, what="the host i-0", events=0, first=0, last=0, ips=(), actions=(), agents=()
    )


@pytest.mark.parametrize("size", SIZES[:2])
async def test_a_rule_is_named_and_narrowed(
    triage_of: Make, screen_text: Lines, size: tuple[int, int]
) -> None:
    app = TriageApp(await triage_of([_flow(n) for n in range(3)]), title="x")
    async with app.run_test(size=size, notifications=True) as pilot:
        await asked_for_a_rule(pilot, app, "sgr-0abc 8.8.8.0/24")
        await until(pilot, lambda: isinstance(app.screen, RemedyScreen) and app.screen.readable)
        lines = screen_text(app)
        assert all(len(line) == size[0] for line in lines)
        text = "\n".join(lines)
        assert "Narrow the rule sgr-0abc to 8.8.8.0/24" in text
        assert "- sgr-0abc  there" in text
        assert "+ 8.8.8.0/24  there" in text
        assert app.triage.remedied() == ()


@pytest.mark.parametrize(
    "answer", ["", "sg-0abc", "sgr-0abc everybody", "sgr-0abc 8.8.8.8 9.9.9.9", "--dry-run"]
)
async def test_what_is_no_rule_is_planned_by_nobody(
    triage_of: Make, screen_text: Lines, answer: str
) -> None:
    app = TriageApp(await triage_of([_flow(n) for n in range(3)]), title="x")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        screen = await asked_for_a_rule(pilot, app, answer)
        await until(pilot, lambda: app.screen is screen)
        if answer:
            await until(pilot, lambda: "that is no rule" in "\n".join(screen_text(app)))
        assert app.triage.remedied() == ()


async def test_the_menu_leads_to_a_block(demo: Triage) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=(120, 40)) as pilot:
        await menu(pilot, app, SCANNER)
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, BlockScreen))


async def test_what_hits_many_is_typed(demo: Triage) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await menu(pilot, app, INTRUDER)
        place = next(n for n, o in enumerate(screen.offers) if "ops-admin" in o.title)
        await press(pilot, *["j"] * place)
        opened = await plan(pilot, app)
        await press(pilot, "enter")
        await question(pilot, app)
        await press(pilot, "y", "enter")
        assert opened.remedy is None
        await press(pilot, "backspace", *"ops-admin", "enter")
        await until(pilot, lambda: opened.remedy is not None)


async def test_read_only_greys_everything(demo: Triage, screen_text: Lines) -> None:
    demo.remedies = NoRemedies("this triage was started with --read-only")
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await menu(pilot, app, MARIA)
        assert not any(offer.fits for offer in screen.offers if offer.change is not None)
        assert "--read-only" in "\n".join(screen_text(app))


async def test_going_back_in_time_takes_it_out_of_sight(demo: Triage) -> None:
    app = TriageApp(demo, title="incident", mode="DEMO")
    async with app.run_test(size=(120, 40)) as pilot:
        await menu(pilot, app, MARIA)
        screen = await plan(pilot, app)
        await press(pilot, "enter")
        await question(pilot, app)
        await press(pilot, "y")
        await until(pilot, lambda: screen.remedy is not None)
        assert len(demo.remedied()) == 1
        assert demo.clock.first is not None
        demo.clock.seek(demo.clock.first)
        assert demo.remedied() == ()


@pytest.mark.parametrize("size", SIZES[:1])
async def test_hostile_names_reach_no_terminal(
    triage_of: Make, leaks: Lines, size: tuple[int, int]
) -> None:
    triage = await triage_of([_call(NASTY, n) for n in range(3)])
    app = TriageApp(triage, title="x")
    async with app.run_test(size=size, notifications=True) as pilot:
        [ref] = [
            EntityRef(Kind.PRINCIPAL, key)
            for key in {who.key for who in triage.index.identities if who.key}
        ]
        screen = await menu(pilot, app, ref)
        assert leaks(app) == []
        for place in range(len(screen.offers)):
            await press(pilot, "g", *["j"] * place)
            assert leaks(app) == []
            if screen.chosen is None or not screen.chosen.fits:
                continue
            await plan(pilot, app)
            assert leaks(app) == []
            await press(pilot, "enter")
            await question(pilot, app)
            assert leaks(app) == []
            await press(pilot, "escape", "escape")
            await until(pilot, lambda: app.screen is screen)


def _call(name: str, number: int) -> Mapping[str, object]:
    """A call of a user whose name is hostile, as no IAM would have it."""
    return {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": f"arn:aws:iam::111122223333:user/{name}",
            "accountId": "111122223333",
            "accessKeyId": "AKIAEXAMPLE",
            "userName": name,
        },
        "eventTime": f"2026-03-15T02:00:0{number}Z",
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": "DeleteTable",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.23",
        "userAgent": name,
        "eventID": f"0000000{number}-0000-4000-8000-000000000000",
    }


async def test_the_readme_says_all_that_a_function_is_told(demo: Triage) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    [said] = [part for part in readme.split("\n\n") if part.startswith("It is called with one")]
    body = json.loads(told(demo.entity(MARIA), demo.latest(MARIA)))
    keys = {*body, *body["entity"], *body["events"][0], *body["entity"]["reasons"][0]}
    assert {"time", "points", "requested"} <= keys
    assert [key for key in keys if re.search(rf"\b{key}\b", said) is None] == []
