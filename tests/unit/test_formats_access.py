"""Access logs and error logs of web servers: every layout, broken requests, users, proxies."""

from array import array
from collections.abc import Callable

import pytest

from triage_tui.formats.decode import decode
from triage_tui.model import Batch

See = Callable[..., dict[str, object]]

TIME = "[08/Jun/2020:10:04:43 +0200]"
COMMON = f'203.0.113.9 - - {TIME} "GET /a?b=1 HTTP/1.1" 404 196'
COMBINED = f'{COMMON} "https://example.org/" "curl/8.1"'
SEEN = {
    "format": "access",
    "time": "2020-06-08T08:04:43.000000",
    "action": "GET",
    "method": "GET",
    "path": "/a",
    "outcome": "error",
    "status": 404,
    "size": 196,
    "source_ip": "203.0.113.9",
    "agent": "curl/8.1",
    "summary": "GET /a?b=1 404 from 203.0.113.9 curl/8.1",
}


def test_a_line_of_the_combined_format(see: See) -> None:
    assert see(COMBINED.encode()) == SEEN


def test_a_line_of_the_common_format_has_no_agent(see: See) -> None:
    seen = see(COMMON.encode())
    assert seen["summary"] == "GET /a?b=1 404 from 203.0.113.9"
    assert "agent" not in seen
    assert "agent" not in see(f'{COMMON} "-" "-"'.encode())


@pytest.mark.parametrize("host", ["www.example.org", "www.example.org:443", "_", "10.0.0.5:80"])
def test_a_virtual_host_may_stand_in_front(see: See, host: str) -> None:
    assert see(f"{host} {COMBINED}".encode()) == SEEN | {"resource": host}


def test_a_virtual_host_may_be_an_address(see: See) -> None:
    assert see(f"10.0.0.5 {COMBINED}".encode()) == SEEN | {"resource": "10.0.0.5"}


@pytest.mark.parametrize(
    "front",
    [
        "2026-03-15T02:09:11",
        "2026-03-15T02:09:11.000Z",
        "2026-03-15T02:09:11.000000+00:00 web/1",
        "2026-03-15T02:09:11+00:00 10.0.0.5",
    ],
)
@pytest.mark.parametrize("line", [COMBINED, f"www.example.org {COMBINED}"])
def test_the_time_of_a_log_event_is_no_virtual_host(front: str, line: str) -> None:
    """Nor is its stream the client: the record is what stands behind them."""
    raw = f"{front} {line}".encode()
    columns = decode(Batch(1, raw, array("Q", [0]), array("Q", [len(raw)]), received=5, base=0))
    assert (list(columns.offset), list(columns.length)) == ([len(front) + 1], [len(line)])


@pytest.mark.parametrize("time", ["2026-03-15T02:09:11+00:00", "2026-03-15T02:09:11+02:00"])
def test_a_time_of_the_server_may_stand_in_front(see: See, time: str) -> None:
    assert see(f"{time} {COMBINED}".encode())["source_ip"] == SEEN["source_ip"]


def test_a_user_who_signed_in_is_the_principal(see: See) -> None:
    seen = see(COMBINED.replace(" - - [", " - maria [").encode())
    assert seen["principal"] == "http:maria"
    assert str(seen["summary"]).endswith(" as maria")


def test_a_name_can_hold_anything_but_quotes(see: See) -> None:
    name = "x [01/Jan/1999:00:00:00 +0000] 6.6.6.6"
    seen = see(COMBINED.replace(" - - [", f" - {name} [").encode())
    assert seen["time"] == SEEN["time"]
    assert (seen["source_ip"], seen["principal"]) == ("203.0.113.9", f"http:{name}")


def test_a_line_may_lack_a_field(see: See) -> None:
    assert see(COMBINED.replace(" - - [", " - [").encode()) == SEEN
    line = f"www.example.org {COMBINED}".replace(" - - [", " - [")
    assert see(line.encode()) == SEEN | {"resource": "www.example.org"}


