"""Sign-ins against servers, and who gives codes."""

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.aws.server import FakeAws
from triage_tui.aws.access import Access, Scope
from triage_tui.aws.signins import SignIns
from triage_tui.aws.trouble import CALL_ERRORS, Trouble
from triage_tui.health import CodeRequest

HERE = "eu-west-1"
SHOP, SERIAL = "arn:aws:iam::222233334444:role/triage", "arn:aws:iam::111122223333:mfa/oncall"


class Asker:
    """Gives codes, one after another; None where it has no more."""

    later = "press L"

    def __init__(self, *codes: str) -> None:
        self._codes = list(codes)
        self.asked: list[CodeRequest] = []

    async def __call__(self, asked: CodeRequest) -> str | None:
        self.asked.append(asked)
        await asyncio.sleep(0)
        return self._codes.pop(0) if self._codes else None


@asynccontextmanager
async def opened(
    *scopes: Scope, ask: Asker | None = None, renewal: float = 0.0
) -> AsyncIterator[list[Access]]:
    signins = SignIns(ask, renewal=renewal, look=0.05)
    accesses = [Access(scope, signins.of(scope)) for scope in scopes]
    try:
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(signins.run())
            yield accesses
            looking.cancel()
    finally:
        for access in accesses:
            await access.close()


async def failed(access: Access) -> Trouble:
    """What goes wrong when somebody asks."""
    try:
        await access.account()
    except CALL_ERRORS as error:
        return access.trouble(error)
    raise AssertionError("it goes well")


async def no_sleep_needed(_: float) -> None:
    await asyncio.Event().wait()  # so that only news end the wait


@asynccontextmanager
async def fake(monkeypatch: pytest.MonkeyPatch, **accounts: str) -> AsyncIterator[FakeAws]:
    async with FakeAws(accounts=accounts) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        yield aws


def script(folder: Path, body: str) -> Path:
    path = folder / "credentials.sh"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


HUB = "[hub]\naws_access_key_id=AKIAHUB\naws_secret_access_key=s\n"
