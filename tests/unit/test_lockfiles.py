"""Lock files: what they pin, what is wrong with it and in which line, and how two differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.locked import (
    PNPM_5,
    PNPM_9,
    REQUIREMENTS,
    SHA1,
    YARN_1,
    YARN_4,
    entry,
    line_in,
    lock,
    npm,
)
from tests.lockfiles import A512
from triage_tui.lockfiles import Expected, LockError, faults, read

if TYPE_CHECKING:
    from triage_tui.lockfiles import Lock


def told(found: Lock, *hosts: str) -> list[tuple[int, str, str]]:
    """(line, kind, package) of the faults."""
    expected = Expected(hosts) if hosts else Expected()
    return [(each.line, each.kind, each.package) for each in faults(found, expected)]


# -- npm -------------------------------------------------------------------------------------------


def test_npm_3_knows_packages_by_where_they_are() -> None:
    text = npm(
        {
            "node_modules/lodash": entry("lodash", "4.17.21"),
            "node_modules/a/node_modules/@b/c": entry("c", "2.0.0"),
            "node_modules/alias": {**entry("real", "3.0.0"), "name": "real"},
            "packages/web": {"name": "web", "version": "1.0.0"},
            "node_modules/web": {"resolved": "packages/web", "link": True},
        }
    )
    found = lock("package-lock.json", text)
    assert found.kind == "npm 3"
    assert [(each.name, each.version, each.local) for each in found.packages] == [
        ("lodash", "4.17.21", False),
        ("@b/c", "2.0.0", False),
        ("real", "3.0.0", False),
        ("web", "", True),
    ]
    assert told(found) == []


def test_each_fault_of_npm_has_its_line() -> None:
    text = npm(
        {
            "node_modules/bare": {**entry("bare"), "integrity": None},
            "node_modules/weak": entry("weak", integrity=SHA1),
            "node_modules/cut": entry("cut", integrity="sha512-AAAA"),
            "node_modules/away": entry("away", resolved="https://evil.example/away-1.0.0.tgz"),
            "node_modules/clear": entry("clear", resolved="http://packages.example/clear.tgz"),
            "node_modules/git": {
                "version": "1.0.0",
                "resolved": "git+ssh://git@github.com/a/b.git#0123456789",
            },
            "node_modules/secret": entry(
                "secret", resolved="https://u:hunter2@packages.example/x.tgz"
            ),
            "node_modules/runs": entry("runs", hasInstallScript=True),
            "node_modules/inside": {"version": "1.0.0", "inBundle": True},
        }
    )
    found = lock("npm-shrinkwrap.json", text)
    assert told(found) == [
        (line_in(text, '"node_modules/bare"'), "no hash", "bare"),
        (line_in(text, SHA1), "weak hash", "weak"),
        (line_in(text, '"sha512-AAAA"'), "broken hash", "cut"),
        (line_in(text, "evil.example"), "host", "away"),
        (line_in(text, "http://packages"), "plain http", "clear"),
        (line_in(text, "git+ssh"), "git source", "git"),
        (line_in(text, "hunter2"), "secret", "secret"),
        (line_in(text, '"node_modules/runs"'), "install script", "runs"),
    ]
    assert not [each for each in faults(found, Expected()) if "hunter2" in each.text]
    assert ("host", "weak") in [each[1:] for each in told(found, "npm.example.org")]


def test_npm_1_nests_its_dependencies() -> None:
    text = json.dumps(
        {
            "name": "shop",
            "lockfileVersion": 1,
            "requires": True,
            "dependencies": {
                "a": {
                    **entry("a"),
                    "requires": {"b": "^1.0.0"},
                    "dependencies": {"b": {**entry("b"), "integrity": "sha1-bad"}},
                },
                "g": {"version": "git+https://github.com/a/g.git#abc", "from": "g@git"},
                "t": {"version": "https://evil.example/t.tgz", "integrity": A512},
                "f": {"version": "file:../f"},
            },
        },
        indent=2,
    )
    found = lock("package-lock.json", text)
    assert [each.name for each in found.packages] == ["a", "b", "g", "t", "f"]
    assert told(found) == [
        (line_in(text, "sha1-bad"), "broken hash", "b"),
        (line_in(text, "git+https"), "git source", "g"),
        (line_in(text, "evil.example"), "host", "t"),
    ]


def test_a_package_that_is_named_twice_is_told() -> None:
    text = npm({"node_modules/a": entry("a")}).replace(
        '"node_modules/a": {', '"node_modules/a": {"version": "0.0.1"},\n"node_modules/a": {'
    )
    assert (line_in(text, '"0.0.1"') + 1, "twice", "") in told(lock("package-lock.json", text))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{"lockfileVersion": 3,\n"packages": {\n"node_modules/a": {"ver', 3, "not JSON"),
        ('{"lockfileVersion": "x"}', 1, "no lock file of npm"),
        ('{"lockfileVersion": 3}', 1, "cut off"),
        ("[1]", 1, "no lock file of npm"),
        ('{"lockfileVersion": 2, "packages": {\n\n"node_modules/a": {"version": 5}}}', 3, "`str`"),
        ('{"lockfileVersion": 2,\n"packages": []}', 2, "no object"),
        ("", 1, "empty"),
    ],
)
def test_a_broken_lock_file_of_npm_says_where(text: str, line: int, words: str) -> None:
    with pytest.raises(LockError) as raised:
        read("package-lock.json", text.encode())
    assert raised.value.line == line
    assert words in raised.value.what


# -- Yarn ------------------------------------------------------------------------------------------


def test_yarn_1() -> None:
    found = lock("yarn.lock", YARN_1)
    assert [(each.name, each.version) for each in found.packages] == [
        ("@babel/core", "7.1.0"),
        ("lodash", "4.17.21"),
        ("thing", "1.0.0"),
        ("bare", "1.0.0"),
        ("local", "0.0.0"),
    ]
    assert told(found) == [
        (13, "weak hash", "lodash"),
        (15, "plain http", "lodash"),
        (15, "host", "lodash"),
        (19, "git source", "thing"),
        (21, "no hash", "bare"),
    ]


def test_yarn_4() -> None:
    found = lock("yarn.lock", YARN_4)
    assert [(each.name, each.version, each.local) for each in found.packages] == [
        ("@scope/a", "1.2.0", False),
        ("bare", "1.0.0", False),
        ("far", "2.0.0", False),
        ("shop", "0.0.0-use.local", True),
    ]
    assert told(found) == [(16, "no hash", "bare"), (24, "host", "far")]


def test_a_broken_lock_file_of_yarn_says_where() -> None:
    with pytest.raises(LockError) as raised:
        read("yarn.lock", b"# yarn lockfile v1\n\nlodash@^4.0.0\n  version")
    assert (raised.value.line, "not a package" in raised.value.what) == (3, True)
    with pytest.raises(LockError, match="no lock file of Yarn"):
        read("yarn.lock", b"hello")


# -- pnpm ------------------------------------------------------------------------------------------


PNPM_6 = f"""lockfileVersion: '6.0'

