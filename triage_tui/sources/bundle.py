"""The incident bundle: one zip archive with the records, what was decided, and the report.

Whoever gets one has it from somebody else, so unpacking believes nothing: only names that a bundle
has, nothing but regular files, each no longer than it says and with the digest that it says, all
of them within bounds, into a new folder that takes its name when everything is in it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, NamedTuple

import msgspec

from triage_tui.atomic import whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KEY, VERSION = "triage-tui-bundle", 1
MANIFEST = "manifest.json"
RECORDS, STATE = "records", "state"
CASEBOOK, JOURNAL, LIVE_JOURNAL = "casebook.db", "journal.db", "live-journal.db"
REPORT = "report.md", "report.json"
_NAME = re.compile(
    r"records/\d{4}(?:-[A-Za-z0-9][A-Za-z0-9._-]{0,79})?(?:\.[A-Za-z0-9._-]{1,20})?"
    r"|state/(?:casebook|journal|live-journal)\.db"
    r"|report\.(?:md|json)|manifest\.json"
)
_MAGIC = b"PK\x03\x04"
MOST_FILES = 10_000
MOST_BYTES = 64 << 30
"""All of a bundle, unpacked."""
FREE, RATIO = 512 << 20, 250
"""Bytes that a bundle may grow to whatever its size, and how many times its size beyond that."""
_LONGEST_MANIFEST = 4 << 20
_BLOCK = 1 << 20
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_PACKED = (".gz", ".bz2", ".zst", ".zip")
"""What does not grow smaller."""


class BundleError(Exception):
    """What is wrong with a bundle, and what to do."""


class Part(msgspec.Struct, frozen=True):
    """One file of a bundle."""

    name: str
    bytes: int
    sha256: str
    origin: str = ""
    """Where its records lay."""


class Manifest(msgspec.Struct, frozen=True, rename={"version": KEY}):
    """What a bundle says that it holds."""

    version: int
    made: str
    by: str
    parts: tuple[Part, ...]
    left_out: tuple[str, ...] = ()
    """Inputs that could not be put in, each with the reason."""


class Member(NamedTuple):
    """A file to be put in. Of one that is still written, only whole lines are."""

    name: str
    path: Path
    origin: str = ""
    growing: bool = False


class Unpacked(NamedTuple):
    """Where a bundle lies."""

    records: Path
    state: Path
    manifest: Manifest


def member_name(number: int, path: str) -> str:
    """The name of an input: its own, as far as names of a bundle have such characters."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", os.path.basename(path)).lstrip("._-")[-60:]
    return f"{RECORDS}/{number:04}-{plain.lstrip('._-') or 'records'}"


def write(
    path: Path, members: Iterable[Member], *, made: str, by: str, left: Iterable[str]
) -> None:
    """Writes a bundle (0600) that was not there. Blocking; raises OSError, also where an input
    changed meanwhile so that it cannot be read to its end."""
    with whole(path, over=False) as file, zipfile.ZipFile(file, "w") as archive:
        parts = tuple(_put(archive, member) for member in members)
        manifest = Manifest(VERSION, made, by, parts, tuple(left))
        archive.writestr(_info(MANIFEST), msgspec.json.encode(manifest))