@pytest.mark.parametrize(
    ("client", "address"),
    [
        ("2001:0db8::0009", "2001:db8::9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("crawler.example.org", None),
        ("203.0.113.09", None),
    ],
)
def test_the_client_is_an_address_or_a_name(see: See, client: str, address: str | None) -> None:
    seen = see(COMBINED.replace("203.0.113.9", client, 1).encode())
    assert seen["format"] == "access"
    assert seen.get("source_ip") == address
    assert client in str(seen["summary"])


@pytest.mark.parametrize(
    ("request_line", "method", "path"),
    [
        ("-", None, None),
        ("", None, None),
        (r"\x16\x03\x01\x02\x00", None, r"\x16\x03\x01\x02\x00"),
        (r"\x16\x03\x01 \x02\x00 x", None, r"\x16\x03\x01 \x02\x00 x"),
        ("SSH-2.0-Go", None, "SSH-2.0-Go"),
        ("GET", None, "GET"),
        ("GET  HTTP/1.1", None, "GET  HTTP/1.1"),
        ("hello world", None, "hello world"),
        ("GET /", "GET", "/"),
        ("GET /x y?a=b c", "GET", "/x y"),
        ("GET /x y HTTP/1.0", "GET", "/x y"),
        ("PROPFIND / HTTP/1.1", "PROPFIND", "/"),
        ("t3 12.1.2 HTTP/1.1", "t3", "12.1.2"),
        ("OPTIONS sip:nm SIP/2.0", "OPTIONS", "sip:nm"),
        ("CONNECT example.org:443 HTTP/1.1", "CONNECT", "example.org:443"),
        ("GET http://example.org/x HTTP/1.1", "GET", "http://example.org/x"),
        (r"GET /\"a\x22?q HTTP/1.1", "GET", '/"a"'),
        (r"GET /\xe2\x82\xac\x00 HTTP/1.1", "GET", "/€\\x00"),
    ],
)
def test_a_request_may_be_anything(
    see: See, request_line: str, method: str | None, path: str | None
) -> None:
    seen = see(COMBINED.replace("GET /a?b=1 HTTP/1.1", request_line).encode())
    assert (seen.get("method"), seen.get("path")) == (method, path)
    assert seen.get("action") == method
    assert (seen["format"], seen["status"], seen["agent"]) == ("access", 404, "curl/8.1")


@pytest.mark.parametrize(
    ("status", "outcome"), [("200", "ok"), ("403", "denied"), ("000", "unknown"), ("-", "unknown")]
)
def test_the_status_says_what_became_of_it(see: See, status: str, outcome: str) -> None:
    assert see(COMBINED.replace("404", status).encode())["outcome"] == outcome


def test_quotes_in_an_agent_are_escaped_in_two_ways(see: See) -> None:
    for quote in (r"\"", r"\x22"):
        line = COMBINED.replace("curl/8.1", f"{quote}x{quote} y")
        assert see(line.encode())["agent"] == '"x" y'
    latin = COMBINED.replace("curl/8.1", "caf\u00e9")
    assert see(latin.encode())["agent"] == see(latin.encode("latin-1"))["agent"] == "caf\u00e9"


def test_a_quoted_chain_of_proxies_is_followed_past_those_we_trust(see: See) -> None:
    chain = "6.6.6.6, 198.51.100.7, 10.1.1.1"
    raw = f'{COMBINED} "{chain}" 0.005 "10.0.0.1:8080"'.encode()
    forwarded = {"forwarded": ("6.6.6.6", "198.51.100.7", "10.1.1.1")}
    assert see(raw) == SEEN | forwarded
    seen = see(raw, trusted=("203.0.113.9", "10.0.0.0/8"))
    assert seen == SEEN | forwarded | {"actor_ip": "198.51.100.7"}


def test_garbage_in_a_chain_hides_nobody(see: See) -> None:
    seen = see(f'{COMBINED} "\\"x, 198.51.100.7"'.encode(), trusted=("203.0.113.9",))
    assert seen["actor_ip"] == "198.51.100.7"
    assert seen["forwarded"] == ('"x', "198.51.100.7")


@pytest.mark.parametrize(
    "tail", [' "-"', ' "10.0.0.1:8080"', ' 1 "router" "http://10.0.0.1" 3ms', " 12 34", ' "a" "b']
)
def test_other_fields_may_follow(see: See, tail: str) -> None:
    assert see(f"{COMBINED}{tail}".encode(), trusted=("203.0.113.9",)) == SEEN


@pytest.mark.parametrize(
    "line",
    [
        COMBINED.replace("[", "("),
        COMBINED.replace("Jun", "Jux"),
        COMBINED.replace(" 404 ", " 4044 "),
        COMBINED.replace(" 196", " x"),
        COMBINED.replace(" 196 ", " 196"),
        COMBINED.replace("203.0.113.9 - - ", ""),
        COMBINED.replace("203.0.113.9 - - ", "x "),
        COMBINED[:60],
        f"see {TIME}",
        '"',
    ],
)
def test_what_merely_resembles_is_kept_unread(see: See, line: str) -> None:
    assert see(line.encode())["format"] == "unparsed"


NGINX = (
    '2021/12/01 13:53:33 [error] 31#31: *46 open() "/srv/x" failed (2: No such file or directory), '
    'client: 203.0.113.9, server: shop, request: "GET /x?y HTTP/1.1", host: "shop.example.org"'
)


def test_an_error_of_nginx(see: See) -> None:
    assert see(NGINX.encode()) == {
        "format": "nginx_error",
        "time": "2021-12-01T13:53:33.000000",
        "action": "GET",
        "method": "GET",
        "path": "/x",
        "outcome": "error",
        "source_ip": "203.0.113.9",
        "resource": "shop.example.org",
        "summary": f"error: {NGINX.partition('31#31: ')[2]}",
    }


def test_an_error_without_a_request(see: See) -> None:
    seen = see(b"2021/12/01 13:53:33 [notice] 1#1: signal process started")
    assert (seen["action"], seen["outcome"]) == ("notice", "unknown")
    assert "source_ip" not in seen


def test_the_server_names_what_no_host_does(see: See) -> None:
    seen = see(NGINX.partition(", host")[0].encode())
    assert (seen["resource"], seen["path"]) == ("shop", "/x")


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("access forbidden by rule", "denied"),
        ('user "x": password mismatch', "denied"),
        ('limiting requests, excess: 5.1 by zone "one"', "blocked"),
    ],
)
def test_nginx_says_whom_it_refused(see: See, message: str, outcome: str) -> None:
    line = NGINX.replace('open() "/srv/x" failed (2: No such file or directory)', message)
    assert see(line.encode())["outcome"] == outcome