packages:

  /@babel/core@7.1.0(supports-color@8.0.0):
    resolution: {{integrity: {A512}}}
    dev: true

  /sharp@0.32.0:
    resolution: {{integrity: {A512}}}
    requiresBuild: true
"""


def test_the_host_of_most_is_the_one_that_is_expected() -> None:
    entries = {f"node_modules/p{n}": entry(f"p{n}") for n in range(3)}
    entries["node_modules/far"] = entry("far", resolved="https://evil.example/far.tgz")
    found = lock("package-lock.json", npm(entries))
    (fault,) = faults(found, Expected())
    assert fault.text == "comes from evil.example, not from packages.example"
    assert {each[2] for each in told(found, "evil.example")} == {"p0", "p1", "p2"}


def test_pnpm_of_all_versions() -> None:
    found = lock("pnpm-lock.yaml", PNPM_9)
    assert [(each.name, each.version) for each in found.packages] == [
        ("@babel/core", "7.1.0"),
        ("lodash", "4.17.21"),
        ("far", "1.0.0"),
        ("thing", "2.0.0"),
        ("bare", "1.0.0"),
        ("local", "file:local"),
    ]
    assert told(found) == [
        (line_in(PNPM_9, SHA1), "weak hash", "lodash"),
        (line_in(PNPM_9, "evil.example"), "host", "far"),
        (line_in(PNPM_9, "commit: abc"), "git source", "thing"),
        (line_in(PNPM_9, "  bare@1.0.0:"), "no hash", "bare"),
        (line_in(PNPM_9, "http://"), "plain http", "bare"),
        (line_in(PNPM_9, "http://"), "host", "bare"),
    ]
    six = lock("pnpm-lock.yaml", PNPM_6)
    assert [(each.name, each.version, each.script) for each in six.packages] == [
        ("@babel/core", "7.1.0", False),
        ("sharp", "0.32.0", True),
    ]
    five = lock("pnpm-lock.yaml", PNPM_5)
    assert [(each.name, each.version) for each in five.packages] == [
        ("@babel/core", "7.1.0"),
        ("lodash", "4.17.21"),
    ]


def test_a_broken_lock_file_of_pnpm_says_where() -> None:
    with pytest.raises(LockError) as raised:
        read("pnpm-lock.yaml", b"lockfileVersion: '9.0'\npackages:\n\n  lodash@1.0.0\n")
    assert raised.value.line == 4
    with pytest.raises(LockError, match="no lockfileVersion"):
        read("pnpm-lock.yaml", b"packages: {}\n")


# -- requirements ----------------------------------------------------------------------------------


def test_requirements() -> None:
    found = lock("requirements.txt", REQUIREMENTS)
    assert [(each.name, each.version, len(each.integrity)) for each in found.packages] == [
        ("jinja2", "3.1.2", 2),
        ("bare", "1.0", 0),
        ("weak", "1.0", 1),
        ("loose", "", 1),
        ("far", "", 1),
        ("thing", "", 0),
        ("./local", "", 0),
    ]
    assert told(found) == [
        (2, "plain http", ""),
        (3, "plain http", ""),
        (4, "elsewhere", ""),
        (10, "no hash", "bare"),
        (11, "weak hash", "weak"),
        (12, "not pinned", "loose"),
        (13, "host", "far"),
        (14, "git source", "thing"),
    ]


def test_a_broken_requirement_says_where() -> None:
    with pytest.raises(LockError) as raised:
        read("requirements-dev.txt", b"good==1.0 \\\n  --hash=sha256:x\n!!\n")
    assert raised.value.line == 3
