"""Logs of the web: each record is one format's alone, no bytes raise, and no line takes long."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triage_tui.formats.decode import describe
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.rows import Rows
from triage_tui.formats.settings import FormatSettings

See = Callable[..., dict[str, object]]

TIME = "[08/Jun/2020:10:04:43 +0200]"
OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
REQUEST = '"GET http://x.example.org:80/a?b=\\"1\\" HTTP/1.1"'
FIELDS = "date\ttime\tc-ip\tcs-uri-stem\tx-forwarded-for"
HEADER = f"#Fields: {FIELDS}".encode()
SAMPLES = [
    ("access", f'203.0.113.9 - - {TIME} {REQUEST} 404 196 "-" "curl" "6.6.6.6, 10.0.0.1"'),
    ("access", f"www.example.org:80 2001:db8::9 - maria {TIME} {REQUEST} 404 -"),
    (
        "nginx_error",
        "2021/12/01 13:53:33 [error] 31#31: *46 x, client: 203.0.113.9, server: shop,"
        ' request: "GET /x?y HTTP/1.1", host: "shop.example.org"',
    ),
    (
        "apache_error",
        "[Sat Oct 07 13:55:36.123456 2000] [core:error] [pid 7:tid 9] (36)File name too long:"
        " [client 203.0.113.9:5123] AH01630: x",
    ),
    ("apigateway", f"203.0.113.9 - - {TIME}{REQUEST} 403 23 c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
    ("apigateway", f"203.0.113.9 - - {TIME} {REQUEST} 403 23 JKJaXmPLvHcESHA="),
    (
        "apigateway",
        '{"requestId":"x","ip":"203.0.113.9","requestTime":"15/Mar/2026:03:09:11 +0100",'
        '"httpMethod":"GET","routeKey":"GET /a","status":"200","authorizer":{"sub":"x"}}',
    ),
    (
        "alb",
        "https 2026-03-15T02:09:11.1Z app/shop/50 [2001:db8::9]:2817 10.0.0.1:80 0.086 0.048 0.037"
        f' 403 403 34 366 {REQUEST} "curl" ECDHE TLSv1.2 - "Root=1-5" "x" "-" 1 - "waf" "-" "-"',
    ),
    (
        "alb",
        '2026-03-15T02:09:11Z 203.0.113.9 51341 443 TLSv1.2 ECDHE 4.036 "CN=x" NotBefore=x FE'
        " Success TID_31",
    ),
    (
        "alb",
        '{"type":"h2","time":"2026-03-15T02:09:11Z","elb":"app/shop/50","client_ip":"203.0.113.9",'
        '"elb_status_code":"403","request":"GET / HTTP/2.0"}',
    ),
    (
        "nlb",
        "tls 2.0 2026-03-15T02:09:11 net/edge/c6 g3 203.0.113.9:51341 172.16.0.9:443 5 2 98 246 -"
        ' - - ECDHE tlsv12 - shop.example.org h2 h2 "h2, h3" 2026-03-15T02:09:10',
    ),
    (
        "nlb",
        '{"type":"tls","time":"2026-03-15T02:09:11","elb":"net/edge/c6","listener":"g3",'
        '"client:port":"203.0.113.9:1"}',
    ),
    (
        "clb",
        "2026-03-15T02:09:11.123456Z shop 203.0.113.9:2817 10.0.0.1:80 0.01 0.01 0.01 200 200 0 29"
        f' {REQUEST} "curl" - -',
    ),
    ("cloudfront", "\t".join(["2026-03-15", "02:09:11", "FRA56", "7", "203.0.113.9", "GET", "h",
                              "/a", "403", "-", "a%2520b", "-", "-", "", "Ab=="])),
    ("cloudfront", "2026-03-15\t02:09:11\t203.0.113.9\t/a\t6.6.6.6,%2010.0.0.1"),
    (
        "cloudfront",
        '{"date":"2026-03-15","time":"02:09:11","c-ip":"203.0.113.9","sc-status":"000",'
        '"x-edge-request-id":"Ab=="}',
    ),
    (
        "s3access",
        f"{OWNER} orders [06/Feb/2026:00:00:38 +0000] 203.0.113.9 - 3E57 REST.GET.OBJECT a"
        f' {REQUEST} 403 AccessDenied 243 - 7 5 "-" "aws-cli" - x= SigV4 -',
    ),
]  # fmt: skip
WEB = sorted({name for name, _ in SAMPLES})
LINES = [line.encode() for _, line in SAMPLES]
BITS = [b'"', b"\\", b" ", b"\t", b"-", b"[", b"]", b"\xff", b"\n", b"\\x", b"0", b"\x00", b"{"]


def takers(raw: bytes, header: bytes = b"") -> list[str]:
    """Who reads the record; what each makes of it is checked."""
    names = []
    for name, known in FORMATS.items():
        rows = Rows(1, 1, header=header, settings=FormatSettings(trusted_proxies=("0.0.0.0/0",)))
        taken = known.read(raw, rows)
        assert len(rows) == taken
        if taken:
            names.append(name)
    return names


@pytest.mark.parametrize(("name", "line"), SAMPLES)
def test_each_record_is_one_formats_alone(name: str, line: str) -> None:
    assert takers(line.encode(), HEADER) == [name]


@given(
    line=st.sampled_from(LINES),
    at=st.integers(0, 400),
    cut=st.integers(0, 20),
    new=st.lists(st.sampled_from(BITS) | st.binary(max_size=3), max_size=4).map(b"".join),
    header=st.sampled_from([b"", HEADER, b"#Fields: time date x-edge-location"]),
)
def test_no_damaged_record_is_two_formats(
    see: See, line: bytes, at: int, cut: int, new: bytes, header: bytes
) -> None:
    raw = (line[:at] + new + line[at + cut :]).strip(b" \t\r\n")
    names = takers(raw, header)
    assert len(names) <= 1
    if names and names[0] in WEB:
        assert see(raw, header)["format"] == names[0]


@given(left=st.sampled_from(LINES), right=st.sampled_from(LINES), at=st.integers(0, 400))
def test_no_blend_of_two_records_is_two_formats(left: bytes, right: bytes, at: int) -> None:
    assert len(takers(left[:at] + right[at:], HEADER)) <= 1


@given(raw=st.binary(max_size=300), header=st.binary(max_size=40).map(b"#Fields: ".__add__))
@example(b'"', b"")
@example(b'] "', b"")
@example(b"\t", b"#Fields: date time c-ip")
@example(b"\t\t\t", b"#Fields: c-ip c-ip date date time")
def test_no_bytes_raise(raw: bytes, header: bytes) -> None:
    takers(raw, header)
    for name in WEB:
        assert describe(name, raw, header).id


@pytest.mark.timeout(30)
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(
    "bait", ['\\"', '"', " ", '" "', "\\", "[", ", client: ", "%25", "a,", "("]
)
def test_no_line_takes_long(line: bytes, bait: str) -> None:
    endless = bait.encode() * 20_000
    for at in (len(line), len(line) // 2, len(line) - 2):
        raw = line[:at] + endless + line[at:]
        for name in (*takers(raw, HEADER), *WEB):
            describe(name, raw, HEADER)
