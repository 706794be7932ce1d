"""MFA codes without a screen: asked for on the terminal, where there is somebody."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import termios
from typing import TYPE_CHECKING

from . import console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_tui.health import CodeRequest

_CODE = re.compile(r"\d{6}", re.ASCII)
_LONGEST = 1024
"""Bytes of a line that somebody types."""


class TerminalCodes:
    """Implements `ports.CodeAsker` over the terminal that the program was started in."""

    later = "start it again"

    async def __call__(self, asked: CodeRequest) -> str | None:
        """The code; None for an empty line."""
        if asked.refused:
            console.say(asked.refused)
        console.say(f"MFA code for {asked.whose} (role {asked.role}, device {asked.serial})")
        while True:
            line = await self._line("code, or Enter for not now: ")
            code = "".join(line.split())
            if not code:
                return None
            if _CODE.fullmatch(code):
                return code
            console.say("a code has six digits")

    async def _line(self, prompt: str) -> str:
        """One line that nobody sees; may be cancelled while it is awaited."""
        with _unseen() as terminal:
            os.write(terminal, prompt.encode())
            typed: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            loop = asyncio.get_running_loop()

            def read() -> None:
                if not typed.done():
                    typed.set_result(os.read(terminal, _LONGEST))

            loop.add_reader(terminal, read)
            try:
                return (await typed).decode("utf-8", "replace")
            finally:
                loop.remove_reader(terminal)
                os.write(terminal, b"\n")


def asker() -> TerminalCodes | None:
    """Who asks; None where nobody is at a terminal."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
    try:
        # Whoever reads from the background is stopped.
        return TerminalCodes() if os.tcgetpgrp(terminal) == os.getpgrp() else None
    except OSError:
        return None
    finally:
        os.close(terminal)


@contextlib.contextmanager
def _unseen() -> Iterator[int]:
    """The terminal, which does not show what is typed meanwhile."""
    terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    try:
        before = termios.tcgetattr(terminal)
        quiet = [*before]
        quiet[3] &= ~termios.ECHO
        termios.tcsetattr(terminal, termios.TCSAFLUSH, quiet)
        try:
            yield terminal
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
    finally:
        os.close(terminal)
