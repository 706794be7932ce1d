"""Lines of `sshd`, `sudo` and `su` as syslog writes them (`auth.log`, `secure`, the journal).

Clients choose user names, which stand before the address in most messages and may look like one:
the address is the last that the message can mean, never one out of a name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Description, Outcome

from . import identities
from .addresses import address
from .base import content_id, one_line, text_line
from .times import iso_time, syslog_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .rows import Rows
    from .settings import FormatSettings

_LONGEST = 8192
_PROGRAMS = rb"(sshd|sshd-session|sshd-auth|sudo|su)"
_LINE = re.compile(
    rb"(?:<[0-9]{1,3}>)?"
    rb"(?:([A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8})|([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,Z+-]{8,30}))"
    rb" ([^\s:]{1,255}) " + _PROGRAMS + rb"(?:\[[0-9]{1,10}\])?: ++(.++)",
    re.DOTALL,
)
_LINE_5424 = re.compile(
    rb"<[0-9]{1,3}>1 ()([0-9]{4}-[0-9:.TZ+-]{14,35}) (\S{1,255}) " + _PROGRAMS + rb" \S++ \S++"
    rb" (?:-|(?:\[[^]]*+\])++) ++(?:\xef\xbb\xbf)?+(.++)",
    re.DOTALL,
)
_REPEATED = re.compile(r"message repeated [0-9]+ times: \[ (.*)\]", re.DOTALL)
_PREAUTH = " [preauth]"


class _Said(NamedTuple):
    """What a message says."""

    action: str
    outcome: Outcome = Outcome.UNKNOWN
    ip: str | None = None
    user: str | None = None
    """Who acts; None also where the name is nobody's."""


class Auth:
    """Sign-ins through SSH and changes of user on a Linux host."""

    name = "auth"

    def read(self, raw: bytes, rows: Rows) -> bool:
        found = _parse(raw)
        if found is None:
            return False
        local, iso, host, program, message = found.groups()
        if local:
            latest = rows.received if rows.logged is None else rows.logged
            time = syslog_time(local.decode(), latest)
        else:
            time = iso_time(iso.decode())
        if time is None:
            return False
        name = text_line(host)
        said = _READERS[program](text_line(message))
        rows.add(
            format=self.name,
            time=time,
            own_id=None,
            raw=raw,
            action=said.action,
            outcome=said.outcome,
            source_ip=address(said.ip),
            identity=identities.of_host_user(said.user, name),
            resource=name,
        )
        return True

    def describe(self, raw: bytes, header: bytes, settings: FormatSettings) -> Description:
        found = _parse(raw)
        text = raw if found is None else b"%b %b: %b" % found.group(3, 4, 5)
        return Description(id=content_id(raw), summary=one_line(text_line(text)))


def _parse(raw: bytes) -> re.Match[bytes] | None:
    """Groups: the time without a year or the full one, host, program, message."""
    if len(raw) > _LONGEST:
        return None
    return _LINE.fullmatch(raw) or (_LINE_5424.fullmatch(raw) if raw[:1] == b"<" else None)


_FROM = "(?P<user>.*) from (?P<ip>\\S++)"
_AT = "(?P<ip>\\S++) port [0-9]++"
_NOBODY = "(?P<nobody>invalid user )?"
_END = "(?: ssh[0-9]?)?(?:: .*)?"


class _Rule:
    """A message and what it means. Groups: the `user`, whether it is `nobody`, the `ip`."""

    __slots__ = ("_groups", "_pattern", "action", "outcome")

    def __init__(self, pattern: str, action: str, outcome: Outcome) -> None:
        self._pattern = re.compile(pattern, re.DOTALL)
        self._groups = tuple(map(self._pattern.groupindex.get, ("ip", "user", "nobody")))
        self.action = action
        self.outcome = outcome

    def match(self, message: str) -> list[str | None] | None:
        """Address, user, and whether the user is nobody; None where it is another message."""
        found = self._pattern.fullmatch(message)
        if found is None:
            return None
        return [None if group is None else found[group] for group in self._groups]


