"""A line between a program and a server that somebody may cut: what goes through is broken off, and
nobody gets through until it is mended."""

import asyncio
import contextlib
import threading
from typing import Self
from urllib.parse import urlsplit

_PATIENCE = 60.0


class Relay:
    """Serves in a thread of its own, on a free port of loopback, while it is entered."""

    def __init__(self, to: str) -> None:
        """`to` is the server's URL."""
        there = urlsplit(to)
        self._there = there.hostname, there.port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._cut = False
        self._through: set[asyncio.Task[None]] = set()
        self.url = ""
        self.turned_away = 0
        """Connections that were made while it was cut."""

    def __enter__(self) -> Self:
        self._thread.start()
        port = self._do(self._serve())
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_error: object) -> None:
        self.cut()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    def cut(self) -> None:
        """From now on nothing goes through."""
        self._do(self._break_off())

    def mend(self) -> None:
        """From now on everything does again."""
        self._cut = False

    def _do(self, work: object) -> object:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)  # type: ignore[arg-type]

    async def _serve(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _end(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _break_off(self) -> None:
        self._cut = True
        going = [*self._through]
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            self.turned_away += 1
            writer.transport.abort()
            return
        task = asyncio.ensure_future(self._pass_on(reader, writer))
        self._through.add(task)
        task.add_done_callback(self._through.discard)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        further, back = await asyncio.open_connection(*self._there)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_copy(reader, back))
                tasks.create_task(_copy(further, writer))
        except* OSError:  # what one side breaks off is broken off for the other
            pass
        finally:
            writer.transport.abort()
            back.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
