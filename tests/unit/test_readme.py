"""The README says what the program does: its tables are those of the code."""

import re
from pathlib import Path

import pytest

from triage_tui.aws.needs import FEATURES
from triage_tui.cli.config import EXAMPLE
from triage_tui.cli.parser import COMMANDS
from triage_tui.detect.packs import OWN, load
from triage_tui.detect.risk import WEIGHTS
from triage_tui.formats import FORMATS
from triage_tui.model import Severity
from triage_tui.store.filters import KEYS
from triage_tui.ui.actions import ACTIONS, GROUPS, RECORD
from triage_tui.ui.keymap import shown_key

README = Path(__file__).resolve().parents[2] / "README.md"


def keys_table() -> str:
    """Every action once, by group; a record's own movement keys are those of every table."""
    lines = ["| keys | what | id |", "| --- | --- | --- |"]
    for group in GROUPS:
        for action in ACTIONS:
            if action.group == group and action.layer != RECORD:
                keys = " ".join(f"`{shown_key(key)}`" for key in action.keys)
                lines.append(f"| {keys.replace('|', '&#124;')} | {action.help} | `{action.id}` |")
    return "\n".join(lines)


def risk_table() -> str:
    lines = ["| reason | at most | why |", "| --- | --- | --- |"]
    lines += [f"| {name} | {weight.most} | {weight.why} |" for name, weight in WEIGHTS.items()]
    return "\n".join(lines)


def needs_table() -> str:
    lines = ["| permission | for | what for |", "| --- | --- | --- |"]
    lines += [
        f"| `{need.action}` | {feature.name} | {need.why} |"
        for feature in FEATURES
        for need in feature.needs
    ]
    return "\n".join(lines)


def pack_table() -> str:
    """Our own rules by what they are about, and the gravest of them."""
    shown = [rule for rule in load([OWN]).rules if rule.shown]
    lines = ["| about | rules | the gravest |", "| --- | --- | --- |"]
    for noun in sorted({rule.path.split("/")[1] for rule in shown}):
        rules = [rule for rule in shown if rule.path.split("/")[1] == noun]
        grave = [rule for rule in rules if rule.level >= Severity.HIGH]
        grave.sort(key=lambda rule: (-rule.level, rule.title))
        titles = "; ".join(rule.title.removeprefix("GuardDuty: ") for rule in grave)
        lines.append(f"| {noun} | {len(rules)} | {titles or '–'} |")
    return "\n".join(lines)


def part(name: str) -> str:
    match = re.search(rf"<!-- {name}\b[^>]*-->\n(.*?)<!-- /{name} -->", README.read_text(), re.S)
    assert match, f"the README has no part {name}"
    return match[1].strip()


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("keys", keys_table()),
        ("risk", risk_table()),
        ("needs", needs_table()),
        ("pack", pack_table()),
        ("config", f"```toml\n{EXAMPLE}```"),
    ],
)
def test_tables_are_those_of_the_code(name: str, table: str) -> None:
    assert part(name) == table, f"put this into README.md:\n{table}"


def test_every_filter_key_is_named() -> None:
    text = README.read_text()
    assert [key for key in KEYS if not re.search(rf"\b{key}\b", text)] == []


def test_every_format_is_named_where_formats_are() -> None:
    named = re.findall(
        r"`([a-z0-9_]+)`", "\n".join(re.findall(r"^\| ([^|]+)", part("formats"), re.M))
    )
    assert sorted(named) == sorted([*FORMATS, "text", "unparsed"])


def test_every_command_is_named() -> None:
    text = README.read_text()
    names = [module.__name__.rpartition(".")[2] for module in COMMANDS]
    assert [name for name in names if f"triage-tui {name}" not in text] == []


def test_pictures_are_there() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README.read_text())
    assert pictures
    assert [name for name in pictures if not (README.parent / name).is_file()] == []
