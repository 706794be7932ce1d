"""Who may import whom, seen at run time: what each room brings into `sys.modules`.

The contracts in pyproject.toml read the source; they cannot see an import made by a dependency,
nor one that happens only when the command runs.
"""

import subprocess
import sys
from pathlib import Path

import pytest

import triage_tui

ROOT = Path(triage_tui.__file__).resolve().parent.parent

SCREEN = ("textual", "triage_tui.ui")
CLIENTS = ("boto3", "botocore", "aiobotocore", "aiohttp")
AWS = (*CLIENTS, "triage_tui.aws")
ENTRY = ("triage_tui.cli", "triage_tui.demo")
ENGINE = ("triage_tui.store", "triage_tui.sources", "triage_tui.triage", "triage_tui.report")
PURE = (*SCREEN, *AWS, *ENTRY, *ENGINE, "numpy", "rich")

IMPORT_ALL = """
import importlib, pkgutil
for name in {rooms!r}:
    room = importlib.import_module(name)
    assert room.__file__, "a folder without __init__.py"
    for found in pkgutil.walk_packages(getattr(room, "__path__", ()), name + "."):
        importlib.import_module(found.name)
"""
RUN_CLI = """
import contextlib, io, sys
sys.argv = ["triage-tui", *{arguments!r}]
from triage_tui.cli import main
with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
    main()
assert out.getvalue(), "nothing printed"
"""
REPORT = "\nimport sys\nprint(*sys.modules, sep='\\n')"

NEVER = [
    ("triage_tui.model", PURE),
    ("triage_tui.ports", PURE),
    ("triage_tui.networks", PURE),
    ("triage_tui.principals", PURE),
    ("triage_tui.mask", PURE),
    ("triage_tui.statefile", PURE),
    ("triage_tui.statetable", (*PURE, "sqlite3", "msgspec")),
    ("triage_tui.respond.rows", (*PURE, "sqlite3")),
    ("triage_tui.decoding", (*SCREEN, *AWS, *ENTRY, "triage_tui.store", "numpy", "rich")),
    (
        "triage_tui.worker",
        (*SCREEN, *AWS, *ENTRY, "triage_tui.store", "triage_tui.detect", "asyncio", "numpy"),
    ),
    ("triage_tui.cli.compose", ("triage_tui.store", "numpy")),
    ("triage_tui.wrappings", PURE),
    ("triage_tui.formats", PURE),
    ("triage_tui.detect", PURE),
    *(
        (f"triage_tui.detect.{name}", (*PURE, "sigma", "yaml", "re2", "ahocorasick_rs"))
        for name in ("matcher", "correlate", "packs", "ruleset")
    ),
    ("triage_tui.respond", PURE),
    ("triage_tui.casebook", PURE),
    ("triage_tui.report", (*SCREEN, *AWS, *ENTRY, "triage_tui.store", "numpy")),
    ("triage_tui.sources", (*SCREEN, *AWS, *ENTRY, "triage_tui.triage", "rich")),
    ("triage_tui.store", (*SCREEN, *AWS, *ENTRY, "triage_tui.triage", "triage_tui.sources")),
    ("triage_tui.triage", (*SCREEN, *AWS, *ENTRY, "rich")),
    (
        "triage_tui.trigger",
        (
            *(*SCREEN, *ENTRY, "aiobotocore", "aiohttp", "triage_tui.aws", "triage_tui.config"),
            *("triage_tui.store", "triage_tui.triage", "triage_tui.report", "numpy", "rich"),
            *("sigma", "yaml", "iptocc", "platformdirs", "zstandard"),
        ),
    ),
    ("triage_tui.health", PURE),
    ("triage_tui.aws", (*SCREEN, *ENTRY, *ENGINE, "boto3", "numpy", "rich")),
    ("triage_tui.aws.settings", (*CLIENTS, *ENGINE, "textual")),
    ("triage_tui.config", ("textual", *CLIENTS, *ENGINE, *ENTRY, "numpy", "rich", "widgets")),
    ("triage_tui.ui.keymap", ("textual", *AWS, *ENGINE, *ENTRY, "numpy", "rich")),
    ("triage_tui.ui", (*AWS, "triage_tui.cli")),
    ("widgets", ("triage_tui", *AWS, "numpy", "msgspec")),
]


