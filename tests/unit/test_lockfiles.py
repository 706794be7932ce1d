"""Lock files: what they pin, what is wrong with it and in which line, and how two differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lockfiles import A512, NPM, many
from triage_tui.lockfiles import Expected, LockError, drift, faults, is_lock_file, read
from triage_tui.lockfiles.integrity import differ, hash_of, strongest

if TYPE_CHECKING:
    from triage_tui.lockfiles import Fault, Lock

B512 = "sha512-" + "B" * 86 + "=="
SHA1 = "sha1-" + "A" * 27 + "="


def lock(name: str, text: str | bytes) -> Lock:
    found = read(name, text if isinstance(text, bytes) else text.encode())
    assert found is not None
    return found


def told(found: Lock, *hosts: str) -> list[tuple[int, str, str]]:
    """(line, kind, package) of the faults."""
    expected = Expected(hosts) if hosts else Expected()
    return [(each.line, each.kind, each.package) for each in faults(found, expected)]


def npm(packages: dict[str, dict[str, object]], version: int = 3) -> str:
    root = {"": {"name": "shop", "version": "1.0.0", "hasInstallScript": True}}
    document = {"name": "shop", "lockfileVersion": version, "packages": {**root, **packages}}
    return json.dumps(document, indent=2)


def entry(name: str, version: str = "1.0.0", **more: object) -> dict[str, object]:
    return {
        "version": version,
        "resolved": f"{NPM}/{name}/-/{name}-{version}.tgz",
        "integrity": A512,
        **more,
    }


def line_in(text: str, part: str) -> int:
    """The line of a part that stands in a text once."""
    assert text.count(part) == 1, text
    return text[: text.index(part)].count("\n") + 1


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

YARN_1 = f"""# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.
# yarn lockfile v1


"@babel/core@^7.0.0", "@babel/core@^7.1.0":
  version "7.1.0"
  resolved "https://packages.example/@babel/core/-/core-7.1.0.tgz#{"0" * 40}"
  integrity {A512}
  dependencies:
    version "^1.0.0"
    lodash "^4.17.10"

lodash@^4.17.10:
  version "4.17.21"
  resolved "http://mirror.example/lodash-4.17.21.tgz#{"1" * 40}"

thing@git+https://github.com/a/thing.git:
  version "1.0.0"
  resolved "git+https://github.com/a/thing.git#{"2" * 40}"

bare@^1.0.0:
  version "1.0.0"
  resolved "{NPM}/bare/-/bare-1.0.0.tgz"

"local@file:./local":
  version "0.0.0"
"""


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


YARN_4 = f"""# This file is generated by running "yarn install" inside your project.

__metadata:
  version: 8
  cacheKey: 10c0

"@scope/a@npm:^1.0.0, @scope/a@npm:^1.1.0":
  version: 1.2.0
  resolution: "@scope/a@npm:1.2.0"
  dependencies:
    version: "npm:^9"
  checksum: 10c0/{"a" * 128}
  languageName: node
  linkType: hard

"bare@npm:^1.0.0":
  version: 1.0.0
  resolution: "bare@npm:1.0.0"
  languageName: node
  linkType: hard

"far@https://evil.example/far.tgz":
  version: 2.0.0
  resolution: "far@https://evil.example/far.tgz"
  checksum: 10c0/{"b" * 128}
  linkType: hard

"shop@workspace:.":
  version: 0.0.0-use.local
  resolution: "shop@workspace:."
  linkType: soft
"""


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

PNPM_9 = f"""lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      lodash:
        specifier: ^4.17.21
        version: 4.17.21

