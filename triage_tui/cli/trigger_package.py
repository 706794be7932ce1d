"""Builds the zip of the Lambda function: our modules, what the config says, and msgspec as it is
installed for the platform that Lambda has.

Reproducible: the same installation and config make the same bytes. Nothing is downloaded.
"""

from __future__ import annotations

import ast
import io
import marshal
import platform
import re
import sys
import time
import warnings
import zipfile
from importlib.metadata import Distribution, distributions
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui import __version__
from triage_tui.trigger.allowed import Allowed, packed
from triage_tui.trigger.bundle import NAME, Bundle, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.config import Settings
    from triage_tui.detect.intel import IntelSettings
    from triage_tui.detect.ruleset import Rule, RuleSet, Test
    from triage_tui.respond.settings import BlocklistSettings

ENTRY = "triage_tui.trigger.handler"
HANDLER = f"{ENTRY}.handler"
LARGEST = 20 * 1024 * 1024
"""Bytes of the zip."""
ROOT = Path(__file__).resolve().parents[2]
_OURS = ("triage_tui", "widgets")
_TASK = "/var/task"
"""Where Lambda unpacks it."""
_WHEN = (1980, 1, 1, 0, 0, 0)
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_TAG = re.compile(r"manylinux(?:_(\d+)_(\d+)|(2014|2010|1))_(\w+)")
_OLD_TAGS = {"1": (2, 5), "2010": (2, 12), "2014": (2, 17)}
_AMAZON_2, _AMAZON_2023 = (2, 26), (2, 34)
"""The C library of the runtimes: of Python 3.11 and before, and of those since."""
_RE2 = (2, 27)
"""The oldest one that RE2 is built for."""
NEEDED, PLAIN, WANTED = "msgspec", ("cvss",), "google-re2"
"""What the function cannot do without, of that what is plain Python, and what runs rules' regular
expressions."""


class PackageError(Exception):
    """The zip cannot be built here: why, and what to do."""


class Target(NamedTuple):
    """For what Lambda is the package."""

    version: tuple[int, int]
    """Of Python."""
    architecture: str
    """As Lambda calls it."""

    @property
    def runtime(self) -> str:
        return f"python{self.version[0]}.{self.version[1]}"

    @property
    def libc(self) -> tuple[int, int]:
        """The newest C library that it has."""
        return _AMAZON_2 if self.version <= (3, 11) else _AMAZON_2023


class Package(NamedTuple):
    """What was built."""

    data: bytes
    target: Target
    remarks: list[str]


def here() -> Target:
    """What this interpreter is. Raises PackageError where Lambda has nothing like it."""
    machine = platform.machine().lower()
    if machine not in _MACHINES:
        raise PackageError(f"Lambda has no {machine}: build the package on x86_64 or arm64")
    return Target((sys.version_info.major, sys.version_info.minor), _MACHINES[machine])


def build(bundle: Bundle, site: Path | None = None, target: Target | None = None) -> Package:
    """The zip. `site` is a folder into which the native packages were installed for Lambda, where
    those of this environment are for another platform. Raises PackageError."""
    target = target or here()
    remarks: list[str] = []
    files = dict(_modules())
    files[f"triage_tui/trigger/{NAME}"] = write(bundle)
    files |= _installed(NEEDED, site, target)
    for name in PLAIN:
        files |= _installed(name, None, target)
    if any(True for _ in _patterns(bundle.rules)):
        try:
            files |= _installed(WANTED, site, target)
        except PackageError as error:
            _check_patterns(bundle.rules)
            remarks.append(
                f"rules' regular expressions will be run by Python itself, which some texts can "
                f"stall (the function's timeout ends that): {error}"
            )
    files |= dict(_compiled(files, target))
    data = _zipped(files)
    if len(data) > LARGEST:
        raise PackageError(f"the zip has {len(data):,} bytes, more than {LARGEST:,}")
    return Package(data, target, remarks)


def bundle(settings: Settings, rules: RuleSet, blocklist: BlocklistSettings | None) -> Bundle:
    """What the config says, for the function. Paths of this machine are left out. Raises
    PackageError for a list of `intel` that cannot be used."""
    kept = tuple(
        msgspec.structs.replace(rule, path=rule.path.rpartition("/")[2]) for rule in rules.rules
    )
    if blocklist is not None:
        blocklist = msgspec.structs.replace(blocklist, profile="")
    return Bundle(
        rules=msgspec.structs.replace(rules, rules=kept, refused=()),
        reading=settings.reading,
        guard=settings.guard(()),
        blocklist=blocklist,
        allowed=_allowed(settings.intel) if blocklist is not None else (),
        trusts=settings.guardduty.enabled,
        mutes=settings.rules.mutes,
        version=__version__,
    )


def _allowed(settings: IntelSettings) -> tuple[Allowed, ...]:
    """The lists of those who are good, or shared by many."""
    from triage_tui.detect.intel import ListKind, read_path

    now, found = time.time_ns(), list[Allowed]()
    for kind, paths in ((ListKind.ALLOW, settings.allow), (ListKind.CDN, settings.cdn)):
        for path in paths:
            for each in read_path(Path(path).expanduser(), kind, now):
                if not len(each.spans):
                    raise PackageError(
                        f"no package was built: {each.problems[0]}: without this list it would "
                        "block whom it names"
                    )
                name = f"{kind.value} {each.known.name} of {each.known.day}"
                found.append(packed(name, each.spans.edges(4), each.spans.edges(6)))
    return tuple(found)