def _loaded(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running the code."""
    done = subprocess.run(
        [sys.executable, "-c", code + REPORT],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def bare() -> set[str]:
    """What an interpreter has loaded before it does anything."""
    return _loaded("")


def _under(loaded: set[str], names: tuple[str, ...]) -> list[str]:
    """The loaded modules that are one of the names, or inside one."""
    return sorted(
        module
        for module in loaded
        if any(module == name or module.startswith(name + ".") for name in names)
    )


@pytest.mark.parametrize("never", dict.fromkeys(never for _, never in NEVER))
def test_rooms_keep_out_what_they_must_not_import(never: tuple[str, ...]) -> None:
    """Those that keep out the same share an interpreter; who let something in is asked then."""
    rooms = [room for room, kept_out in NEVER if kept_out == never]
    loaded = _loaded(IMPORT_ALL.format(rooms=rooms))
    assert loaded.issuperset(rooms)
    let_in = _under(loaded, never)
    culprits = [
        room for room in rooms if let_in and _under(_loaded(IMPORT_ALL.format(rooms=[room])), never)
    ]
    assert let_in == [], culprits


def test_the_package_itself_imports_nothing(bare: set[str]) -> None:
    assert _loaded("import triage_tui") - bare == {"triage_tui"}


def test_the_text_gate_needs_the_standard_library_alone(bare: set[str]) -> None:
    new = _loaded("import widgets.text") - bare
    ours = {"widgets", "widgets.text"}
    assert ours <= new
    assert {name for name in new - ours if name.split(".")[0] not in sys.stdlib_module_names} == (
        set()
    )


def test_asking_for_the_version_loads_nothing_heavy() -> None:
    loaded = _loaded(RUN_CLI.format(arguments=["--version"]))
    heavy = ("textual", "numpy", "rich", "msgspec", *AWS, "sqlite3", "asyncio", "tomllib")
    places = ("iptocc", "maxminddb", "platformdirs", "triage_tui.config")
    assert _under(loaded, (*heavy, *places, *ENGINE, "triage_tui.ui", "triage_tui.demo")) == []


def test_headless_work_never_loads_the_screen(tmp_path: Path) -> None:
    log = tmp_path / "empty.jsonl"
    log.write_text("")
    loaded = _loaded(RUN_CLI.format(arguments=["scan", "--json", str(log)]))
    assert "triage_tui.formats" in loaded
    assert _under(loaded, ("textual", *CLIENTS)) == []


def test_a_screen_comes_up_before_what_takes_long_to_load(tmp_path: Path) -> None:
    replayed = f"""
from pathlib import Path
from triage_tui.cli import screen
from triage_tui.cli.console import OK
from triage_tui.cli.options import Start
from triage_tui.config import Settings
from triage_tui.store.filters import ALL
screen.show = lambda app, opener, folder, paths=(): OK
start = Start(at=None, speed=None, paused=False)
folder = Path({str(tmp_path)!r})
screen.replay(["x"], start, ALL, Settings(), mode="REPLAY", title="x", folder=folder)
"""
    live = """
import sys
from types import SimpleNamespace
from triage_tui.cli import screen, live
from triage_tui.cli.console import OK
screen.show = lambda app, opener, folder, paths=(): OK
from triage_tui.config import Settings
asked = dict(headless=False, ip=None, principal=None, filter="", slow_link=False, dry_run=True)
asked["config"] = None
live._on_screen(Settings(), SimpleNamespace(**asked), live._selected(SimpleNamespace(**asked)))
"""
    engine = "triage_tui.formats.decode", "triage_tui.triage", "triage_tui.store.index", "numpy"
    for code in (replayed, live):
        loaded = _loaded(code)
        assert "triage_tui.ui.app" in loaded
        assert _under(loaded, (*CLIENTS, *engine)) == []
