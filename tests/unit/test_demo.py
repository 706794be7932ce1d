"""The bundled incident: the files are those of the script, and the story is as told."""

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TypeAlias

import pytest

from triage_tui import demo
from triage_tui.demo import delivery, script
from triage_tui.demo.cast import END, INTRUDER, MARIAS_KEY, OFFICE, SCANNER, START, dice
from triage_tui.demo.intruder import FIRST_DELETE, ITEM_DELETES, LAST_DELETE
from triage_tui.demo.scanner import HOSTILE
from widgets.text import clean

Json: TypeAlias = dict[str, object]

DOCUMENTATION = tuple(
    map(
        ip_network,
        ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "10.0.0.0/8"),
    )
)
DOTTED = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
HOST_NAME = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io)\b")
AGENT_KEYS = frozenset({"userAgent", "fullUserAgent"})


def at(record: Json, *path: str) -> object:
    """The value at `path`, or None where the record has no such thing."""
    value: object = record
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def parsed(line: str) -> Json | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    assert isinstance(record, dict)
    return record


def unwrapped(path: Path) -> list[Json | None]:
    """The records of one bundled file; None for a line that is broken."""
    text = gzip.decompress(path.read_bytes()).decode()
    if path.name.endswith(".jsonl.gz"):
        return [parsed(line) for line in text.split("\n") if line]
    document = json.loads(text)
    if "events" in document:
        return [parsed(event["message"]) for event in document["events"]]
    listed = document.get("Records", document.get("Findings", document.get("findings")))
    assert isinstance(listed, list)
    return listed


def good(paths: list[Path]) -> list[Json]:
    return [record for path in paths for record in unwrapped(path) if record is not None]


@pytest.fixture(scope="module")
def night() -> list[Json]:
    return good(demo.incident_files())


@pytest.fixture(scope="module")
def calls(night: list[Json]) -> list[Json]:
    """CloudTrail's records, each once."""
    once = {str(record["eventID"]): record for record in night if "eventID" in record}
    return list(once.values())


@pytest.fixture(scope="module")
def requests(night: list[Json]) -> list[Json]:
    """WAF's records, each once."""
    once = {str(at(r, "httpRequest", "requestId")): r for r in night if "httpRequest" in r}
    return list(once.values())


@pytest.fixture(scope="module")
def findings(night: list[Json]) -> list[Json]:
    """GuardDuty's findings in lowerCamel, whatever they came in."""
    found = []
    for record in night:
        inner = record.get("detail", record)
        assert isinstance(inner, dict)
        if "Service" in inner or "service" in inner:
            found.append(lower_camel(inner))
    return [item for item in found if isinstance(item, dict)]


def lower_camel(value: object) -> object:
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: lower_camel(item) for key, item in value.items()}
    return [lower_camel(item) for item in value] if isinstance(value, list) else value


def client(request: Json) -> str:
    return str(at(request, "httpRequest", "clientIp"))


def times(records: list[Json]) -> list[str]:
    return sorted(str(record["eventTime"]) for record in records)


def test_script_gives_the_bundled_files() -> None:
    """The content, byte for byte; the deflate stream around it may differ by zlib's version."""
    told = {
        f"{folder}/{path}.gz": content
        for folder, files in (("incident", script.incident()), ("history", script.month_before()))
        for path, content in files.items()
    }
    root = demo.incident_folder().parent
    bundled = {
        path.relative_to(root).as_posix(): gzip.decompress(path.read_bytes())
        for path in (*demo.incident_files(), *demo.history_files())
    }
    assert told.keys() == bundled.keys()
    assert [path for path, content in told.items() if content != bundled[path]] == []


def test_same_seed_same_files_in_another_process(tmp_path: Path) -> None:
    """Nothing hangs on hash order, on the clock, or on the place."""
    command = [sys.executable, "-m", "triage_tui.demo.script", str(tmp_path / "other")]
    subprocess.run(command, check=True, capture_output=True, env={"PYTHONHASHSEED": "7"})
    script.write(tmp_path / "mine")
    mine, other = (
        {path.relative_to(base): path.read_bytes() for path in base.rglob("*.gz")}
        for base in (tmp_path / "mine", tmp_path / "other")
    )
    assert len(mine) > 10
    assert mine == other


