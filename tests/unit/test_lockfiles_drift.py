"""How two lock files differ; and any bytes at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from tests.lockfiles import A512, many
from triage_tui.lockfiles import Expected, LockError, drift, faults, is_lock_file, read
from triage_tui.lockfiles.integrity import differ, hash_of, strongest

if TYPE_CHECKING:
    from triage_tui.lockfiles import Fault, Lock


B512 = "sha512-" + "B" * 86 + "=="


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