FORGED = ", client: 6.6.6.6, server: shop"
WHOLE = '" failed (2: No such file or directory)' + FORGED + ', request: "GET / HTTP/1.1'


@pytest.mark.parametrize("forged", [FORGED, f'"{FORGED}, request: "GET / HTTP/1.1", host: "x'])
@pytest.mark.parametrize("place", ["/srv/x", "shop.example.org", "GET /x"])
def test_a_client_that_a_request_brings_along_is_not_believed(
    see: See, place: str, forged: str
) -> None:
    seen = see(NGINX.replace(place, f"{place}{forged}").encode())
    assert seen["source_ip"] == "203.0.113.9"
    assert seen["path"] == "/x" or place == "GET /x"


@pytest.mark.parametrize("place", ["/srv/x", "shop.example.org", "GET /x"])
def test_of_two_clients_that_look_the_same_nobody_is_believed(see: See, place: str) -> None:
    seen = see(NGINX.replace(place, f"{place}{WHOLE}").encode())
    assert not {"source_ip", "method", "path", "resource"} & seen.keys()


@pytest.mark.parametrize(
    "message",
    [
        "access forbidden by rule",
        'limiting requests, excess: 5.720 by zone "one"',
        'limiting connections by zone "one"',
        "no user/password was provided for basic authentication",
        "client intended to send too large body: 2097153 bytes",
        "client sent invalid method while reading client request line",
        "connect() failed (111: Connection refused) while connecting to upstream",
        "upstream timed out (110: Connection timed out) while reading upstream",
        "no live upstreams while connecting to upstream",
        'directory index of "/srv/" is forbidden',
        '"/srv/index.html" is not found (2: No such file or directory)',
        'user "x" was not found in "/etc/nginx/htpasswd"',
        'user "x": password mismatch',
    ],
)
def test_what_follows_a_whole_message_is_the_client(see: See, message: str) -> None:
    line = NGINX.replace('open() "/srv/x" failed (2: No such file or directory)', message)
    for forged in (FORGED, WHOLE):
        seen = see(f'{line}, referrer: "http://x/{forged}"'.encode())
        assert (seen["source_ip"], seen["path"]) == ("203.0.113.9", "/x")


@pytest.mark.parametrize(
    "message",
    [
        "js: x{}",
        "[lua] x.lua:1: x{}",
        "PAM: user 'x{}' - not authenticated",
        'rewritten data: "/x{}", args: ""',
    ],
)
def test_a_message_that_may_hold_anything_says_nobody_of_two(see: See, message: str) -> None:
    line = NGINX.replace('open() "/srv/x" failed (2: No such file or directory)', message)
    assert see(line.replace("{}", "").encode())["source_ip"] == "203.0.113.9"
    for ending in ("", '" is not found (2: No such file or directory)'):
        assert "source_ip" not in see(line.replace("{}", ending + FORGED).encode())


