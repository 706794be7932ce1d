"""The findings of an entity: below an attack sequence stand those that it is made of."""

import json
from pathlib import Path
from typing import Any

from tests.sequences import ARN, EXFILTRATION, ID, RECON, compromise
from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.model import SECOND, Kind
from triage_tui.respond.guard import GuardPolicy
from triage_tui.respond.journal import Journal
from triage_tui.respond.simulated import SimulatedBlocklist
from triage_tui.sources.clock import ReplayClock
from triage_tui.sources.files import FileSource
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.triage import Triage
from triage_tui.ui.adapters.events import Wording
from triage_tui.ui.adapters.related import finding_rows, findings

IP = "203.0.113.9"
NOW = 1_795_600_000 * SECOND


def found_by(number: str, severity: float, **more: Any) -> dict[str, Any]:
    """A finding about a call from the address."""
    call = {"remoteIpDetails": {"ipAddressV4": IP}}
    service = {"serviceName": "guardduty", "action": {"awsApiCallAction": call}, "archived": False}
    kind = "Recon:IAMUser/MaliciousIPCaller"
    changes = {"id": number, "type": kind, "severity": severity, "service": service}
    return compromise() | changes | more


def written(path: Path, *made: dict[str, Any]) -> str:
    """A file of them."""
    path.write_text("".join(f"{json.dumps(each)}\n" for each in made))
    return str(path)


async def rows_of(path: str) -> list[tuple[str, str]]:
    """(id, words) of the address's findings, as they are listed."""
    journal, spool = await Journal.open(None, wall=lambda: 0), Spool()
    triage = Triage(
        [FileSource(path, wall=lambda: NOW)],
        clock=ReplayClock(ticks=lambda: 0, wall_time=lambda: NOW),
        spool=spool,
        raw=RawFiles([path], spool),
        casebook=await SqliteCasebook.open(None, wall=lambda: 0),
        blocklist=SimulatedBlocklist(journal, GuardPolicy()),
        author="maria",
    )
    await triage.run()
    ranking = triage.look(Kind.IP)
    number = next(n for n in range(len(ranking.risks)) if ranking.key(n) == IP)
    listed = finding_rows(findings(ranking, number), Wording(triage), None)
    rows = [listed.row(n) for n in range(listed.row_count())]
    told = [(row.key, row.cells[1].text) for row in rows]
    await triage.close()
    await journal.close()
    return told


async def test_a_sequence_unfolds_into_its_findings(tmp_path: Path) -> None:
    whole, part = "AttackSequence:IAM/CompromisedCredentials", "Recon:IAMUser/MaliciousIPCaller"
    path = written(
        tmp_path / "findings.jsonl",
        found_by(RECON, 2.0),
        found_by("other", 9.5),
        found_by("later", 5.0, associatedAttackSequenceArn=f"{ARN}/{ID}"),
        compromise(),
        found_by(EXFILTRATION, 8.0),
    )
    told = await rows_of(path)
    first, *rest = told[told.index((ID, whole)) :]
    assert first == (ID, whole)
    assert rest[:3] == [
        (EXFILTRATION, f"└ {part}"),
        ("later", f"└ {part}"),
        (RECON, f"└ {part}"),
    ]
    assert ("other", part) in told
    assert len(told) == 5


async def test_findings_that_link_each_other_in_a_circle_are_all_listed(tmp_path: Path) -> None:
    """Somebody may have made the file up."""
    path = written(
        tmp_path / "findings.jsonl",
        found_by("a", 5.0, associatedAttackSequenceArn=f"{ARN}/b"),
        found_by("b", 5.0, associatedAttackSequenceArn=f"{ARN}/a"),
        compromise() | {"associatedAttackSequenceArn": f"{ARN}/{ID}"},
        compromise() | {"id": RECON, "associatedAttackSequenceArn": f"{ARN}/{ID}"},
    )
    told = await rows_of(path)
    assert sorted(key for key, _ in told) == sorted(["a", "b", ID, RECON])
