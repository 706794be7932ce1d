"""Answers of IAM on a server that somebody else wrote, by asyncio and without it."""

import asyncio
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import get_session

from tests.aws.emulators import moto
from tests.aws.moto_scenes import ON_MOTO
from tests.aws.remedy_scenes import REGION, Scene
from tests.aws.test_aws_remedies import WALL, Place, at, done
from tests.driving import driven
from triage_tui.remedies import Parts, RemedyState
from triage_tui.respond.remedy.calls import Answer, Call, Reply
from triage_tui.respond.remedy.course import Course, Fate, Outcome, Step, make, take_back
from triage_tui.respond.remedy.levers import lever_of


@contextmanager
def serving() -> Iterator[str]:
    """moto with the policies of AWS."""
    with pytest.MonkeyPatch.context() as patch, moto() as url:
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        _forget(url)
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


async def test_somebody_elses_server_is_changed_and_put_back(tmp_path: Path) -> None:
    """In one, for such a server takes long to wake."""
    with serving() as url:
        async with at(url, tmp_path) as place:
            for make_scene in ON_MOTO.values():
                await _changed_and_put_back(place, await make_scene(place.client))
            await _driven_without_asyncio(url, await ON_MOTO["key"](place.client))


async def _changed_and_put_back(place: Place, scene: Scene) -> None:
    before, remedies = await scene.seen(), place.remedies()
    made = await done(remedies, scene.change)
    assert made.state is RemedyState.DONE
    assert await scene.seen() != before
    undone = await remedies.undo(made, author="kim", cursor=WALL)
    assert undone.state is RemedyState.UNDONE
    assert await scene.seen() == before
    made = await done(remedies, scene.change)
    await scene.again()
    undone = await remedies.undo(made, author="kim", cursor=WALL)
    assert "somebody else had put it back" in undone.note
    assert await scene.seen() == before


async def _driven_without_asyncio(url: str, scene: Scene) -> None:
    """As a Lambda function would, by the client that boto3 is made of."""
    before = await scene.seen()

    def answer(step: Step) -> Answer:
        if not isinstance(step, Call):
            return None
        client = get_session().create_client(step.service, endpoint_url=url, region_name=REGION)
        return Reply(getattr(client, xform_name(step.operation))(**step.parameters))

    def drive(course: Course) -> Outcome:
        return driven(course, answer)

    made = await asyncio.to_thread(drive, make(lever_of(scene.change)))
    assert made.fate is Fate.DONE
    after = await scene.seen()
    assert after != before
    parts: tuple[Parts, Parts] = (lever_of(scene.change).supposed(), made.now or {})
    undone = await asyncio.to_thread(drive, take_back(lever_of(scene.change), *parts))
    assert undone.fate is Fate.DONE
    assert await scene.seen() == before
