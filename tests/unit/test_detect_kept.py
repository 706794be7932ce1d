"""What is kept on disk answers as what was read anew, and nothing that is damaged is believed."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from triage_tui.detect import kept_lists
from triage_tui.detect.intel import Intel, IntelSettings, ListKind, intel, of_bytes
from triage_tui.detect.kept import Shelf
from triage_tui.detect.spans import Segments, Spans, Table, span_of

NOW = 1_800_000_000_000_000_000
LISTED = (
    b"# 2026-03-01\n198.51.100.0/24\n203.0.113.7\n2001:db8:7::/48\nhost.example\nnonsense here\n"
)
ASKED = (
    "198.51.100.9",
    "198.51.101.0",
    "203.0.113.7",
    "2001:db8:7::1",
    "2001:db8:8::1",
    "10.0.0.1",
)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any list is long."""
    monkeypatch.setattr(kept_lists, "LONG", 1)


def known(folder: Path, data: bytes = LISTED) -> Intel:
    return Intel([of_bytes(data, "/lists/drop.txt", ListKind.BLOCK, NOW, NOW, folder)])


def told(each: Intel) -> object:
    return each.lists, each.problems, [each.of(ip) for ip in ASKED]


def test_what_is_kept_answers_like_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anew = told(Intel([of_bytes(LISTED, "/lists/drop.txt", ListKind.BLOCK, NOW, NOW)]))
    assert told(known(tmp_path / "lists")) == anew
    monkeypatch.delattr(kept_lists, "read")  # from now on nothing can be read anew
    assert told(known(tmp_path / "lists")) == anew


def test_it_is_for_its_user_alone(tmp_path: Path) -> None:
    known(tmp_path / "lists")
    (file,) = (tmp_path / "lists").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_another_text_is_another_list(tmp_path: Path) -> None:
    known(tmp_path)
    assert not known(tmp_path, b"192.0.2.1\n").of("198.51.100.9")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.write_bytes(data)


def _foreign(path: Path) -> None:
    Shelf(path.parent, ".list", 0, 9).write(path.name, b"\x93 something else")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm", [_cut, _flip, _foreign, _empty, _folder])
def test_what_is_damaged_is_read_anew(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    anew = told(known(tmp_path))
    (file,) = tmp_path.iterdir()
    harm(file)
    assert told(known(tmp_path)) == anew
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_a_disk_that_refuses_costs_time_alone(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    assert told(known(blocked / "lists")) == told(known(tmp_path))


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "lists"
    victim.write_bytes(b"precious")
    shelf = Shelf(folder, ".list", 1, 9)
    folder.mkdir()
    (folder / f"x.list.{os.getpid()}").symlink_to(victim)
    shelf.write("x.list", b"data")
    assert victim.read_bytes() == b"precious"


def test_those_used_last_are_kept(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, ".list", 1, 2)
    for number, name in enumerate(("a.list", "b.list")):
        shelf.write(name, b"")
        os.utime(tmp_path / name, ns=(number, number))
    assert shelf.read("a.list") == b""
    shelf.write("c.list", b"")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.list", "c.list"]


def test_entries_that_may_cease_to_hold_are_not_kept(tmp_path: Path) -> None:
    known(tmp_path, b'\xef\xbb\xbf {"list": ["198.51.100.0/24"], "name": "drop"}')
    assert not [*tmp_path.iterdir()]


def test_long_and_short_lists_stand_in_the_order_of_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_lists, "LONG", 100)
    texts = {"a": "198.51.100.0/24\n" * 20, "b": "198.51.100.9\n", "c": "198.51.100.8/30\n" * 20}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    settings = IntelSettings(block=tuple(str(tmp_path / name) for name in texts))
    for _ in range(2):
        found = intel(settings, NOW, tmp_path / "kept")
        assert [each.name for each in found.of("198.51.100.9")] == ["a", "b", "c"]
        more = found.beside([of_bytes(b"198.51.100.9\n", "/d", ListKind.BLOCK, NOW, NOW)])
        assert [each.name for each in more.of("198.51.100.9")] == ["a", "b", "c", "d"]
    assert len([*(tmp_path / "kept").iterdir()]) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"starts": b""},
        {"starts": b"\1\0\0\0" * 3},
        {"sets4": b"\2\0\0\0" * 3},
        {"sets4": b"\0\0\0\0"},
        {"high": b"\0" * 16},
        {"low": b"abc"},
    ],
)
def test_segments_that_are_no_tables_are_refused(change: dict[str, bytes]) -> None:
    spans = Spans()
    span = span_of("198.51.100.0/24")
    assert span is not None
    spans.add(span)
    kept = Table([spans]).segments()
    assert Table.of_segments(kept).of(span) == (0,)
    with pytest.raises(ValueError, match=r"segments|bytes"):
        Table.of_segments(Segments(**{**kept._asdict(), **change}))


@pytest.mark.parametrize("place", [0, 15, 16, -1])
def test_a_byte_that_was_changed_is_noticed(tmp_path: Path, place: int) -> None:
    shelf = Shelf(tmp_path, ".list", 1, 9)
    shelf.write("x.list", b"some data")
    assert shelf.read("x.list") == b"some data"
    data = bytearray((tmp_path / "x.list").read_bytes())
    data[place] ^= 1
    (tmp_path / "x.list").write_bytes(data)
    assert shelf.read("x.list") is None
