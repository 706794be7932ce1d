"""The zip: small, the same each time, whole, quick to start, and refused where it would not run."""

import io
import json
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

from tests.rules import own_pack
from tests.trigger.night import payloads
from triage_tui.cli import trigger_package
from triage_tui.cli.trigger_package import Package, PackageError, Target, build, bundle
from triage_tui.config import Settings, parse
from triage_tui.detect.packs import RuleFile
from triage_tui.detect.sigma import compile_files
from triage_tui.model import Severity
from triage_tui.networks import network_of
from triage_tui.trigger.bundle import Bundle, BundleError, read, write
from triage_tui.trigger.payloads import parts
from triage_tui.trigger.watch import Watch, batches

HEAVY = ("numpy", "textual", "rich", "sigma", "yaml", "aiobotocore", "aiohttp", "platformdirs")
MOST_MODULES = 600
"""Modules that a cold start may load beyond a bare interpreter, boto3's own among them: what the
second of the budget is spent on. Counted, for a clock tells of the machine."""
CONFIG = b"""
protect = ["8.8.4.0/24"]
[[blocklist]]
name = "shop"
region = "eu-west-1"
profile = "prod"
ipv4 = "shop-v4"
[rules]
mute = ["some-rule"]
"""


RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""What Lambda's runtime brings; all else is in the package, or is not there."""
HEAD = """
import sys
sys.path.insert(0, {folder!r})
class Nothing:
    known = {{*{runtime!r}, *sys.stdlib_module_names, "triage_tui", "widgets", "msgspec", "cvss"}}
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in self.known:
            raise ModuleNotFoundError(f"no {{name}} in Lambda", name=name)
sys.meta_path.insert(0, Nothing())
before = set(sys.modules)
"""


@cache
def settings() -> Settings:
    return parse(CONFIG, "config.toml")[0]


@cache
def package() -> Package:
    found = settings()
    return build(bundle(found, own_pack(), found.blocklist[0]))


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(io.BytesIO(package().data)) as archive:
        archive.extractall(folder)
    return folder


def names() -> list[str]:
    with zipfile.ZipFile(io.BytesIO(package().data)) as archive:
        return archive.namelist()