def test_archives_name_no_file_and_no_time() -> None:
    for path in (*demo.incident_files(), *demo.history_files()):
        header = path.read_bytes()[:10]
        assert header[:3] == b"\x1f\x8b\x08"
        assert header[3:8] == bytes(5), path.name


def test_bundle_is_small() -> None:
    files = (*demo.incident_files(), *demo.history_files())
    assert sum(path.stat().st_size for path in files) < 850_000


def test_finding_the_files_is_light() -> None:
    code = (
        "import sys, triage_tui.demo as d; d.incident_files();"
        "sys.exit(any(m.startswith('triage_tui.demo.') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_shape_of_the_night(
    night: list[Json], calls: list[Json], requests: list[Json], findings: list[Json]
) -> None:
    assert 6_000 <= len(night) <= 12_000
    assert len(calls) > 1_000
    assert len(requests) > 5_000
    assert len(findings) == 8
    assert len(calls) + len(requests) + len(findings) < len(night), "duplicates are delivered"
    assert START <= min(map(moment, calls)) <= max(map(moment, calls)) < END
    assert len({client(request) for request in requests}) > 200


def moment(record: Json) -> datetime:
    return datetime.fromisoformat(str(record["eventTime"]))


def test_one_line_is_broken_in_the_middle() -> None:
    broken = {
        path.name: [index for index, record in enumerate(records) if record is None]
        for path in demo.incident_files()
        if None in (records := unwrapped(path))
    }
    assert list(broken) == ["cloudtrail-data-events.jsonl.gz"]
    [index] = broken["cloudtrail-data-events.jsonl.gz"]
    assert 100 < index < 800


def test_duplicates_are_the_same_to_the_byte(night: list[Json]) -> None:
    by_id: dict[str, set[str]] = {}
    seen = Counter(str(record["eventID"]) for record in night if "eventID" in record)
    for record in night:
        if "eventID" in record:
            by_id.setdefault(str(record["eventID"]), set()).add(json.dumps(record))
    expected = script.TRAIL_DUPLICATES + script.DATA_DUPLICATES
    assert sum(count - 1 for count in seen.values()) == expected
    assert {len(texts) for texts in by_id.values()} == {1}


def test_the_stolen_key_deletes(calls: list[Json]) -> None:
    deletes = [
        record
        for record in calls
        if record["eventName"] == "DeleteItem" and record["sourceIPAddress"] == INTRUDER
    ]
    assert len(deletes) == ITEM_DELETES == 388
    assert times(deletes)[0] == "2026-03-15T02:09:11Z" == FIRST_DELETE.strftime("%FT%TZ")
    assert times(deletes)[-1] == "2026-03-15T02:15:58Z" == LAST_DELETE.strftime("%FT%TZ")
    assert {at(record, "userIdentity", "userName") for record in deletes} == {"maria.keller"}
    assert {at(record, "userIdentity", "accessKeyId") for record in deletes} == {MARIAS_KEY}
    assert {at(record, "requestParameters", "tableName") for record in deletes} == {"orders"}


def test_the_stolen_key_is_refused_and_then_hops(calls: list[Json]) -> None:
    theirs = [record for record in calls if record["sourceIPAddress"] == INTRUDER]
    refused = Counter(str(r["eventName"]) for r in theirs if r.get("errorCode") == "AccessDenied")
    assert refused == {"ListUsers": 1, "CreateAccessKey": 1, "DeleteTable": 1, "StopLogging": 1}
    [hop] = [record for record in theirs if record["eventName"] == "AssumeRole"]
    issued = at(hop, "responseElements", "credentials", "accessKeyId")
    session = [r for r in theirs if at(r, "userIdentity", "type") == "AssumedRole"]
    assert len(session) == 7
    assert {at(record, "userIdentity", "accessKeyId") for record in session} == {issued}
    assumed = at(hop, "responseElements", "assumedRoleUser", "arn")
    assert {at(record, "userIdentity", "arn") for record in session} == {assumed}
    assert min(times(session)) > str(hop["eventTime"])


