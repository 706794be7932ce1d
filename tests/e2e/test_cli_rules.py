"""`triage-tui rules`: what loads, what is refused, and how rules fare on some logs."""

import json
from pathlib import Path

import pytest

from tests import program
from triage_tui.demo import incident_folder

RULES = """\
title: Door
id: 0a1b2c3d-0000-4000-8000-000000000001
author: "Ada\\e[31m"
license: DRL 1.1
level: high
logsource: {category: webserver}
detection:
  s: {cs-uri-stem|startswith: /wp-admin}
  condition: s
---
title: Everything
id: 0a1b2c3d-0000-4000-8000-000000000002
level: low
logsource: {category: webserver}
detection:
  s: {cs-method: GET}
  condition: s
---
title: A host that is not logged
id: 0a1b2c3d-0000-4000-8000-000000000004
level: low
logsource: {category: webserver}
detection:
  s: {cs-host: shop.example}
  t: {cs-method: TRACE}
  condition: s and not t
---
title: A host, or a method
id: 0a1b2c3d-0000-4000-8000-000000000005
level: low
logsource: {category: webserver}
detection:
  s: {cs-host: shop.example}
  t: {cs-method: TRACE}
  condition: s or t
---
title: Never here
id: 0a1b2c3d-0000-4000-8000-000000000003
level: critical
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventName: DeleteTable}
  condition: s
"""
MISSPELT = """\
title: A field nobody writes
id: 0a1b2c3d-0000-4000-8000-000000000009
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  s: {requestParameters.tableNaem: orders}
  condition: s
"""
BAD = "title: Bad\nid: x\nlogsource: {product: aws}\ndetection: {s: {a: b}, condition: t}\n"
LINE = '203.0.113.{} - - [15/Mar/2026:02:13:{:02} +0000] "GET {} HTTP/1.1" 404 12 "-" "curl/8"\n'


def run(*arguments: str, code: int = 0) -> tuple[str, str]:
    """Stdout and stderr."""
    done = program.run("rules", *arguments)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yml"
    path.write_text(RULES)
    return path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    lines = (LINE.format(n % 3, n, "/wp-admin/x" if n % 6 == 0 else "/") for n in range(60))
    path.write_text("".join(lines))
    return path


def test_our_own_pack_loads_and_is_listed() -> None:
    count = run("check")[0].partition(" rules loaded, 0 refused\n")[0]
    lines = run("list")[0].splitlines()
    assert len(lines) == int(count)
    assert all(" — triage-tui maintainers, Apache-2.0" in line for line in lines)
    listed = json.loads(run("list", "--json")[0])["rules"]
    assert [each["rule"] for each in listed] == [line.split()[0] for line in lines]


def test_how_rules_fare_on_a_log(rules: Path, log: Path) -> None:
    said = run("check", "--rules", str(rules), "--on", str(log))[0]
    assert said.splitlines() == [
        "5 rules loaded, 0 refused",
        "",
        "FIRED (1)",
        "       10  high          Door — Ada·[31m, DRL 1.1",
        "",
        "FIRED ON NEARLY EVERYTHING (1)",
        "       60  low           Everything  [matched 60 of 60 events: it says nothing]",
        "",
        "A FIELD WAS NEVER SEEN (1)",
        "  low           A host that is not logged  [never seen: cs-host]",
        "",
        "CANNOT FIRE ON THESE LOGS (1)",
        "  critical      Never here  [no source brings cloudtrail]",
    ]


def test_what_could_be_brought_by_many_logs_names_some(rules: Path) -> None:
    cloudtrail = str(incident_folder() / "cloudtrail-management")
    said = run("check", "--rules", str(rules), "--on", cloudtrail)[0]
    assert "Everything  [no source brings access, alb, apache_error or one of 6 more]" in said


def test_a_field_that_no_record_has_is_told(tmp_path: Path) -> None:
    rule = tmp_path / "rule.yml"
    rule.write_text(MISSPELT)
    cloudtrail = str(incident_folder() / "cloudtrail-management")
    said = run("check", "--rules", str(rule), "--on", cloudtrail)[0]
    assert "[never seen: requestParameters.tableNaem]" in said


def test_json_says_the_same(rules: Path, log: Path) -> None:
    told = json.loads(run("check", "--json", "--rules", str(rules), "--on", str(log))[0])
    assert (told["loaded"], told["refused"]) == (5, [])
    assert {each["title"]: (each["count"], each["remark"]) for each in told["rules"]} == {
        "Door": (10, None),
        "Everything": (60, "matched 60 of 60 events: it says nothing"),
        "A host that is not logged": (0, "never seen: cs-host"),
        "A host, or a method": (0, None),
        "Never here": (0, "cannot fire: no source brings cloudtrail"),
    }
    assert told["rules"][1]["author"] == "Ada\x1b[31m"  # escaped where it was written


def test_a_bad_rule_is_refused_by_its_place_and_the_rest_loads(rules: Path) -> None:
    bad = rules.with_name("bad.yml")
    bad.write_text(BAD)
    said = run("check", "--rules", str(rules.parent), code=2)[0]
    first, second = said.splitlines()
    assert first == "5 rules loaded, 1 refused"
    assert second.startswith(f"  {bad}:")
    (refused,) = json.loads(run("check", "--json", "--rules", str(bad), code=2)[0])["refused"]
    assert refused["path"] == str(bad)
    assert refused["line"]
    assert refused["reason"] in second


def test_a_log_that_cannot_be_read_is_named_and_the_rest_is_told(rules: Path, log: Path) -> None:
    gone = str(log.with_name("gone.log"))
    arguments = ("--rules", str(rules), "--on", str(log), "--on", gone)
    said, complaint = run("check", *arguments, code=2)
    assert "FIRED (1)" in said
    assert gone in complaint


def test_rules_that_do_not_run_are_no_secret_of_whoever_scans(rules: Path, log: Path) -> None:
    """A gate must not pass because a rule was mistyped, or its folder."""
    bad = rules.with_name("bad.yml")
    bad.write_text(BAD)

    def said(*arguments: str) -> tuple[int, str]:
        done = program.run(*arguments, "--quiet", str(log))
        return done.returncode, done.stderr

    both = ("--rules", str(rules), "--rules", str(bad))
    for command in ("scan", "events", "report"):
        code, err = said(command, *both)
        assert code == 0, err
        assert "a rule does not run: " in err
        assert f"{bad}:1: " in err
        assert "rules check tells of all" in err
    assert said("scan", *both, "--fail-on", "high")[0] == 2
    assert said("scan", "--rules", str(rules), "--fail-on", "high") == (1, "")
    code, err = said("scan", "--rules", str(rules.with_name("rulse")))
    assert code == 2
    assert "rulse: cannot be read: No such file" in err
