"""The host rules: both sides of each."""

from __future__ import annotations

from .cases import Case, series
from .lines import OUTSIDE, failed, ssh

IN = f"Accepted publickey for deploy from {OUTSIDE} port 41822 ssh2: ED25519 SHA256:EXAMPLE"


def _root(how: str) -> bytes:
    return ssh(f"Accepted {how} for root from {OUTSIDE} port 41822 ssh2")


def _sudo(message: str) -> bytes:
    return ssh(message, program="sudo")


CASES = (
    Case(
        "SSH passwords guessed",
        series(12, lambda n: failed(at=9 * n)),
        series(4, lambda n: failed(at=9 * n)),
    ),
    Case(
        "SSH sign-in after many failures",
        [*series(12, lambda n: failed(at=9 * n)), ssh(IN, at=300)],
        [ssh(IN), *series(12, lambda n: failed(at=60 + 9 * n))],
    ),
    Case(
        "SSH user names tried",
        series(6, lambda n: failed(f"user{n}", at=9 * n, known=False)),
        series(6, lambda n: failed("deploy", at=9 * n)),
    ),
    Case(
        "Root signed in through SSH with a password",
        [_root("password")],
        [_root("publickey")],
    ),
    Case(
        "sudo refused",
        [
            _sudo(
                "  mallory : user NOT in sudoers ; TTY=pts/0 ; PWD=/home/mallory ; USER=root ; "
                "COMMAND=/bin/cat /etc/shadow"
            )
        ],
        [_sudo("   deploy : TTY=pts/0 ; PWD=/srv ; USER=root ; COMMAND=/bin/systemctl restart x")],
    ),
)
