"""Answers other than blocks over real HTTP: planned, done, read back, taken back; crashes in the
middle, and others who change the same."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from botocore import xform_name
from botocore.session import get_session

from tests.aws.clients import client as client_of
from tests.aws.emulators import moto
from tests.aws.faults import Faults
from tests.aws.guardduty import FakeGuardDuty
from tests.aws.remedy_scenes import ON_FAKES, ON_MOTO, REGION, Client, Scene
from tests.aws.server import FakeAws
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.need import Configured
from triage_tui.aws.probes import PROBES, Ground, Untried, is_let_in
from triage_tui.aws.remedies import AwsHands
from triage_tui.aws.remedy_probes import REMEDY_PROBES
from triage_tui.aws.trouble import CALL_ERRORS
from triage_tui.remedies import AnyChange, DenyUser, Parts, Remedy, RemedyRequest, RemedyState
from triage_tui.respond.ipset import TroubleKind
from triage_tui.respond.journal import Journal, ResponseError
from triage_tui.respond.remedy.calls import Answer, Call, Reply, Trouble
from triage_tui.respond.remedy.course import Course, Fate, Outcome, make, take_back
from triage_tui.respond.remedy.desk import RealRemedies
from triage_tui.respond.remedy.entries import RemedyIntent, RemedyUndoIntent
from triage_tui.respond.remedy.guard import RemedyPolicy
from triage_tui.respond.remedy.levers import lever_of
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
        if call.operation.startswith(("Get", "List", "Describe")):
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


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, moto() as url:
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        _forget(url)
        _wake(url, "ec2", "DescribeVpcs", "2016-11-15")
        _wake(url, "iam", "ListUsers", "2010-05-08")
        yield url


def _forget(url: str) -> None:
    """What moto has in this process is one for all its servers, made under other variables."""
    asked = urllib.request.Request(f"{url}/moto-api/reset", method="POST")
    with urllib.request.urlopen(asked, timeout=55):
        pass


def _wake(url: str, service: str, action: str, version: str) -> None:
    """A service of moto takes its time when it is asked first: longer than clients wait."""
    signed = f"AWS4-HMAC-SHA256 Credential=K/20260101/{REGION}/{service}/aws4_request"
    body = f"Action={action}&Version={version}".encode()
    asked = urllib.request.Request(url, data=body, headers={"Authorization": signed})
    with urllib.request.urlopen(asked, timeout=55):
        pass


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
async def place(moto_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with at(moto_url, tmp_path) as made:
        yield made


@pytest.fixture
def guardduty() -> FakeGuardDuty:
    fake = FakeGuardDuty(_milliseconds)
    fake.enable()
    return fake


def _milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


class Stage(NamedTuple):
    """A change, and everything else."""

    place: Place
    scene: Scene


@pytest.fixture(params=[*ON_MOTO, *ON_FAKES])
async def stage(
    moto_url: str, guardduty: FakeGuardDuty, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Stage]:
    if request.param in ON_MOTO:
        async with at(moto_url, tmp_path) as made:
            yield Stage(made, await ON_MOTO[request.param](made.client))
        return
    async with FakeAws(guardduty) as served, at(served.url, tmp_path) as made:
        yield Stage(made, await ON_FAKES[request.param](guardduty))


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


async def test_what_is_not_watched_is_not_touched(place: Place) -> None:
    remedies = place.remedies()
    with pytest.raises(ResponseError, match="nothing that is watched here is in the account 999"):
        await remedies.plan(DenyUser(account="999", user="kim"), WALL)


async def test_doctor_can_try_what_only_reads(place: Place) -> None:
    """What is asked for is nobody's, and nothing is changed."""
    access = Access(Scope(None, REGION))
    wanted = AnswerSettings(principals=True, network=True, quarantine=("sg-0",))
    ground = Ground(access, Configured(answers=wanted), wall=lambda: 0.0, sleep=asyncio.sleep)
    shut_out, untried = [], []
    for action in REMEDY_PROBES:
        try:
            await PROBES[action](ground)
        except Untried:
            untried.append(action)
        except CALL_ERRORS as error:
            shut_out += [] if is_let_in(error) else [action]
    assert (shut_out, untried) == ([], ["lambda:InvokeFunction"])
    await access.close()


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
    guardduty: FakeGuardDuty, tmp_path: Path, operation: str, fault: str, fate: RemedyState
) -> None:
    faults = Faults()
    async with FakeAws(guardduty, faults=faults) as served, at(served.url, tmp_path) as place:
        scene = await ON_FAKES["archive"](guardduty)
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


async def test_the_same_steps_are_driven_without_asyncio(moto_url: str, place: Place) -> None:
    """As a Lambda function would, by the client that boto3 is made of."""
    scene = await ON_MOTO["key"](place.client)
    before = await scene.seen()

    def drive(course: Course) -> Outcome:
        answer: Answer = None
        while True:
            try:
                step = course.send(answer)
            except StopIteration as stop:
                done: Outcome = stop.value
                return done
            answer = None
            if isinstance(step, Call):
                client = get_session().create_client(
                    step.service, endpoint_url=moto_url, region_name=REGION
                )
                method = getattr(client, xform_name(step.operation))
                answer = Reply(method(**step.parameters))

    made = await asyncio.to_thread(drive, make(lever_of(scene.change)))
    assert made.fate is Fate.DONE
    after = await scene.seen()
    assert after != before
    parts: tuple[Parts, Parts] = (lever_of(scene.change).supposed(), made.now or {})
    undone = await asyncio.to_thread(drive, take_back(lever_of(scene.change), *parts))
    assert undone.fate is Fate.DONE
    assert await scene.seen() == before


class Full:
    """Hands over an ACL that takes one more entry, and no second one: moto knows no quota."""

    def __init__(self, hands: AwsHands) -> None:
        self._hands = hands
        self._made = 0

    async def perform(self, account: str, region: str, call: Call) -> Reply | Trouble:
        self._made += call.operation == "CreateNetworkAclEntry"
        if self._made > 1 and call.operation == "CreateNetworkAclEntry":
            return Trouble(TroubleKind.REFUSED, "NetworkAclEntryLimitExceeded: 20 are there")
        return await self._hands.perform(account, region, call)

    async def who(self, account: str) -> str | Trouble:
        return await self._hands.who(account)

    async def close(self) -> None:
        await self._hands.close()


async def test_an_acl_that_is_full_is_changed_in_part_and_put_back(place: Place) -> None:
    scene = await ON_MOTO["acl"](place.client)
    before = await scene.seen()
    remedies = place.remedies(Full(place.hands))
    made = await done(remedies, scene.change)
    assert made.state is RemedyState.PARTLY
    assert "NetworkAclEntryLimitExceeded" in made.note
    assert await scene.seen() != before
    undone = await remedies.undo(made, author="kim", cursor=WALL)
    assert undone.state is RemedyState.UNDONE
    assert await scene.seen() == before
