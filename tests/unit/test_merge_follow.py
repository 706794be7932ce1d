"""What was said or done about an entity follows it when two entities turn out to be one."""

from __future__ import annotations

import asyncio
import json
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.model import SECOND, BlockRequest, EntityRef, Kind, Status, Verdict
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.journal import Journal
from triage_tui.respond.simulated import SimulatedBlocklist
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.store.entities import entities
from triage_tui.triage import Triage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ARN = "arn:aws:sts::111122223333:assumed-role/ops-admin/night"
ROLE = "arn:aws:iam::111122223333:role/ops-admin"

FINDING = {
    "schemaVersion": "2.0",
    "accountId": "111122223333",
    "region": "eu-west-1",
    "id": "f00d",
    "type": "Impact:IAMUser/AnomalousBehavior",
    "severity": 8,
    "createdAt": "2026-03-15T02:00:00Z",
    "updatedAt": "2026-03-15T02:00:00Z",
    "resource": {
        "resourceType": "AccessKey",
        "accessKeyDetails": {
            "accessKeyId": "ASIANIGHTEXAMPLE",
            "principalId": "AROAOPSEXAMPLE:night",
            "userName": "ops-admin",
            "userType": "AssumedRole",
        },
    },
    "service": {
        "serviceName": "guardduty",
        "action": {
            "actionType": "AWS_API_CALL",
            "awsApiCallAction": {"remoteIpDetails": {"ipAddressV4": "198.51.100.23"}},
        },
        "count": 1,
    },
}
EVENT = {
    "eventVersion": "1.11",
    "eventTime": "2026-03-15T02:05:00Z",
    "eventSource": "iam.amazonaws.com",
    "eventName": "CreateUser",
    "eventID": "0b7a5c1e-0000-4000-8000-000000000001",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "198.51.100.23",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROAOPSEXAMPLE:night",
        "arn": ARN,
        "accountId": "111122223333",
        "accessKeyId": "ASIANIGHTEXAMPLE",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE, "userName": "ops-admin"}},
    },
}
OTHER = {
    **EVENT,
    "eventTime": "2026-03-15T02:06:00Z",
    "eventID": "0b7a5c1e-0000-4000-8000-000000000002",
    "userIdentity": {**EVENT["userIdentity"], "accessKeyId": "ASIALATEREXAMPLE"},  # type: ignore[dict-item]
}


class Desk:
    """A triage over files, with the decisions of one state folder."""

    def __init__(self, triage: Triage, journal: Journal) -> None:
        self.triage = triage
        self._journal = journal

    @classmethod
    async def open(cls, files: Sequence[Path], state: Path) -> Desk:
        clock = ReplayClock(wall_time=lambda: 5 * SECOND)
        casebook = await SqliteCasebook.open(state / "casebook.db", wall=clock.wall)
        journal = await Journal.open(state / "journal.db", wall=clock.wall)
        spool = Spool()
        triage = Triage(
            [FileSource(str(path), wall=clock.wall) for path in files],
            clock=clock,
            spool=spool,
            raw=RawFiles([str(path) for path in files], spool),
            casebook=casebook,
            blocklist=SimulatedBlocklist(journal, GuardPolicy(allow_documentation=True)),
            author="tester",
        )
        await triage.run()
        return cls(triage, journal)

    async def close(self) -> None:
        await self.triage.close()
        await self._journal.close()

    def principals(self) -> list[tuple[EntityRef, int]]:
        ranking = self.triage.look(Kind.PRINCIPAL)
        return [(e.ref, e.events) for e in entities(ranking, ranking.ids.tolist())]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = []
    for name, record in (("finding", FINDING), ("event", EVENT), ("other", OTHER)):
        path = tmp_path / f"{name}.jsonl"
        path.write_text(json.dumps(record) + "\n")
        made.append(path)
    return made


def test_any_order_gives_the_same_entities(files: list[Path], tmp_path: Path) -> None:
    async def refs(order: Sequence[Path], state: Path) -> list[tuple[EntityRef, int]]:
        desk = await Desk.open(order, state)
        try:
            return desk.principals()
        finally:
            await desk.close()

    found = []
    for number, order in enumerate(permutations(files)):
        state = tmp_path / str(number)
        state.mkdir()
        found.append(asyncio.run(refs(order, state)))
    assert found[0][0][0].key == ARN
    assert found[0][0][1] == 3
    assert all(other == found[0] for other in found)


def test_decisions_follow_a_merge(files: list[Path], tmp_path: Path) -> None:
    """Said of the finding's principal alone, found on the session once its events are known."""

    async def decide() -> None:
        desk = await Desk.open(files[:1], tmp_path)
        ((ref, _),) = desk.principals()
        assert ref.key != ARN
        await desk.triage.note(ref.subject, "paged at 02:00")
        await desk.triage.set_status(ref, Status.OPEN)
        await desk.triage.set_verdict(ref, Verdict.TRUE_POSITIVE)
        await desk.triage.tag(ref, "night")
        await desk.triage.block(
            BlockRequest(
                cidr="198.51.100.23/32",
                blocklist=desk.triage.blocklist.name,
                reason="stolen session",
                author="tester",
                expires_after=3600 * SECOND,
                subject=ref.subject,
                cursor=desk.triage.clock.position(),
            )
        )
        await desk.close()

    async def look() -> None:
        desk = await Desk.open(files[::-1], tmp_path)
        ((ref, _),) = desk.principals()
        assert ref.key == ARN
        case = desk.triage.case(ref)
        assert [note.text for note in case.notes] == ["paged at 02:00"]
        assert (case.status, case.verdict) == (Status.OPEN, Verdict.TRUE_POSITIVE)
        assert case.tags == ("night",)
        entity = desk.triage.entity(EntityRef(Kind.PRINCIPAL, ref.aliases[0]))
        assert entity is not None
        assert entity.ref.key == ARN
        assert [block.cidr for block in desk.triage.blocks_on(entity)] == ["198.51.100.23/32"]
        await desk.close()

    asyncio.run(decide())
    asyncio.run(look())