# -- our modules ---------------------------------------------------------------------------------


def _modules() -> Iterator[tuple[str, bytes]]:
    """Every module of ours that the function may import, by its place in the zip."""
    waiting, seen = [ENTRY], set[str]()
    while waiting:
        name = waiting.pop()
        path = _path_of(name)
        if name in seen or path is None:
            continue
        seen.add(name)
        source = path.read_bytes()
        yield path.relative_to(ROOT).as_posix(), source
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        waiting += _imports(ast.parse(source), package)
        waiting += [name.rsplit(".", up)[0] for up in range(1, name.count(".") + 1)]


def _path_of(name: str) -> Path | None:
    place = ROOT.joinpath(*name.split("."))
    for path in (place / "__init__.py", place.with_suffix(".py")):
        if path.is_file():
            return path
    return None


def _imports(tree: ast.AST, package: str) -> Iterator[str]:
    """The modules of ours that a module imports when it runs, now or later."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(_OURS))
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]) if base else ".".join(above)
            if base.startswith(_OURS):
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names)
        else:
            yield from _imports(node, package)


# -- what others built ---------------------------------------------------------------------------


def _installed(name: str, site: Path | None, target: Target) -> dict[str, bytes]:
    """The files of an installed package. Raises PackageError where it does not fit Lambda."""
    found = _distribution(name, site)
    if found is None:
        where = f"in {site}" if site is not None else "here"
        raise PackageError(f"{name} is not installed {where}. {_how(name, target)}")
    tags = re.findall(r"(?m)^Tag: (\S+)$", found.read_text("WHEEL") or "")
    if not any(_fits(tag, target) for tag in tags):
        built = ", ".join(dict.fromkeys(tag.rpartition("-")[2] for tag in tags)) or "nobody knows"
        raise PackageError(
            f"{name} {found.version} is built for {built}, and {target.runtime} of Lambda on "
            f"{target.architecture} has the C library {'.'.join(map(str, target.libc))}. "
            f"{_how(name, target)}"
        )
    files: dict[str, bytes] = {}
    for file in found.files or ():
        if ".." in file.parts or "__pycache__" in file.parts or file.suffix in (".pyi", ".pyc"):
            continue
        if file.parts[0].endswith(".dist-info") and not file.name.startswith("LICENSE"):
            continue  # what it says of this installation is another thing each time
        files[file.as_posix()] = Path(str(file.locate())).read_bytes()
    return files


def _distribution(name: str, site: Path | None) -> Distribution | None:
    paths = [str(site)] if site is not None else list(sys.path)
    return next(iter(distributions(name=name, path=paths)), None)


def _fits(tag: str, target: Target) -> bool:
    python, _, where = tag.split("-", 2)
    if where == "any" and python.startswith("py3"):
        return True
    found = _TAG.fullmatch(where)
    if found is None or python != f"cp{target.version[0]}{target.version[1]}":
        return False
    libc = _OLD_TAGS[found[3]] if found[3] else (int(found[1]), int(found[2]))
    return libc <= target.libc and _MACHINES.get(found[4]) == target.architecture


def _how(name: str, target: Target) -> str:
    """What to do about a package that does not fit."""
    if name == WANTED and target.libc < _RE2:
        return "Package it with Python 3.12 or newer, whose runtime has a newer one"
    machine = {"arm64": "aarch64"}.get(target.architecture, target.architecture)
    version = ".".join(map(str, target.version))
    newer = f"--platform manylinux_2_28_{machine} " if name == WANTED else ""
    return (
        f"Install it for Lambda into a folder, and name that: pip install --target FOLDER "
        f"--only-binary=:all: --platform manylinux2014_{machine} {newer}--python-version {version} "
        f"{' '.join(dict.fromkeys((NEEDED, name)))}; triage-tui trigger package --site FOLDER"
    )


def _patterns(rules: RuleSet) -> Iterator[tuple[Rule, Test]]:
    """The regular expressions of rules."""
    from triage_tui.detect.deciding import tests_of

    for rule in rules.rules:
        if rule.condition is not None:
            for test in tests_of(rule.condition):
                if test.op == "re":
                    yield rule, test


def _check_patterns(rules: RuleSet) -> None:
    """Raises PackageError for a regular expression that Python does not take."""
    from triage_tui.detect.literals import as_python

    for rule, test in _patterns(rules):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                re.compile(as_python(test.value))
        except (re.error, FutureWarning, DeprecationWarning) as error:
            raise PackageError(
                f"the rule {rule.id} ({rule.title}) has a regular expression that needs RE2, which "
                f"does not fit here: {error}. Package it with Python 3.12 or newer, or leave the "
                "rule out"
            ) from error


# -- the zip -------------------------------------------------------------------------------------


def _compiled(files: dict[str, bytes], target: Target) -> Iterator[tuple[str, bytes]]:
    """The modules compiled: Lambda cannot keep what it compiles, and would do so at each start."""
    if target.version != (sys.version_info.major, sys.version_info.minor):
        return
    mark = f"cpython-{target.version[0]}{target.version[1]}"
    for name, source in files.items():
        if not name.endswith(".py"):
            continue
        code = compile(source, f"{_TASK}/{name}", "exec", dont_inherit=True)
        folder, _, file = name.rpartition("/")
        head = MAGIC_NUMBER + (0b01).to_bytes(4, "little") + source_hash(source)
        # Without references, which depend on what else the process has in hand.
        yield f"{folder}/__pycache__/{file[:-3]}.{mark}.pyc", head + marshal.dumps(code, 2)


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()
