"""What every test runs in: a home of its own, no AWS, no network, nothing blocking the loop."""

import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import count
from pathlib import Path

import pytest
from blockbuster import BlockBuster
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"

HIDDEN_NAMES = {
    *("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES", "TMUX", "STY"),
    *("EDITOR", "VISUAL", "TERM_PROGRAM"),
}
HIDDEN_PREFIXES = ("AWS_", "BOTO", "LC_", "PYTHON", "SSH_", "TEXTUAL", "TRIAGE_TUI", "XDG_")
FIXED = {
    "AWS_EC2_METADATA_DISABLED": "true",  # no look-up of credentials at the instance's address
    "LC_ALL": "C.UTF-8",
    "TERM": "xterm-256color",
    "TEXTUAL_ANIMATIONS": "none",
    "TEXTUAL_SMOOTH_SCROLL": "0",
    "TZ": "UTC",
}


def _hide_machine() -> None:
    """At import, not in a fixture: Textual reads its variables once, when it is imported."""
    for name in list(os.environ):
        if name in HIDDEN_NAMES or name.startswith(HIDDEN_PREFIXES):
            del os.environ[name]
    os.environ.update(FIXED)
    # Whoever is started with `&` is deaf to ctrl+c, and so would be the programs that we start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


_hide_machine()

# Each run of the tests looks at a few other examples, `make soak` at many at once. A test that
# names a number keeps to it in both.
EXAMPLES = 30
settings.register_profile("local", deadline=None, max_examples=EXAMPLES)
settings.register_profile("soak", deadline=None, max_examples=30 * EXAMPLES)
settings.register_profile(
    "ci",
    deadline=None,
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "local")

gc.disable()  # until everything is collected, which makes much that stays


def pytest_collection_finish() -> None:
    """What all tests share is looked through for garbage once, and what they make less often than
    usual: a tenth of the time went there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


_homes = count()


@pytest.fixture(scope="session")
def _all_homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of all tests and workers together: the programs that they start compile our rules once, not
    each anew."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "xdg-cache"


@pytest.fixture(autouse=True)
def home(_all_homes: Path, _cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory of this test's own, with the XDG folders in it (not yet made). Only
    the cache is shared: a test that is about it sets its own `XDG_CACHE_HOME`."""
    path = _all_homes / str(next(_homes))
    path.mkdir()
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(_cache))
    for kind in ("config", "data", "state"):
        monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", str(path / f"xdg-{kind}"))
    return path


_reached: list[str] = []


def _is_here(host: object) -> bool:
    """True for loopback, and for what names no host at all."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False


_CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_LOOKING_UP = {"socket.getaddrinfo", "socket.gethostbyname"}
_REACHING = _CONNECTING | _LOOKING_UP


def _refuse_network(event: str, args: tuple[object, ...]) -> None:
    """Audit hook: stop what would leave this machine, before it does. It is asked hundreds of
    thousands of times a second, nearly always about something else."""
    if event not in _REACHING:
        return
    if event in _CONNECTING:
        address = args[1]
        if not isinstance(args[0], socket.SocketType) or not isinstance(address, tuple):
            return
        if args[0].family not in (socket.AF_INET, socket.AF_INET6):
            return
        host: object = address[0]
    else:
        host = args[0]
    if not _is_here(host):
        _reached.append(f"{event} {host!r}")
        raise RuntimeError(f"tests stay on this machine: {event} {host!r}")


sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """Fail also where the code under test has swallowed the refusal."""
    _reached.clear()
    yield
    if _reached:
        pytest.fail(f"tests stay on this machine, but this one tried {', '.join(_reached)}")


def _blockbuster() -> BlockBuster:
    """Finds blocking calls with our code on the stack; start-up of Textual itself is exempt, and
    so are the AWS client's small files."""
    blockbuster = BlockBuster(["triage_tui", "widgets"])
    for name in ("os.path.abspath", "os.getcwd"):  # no disk is touched
        del blockbuster.functions[name]
    for function in blockbuster.functions.values():
        function.can_block_in("textual/css/stylesheet.py", {"read", "read_all"})
        function.can_block_in("textual/app.py", {"__init__"})
        # The AWS client reads small files of ~/.aws when somebody signs in, now and then.
        function.can_block_in("botocore/configloader.py", {"raw_config_parse"})
        function.can_block_in("botocore/utils.py", {"__contains__", "__getitem__", "__call__"})
        function.can_block_in("asyncio/unix_events.py", {"_start"})
    return blockbuster


@pytest.fixture(autouse=True)
def _nothing_blocks(request: pytest.FixtureRequest) -> Iterator[None]:
    """In async tests, raise where our code blocks the event loop (files, SQLite, locks, sleep).

    The mark `may_block("why")` switches it off for one test.
    """
    node = request.node
    if node.get_closest_marker("asyncio") is None or node.get_closest_marker("may_block"):
        yield
        return
    blockbuster = _blockbuster()
    blockbuster.activate()
    try:
        yield
    finally:
        blockbuster.deactivate()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real logs that lies beside a developer's checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the folder of real logs, shared/data beside the checkout: not here")
    return SHARED_DATA
