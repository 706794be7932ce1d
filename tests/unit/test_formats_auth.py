"""Lines of sshd, sudo and su: who came in, who did not, and whom no name can frame."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_tui.formats.auth import Auth
from triage_tui.formats.decode import describe
from triage_tui.formats.ids import hash_id
from triage_tui.formats.registry import FORMATS
from triage_tui.formats.rows import Rows
from triage_tui.formats.times import syslog_time
from triage_tui.model import DAY, SECOND, Columns, Identity, Outcome, Texts

OK, DENIED, UNKNOWN, ERROR = Outcome.OK, Outcome.DENIED, Outcome.UNKNOWN, Outcome.ERROR


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


NOW = at("2026-11-24T12:00:00")


def sshd(message: str, program: str = "sshd[123]") -> bytes:
    return f"Nov 23 02:13:58 web-1 {program}: {message}".encode()


def read(raw: bytes, received: int = NOW, logged: int | None = None) -> Columns:
    rows = Rows(1, received)
    rows.logged = logged
    assert Auth().read(raw, rows)
    return rows.columns()


def value(texts: Texts) -> str:
    return texts.values[texts.ids[0]]


def who(columns: Columns) -> Identity:
    return columns.identities[columns.who[0]]


def test_every_column() -> None:
    raw = sshd("Accepted publickey for ubuntu from 203.0.113.9 port 4242 ssh2: ED25519 SHA256:x")
    columns = read(raw)
    assert value(columns.format) == "auth"
    assert columns.time[0] == at("2026-11-23T02:13:58")
    assert (value(columns.action), Outcome(columns.outcome[0])) == ("ssh login", OK)
    assert value(columns.source_ip) == value(columns.actor_ip) == "203.0.113.9"
    assert value(columns.resource) == "web-1"
    assert who(columns) == Identity(
        key="ssh:ubuntu@web-1", type="HostUser", label="ubuntu @ web-1", user="ubuntu"
    )
    assert (columns.own_id[0], columns.id[0]) == (0, hash_id(raw))


def test_the_description() -> None:
    raw = sshd("Failed password for root from 203.0.113.9 port 22 ssh2")
    described = describe("auth", raw)
    assert described.id == f"{hash_id(raw):016x}"
    assert described.summary == (
        "web-1 sshd: Failed password for root from 203.0.113.9 port 22 ssh2"
    )


IP = "203.0.113.9"
V6 = "2001:db8::9"


@pytest.mark.parametrize(
    ("message", "action", "outcome", "ip", "user"),
    [
        (f"Accepted password for bo from {IP} port 1 ssh2", "ssh login", OK, IP, "bo"),
        (f"Accepted password for bo from {V6} port 1 ssh2", "ssh login", OK, V6, "bo"),
        (f"Failed password for root from {IP} port 1 ssh2", "ssh failed", DENIED, IP, "root"),
        (f"Failed none for invalid user bo from {IP} port 1 ssh2", "ssh failed", DENIED, IP, ""),
        (f"Failed password for invalid user  from {IP} port 1", "ssh failed", DENIED, IP, ""),
        (f"Failed publickey for bo from {IP} port 1 ssh2: RSA SHA256:x", "ssh failed", DENIED, IP,
         "bo"),
        (f"Invalid user bo from {IP} port 1", "ssh failed", DENIED, IP, ""),
        (f"Invalid user bo from {IP}", "ssh failed", DENIED, IP, ""),
        (f"Invalid user  from {IP} port 1", "ssh failed", DENIED, IP, ""),
        (f"error: maximum authentication attempts exceeded for bo from {IP} port 1 ssh2 [preauth]",
         "ssh failed", DENIED, IP, "bo"),
        (f"error: maximum authentication attempts exceeded for invalid user bo from {IP} port 1 "
         "ssh2 [preauth]", "ssh failed", DENIED, IP, ""),
        (f"message repeated 3 times: [ Failed password for bo from {IP} port 1 ssh2]",
         "ssh failed", DENIED, IP, "bo"),
        (f"User bo from {IP} not allowed because not listed in AllowUsers", "ssh refused", DENIED,
         IP, "bo"),
        (f"Connection closed by authenticating user bo {IP} port 1 [preauth]", "ssh closed",
         DENIED, IP, "bo"),
        (f"Connection closed by invalid user bo {IP} port 1 [preauth]", "ssh closed", DENIED, IP,
         ""),
        (f"Connection closed by invalid user  {IP} port 1 [preauth]", "ssh closed", DENIED, IP, ""),
        (f"Connection reset by {IP} port 1 [preauth]", "ssh closed", UNKNOWN, IP, ""),
        (f"Connection closed by {IP} port 1", "ssh closed", UNKNOWN, IP, ""),
        (f"Connection from {IP} port 1 on 10.0.0.4 port 22 rdomain \"\"", "ssh connection", UNKNOWN,
         IP, ""),
        (f"Disconnected from user bo {IP} port 1", "ssh closed", UNKNOWN, IP, "bo"),
        (f"Disconnected from {IP} port 1 [preauth]", "ssh closed", UNKNOWN, IP, ""),
        (f"Disconnected from authenticating user bo {IP} port 1 [preauth]", "ssh closed", DENIED,
         IP, "bo"),
        (f"Disconnecting invalid user bo {IP} port 1: Too many authentication failures [preauth]",
         "ssh closed", DENIED, IP, ""),
        (f"Received disconnect from {IP} port 1:11: Bye Bye [preauth]", "ssh closed", UNKNOWN, IP,
         ""),
        (f"Received disconnect from {IP}: 11: Bye Bye [preauth]", "ssh closed", UNKNOWN, IP, ""),
        (f"Unable to negotiate with {IP} port 1: no matching cipher found. Their offer: x "
         "[preauth]", "ssh handshake", ERROR, IP, ""),
        (f"Did not receive identification string from {IP} port 1", "ssh handshake", ERROR, IP, ""),
        (f"banner exchange: Connection from {IP} port 1: invalid format", "ssh handshake", ERROR,
         IP, ""),
        (f"Bad protocol version identification 'GET /' from {IP} port 1", "ssh handshake", ERROR,
         IP, ""),
        (f"fatal: Timeout before authentication for {IP} port 1", "ssh handshake", ERROR, IP, ""),
        (f"fatal: Timeout before authentication for connection from {IP} to 10.0.0.4, pid = 7",
         "ssh handshake", ERROR, IP, ""),
        ("pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
         f"rhost={IP}  user=bo", "ssh failed", DENIED, IP, "bo"),
        ("pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
         f"rhost={IP}", "ssh failed", DENIED, IP, ""),
        (f"PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost={IP}",
         "ssh failed", DENIED, IP, ""),
        ("pam_unix(sshd:session): session opened for user bo(uid=1000) by (uid=0)",
         "ssh session opened", OK, "", "bo"),
        ("pam_unix(sshd:session): session closed for user bo", "ssh session closed", UNKNOWN, "",
         "bo"),
        ("Server listening on 0.0.0.0 port 22.", "ssh", UNKNOWN, "", ""),
        (f"Failed to parse something from {IP}", "ssh", UNKNOWN, "", ""),
    ],
)  # fmt: skip
def test_what_sshd_says(message: str, action: str, outcome: Outcome, ip: str, user: str) -> None:
    columns = read(sshd(message))
    assert (value(columns.action), Outcome(columns.outcome[0])) == (action, outcome)
    assert (value(columns.source_ip), who(columns).user) == (ip, user)


@pytest.mark.parametrize(
    "message",
    [
        f"Failed password for invalid user a from 6.6.6.6 port 1 ssh2 from {IP} port 1 ssh2",
        f"Failed password for invalid user a from 6.6.6.6 port 1 ssh2: x from {IP} port 1 ssh2",
        f"Invalid user a from 6.6.6.6 port 1 from {IP} port 1",
        f"Invalid user a from 6.6.6.6 from {IP}",
        f"Connection closed by invalid user a 6.6.6.6 port 1 {IP} port 1 [preauth]",
        f"Disconnecting invalid user a 6.6.6.6 port 1: x {IP} port 1: Too many [preauth]",
        f"Received disconnect from {IP} port 1:11: from 6.6.6.6 port 1:11: x [preauth]",
        f"Bad protocol version identification 'x' from 6.6.6.6 port 1' from {IP} port 1",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
        f"rhost={IP}  user=a rhost=6.6.6.6",
    ],
)
def test_no_name_frames_another_address(message: str) -> None:
    assert value(read(sshd(message)).source_ip) == IP


@pytest.mark.parametrize(
    ("program", "message", "action", "outcome", "user"),
    [
        ("sudo", "   bo : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/bin/su -", "sudo", OK, "bo"),
        ("sudo", "bo : PWD=/ ; USER=root ; COMMAND=/bin/ls", "sudo", OK, "bo"),
        ("sudo", "bo : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/x",
         "sudo", DENIED, "bo"),
        ("sudo", "bo : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/x", "sudo",
         DENIED, "bo"),
        ("sudo", "unable to resolve host web-1", "sudo", UNKNOWN, ""),
        ("sudo", "pam_unix(sudo:session): session opened for user root(uid=0) by bo(uid=1000)",
         "sudo session opened", OK, "bo"),
        ("sudo", "pam_unix(sudo:auth): authentication failure; logname=bo uid=1000 euid=0 "
         "tty=/dev/pts/0 ruser=bo rhost=  user=bo", "sudo failed", DENIED, "bo"),
        ("su[9]", "(to root) bo on pts/0", "su", OK, "bo"),
        ("su[9]", "FAILED SU (to root) bo on pts/0", "su", DENIED, "bo"),
        ("su[9]", "Successful su for root by bo", "su", OK, "bo"),
        ("su[9]", "FAILED su for root by bo", "su", DENIED, "bo"),
        ("su[9]", "+ /dev/pts/0 bo:root", "su", UNKNOWN, ""),
        ("su[9]", "pam_unix(su-l:auth): authentication failure; logname=bo uid=1000 euid=0 "
         "tty=pts/0 ruser=bo rhost=  user=root", "su failed", DENIED, "bo"),
        ("su[9]", "pam_unix(su:auth): authentication failure; logname= uid=1000 euid=0 "
         "tty=pts/0 ruser= rhost=  user=root", "su failed", DENIED, ""),
        ("sshd-session[9]", f"Accepted password for bo from {IP} port 1 ssh2", "ssh login", OK,
         "bo"),
    ],
)  # fmt: skip
def test_what_the_others_say(
    program: str, message: str, action: str, outcome: Outcome, user: str
) -> None:
    columns = read(sshd(message, program))
    assert (value(columns.action), Outcome(columns.outcome[0])) == (action, outcome)
    assert who(columns).user == user


TAIL = f"web-1 sshd[1]: Invalid user bo from {IP} port 1"


@pytest.mark.parametrize(
    "head",
    [
        "Nov 23 02:13:58",
        "<38>Nov 23 02:13:58",
        "2026-11-23T02:13:58.000000+00:00",
        "2026-11-23T03:13:58+0100",
        "2026-11-23T02:13:58Z",
        "2026-11-23 02:13:58",
    ],
)
def test_the_ways_to_write_a_time(head: str) -> None:
    columns = read(f"{head} {TAIL}".encode())
    assert columns.time[0] == at("2026-11-23T02:13:58")
    assert value(columns.source_ip) == IP


@pytest.mark.parametrize("data", ["-", '[a@1 b="c"]', '[a b="c"][d]'])
def test_rfc_5424(data: str) -> None:
    raw = f"<38>1 2026-11-23T02:13:58.5Z web-1 sshd 77 - {data} Invalid user bo from {IP}".encode()
    columns = read(raw)
    assert columns.time[0] == at("2026-11-23T02:13:58") + SECOND // 2
    assert (value(columns.resource), value(columns.source_ip)) == ("web-1", IP)
    assert describe("auth", raw).summary == f"web-1 sshd: Invalid user bo from {IP}"
    assert value(read(raw.replace(b" Inv", b" \xef\xbb\xbfInv")).source_ip) == IP


@pytest.mark.parametrize(
    ("text", "latest", "time"),
    [
        ("Nov 23 02:13:58", "2026-11-24T00:00:00", "2026-11-23T02:13:58"),
        ("Nov  3 02:13:58", "2026-11-24T00:00:00", "2026-11-03T02:13:58"),
        ("Nov 24 23:59:59", "2026-11-24T00:00:00", "2026-11-24T23:59:59"),
        ("Nov 25 23:59:59", "2026-11-24T01:00:00", "2026-11-25T23:59:59"),
        ("Nov 26 00:00:00", "2026-11-24T23:00:00", "2025-11-26T00:00:00"),
        ("Dec 31 23:59:59", "2026-01-01T00:00:09", "2025-12-31T23:59:59"),
        ("Jan  1 00:00:00", "2025-12-31T23:59:50", "2026-01-01T00:00:00"),
        ("Feb 29 12:00:00", "2026-11-24T00:00:00", "2024-02-29T12:00:00"),
        ("Feb 29 12:00:00", "1903-11-24T00:00:00", "1896-02-29T12:00:00"),
    ],
)
def test_the_year_is_the_last_that_is_not_in_the_future(text: str, latest: str, time: str) -> None:
    assert syslog_time(text, at(latest)) == at(time)


@pytest.mark.parametrize("text", ["Nov 31 02:13:58", "Foo 23 02:13:58", "Nov 23 2:13:58", "", None])
def test_no_legal_time(text: str | None) -> None:
    assert syslog_time(text, NOW) is None


@given(
    latest=st.integers(-(2**61), 2**62),
    day=st.integers(1, 28),
    month=st.sampled_from(["Jan", "Dec"]),
)
def test_a_year_is_found_for_any_receipt_time(latest: int, day: int, month: str) -> None:
    time = syslog_time(f"{month} {day:2} 01:02:03", latest)
    assert time is not None
    assert latest - 367 * DAY < time < latest + 2 * DAY


def test_the_wrapping_knows_the_year_best() -> None:
    raw = sshd("Server listening on 0.0.0.0 port 22.")
    assert read(raw, logged=at("2023-11-23T02:14:00")).time[0] == at("2023-11-23T02:13:58")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Nov 23 02:13:58 web-1 CRON[1]: pam_unix(cron:session): session opened for user root",
        b"Nov 23 02:13:58 web-1 sshd[1] Invalid user",
        b"Nov 23 02:13:58 web-1 sshdx[1]: Invalid user",
        b"Nov 23 02:13:58 web-1 sshd[1]:",
        b"Nov 33 02:13:58 web-1 sshd[1]: Invalid user bo from 203.0.113.9",
        b"2026-13-23T02:13:58Z web-1 sshd[1]: Invalid user bo from 203.0.113.9",
        b"sshd[1]: Invalid user bo from 203.0.113.9",
        sshd("x" * 9000),
    ],
)
def test_what_merely_resembles_is_refused(raw: bytes) -> None:
    rows = Rows(1, NOW)
    assert not Auth().read(raw, rows)
    assert len(rows) == 0


pieces = st.sampled_from(
    ["Failed", "password", "for", "invalid user", "from", IP, "port 1", "ssh2", ":", "[preauth]",
     "pam_unix(sshd:auth):", "by", "su", "COMMAND=", " ; ", " : ", "\u2028", "é", "\x00", ""]
)  # fmt: skip
programs = st.sampled_from(["sshd[1]", "sudo", "su", "cron"])


@given(words=st.lists(pieces, max_size=12), program=programs)
def test_any_message_is_a_row_of_this_format_alone(words: list[str], program: str) -> None:
    raw = sshd(" ".join(words), program).strip()
    taken = [name for name, known in FORMATS.items() if known.read(raw, Rows(1, NOW))]
    assert taken in ([], ["auth"])
    assert "\n" not in describe("auth", raw).summary


@given(at=st.integers(0, 90), cut=st.integers(0, 9), junk=st.binary(max_size=5))
def test_damaged_lines_raise_nothing(at: int, cut: int, junk: bytes) -> None:
    raw = sshd(f"Failed password for invalid user bo from {IP} port 1 ssh2")
    raw = raw[:at] + junk + raw[at + cut :]
    assert sum(known.read(raw, Rows(1, NOW)) for known in FORMATS.values()) <= 1
    assert describe("auth", raw).id


def test_a_line_of_bait_is_read_at_once() -> None:
    for bait in (" from 1 port 1: ", " user a 1 port 1 ", "; rhost= ", " ", "[a]"):
        for begin in ("Failed password for ", "Connection closed by user ", "Invalid user ", ""):
            read(sshd("x" + begin + bait * 400)[:8000])
            read(sshd(begin + bait * 400 + "\n.")[:8000])
