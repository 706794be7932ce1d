"""`triage-tui scan`: the contract, the tables, what makes it fail; and the demo as text."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import program
from triage_tui.cli.progress import Bar
from triage_tui.demo import incident_folder

INCIDENT = str(incident_folder())
FEW = [str(incident_folder() / name) for name in ("cloudtrail-management", "guardduty.jsonl.gz")]
"""Some hundred of its events, what the intruder did and was found to have done among them."""
TOP_KEYS = [
    "files",
    "events",
    "unparsed",
    "duplicates",
    "vulnerabilities",
    "first",
    "last",
    "entities",
    "resources",
]
FILE_KEYS = ["path", "formats", "records", "unparsed", "error"]
ENTITY_KEYS = [
    *("kind", "key", "label", "events", "denied", "errors", "blocked", "findings", "detections"),
    *("risk", "reasons", "first", "last", "principals", "ips", "actions", "country", "asn"),
    "accounts",
]
REASON_KEYS = ["points", "text", "kind", "ref"]


def run(*arguments: str, code: int = 0) -> tuple[str, str]:
    """Stdout and stderr."""
    done = program.run(*arguments)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def scan(*arguments: str, code: int = 0) -> dict[str, Any]:
    found = json.loads(run("scan", "--json", *arguments, code=code)[0])
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def incident() -> dict[str, Any]:
    return scan(INCIDENT, "--by", "ip,network,principal,service", "--top", "0")


def test_the_contract(incident: dict[str, Any]) -> None:
    assert list(incident) == TOP_KEYS
    assert [list(file) for file in incident["files"]] == [FILE_KEYS] * 13
    for entity in incident["entities"]:
        assert list(entity) == ENTITY_KEYS
        assert [list(reason) for reason in entity["reasons"]] == [REASON_KEYS] * len(
            entity["reasons"]
        )
        assert sum(reason["points"] for reason in entity["reasons"]) == entity["risk"]
        assert entity["first"] <= entity["last"]


def test_the_numbers_add_up(incident: dict[str, Any]) -> None:
    files = incident["files"]
    assert incident["unparsed"] == sum(file["unparsed"] for file in files) == 1
    records = sum(file["records"] for file in files)
    no_events = sum(incident[key] for key in ("unparsed", "duplicates", "vulnerabilities"))
    assert incident["events"] == records - no_events
    for file in files:
        assert file["records"] == file["unparsed"] + sum(file["formats"].values())
        assert file["error"] is None
    assert (incident["first"], incident["last"]) == (
        min(entity["first"] for entity in incident["entities"]),
        max(entity["last"] for entity in incident["entities"]),
    )


def test_entities_are_ranked_kind_by_kind(incident: dict[str, Any]) -> None:
    kinds = [entity["kind"] for entity in incident["entities"]]
    assert list(dict.fromkeys(kinds)) == ["ip", "network", "principal", "service"]
    for kind in set(kinds):
        risks = [entity["risk"] for entity in incident["entities"] if entity["kind"] == kind]
        assert risks == sorted(risks, reverse=True)
    assert incident["entities"][0]["key"] == "198.51.100.23"


def test_unless_asked_it_ranks_addresses_and_principals() -> None:
    found = scan(INCIDENT, "--top", "3")
    assert [entity["kind"] for entity in found["entities"]] == ["ip"] * 3 + ["principal"] * 3


def test_by_and_top() -> None:
    assert len(scan(INCIDENT, "--no-rules", "--by", "principal,ip")["entities"]) == 18 + 20
    assert len(scan(INCIDENT, "--no-rules", "--by", "ip", "--top", "7")["entities"]) == 7


def test_a_time_bound_gives_what_was_known_then(incident: dict[str, Any]) -> None:
    early = scan(INCIDENT, "--filter", "time<=2026-03-15T02:04:00Z", "--top", "0", "--by", "ip")
    assert early["last"] <= "2026-03-15T02:04:00.999999999Z"
    assert 0 < early["events"] < incident["events"]
    assert "198.51.100.23" not in [entity["key"] for entity in early["entities"]]


def test_a_filter_counts_less_and_judges_the_same(incident: dict[str, Any]) -> None:
    whole = {e["key"]: e for e in incident["entities"] if e["kind"] == "ip"}
    deletes = scan(INCIDENT, "--filter", "action:Delete*", "--by", "ip")
    by_key = {entity["key"]: entity for entity in deletes["entities"]}
    assert by_key["198.51.100.23"]["events"] == 390
    assert set(by_key["198.51.100.23"]["actions"]) == {"DeleteItem", "DeleteTable"}
    for key, entity in by_key.items():
        assert entity["risk"] == whole[key]["risk"]


def test_words_are_searched_in_raw_records() -> None:
    found = scan(INCIDENT, "--filter", "phpMyAdmin", "--by", "ip", "--top", "0")
    assert 0 < found["events"] < 7000
    assert "203.0.113.77" in [entity["key"] for entity in found["entities"]]


@pytest.mark.parametrize(
    ("level", "expression", "paths", "code"),
    [
        ("low", "", FEW, 1),
        ("high", "", FEW, 1),
        ("critical", "", [INCIDENT], 0),
        ("high", "time<=2026-03-15T01:45:00Z", FEW, 0),
        ("high", "ip:203.0.113.40", FEW, 0),
        ("high", "ip:203.0.113.77", [INCIDENT], 1),
        ("low", "ip:203.0.113.77", FEW, 1),
        # It is not the finding that is selected, but an event of the address that it is about.
        ("high", "action:DeleteTable ip:198.51.100.23", FEW, 1),
    ],
)
def test_fail_on(level: str, expression: str, paths: list[str], code: int) -> None:
    run("scan", *paths, "--fail-on", level, "--filter", expression, code=code)


def test_what_could_not_be_read_wins_over_what_was_found() -> None:
    out, said = run("scan", INCIDENT, "no-such-file", "--fail-on", "high", code=2)
    assert "198.51.100.23" in out
    assert said == (
        "triage-tui: no-such-file: cannot read it: there is no such file; check the path\n"
    )


def test_errors_stand_in_the_json_too(tmp_path: Path) -> None:
    found = scan(str(tmp_path / "gone"), INCIDENT, code=2)
    assert "no such file" in found["files"][0]["error"]
    assert found["events"] > 7000


def test_what_is_no_log_is_named_and_counted(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("Permission is hereby granted,\nfree of charge\n")
    for quiet in ([], ["--quiet"]):  # what is said there is the reason of the exit code
        assert "LICENSE: no log known here" in run("scan", *quiet, str(tmp_path), code=2)[1]
    (tmp_path / "log").write_text('{"no": "event"}\n')
    out, said = run("scan", "--json", str(tmp_path))
    left, kept = json.loads(out)["files"]
    assert (left["records"], left["unparsed"], left["error"]) == (
        0,
        0,
        "no log known here; left out",
    )
    assert (kept["records"], kept["unparsed"], kept["error"]) == (1, 1, None)
    assert "LICENSE: no log known here; left out" in said
    assert "log: none of the formats known here" in said
    assert run("scan", "--quiet", str(tmp_path))[1] == ""


def test_tables_for_people() -> None:
    out, said = run("scan", INCIDENT, "--top", "3")
    assert said == ""
    lines = out.splitlines()
    assert lines[0].startswith("7,676 events, Sun 2026-03-15 01:30:00Z to ")
    assert "1 not understood" in lines[1]
    assert [line for line in lines if "198.51.100.23" in line]
    assert "3 of 313 source IPs; --top 0 shows all" in lines
    assert any("maria.keller" in line for line in lines)


def test_nothing_at_all(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("\n")
    out, _ = run("scan", str(tmp_path / "log"))
    assert out.startswith("0 events\n")
    assert "no source IPs" in out
    found = scan(str(tmp_path / "log"))
    assert (found["first"], found["last"], found["entities"]) == (None, None, [])


def test_nothing_is_left_behind(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "xdg-cache"))
    for command in (["scan", *FEW], ["events", *FEW], ["demo"]):
        assert program.start(*command).returncode == 0
    left = [path for path in home.rglob("*") if path.is_file()]
    assert {path.suffix for path in left} <= {".rules"}  # our own pack, compiled


def test_the_demo_as_text() -> None:
    out, said = run("demo")
    assert said == ""
    for words in ("198.51.100.23", "maria.keller", "388", "FINDINGS", "TIME-LINE", "203.0.113.77"):
        assert words in out
    assert out.index("\nWHY\n") < out.index("\nFINDINGS") < out.index("TIME-LINE")


def test_the_demo_as_json(incident: dict[str, Any]) -> None:
    found = json.loads(run("demo", "--json")[0])
    assert list(found) == TOP_KEYS
    assert found["events"] == incident["events"]


def test_the_whole_of_the_real_logs(shared_data: Path) -> None:
    done = program.start("scan", "--json", str(shared_data))
    assert done.returncode == 2
    found = json.loads(done.stdout)
    by_name = {Path(file["path"]).name: file for file in found["files"]}
    assert "unpack it" in by_name["ec2_proxy_s3_exfiltration.zip"]["error"]
    assert "ec2_proxy_s3_exfiltration.zip: a zip archive" in done.stderr
    assert by_name["test_waf_log.gz"]["formats"] == {"waf": 228}
    licence = by_name["LICENSE"]
    assert licence["unparsed"] == licence["records"] == 0
    assert "LICENSE: no log known here" in done.stderr


class Window(io.StringIO):
    """A stderr that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "quiet", "seen"), [(0.9, False, False), (1.1, False, True), (1.1, True, False)]
)
def test_a_bar_shows_where_work_takes_long(
    monkeypatch: pytest.MonkeyPatch, seconds: float, quiet: bool, seen: bool
) -> None:
    window = Window()
    monkeypatch.setattr(sys, "stderr", window)
    ticks = iter([0, int(seconds * 1e9)])
    with Bar(quiet=quiet, ticks=lambda: next(ticks)) as bar:
        bar.show("reading [/x]", 30, 60)
    assert ("reading" in window.getvalue()) is seen
    assert "50%" in window.getvalue() or not seen


