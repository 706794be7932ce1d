"""One folder of all formats, wrappings, encodings and packings, and of what is no log at all."""

from __future__ import annotations

import bz2
import gzip
import json
from collections import Counter, defaultdict
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import zstandard

from tests import program, samples, wrapped
from triage_tui.formats.registry import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

IP, IPV6 = "203.0.113.77", "2001:db8::9"

Who = tuple[str | None, str | None]
NOBODY: Who = (None, None)
WHO: dict[str, list[Who]] = {
    "cloudtrail": [(IP, "arn:aws:iam::111122223333:user/maria")],
    "waf": [(IP, None)],
    "guardduty": [(IP, "111122223333:user/maria")],
    "vpcflow": [(IP, None)],
    "auth": [
        (IP, None),
        (None, "ssh:jürgen@bastion"),
        (IP, "ssh:root@bastion"),
        (IP, "ssh:jürgen@bastion"),
        (IP, "ssh:root@bastion"),
    ],
    "eks": [(IP, "kubernetes/system:anonymous")],
    "route53": [("10.0.1.20", None)],
    "lambda": [NOBODY] * 5,
    "securityhub": [(IP, None)],
    "ocsf": [(IP, "user/maria")],
    "access": [(IP, None), (IPV6, "http:maria")],
    "alb": [(IPV6, None), (IP, None), (IP, None)],
    "apache_error": [(IP, None)],
    "apigateway": [(IP, None), (IP, None)],
    "clb": [(IP, None)],
    "cloudfront": [(IP, None), (IP, None)],
    "nginx_error": [(IP, None)],
    "nlb": [(IP, None)],
    "s3access": [(IP, None)],
    "application": [(IP, "http:jürgen")],
    **{name: [NOBODY] * len(samples.records(name)) for name in samples.TIMELESS},
}
"""Source IP and principal of each record in `samples.records`, by format."""

RULE = b"""title: Deletes from one address
id: 2b1c6ad6-7b0c-4c4e-9b8e-6f3d1a5e7c90
logsource:
  product: aws
  service: cloudtrail
detection:
  selection:
    eventName|startswith: Delete
    sourceIPAddress: 203.0.113.77
  condition: selection
level: high
"""
README = """# Logs of 15 March 2026

From `bastion`; all that 203.0.113.77 did:

- cloudtrail/: {"Records": [...]}, as delivered
- 2026-03-15T02:09:11Z is when it began

    aws logs tail /aws/waf --since 1h --format short
"""
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01" + bytes(range(256))
NO_LOGS = {
    "README.md": README.encode(),
    "README.old.md": README.replace("\n", "\r").encode("utf-16"),
    "README.md.gz": gzip.compress(README.encode()),
    "rules/deletes.yml": RULE,
    "shot.png": PICTURE,
    "shot.png.gz": gzip.compress(PICTURE),
    "shot.png.zst": zstandard.compress(PICTURE),
    ".DS_Store": b"\x00\x00\x00\x01Bud1" + bytes(24),
}


class Log(NamedTuple):
    """What is in a file."""

    name: str
    data: bytes
    formats: dict[str, int]
    who: list[Who]


class Folder(NamedTuple):
    """The folder, and what its files that are logs hold, by path."""

    root: Path
    logs: dict[str, Log]

    @property
    def total(self) -> int:
        return sum(len(log.who) for log in self.logs.values())


def members(data: bytes) -> list[bytes]:
    """Two halves, cut anywhere."""
    return [data[: len(data) // 2], data[len(data) // 2 :]]


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".members.gz": lambda data: b"".join(map(gzip.compress, members(data))),
    ".bz2": bz2.compress,
    ".members.bz2": lambda data: b"".join(map(bz2.compress, members(data))),
    ".zst": zstandard.compress,
    ".members.zst": lambda data: b"".join(map(zstandard.compress, members(data))),
}
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "bom": lambda text: text.encode("utf-8-sig"),
    "utf-16-le": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-16-unmarked": lambda text: text.encode("utf-16-le"),
    "latin-1": lambda text: text.encode("latin-1"),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "powershell": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
}
OLD_MAC: dict[str, Callable[[str], bytes]] = {
    "cr": lambda text: text.replace("\n", "\r").encode(),
}


