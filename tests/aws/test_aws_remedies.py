"""Answers other than blocks over real HTTP: planned, done, read back, taken back; crashes in the
middle, and others who change the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.aws.clients import client as client_of
from tests.aws.faults import Faults
from tests.aws.guardduty import FakeGuardDuty
from tests.aws.identities import FakeIam
from tests.aws.lambdas import FakeLambda
from tests.aws.moto_scenes import Client
from tests.aws.remedy_scenes import (
    FAKE_ACCOUNT,
    ON_FAKES,
    REGION,
    Fakes,
    Scene,
)
from tests.aws.server import FakeAws
from tests.aws.vpcs import FakeVpcs
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.ground import Ground, Untried
from triage_tui.aws.need import Configured
from triage_tui.aws.probes import PROBES, is_let_in
from triage_tui.aws.remedies import AwsHands
from triage_tui.aws.remedy_probes import REMEDY_PROBES
from triage_tui.aws.trouble import CALL_ERRORS
from triage_tui.remedies import (
    STANDING,
    AnyChange,
    DenySessions,
    DenyUser,
    Quarantine,
    Remedy,
    RemedyRequest,
    RemedyState,
)
from triage_tui.respond.journal import Journal, ResponseError
from triage_tui.respond.remedy.calls import Call, Reply, Trouble
from triage_tui.respond.remedy.desk import RealRemedies
from triage_tui.respond.remedy.entries import RemedyIntent, RemedyUndoIntent
from triage_tui.respond.remedy.guard import RemedyPolicy
from triage_tui.respond.remedy.settings import AnswerSettings

WALL = 1_773_540_000_000_000_000


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """Hands of a process that is killed at a call that changes something: before it, or after."""

    def __init__(self, hands: AwsHands, at: int, *, after: bool) -> None:
        self._hands = hands
        self._left = at
        self._after = after

    async def perform(self, account: str, region: str, call: Call) -> Reply | Trouble:
        reads = call.operation.startswith(("Get", "List", "Describe"))
        if reads or call.parameters.get("DryRun"):
            return await self._hands.perform(account, region, call)
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        answer = await self._hands.perform(account, region, call)
        if self._left == 0:
            raise Killed
        return answer

    async def who(self, account: str) -> str | Trouble:
        return await self._hands.who(account)

    async def close(self) -> None:
        await self._hands.close()


class Alone(NamedTuple):
    """Implements `Company`: everybody else is gone."""

    writer: str

    async def is_alive(self, writer: str) -> bool:
        return False

    def turns(self, account: str, region: str, calls_per_second: float) -> object:
        raise AssertionError("nobody takes turns here")


class Place(NamedTuple):
    """Everything of one test."""

    client: Client
    hands: AwsHands
    journal: Journal

    def remedies(self, hands: object = None, *, writer: str = "1" * 16) -> RealRemedies:
        """A process with the journal open."""

        async def at_once(_seconds: float) -> None:
            pass

        return RealRemedies(
            hands or self.hands,  # type: ignore[arg-type] # one of the two
            self.journal,
            RemedyPolicy(),
            Alone(writer),  # type: ignore[arg-type] # it takes no turns
            wall=lambda: WALL,
            sleep=at_once,
        )


@asynccontextmanager
async def at(url: str, folder: Path) -> AsyncIterator[Place]:
    """Everything, over a server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", url)
        access = Access(Scope(None, REGION))
        journal = await Journal.open(folder / "journal.db", wall=lambda: WALL, real=True)
        try:
            yield Place(
                lambda service: client_of(url, service, region=REGION), AwsHands([access]), journal
            )
        finally:
            await access.close()
            await journal.close()


@pytest.fixture
def fakes() -> Fakes:
    guardduty = FakeGuardDuty(_milliseconds)
    guardduty.enable()
    function = f"arn:aws:lambda:{REGION}:{FAKE_ACCOUNT}:function:shop"
    return Fakes(FakeIam(), guardduty, FakeVpcs(), FakeLambda(function))


def _milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


class Stage(NamedTuple):
    """A change, and everything else."""

    place: Place
    scene: Scene


@pytest.fixture(params=[*ON_FAKES])
async def stage(
    fakes: Fakes, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Stage]:
    async with FakeAws(*fakes) as served, at(served.url, tmp_path) as made:
        yield Stage(made, await ON_FAKES[request.param](fakes))


@pytest.fixture
def scene(stage: Stage) -> Scene:
    return stage.scene


async def done(remedies: RealRemedies, change: AnyChange) -> Remedy:
    """Plans a change, and makes it."""
    plan = await remedies.plan(change, WALL)
    assert not plan.refused
    return await remedies.apply(
        RemedyRequest(plan.change, plan.before, "stolen", "kim", "ip:198.51.100.23", WALL)
    )


