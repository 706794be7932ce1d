"""What is said of a night that nobody sees: what is in the way, as soon as it is, and what is not
whole in the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from triage_tui.health import HealthState, unmatched
from triage_tui.model import SECOND

from . import console

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from triage_tui.health import FileReport
    from triage_tui.ports import Recorder, Source
    from triage_tui.triage import Triage

LOOK = 1.0
"""Seconds between two looks."""
LOCKED_OUT, UNRECORDED, DENIED, UNMATCHED, HAMPERED = range(5)
"""What may be in the way."""


async def tell(triage: Triage) -> None:
    """Says what is in the way, each once while it lasts, and when we are let in again or are
    recording again; until it is cancelled."""
    told: dict[tuple[int, str], str] = {}
    while True:
        found = dict(_in_the_way(triage))
        for key in sorted(found.keys() - told.keys()):
            console.say(found[key])
        over = {kind for kind, _ in told} - {kind for kind, _ in found}
        if LOCKED_OUT in over:
            console.say("AWS lets us in again; what was missed is read now")
        if UNRECORDED in over and triage.recorder is not None:
            console.say(f"recording again, without {triage.recorder.lost:,} records")
        told = found
        await asyncio.sleep(LOOK)


def _in_the_way(triage: Triage) -> Iterator[tuple[tuple[int, str], str]]:
    """Kinds of trouble, with what tells two of a kind apart, and what is said of each."""
    if triage.recorder is not None and triage.recorder.trouble:
        yield (UNRECORDED, ""), triage.recorder.trouble
    if triage.hampered:
        yield (HAMPERED, ""), triage.hampered
    for source in triage.sources:
        report, live = source.report, source.report.live
        if live is None:
            continue
        if live.lockout is not None:
            words = f"{live.lockout.words}: {live.lockout.cure}"
            yield (LOCKED_OUT, words), words
        elif report.state is HealthState.DENIED and live.trouble:
            yield (DENIED, _name(report)), f"{_name(report)}: {live.trouble}"
        for glob in live.unmatched:
            yield (UNMATCHED, glob), unmatched(glob)


def is_troubled(triage: Triage, recorder: Recorder) -> bool:
    """Says what is not whole; whether anything is not."""
    found = list(dict.fromkeys(_missing(triage.sources)))
    found += unrecorded(recorder)
    for line in found:
        console.say(line)
    return bool(found)


def unrecorded(recorder: Recorder) -> Iterator[str]:
    """How many records the recording lacks, and why."""
    if recorder.lost:
        why = recorder.trouble or "the disk refused them"
        yield f"{recorder.lost:,} records are not in the recording: {why}"


def _missing(sources: Sequence[Source]) -> Iterator[str]:
    for source in sources:
        live, name = source.report.live, _name(source.report)
        if live is None:
            continue
        if live.trouble and not live.heard:
            yield f"{name}: {live.trouble}"
        yield from map(unmatched, live.unmatched)
        if live.missing:
            yield f"{name}: {live.missing:,} records could not be had any more"
        if live.unfilled:
            yield f"{name}: {live.unfilled // SECOND} s of log time could not be read again"


def _name(report: FileReport) -> str:
    return f"{report.path} ({report.live.place})" if report.live else report.path
