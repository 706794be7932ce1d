"""Answers other than blocks over real HTTP: planned, done, read back, taken back; crashes in the
middle, and others who change the same."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.aws.clients import client as client_of
from tests.aws.emulators import moto
from tests.aws.remedy_scenes import ACCOUNT, REGION, SCENES, Client, Scene
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.remedies import AwsHands
from triage_tui.remedies import AnyChange, DenyUser, Remedy, RemedyRequest, RemedyState
from triage_tui.respond.journal import Journal, ResponseError
from triage_tui.respond.remedy.calls import Call, Reply, Trouble
from triage_tui.respond.remedy.desk import RealRemedies
from triage_tui.respond.remedy.entries import RemedyIntent, RemedyUndoIntent
from triage_tui.respond.remedy.guard import RemedyPolicy

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
def _moto() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, moto() as url:
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        yield url


@pytest.fixture
async def place(
    _moto: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Place]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", _moto)
    access = Access(Scope(None, REGION))
    journal = await Journal.open(tmp_path / "journal.db", wall=lambda: WALL, real=True)
    yield Place(
        lambda service: client_of(_moto, service, region=REGION), AwsHands([access]), journal
    )
    await access.close()
    await journal.close()


@pytest.fixture(params=SCENES)
async def scene(place: Place, request: pytest.FixtureRequest) -> Scene:
    return await SCENES[request.param](place.client)


async def done(remedies: RealRemedies, change: AnyChange) -> Remedy:
    """Plans a change, and makes it."""
    plan = await remedies.plan(change, WALL)
    assert not plan.refused
    return await remedies.apply(
        RemedyRequest(plan.change, plan.before, "stolen", "kim", "ip:198.51.100.23", WALL)
    )


async def test_it_is_planned_done_and_taken_back(place: Place, scene: Scene) -> None:
    remedies = place.remedies()
    before = await scene.seen()
    plan = await remedies.plan(scene.change, WALL)
    assert plan.before != plan.after
    assert plan.commands
    assert await scene.seen() == before
    assert place.journal.entries == []
    made = await done(remedies, scene.change)
    assert made.state is RemedyState.DONE
    assert await scene.seen() != before
    assert (await remedies.verify(made)).state is RemedyState.DONE
    intent = place.journal.entries[0].payload
    assert isinstance(intent, RemedyIntent)
    assert intent.commands == plan.commands
    assert intent.identity.startswith(f"arn:aws:sts::{ACCOUNT}:")
    undone = await remedies.undo(made, author="kim", cursor=WALL)
    assert undone.state is RemedyState.UNDONE
    assert await scene.seen() == before
    assert await place.journal.verify_chain() is None


async def test_the_intent_is_on_disk_before_anything_is_changed(place: Place, scene: Scene) -> None:
    before = await scene.seen()
    dying = place.remedies(Dying(place.hands, 1, after=False))
    with pytest.raises(Killed):
        await done(dying, scene.change)
    assert await scene.seen() == before
    again = await Journal.open(Path(place.journal.where), wall=lambda: WALL, real=True)
    assert [entry.phase for entry in again.entries] == ["remedy intent"]
    await again.close()
    later = place.remedies(writer="2" * 16)
    await later.refresh()
    [found] = later.remedies(None)
    assert found.state is RemedyState.FAILED
    assert "ended before" in found.note
    assert await scene.seen() == before


async def test_a_crash_after_the_call_is_found_out(place: Place, scene: Scene) -> None:
    before = await scene.seen()
    dying = place.remedies(Dying(place.hands, 1, after=True))
    with pytest.raises(Killed):
        await done(dying, scene.change)
    left = await scene.seen()
    later = place.remedies(writer="2" * 16)
    await later.refresh()
    [found] = later.remedies(None)
    assert found.state in (RemedyState.DONE, RemedyState.PARTLY)
    assert await scene.seen() == left
    assert (await later.undo(found, author="kim", cursor=WALL)).state is RemedyState.UNDONE
    assert await scene.seen() == before


async def test_a_crash_while_it_is_taken_back_is_found_out(place: Place, scene: Scene) -> None:
    before = await scene.seen()
    made = await done(place.remedies(), scene.change)
    for after in (False, True):
        dying = place.remedies(Dying(place.hands, 1, after=after))
        with pytest.raises(Killed):
            await dying.undo(made, author="kim", cursor=WALL)
        assert isinstance(place.journal.entries[-1].payload, RemedyUndoIntent)
        later = place.remedies(writer="2" * 16)
        await later.refresh()
        [found] = later.remedies(None)
        if not after:
            assert found.state is RemedyState.DONE
            assert found.note.startswith("not taken back")
    if found.state is not RemedyState.UNDONE:  # it takes several calls
        await place.remedies().undo(found, author="kim", cursor=WALL)
    assert await scene.seen() == before


async def test_what_others_have_changed_since_stays_and_is_said(place: Place, scene: Scene) -> None:
    remedies = place.remedies()
    made = await done(remedies, scene.change)
    await scene.meddle()
    theirs = await scene.seen() if not isinstance(scene.change, DenyUser) else None
    with pytest.raises(ResponseError) as said:
        await remedies.undo(made, author="kim", cursor=WALL)
    assert said.value.message
    if theirs is not None:
        assert await scene.seen() == theirs


async def test_what_others_have_put_back_is_said(place: Place, scene: Scene) -> None:
    remedies = place.remedies()
    before = await scene.seen()
    made = await done(remedies, scene.change)
    await scene.again()
    assert (await remedies.verify(made)).state is RemedyState.CHANGED
    undone = await remedies.undo(made, author="kim", cursor=WALL)
    assert undone.state is RemedyState.UNDONE
    assert "somebody else had put it back" in undone.note
    assert await scene.seen() == before


async def test_what_changed_since_the_plan_is_not_touched(place: Place, scene: Scene) -> None:
    remedies = place.remedies()
    plan = await remedies.plan(scene.change, WALL)
    made = await done(remedies, scene.change)
    with pytest.raises(ResponseError, match="Changed since the plan"):
        await remedies.apply(
            RemedyRequest(plan.change, plan.before, "", "kim", "ip:198.51.100.23", WALL)
        )
    assert (await remedies.plan(scene.change, WALL)).needless
    with pytest.raises(ResponseError, match="It is so already"):
        await remedies.apply(
            RemedyRequest(plan.change, plan.after, "", "kim", "ip:198.51.100.23", WALL)
        )
    assert len(remedies.remedies(None)) == 1
    await remedies.undo(made, author="kim", cursor=WALL)
    with pytest.raises(ResponseError, match="Nothing to take back"):
        await remedies.undo(made, author="kim", cursor=WALL)


async def test_what_is_not_watched_is_not_touched(place: Place) -> None:
    remedies = place.remedies()
    with pytest.raises(ResponseError, match="nothing that is watched here is in the account 999"):
        await remedies.plan(DenyUser(account="999", user="kim"), WALL)