def wrapped_logs() -> Iterator[Log]:
    """Each format in every wrapping that can carry it."""
    for name in FORMATS:
        records = samples.records(name)
        both = list(zip(records, WHO[name], strict=True))
        documents = [pair for pair in both if samples.is_json(pair[0])]
        for how, wrap in wrapped.OF_TEXT.items():
            yield _log(f"{name}/{how}", name, wrap, both)
        for how, wrap in wrapped.OF_JSON.items():
            if documents:
                yield _log(f"{name}/{how}", name, wrap, documents)
        for how, (only, wrap) in wrapped.OF_ONE.items():
            if only == name:
                yield _log(f"{name}/{how}", name, wrap, both)


def _log(
    path: str, name: str, wrap: Callable[[Sequence[bytes]], bytes], both: list[tuple[bytes, Who]]
) -> Log:
    who = [each for _, each in both]
    return Log(path, wrap([record for record, _ in both]), {name: len(both)}, who)


def headed_logs() -> Iterator[Log]:
    """Lines that mean what the header above them says."""
    flows = [samples.FLOW_HEADER, *map(samples.flow, range(30))]
    fronts = [b"#Version: 1.0", samples.FRONT_HEADER, *map(samples.front, range(30))]
    for name, lines in (("vpcflow", flows), ("cloudfront", fronts)):
        yield Log(f"{name}/headed", b"\n".join(lines), {name: 30}, [(IP, None)] * 30)


def mixed_logs() -> Iterator[Log]:
    """All formats in one file."""
    records = [record for name in FORMATS for record in samples.records(name)]
    formats = {name: len(samples.records(name)) for name in FORMATS}
    who = [each for name in FORMATS for each in WHO[name]]
    for how in ("lines", "filter-log-events", "payload", "sns-in-sqs"):
        yield Log(f"mixed/{how}", wrapped.OF_TEXT[how](records), formats, who)


def encoded_logs() -> Iterator[Log]:
    """Formats of every kind, to be written in each encoding and packing."""
    for name in ("cloudtrail", "guardduty", "auth", "lambda", "access", "alb", "application"):
        numbers = [(n, n % len(WHO[name])) for n in range(20)]
        records = [samples.record(name, number, layout) for number, layout in numbers]
        who = [WHO[name][layout] for _, layout in numbers]
        yield Log(f"lines/{name}", b"\n".join(records), {name: 20}, who)
    for name in ("cloudtrail", "application"):
        for how in ("pretty", "array-pretty"):
            data = wrapped.OF_JSON[how]([samples.record(name, number) for number in range(20)])
            yield Log(f"{how}/{name}", data, {name: 20}, WHO[name] * 20)


def files() -> Iterator[Log]:
    """All logs as they are written: not each in every way, but each way with many of them."""
    codings, packings = cycle(ENCODINGS.items()), cycle(PACKINGS.items())
    for log in (*wrapped_logs(), *headed_logs(), *mixed_logs()):
        (coding, encode), (suffix, pack) = next(codings), next(packings)
        name = f"{log.name}.{coding}{suffix}"
        yield log._replace(name=name, data=pack(encode(log.data.decode())))
    for log in encoded_logs():
        for coding, encode in (ENCODINGS | OLD_MAC).items():
            suffix, pack = next(packings)
            name = f"encoded/{coding}/{log.name}{suffix}"
            yield log._replace(name=name, data=pack(encode(log.data.decode())))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    root = tmp_path_factory.mktemp("mixed")
    logs: dict[str, Log] = {}
    for log in files():
        path = root / log.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(log.data)
        logs[str(path)] = log
    for name, data in NO_LOGS.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return Folder(root, logs)


