"""A link on which everything takes its time: runs a program in a terminal of its own, and carries
what is typed and what is shown, each byte so many seconds late.

`python slowlink.py SECONDS COMMAND…`
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


def main() -> int:
    delay, command = float(sys.argv[1]), sys.argv[2:]
    size = fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)
    pid, inside = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        os.execv(command[0], command)  # noqa: S606 - the program under test
    tty.setraw(0)
    late: dict[int, deque[tuple[float, bytes]]] = {0: deque(), inside: deque()}
    """By where it came from: when it is due, and what it is."""
    goes_to = {0: inside, inside: 1}
    open_ = {0, inside}
    while inside in open_ or late[inside]:
        due = [queue[0][0] for queue in late.values() if queue]
        wait = max(0.0, min(due) - time.monotonic()) if due else None
        ready, _, _ = select.select(sorted(open_), [], [], wait)
        for source in ready:
            try:
                data = os.read(source, 65536)
            except OSError:  # EIO: the program has ended
                data = b""
            if data:
                late[source].append((time.monotonic() + delay, data))
            else:
                open_.discard(source)
        for source, queue in late.items():
            while queue and queue[0][0] <= time.monotonic():
                _, data = queue.popleft()
                if source == inside or inside in open_:
                    os.write(goes_to[source], data)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
