"""What was chosen is what the written config says."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.choices import AddressSet, Chosen, SetScope, Site
from triage_tui.cli.chosen import blocklists, config_text, settings_lines, write_new
from triage_tui.config import Settings, parse

TEXT = st.text(min_size=1, max_size=12).filter(lambda text: text.strip())
NAMES = st.lists(TEXT, max_size=4, unique=True).map(tuple)
SET_NAMES = st.from_regex(r"[\w-]{1,40}", fullmatch=True).filter(str.isascii)
SITES = st.builds(Site, st.sampled_from(["", "prod", "dev"]), st.sampled_from(["eu-west-1"]))
SETS = st.builds(
    AddressSet,
    SITES,
    st.sampled_from(["REGIONAL", "CLOUDFRONT"]),
    SET_NAMES,
    st.sampled_from([0, 4, 6]),
)
CHOSEN = st.builds(
    Chosen,
    NAMES,
    NAMES,
    NAMES,
    st.booleans(),
    st.lists(SETS, max_size=5, unique_by=lambda each: (each.site, each.scope, each.name)).map(
        tuple
    ),
)


def said(settings: Settings) -> tuple[object, ...]:
    aws, logs = settings.aws, settings.logs
    return aws.profiles, aws.regions, logs.groups, settings.guardduty.enabled


@given(CHOSEN)
def test_the_written_config_says_what_was_chosen(chosen: Chosen) -> None:
    settings, _ = parse(config_text(chosen).encode(), "c")
    assert said(settings) == (chosen.profiles, chosen.regions, chosen.groups, chosen.guardduty)
    assert settings.blocklist == tuple(blocklists(chosen.sets))
    named = [name for each in settings.blocklist for name in (each.ipv4, each.ipv6) if name]
    assert sorted(named) == sorted(each.name for each in chosen.sets)
    bare, _ = parse("\n".join(settings_lines(chosen)).encode(), "c")
    assert bare == settings


def pick(name: str, version: int, scope: SetScope = "REGIONAL", profile: str = "p") -> AddressSet:
    return AddressSet(Site(profile, "eu-west-1"), scope, name, version)


@pytest.mark.parametrize(
    ("sets", "pairs"),
    [
        ((pick("a", 4), pick("b", 6)), [("a", "a", "b")]),
        ((pick("shop-v4", 4), pick("shop-v6", 6), pick("x-4", 4)),
         [("shop", "shop-v4", "shop-v6"), ("x", "x-4", "")]),
        ((pick("bad-ipv6", 0),), [("bad", "", "bad-ipv6")]),
        ((pick("s-v4", 4), pick("s-v4", 4, "CLOUDFRONT")),
         [("s", "s-v4", ""), ("s-2", "s-v4", "")]),
        ((pick("s-v4", 4), pick("s-v6", 6, profile="q")), [("s", "s-v4", ""), ("s-2", "", "s-v6")]),
        ((pick("v4", 4),), [("blocklist", "v4", "")]),
    ],
)  # fmt: skip
def test_sets_are_paired(sets: tuple[AddressSet, ...], pairs: list[tuple[str, str, str]]) -> None:
    assert [(each.name, each.ipv4, each.ipv6) for each in blocklists(sets)] == pairs


def test_nothing_is_overwritten_and_nobody_else_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.toml"
    write_new(path, "a = 1\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        write_new(path, "b = 2\n")
    assert path.read_text() == "a = 1\n"