packages:

  '@babel/core@7.1.0':
    resolution: {{integrity: {A512}}}
    engines: {{node: '>=6.9.0'}}

  lodash@4.17.21:
    resolution: {{integrity: {SHA1}}}

  far@1.0.0:
    resolution: {{integrity: {A512}, tarball: https://evil.example/far.tgz}}

  thing@git+https://github.com/a/thing.git#abc:
    resolution: {{commit: abc, repo: https://github.com/a/thing.git, type: git}}
    version: 2.0.0

  bare@1.0.0:
    resolution:
      tarball: http://packages.example/bare.tgz

  local@file:local:
    resolution: {{directory: local, type: directory}}

snapshots:

  lodash@4.17.21: {{}}
"""
PNPM_6 = f"""lockfileVersion: '6.0'

packages:

  /@babel/core@7.1.0(supports-color@8.0.0):
    resolution: {{integrity: {A512}}}
    dev: true

  /sharp@0.32.0:
    resolution: {{integrity: {A512}}}
    requiresBuild: true
"""
PNPM_5 = f"""lockfileVersion: 5.4

packages:

  /@babel/core/7.1.0:
    resolution: {{integrity: {A512}}}

  /lodash/4.17.21:
    resolution: {{integrity: {A512}}}
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

A256, B256 = "a" * 64, "b" * 64
REQUIREMENTS = f"""# made by pip-compile
--index-url http://mirror.example/simple
--trusted-host mirror.example
-r other.txt

Jinja2[i18n]==3.1.2 ; python_version >= "3.8" \\
    --hash=sha256:{A256} \\
    --hash=sha256:{B256}
    # via flask
bare==1.0
weak==1.0 --hash=md5:{"a" * 32}
loose>=2.0 --hash=sha256:{A256}
far @ https://evil.example/far.whl#sha256={A256}
git+https://github.com/a/thing.git@abc#egg=thing
-e ./local
"""


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


# -- drift -----------------------------------------------------------------------------------------


def differences(mine: Lock, yours: Lock) -> list[Fault]:
    return list(drift(mine, yours, "old.json"))


def test_a_changed_hash_a_moved_host_and_a_drifted_version_each_have_their_line() -> None:
    old = npm(
        {
            "node_modules/same": entry("same"),
            "node_modules/hash": entry("hash"),
            "node_modules/host": entry("host"),
            "node_modules/drift": entry("drift", "1.0.0"),
            "node_modules/gone": entry("gone"),
        }
    )
    new = npm(
        {
            "node_modules/same": entry("same"),
            "node_modules/hash": entry("hash", integrity=B512),
            "node_modules/host": entry("host", resolved="https://evil.example/host.tgz"),
            "node_modules/drift": entry("drift", "1.0.1"),
            "node_modules/new": entry("new"),
        }
    )
    mine, yours = lock("package-lock.json", new), lock("package-lock.json", old)
    at = {
        part: line_in(old, f'"node_modules/{part}"') for part in ("hash", "host", "drift", "gone")
    }
    assert [
        (each.kind, each.package, each.line, each.other_line) for each in differences(mine, yours)
    ] == [
        ("hash changed", "hash", line_in(new, B512), at["hash"] + 3),
        ("host moved", "host", line_in(new, "evil.example"), at["host"] + 2),
        ("version drifted", "drift", line_in(new, '"1.0.1"'), at["drift"] + 1),
        ("added", "new", line_in(new, '"node_modules/new"') + 1, None),
        ("removed", "gone", 1, at["gone"]),
    ]
    assert differences(mine, mine) == []


def test_one_version_of_two_that_is_gone_is_drift() -> None:
    both = {
        "node_modules/a": entry("a", "2.0.0"),
        "node_modules/b/node_modules/a": entry("a", "1.0.0"),
    }
    one = {"node_modules/a": entry("a", "2.0.0")}
    mine, yours = lock("package-lock.json", npm(one)), lock("package-lock.json", npm(both))
    assert [(each.kind, each.version) for each in differences(mine, yours)] == [
        ("version drifted", "1.0.0")
    ]
    assert [(each.kind, each.version) for each in differences(yours, mine)] == [
        ("version drifted", "1.0.0")
    ]


def test_lock_files_of_two_tools_are_compared_by_what_both_say() -> None:
    yarn = lock("yarn.lock", YARN_1)
    pnpm = lock("pnpm-lock.yaml", PNPM_9)
    assert [(each.kind, each.package) for each in differences(pnpm, yarn)] == [
        ("hash changed", "lodash"),
        ("added", "far"),
        ("version drifted", "thing"),
    ]
    four = lock("yarn.lock", YARN_4)
    others = YARN_4.replace("a" * 128, "c" * 128)
    assert [each.kind for each in differences(four, lock("yarn.lock", others))] == ["hash changed"]
    packed_otherwise = lock("yarn.lock", others.replace("cacheKey: 10c0", "cacheKey: 9"))
    assert differences(four, packed_otherwise) == []


def test_hashes() -> None:
    assert hash_of(A512) == ("sha512", "00" * 64) == hash_of("sha512:" + "00" * 64)
    assert hash_of("sha512-AAAA") is None
    assert hash_of("sha256:" + "AB" * 32) == ("sha256", "ab" * 32)
    assert strongest((SHA1, A512)) == "sha512"
    assert strongest(("x",)) == ""
    assert differ((A512, SHA1), (B512, SHA1))  # the weak one is no proof
    assert not differ((A512,), (SHA1,))
    assert not differ((A512, B512), (B512,))
    assert hash_of("sha512-" + "!" * 88) is None


# -- anything --------------------------------------------------------------------------------------

NAMES = ["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "requirements.txt", "x"]
TEXTS = [
    npm({"node_modules/a": entry("a")}),
    YARN_1,
    YARN_4,
    PNPM_9,
    PNPM_5,
    REQUIREMENTS,
    '{"lockfileVersion":1,"dependencies":{"a":{"dependencies":{"b":{}}}}}',
]


@given(
    st.sampled_from(NAMES),
    st.sampled_from(TEXTS),
    st.integers(0, 2500),
    st.integers(0, 60),
    st.binary(max_size=8),
)
def test_damage_is_read_or_said(name: str, text: str, at: int, cut: int, junk: bytes) -> None:
    raw = text.encode()
    at = min(at, len(raw))
    damaged = raw[:at] + junk + raw[at + cut :]
    lines = damaged.count(b"\n") + 1
    try:
        found = read(name, damaged)
    except LockError as error:
        line, found = error.line, None
    else:
        line = 1
    assert 1 <= line <= lines
    if found is not None:
        assert all(1 <= each.line <= lines for each in faults(found, Expected()))
        assert list(drift(found, found, "itself")) == []


@given(st.sampled_from(NAMES), st.binary(max_size=200))
def test_any_bytes_are_read_or_said(name: str, raw: bytes) -> None:
    try:
        found = read(name, raw)
    except LockError:
        found = None
    assert found is None or list(drift(found, found, "itself")) == []


def test_names() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "dev-requirements.txt", "yarn.lock"):
        assert is_lock_file(name)
    assert not is_lock_file("package.json")
    assert read("notes.txt", b"hello") is None
    assert lock("copy.json", npm({})).kind == "npm 3"
    assert lock("copy", YARN_1).kind == "yarn 1"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", list(many(1)))
def test_a_large_file_ends(name: str) -> None:
    """The test's own limit is the assertion: work that grows with the square takes minutes."""
    count = 10_000
    found = lock(name, many(count)[name])
    assert len(found.packages) == count
    assert list(faults(found, Expected())) == []
    assert list(drift(found, found, "itself")) == []
