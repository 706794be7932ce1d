"""Live and replay agree: whatever the order and the portions in which records arrive, a triage
detects the same events."""

import asyncio
import json
from array import array
from collections.abc import AsyncGenerator
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules import compiled
from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.cli.readonly import NoBlocklist
from triage_tui.decoding import Decoders
from triage_tui.health import FileReport
from triage_tui.model import Batch
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage

RULES = compiled(
    """
title: Refused
name: refused
logsource: {product: aws, service: cloudtrail}
detection:
  s: {errorCode: AccessDenied}
  condition: s
---
title: Deleted
name: deleted
id: 0a1b2c3d-0000-4000-8000-000000000001
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventName|startswith: Delete}
  condition: s
---
title: Refused in series
id: 0a1b2c3d-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: refused
  group-by: triage.ip
  timespan: 1m
  condition: {gte: 3}
---
title: Refused, then deleted
id: 0a1b2c3d-0000-4000-8000-000000000003
correlation:
  type: temporal_ordered
  rules: [refused, deleted]
  group-by: triage.ip
  timespan: 5m
  generate: true
""",
)


class Portions:
    """A source that brings records in portions."""

    def __init__(self, portions: list[list[bytes]], *, endless: bool) -> None:
        self.report = FileReport("night")
        self.endless = endless
        self.emptied = asyncio.Event()
        """Set when everything was taken in."""
        self._portions = portions

    async def batches(self, number: int) -> AsyncGenerator[Batch]:
        for lines in self._portions:
            starts, at = array("Q"), 0
            for line in lines:
                starts.append(at)
                at += len(line) + 1
            yield Batch(number, b"\n".join(lines), starts, array("Q", map(len, lines)), 2**62)
            await asyncio.sleep(0)
        self.emptied.set()


def detected(
    portions: list[list[bytes]], *, endless: bool = False, cancelled: bool = False
) -> set[tuple[str, int, int]]:
    """(title, event time, event id) of all that is detected; also where the triage is cancelled
    as soon as everything came."""

    async def run() -> set[tuple[str, int, int]]:
        spool = Spool()
        source = Portions(portions, endless=endless)
        triage = Triage(
            [source],
            clock=ReplayClock(),
            spool=spool,
            raw=RawFiles(["night"], spool),
            casebook=await SqliteCasebook.open(None, wall=lambda: 0),
            blocklist=NoBlocklist(),
            author="",
            decoders=Decoders(1, rules=RULES),
        )
        running = asyncio.ensure_future(triage.run())
        if cancelled:
            await source.emptied.wait()
            running.cancel()
        await asyncio.wait([running])
        index = triage.index
        found = {
            (rule.title, index.time.at(row), index.id.at(row))
            for row in range(index.rows)
            for rule in index.rules_of(row)
        }
        assert triage.sight().detected == sum(
            len(index.rules_of(row)) for row in range(index.rows) if not index.duplicate.at(row)
        )
        await triage.close()
        return found

    return asyncio.run(run())


def record(number: int, random: Random) -> bytes:
    event = {
        "eventID": f"e-{number}",
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": random.choice(["DeleteItem", "GetItem", "GetItem"]),
        "eventTime": f"2026-03-15T02:{random.randrange(15):02}:{random.randrange(60):02}Z",
        "sourceIPAddress": f"198.51.100.{random.randrange(3)}",
    }
    if random.random() < 0.5:
        event["errorCode"] = "AccessDenied"
    return json.dumps(event).encode()


def cut(lines: list[bytes], random: Random) -> list[list[bytes]]:
    portions = []
    while lines:
        size = random.randint(1, 9)
        portions.append(lines[:size])
        lines = lines[size:]
    return portions


@given(random=st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_in_whatever_order_and_portions_a_night_arrives(random: Random) -> None:
    lines = [record(number, random) for number in range(60)]
    lines += random.sample(lines, 5)  # some come twice
    replayed = detected([lines])
    followed = detected(cut(random.sample(lines, len(lines)), random))
    assert replayed == followed
    live = cut(random.sample(lines, len(lines)), random)
    assert replayed == detected(live, endless=True)
    assert replayed == detected(live, endless=True, cancelled=True)
    assert any(title.startswith("Refused") for title, _, _ in replayed)
