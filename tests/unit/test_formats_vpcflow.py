"""VPC flow logs: every layout, the far end, lines without flows, and what is no flow log."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.decode import decode, describe
from triage_tui.formats.headers import FLOW_FIELDS, flow_fields, is_header
from triage_tui.formats.ids import hash_id
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.rows import Rows
from triage_tui.formats.settings import FormatSettings
from triage_tui.formats.vpcflow import VpcFlow
from triage_tui.model import NO_NUMBER, NO_TIME, SECOND, Batch, Columns, Outcome, Texts

VALUES = {
    "version": "2",
    "account-id": "111122223333",
    "interface-id": "eni-0a1b2c3d",
    "srcaddr": "203.0.113.9",
    "dstaddr": "10.0.0.4",
    "srcport": "55123",
    "dstport": "22",
    "protocol": "6",
    "packets": "3",
    "bytes": "180",
    "start": "1773540551",
    "end": "1773540611",
    "action": "REJECT",
    "log-status": "OK",
    "region": "eu-west-1",
    "instance-id": "i-0123456789abcdef0",
    "flow-direction": "ingress",
    "pkt-srcaddr": "203.0.113.9",
    "pkt-dstaddr": "10.0.0.4",
}
DEFAULT = tuple(FLOW_FIELDS)[:14]
NODATA = b"2 111122223333 eni-0a1b2c3d - - - - - - - 1773540551 1773540611 - NODATA"


def line(names: tuple[str, ...] = DEFAULT, **changes: str) -> bytes:
    """A line of these fields; those that have no value are "-"."""
    values = VALUES | {name.replace("_", "-"): value for name, value in changes.items()}
    return " ".join(values.get(name, "-") for name in names).encode()


def read(*lines: bytes, header: bytes = b"", fields: str = "") -> Columns:
    starts, lengths, data = array("Q"), array("Q"), b""
    for raw in lines:
        starts.append(len(data))
        lengths.append(len(raw))
        data += raw + b"\n"
    batch = Batch(1, data, starts, lengths, received=5, base=0, header=header)
    return decode(batch, FormatSettings(flow_fields=fields))


def value(texts: Texts, row: int = 0) -> str:
    return texts.values[texts.ids[row]]


def test_every_column_of_the_default_format() -> None:
    columns = read(line())
    assert len(columns) == 1
    assert value(columns.format) == "vpcflow"
    assert columns.time[0] == 1773540551 * SECOND
    assert value(columns.action) == "REJECT"
    assert Outcome(columns.outcome[0]) is Outcome.BLOCKED
    assert value(columns.source_ip) == value(columns.actor_ip) == "203.0.113.9"
    assert value(columns.account) == "111122223333"
    assert value(columns.resource) == "eni-0a1b2c3d"
    assert columns.size[0] == 180
    assert (columns.who[0], columns.own_id[0], columns.id[0]) == (0, 0, hash_id(line()))


def test_the_description() -> None:
    described = describe("vpcflow", line())
    assert described.id == f"{hash_id(line()):016x}"
    assert described.summary == (
        "REJECT tcp 203.0.113.9:55123 → 10.0.0.4:22 (3 packets, 180 bytes)"
    )
    six = line(srcaddr="2001:db8::9", protocol="41", packets="1", bytes="-", srcport="0")
    assert describe("vpcflow", six).summary == (
        "REJECT protocol 41 2001:db8::9 → 10.0.0.4:22 (1 packet)"
    )
    six = line(srcaddr="2001:db8::9")
    assert "tcp [2001:db8::9]:55123 → " in describe("vpcflow", six).summary
    assert describe("vpcflow", NODATA).summary == "NODATA eni-0a1b2c3d"


def test_a_description_reads_the_header() -> None:
    header = b"dstaddr srcaddr action pkt-dstaddr flow-direction start"
    raw = b"10.0.0.4 203.0.113.9 ACCEPT 10.9.9.9 egress 1773540551"
    assert describe("vpcflow", raw, header).summary == (
        "ACCEPT egress 203.0.113.9 → 10.0.0.4 (for 10.9.9.9)"
    )
    assert describe("vpcflow", raw).summary == raw.decode()
    none = b"version start end account-id"
    assert describe("vpcflow", b"2 1 2 3", none).summary == "2 1 2 3"


@pytest.mark.parametrize("mark", ["NODATA", "SKIPDATA"])
def test_a_line_without_flow_is_a_row_without_address(mark: str) -> None:
    columns = read(NODATA.replace(b"NODATA", mark.encode()))
    assert (value(columns.format), value(columns.action)) == ("vpcflow", mark)
    assert value(columns.source_ip) == value(columns.actor_ip) == ""
    assert Outcome(columns.outcome[0]) is Outcome.UNKNOWN
    assert (columns.time[0], columns.size[0]) == (1773540551 * SECOND, NO_NUMBER)


@pytest.mark.parametrize("width", range(14, len(FLOW_FIELDS) + 1))
def test_the_published_order_needs_no_header(width: int) -> None:
    names = tuple(FLOW_FIELDS)[:width]
    version = str(FLOW_FIELDS[names[-1]])
    columns = read(line(names, version=version))
    assert value(columns.format) == "vpcflow"
    assert value(columns.source_ip) == "203.0.113.9"
    assert value(columns.region) == ("eu-west-1" if "region" in names else "")
    named = "i-0123456789abcdef0" if "instance-id" in names else "eni-0a1b2c3d"
    assert value(columns.resource) == named
    assert value(read(line(names, version="6")).format) == "unparsed"


def test_a_header_names_any_order() -> None:
    names = ("dstaddr", "start", "action", "srcaddr", "bytes", "account-id")
    header = " ".join(names).encode()
    columns = read(header, line(names), line(names, srcaddr="198.51.100.7"))
    assert len(columns) == 2
    assert columns.header == header
    assert [value(columns.source_ip, row) for row in (0, 1)] == ["203.0.113.9", "198.51.100.7"]
    assert (value(columns.action), columns.size[0]) == ("REJECT", 180)
    under = read(line(names), header=header.replace(b"-", b"_"))
    assert value(under.source_ip) == "203.0.113.9"
    by_settings = read(line(names), fields=header.decode())
    assert (value(by_settings.source_ip), by_settings.header) == ("203.0.113.9", header)


def test_the_default_is_known_under_another_header() -> None:
    header = b"#Fields: date time c-ip"
    assert value(read(line(), header=header).format) == "vpcflow"
    assert value(read(line(), header=b"srcaddr dstaddr start").format) == "vpcflow"


@pytest.mark.parametrize(
    "header",
    [
        b"version account-id interface-id",
        b"version account_id interface_id srcaddr dstaddr",
        " ".join(FLOW_FIELDS).encode(),
        b"start\tend\tsrcaddr",
    ],
)
def test_header_lines(header: bytes) -> None:
    assert is_header(header)
    assert len(flow_fields(header)) == len(header.split())
    assert len(read(header)) == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"start end action",
        b"version srcaddr",
        b"srcaddr dstaddr dstaddr",
        b"version account-id interface-id note",
        b"Version account-id interface-id",
        b"srcaddr dstaddr start " * 1000,
        b"",
    ],
)
def test_what_is_no_header(raw: bytes) -> None:
    assert not is_header(raw)


ENDS = ("srcaddr", "dstaddr", "start", "pkt-srcaddr", "pkt-dstaddr", "flow-direction")


@pytest.mark.parametrize(
    ("ends", "actor"),
    [
        ("203.0.113.9 10.0.0.4 1773540551 - - -", "203.0.113.9"),
        ("10.0.0.4 203.0.113.9 1773540551 - - -", "203.0.113.9"),
        ("10.0.0.4 10.0.0.5 1773540551 - - -", "10.0.0.4"),
        ("203.0.113.9 198.51.100.7 1773540551 - - -", "203.0.113.9"),
        ("10.0.0.4 2001:db8::9 1773540551 - - -", "2001:db8::9"),
        ("10.0.0.4 255.255.255.255 1773540551 - - -", "10.0.0.4"),
        ("10.0.0.4 100.64.0.9 1773540551 - - -", "10.0.0.4"),
        ("10.0.0.4 10.0.0.5 1773540551 - - ingress", "10.0.0.4"),
        ("10.0.0.4 10.0.0.5 1773540551 - - egress", "10.0.0.5"),
        ("203.0.113.9 10.0.0.5 1773540551 - - egress", "10.0.0.5"),
        ("10.0.0.4 10.0.0.5 1773540551 203.0.113.9 10.0.0.5 ingress", "203.0.113.9"),
        ("10.0.0.4 10.0.0.5 1773540551 10.0.0.4 203.0.113.9 egress", "203.0.113.9"),
        ("10.0.0.4 10.0.0.5 1773540551 10.0.0.4 203.0.113.9 -", "203.0.113.9"),
        ("10.0.0.4 - 1773540551 - - -", "10.0.0.4"),
        ("- - 1773540551 - - -", ""),
        ("10.0.0.4 - 1773540551 - - egress", "10.0.0.4"),
    ],
)
def test_the_actor_is_the_far_end(ends: str, actor: str) -> None:
    columns = read(ends.encode(), header=" ".join(ENDS).encode())
    assert value(columns.actor_ip) == actor
    assert value(columns.source_ip) == ends.split()[0].removeprefix("-")


def test_the_time_may_be_the_wrapping_s() -> None:
    rows = Rows(1, 5, header=b"srcaddr dstaddr action")
    raw = b"203.0.113.9 10.0.0.4 ACCEPT"
    assert not VpcFlow().read(raw, rows)
    rows.logged = 77
    assert VpcFlow().read(raw, rows)
    assert list(rows.columns().time) == [77]
    assert read(line(start="-")).time[0] == 1773540611 * SECOND


@pytest.mark.parametrize(
    "raw",
    [
        line(srcaddr="255.18.064.253"),
        line(dstaddr="host"),
        line(start="yesterday"),
        line(start="9" * 5000),
        line(start="²"),
        line(action="DROP"),
        line(log_status="FINE"),
        line() + b" more",
        line()[:-3],
        line(version="9"),
        line(interface_id="é"),
        line(interface_id="e" * 5000),
        line(start="-", end="-"),
    ],
)
def test_what_merely_resembles_is_unparsed(raw: bytes) -> None:
    columns = read(raw)
    assert value(columns.format) == "unparsed"
    assert columns.time[0] == NO_TIME


def test_an_endless_number_is_no_size() -> None:
    assert read(line(bytes="9" * 4000)).size[0] == NO_NUMBER


headers = st.sampled_from([b"", b"srcaddr dstaddr start", b"start end srcaddr", b"#Fields: x"])
odd = st.sampled_from(["-", "", "9" * 30, "::", "::ffff:1.2.3.4", "\x00", "é", "NODATA", "{"])


@given(
    values=st.lists(st.sampled_from(sorted(set(VALUES.values()))) | odd, max_size=45),
    header=headers,
)
def test_any_line_is_a_row_of_at_most_one_format(values: list[str], header: bytes) -> None:
    raw = " ".join(values).encode()
    taken = [
        name
        for name, known in FORMATS.items()
        if raw and known.read(raw, Rows(1, 1, header=header))
    ]
    assert taken in ([], ["vpcflow"])
    for name in taken:
        assert describe(name, raw, header).summary


@given(at=st.integers(0, 200), cut=st.integers(0, 9), junk=st.binary(max_size=5), header=headers)
def test_damaged_lines_are_read_or_kept(at: int, cut: int, junk: bytes, header: bytes) -> None:
    raw = line(tuple(FLOW_FIELDS)[:29], version="5")
    raw = raw[:at] + junk + raw[at + cut :]
    assert len(read(raw.replace(b"\n", b""), header=header)) <= 1
    describe("vpcflow", raw, header)
