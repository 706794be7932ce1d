"""Words are found in raw records, in whatever spans these are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_tui.formats.rows import Rows
from triage_tui.sources.spool import RawFiles, Spool
from triage_tui.store import searching
from triage_tui.store.filters import parse
from triage_tui.store.index import Index
from triage_tui.store.matches import Matches

if TYPE_CHECKING:
    from pathlib import Path

WORDS = {
    "ab": "ab",
    "straße": "strasse",
    "k": "k",
    '"a b"': "a b",
    "ba": "ba",
    "a?B": "a.b",
    "a*b": "a.*b",
    "*b??a*": "b..a",
    "a?*?*ß": "a...*ss",
    "*": "",
    "??": "..",
    '"a*b"': r"a\*b",
    '"b?"': r"b\?",
}
"""Words, and the patterns of what they mean."""
pieces = st.sampled_from(
    ["a", "b", "A", " ", "ß", "STRASSE", "straße", "\u212a", "\n", "x" * 30, "*", "?"]
)
records = st.lists(st.lists(pieces, min_size=1, max_size=6).map("".join), max_size=12)


class Disk:
    """Files by source, and a spool, all in memory; counts what is read."""

    def __init__(self) -> None:
        self.files: dict[tuple[int, bool], bytes] = {}
        self.reads = 0

    def read(self, source: int, offset: int, length: int, spooled: bool) -> bytes:
        self.reads += 1
        data = self.files.get((0 if spooled else source, spooled))
        if data is None or (not spooled and offset + length > len(data)):
            raise FileNotFoundError("gone")
        return data[offset : offset + length]


def loaded(disk: Disk, batches: list[list[str]], gap: int = 0) -> tuple[Index, list[str]]:
    """An index of batches, of which every other one is spooled, and the texts of its rows."""
    index, texts, files = Index(), list[str](), {False: b"", True: b""}
    for number, batch in enumerate(batches):
        rows, spilled = Rows(0, 0), len(files[True])
        for text in batch:
            raw = text.encode(errors="surrogateescape")
            rows.add(format="test", time=1, own_id=None, raw=raw)
            if number % 2:
                rows.spill(raw)
                files[True] += raw
            else:
                files[False] += b"a" * gap
                rows.place(len(files[False]), len(raw))
                files[False] += raw
            texts.append(text)
        index.append(rows.columns(), spilled)
    disk.files = {(0, spooled): data for spooled, data in files.items()}
    return index, texts


@given(
    st.lists(records, max_size=4),
    st.sampled_from(sorted(WORDS)),
    st.integers(1, 200),
    st.sampled_from([0, 3, 5_000]),
)
@settings(max_examples=120)
def test_a_word_is_found_where_the_text_holds_it(
    batches: list[list[str]], word: str, size: int, gap: int
) -> None:
    disk = Disk()
    index, texts = loaded(disk, batches, gap)
    matches = Matches(index, parse(word))
    while matches.search(disk, size):
        pass
    meant = re.compile(WORDS[word], re.DOTALL)
    assert matches.mask().tolist() == [bool(meant.search(text.casefold())) for text in texts]
    assert (matches.complete, matches.unreadable) == (True, 0)


LATIN_1 = {"caf\udce9": "café", "\udcc9": "É", "r\u00e9sum\udce9": "résumé", "\udcc3é": "Ãé"}
"""Texts as surrogates escape the bytes that are no UTF-8, and what they mean."""


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("café", ["café"]),
        ("CAF?", ["café"]),
        ("é", ["café", "É", "résumé", "Ãé"]),
        ("résumé", ["résumé"]),
        ("ré*é", ["résumé"]),
        ("\ufffd", []),
    ],
)
def test_what_is_no_utf_8_is_searched_as_latin_1(word: str, found: list[str]) -> None:
    disk = Disk()
    index, texts = loaded(disk, [list(LATIN_1), ["cave"]])
    matches = Matches(index, parse(word))
    while matches.search(disk):
        pass
    mask = matches.mask().tolist()
    assert [LATIN_1[text] for text, hit in zip(texts, mask, strict=True) if hit] == found


def test_wildcards_take_no_longer_in_long_records() -> None:
    disk = Disk()
    index, _ = loaded(disk, [["ab" * 50_000]])
    matches = Matches(index, parse("a*b*a*b*a*b*a*b*?c"))
    assert not matches.search(disk)
    assert matches.mask().tolist() == [False]


@pytest.fixture
def spans_of_hundreds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_SPAN", 300)


@pytest.mark.usefixtures("spans_of_hundreds")
def test_records_are_read_in_spans() -> None:
    disk = Disk()
    index, texts = loaded(disk, [["x" * 40 + str(n) for n in range(100)]])
    matches = Matches(index, parse("x7"))
    while matches.search(disk):
        pass
    assert disk.reads < len(texts) / 5
    assert matches.mask().sum() == sum("x7" in text for text in texts) == 11


def test_what_is_cut_off_is_not_found_and_counted_while_the_rest_is() -> None:
    disk = Disk()
    index, _ = loaded(disk, [["word 1", "word 2", "word 3"]])
    disk.files[0, False] = disk.files[0, False][:-3]
    matches = Matches(index, parse("word"))
    assert not matches.search(disk)
    assert (matches.mask().tolist(), matches.unreadable) == ([True, True, False], 1)


def test_two_searches_of_one_filter_decide_every_row_once() -> None:
    disk = Disk()
    index, _ = loaded(disk, [["word", "none", "word", "none"]])
    matches = Matches(index, parse("word"))
    first, other = matches.portion(0, 128), matches.portion(0, 128)
    assert first is not None
    assert other is not None
    matches.take(searching.search(first, disk))
    matches.take(searching.search(other, disk))
    assert (matches.searched, matches.mask().tolist()) == (2, [True, False, False, False])
    while matches.search(disk):
        pass
    assert matches.mask().tolist() == [True, False, True, False]


def test_files_that_were_closed_hold_no_words(tmp_path: Path) -> None:
    disk = Disk()
    index, _ = loaded(disk, [["word"], ["word"]])
    path = tmp_path / "log"
    path.write_bytes(b"word")
    files = RawFiles([str(path)], Spool(tmp_path))
    files.close()
    path.unlink()
    matches = Matches(index, parse("word"))
    assert not matches.search(files)
    assert (matches.mask().tolist(), matches.unreadable) == ([False, False], 2)