# By the first word.
_SSH: Mapping[str, tuple[_Rule, ...]] = {
    "Accepted": (_Rule(f"Accepted \\S++ for {_FROM} port [0-9]++{_END}", "ssh login", Outcome.OK),),
    "Failed": (
        _Rule(
            f"Failed \\S++ for {_NOBODY}{_FROM} port [0-9]++{_END}", "ssh failed", Outcome.DENIED
        ),
    ),
    "maximum": (
        _Rule(
            f"maximum authentication attempts exceeded for {_NOBODY}{_FROM} port [0-9]++{_END}",
            "ssh failed",
            Outcome.DENIED,
        ),
    ),
    "Invalid": (
        _Rule(f"(?P<nobody>Invalid) user {_FROM}(?: port [0-9]++)?", "ssh failed", Outcome.DENIED),
    ),
    "User": (_Rule(f"User {_FROM} not allowed because .*", "ssh refused", Outcome.DENIED),),
    "Connection": (
        _Rule(f"Connection (?:closed|reset) by {_AT}", "ssh closed", Outcome.UNKNOWN),
        _Rule(
            "Connection (?:closed|reset) by (?:(?P<nobody>invalid )|authenticating )?"
            f"user (?P<user>.*) {_AT}",
            "ssh closed",
            Outcome.UNKNOWN,
        ),
        _Rule(f"Connection from {_AT}.*", "ssh connection", Outcome.UNKNOWN),
    ),
    "Disconnected": (
        _Rule(f"Disconnected from {_AT}", "ssh closed", Outcome.UNKNOWN),
        _Rule(
            f"Disconnected from (?:(?P<nobody>invalid )|authenticating )?user (?P<user>.*) {_AT}",
            "ssh closed",
            Outcome.UNKNOWN,
        ),
    ),
    "Disconnecting": (
        _Rule(
            "Disconnecting (?:(?P<nobody>invalid )|authenticating )?"
            f"user (?P<user>.*) {_AT}(?:: .*)?",
            "ssh closed",
            Outcome.UNKNOWN,
        ),
    ),
    "Received": (
        _Rule(f"Received disconnect from {_AT}:.*", "ssh closed", Outcome.UNKNOWN),
        _Rule("Received disconnect from (?P<ip>[^ ]+): [0-9]+:.*", "ssh closed", Outcome.UNKNOWN),
    ),
    "Unable": (_Rule(f"Unable to negotiate with {_AT}: .*", "ssh handshake", Outcome.ERROR),),
    "Did": (
        _Rule(
            "Did not receive identification string from (?P<ip>\\S++)(?: port [0-9]++)?",
            "ssh handshake",
            Outcome.ERROR,
        ),
    ),
    "banner": (
        _Rule(f"banner exchange: Connection from {_AT}: .*", "ssh handshake", Outcome.ERROR),
    ),
    "Bad": (
        _Rule(
            f"Bad protocol version identification '.*' from {_AT}", "ssh handshake", Outcome.ERROR
        ),
    ),
    "Timeout": (
        _Rule(
            "Timeout before authentication for (?:connection from )?(?P<ip>[^ ,]++).*",
            "ssh handshake",
            Outcome.ERROR,
        ),
    ),
}
_PAM_FAILURE = re.compile(
    "(?:pam_[a-z0-9]++\\([a-z-]++:auth\\):|PAM [0-9]++ more) authentication failures?+; "
    "logname=\\S*+ uid=\\S*+ euid=\\S*+ tty=\\S*+ ruser=(\\S*+) rhost=(\\S*+)(?: ++user=(.*+))?+",
    re.DOTALL,
)
_PAM_SESSION = re.compile(
    "pam_[a-z0-9]++\\([a-z-]++:session\\): session (opened|closed) for user ([^\\s(]++)"
    "(?:\\(uid=[0-9]++\\))?+(?: by ([^\\s(]*+).*+)?+",
    re.DOTALL,
)
_SU = re.compile(
    "(FAILED SU )?+\\(to [^)]*+\\) (\\S++) on .*+|(FAILED|Successful) su for \\S++ by (.*+)"
)


def _sshd(message: str) -> _Said:
    if repeated := _REPEATED.fullmatch(message):
        message = repeated[1]
    for prefix in ("error: ", "fatal: "):
        message = message.removeprefix(prefix)
    before_login = message.endswith(_PREAUTH)
    message = message.removesuffix(_PREAUTH)
    for rule in _SSH.get(message.partition(" ")[0], ()):
        if found := rule.match(message):
            ip, user, nobody = found
            outcome = rule.outcome
            if before_login and user is not None and outcome is Outcome.UNKNOWN:
                outcome = Outcome.DENIED
            return _Said(rule.action, outcome, ip, None if nobody else user)
    return _pam(message, "ssh") or _Said("ssh")


def _sudo(message: str) -> _Said:
    """`alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh`, before it why it was refused."""
    user, found, rest = message.partition(" : ")
    if found and " ; COMMAND=" in rest and " " not in user:
        refused = not rest.startswith(("TTY=", "PWD=", "HOST=", "USER="))
        return _Said("sudo", Outcome.DENIED if refused else Outcome.OK, user=user)
    return _pam(message, "sudo") or _Said("sudo")


def _su(message: str) -> _Said:
    found = _SU.fullmatch(message)
    if found is None:
        return _pam(message, "su") or _Said("su")
    failed = found[1] or found[3] == "FAILED"
    return _Said("su", Outcome.DENIED if failed else Outcome.OK, user=found[2] or found[4])


def _pam(message: str, word: str) -> _Said | None:
    """What the authentication modules say, for any of the programs."""
    if found := _PAM_FAILURE.fullmatch(message):
        caller, ip, user = found.groups()
        # `su` names the user that it would change to.
        return _Said(
            f"{word} failed", Outcome.DENIED, ip, caller or (None if word == "su" else user)
        )
    if found := _PAM_SESSION.fullmatch(message):
        change, user, caller = found.groups()
        outcome = Outcome.OK if change == "opened" else Outcome.UNKNOWN
        return _Said(f"{word} session {change}", outcome, user=user if word == "ssh" else caller)
    return None


_READERS: Mapping[bytes, Callable[[str], _Said]] = {
    b"sshd": _sshd,
    b"sshd-session": _sshd,
    b"sshd-auth": _sshd,
    b"sudo": _sudo,
    b"su": _su,
}