def test_no_bar_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    ticks = iter([0, 2_000_000_000])
    with Bar(ticks=lambda: next(ticks)) as bar:
        bar.show("reading", 30, 60)
    assert pipe.getvalue() == ""


def test_the_demo_names_what_is_attacked(incident: dict[str, Any]) -> None:
    """The old lodash of the function that the injections went to, on those who sent them."""
    found = {entity["key"]: entity for entity in incident["entities"]}
    [reason] = [each for each in found["203.0.113.77"]["reasons"] if each["kind"] == "hole"]
    assert "exploit-like requests to orders-api, refused: lodash 4.17.15: CVE-2" in reason["text"]
    assert reason["points"] > 0
    attacked, other = incident["resources"]
    assert (attacked["name"], attacked["answered"]) == ("orders-api", 0)
    assert attacked["attempts"] > 100
    assert attacked["arn"].endswith(":function:orders-api")
    assert {each["package"] for each in attacked["holes"]} == {"lodash"}
    assert "203.0.113.77" in [each["key"] for each in attacked["visitors"]]
    assert (other["name"], other["events"], other["visitors"]) == ("orders-mailer", 0, [])
    shoppers = [key for key, each in found.items() if each["reasons"] and each["risk"] < 5]
    assert not [key for key in shoppers for each in found[key]["reasons"] if each["kind"] == "hole"]