@pytest.mark.parametrize("ending", ['"', '" is not found (2: No such file or directory)'])
def test_what_a_rewrite_says_ends_as_other_messages_do(see: See, ending: str) -> None:
    rewrite = f'"^/x" does not match "/x{ending}{FORGED}"'
    line = NGINX.replace('open() "/srv/x" failed (2: No such file or directory)', rewrite)
    assert "source_ip" not in see(line.encode())


def test_endless_clients_are_nobody(see: See) -> None:
    assert "source_ip" not in see((NGINX + 2000 * f"{FORGED}x").encode())


APACHE = (
    "[Sat Oct 07 13:55:36.123456 2000] [authz_core:error] [pid 7:tid 9] [client 203.0.113.9:5123] "
    "AH01630: client denied by server configuration: /srv/.ht"
)


def test_an_error_of_apache(see: See) -> None:
    assert see(APACHE.encode()) == {
        "format": "apache_error",
        "time": "2000-10-07T13:55:36.123456",
        "action": "error",
        "outcome": "denied",
        "source_ip": "203.0.113.9",
        "resource": "authz_core",
        "summary": "error: AH01630: client denied by server configuration: /srv/.ht"
        " from 203.0.113.9:5123",
    }


@pytest.mark.parametrize(
    ("line", "outcome", "source"),
    [
        ("[Sat Oct  7 13:55:36 2000] [error] [client 203.0.113.9] x", "error", "203.0.113.9"),
        ("[Sat Oct 07 13:55:36 2000] [notice] Apache configured", "unknown", None),
        (
            "[Sat Oct 07 13:55:36 2000] [:error] [pid 7] [client 2001:db8::1:80] ModSecurity:"
            " Access denied with code 403 (phase 2).",
            "blocked",
            "2001:db8::1",
        ),
        (
            "[Sat Oct 07 13:55:36 2000] [core:error] [pid 7] (36)File name too long:"
            " [client 203.0.113.9:80] AH00036: access to x failed [client 6.6.6.6]",
            "error",
            "203.0.113.9",
        ),
    ],
)
def test_the_layouts_of_apache(see: See, line: str, outcome: str, source: str | None) -> None:
    seen = see(line.encode())
    assert (seen["format"], seen["outcome"]) == ("apache_error", outcome)
    assert seen.get("source_ip") == source


@pytest.mark.parametrize(
    "line",
    [
        NGINX.replace("[error]", "[oops]"),
        NGINX.replace("2021/12/01", "2021/13/01"),
        NGINX.replace("31#31: ", ""),
        APACHE.replace("Oct", "Okt"),
        APACHE.replace("error]", "oops]"),
        "[a b] [error] c",
    ],
)
def test_what_no_server_writes(see: See, line: str) -> None:
    assert see(line.encode())["format"] == "unparsed"


@pytest.mark.parametrize(
    ("front", "source", "actor"),
    [
        ("6.6.6.6, 203.0.113.98 10.0.0.1", "10.0.0.1", "203.0.113.98"),
        ("6.6.6.6,203.0.113.98 10.0.0.1", "10.0.0.1", "203.0.113.98"),
        ("203.0.113.98, 10.9.9.9", "10.9.9.9", "203.0.113.98"),
        ("6.6.6.6,203.0.113.98", "203.0.113.98", "203.0.113.98"),
        ("6.6.6.6, 203.0.113.98 203.0.113.7", "203.0.113.7", "203.0.113.7"),
        ("6.6.6.6 10.0.0.1", "10.0.0.1", "10.0.0.1"),  # it may be an invented `Host`
    ],
)
def test_a_chain_of_proxies_may_stand_in_front(
    see: See, front: str, source: str, actor: str
) -> None:
    seen = see(COMBINED.replace("203.0.113.9", front, 1).encode(), trusted=("10.0.0.0/8",))
    assert (seen["source_ip"], seen.get("actor_ip", source)) == (source, actor)
    assert "principal" not in seen


@pytest.mark.parametrize(
    ("user", "principal"),
    [('""', None), (r"x\"y", 'http:x"y'), (r"x\\", "http:x\\")],
)
def test_names_that_are_empty_or_hold_quotes(see: See, user: str, principal: str | None) -> None:
    seen = see(COMBINED.replace(" - - [", f" - {user} [").encode())
    assert (seen["format"], seen["status"], seen["source_ip"]) == ("access", 404, "203.0.113.9")
    assert seen.get("principal") == principal
