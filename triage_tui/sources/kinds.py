"""What a file is by its first bytes, where that is no text."""

from __future__ import annotations

_NO_LOGS = (
    (b"SQLite format 3\x00", "no log: an SQLite database"),
    (b"\x89PNG\r\n\x1a\n", "no log: a picture (PNG)"),
    (b"\xff\xd8\xff", "no log: a picture (JPEG)"),
    (b"GIF8", "no log: a picture (GIF)"),
    (b"RIFF", "no log: a picture or a sound (RIFF)"),
    (b"II*\x00", "no log: a picture (TIFF)"),
    (b"MM\x00*", "no log: a picture (TIFF)"),
    (b"\x00\x00\x01\x00", "no log: a picture (ICO)"),
    (b"\x00\x00\x00\x01Bud1", "no log: how a Mac shows the folder (.DS_Store)"),
    (b"%PDF-", "no log: a PDF document"),
    (b"\x7fELF", "no log: a program (ELF, binary)"),
    (b"\xd4\xc3\xb2\xa1", "no log: captured packets"),
    (b"\x0a\x0d\x0d\x0a", "no log: captured packets"),
)
_OTHERS = (
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"\xfd7zXZ", "an xz file: decompress it first, with unxz"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (b"\x04\x22\x4d\x18", "an lz4 file: decompress it first, with unlz4"),
    (b"\xff\x06\x00\x00sNaPpY", "a snappy file: decompress it first"),
    (b"PAR1", "a Parquet file: write it as JSON lines first, for example with DuckDB"),
    (b"Obj\x01", "an Avro file: write it as JSON lines first"),
    (b"ORC", "an ORC file: write it as JSON lines first"),
    (b"ElfFile\x00", "a Windows event log: export it as JSON first"),
    (b"\xff\xfe\x00\x00", "UTF-32 text: convert it first, with iconv -f UTF-32 -t UTF-8"),
    (b"\x00\x00\xfe\xff", "UTF-32 text: convert it first, with iconv -f UTF-32 -t UTF-8"),
)
_TAR, _TAR_AT = b"ustar", 257
_FILM, _FILM_AT = b"ftyp", 4
"""HEIC and AVIF pictures too: four bytes of size, of which the first is 0, stand before it."""


def no_log(head: bytes) -> str | None:
    """What a file is that begins like this and holds no log in any form; None otherwise."""
    if head.startswith(b"\x00") and head.startswith(_FILM, _FILM_AT):
        return "no log: a picture or a film (HEIC, AVIF, MP4)"
    return _among(_NO_LOGS, head)


def refuse(head: bytes) -> str | None:
    """Why a file that begins like this cannot be read as it is; None where it can."""
    if not head:
        return "the file is empty"
    if head.startswith(_TAR, _TAR_AT):
        return "a tar archive: unpack it first"
    return _among(_OTHERS, head)


def _among(kinds: tuple[tuple[bytes, str], ...], head: bytes) -> str | None:
    """The words for it. A mark of mere letters may begin a text just as well: text has no NUL."""
    for magic, words in kinds:
        if head.startswith(magic) and (not magic.isalnum() or b"\x00" in head):
            return words
    return None
