"""The incident bundle: what was put in comes out, and nothing else ever does."""

import hashlib
import json
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.sources import bundle
from triage_tui.sources.bundle import BundleError, Member, is_bundle, member_name, unpack

HEADER = b'{"triage-tui-recording":1}\n'


@pytest.fixture
def made(tmp_path: Path) -> Path:
    (tmp_path / "a.jsonl").write_bytes(HEADER + b"whole line\ncut off")
    (tmp_path / "b.gz").write_bytes(b"\x1f\x8b123")
    path = tmp_path / "night.zip"
    members = [
        Member("records/0001.jsonl", tmp_path / "a.jsonl", "/nights/0001.jsonl", growing=True),
        Member(member_name(2, "/logs/b.gz"), tmp_path / "b.gz"),
    ]
    bundle.write(path, members, made="2026-03-15T02:00:00Z", by="triage-tui 1", left=["-: a pipe"])
    return path


def test_what_was_put_in_comes_out(made: Path, tmp_path: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o600
    assert is_bundle(str(made))
    root = tmp_path / "state"
    root.mkdir()
    found = unpack(str(made), root)
    assert (found.records / "0001.jsonl").read_bytes() == HEADER + b"whole line\n"
    assert (found.records / "0002-b.gz").read_bytes() == b"\x1f\x8b123"
    assert found.manifest.left_out == ("-: a pipe",)
    assert [part.origin for part in found.manifest.parts] == ["/nights/0001.jsonl", ""]
    assert {path.stat().st_mode & 0o777 for path in found.records.iterdir()} == {0o600}
    assert found.records.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in root.iterdir()] == [found.records.parent.name]


def test_a_bundle_that_was_opened_keeps_what_was_decided_since(made: Path, tmp_path: Path) -> None:
    first = unpack(str(made), tmp_path)
    (first.state / "casebook.db").write_bytes(b"notes since")
    second = unpack(str(made), tmp_path)
    assert second == first
    assert (second.state / "casebook.db").read_bytes() == b"notes since"


def test_a_file_is_never_overwritten(made: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(FileExistsError):
        bundle.write(made, [], made="", by="", left=())
    assert made.read_bytes() == before
    assert [path.name for path in made.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"x" * 100, b"{}"])
def test_what_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    assert not is_bundle(str(path))
    assert not is_bundle(str(tmp_path))
    assert not is_bundle(str(tmp_path / "missing"))


def other_zip(tmp_path: Path) -> Path:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.txt", "")
    return path


def test_another_zip_is_none(tmp_path: Path) -> None:
    assert not is_bundle(str(other_zip(tmp_path)))


def hostile(
    path: Path,
    *entries: tuple[str, bytes],
    mode: int = stat.S_IFREG,
    change: dict[str, object] | None = None,
) -> str:
    """A bundle whose manifest agrees with whatever it holds."""
    parts = [
        {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in entries
    ]
    manifest = {bundle.KEY: 1, "made": "", "by": "", "parts": parts} | (change or {})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = (mode | 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
        archive.writestr("manifest.json", json.dumps(manifest))
    return str(path)


NAMES = [
    "../evil", "/etc/passwd", "records/../../evil", "records/0001.jsonl/x", "state/../evil",
    "records/0001-a/b", "casebook.db", "state/casebook.db.exe", "records/\x1b[31m", "C:\\x",
    "records/0001-..", "records/", "records/0001-a\n", "state/live-journal.db-wal", "REPORT.md",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_other_names_are_refused(tmp_path: Path, name: str) -> None:
    path = hostile(tmp_path / "x.zip", (name, b"x"))
    root = tmp_path / "root"
    root.mkdir()
    with pytest.raises(BundleError, match="which no bundle does"):
        unpack(path, root)
    assert list(root.iterdir()) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["root", "x.zip"]


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO])
def test_links_and_the_like_are_refused(tmp_path: Path, mode: int) -> None:
    path = hostile(tmp_path / "x.zip", ("records/0001.jsonl", b"/etc/passwd"), mode=mode)
    with pytest.raises(BundleError, match="which no bundle does"):
        unpack(path, tmp_path)


def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "FREE", 1000)
    path = hostile(tmp_path / "x.zip", ("records/0001.jsonl", b"\0" * 5_000_000))
    with pytest.raises(BundleError, match="beyond all that logs do"):
        unpack(path, tmp_path)


def test_a_member_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    hostile(path, ("records/0001.jsonl", b"a" * 5000))
    data = bytearray(path.read_bytes())
    size = struct.pack("<I", 5000)
    while size in data:
        at = data.find(size)
        data[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    with pytest.raises(BundleError):
        unpack(str(path), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]


def test_a_changed_part_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("records/0001.jsonl", b"forged")
        part = {
            "name": "records/0001.jsonl",
            "bytes": 6,
            "sha256": hashlib.sha256(b"x").hexdigest(),
        }
        manifest = {bundle.KEY: 1, "made": "", "by": "", "parts": [part]}
        archive.writestr("manifest.json", json.dumps(manifest))
    with pytest.raises(BundleError, match="is not what was put in"):
        unpack(str(path), tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({bundle.KEY: 2}, "please update"),
        ({"parts": []}, "does not hold what"),
        ({"parts": "x"}, "cannot be read"),
        ({bundle.KEY: None}, "cannot be read"),
    ],
)
def test_wrong_manifests_are_refused(tmp_path: Path, change: dict[str, object], words: str) -> None:
    path = hostile(tmp_path / "x.zip", ("records/0001.jsonl", b"x"), change=change)
    with pytest.raises(BundleError, match=words):
        unpack(path, tmp_path)


@given(st.text(max_size=200))
def test_any_input_has_a_name_that_a_bundle_takes(name: str) -> None:
    assert bundle._NAME.fullmatch(member_name(7, name))
