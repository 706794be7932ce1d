"""From where somebody sits at this program: the far ends of their SSH sessions, also behind sudo,
which hides the environment, and behind tmux, whose panes keep that of whoever came first.

What cannot be seen is not guessed: then there is one address less that nobody may block.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from triage_tui.respond.guard import own_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Ask = Callable[[Sequence[str]], str]

PROC = Path("/proc")
DEEPEST = 64
"""Processes that are followed upwards."""
PATIENCE = 1.0
"""Seconds until tmux or who has answered."""
_FROM = re.compile(r"\(([0-9a-fA-F.:%\w]+)\)\s*$")
"""The host at the end of a line of who(1)."""


def _asked(command: Sequence[str]) -> str:
    """What a command prints; "" where it cannot be run, fails or takes its time."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words, and no shell
            command, stdin=None, capture_output=True, text=True, timeout=PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return done.stdout


def session_addresses(
    environ: Mapping[str, str],
    *,
    pid: int | None = None,
    proc: Path = PROC,
    ask: Ask = _asked,
) -> tuple[str, ...]:
    """Both ends of every SSH session that leads here, as far as they can be seen. Blocking."""
    above = list(_ancestors(os.getpid() if pid is None else pid, proc))
    seen = [environ, *(_environ(each, proc) for each in above)]
    sockets = dict.fromkeys(
        each["TMUX"].split(",")[0] for each in seen if each.get("TMUX", "").startswith("/")
    )
    for socket in sockets:
        seen += _attached(socket, proc, ask)
    found = [address for each in seen for address in _of(each)]
    return tuple(dict.fromkeys([*found, *_logged_in(ask)]))


def _of(environ: Mapping[str, str]) -> Iterator[str]:
    yield from own_addresses(environ.get("SSH_CONNECTION", ""))
    # `client port server-port`, of older servers.
    client = environ.get("SSH_CLIENT", "").split()
    if len(client) == 3:
        yield from own_addresses(f"{client[0]} {client[1]} {client[0]} {client[2]}")


def _ancestors(pid: int, proc: Path) -> Iterator[int]:
    """The processes above one, the nearest first."""
    for _ in range(DEEPEST):
        pid = _parent(pid, proc)
        if pid <= 1:
            return
        yield pid


def _parent(pid: int, proc: Path) -> int:
    """The process above; 0 where it cannot be seen."""
    try:
        stat = (proc / str(pid) / "stat").read_text("utf-8", "replace")
        # The second field is a name in parentheses, with anything in it.
        return int(stat.rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _environ(pid: int, proc: Path) -> dict[str, str]:
    """A process's environment as it was started; empty where it cannot be read."""
    try:
        data = (proc / str(pid) / "environ").read_bytes()
    except OSError:
        return {}
    pairs = (part.partition("=") for part in data.decode("utf-8", "replace").split("\0"))
    return {name: value for name, _, value in pairs}


def _attached(socket: str, proc: Path, ask: Ask) -> Iterator[Mapping[str, str]]:
    """The environments of whoever looks at a tmux server now."""
    text = ask(["tmux", "-S", socket, "show-environment", "SSH_CONNECTION"])
    name, _, value = text.strip().partition("=")
    if name == "SSH_CONNECTION":
        yield {name: value}
    for line in ask(["tmux", "-S", socket, "list-clients", "-F", "#{client_pid}"]).split():
        if line.isdigit():
            client = int(line)
            yield _environ(client, proc)
            for above in _ancestors(client, proc):
                yield _environ(above, proc)


def _logged_in(ask: Ask) -> Iterator[str]:
    """Where the login on this terminal is from, as who(1) has it."""
    for line in ask(["who", "-m"]).splitlines():
        found = _FROM.search(line)
        if found is not None:
            yield from own_addresses(f"{found[1]} 0 {found[1]} 0")