def test_findings_name_the_same_actors(calls: list[Json], findings: list[Json]) -> None:
    """The aliases by which a finding, which has no ARN, meets its CloudTrail events."""
    known = {
        (at(record, "userIdentity", "accessKeyId"), at(record, "userIdentity", "principalId"))
        for record in calls
    }
    details = [item for f in findings if (item := at(f, "resource", "accessKeyDetails"))]
    assert len(details) == 5
    for item in details:
        assert isinstance(item, dict)
        assert (item["accessKeyId"], item["principalId"]) in known


def test_one_finding_is_updated(findings: list[Json]) -> None:
    [updated] = [i for i, n in Counter(str(f["id"]) for f in findings).items() if n > 1]
    first, then = sorted(
        (f for f in findings if f["id"] == updated), key=lambda f: str(f["updatedAt"])
    )
    assert first["createdAt"] == then["createdAt"] == first["updatedAt"] != then["updatedAt"]
    assert (first["severity"], then["severity"]) == (2, 5)
    assert (at(first, "service", "count"), at(then, "service", "count")) == (8, 10)
    path = ("service", "action", "awsApiCallAction", "remoteIpDetails", "ipAddressV4")
    assert (at(first, *path), at(then, *path)) == (INTRUDER, "203.0.113.91")


def test_findings_cover_the_actions(findings: list[Json]) -> None:
    kinds = Counter(str(at(f, "service", "action", "actionType")) for f in findings)
    assert kinds == {"AWS_API_CALL": 5, "NETWORK_CONNECTION": 2, "PORT_PROBE": 1}
    directions = {
        at(f, "service", "action", "networkConnectionAction", "connectionDirection")
        for f in findings
    }
    assert directions == {None, "INBOUND", "OUTBOUND"}
    [probe] = [f for f in findings if at(f, "service", "action", "portProbeAction")]
    ends = at(probe, "service", "action", "portProbeAction", "portProbeDetails")
    assert isinstance(ends, list)
    assert len(ends) == 4
    assert at(ends[0], "remoteIpDetails", "ipAddressV4") == SCANNER


def test_findings_come_in_three_spellings(night: list[Json]) -> None:
    assert sum("detail" in record for record in night) == 2
    assert sum("Service" in record for record in night) == 2
    assert sum("service" in record for record in night) == 4


def test_waf_watches_then_stops_the_scanner(requests: list[Json]) -> None:
    theirs = [record for record in requests if client(record) == SCANNER]
    actions = Counter(str(record["action"]) for record in theirs)
    assert actions["BLOCK"] > 3 * actions["ALLOW"] > 900
    rules = Counter(str(record["terminatingRuleId"]) for record in theirs)
    assert rules["throttle-per-ip"] == 1180
    assert rules["AWS-AWSManagedRulesSQLiRuleSet"] == 150
    assert sum(bool(record["nonTerminatingMatchingRules"]) for record in theirs) > 100
    early = [r for r in theirs if int(str(r["timestamp"])) < 1773539880000]  # 01:58:00Z
    assert Counter(str(record["action"]) for record in early)["ALLOW"] > 0.8 * len(early)


def test_every_injection_is_stopped(requests: list[Json]) -> None:
    theirs = [r for r in requests if client(r).startswith("2001:db8:7::")]
    assert len(theirs) == 260
    assert len({client(record) for record in theirs}) == 4
    assert {record["action"] for record in theirs} == {"BLOCK"}
    assert all(record["terminatingRuleMatchDetails"] for record in theirs)
    assert any("%25" in str(at(record, "httpRequest", "args")) for record in theirs)