def run(*arguments: str, code: int = 0) -> tuple[str, str]:
    """Stdout and stderr."""
    done = program.run(*arguments)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def scanned(folder: Folder) -> tuple[dict[str, Any], list[str]]:
    """What `scan --json` prints of the folder, and the lines that it says."""
    out, said = run("scan", "--json", "--top", "0", str(folder.root))
    return json.loads(out), said.splitlines()


def test_there_are_samples_of_every_format() -> None:
    assert set(samples.FORMATS) == set(WHO) == set(FORMATS)


def test_each_file_is_counted_as_it_is(
    folder: Folder, scanned: tuple[dict[str, Any], list[str]]
) -> None:
    found, _ = scanned
    counts = {
        file["path"]: (file["formats"], file["records"], file["unparsed"], file["error"])
        for file in found["files"]
        if file["path"] in folder.logs
    }
    assert counts == {
        path: (log.formats, len(log.who), 0, None) for path, log in folder.logs.items()
    }
    assert found["unparsed"] == 0
    assert found["events"] + found["duplicates"] + found["vulnerabilities"] == folder.total
    principals = {entity["key"] for entity in found["entities"] if entity["kind"] == "principal"}
    assert "http:jürgen" in principals
    assert not [key for key in principals if not key.isprintable()]


def test_what_is_no_log_is_named_once_and_left(
    folder: Folder, scanned: tuple[dict[str, Any], list[str]]
) -> None:
    found, said = scanned
    left = {
        file["path"]: file["error"] for file in found["files"] if file["path"] not in folder.logs
    }
    assert set(left) == {str(folder.root / name) for name in NO_LOGS}
    assert all(why.startswith("no log") for why in left.values())
    assert not [file for file in found["files"] if file["path"] in left and file["records"]]
    assert sorted(said) == sorted(f"triage-tui: {path}: {why}" for path, why in left.items())


def test_events_name_who_did_it(folder: Folder) -> None:
    out, _ = run("events", "--quiet", str(folder.root))
    found: dict[str, Counter[Who]] = defaultdict(Counter)
    for event in map(json.loads, out.splitlines()):
        who = event["source_ip"], event["principal"]
        assert [(actor["source_ip"], actor["principal"]) for actor in event["actors"]] == [
            each for each in [who] if each != NOBODY
        ]
        found[event["record"]["path"]][who] += 1
    assert found == {path: Counter(log.who) for path, log in folder.logs.items()}


def test_all_of_it_loads_on_one_screen(
    folder: Folder,
    scanned: tuple[dict[str, Any], list[str]],
    terminal: Callable[..., Any],
) -> None:
    shown = terminal("replay", str(folder.root), columns=140)
    shown.wait_for(f"{len(folder.logs)} sources ok, {len(NO_LOGS)} left out")
    shown.wait_until_gone("reading")
    assert IP in shown.text()
    assert "unparsed" not in shown.text()
    shown.press("i", lambda text: "Sources" in text)
    shown.type("G")
    repeated = scanned[0]["duplicates"]
    shown.wait_for(f"{folder.total:,} records, {repeated:,} duplicates, 0 unparsed")


def test_an_empty_file_is_bad_input_and_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "access.log").write_bytes(samples.record("access"))
    (tmp_path / "empty.log").touch()
    (tmp_path / "empty.log.gz").write_bytes(gzip.compress(b""))
    out, said = run("scan", "--json", str(tmp_path), code=2)
    counts = [(file["records"], file["unparsed"]) for file in json.loads(out)["files"]]
    assert counts == [(0, 0), (1, 0), (0, 0), (0, 0)]
    assert said.splitlines() == [
        f"triage-tui: {tmp_path}/empty.log: the file is empty",
        f"triage-tui: {tmp_path}/README.md: no log known here; left out",
    ]
