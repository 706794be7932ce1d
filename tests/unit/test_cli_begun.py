"""What a night was begun with holds when it is resumed, but for what is said anew."""

import argparse
from pathlib import Path

import pytest

from triage_tui.cli import begun, state

NIGHT = "2026-03-15T02-00-00Z"


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(state, "root", lambda: tmp_path)
    folder = state.recordings() / NIGHT
    folder.mkdir(parents=True)
    (folder / "0001.jsonl").touch()
    return folder


def said(**more: object) -> argparse.Namespace:
    names = ("config", "profile", "region", "log_group", "filter_pattern", "rules")
    usual = dict.fromkeys(names) | {"no_rules": False, "resume": ""}
    return argparse.Namespace(**(usual | more))


def test_what_was_said_holds_again_and_is_told(
    night: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = said(
        config="triage.toml", profile=["prod"], log_group=["/shop/*", "a b"], filter_pattern="x"
    )
    begun.keep(night, first)
    again = said()
    begun.take_up(again)
    assert again.config == str(Path("triage.toml").absolute())
    assert (again.profile, again.region, again.log_group) == (["prod"], None, ["/shop/*", "a b"])
    assert again.filter_pattern == "x"
    told = capsys.readouterr().err
    assert "--profile prod --log-group '/shop/*' --log-group 'a b' --filter-pattern x" in told


def test_what_is_said_anew_holds_and_is_kept(night: Path) -> None:
    begun.keep(night, said(region=["eu-west-1"], log_group=["/shop/*"]))
    again = said(log_group=["/till/*"])
    begun.take_up(again)
    assert (again.region, again.log_group) == (["eu-west-1"], ["/till/*"])
    begun.keep(night, again)
    third = said(resume=NIGHT)
    begun.take_up(third)
    assert (third.region, third.log_group) == (["eu-west-1"], ["/till/*"])


def test_the_rules_are_the_same_unless_others_are_named(
    night: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun.keep(night, said(rules=["default", "sigma/aws"]))
    begun.take_up(again := said())
    assert again.rules == ["default", str(Path("sigma/aws").absolute())]
    assert "--rules default --rules /" in capsys.readouterr().err
    begun.take_up(none := said(no_rules=True))
    assert (none.rules, none.no_rules) == (None, True)
    begun.keep(night, said(no_rules=True))
    begun.take_up(again := said())
    assert again.no_rules
    assert capsys.readouterr().err.endswith("as this night was begun: --no-rules\n")
    begun.take_up(some := said(rules=["default"]))
    assert (some.rules, some.no_rules) == (["default"], False)


def test_where_nothing_was_kept_or_it_is_damaged_nothing_is_said(
    night: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun.take_up(again := said())
    begun.take_up(said(resume="no-such-night"))
    begun.keep(night, said(region=["eu-west-1"]))
    [kept] = (state.root() / "begun").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    for harm in (b"", b"{", b'{"region": 1}', b"\xff" * 9):
        kept.write_bytes(harm)
        begun.take_up(again)
    assert vars(again) == vars(said())
    assert capsys.readouterr().err == ""


def test_what_is_kept_goes_with_its_night(night: Path) -> None:
    gone = night.with_name("2026-03-14T02-00-00Z")
    gone.mkdir()
    begun.keep(gone, said(region=["eu-west-1"]))
    gone.rmdir()
    begun.keep(night, said())
    assert [path.stem for path in (state.root() / "begun").iterdir()] == [NIGHT]