async def test_it_is_planned_done_and_taken_back(stage: Stage, scene: Scene) -> None:
    """Also by processes that are killed before the first call that changes anything."""
    place, before = stage.place, await scene.seen()
    plan = await place.remedies().plan(scene.change, WALL)
    assert plan.before != plan.after
    assert plan.commands
    assert place.journal.entries == []
    with pytest.raises(Killed):
        await done(place.remedies(Dying(place.hands, 1, after=False)), scene.change)
    assert await scene.seen() == before
    again = await Journal.open(Path(place.journal.where), wall=lambda: WALL, real=True)
    assert [entry.phase for entry in again.entries] == ["remedy intent"]
    await again.close()
    remedies = place.remedies(writer="2" * 16)
    await remedies.refresh()
    [found] = remedies.remedies(None)
    assert (found.state, "ended before" in found.note) == (RemedyState.FAILED, True)
    assert await scene.seen() == before

    made = await done(remedies, scene.change)
    assert made.state is RemedyState.DONE
    assert await scene.seen() != before
    assert (await remedies.verify(made)).state is RemedyState.DONE
    intent = next(e.payload for e in place.journal.entries if e.block == made.id)
    assert isinstance(intent, RemedyIntent)
    assert intent.commands == plan.commands
    assert intent.identity.startswith("arn:aws:")

    with pytest.raises(Killed):
        await place.remedies(Dying(place.hands, 1, after=False)).undo(
            made, author="kim", cursor=WALL
        )
    assert isinstance(place.journal.entries[-1].payload, RemedyUndoIntent)
    remedies = place.remedies(writer="3" * 16)
    await remedies.refresh()
    found = remedies.remedies(None)[0]
    assert (found.state, found.note[:14]) == (RemedyState.DONE, "not taken back")
    undone = await remedies.undo(made, author="kim", cursor=WALL)
    assert undone.state is RemedyState.UNDONE
    assert await scene.seen() == before
    with pytest.raises(ResponseError, match="Nothing to take back"):
        await remedies.undo(made, author="kim", cursor=WALL)
    assert await place.journal.verify_chain() is None


async def test_crashes_after_a_call_are_found_out(stage: Stage, scene: Scene) -> None:
    place, before = stage.place, await scene.seen()
    with pytest.raises(Killed):
        await done(place.remedies(Dying(place.hands, 1, after=True)), scene.change)
    left = await scene.seen()
    remedies = place.remedies(writer="2" * 16)
    await remedies.refresh()
    [found] = remedies.remedies(None)
    assert found.state in (RemedyState.DONE, RemedyState.PARTLY)
    assert await scene.seen() == left
    with pytest.raises(Killed):
        await place.remedies(Dying(place.hands, 1, after=True)).undo(
            found, author="kim", cursor=WALL
        )
    remedies = place.remedies(writer="3" * 16)
    await remedies.refresh()
    [found] = remedies.remedies(None)
    if found.state is not RemedyState.UNDONE:  # it takes several calls
        await remedies.undo(found, author="kim", cursor=WALL)
    assert await scene.seen() == before


async def test_what_others_change_stays_and_is_said(stage: Stage, scene: Scene) -> None:
    place, before = stage.place, await scene.seen()
    remedies = place.remedies()
    plan = await remedies.plan(scene.change, WALL)
    made = await done(remedies, scene.change)
    with pytest.raises(ResponseError, match="Changed since the plan"):
        await remedies.apply(
            RemedyRequest(plan.change, plan.before, "", "kim", "ip:198.51.100.23", WALL)
        )
    planned = await remedies.plan(plan.change, WALL)
    assert planned.needless
    with pytest.raises(ResponseError, match="It is so already"):
        await remedies.apply(
            RemedyRequest(plan.change, planned.before, "", "kim", "ip:198.51.100.23", WALL)
        )
    assert len(remedies.remedies(None)) == 1
    await scene.again()
    assert (await remedies.verify(made)).state is RemedyState.CHANGED
    undone = await remedies.undo(made, author="kim", cursor=WALL)
    assert undone.state is RemedyState.UNDONE
    assert "somebody else had put it back" in undone.note
    assert await scene.seen() == before

    made = await done(remedies, await scene.renewed())
    await scene.meddle()
    # Some take away what it is about.
    theirs = None if scene.takes_away else await scene.seen()
    with pytest.raises(ResponseError) as said:
        await remedies.undo(made, author="kim", cursor=WALL)
    assert said.value.message
    if theirs is not None:
        assert await scene.seen() == theirs


