"""Text from outside never reaches a terminal raw, and always fits its column."""

import json
import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len as rich_cell_len

from widgets.text import (
    MARK,
    cell_len,
    clean,
    clean_lines,
    crop,
    escape,
    escape_json,
    fit,
    hung,
    is_safe,
    strip_unsafe,
    wrap,
)

NASTY = (
    "\x1b]52;c;aGk=\x07\x9b31m\u202e\u2066\u200b\u200d\ufeff\xad\u2028\u2029\ud800\udfff"
    "\U000e0041\ufe0f\u034f\x7f\x00\r\n\t[/x][b]日本語👍🏽🇩🇪e\u0301\u0302\u0303\u3164\u0903"
)
hostile = st.text(
    st.one_of(
        st.sampled_from(NASTY),
        st.characters(),
        st.characters(categories=["Mn", "Me", "Mc", "Cf", "Cs", "Cc", "Zs", "Zl", "Zp", "Co"]),
    ),
    max_size=60,
)
FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufe00-\ufe0f"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


@given(hostile)
def test_clean_lets_nothing_through(text: str) -> None:
    cleaned = clean(text)
    assert not FORBIDDEN.search(cleaned)
    assert clean(cleaned) == cleaned
    assert len(cleaned) == len(text) + 3 * text.count("\t")
    assert is_safe(cleaned)
    cleaned.encode()


def test_no_combining_character_stands_alone() -> None:
    points = map(chr, range(sys.maxunicode + 1))
    combining = [char for char in points if unicodedata.category(char) in ("Mn", "Me")]
    assert len(combining) > 1500
    assert {clean(char) for char in combining} == {MARK}
    assert {strip_unsafe(char) for char in combining} == {""}
    assert {len(escape(char)) >= len(r"\u0300") for char in combining} == {True}


UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Categories of what nobody sees: seven of eight code points."""


def test_every_code_point_is_safe_and_as_wide_as_textual_thinks() -> None:
    unseen: list[str] = []
    for char in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.category(char) in UNSEEN:
            unseen.append(char)
            continue
        shown = clean("a" + char)[1:]
        assert not FORBIDDEN.search(shown), hex(ord(char))
        assert cell_len(shown) == rich_cell_len(shown), hex(ord(char))
    shown = clean("".join("a" + char for char in unseen)).replace("    ", MARK)
    assert shown == f"a{MARK}" * len(unseen)
    assert cell_len(MARK) == rich_cell_len(MARK) == 1
    assert not FORBIDDEN.search(MARK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain [b]markup[/b]", "plain [b]markup[/b]"),
        ("a\tb", "a    b"),
        ("\x1b[31mred\x1b[0m", "·[31mred·[0m"),
        ("user\u202egpj.exe", "user·gpj.exe"),
        ("one\r\ntwo", "one··two"),
        ("a\u00a0b\u3000c", "a b c"),
        ("Žluťoučký 日本語 👍", "Žluťoučký 日本語 👍"),
        ("e\u0301", "e\u0301"),
        ("\u0301e", "·e"),
        ("a \u0301e", "a ·e"),
        ("e\u0301\u0302\u0303\u0304", "e\u0301\u0302··"),
    ],
)
def test_clean_examples(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(hostile)
def test_strip_unsafe_only_takes_away(text: str) -> None:
    stripped = strip_unsafe(text)
    assert is_safe(stripped)
    assert len(stripped) <= len(text)
    assert strip_unsafe(stripped) == stripped
    if is_safe(text):
        assert stripped == text


def test_strip_unsafe_example() -> None:
    assert strip_unsafe("\x1b[31ma\tb\u202e·c\u0301\n") == "[31ma b·c\u0301"


def test_clean_lines_keeps_line_ends_alone() -> None:
    assert clean_lines("a\r\nb\n\rc\x0bd\u2028e\n\u0301") == "a\nb\n·c·d·e\n·"


@given(hostile)
def test_clean_lines_is_clean_in_each_line(text: str) -> None:
    assert all(is_safe(line) for line in clean_lines(text).split("\n"))


@given(hostile)
def test_escape_is_safe_and_lossless(text: str) -> None:
    spelled = escape(text)
    assert is_safe(spelled)
    assert unescape(spelled) == text


def unescape(text: str) -> str:
    short = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}

    def one(match: re.Match[str]) -> str:
        return short.get(match[0]) or chr(int(match[0][2:], 16))

    pattern = r"\\(?:[tnr\\]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})"
    return re.sub(pattern, one, text)


def test_escape_tells_a_written_escape_from_a_real_one() -> None:
    assert escape("\x1b") == "\\x1b"
    assert escape("\\x1b") == "\\\\x1b"
    assert escape("\u202e\U000e0041") == "\\u202e\\U000e0041"


@given(st.recursive(hostile, lambda inner: st.lists(inner) | st.dictionaries(hostile, inner)))
def test_escape_json_keeps_the_meaning(value: object) -> None:
    document = escape_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert all(is_safe(line) for line in document.split("\n"))
    # A lone high surrogate beside a lone low one reads back as their pair: JSON has no other way.
    assert json.loads(document) == json.loads(json.dumps(value))


@given(hostile, st.integers(-1, 30), st.sampled_from(["left", "right", "center"]))
def test_fit_is_exact(text: str, width: int, align: str) -> None:
    for ellipsis in ("…", "", "日"):
        fitted = fit(text, width, align=align, ellipsis=ellipsis)  # type: ignore[arg-type]  # a sampled literal
        assert cell_len(fitted) == max(0, width)
        assert rich_cell_len(fitted) == max(0, width)
        assert is_safe(fitted)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 4, "abc…"),
        ("日本語", 4, "日… "),
        ("日本語", 5, "日本…"),
        ("日本語", 6, "日本語"),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
        ("ab", 1, "…"),
        ("日", 1, "…"),
        ("anything", 0, ""),
    ],
)
def test_fit_examples(text: str, width: int, expected: str) -> None:
    assert fit(text, width) == expected


def test_fit_aligns() -> None:
    assert fit("日", 5, align="right") == "   日"
    assert fit("ab", 5, align="center") == " ab  "


@given(hostile, st.integers(0, 20))
def test_crop_is_the_longest_beginning_that_fits(text: str, width: int) -> None:
    part = crop(text, width)
    whole = clean(text)
    assert whole.startswith(part)
    assert cell_len(part) <= width
    if part != whole:
        assert cell_len(whole[: len(part) + 1]) > width


@given(hostile, st.integers(1, 20))
def test_wrap_fits_and_loses_only_spaces(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width and is_safe(line) for line in lines)
    if width > 1:
        kept = "".join(lines).replace(" ", "")
        assert kept == clean_lines(text).replace("\n", "").replace(" ", "")


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("the quick brown fox", 9, ["the quick", "brown fox"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("  indented text", 10, ["  indented", "text"]),
        ("日本語", 4, ["日本", "語"]),
        ("日本", 1, [MARK, MARK]),
        ("a\n\nb", 5, ["a", "", "b"]),
        ("ends here  ", 9, ["ends here"]),
        ("", 5, [""]),
    ],
)
def test_wrap_examples(text: str, width: int, expected: list[str]) -> None:
    assert wrap(text, width) == expected


@given(st.text(), st.integers(4, 60))
def test_hung_lines_fit_and_keep_every_word(text: str, width: int) -> None:
    lines = hung(f"⚠ {text}", width)
    assert all(cell_len(line) <= width and is_safe(line) for line in lines)
    assert all(line.startswith("  ") for line in lines[1:])
    assert lines[0].startswith("⚠ ")
    words = "".join(line[2:] for line in lines)
    assert words.replace(" ", "") == "".join(wrap(text, 1000)).replace(" ", "")


def test_what_hangs_begins_where_the_first_line_does() -> None:
    assert hung("  reason: one two three", 16) == ["  reason: one", "  two three"]
    assert hung("⚠ one two three", 8) == ["⚠ one", "  two", "  three"]
    assert hung("", 8) == [""]


@given(hostile, st.integers(1, 40))
def test_a_name_that_is_too_long_keeps_both_ends(text: str, width: int) -> None:
    shown = fit(text, width, cut="middle")
    assert cell_len(shown) == width
    assert is_safe(shown)
    if cell_len(text_of := clean(text)) <= width:
        assert shown.rstrip() == text_of.rstrip()


def test_both_ends_of_a_path() -> None:
    assert fit("trail/111122223333_T0140Z.json.gz", 20, cut="middle") == "trail/…0140Z.json.gz"


@given(st.text(st.sampled_from(" ⚠-a日\n")), st.integers(1, 20))
def test_what_hangs_fits_however_narrow(text: str, width: int) -> None:
    assert all(cell_len(line) <= width for line in hung(text, width))
