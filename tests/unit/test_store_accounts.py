"""In which accounts an entity acts, and the filter for one."""

import json
from pathlib import Path

import pytest

from triage_tui.cli import compose
from triage_tui.config import Settings
from triage_tui.model import Kind
from triage_tui.store.entities import entities
from triage_tui.store.filters import ALL, parse


def record(number: int, account: str, ip: str) -> str:
    said = {
        "eventVersion": "1.11",
        "eventID": f"00000000-0000-4000-8000-{number:012d}",
        "eventTime": f"2026-03-15T02:{number:02d}:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": ip,
        "recipientAccountId": account,
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{account}:user/maria",
            "userName": "maria",
            "accountId": account,
        },
    }
    return json.dumps(said)


@pytest.mark.may_block("files are opened")
async def test_entities_carry_their_accounts_and_a_filter_selects_one(tmp_path: Path) -> None:
    lines = [record(n, "111122223333", "203.0.113.7") for n in range(3)]
    lines += [record(n, "444455556666", "203.0.113.7") for n in range(3, 8)]
    lines += [record(8, "444455556666", "203.0.113.8")]
    log = tmp_path / "trail.jsonl"
    log.write_text("\n".join(lines))
    triage = compose.headless([str(log)], Settings())
    try:
        await triage.run()
        ranking = triage.look(Kind.IP, ALL)
        number = ranking.number("203.0.113.7")
        assert number is not None
        (found,) = entities(ranking, [number])
        assert found.accounts == ("444455556666", "111122223333")  # the busiest first
        assert triage.sight(parse("account:111122223333")).events == 3
        assert len(triage.look(Kind.IP, parse("account:444455556666"))) == 2
    finally:
        triage.raw.close()
