"""The README says what the program does: its tables are those of the code."""

import re
import sys

import pytest

from tests.generate import MAN, PARTS, README, man_page, part
from triage_tui.cli.parser import COMMANDS
from triage_tui.formats.registry import FORMATS
from triage_tui.store.filters import KEYS


@pytest.mark.parametrize("name", PARTS)
def test_tables_are_those_of_the_code(name: str) -> None:
    assert part(name) == PARTS[name](), "`make generate` writes it anew"


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="argparse words it otherwise")
def test_the_man_page_is_that_of_the_command_line() -> None:
    assert MAN.read_text() == man_page(), "`make generate` writes it anew"


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
