"""An entry more in the config: all that was there stays as it was, comments and all."""

import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.cli.config_edit import ConfigKeeper, added, removed
from triage_tui.cli.example import EXAMPLE, commented
from triage_tui.config import parse
from triage_tui.model import KeepError

ENTRY = {"cidr": "198.51.100.7", "reason": "ours"}
WRITTEN = '{ cidr = "198.51.100.7", reason = "ours" }'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"protect = [{WRITTEN}]\n"),
        ("protect = []", f"protect = [{WRITTEN}]"),
        ('protect = ["a"] # why\n', f'protect = ["a", {WRITTEN}] # why\n'),
        ("protect = ['a',]\n", f"protect = ['a', {WRITTEN}]\n"),
        (
            'protect = [\n  "a", # one\n  "b" # two\n]\n',
            f'protect = [\n  "a", # one\n  "b", # two\n  {WRITTEN},\n]\n',
        ),
        (
            "protect = [\r\n  'a',\r\n]\r\n[aws]\r\n",
            f"protect = [\r\n  'a',\r\n  {WRITTEN},\r\n]\r\n[aws]\r\n",
        ),
        ("protect = ['a',\n  'b']\n", f"protect = ['a',\n  'b',\n  {WRITTEN},\n]\n"),
        ("# mine\n[aws]\nx = 1\n", f"# mine\nprotect = [{WRITTEN}]\n\n[aws]\nx = 1\n"),
        (
            'note = """\nprotect = [\n[x]"""\n"protect" = [ "]", \'[\' ]\n',
            'note = """\nprotect = [\n[x]"""\n"protect" = [ "]", \'[\', ' + WRITTEN + "]\n",
        ),
        ("[keys]\nprotect = ['x']\n", f"protect = [{WRITTEN}]\n\n[keys]\nprotect = ['x']\n"),
    ],
)
def test_an_entry_is_added_where_it_belongs(before: str, after: str) -> None:
    assert added(before, "", "protect", ENTRY) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "x = 1\n\n[rules]\nmute = ['r']\n"),
        ("[rules] # ours\nown = true\n", "[rules] # ours\nmute = ['r']\nown = true\n"),
        ("[rules]", "[rules]\nmute = ['r']\n"),
        ("[rules]\nmute = ['a']\n[aws]\n", "[rules]\nmute = ['a', 'r']\n[aws]\n"),
        ("rules.mute = ['a']\n", "rules.mute = ['a', 'r']\n"),
    ],
)
def test_an_entry_of_a_section(before: str, after: str) -> None:
    assert added(before, "rules", "mute", "r") == after.replace("'r'", '"r"')


def test_the_example_takes_entries_and_is_still_a_config() -> None:
    for text in (EXAMPLE, commented(EXAMPLE)):
        both = added(added(text, "", "protect", ENTRY), "rules", "mute", {"rule": "r"})
        settings, _ = parse(both.encode(), "c")
        assert settings.protected[-1].cidr == "198.51.100.7"
        assert settings.rules.mutes[-1].rule == "r"
        comments = [line for line in text.splitlines() if line.startswith("#")]
        assert [line for line in both.splitlines() if line.startswith("#")] == comments


@pytest.mark.parametrize(
    "text", ["protect = ", "protect = 7", "protect = { a = 1 }", "[protect]\nx = 1", "[" * 5000]
)
def test_what_is_no_list_is_told(text: str) -> None:
    with pytest.raises(KeepError):
        added(text, "", "protect", ENTRY)


