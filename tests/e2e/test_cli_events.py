"""`triage-tui events`: the contract, on whatever comes in."""

import gzip
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import program

KEYS = [
    *("id", "time", "format", "action", "outcome", "source_ip", "source_service", "principal"),
    *("principal_type", "role_session", "access_key", "user_agent", "account", "region"),
    *("resource", "method", "path", "status", "bytes", "severity", "summary", "actors"),
    *("detections", "duplicate", "record", "forwarded", "country", "asn", "linked"),
    "vulnerabilities",
]

Event = dict[str, Any]


def events(*arguments: str, code: int = 0, stdin: bytes = b"") -> tuple[list[Event], str]:
    """The events and what was said."""
    if stdin:
        done = program.start("events", *arguments, stdin=stdin)
    else:
        done = program.run("events", *arguments)
    assert done.returncode == code, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def trail(number: int, **changes: object) -> bytes:
    """A CloudTrail record, one line."""
    record = {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": "arn:aws:iam::111122223333:user/alice",
            "accountId": "111122223333",
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "userName": "alice",
        },
        "eventTime": f"2026-01-04T02:13:{number % 60:02d}Z",
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": "DeleteItem",
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "198.51.100.23",
        "userAgent": "Boto3/1.34",
        "eventID": f"5f2f2b3c-0000-4000-8000-{number:012d}",
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
        **changes,
    }
    return json.dumps(record).encode() + b"\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "night.jsonl"
    path.write_bytes(b"".join(map(trail, range(3))))
    return path


def test_the_contract(log: Path) -> None:
    found, said = events(str(log))
    assert said == ""
    assert [list(event) for event in found] == [KEYS] * 3
    first, second, _ = found
    assert first == {
        "id": "5f2f2b3c-0000-4000-8000-000000000000",
        "time": "2026-01-04T02:13:00Z",
        "format": "cloudtrail",
        "action": "DeleteItem",
        "outcome": "ok",
        "source_ip": "198.51.100.23",
        "source_service": None,
        "principal": "arn:aws:iam::111122223333:user/alice",
        "principal_type": "IAMUser",
        "role_session": None,
        "access_key": "AKIAIOSFODNN7EXAMPLE",
        "user_agent": "Boto3/1.34",
        "account": "111122223333",
        "region": "eu-central-1",
        "resource": first["resource"],
        "method": None,
        "path": None,
        "status": None,
        "bytes": None,
        "severity": None,
        "summary": first["summary"],
        "actors": [
            {"source_ip": "198.51.100.23", "principal": "arn:aws:iam::111122223333:user/alice"}
        ],
        "detections": [],
        "duplicate": False,
        "record": {
            "path": str(log),
            "index": 0,
            "offset": 0,
            "length": len(trail(0)) - 1,
            "spooled": False,
        },
        "forwarded": None,
        "country": None,
        "asn": None,
        "linked": None,
        "vulnerabilities": None,
    }
    assert second["record"]["offset"] == len(trail(0))
    assert second["record"]["index"] == 1


def test_fractions_of_seconds_as_many_as_needed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    times = ["02:00:00Z", "02:00:00.250Z", "02:00:00.000000001Z"]
    path.write_bytes(b"".join(trail(n, eventTime=f"2026-01-04T{t}") for n, t in enumerate(times)))
    assert [event["time"] for event in events(str(path))[0]] == [
        "2026-01-04T02:00:00Z",
        "2026-01-04T02:00:00.25Z",
        "2026-01-04T02:00:00.000000001Z",
    ]


def test_files_come_in_the_order_given_and_repeats_are_marked(tmp_path: Path) -> None:
    for name, numbers in (("b", [5, 1]), ("a", [1, 2])):
        (tmp_path / name).write_bytes(b"".join(map(trail, numbers)))
    found, _ = events(str(tmp_path / "b"), str(tmp_path / "a"))
    assert [(Path(e["record"]["path"]).name, e["id"][-1], e["duplicate"]) for e in found] == [
        ("b", "5", False),
        ("b", "1", False),
        ("a", "1", True),
        ("a", "2", False),
    ]
    assert len(events(str(tmp_path), "--filter", "-duplicate:true")[0]) == 3


def test_stdin_plain_and_packed(log: Path) -> None:
    plain, _ = events("-", stdin=log.read_bytes())
    packed, _ = events("-", stdin=gzip.compress(log.read_bytes()))
    assert [event["id"] for event in plain] == [event["id"] for event in events(str(log))[0]]
    assert plain == packed
    assert plain[1]["record"] == {
        **{"path": "-", "index": 1, "offset": len(trail(0)) - 1},
        **{"length": len(trail(1)) - 1, "spooled": True},
    }


