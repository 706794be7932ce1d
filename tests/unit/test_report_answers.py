"""What was done but for blocks, in the report: with its audit, and without ids of keys in full."""

from triage_tui.cli.written import decisions
from triage_tui.remedies import DeactivateKey, RemedyRequest
from triage_tui.report import incident, to_json, to_markdown
from triage_tui.report.snapshot import Snapshot
from triage_tui.respond.journal import Journal
from triage_tui.respond.remedy.guard import RemedyPolicy
from triage_tui.respond.remedy.simulated import SimulatedRemedies

WALL = 1_773_540_000_000_000_000
KEY = "AKIAIOSFODNN7EXAMPLE"


async def test_an_answer_is_reported_with_what_it_changed() -> None:
    journal = await Journal.open(None, wall=lambda: WALL)
    remedies = SimulatedRemedies(journal, RemedyPolicy(own=""))
    change = DeactivateKey(account="1", user="maria|<b>", key=KEY)
    plan = await remedies.plan(change, WALL)
    made = await remedies.apply(
        RemedyRequest(change, plan.before, "stolen", "kim", "principal:AIDA", WALL)
    )
    await remedies.undo(made, author="lee", cursor=WALL + 1)
    told = decisions([], journal.entries)
    assert [(each.what, each.author) for each in told] == [
        ("answer", "kim"),
        ("done", "kim"),
        ("taken back", "lee"),
    ]
    snapshot = Snapshot(
        made=WALL,
        program="triage-tui",
        cursor=None,
        filter="",
        files=(),
        events=0,
        unparsed=0,
        duplicates=0,
        first=None,
        last=None,
        totals={},
        entities=(),
        cases={},
        findings=(),
        remedies=tuple(remedies.remedies(None)),
        decisions=tuple(told),
    )
    report = incident(snapshot)
    text, data = to_markdown(report), to_json(report)
    assert KEY not in text + data
    assert "undone (simulated)" in text
    assert "Active → Inactive" in text
    assert "aws iam update-access-key" in text
    assert "<b>" not in text.replace("&lt;b&gt;", "").partition("```")[0]
    assert "By kim" in text
    await journal.close()
