"""Processes that work for us, each behind a connection of its own. Whichever dies, and whenever it
does, nobody waits for it: its connection ends with it, in the middle of a message too."""

from __future__ import annotations

import atexit
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable

Asked = TypeVarTuple("Asked")
Found = TypeVar("Found")

_BEGIN = (
    "import sys; descriptor, *sys.path = sys.argv[1:]; "
    "from triage_tui.worker import serve; serve(int(descriptor))"
)


_GOING = 2.0
"""Seconds that one has to be gone, at most."""


class WorkerLost(Exception):
    """The process that was to do it is gone, or never came to be."""


class _Task(NamedTuple):
    """Something to do."""

    future: Future[Any]
    work: Callable[..., Any]
    asked: tuple[Any, ...]


class Workers:
    """Up to so many processes, which start as they are needed. They are spawned, never forked (a
    fork would inherit locks and terminals), leave ctrl+c to us, and end with us even when we are
    killed. One that dies is not replaced: what killed it (too little memory, mostly) would kill the
    next one too."""

    def __init__(self, most: int, rules: bytes, python: str = sys.executable) -> None:
        """`rules` is the first that each of them hears; `python` is what runs them."""
        self.most = most
        self.lost: list[str] = []
        """Why each that is lost is: `was ended by SIGTERM`."""
        self._rules = rules
        self._python = python
        self._lock = threading.Lock()
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._begun = 0
        self._attended = 0
        """Processes that are there, or about to be: each has a thread."""
        self._threads: list[threading.Thread] = []
        self._unanswered = 0
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._closed = False
        atexit.register(self._end)

    def start(self) -> None:
        """Starts all of them; they get ready while we do."""
        with self._lock:
            for _ in range(self.most):
                self._begin()

    def submit(self, work: Callable[[*Asked], Found], *asked: *Asked) -> Future[Found]:
        """What one of them makes of it; raises WorkerLost where none is left that could, and what
        `work` raises. They take tasks up in order."""
        future: Future[Found] = Future()
        with self._lock:
            if self._unanswered >= self._attended:
                self._begin()
            if self._attended and not self._closed:
                self._unanswered += 1
                self._tasks.put(_Task(future, work, asked))
                return future
        future.set_exception(WorkerLost(self._why()))
        return future

    def close(self) -> None:
        """Ends them, without waiting for work that nobody needs any more."""
        with self._lock:
            self._closed = True
            for process in self._processes:
                process.kill()
            for _ in range(self._attended):
                self._tasks.put(None)

    def _end(self) -> None:
        """The program ends: nobody is left behind."""
        self.close()
        for thread in self._threads:
            thread.join(_GOING)

    def _begin(self) -> None:
        """Starts one more, where there may be one more."""
        if self._begun == self.most or self._closed:
            return
        self._begun += 1
        thread = threading.Thread(target=self._attend, name="worker", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # there are too many already
            self.lost.append(f"cannot be attended: {error}")
        else:
            self._attended += 1
            self._threads.append(thread)

    def _attend(self) -> None:
        """Starts a process and asks it one thing after the other."""
        # A process inherits what its parent is deaf to: ctrl+c is ours, even while it starts.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        why, left = "", None
        try:
            process, connection = self._started()
        except OSError as error:
            why = f"cannot be started: {error.strerror}"
        else:
            with connection:
                broke, left = self._ask_on(connection)
            ended = _ended(process, broke)
            why = ended if broke else ""
            with self._lock:
                self._processes.discard(process)
        finally:
            self._leave(why, left)

    def _started(self) -> tuple[subprocess.Popen[bytes], Connection]:
        """A process, and our end of its connection; the other end is open nowhere else, so that
        it closes with the process."""
        ours, theirs = Pipe()
        with theirs:
            # As multiprocessing does, what our own interpreter was started with is handed on.
            flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
            begin = ("-P", "-c", _BEGIN, str(theirs.fileno()), *sys.path)
            try:
                process = subprocess.Popen(  # noqa: S603 - ourselves, and no shell
                    [self._python, *flags, *begin],
                    # Whatever it said would stand in the middle of a screen.
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
            except BaseException:
                ours.close()
                raise
        with self._lock:
            self._processes.add(process)
            if self._closed:
                process.kill()
        return process, ours

    def _ask_on(self, connection: Connection) -> tuple[str, _Task | None]:
        """Asks a process until nobody wants anything more; what broke, where something did, and
        what it was asked for then."""
        task = None
        try:
            connection.send_bytes(self._rules)
            while (task := self._tasks.get()) is not None:
                if task.future.set_running_or_notify_cancel():
                    _ask(connection, task)
                with self._lock:
                    self._unanswered -= 1
        except (OSError, EOFError, MemoryError) as error:
            return str(error) or type(error).__name__, task
        return "", None

    def _leave(self, why: str, left: _Task | None) -> None:
        """A process is gone, and left something undone. What none is left to do is told to whoever
        waits for it, as well."""
        with self._lock:
            self._attended -= 1
            self._unanswered -= left is not None
            if why and not self._closed:
                self.lost.append(why)
            undone = [] if self._attended else self._undone()
            self._unanswered -= len(undone)
            if self._closed and not self._attended:
                atexit.unregister(self._end)
        if left is not None:
            left.future.set_exception(WorkerLost(why))
        for task in undone:
            if self._closed:
                task.future.cancel()
            elif task.future.set_running_or_notify_cancel():
                task.future.set_exception(WorkerLost(self._why()))

    def _undone(self) -> list[_Task]:
        """What waits; nobody takes it up any more."""
        found: list[_Task] = []
        while True:
            try:
                task = self._tasks.get_nowait()
            except Empty:
                return found
            if task is not None:
                found.append(task)

    def _why(self) -> str:
        return self.lost[-1] if self.lost else "nobody is there to do it"


def _ask(connection: Connection, task: _Task) -> None:
    """Asks a process for something and hands its answer on. Raises what says that it is gone."""
    try:
        connection.send((task.work, task.asked))
        done, answer = connection.recv()
    except (OSError, EOFError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whoever waits for it hears of it
        task.future.set_exception(error)
        return
    if done:
        task.future.set_result(answer)
    else:
        task.future.set_exception(answer)


def _ended(process: subprocess.Popen[bytes], broke: str) -> str:
    """How it did; `broke` is how we saw it. One that hears nothing more is of no use, even where it
    does not end by itself."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GOING)
    process.kill()
    try:
        code = process.wait(_GOING)
    except subprocess.TimeoutExpired:
        return f"does not end ({broke})"
    if code == -signal.SIGKILL:
        return "was killed (out of memory?)"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with {code} ({broke})"