def test_good_traffic_stands_behind_the_attackers_network(
    requests: list[Json], calls: list[Json]
) -> None:
    office = [record for record in requests if client(record) == OFFICE]
    assert len(office) > 400
    assert sum(record["action"] == "ALLOW" for record in office) > 0.95 * len(office)
    people = {
        at(record, "userIdentity", "arn") for record in calls if record["sourceIPAddress"] == OFFICE
    }
    assert len(people) == 1
    assert str(people.pop()).endswith("/j.ortega@example.com")


def test_hostile_strings_are_in_and_would_be_caught(requests: list[Json]) -> None:
    texts = {text for request in requests for text in leaves(at(request, "httpRequest"))}
    assert {agent for agent, _, _ in HOSTILE} <= texts
    changed = [agent for agent, _, _ in HOSTILE if clean(agent) != agent]
    assert len(changed) >= 4


def leaves(value: object, key: str = "") -> Iterator[str]:
    """Every text in a record but user agents, whose version numbers look like addresses."""
    if isinstance(value, str) and key not in AGENT_KEYS:
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)


def without_agent(record: Json) -> Json:
    """A WAF record carries its user agent among the headers."""
    request = record.get("httpRequest")
    if not isinstance(request, dict):
        return record
    kept = [header for header in request["headers"] if header["name"] != "user-agent"]
    return record | {"httpRequest": request | {"headers": kept}}


@pytest.fixture(scope="module")
def texts(night: list[Json]) -> set[str]:
    records = night + good(demo.history_files())
    return {text for record in records for text in leaves(without_agent(record))}


def test_every_address_is_documentation_or_private(texts: set[str]) -> None:
    addresses = {text for text in texts if is_address(text)}
    addresses |= {match for text in texts for match in DOTTED.findall(text)}
    assert len(addresses) > 200
    assert [a for a in addresses if not any(ip_address(a) in net for net in DOCUMENTATION)] == []


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def test_every_name_and_key_is_an_example(texts: set[str]) -> None:
    hosts = {match for text in texts for match in HOST_NAME.findall(text)}
    allowed = ("example.com", "example.org", "amazonaws.com", "sso.amazonaws.com")
    assert [host for host in hosts if not host.endswith(allowed)] == []
    keys = {m for text in texts for m in re.findall(r"\bA(?:KIA|SIA|IDA|ROA)[A-Z0-9]{12,}", text)}
    assert len(keys) > 8
    assert [key for key in keys if not key.endswith("EXAMPLE")] == []
    accounts = {m for text in texts for m in re.findall(r":(\d{12}):", text)}
    assert accounts <= {"111122223333", "123456789012"}


def test_month_before_is_quiet() -> None:
    records = good(demo.history_files())
    marias = [r for r in records if at(r, "userIdentity", "userName") == "maria.keller"]
    assert 24 <= len(marias) <= 60
    assert {moment(record).strftime("%F %H") for record in marias} == {"2026-03-02 09"}
    assert not any(str(record["eventName"]).startswith("Delete") for record in marias)
    assert {record["sourceIPAddress"] for record in marias} == {"192.0.2.88"}
    assert times(records)[0] >= "2026-02-10"
    assert times(records)[-1] < "2026-03-15"
    deletes = [record for record in records if record["eventName"] == "DeleteItem"]
    assert {moment(record).hour for record in deletes} == {2}, "machines delete at two, too"


def test_trail_arrives_late_and_in_bursts() -> None:
    scripted = script.trail_events()
    delivered = delivery.trail_delivery(dice("a test"), scripted, 0)
    late = [item.arrival - moment(item.record) for item in delivered]
    assert timedelta(0) < min(late)
    assert timedelta(seconds=120) < max(late) <= timedelta(seconds=delivery.LATEST_S)
    arrivals = [item.arrival for item in delivered]
    assert arrivals == sorted(arrivals)
    assert len(set(arrivals)) < len(arrivals) / 4
    order = [moment(item.record) for item in delivered]
    assert order != sorted(order)
