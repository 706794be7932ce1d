"""What a night without a screen says: what is in the way, once, and what is not whole."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from triage_tui.cli import unseen
from triage_tui.health import FileReport, HealthState, LiveHealth, Lockout

OUT = Lockout("the keys have expired", "make new ones", 0)


def report(name: str, state: HealthState = HealthState.LIVE, **facts: Any) -> FileReport:
    return FileReport(name, state=state, live=LiveHealth(place="eu-west-1", heard=1, **facts))


class Night:
    """What is told of, as a test has it, step by step."""

    def __init__(self) -> None:
        self.reports: list[FileReport] = []
        self.hampered = ""
        self.recorder = SimpleNamespace(trouble="", lost=0)

    @property
    def sources(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(report=each) for each in self.reports]


async def test_each_thing_is_said_once_while_it_lasts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(unseen, "LOOK", 0.0)
    night = Night()
    telling = asyncio.ensure_future(unseen.tell(cast("Any", night)))

    async def said() -> list[str]:
        for _ in range(5):
            await asyncio.sleep(0)
        return [line.removeprefix("triage-tui: ") for line in capsys.readouterr().err.splitlines()]

    assert await said() == []
    denied = report("guardduty", HealthState.DENIED, trouble="ListDetectors is denied")
    night.reports = [
        denied,
        report("/shop/a", HealthState.DENIED, lockout=OUT, trouble="the keys have expired"),
        report("/shop/b", HealthState.DENIED, lockout=OUT, trouble="the keys have expired"),
        report("log groups", unmatched=("/nope/*",)),
    ]
    night.recorder = SimpleNamespace(trouble="cannot write: the disk is full", lost=3)
    told = await said()
    assert told[:3] == [
        "the keys have expired: make new ones",
        "cannot write: the disk is full",
        "guardduty (eu-west-1): ListDetectors is denied",
    ]
    assert told[3].startswith("no log group matches '/nope/*': is it mistyped")
    assert len(told) == 4
    assert await said() == []
    night.reports = [denied]
    night.recorder.trouble = ""
    assert await said() == [
        "AWS lets us in again; what was missed is read now",
        "recording again, without 3 records",
    ]
    denied.state = HealthState.POLLING
    assert await said() == []
    denied.state = HealthState.DENIED
    assert await said() == ["guardduty (eu-west-1): ListDetectors is denied"]
    telling.cancel()


def test_what_is_not_whole_is_said_in_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    night = Night()
    night.reports = [report("/shop/a"), FileReport("0001.jsonl")]
    assert not unseen.is_troubled(cast("Any", night), cast("Any", night.recorder))
    night.reports += [
        report("log groups", unmatched=("/nope/*",)),
        report("log groups", unmatched=("/nope/*",)),
        report("/shop/b", unfilled=90 * 10**9, missing=2),
    ]
    night.recorder.lost = 3
    assert unseen.is_troubled(cast("Any", night), cast("Any", night.recorder))
    said = capsys.readouterr().err
    assert said.count("no log group matches '/nope/*'") == 1
    assert "/shop/b (eu-west-1): 2 records could not be had any more" in said
    assert "/shop/b (eu-west-1): 90 s of log time could not be read again" in said
    assert "3 records are not in the recording: the disk refused them" in said