def run(folder: Path, code: str) -> str:
    """What a bare interpreter prints that has the package and what Lambda's runtime brings."""
    head = HEAD.format(folder=str(folder), runtime=RUNTIME)
    environment = {
        "PATH": "/usr/bin",
        "TRIAGE_TUI_TABLE": "t",
        "TRIAGE_TUI_TOPIC": "a",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", head + code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_small_and_holds_nothing_that_lambda_must_not_carry() -> None:
    assert len(package().data) < 20 * 1024 * 1024
    tops = {name.split("/")[0] for name in names()}
    assert {"triage_tui", "widgets", "msgspec"} <= tops
    assert not tops & set(HEAVY)
    assert not any("/rules/" in name or name.endswith((".yml", ".tcss")) for name in names())
    ours = {name.split("/")[1] for name in names() if name.startswith("triage_tui/")}
    assert not ours & {"cli", "ui", "store", "aws", "demo", "config.py", "triage.py"}


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    """In another process, from another folder, with other rules loaded before."""
    config, made = tmp_path / "config.toml", tmp_path / "made.zip"
    config.write_bytes(CONFIG)
    command = ("-m", "triage_tui", "trigger", "package", "--output", str(made))
    done = subprocess.run(
        [sys.executable, *command, "--config", str(config), "--rules", "default"],
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    assert "rules, for python3" in done.stderr
    assert made.read_bytes() == package().data


def test_nothing_of_this_machine_is_in_it() -> None:
    with zipfile.ZipFile(io.BytesIO(package().data)) as archive:
        content = b"".join(
            archive.read(name) for name in archive.namelist() if not name.endswith(".so")
        )
    root = str(trigger_package.ROOT).encode()
    assert root not in content
    assert str(Path.home()).encode() not in content


def test_it_runs_alone_from_its_own_files(unpacked: Path) -> None:
    code = """
from triage_tui.trigger import handler
import json
lasting = handler._lasting()
lasting.watch.warm()
loaded = {name: str(getattr(sys.modules[name], "__file__", "")) for name in sys.modules
          if name.split(".")[0] in ("triage_tui", "widgets", "msgspec")}
print(json.dumps(loaded))
"""
    loaded = json.loads(run(unpacked, code))
    assert len(loaded) > 60
    assert all(place.startswith(str(unpacked)) for place in loaded.values())


def test_a_cold_start_loads_little(unpacked: Path) -> None:
    """What compiles is there already: no source is compiled at the start."""
    code = """
import importlib.util
seen = []
real = importlib.util.decode_source
import _frozen_importlib_external as machinery
compiled = machinery.SourceLoader.source_to_code
def watch(self, data, path, **more):
    seen.append(path)
    return compiled(self, data, path, **more)
machinery.SourceLoader.source_to_code = watch
from triage_tui.trigger import handler
lasting = handler._lasting()
lasting.clients.client("dynamodb")
mine = [path for path in seen if "site-packages" not in path and "/lib/python" not in path]
import json
print(json.dumps([sorted(set(sys.modules) - before), mine]))
"""
    modules, mine = json.loads(run(unpacked, code))
    assert mine == []
    assert len(modules) <= MOST_MODULES
    assert not {name.split(".")[0] for name in modules} & set(HEAVY)


def test_every_import_of_it_is_in_it_or_the_runtimes(unpacked: Path) -> None:
    """Also those that happen late: each module is imported, where only these may be found."""
    code = """
import importlib, pkgutil, json
for room in ("triage_tui", "widgets"):
    package = importlib.import_module(room)
    for found in pkgutil.walk_packages(package.__path__, room + "."):
        importlib.import_module(found.name)
from triage_tui.formats.severities import base_score
print(base_score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"))
"""
    assert run(unpacked, code) == "9.8\n"


def test_what_the_config_says_is_in_it() -> None:
    with zipfile.ZipFile(io.BytesIO(package().data)) as archive:
        found = read(archive.read("triage_tui/trigger/bundle.msgpack"))
    assert found.blocklist is not None
    assert (found.blocklist.name, found.blocklist.profile) == ("shop", "")
    assert [entry.cidr for entry in found.guard.protect] == ["8.8.4.0/24"]
    assert [mute.rule for mute in found.mutes] == ["some-rule"]
    assert len(found.rules.rules) == len(own_pack().rules)


def test_the_lists_of_the_config_are_in_it_and_an_unusable_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "offices.txt").write_text("# 2026-03-01\n8.8.4.0/24\n")
    (tmp_path / "edges").mkdir()
    (tmp_path / "edges" / "own.txt").write_text("2001:4860::/32\n")
    text = f'[intel]\nallow = ["{tmp_path}/offices.txt"]\ncdn = ["{tmp_path}/edges"]\n'
    found = parse(CONFIG.replace(b"[rules]", text.encode() + b"[rules]"), "config.toml")[0]
    made = read(write(bundle(found, own_pack(), found.blocklist[0])))
    first, second = made.allowed
    assert first.name == "allow list offices of 2026-03-01"
    assert second.name.startswith("edges of a CDN own of ")
    inside, outside = network_of("8.8.4.9"), network_of("8.8.5.9")
    assert inside
    assert outside
    assert (first.touches(inside), first.touches(outside)) == (True, False)
    assert bundle(found, own_pack(), None).allowed == ()
    (tmp_path / "offices.txt").unlink()
    with pytest.raises(PackageError, match=r"offices\.txt.*no such file.*it would block"):
        bundle(found, own_pack(), found.blocklist[0])


@pytest.mark.parametrize(
    ("tag", "target", "fits"),
    [
        ("cp311-cp311-manylinux_2_17_x86_64", Target((3, 11), "x86_64"), True),
        ("cp311-cp311-manylinux2014_x86_64", Target((3, 11), "x86_64"), True),
        ("cp311-cp311-manylinux_2_28_x86_64", Target((3, 11), "x86_64"), False),
        ("cp312-cp312-manylinux_2_28_aarch64", Target((3, 12), "arm64"), True),
        ("cp312-cp312-manylinux_2_28_aarch64", Target((3, 12), "x86_64"), False),
        ("cp312-cp312-manylinux_2_36_x86_64", Target((3, 12), "x86_64"), False),
        ("cp311-cp311-manylinux_2_17_x86_64", Target((3, 12), "x86_64"), False),
        ("cp312-cp312-macosx_11_0_arm64", Target((3, 12), "arm64"), False),
        ("cp312-cp312-musllinux_1_2_x86_64", Target((3, 12), "x86_64"), False),
        ("cp312-cp312-linux_x86_64", Target((3, 12), "x86_64"), False),
        ("py3-none-any", Target((3, 12), "x86_64"), True),
    ],
)
def test_which_wheels_lambda_can_run(tag: str, target: Target, fits: bool) -> None:
    assert trigger_package._fits(tag, target) is fits


def test_what_would_not_run_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"not installed in .*--platform manylinux2014_aarch64"):
        build(Bundle(), tmp_path, Target((3, 12), "arm64"))
    with pytest.raises(PackageError, match=r"msgspec .* is built for manylinux.*--site FOLDER"):
        build(Bundle(), None, Target((3, 13), "arm64"))


