"""What the lists know: look-ups against the plain definition, names, dates, and files that fail."""

import os
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.detect.intel import (
    Intel,
    IntelSettings,
    ListKind,
    intel,
    of_bytes,
    read_path,
)
from triage_tui.detect.spans import Spans, Table, span_of
from triage_tui.model import DAY, SECOND

NOW = int(datetime(2026, 3, 15, tzinfo=UTC).timestamp()) * SECOND

small = st.one_of(
    st.builds(lambda a, w: f"{ip_address(a << 24 | a)}/{w}", st.integers(0, 3), st.integers(0, 32)),
    st.builds(
        lambda a, w: f"{IPv6Address(a << 126 | a)}/{w}", st.integers(0, 3), st.integers(0, 128)
    ),
    st.builds(lambda a: str(ip_address(a)), st.integers(2**32 - 3, 2**32 - 1)),
    st.builds(lambda a: str(ip_address(a)), st.integers(2**128 - 3, 2**128 - 1)),
)


def spans_of(entries: list[str]) -> Spans:
    spans = Spans()
    for entry in entries:
        span = span_of(entry)
        assert span is not None
        spans.add(span)
    return spans


@given(st.lists(st.lists(small, max_size=6), max_size=4), st.lists(small, max_size=8))
def test_a_look_up_finds_what_containment_says(lists: list[list[str]], asked: list[str]) -> None:
    table = Table([spans_of(entries) for entries in lists])
    for text in asked:
        network, span = ip_network(text, strict=False), span_of(text)
        assert span is not None
        expected = tuple(
            number
            for number, entries in enumerate(lists)
            if any(
                other.version == network.version and other.overlaps(network)
                for other in (ip_network(entry, strict=False) for entry in entries)
            )
        )
        assert table.of(span) == expected


def listed(text: str, name: str = "drop", kind: ListKind = ListKind.BLOCK) -> Intel:
    return Intel([of_bytes(text.encode(), f"/lists/{name}.txt", kind, NOW, NOW)])


def test_a_hit_names_its_list_and_date_and_says_when_it_is_stale() -> None:
    known = listed("# 2026-03-01\n198.51.100.0/24")
    (hit,) = known.of("198.51.100.23")
    assert hit.words(NOW, known.stale) == "drop of 2026-03-01"
    late = NOW + 60 * DAY
    assert hit.words(late, known.stale) == "drop of 2026-03-01, stale: 74 days old"
    assert known.of("203.0.113.9") == known.of("no address") == known.of("") == ()


def test_a_list_without_a_date_is_as_old_as_its_file(tmp_path: Path) -> None:
    path = tmp_path / "drop.txt"
    path.write_text("198.51.100.7\n")
    os.utime(path, ns=(NOW - DAY, NOW - DAY))
    (found,) = read_path(path, ListKind.BLOCK, NOW)
    assert found.known.day == "2026-03-14"


def test_nobody_is_bad_for_an_address_that_everybody_has() -> None:
    known = listed("10.0.0.0/8\n192.168.0.0/16\nfc00::/16\n198.51.100.7")
    assert not known.of("10.1.2.3")
    assert not known.of("192.168.1.1")
    assert known.of("198.51.100.7")
    assert listed("10.0.0.0/8", kind=ListKind.ALLOW).of("10.1.2.3")


def test_a_range_touches_a_list_from_both_sides() -> None:
    known = listed("198.51.100.64/26\n2001:db8:7::/48")
    for cidr in ("198.51.100.0/24", "198.51.100.70/32", "2001:db8::/32", "2001:db8:7:1::/64"):
        assert [each.name for each in known.touching(cidr)] == ["drop"]
    assert known.touching("198.51.100.0/26") == known.touching("nonsense") == ()


def test_networks_known_here_need_no_file() -> None:
    known = intel(IntelSettings(), NOW)
    assert not known
    assert known.problems == ()
    (hit,) = known.of("104.16.0.1")
    assert (hit.name, hit.kind, hit.day) == ("cloudflare", ListKind.CDN, "2026-09-23")


def test_a_folder_is_a_list_for_each_file(tmp_path: Path) -> None:
    for name in ("b/list.json", "a/list.json", ".git/config"):
        path = tmp_path / "lists" / name
        path.parent.mkdir(parents=True)
        path.write_text('{"name": "", "type": "cidr", "list": ["198.51.100.0/24"]}')
    known = intel(IntelSettings(allow=(str(tmp_path / "lists"),)), NOW)
    assert [each.name for each in known.of("198.51.100.1")] == ["a", "b"]
    assert known


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (None, "there is no such file; put the list there"),
        ("", "no addresses in it; name a list of addresses or CIDRs"),
        ("evil.example\n", "no addresses in it; name a list of addresses or CIDRs"),
        ("nonsense here", "1: 'nonsense' is no address, CIDR or range"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_the_rest_serves(
    tmp_path: Path, made: str | None, words: str
) -> None:
    bad, good = tmp_path / "bad.txt", tmp_path / "good.txt"
    good.write_text("198.51.100.7")
    if made is not None:
        bad.write_text(made)
    known = intel(IntelSettings(block=(str(bad), str(good))), NOW)
    (problem,) = known.problems
    assert problem.startswith(f"{bad}:")
    assert problem.endswith(words)
    assert [each.name for each in known.of("198.51.100.7")] == ["good"]


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    (found,) = read_path(tmp_path, ListKind.TOR, NOW)
    assert "no files in this folder" in found.problems[0]


def test_a_path_must_not_depend_on_where_one_stands() -> None:
    with pytest.raises(ValueError, match="whole path"):
        IntelSettings(block=("lists/drop.txt",))


def test_a_hundred_thousand_ranges_take_little_room() -> None:
    text = "\n".join(f"{n >> 16 & 255 | 1}.{n >> 8 & 255}.{n & 255}.0/28" for n in range(100_000))
    known = listed(text)
    assert known.nbytes <= 100_000 * 16
    assert known.of("1.2.3.9")
