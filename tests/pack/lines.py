"""Lines of VPC flow logs and of sshd."""

from __future__ import annotations

import datetime as dt

MORNING = dt.datetime(2026, 3, 10, 9, 0, tzinfo=dt.UTC)
HOST = "10.0.1.15"
OUTSIDE = "203.0.113.99"


def flow(
    source: str,
    target: str,
    port: int,
    *,
    from_port: int = 41822,
    action: str = "ACCEPT",
    size: int = 840,
    at: float = 0,
) -> bytes:
    """A line of a flow log, version 2, of TCP."""
    start = int(MORNING.timestamp() + at)
    return (
        f"2 111122223333 eni-0a1b2c3d4e5f60718 {source} {target} {from_port} {port} 6 10 {size} "
        f"{start} {start + 60} {action} OK"
    ).encode()


def ssh(message: str, *, at: float = 0, program: str = "sshd[1204]") -> bytes:
    """A line of `auth.log`."""
    when = (MORNING + dt.timedelta(seconds=at)).isoformat()
    return f"{when} bastion {program}: {message}".encode()


def failed(name: str = "root", *, ip: str = OUTSIDE, at: float = 0, known: bool = True) -> bytes:
    """A password that was refused."""
    who = name if known else f"invalid user {name}"
    return ssh(f"Failed password for {who} from {ip} port 41822 ssh2", at=at)
