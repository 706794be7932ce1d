"""The thread that writes to the terminal. A line that stalls (the network is away, and nobody has
noticed yet) takes nothing for minutes: nobody waits for it but this thread."""

from __future__ import annotations

from queue import Queue
from typing import IO, TYPE_CHECKING

from textual.drivers._writer_thread import WriterThread

if TYPE_CHECKING:
    from textual.driver import Driver

FULL = 24
"""What waits to be written, in pieces (a frame is up to three), where the line is full: nothing is
painted until all of it is gone."""
LAST_WORDS = 5.0
"""Seconds that the terminal has to take what waits when it is given back."""

_make_writer = WriterThread.__init__


def _make_endless(writer: WriterThread, file: IO[str]) -> None:
    """Textual's queue holds thirty pieces; the event loop would wait to put in another one."""
    _make_writer(writer, file)
    writer._queue = Queue()


def _stop(writer: WriterThread) -> None:
    """Textual waits for the last piece however long that takes. Whoever draws through a file that
    knows `give_up` hears that nobody takes it."""
    writer._queue.put(None)
    writer.join(LAST_WORDS)
    give_up = getattr(writer._file, "give_up", None)
    if writer.is_alive() and give_up is not None:
        give_up()


WriterThread.__init__ = _make_endless  # type: ignore[assignment,method-assign]
WriterThread.stop = _stop  # type: ignore[assignment,method-assign]


def waiting(driver: Driver | None) -> int:
    """Pieces that wait to be written; 0 where nothing is drawn."""
    writer: WriterThread | None = getattr(driver, "_writer_thread", None)
    return 0 if writer is None else writer._queue.qsize()
