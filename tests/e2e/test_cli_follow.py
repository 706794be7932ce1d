"""`replay --follow` on a screen: what is written while it runs shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def event(number: int, ip: str) -> str:
    """A line of CloudTrail."""
    return (
        json.dumps(
            {
                "eventVersion": "1.08",
                "eventTime": f"2026-01-04T02:13:{number:02}Z",
                "eventSource": "dynamodb.amazonaws.com",
                "eventName": "DeleteItem",
                "awsRegion": "eu-central-1",
                "sourceIPAddress": ip,
                "userAgent": "Boto3/1.34",
                "eventID": f"5f2f2b3c-0000-4000-8000-{number:012}",
                "eventType": "AwsApiCall",
                "recipientAccountId": "111122223333",
                "userIdentity": {"type": "IAMUser", "userName": "alice", "principalId": "A"},
            }
        )
        + "\n"
    )


def test_what_is_written_shows_through_a_rotation(
    terminal: Callable[..., Any], tmp_path: Path
) -> None:
    log = tmp_path / "late.jsonl"
    shown = terminal("replay", "--follow", "--speed", "max", str(log))
    shown.wait_for("late.jsonl")
    log.write_text(event(1, "198.51.100.1"))
    shown.wait_for("198.51.100.1")
    with log.open("a") as file:
        file.write(event(2, "198.51.100.2"))
    shown.wait_for("198.51.100.2")
    log.rename(tmp_path / "late.jsonl.1")
    log.write_text(event(3, "198.51.100.3"))
    shown.wait_for("198.51.100.3")
    shown.type("q")
    shown.wait_for("Quit?")
    shown.press("y", lambda _: shown.status is not None)
    assert shown.status == 0
