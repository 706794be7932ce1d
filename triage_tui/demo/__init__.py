"""The bundled incident and the quiet month before it, as files that any command can read.

`triage_tui.demo.script` makes them from a seed; this module only says where they are.
"""

from pathlib import Path

PAGER = "2026-03-15T02:14:07Z"
"""When the on-call engineer opens the terminal: a good moment to begin the replay at."""


def incident_folder() -> Path:
    """The folder of the night's files."""
    return _folder("incident")


def history_folder() -> Path:
    """The folder of the month before, 2026-02-10 to 2026-03-14."""
    return _folder("history")


def incident_files() -> list[Path]:
    """The night's files, in the order in which a folder is read."""
    return _files(incident_folder())


def history_files() -> list[Path]:
    """The files of the month before, in the order in which a folder is read."""
    return _files(history_folder())


def _folder(name: str) -> Path:
    from importlib.resources import files

    return Path(str(files(__name__).joinpath(name)))


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.gz"))