async def test_two_terminals_do_the_same_at_once(stage: Stage, scene: Scene) -> None:
    """Each of its own journal's view. Whatever came of it, taking back both leaves what was there,
    and nothing is said to stand that does not."""
    place, before = stage.place, await scene.seen()
    theirs = await Journal.open(Path(place.journal.where), wall=lambda: WALL, real=True)
    try:
        ours = place.remedies()
        other = Place(place.client, place.hands, theirs).remedies(writer="2" * 16)
        plans = [await each.plan(scene.change, WALL) for each in (ours, other)]
        made = await asyncio.gather(
            *(
                each.apply(RemedyRequest(plan.change, plan.before, "", "kim", "ip:8.8.8.8", WALL))
                for each, plan in zip((ours, other), plans, strict=True)
            ),
            return_exceptions=True,
        )
        assert any(isinstance(each, Remedy) for each in made), made
        assert all(isinstance(each, Remedy | ResponseError) for each in made), made
        assert await scene.seen() != before
        await ours.refresh()
        for each in ours.remedies(None):
            if each.state in STANDING:
                with suppress(ResponseError):  # the other one has put it back
                    await ours.undo(each, author="kim", cursor=WALL)
        assert await scene.seen() == before
        assert await place.journal.verify_chain() is None
    finally:
        await theirs.close()


async def test_what_is_not_watched_is_not_touched(stage: Stage) -> None:
    remedies = stage.place.remedies()
    with pytest.raises(ResponseError, match="nothing that is watched here is in the account 999"):
        await remedies.plan(DenyUser(account="999", user="kim"), WALL)


async def test_doctor_can_try_what_only_reads(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked for is nobody's, and nothing is changed."""
    wanted = AnswerSettings(principals=True, network=True, quarantine=("sg-0",))
    shut_out, untried = [], []
    async with FakeAws(*fakes) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        access = Access(Scope(None, REGION))
        configured = Configured(answers=wanted)
        ground = Ground(access, configured, wall=lambda: 0.0, sleep=asyncio.sleep)
        for action in REMEDY_PROBES:
            try:
                await PROBES[action](ground)
            except Untried:
                untried.append(action)
            except CALL_ERRORS as error:
                shut_out += [] if is_let_in(error) else [action]
        await access.close()
    assert (shut_out, untried) == ([], ["lambda:InvokeFunction"])


@pytest.mark.parametrize(
    ("operation", "fault", "fate"),
    [
        ("ArchiveFindings", "throttle", RemedyState.DONE),
        ("ArchiveFindings", "error500", RemedyState.DONE),
        ("ArchiveFindings", "reset", RemedyState.DONE),
        ("ArchiveFindings.answer", "cut", RemedyState.DONE),
        ("GetFindings", "error503", RemedyState.DONE),
        ("ArchiveFindings", "denied", RemedyState.FAILED),
    ],
)
async def test_what_goes_wrong_on_the_way_is_found_out_by_reading(
    fakes: Fakes, tmp_path: Path, operation: str, fault: str, fate: RemedyState
) -> None:
    faults = Faults()
    async with FakeAws(*fakes, faults=faults) as served, at(served.url, tmp_path) as place:
        scene = await ON_FAKES["archive"](fakes)
        before, remedies = await scene.seen(), place.remedies()
        plan = await remedies.plan(scene.change, WALL)
        faults.add(operation, fault, times=1)
        request = RemedyRequest(plan.change, plan.before, "", "kim", "ip:198.51.100.23", WALL)
        if fate is RemedyState.DONE:
            made = await remedies.apply(request)
            assert made.state is fate
            await remedies.undo(made, author="kim", cursor=WALL)
        else:
            with pytest.raises(ResponseError, match="It was not done"):
                await remedies.apply(request)
            assert remedies.unable(scene.change) == "no permission: guardduty:ArchiveFindings"
        assert sum(faults.fired.values()) == 1
        assert await scene.seen() == before


# -- what EC2 is strict about -----------------------------------------------------------------


async def test_an_acl_that_is_full_is_changed_in_part_and_put_back(
    fakes: Fakes, tmp_path: Path
) -> None:
    """AWS takes twenty entries of a family each way, the default one among them."""
    async with FakeAws(*fakes) as served, at(served.url, tmp_path) as place:
        scene = await ON_FAKES["acl"](fakes)
        [known] = fakes.vpcs.acls
        for number in range(200, 218):
            entry = {"NetworkAclId": known, "RuleNumber": number, "Egress": True}
            entry |= {"Protocol": "-1", "RuleAction": "allow", "CidrBlock": "10.0.0.0/8"}
            fakes.vpcs.answer("CreateNetworkAclEntry", entry)
        before, remedies = await scene.seen(), place.remedies()
        plan = await remedies.plan(scene.change, WALL)
        warned = [each.reason for each in plan.verdicts if each.rule == "room"]
        assert warned == [
            "20 outbound rules of IPv4, the default one too: AWS takes 20 unless asked for more"
        ]
        made = await done(remedies, scene.change)
        assert made.state is RemedyState.PARTLY
        assert "maximum number of network acl entries" in made.note
        assert await scene.seen() != before
        undone = await remedies.undo(made, author="kim", cursor=WALL)
        assert undone.state is RemedyState.UNDONE
        assert await scene.seen() == before


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("acl", "CreateNetworkAclEntry"),
        ("rule", "RevokeSecurityGroupIngress"),
        ("quarantine", "ModifyNetworkInterfaceAttribute"),
    ],
)
async def test_what_nobody_permits_is_known_before_anything_is_changed(
    fakes: Fakes, tmp_path: Path, name: str, operation: str
) -> None:
    """EC2 is told to try it, which changes nothing."""
    async with FakeAws(*fakes) as served, at(served.url, tmp_path) as place:
        scene = await ON_FAKES[name](fakes)
        fakes.vpcs.denied.add(operation)
        before, remedies = await scene.seen(), place.remedies()
        plan = await remedies.plan(scene.change, WALL)
        assert plan.refused
        words = f"no permission: ec2:{operation}"
        assert words in [verdict.reason for verdict in plan.verdicts]
        assert remedies.unable(scene.change) == words
        tried = [asked for called, asked in served.calls if called == operation]
        assert [asked.get("DryRun") for asked in tried] == [True]
        assert await scene.seen() == before