def test_of_what_would_make_rules_quick_it_says_where_it_fits() -> None:
    rules = own_pack()
    [remark] = build(Bundle(rules=rules), None, Target((3, 11), "x86_64")).remarks
    assert "google-re2" in remark
    assert remark.endswith("Package it with Python 3.12 or newer, whose runtime has a newer one")


def test_a_site_for_another_platform(tmp_path: Path) -> None:
    info = tmp_path / "msgspec-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: msgspec\nVersion: 9.9\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nTag: cp313-cp313-manylinux2014_aarch64\n")
    (info / "RECORD").write_text("msgspec/__init__.py,,\n../../bin/evil,,\n")
    (tmp_path / "msgspec").mkdir()
    (tmp_path / "msgspec" / "__init__.py").write_text("here = True\n")
    made = build(Bundle(), tmp_path, Target((3, 13), "arm64"))
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        assert archive.read("msgspec/__init__.py") == b"here = True\n"
        assert not any(".." in name or name.endswith(".pyc") for name in archive.namelist())


def test_a_bundle_comes_back_and_a_foreign_one_is_refused() -> None:
    made = bundle(settings(), own_pack(), None)
    assert read(write(made)) == made
    for data in (b"", b"\x00", write(made)[:-5]):
        with pytest.raises(BundleError):
            read(data)


def test_without_re2_the_same_is_found(unpacked: Path, tmp_path: Path) -> None:
    """As in a runtime for which there is no wheel of it."""
    night = tmp_path / "night.json"
    night.write_text(json.dumps({"events": payloads(400)[:8]}))
    code = f"""
import json
from triage_tui.trigger.handler import _lasting
from triage_tui.trigger.payloads import parts
from triage_tui.trigger.watch import batches
from triage_tui.model import Severity
watch, found = _lasting().watch, []
for event in json.load(open({str(night)!r}))["events"]:
    for delivery in parts(event)[0].deliveries:
        reading = watch.read(batches(delivery.records, "", 0), Severity.INFORMATIONAL)
        found += [(hit.rule, hit.seen.id) for hit in reading.hits]
        found += [(each.input, each.id) for each in reading.signals]
print(json.dumps(found))
"""
    without = json.loads(run(unpacked, code))
    watch = Watch(bundle(settings(), own_pack(), None))
    found: list[list[object]] = []
    for event in json.loads(night.read_text())["events"]:
        for delivery in parts(event)[0].deliveries:
            reading = watch.read(batches(delivery.records, "", 0), Severity.INFORMATIONAL)
            found += [[hit.rule, hit.seen.id] for hit in reading.hits]
            found += [[each.input, each.id] for each in reading.signals]
    assert len(found) > 100
    assert without == found


def test_a_rule_that_needs_re2_is_refused_where_there_is_none(tmp_path: Path) -> None:
    rule = """
title: Odd
logsource: {category: webserver}
detection: {s: {cs-uri-stem|re: '[[:alpha:]]+x'}, condition: s}
"""
    rules = compile_files([RuleFile("odd.yml", rule.encode())])
    assert not rules.refused
    with pytest.raises(PackageError, match="needs RE2"):
        build(Bundle(rules=rules), None, Target((3, 11), "x86_64"))