def test_a_named_pipe_is_read_once_and_kept(log: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m triage_tui events <(cat {log})"],
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert len(done.stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("time>=2026-01-04T02:13:01Z", "12"),
        ("time<2026-01-04T02:13:01Z", "0"),
        ("-id:5f2f2b3c-0000-4000-8000-000000000001", "02"),
        ("8000-000000000002", "2"),
        ("deleteitem -000000000001", "02"),
        ("ip:198.51.100.0/24 principal:alice", "012"),
        ("ip:203.0.113.0/24", ""),
    ],
)
def test_filters_select(log: Path, expression: str, expected: str) -> None:
    found, _ = events(str(log), "--filter", expression)
    assert "".join(event["id"][-1] for event in found) == expected


def test_what_nobody_understands_is_a_line_too(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(trail(0) + b"what is this?\n" + trail(1))
    found, said = events(str(path))
    assert [event["format"] for event in found] == ["cloudtrail", "unparsed", "cloudtrail"]
    assert found[1]["time"] is None
    assert found[1]["summary"] == "what is this?"
    assert said == ""
    assert len(events(str(path), "--filter", "time>=2000")[0]) == 2


def damaged(folder: Path) -> dict[str, tuple[bytes | None, int, str]]:
    """Name -> (content, events in it, what is said)."""
    whole = gzip.compress(b"".join(map(trail, range(3000))))
    records = b'{"Records": [' + b",".join(trail(n).strip() for n in range(4)) + b"]}"
    return {
        "empty.jsonl": (b"", 0, "empty"),
        "binary.bin": (b"\x00\x01\x02\x03\x00\x00\x01\x02", 0, "binary"),
        "cut.gz": (whole[: len(whole) // 2], -1, "truncated"),
        "broken.json": (records.replace(b'"eventName"', b"!", 1), 4, ""),
        "bom.jsonl": (b"\xef\xbb\xbf" + trail(1), 1, ""),
        "missing.jsonl": (None, 0, "no such file"),
        "file.jsonl/inside": (None, 0, "cannot read it"),
        "packed.zip": (b"PK\x03\x04abc", 0, "unpack it"),
    }


@pytest.mark.parametrize("name", damaged(Path()))
def test_a_damaged_input_costs_only_itself(tmp_path: Path, log: Path, name: str) -> None:
    content, count, words = damaged(tmp_path)[name]
    (tmp_path / "file.jsonl").write_bytes(trail(7))
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    found, said = events(str(path), str(log), code=2 if words else 0)
    mine = [event for event in found if event["record"]["path"] == str(path)]
    assert len(found) - len(mine) == 3
    assert len(mine) > 10 if count < 0 else len(mine) == count
    if words:
        (line,) = said.splitlines()
        assert line.startswith(f"triage-tui: {path}: ")
        assert words in line


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    found, said = events(str(tmp_path / "nothing"), code=2)
    assert found == []
    assert "no files" in said


def test_a_line_of_fifty_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    long = trail(1, requestParameters={"a": "x" * 50_000_000})
    path.write_bytes(trail(0) + long + trail(2))
    found, said = events(str(path))
    assert said == ""
    assert [event["id"][-1] for event in found] == ["0", "1", "2"]
    assert found[1]["record"]["length"] == len(long) - 1


FOLDERS = ["cloudtrail-invictus", "cloudtrail-stratus", "cloudtrail-otrf", "guardduty-soar"]


def expected_of(shared_data: Path, name: str) -> dict[str, list[Event]]:
    by_file: dict[str, list[Event]] = defaultdict(list)
    for line in (shared_data / "expected" / f"{name}.jsonl").read_text().splitlines():
        row = json.loads(line)
        by_file[row["file"]].append(row)
    return by_file


def means(event: Event, principal: str | None) -> bool:
    """Whether the event's principal is the one expected; meaning counts, not spelling."""
    if principal is None:
        return event["principal"] is None
    found = str(event["principal"])
    return found == principal or found.endswith(f"/{principal}")


def agree(found: Sequence[Event], expected: Sequence[Event]) -> None:
    assert [e["record"]["index"] for e in found] == [e["index"] for e in expected]
    for event, wanted in zip(found, expected, strict=True):
        judged = set(wanted) & {"source_ip", "source_service", "action"}
        assert {key: event[key] for key in judged} == {key: wanted[key] for key in judged}
        assert event["time"][:19] == wanted["time"][:19]
        assert means(event, wanted["principal"])


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_field_of_the_real_logs(shared_data: Path, folder: str) -> None:
    found, _ = events(*map(str, sorted((shared_data / folder).glob("*.json"))))
    for file, expected in expected_of(shared_data, folder).items():
        path = str(shared_data / file)
        agree([event for event in found if event["record"]["path"] == path], expected)


def test_every_field_of_the_real_waf_log(shared_data: Path) -> None:
    name = "aws-waf-solutions/test_waf_log.gz"
    found, _ = events(str(shared_data / name))
    agree(found, expected_of(shared_data, "aws-waf-solutions")[name])
