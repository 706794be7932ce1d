"""What a correct reader makes of every record in the real logs."""

import gzip
import json
from array import array
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage_tui.formats.decode import decode, describe
from triage_tui.model import SECOND, Batch, Columns, Identity, Texts

KINDS = [
    pytest.param("cloudtrail-invictus", "", 608, id="invictus"),
    pytest.param("cloudtrail-stratus", "", 34, id="stratus"),
    pytest.param("cloudtrail-otrf", "", 103, id="otrf"),
    pytest.param("guardduty-soar", "", 8, id="guardduty"),
    pytest.param("aws-waf-solutions", "", 29_177, id="waf-cloudfront"),
    pytest.param("crowdsec-tests", "", 123, id="crowdsec"),
    pytest.param("vpcflow-apt29", "", 3247, id="vpcflow"),
]


def batch_of(path: Path) -> tuple[Batch, bytes]:
    """The file as a source delivers it: line by line, or whole where it is one document."""
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    starts, lengths, at = array("Q"), array("Q"), 0
    try:
        json.loads(data)
        lines = [data]
    except ValueError:
        lines = data.splitlines(keepends=True)
    for line in lines:
        starts.append(at)
        lengths.append(len(line))
        at += len(line)
    return Batch(1, data, starts, lengths, received=5, base=0), data


def text(texts: Texts, row: int) -> str | None:
    return texts.values[texts.ids[row]] or None


def means(who: Identity, expected: str | None) -> bool:
    """Compares meaning, not spelling: a bare name is the end of the principal."""
    if expected is None:
        return who.key == ""
    if ":assumed-role/" in expected:
        role, session = expected.rpartition(":assumed-role/")[2].split("/")
        return who.session == session and who.key == expected and f"{role} › {session}" == who.label
    return who.key == expected or who.key.endswith((f"/{expected}", f":{expected}"))


def check(columns: Columns, row: int, expected: dict[str, str | None], raw: bytes) -> None:
    time = datetime.fromtimestamp(columns.time[row] // SECOND, UTC)
    found = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "source_ip": text(columns.source_ip, row),
        "source_service": text(columns.service, row),
        "action": text(columns.action, row),
    }
    judged = {key: value for key, value in expected.items() if key in found}
    assert {key: found[key] for key in judged} == judged
    if "principal" in expected:
        assert means(columns.identities[columns.who[row]], expected["principal"])
    described = describe(text(columns.format, row) or "", raw)
    assert described.summary
    if not columns.own_id[row]:
        assert described.id == f"{columns.id[row]:016x}"


@pytest.mark.parametrize(("folder", "part", "count"), KINDS)
def test_every_field_of_every_record(shared_data: Path, folder: str, part: str, count: int) -> None:
    by_file: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    for line in (shared_data / "expected" / f"{folder}.jsonl").read_text().splitlines():
        expected = json.loads(line)
        if part in expected["file"]:
            by_file[expected["file"]].append(expected)
    assert sum(map(len, by_file.values())) == count
    for name, rows in by_file.items():
        batch, data = batch_of(shared_data / name)
        columns = decode(batch)
        assert len(columns) == len(rows), name
        assert not any(columns.spooled)
        for row, expected in enumerate(rows):
            assert int(str(expected["index"])) == row
            start = columns.offset[row]
            check(columns, row, expected, data[start : start + columns.length[row]])
