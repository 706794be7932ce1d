"""One folder of all formats, wrappings, encodings and packings, and of what is no log at all."""

from __future__ import annotations

import bz2
import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from tests import samples
from triage_tui.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PROGRAM = [sys.executable, "-m", "triage_tui"]
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01"
RULE = b"title: Deletes\nlogsource:\n  product: aws\ndetection:\n  condition: selection\n"
NO_LOGS = {
    "README.md": b"# Logs\n\nOf 15 March 2026, from 203.0.113.77: see `GET /a`.\n",
    "rules/deletes.yml": RULE,
    "shot.png": PICTURE,
    "shot.png.gz": gzip.compress(PICTURE),
}


def members(data: bytes) -> bytes:
    """Packed in two members, cut anywhere."""
    half = len(data) // 2
    return gzip.compress(data[:half]) + gzip.compress(data[half:])


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".members.gz": members,
    ".bz2": bz2.compress,
    ".zst": zstandard.compress,
}
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "bom": lambda text: text.encode("utf-8-sig"),
    "utf-16-le": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "latin-1": lambda text: text.replace("curl", "cürl").encode("latin-1"),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
}


def wrapped() -> Iterator[tuple[str, str, bytes, int]]:
    """(format, wrapping, data, events): each format in every wrapping that can carry it."""
    for name in FORMATS:
        records = samples.records(name)
        documents = [record for record in records if samples.is_json(record)]
        for how, wrap in samples.OF_TEXT.items():
            yield name, how, wrap(records), len(records)
        for how, wrap in samples.OF_JSON.items():
            if documents:
                yield name, how, wrap(documents), len(documents)
    for how, (name, wrap) in samples.OF_ONE.items():
        yield name, how, wrap(samples.records(name)), 1
    flows = [samples.FLOW_HEADER, *map(samples.flow, range(30))]
    fronts = [b"#Version: 1.0", samples.FRONT_HEADER, *map(samples.front, range(30))]
    yield "vpcflow", "headed", b"\n".join(flows), 30
    yield "cloudfront", "headed", b"\n".join(fronts), 30


def lines() -> Iterator[tuple[str, bytes, int]]:
    """(format, lines, events) of a few formats."""
    for name in ("cloudtrail", "access", "alb", "auth", "application"):
        records = [samples.record(name, number) for number in range(20)]
        yield name, b"\n".join(records), len(records)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, tuple[str, int]]]:
    """The folder; and (format, events) by the path of each file in it that is a log."""
    root = tmp_path_factory.mktemp("mixed")
    expected: dict[str, tuple[str, int]] = {}

    def write(name: str, data: bytes, known: tuple[str, int] | None) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if known is not None:
            expected[str(path)] = known

    packings = list(PACKINGS.items())
    for number, (name, how, data, events) in enumerate(wrapped()):
        suffix, pack = packings[number % len(packings)]
        write(f"{name}/2026/03/15/{how}{suffix}", pack(data), (name, events))
    for name, data, events in lines():
        for coding, encode in ENCODINGS.items():
            for suffix, pack in packings:
                path = f"encoded/{coding}/{name}{suffix}"
                write(path, pack(encode(data.decode())), (name, events))
    for path, data in NO_LOGS.items():
        write(path, data, None)
    return root, expected


def run(*arguments: str, code: int) -> tuple[str, str]:
    """Stdout and stderr."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def test_samples_are_of_all_formats() -> None:
    assert set(samples.FORMATS) == set(FORMATS)


def test_each_file_is_counted_as_it_is(
    folder: tuple[Path, dict[str, tuple[str, int]]],
) -> None:
    root, expected = folder
    out, err = run("scan", "--json", "--quiet", str(root), code=0)
    found: dict[str, Any] = json.loads(out)
    counts = {
        file["path"]: (file["formats"], file["records"], file["unparsed"], file["error"])
        for file in found["files"]
        if file["records"]
    }
    assert counts == {
        path: ({name: events}, events, 0, None) for path, (name, events) in expected.items()
    }
    assert found["unparsed"] == 0
    total = sum(events for _, events in expected.values())
    assert found["events"] + found["duplicates"] == total
    assert err == ""


def test_what_is_no_log_is_named_once_and_left(
    folder: tuple[Path, dict[str, tuple[str, int]]],
) -> None:
    root, _ = folder
    _, err = run("scan", "--top", "1", str(root), code=0)
    for name in NO_LOGS:
        assert err.count(f"{root / name}: ") == 1
    assert len(err.splitlines()) == len(NO_LOGS)


def test_every_row_names_who_did_it(folder: tuple[Path, dict[str, tuple[str, int]]]) -> None:
    root, _ = folder
    out, _ = run("events", "--quiet", str(root / "encoded"), code=0)
    rows = [json.loads(line) for line in out.splitlines()]
    assert len(rows) == 5 * 20 * len(ENCODINGS) * len(PACKINGS)
    assert {row["actors"][0]["source_ip"] for row in rows if row["format"] != "alb"} == {
        "203.0.113.77"
    }


def test_it_loads_on_the_screen(
    folder: tuple[Path, dict[str, tuple[str, int]]], terminal: Callable[..., Any]
) -> None:
    root, expected = folder
    shown = terminal("replay", str(root))
    shown.wait_for(f"{len(expected) + len(NO_LOGS)} sources ok")
    shown.wait_until_gone("reading")
    assert "203.0.113.77" in shown.text()
    assert "unparsed" not in shown.text()