def _info(name: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    packed = name.endswith(_PACKED)
    found.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    found.external_attr = (stat.S_IFREG | 0o600) << 16
    return found


def _put(archive: zipfile.ZipFile, member: Member) -> Part:
    digest, size = hashlib.sha256(), 0
    with (
        open(member.path, "rb") as file,
        archive.open(_info(member.name), "w", force_zip64=True) as to,
    ):
        left = os.fstat(file.fileno()).st_size
        if member.growing:
            left = _whole_lines(file, left)
        while left and (block := file.read(min(_BLOCK, left))):
            digest.update(block)
            to.write(block)
            size, left = size + len(block), left - len(block)
    return Part(member.name, size, digest.hexdigest(), member.origin)


def _whole_lines(file: IO[bytes], size: int) -> int:
    """Bytes up to the last line's end."""
    at = size
    while at:
        start = max(0, at - _BLOCK)
        file.seek(start)
        end = file.read(at - start).rfind(b"\n")
        if end >= 0:
            file.seek(0)
            return start + end + 1
        at = start
    file.seek(0)
    return 0


# -- unpacking -----------------------------------------------------------------------------------


def is_bundle(path: str) -> bool:
    """Whether a file is a bundle by what it begins with and lists."""
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return False
        with zipfile.ZipFile(path) as archive:
            return MANIFEST in archive.NameToInfo
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def unpack(path: str, root: Path) -> Unpacked:
    """Unpacks a bundle below `root`, once: what was decided of it since stays. Blocking; raises
    BundleError and OSError."""
    folder = root / _digest(path)[:32]
    if not folder.is_dir():
        fresh = root / f".{folder.name}.{secrets.token_hex(4)}"
        fresh.mkdir(mode=0o700)
        try:
            with zipfile.ZipFile(path) as archive:
                _take_out(archive, fresh, os.path.getsize(path))
            os.rename(fresh, folder)
        except _DAMAGED as error:
            raise BundleError(f"{path}: damaged: {error}; ask for it again") from error
        except OSError:
            if not folder.is_dir():  # else another process was faster
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    try:
        manifest = _manifest((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise BundleError(f"{path}: {folder} is not whole: remove it, and open it again") from error
    return Unpacked(folder / RECORDS, folder / STATE, manifest)


def _digest(path: str) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _manifest(data: bytes) -> Manifest:
    try:
        found = msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BundleError(f"no bundle: its {MANIFEST} cannot be read: {error}") from error
    if found.version > VERSION:
        raise BundleError(f"a bundle of version {found.version}: please update triage-tui")
    return found


def _take_out(archive: zipfile.ZipFile, into: Path, packed: int) -> None:
    """Every part, after all of them were looked at."""
    infos = archive.infolist()
    _check(infos, packed)
    info = archive.getinfo(MANIFEST)
    if info.file_size > _LONGEST_MANIFEST:
        raise BundleError(f"its {MANIFEST} is too long")
    with archive.open(info) as member:
        data = member.read(_LONGEST_MANIFEST)
    manifest = _manifest(data)
    said = {part.name: part for part in manifest.parts}
    if len(said) != len(manifest.parts) or {i.filename for i in infos} - {MANIFEST} != set(said):
        raise BundleError(f"it does not hold what its {MANIFEST} says")
    for name in (RECORDS, STATE):
        (into / name).mkdir(mode=0o700)
    for part in manifest.parts:
        with archive.open(part.name) as member:
            _write(member, into / part.name, part)
    _write_bytes(into / MANIFEST, data)


def _check(infos: list[zipfile.ZipInfo], packed: int) -> None:
    """Names, kinds and sizes, before a byte is written."""
    if len(infos) > MOST_FILES:
        raise BundleError(f"it holds {len(infos):,} files; a bundle has {MOST_FILES:,} at most")
    names = [info.filename for info in infos]
    for info in infos:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if not _NAME.fullmatch(info.filename) or kind not in (0, stat.S_IFREG):
            raise BundleError(f"it holds {info.filename!r}, which no bundle does")
        if info.flag_bits & 1:
            raise BundleError("it is encrypted: decrypt it first")
    if len(set(names)) != len(names):
        raise BundleError("it holds a name twice")
    total = sum(info.file_size for info in infos)
    if total > min(MOST_BYTES, FREE + RATIO * packed):
        raise BundleError(f"it grows to {total:,} bytes, beyond all that logs do")


def _write(member: IO[bytes], path: Path, part: Part) -> None:
    """Writes no more than the part says, and takes nothing with another digest."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    digest, size = hashlib.sha256(), 0
    with os.fdopen(handle, "wb") as file:
        while block := member.read(min(_BLOCK, part.bytes - size + 1)):
            size += len(block)
            if size > part.bytes:
                break
            digest.update(block)
            file.write(block)
    if size != part.bytes or digest.hexdigest() != part.sha256:
        raise BundleError(f"{part.name} is not what was put in: ask for the bundle again")


def _write_bytes(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
