"""Emulators of AWS that others wrote, each in a process of its own on loopback."""

import contextlib
import logging
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

_BIN = Path(sys.executable).parent
_PATIENCE = 60.0


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _running(command: list[str], url: str, **environment: str) -> Iterator[str]:
    process = subprocess.Popen(
        command,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + _PATIENCE
        while not _answers(url):
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            assert time.monotonic() < end, f"{command[0]} does not answer"
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextlib.contextmanager
def ministack() -> Iterator[str]:
    """Logs with a real Live Tail, and CloudTrail of the calls that it gets. Its URL."""
    port = free_port()
    with _running(
        [str(_BIN / "ministack")],
        f"http://127.0.0.1:{port}",
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        CLOUDTRAIL_RECORDING="1",
    ) as url:
        yield url


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """Everything a little, and nothing that lasts: a Live Tail of it ends at once. Its URL."""
    from moto.server import ThreadedMotoServer  # long to load, and few ask for it

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextlib.contextmanager
def microburst(upstream: str) -> Iterator[str]:
    """A proxy that breaks what comes through. Its URL."""
    port = free_port()
    command = [str(_BIN / "microburst"), "--upstream", upstream, "--port", str(port)]
    with _running([*command, "--host", "127.0.0.1"], f"http://127.0.0.1:{port}") as url:
        yield url