values = st.recursive(
    st.text(max_size=5) | st.integers(0, 9) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(
    st.lists(st.sampled_from(["'a'", '"b\\""', "'''c]'''", "{ x = [1] }"]), max_size=4), st.data()
)
def test_any_list_takes_any_entry(entries: list[str], data: st.DataObject) -> None:
    gaps = st.sampled_from(["", " ", "\n", " # ] no\n", "\n  "])
    body = "".join(f"{data.draw(gaps)}{each}{data.draw(gaps)}," for each in entries)
    if body and data.draw(st.booleans()):
        body = body[:-1]
    text = f"# head\nprotect = [{body}{data.draw(gaps)}]\n[aws]\n"
    entry = data.draw(st.text(max_size=8).filter(lambda t: t.isprintable()))
    found = tomllib.loads(added(text, "", "protect", entry))
    assert found["protect"] == [*tomllib.loads(text)["protect"], entry]


async def test_the_file_is_replaced_as_a_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "config.toml"
    real.write_text("# mine\nprotect = ['192.0.2.1'] # first\n")
    real.chmod(0o640)
    link.symlink_to(real)
    said = await ConfigKeeper(link).protect("198.51.100.0/24", "")
    assert said == f'wrote protect += {{ cidr = "198.51.100.0/24" }} to {link}'
    assert link.is_symlink()
    assert real.read_text() == (
        "# mine\nprotect = ['192.0.2.1', { cidr = \"198.51.100.0/24\" }] # first\n"
    )
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    said = await ConfigKeeper(link).ignore("r1", "ip:192.0.2.9", "our\ncrew")
    assert 'reason = "our\\ncrew"' in said
    assert sorted(os.listdir(tmp_path)) == ["config.toml", "real.toml"]


async def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    await ConfigKeeper(path).protect("198.51.100.7", "ours")
    assert path.read_text() == f"protect = [{WRITTEN}]\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_config_that_is_wrong_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    for text, words in (("protect = ", "not TOML"), ("nonsense = 1\n", "no such setting")):
        path.write_text(text)
        with pytest.raises(KeepError, match=words):
            await ConfigKeeper(path).protect("198.51.100.7", "")
        assert path.read_text() == text
    with pytest.raises(KeepError, match="cannot be written"):
        await ConfigKeeper(tmp_path).protect("198.51.100.7", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mute = ['r']\n", "mute = []\n"),
        ("mute = ['r', 'a'] # why\n", "mute = [ 'a'] # why\n"),
        ("mute = ['a', 'r']\n", "mute = ['a',]\n"),
        ("mute = [\n  'a', # one\n  'r',\n]\n", "mute = [\n  'a', # one\n]\n"),
        ("mute = [\n  'r',\n  'a', # one\n]\n", "mute = [\n  'a', # one\n]\n"),
        ("mute = [\n  'r', # two\n  'r',\r\n]\n", "mute = [\n # two\n]\n"),
        ("mute = [{ rule = 'r', of = [1, 2] }, 'r,a', '[r']\n", "mute = [ 'r,a', '[r']\n"),
        ("note = ['r']\n", "note = ['r']\n"),
        ("mute = 'r'\n", "mute = 'r'\n"),
    ],
)
def test_an_entry_is_taken_out(before: str, after: str) -> None:
    def unwanted(entry: object) -> bool:
        return entry == "r" or (isinstance(entry, dict) and entry["rule"] == "r")

    assert removed(before, "", "mute", unwanted) == after
    inside = f"x = 1\n[rules]\nown = true\n{before}[aws]\n"
    assert removed(inside, "rules", "mute", unwanted) == inside.replace(before, after)


async def test_a_rule_that_is_muted_and_heard_of_again_leaves_the_config_as_it_was(
    tmp_path: Path,
) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine\n[rules]\nmute = [\n  'other', # why\n]\n")
    keeper, before = ConfigKeeper(path), path.read_text()
    said = await keeper.ignore("some-rule", "", "")
    assert 'rules.mute += { rule = "some-rule" }' in said
    assert [each.rule for each in parse(path.read_bytes(), "c")[0].rules.mutes] == [
        "other",
        "some-rule",
    ]
    await keeper.ignore("some-rule", "ip:198.51.100.7", "ours")
    await keeper.heed("some-rule")
    mutes = parse(path.read_bytes(), "c")[0].rules.mutes
    assert [(each.rule, each.entity) for each in mutes] == [
        ("other", ""),
        ("some-rule", "ip:198.51.100.7"),
    ]
    assert path.read_text().startswith(before.removesuffix("]\n"))
    await keeper.ignore("some-rule", "", "")
    await keeper.heed("some-rule", entities=True)
    mutes = parse(path.read_bytes(), "c")[0].rules.mutes
    assert [(each.rule, each.entity) for each in mutes] == [("other", ""), ("some-rule", "")]
