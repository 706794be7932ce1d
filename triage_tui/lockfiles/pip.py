"""`requirements.txt` with hashes, as pip-compile, uv and Poetry write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from triage_tui.model import Severity

from .lock import Lock, LockError, Note, Package

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*) *(?:\[[^\]]*\])? *")
_PIN = re.compile(r"(===?) *([^ ;,*]+)(?= |;|$)")
_HASH = re.compile(r"--hash[= ]([a-z0-9]+:[^\s]+)")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_URL_HASH = re.compile(r"#(?:.*&)?(sha512|sha384|sha256|sha1|md5)=([0-9a-f]+)")
_INDEXES = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links")
_LOOKS = re.compile(
    rb"^[ \t]*--hash[= ]|^[A-Za-z0-9._-]+(?:\[[^\]\n]*\])? *== *[^\s;]+", re.MULTILINE
)


def is_requirements(raw: bytes) -> bool:
    """Whether it looks like pinned requirements."""
    return _LOOKS.search(raw[:65536]) is not None


def read_requirements(raw: bytes) -> Lock:
    """Raises LockError."""
    packages: list[Package] = []
    notes: list[Note] = []
    for text, at, end, number in _logical(raw):
        if text.startswith("-") and not text.startswith(("-e ", "--editable")):
            notes += _option(text, at)
        elif text:
            packages.append(_package(text, at, end, number))
    return Lock("requirements", raw, packages, checks="--hash", notes=notes)


def _logical(raw: bytes) -> Iterator[tuple[str, int, int, int]]:
    """(text, where it begins and ends, its line's number) of lines, joined where a backslash says
    so, without comments."""
    parts: list[str] = []
    begin, first, at = 0, 1, 0
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not parts:
            begin, first = at, number
        at += len(line) + 1
        text = line.decode("utf-8", "replace").rstrip("\r")
        if text.lstrip().startswith("#"):
            text = ""
        if text.endswith("\\"):
            parts.append(text[:-1].strip())
            continue
        parts.append(text.strip())
        yield _COMMENT.sub("", " ".join(parts)).strip(), begin, min(at, len(raw)), first
        parts = []
    if parts:
        yield " ".join(parts).strip(), begin, len(raw), first


def _option(text: str, at: int) -> Iterator[Note]:
    name, _, value = text.replace("=", " ", 1).partition(" ")
    if name in _INDEXES and value.strip().lower().startswith("http:"):
        yield Note(
            at,
            Severity.HIGH,
            "plain http",
            f"{name} {value.strip()}: anybody on the way can change it",
        )
    if name == "--trusted-host":
        words = f"--trusted-host {value.strip()}: its certificate is not looked at"
        yield Note(at, Severity.HIGH, "plain http", words)
    if name in ("-r", "--requirement", "-c", "--constraint"):
        words = f"{name} {value.strip()}: is another file; name it too"
        yield Note(at, Severity.INFORMATIONAL, "elsewhere", words)


def _package(text: str, at: int, end: int, number: int) -> Package:
    hashes = tuple(_HASH.findall(text))
    editable = text.startswith(("-e ", "--editable"))
    body = text.partition(" --hash")[0]
    if editable:
        body = re.split("[ =]", body, maxsplit=1)[1].strip()
    found = _NAME.match(body)
    address = body if "://" in body.partition(" ")[0] or editable else ""
    name = found[1] if found and not address else body
    if not address and found is not None and body[found.end() :].startswith("@"):
        address = body[found.end() + 1 :].partition(" ;")[0].strip()
    if address:
        in_url = _URL_HASH.search(address)
        more = (f"{in_url[1]}:{in_url[2]}",) if in_url else ()
        egg = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", address)
        local = (editable and "://" not in address) or address.startswith("file:")
        return Package(egg[1] if egg else name, "", address, hashes + more, at, end, local=local)
    if found is None:
        raise LockError(number, f"not a requirement: {body[:60]!r}")
    if body[found.end() : found.end() + 1] not in ("", "=", "<", ">", "!", "~", ";", "("):
        if body.startswith((".", "/")):
            return Package(body, "", "", hashes, at, end, local=True)
        raise LockError(number, f"not a requirement: {body[:60]!r}")
    pin = _PIN.match(body[found.end() :])
    normal = re.sub(r"[-_.]+", "-", name).lower()
    return Package(normal, pin[2] if pin else "", "", hashes, at, end, pinned=pin is not None)
