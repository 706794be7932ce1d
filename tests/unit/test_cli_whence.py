"""Where somebody sits: seen through sudo, tmux and a login's own record."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from triage_tui.cli.whence import session_addresses

LAPTOP, BASTION, HOTEL = "203.0.113.5", "10.0.0.9", "198.51.100.77"


class Machine:
    """Processes, and what commands print on it."""

    def __init__(self, proc: Path) -> None:
        self.proc = proc
        self.said: dict[str, str] = {}
        self.asked: list[str] = []

    def process(self, pid: int, parent: int, name: str = "bash", **environ: str) -> None:
        folder = self.proc / str(pid)
        folder.mkdir()
        (folder / "stat").write_text(f"{pid} ({name}) S {parent} {pid} {pid} 0 -1")
        data = "\0".join(f"{key}={value}" for key, value in environ.items())
        (folder / "environ").write_bytes(data.encode() + b"\0")

    def ask(self, command: Sequence[str]) -> str:
        self.asked.append(" ".join(command))
        return next((text for part, text in self.said.items() if part in self.asked[-1]), "")

    def found(self, pid: int, **environ: str) -> tuple[str, ...]:
        return session_addresses(environ, pid=pid, proc=self.proc, ask=self.ask)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def ssh(client: str) -> str:
    return f"{client} 50022 {BASTION} 22"


def test_a_plain_session(machine: Machine) -> None:
    assert machine.found(9, SSH_CONNECTION=ssh(LAPTOP)) == (LAPTOP, BASTION)
    assert machine.found(9, SSH_CLIENT=f"{LAPTOP} 50022 22") == (LAPTOP,)
    assert machine.found(9) == ()


def test_behind_sudo_the_shell_above_still_knows(machine: Machine) -> None:
    machine.process(100, 1, "sshd")
    machine.process(101, 100, SSH_CONNECTION=ssh(LAPTOP))
    machine.process(102, 101, "sudo (x) y", SUDO_USER="maria")
    machine.process(103, 102)
    assert machine.found(103) == (LAPTOP, BASTION)


def test_a_pane_of_tmux_asks_who_looks_at_it_now(machine: Machine) -> None:
    machine.process(50, 1, "tmux: server", SSH_CONNECTION=ssh(LAPTOP))
    machine.process(51, 50, SSH_CONNECTION=ssh(LAPTOP), TMUX="/tmp/tmux-0/default,50,0")
    machine.process(70, 1, SSH_CONNECTION=ssh(HOTEL))
    machine.process(71, 70, "tmux: client", TERM="xterm")
    machine.said["list-clients"] = "71\nrubbish\n"
    machine.said["show-environment"] = f"SSH_CONNECTION={ssh('2001:db8::1')}\n"
    found = machine.found(51, TMUX="/tmp/tmux-0/default,50,0")
    assert set(found) == {LAPTOP, BASTION, HOTEL, "2001:db8::1"}
    assert machine.asked[0] == "tmux -S /tmp/tmux-0/default show-environment SSH_CONNECTION"
    machine.said["show-environment"] = "-SSH_CONNECTION\n"
    assert "2001:db8::1" not in machine.found(51, TMUX="/tmp/tmux-0/default,50,0")


def test_behind_sudo_in_tmux_the_socket_is_found_above(machine: Machine) -> None:
    machine.process(51, 1, TMUX="/tmp/tmux-1000/default,50,0")
    machine.process(52, 51, "sudo")
    machine.process(70, 1, SSH_CONNECTION=ssh(HOTEL))
    machine.said["list-clients"] = "70\n"
    assert machine.found(52) == (HOTEL, BASTION)


def test_the_record_of_the_login(machine: Machine) -> None:
    machine.said["who -m"] = f"maria    pts/3        2026-11-28 02:14 ({LAPTOP})\n"
    assert machine.found(9) == (LAPTOP,)
    machine.said["who -m"] = "maria    pts/3        2026-11-28 02:14 (office.example)\n"
    assert machine.found(9) == ()


def test_what_makes_no_sense_breaks_nothing(machine: Machine) -> None:
    machine.process(5, 5, SSH_CONNECTION="a b c d")
    (machine.proc / "6").mkdir()
    (machine.proc / "6" / "stat").write_bytes(b"\xff\xfe")
    assert machine.found(5, TMUX="none", SSH_CLIENT="x") == ()
    assert machine.found(6) == ()
    assert session_addresses({}) is not None  # this very machine
