"""The wheel as a stranger gets it: in an environment of its own, run from another folder.

The environment holds the wheel and the packages that its metadata asks for, nothing else, so that
a dependency that is used but not declared fails here.
"""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import triage_tui

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = {"triage_tui", "widgets"}
DIST_INFO = f"triage_tui-{triage_tui.__version__}.dist-info"

EVENT = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLE",
        "arn": "arn:aws:iam::111122223333:user/alice",
        "accountId": "111122223333",
        "userName": "alice",
    },
    "eventTime": "2026-01-04T02:13:58Z",
    "eventSource": "dynamodb.amazonaws.com",
    "eventName": "DeleteItem",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "198.51.100.23",
    "userAgent": "Boto3/1.34",
    "eventID": "5f2f2b3c-0000-4000-8000-000000000001",
    "eventType": "AwsApiCall",
    "recipientAccountId": "111122223333",
}


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and a folder to work in that sets a trap."""

    python: Path
    site: Path
    work: Path

    def run(self, *command: str, code: int = 0) -> str:
        """Stdout of a command of the environment, started in the trapped folder."""
        program, *arguments = command
        done = subprocess.run(
            [str(self.python.with_name(program)), *arguments],
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, done.stderr
        return done.stdout


def _run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def build(out: Path) -> Path:
    """The wheel, built from the source distribution as package indexes do it."""
    out.mkdir()
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


def _applying(requires: Iterable[str], extras: set[str]) -> Iterator[Requirement]:
    for line in requires:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def _closure(requires: Iterable[str]) -> list[Distribution]:
    """The distributions that the requirements lead to, from those that the tests run with."""
    found: dict[str, Distribution] = {}
    seen: set[str] = set()
    waiting = list(_applying(requires, set()))
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        dist = distribution(requirement.name)
        found[canonicalize_name(requirement.name)] = dist
        waiting += _applying(dist.requires or (), requirement.extras)
    return list(found.values())


def _link(dist: Distribution, site: Path) -> None:
    """Let the environment see an installed distribution, and no other beside it."""
    for top in {file.parts[0] for file in dist.files or ()} - {"..", "__pycache__"}:
        if not (site / top).exists():
            (site / top).symlink_to(Path(str(dist.locate_file(top))))


def install(wheel: Path, base: Path) -> Installed:
    base.mkdir()
    _run(sys.executable, "-m", "venv", "--without-pip", base / "env", cwd=base)
    python = base / "env" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    _run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=base)
    (site,) = (base / "env" / "lib").glob("python3*/site-packages")
    for dist in _closure(Distribution.at(site / DIST_INFO).requires or ()):
        _link(dist, site)
    _run(*pip, "check", cwd=base)

    work = base / "elsewhere"
    work.mkdir()
    for name in PACKAGES:
        (work / f"{name}.py").write_text("raise SystemExit('the working directory shadows us')\n")
    return Installed(python, site, work)


def holds_our_two_packages_and_nothing_else(members: set[str]) -> None:
    data = DIST_INFO.replace(".dist-info", ".data")
    assert {name.split("/")[0] for name in members} == {*PACKAGES, DIST_INFO, data}
    assert [name for name in members if name.startswith(data)] == [
        f"{data}/data/share/man/man1/triage-tui.1"
    ]
    assert f"{DIST_INFO}/licenses/LICENSE" in members


def holds_every_file_of_them(members: set[str]) -> None:
    wanted = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted == {name for name in members if name.split("/")[0] in PACKAGES}
    assert {"triage_tui/py.typed", "widgets/py.typed"} <= wanted
    assert any(name.endswith(".tcss") for name in wanted)


def comes_from_the_wheel(installed: Installed) -> None:
    code = (
        "import triage_tui, widgets; from importlib.metadata import packages_distributions as of;"
        "print(triage_tui.__file__, widgets.__file__, of()['widgets'])"
    )
    first, second, owners = installed.run("python", "-P", "-c", code).split(maxsplit=2)
    assert Path(first) == installed.site / "triage_tui" / "__init__.py"
    assert Path(second) == installed.site / "widgets" / "__init__.py"
    assert owners.strip() == "['triage-tui']"


def scans_a_file(installed: Installed) -> None:
    (installed.work / "night.jsonl").write_text(json.dumps(EVENT) + "\n")
    found = json.loads(installed.run("triage-tui", "scan", "--json", "night.jsonl"))
    assert (found["events"], found["unparsed"]) == (1, 0)
    assert [entity["key"] for entity in found["entities"] if entity["kind"] == "ip"] == [
        "198.51.100.23"
    ]


def test_a_stranger_gets_our_two_packages_whole_and_they_work(tmp_path: Path) -> None:
    """One after the other: what it takes to build and to install them is paid once."""
    wheel = build(tmp_path / "dist")
    with zipfile.ZipFile(wheel) as archive:
        members = set(archive.namelist())
    holds_our_two_packages_and_nothing_else(members)
    holds_every_file_of_them(members)
    installed = install(wheel, tmp_path / "installed")
    comes_from_the_wheel(installed)
    assert triage_tui.__version__ in installed.run("triage-tui", "--version")
    scans_a_file(installed)
    installed.run("triage-tui", "scan", "--json", "no-such-file.jsonl", code=2)  # is an error
    assert "198.51.100." in installed.run("triage-tui", "demo")  # it travels
