"""Files that are whole, or not there."""

import stat
from pathlib import Path

import pytest

from triage_tui.atomic import whole


def test_it_stands_there_once_all_was_written(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    with whole(path) as file:
        file.write(b"one")
        assert not path.exists()
    with whole(path, mode=0o640, sure=True) as file:
        file.write(b"two")
        assert path.read_bytes() == b"one"
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [*tmp_path.iterdir()] == [path]


def test_it_is_for_its_owner_alone_from_the_first_byte(tmp_path: Path) -> None:
    with whole(tmp_path / "kept") as file:
        file.write(b"x")
        assert [stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()] == [0o600]
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o600


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"before")

    def half() -> None:
        with whole(path) as file:
            file.write(b"half of")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert path.read_bytes() == b"before"
    assert [*tmp_path.iterdir()] == [path]


def test_nothing_is_taken_the_place_of_where_nothing_may_be(tmp_path: Path) -> None:
    path = tmp_path / "night.zip"
    path.write_bytes(b"before")
    with pytest.raises(FileExistsError), whole(path, over=False):
        pass
    assert path.read_bytes() == b"before"
    with whole(tmp_path / "other.zip", over=False) as file:
        file.write(b"after")
    assert {each.name for each in tmp_path.iterdir()} == {"night.zip", "other.zip"}


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    theirs, path = tmp_path / "theirs", tmp_path / "kept"
    theirs.write_bytes(b"theirs")
    path.symlink_to(theirs)
    with whole(path) as file:
        file.write(b"ours")
    assert (theirs.read_bytes(), path.read_bytes()) == (b"theirs", b"ours")
    assert not path.is_symlink()
