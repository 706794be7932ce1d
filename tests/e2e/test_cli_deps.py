"""`triage-tui deps` as a program: each fault with file and line, and what a pipeline goes by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests import holes, program

if TYPE_CHECKING:
    from pathlib import Path

HASH = "sha512-" + "A" * 86 + "=="
OTHER = "sha512-" + "B" * 86 + "=="


def run(*arguments: object, code: int = 0) -> tuple[str, str]:
    """Stdout and stderr."""
    done = program.run("deps", *map(str, arguments))
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stdout, done.stderr


def lock(version: str = "4.17.21", integrity: str = HASH, host: str = "packages.example") -> str:
    packages: dict[str, object] = {"": {"name": "shop"}}
    for name, own in (("lodash", version), ("async", "3.2.6"), ("qs", "6.13.0")):
        packages[f"node_modules/{name}"] = {
            "version": own,
            "resolved": f"https://{host if name == 'qs' else 'packages.example'}/{name}.tgz",
            "integrity": integrity if name == "async" else HASH,
        }
    document = {"name": "shop", "lockfileVersion": 3, "packages": packages}
    return json.dumps(document, indent=2) + "\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What is in the repository, and what was deployed."""
    for name, text in (
        ("repo", lock()),
        ("deployed", lock("4.17.15", OTHER, "evil.example")),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "package-lock.json").write_text(text)
    return tmp_path


def test_a_clean_lock_file_is_no_fault(project: Path) -> None:
    repo = str(project / "repo")
    done = program.start("deps", repo, "--against", repo)
    assert done == (0, "1 file, 3 packages: nothing wrong\n", "")


def test_a_changed_hash_a_moved_host_and_a_drifted_version_are_named_with_their_lines(
    project: Path,
) -> None:
    out, _ = run(project / "deployed", "--against", project / "repo", code=1)
    mine, yours = (project / name / "package-lock.json" for name in ("deployed", "repo"))
    assert out.splitlines() == [
        f"{mine}:20: high: qs 6.13.0 comes from evil.example, not from packages.example",
        f"{mine}:9: medium: lodash 4.17.15 is 4.17.21 in {yours}:9",
        f"{mine}:16: critical: async 3.2.6 has another hash than in {yours}:16, in the same "
        "version",
        f"{mine}:20: high: qs 6.13.0 comes from evil.example, and from packages.example in "
        f"{yours}:20",
        "1 file, 3 packages: 1 critical, 2 high, 1 medium",
    ]


def test_json_and_the_level_that_fails(project: Path) -> None:
    arguments = (project / "deployed", "--against", project / "repo", "--json")
    out, _ = run(*arguments, "--fail-on", "never")
    found: dict[str, Any] = json.loads(out)
    assert [(each["kind"], each["package"]) for each in found["faults"]] == [
        ("host", "qs"),
        ("version drifted", "lodash"),
        ("hash changed", "async"),
        ("host moved", "qs"),
    ]
    assert found["faults"][2]["other"]["line"] == found["faults"][2]["line"]
    assert found["files"][0]["packages"] == 3
    run(*arguments, "--fail-on", "critical", code=1)
    run(project / "deployed", "--host", "evil.example", "--host", "packages.example")


def test_reports_are_held_against_the_lock_file(project: Path) -> None:
    folder = project / "deployed"
    (folder / "audit.json").write_bytes(holes.text(holes.NPM_7))
    (folder / "trivy.json").write_bytes(holes.text(holes.TRIVY))
    (folder / "package.json").write_text('{"name": "shop"}')
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "package-lock.json").write_text("broken")
    out, said = run(folder, "--host", "evil.example", "--host", "packages.example", code=1)
    lines = out.splitlines()
    place = folder / "package-lock.json"
    assert (
        f"{place}:8: high: lodash 4.17.15 CVE-2021-23337, high 7.2, fixed in 4.17.21, 5.0.0 (trivy)"
        in lines
    )
    assert (
        f"{place}:8: high: lodash 4.17.15 GHSA-35jh-r3h4-6jhm, high 7.2, fixed in 4.17.21 "
        "(npm_audit)" in lines
    )
    assert said == ""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("package-lock.json", '{"lockfileVersion": 3,\n"packages": {', ":2: not JSON"),
        ("report.json", '{"auditReportVersion": 2,\n\n"vulnerabilities": {', ":3: not JSON"),
        ("report.json", '{"hello": 1}', "JSON, and no report that is known here"),
        ("yarn.lock", "hello", ":1: no lock file of Yarn"),
        ("notes.txt", "hello", "neither a lock file nor a report"),
        (
            "report.json",
            json.dumps({**holes.GRYPE, "matches": [5, *holes.GRYPE["matches"]]}),  # type: ignore[misc]
            "1 of its 3 entries could not be read",
        ),
    ],
)
def test_what_is_broken_says_where(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    _, said = run(tmp_path / name, code=2)
    assert words in said
    assert str(tmp_path / name) in said


def test_what_is_not_there_costs_only_itself(project: Path) -> None:
    out, said = run(project / "repo", project / "none.lock", code=2)
    assert "there is no such file" in said
    assert "3 packages" in out
    empty = project / "empty"
    empty.mkdir()
    _, said = run(empty, code=2)
    assert "no lock file and no report in there" in said


def test_hostile_names_meet_no_terminal(tmp_path: Path) -> None:
    document = json.loads(lock())
    document["packages"]["node_modules/\x1b]0;x\x07[red]"] = {"version": "1\x9b2J"}
    (tmp_path / "package-lock.json").write_text(json.dumps(document))
    out, _ = run(tmp_path, code=1)
    assert out.count("no hash") == 1
    assert not {"\x1b", "\x07", "\x9b"} & set(out)