async def test_what_belongs_to_aws_is_left_alone(fakes: Fakes, tmp_path: Path) -> None:
    vpc, subnet, _ = fakes.vpcs.vpc()
    host = fakes.vpcs.interface(subnet, managed=True)
    change = Quarantine(
        account=FAKE_ACCOUNT, region=REGION, host=host, groups=(fakes.vpcs.group(vpc),)
    )
    async with FakeAws(*fakes) as served, at(served.url, tmp_path) as place:
        with pytest.raises(ResponseError, match="belongs to a service of AWS"):
            await place.remedies().plan(change, WALL)


async def test_a_function_is_not_in_quarantine_before_lambda_says_so(
    fakes: Fakes, tmp_path: Path
) -> None:
    fakes.function.takes = 100
    async with FakeAws(*fakes) as served, at(served.url, tmp_path) as place:
        scene, remedies = await ON_FAKES["function"](fakes), place.remedies()
        made = await done(remedies, scene.change)
        assert made.state is RemedyState.SENT
        fakes.function.takes = 0
        for _ in range(100):  # whoever looks waits for it
            fakes.function.answer(
                "GetFunctionConfiguration", {"FunctionName": fakes.function.function}
            )
        assert (await remedies.verify(made)).state is RemedyState.DONE


@pytest.mark.parametrize(
    ("ago", "said"),
    [(0, ""), (600, "sessions since then stay"), (-600, "whoever assumes the role until then")],
)
async def test_a_clock_that_is_wrong_is_said(
    fakes: Fakes, tmp_path: Path, ago: int, said: str
) -> None:
    """What is denied rests on the time of this machine; AWS's is in its answers."""
    issued = datetime.now(UTC) - timedelta(seconds=ago)
    text = issued.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    async with FakeAws(*fakes) as served, at(served.url, tmp_path) as place:
        await ON_FAKES["sessions"](fakes)
        plan = await place.remedies().plan(
            DenySessions(account=FAKE_ACCOUNT, role="deploy", issued=text), WALL
        )
    words = [verdict.reason for verdict in plan.verdicts if verdict.rule == "clock"]
    assert [said in each for each in words] == ([True] if said else [])
    assert not plan.refused


# -- what cannot be put back ---------------------------------------------------------------------


async def test_a_first_rating_stays_and_an_older_one_comes_back(
    fakes: Fakes, tmp_path: Path
) -> None:
    async with FakeAws(*fakes) as served, at(served.url, tmp_path) as place:
        scene, remedies = await ON_FAKES["rate"](fakes), place.remedies()
        held = fakes.guardduty.findings[FAKE_ACCOUNT, REGION]
        first = next(iter(held))
        del held[first]["Service"]["UserFeedback"]
        made = await done(remedies, scene.change)
        assert fakes.guardduty.comments == ["noise"]
        undone = await remedies.undo(made, author="kim", cursor=WALL)
        assert undone.state is RemedyState.UNDONE
        assert "put back, but not all" in undone.note
        assert f"{first} stays NOT_USEFUL: GuardDuty takes back no first rating" in undone.note
        ratings = [each["Service"]["UserFeedback"] for each in held.values()]
        assert ratings == ["NOT_USEFUL", "USEFUL", "NOT_USEFUL"]
        assert fakes.guardduty.comments == ["noise", ""]

        for each in held.values():
            del each["Service"]["UserFeedback"]
        made = await done(remedies, scene.change)
        with pytest.raises(ResponseError, match="It cannot be taken back"):
            await remedies.undo(made, author="kim", cursor=WALL)
