"""A link on which everything takes its time: runs a program in a terminal of its own, and carries
what is typed and what is shown, each byte so many seconds late and no more bits a second.

`python slowlink.py SECONDS[@BITS] COMMAND…`
"""

import fcntl
import os
import pty
import select
import sys
import termios
import time
import tty
from collections import deque

PIECE = 64
"""Bytes that are carried together where the link is narrow."""
BACKLOG = 2048
"""Bytes that may wait before the program has to: what the buffers on the way hold."""
BITS_A_BYTE = 10
"""On a serial line, with its start and its stop bit."""


class Link:
    """One direction."""

    def __init__(self, delay: float, bits: float) -> None:
        self._delay, self._bits = delay, bits
        self._free = 0.0
        self.late: deque[tuple[float, bytes]] = deque()
        """When it is due, and what it is."""

    @property
    def is_full(self) -> bool:
        return bool(self._bits) and sum(len(data) for _, data in self.late) > BACKLOG

    def take(self, data: bytes) -> None:
        now = time.monotonic()
        for at in range(0, len(data), PIECE if self._bits else len(data)):
            piece = data[at : at + PIECE] if self._bits else data
            begin = max(now, self._free)
            spent = len(piece) * BITS_A_BYTE / self._bits if self._bits else 0.0
            self._free = begin + spent
            self.late.append((self._free + self._delay, piece))

    def due(self) -> bytes:
        out = b""
        while self.late and self.late[0][0] <= time.monotonic():
            out += self.late.popleft()[1]
        return out


def main() -> int:
    told, command = sys.argv[1], sys.argv[2:]
    delay, _, bits = told.partition("@")
    size = fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)
    pid, inside = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        os.execv(command[0], command)  # noqa: S606 - the program under test
    tty.setraw(0)
    rate = float(bits or 0)
    links = {0: Link(float(delay), rate), inside: Link(float(delay), rate)}
    goes_to = {0: inside, inside: 1}
    open_ = {0, inside}
    while inside in open_ or links[inside].late:
        due = [link.late[0][0] for link in links.values() if link.late]
        wait = max(0.0, min(due) - time.monotonic()) if due else None
        listening = sorted(source for source in open_ if not links[source].is_full)
        ready, _, _ = select.select(listening, [], [], wait)
        for source in ready:
            try:
                data = os.read(source, 65536 if not rate else BACKLOG)
            except OSError:  # EIO: the program has ended
                data = b""
            if data:
                links[source].take(data)
            else:
                open_.discard(source)
        for source, link in links.items():
            data = link.due()
            if data and (source == inside or inside in open_):
                os.write(goes_to[source], data)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
