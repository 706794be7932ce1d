"""`triage-tui config`: the settings in force, where each came from, the keys, an example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import console
from . import options as shared

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from triage_tui.config import Loaded

SUMMARY = "the settings in force, and where each came from"
WHAT = ("show", "path", "keys", "init")
_COLUMNS = (24, 34)


def options(parser: argparse.ArgumentParser) -> None:
    """What `config` takes."""
    parser.add_argument(
        "what",
        metavar="WHAT",
        choices=WHAT,
        nargs="?",
        default="show",
        help="show the settings (which it does unless told otherwise); path: which file is read; "
        "keys: every key and what it does; init: ask what to watch, and write it with all other "
        "settings explained (without a terminal, all of it commented out)",
    )
    parser.add_argument(
        "--example", action="store_true", help="with init: ask nothing, and comment all of it out"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    shared.config(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints what was asked for."""
    what: str = arguments.what
    if what in ("path", "init"):
        return _file(what, arguments)
    found = shared.loaded(arguments)
    show = _keys if what == "keys" else _settings
    console.write(show(found, as_json=arguments.json))
    return console.OK


def _file(what: str, arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from triage_tui.config import default_path
    from triage_tui.report.jsontext import dump
    from widgets.text import clean

    path = Path(arguments.config) if arguments.config else default_path()
    if what == "init":
        return _init(path, asks=not arguments.example)
    found = {"path": str(path), "exists": path.is_file()}
    console.write(f"{dump(found) if arguments.json else clean(str(path))}\n")
    return console.OK


def _init(path: Path, *, asks: bool) -> int:
    """Writes a config where no file is yet: what somebody chooses on the screen, or the example."""
    from .chosen import write_new
    from .example import EXAMPLE, commented

    if asks and not path.exists() and console.has_screen():
        from .first import set_up

        if set_up(path):
            console.say(f"wrote {path}; `triage-tui doctor` tries it, `triage-tui` goes live")
        return console.OK
    try:
        write_new(path, commented(EXAMPLE))
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or error
        there = isinstance(error, FileExistsError) and error.filename == str(path)
        said = "is there already; it stays as it is" if there else f"cannot be written: {words}"
        console.say(f"{path}: {said}")
        return console.TROUBLE
    console.say(f"wrote {path}: everything in it is commented out")
    return console.OK


def _settings(found: Loaded, *, as_json: bool) -> str:
    from triage_tui.config import flat
    from triage_tui.report.jsontext import dump

    values = flat(found.settings)
    if not as_json:
        return _toml(found, values)
    told = {
        "file": str(found.path) if found.exists else None,
        "settings": {
            name: {"value": value, "from": _origin(found, name)} for name, value in values.items()
        },
    }
    return dump(told) + "\n"


def _origin(found: Loaded, name: str) -> str:
    return "file" if name in found.said else "default"


def _toml(found: Loaded, values: dict[str, object]) -> str:
    """The settings as a config that says the same."""
    from triage_tui.config import toml
    from widgets.text import clean

    where = "the settings in force" if found.exists else "the defaults; there is no file"
    lines = [f"# {clean(str(found.path))}: {where}"]
    section = ""
    for name, value in values.items():
        head, _, key = name.partition(".")
        if key and head != section:
            section = head
            lines += ["", f"[{head}]"]
        bare = key if key and "." not in key else toml(key) if key else name
        lines.append(f"{bare} = {toml(value)}  # {_origin(found, name)}")
    return "\n".join(lines) + "\n"


def _keys(found: Loaded, *, as_json: bool) -> str:
    """Every action with its keys under the keymap in force."""
    from triage_tui.report.jsontext import dump
    from triage_tui.ui.actions import ACTIONS
    from triage_tui.ui.keymap import effective_keys
    from widgets.text import fit

    keymap = found.settings.keys
    if as_json:
        told = [
            {
                "id": action.id,
                "keys": effective_keys(action, keymap),
                "help": action.help,
                "from": _origin(found, f"keys.{action.id}"),
            }
            for action in ACTIONS
        ]
        return dump(told) + "\n"
    lines = []
    for action in ACTIONS:
        keys = ", ".join(effective_keys(action, keymap))
        mark = "*" if action.id in keymap else " "
        lines.append(f"{mark} {fit(action.id, _COLUMNS[0])} {fit(keys, _COLUMNS[1])} {action.help}")
    return "\n".join(line.rstrip() for line in lines) + "\n"
