"""Lists of addresses, in every spelling that people publish them in."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.detect.lists import ListText, read
from triage_tui.detect.spans import Span, Table, span_of
from triage_tui.detect.stix import entries_of
from triage_tui.model import SECOND


def stamp(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


NOW = stamp("2026-03-15T02:14")


def held(found: ListText, *ips: str) -> list[str]:
    """Those of the addresses that the list holds."""
    table = Table([found.spans])
    return [ip for ip in ips if (span := span_of(ip)) is not None and table.of(span)]


def lines(text: str) -> ListText:
    return read(text.encode(), NOW)


@pytest.mark.parametrize(
    "text",
    [
        "198.51.100.7\n",
        "198.51.100.0/24\r\n",
        "\ufeff198.51.100.7 # seen scanning",
        "# a comment\n\n198.51.100.0/25 ; SBL123",
        "; DROP\n198.51.100.0/22 ; SBL1",
        "198.51.100.3 - 198.51.100.9",
        "198.51.100.3-198.51.100.9",
        "ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E\nPublished 2026-03-14 01:02:03\n"
        "ExitAddress 198.51.100.7 2026-03-14 02:07:07",
        "198.51.100.7#4#2#Malicious Host#DE#Berlin#52,13#3",
        "::ffff:198.51.100.7",
        "ip,score,seen\n198.51.100.7,99,2026-01-01\n",
        "seen,source_ip\n2026-01-01,198.51.100.7\n",
        '"198.51.100.7","bad, really"\n"192.0.2.1","worse"',
        "Indicator type,Indicator,Description\nIPv4,198.51.100.7,\ndomain,example.com,\n",
        "# first_seen\tip\n2026-01-01\t198.51.100.7\n",
        '["198.51.100.0/24"]',
        '{"name": "a list", "type": "cidr", "version": 20260301, "list": ["198.51.100.0/24"]}',
        '{"name": "a list", "type": "string", "version": 3, "list": ["198.51.100.7"]}',
        '{"prefixes": [{"ip_prefix": "198.51.100.0/24", "service": "X"}], "ipv6_prefixes": []}',
        '{"addresses": ["198.51.100.0/24"], "ipv6_addresses": ["2001:db8::/32"]}',
        '{"type": "indicator", "pattern": "[ipv4-addr:value = \'198.51.100.7\']"}',
    ],
)
def test_every_spelling_is_read(text: str) -> None:
    found = lines(text)
    assert found.problems == ()
    assert held(found, "198.51.100.7", "203.0.113.7") == ["198.51.100.7"]


def test_utf_16_is_read_and_what_is_no_text_is_told() -> None:
    assert held(read("198.51.100.7\n".encode("utf-16"), NOW), "198.51.100.7")
    for data in (b"\x1f\x8b\x08\0\0", b"GIF89a\0\0"):
        assert read(data, NOW).problems == (": not text; unpack it, or name the right file",)


def test_what_is_wrong_is_told_by_line_the_first_ones_and_how_many_more() -> None:
    found = lines("198.51.100.7\n198.51.100.300\n\n1.2.3\n10.0.0.1/33\n1.2.3.4.5\n0.0.0.0/0\n")
    assert found.problems == (
        ":2: '198.51.100.300' is no address, CIDR or range",
        ":4: '1.2.3' is no address, CIDR or range",
        ":5: '10.0.0.1/33' is no address, CIDR or range",
        ": wrong besides these: 2; mend or remove them",
    )
    assert len(found.spans) == 1


@pytest.mark.parametrize("wide", ["0.0.0.0/0", "::/0", "0.0.0.0/7", "1.0.0.0-9.0.0.0", "2000::/3"])
def test_an_entry_that_is_everybody_is_refused(wide: str) -> None:
    found = lines(f"{wide}\n10.0.0.0/8\n2001::/16")
    assert len(found.spans) == 2
    assert "is wider than" in found.problems[0]


def test_host_names_and_hashes_are_counted_and_left_out() -> None:
    found = lines("evil.example\n198.51.100.7\n*.example.org\n")
    assert (found.problems, found.left_out, len(found.spans)) == ((), 2, 1)
    table = lines("type,value\nip,198.51.100.7\nmd5,d41d8cd98f00b204e9800998ecf8427e\n")
    assert (table.problems, table.left_out, len(table.spans)) == ((), 1, 1)
    hosts = lines('{"name": "h", "type": "hostname", "list": ["a.example", "b.example"]}')
    assert (hosts.left_out, len(hosts.spans)) == (2, 0)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("# Updated: 2026-03-01 04:05 UTC\n1.1.1.1", "2026-03-01T04:05"),
        ("; Last-Modified: Sun, 01 Mar 2026 04:00:00 GMT\n1.1.1.1", "2026-03-01"),
        ("# from 2025-12-01 to 2026-03-01\n1.1.1.1", "2026-03-01"),
        ('{"type": "cidr", "version": 20260301, "list": []}', "2026-03-01"),
        ('{"createDate": "2026-03-01-21-33-07", "prefixes": []}', "2026-03-01"),
        ('{"type": "cidr", "version": 7, "list": []}', None),
        ("# version 20269999\n1.1.1.1", None),
        (
            "ExitNode 20251101AD45D984EC4159C88FC066E5E3300E00\nPublished 2026-03-01 02:02:03\n"
            "LastStatus 2026-03-01 09:00:00\nExitAddress 1.1.1.1 2026-03-01 09:07:07",
            "2026-03-01T09:00",
        ),
        ("1.1.1.1 # 2026-03-01", None),
    ],
)
def test_a_list_tells_its_date(text: str, date: str | None) -> None:
    assert lines(text).dated == (None if date is None else stamp(date))


def test_a_json_of_something_else_is_told() -> None:
    assert "no warning list" in lines('{"what": 1}').problems[0]
    assert "not JSON" in lines('{"what": ').problems[0]
    assert "entry 2" in lines('["198.51.100.7", 7]').problems[0]
    assert lines("[" * 100_000).problems


# -- STIX ----------------------------------------------------------------------------------------


def indicator(pattern: str, **more: object) -> dict[str, object]:
    return {"type": "indicator", "pattern_type": "stix", "pattern": pattern, **more}


@pytest.mark.parametrize(
    ("pattern", "entries"),
    [
        ("[ipv4-addr:value = '198.51.100.1']", ["198.51.100.1"]),
        ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", ["198.51.100.0/24"]),
        ("[ipv6-addr:value = '2001:db8::1']", ["2001:db8::1"]),
        ("[ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]", ["192.0.2.1", "192.0.2.2"]),
        ("[ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value='192.0.2.2']", "192.0.2.1 192.0.2.2"),
        ("[ipv4-addr:value = '192.0.2.1'] OR [ipv4-addr:value='192.0.2.2']", "192.0.2.1 192.0.2.2"),
        (
            "[(network-traffic:dst_ref.type = 'ipv4-addr' AND "
            "network-traffic:dst_ref.value = '192.0.2.1')]",
            ["192.0.2.1"],
        ),
        ("[ipv4-addr:value = '192.0.2.1' AND network-traffic:dst_port = 443]", []),
        ("[ipv4-addr:value = '192.0.2.1'] AND [ipv4-addr:value = '192.0.2.2']", []),
        ("[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [ipv4-addr:value = '192.0.2.2']", []),
        ("[ipv4-addr:value = '192.0.2.1'] REPEATS 5 TIMES WITHIN 60 SECONDS", []),
        ("[ipv4-addr:value != '192.0.2.1']", []),
        ("[NOT ipv4-addr:value = '192.0.2.1']", []),
        ("[ipv4-addr:value NOT IN ('192.0.2.1')]", []),
        ("[ipv4-addr:value = '192.0.2.1' AND ipv4-addr:value = '192.0.2.2']", []),
        ("[domain-name:value = 'evil.example']", []),
        ("[ipv4-addr:value LIKE '192.0.2.%']", []),
        ("[ipv4-addr:value = '192.0.2.1'", []),
        ("[" + "(" * 300 + "ipv4-addr:value = '192.0.2.1'", []),
        ("", []),
    ],
)
def test_a_pattern_is_taken_where_an_address_alone_fulfils_it(
    pattern: str, entries: list[str] | str
) -> None:
    wanted = entries.split() if isinstance(entries, str) else entries
    assert list(entries_of(pattern)) == wanted


def test_a_bundle_leaves_out_what_no_longer_holds() -> None:
    pattern = "[ipv4-addr:value = '192.0.2.{}']"
    bundle = {
        "type": "bundle",
        "objects": [
            indicator(pattern.format(1), modified="2026-03-01T00:00:00.000Z"),
            indicator(pattern.format(2), valid_until="2026-03-15T02:13:59Z"),
            indicator(pattern.format(3), valid_until="2026-03-15T02:14:01Z"),
            indicator(pattern.format(4), valid_from="2026-03-15T02:14:01Z"),
            indicator(pattern.format(5), revoked=True),
            indicator(pattern.format(6), pattern_type="snort"),
            {"type": "malware", "name": "x"},
            7,
        ],
    }
    found = lines(json.dumps(bundle))
    assert held(found, *(f"192.0.2.{n}" for n in range(1, 7))) == ["192.0.2.1", "192.0.2.3"]
    assert (found.dated, found.left_out, found.problems) == (stamp("2026-03-01"), 4, ())


@given(st.text(alphabet="[]()'=,AND OR ipv4-addr:value192.0.2\\", max_size=60))
def test_no_pattern_raises(pattern: str) -> None:
    assert isinstance(entries_of(pattern), tuple)


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    assert isinstance(read(data, NOW), ListText)


@given(st.text(alphabet='{}[]":,0123456789./abcdefx#\n\t|', max_size=120))
def test_no_text_raises(text: str) -> None:
    assert isinstance(lines(text), ListText)


def test_spans() -> None:
    assert span_of("10.1.2.3/8") == Span(4, 10 << 24, (11 << 24) - 1)
    assert span_of("::ffff:10.0.0.0/104") == Span(4, 10 << 24, (11 << 24) - 1)
    for wrong in ("01.2.3.4", "1.2.3.4/", "1.2.3.4/-1", "fe80::1%eth0", "9.9.9.9-1.1.1.1", "1.1\0"):
        assert span_of(wrong) is None
