"""Many events a second into the installed program, recorded without a screen: none may be lost,
none may be twice. `python -m tests.aws.rate` prints one line.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = str(Path(sys.executable).with_name("triage-tui"))
_PATIENCE = 120.0


def memory(pid: int) -> int:
    """Bytes that a process and its children hold in memory of their own."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if int(folder.name) == pid or parent == pid:
                smaps = (folder / "smaps_rollup").read_text().split("Pss:")[1]
                total += int(smaps.split()[0]) * 1024
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--quotas", action="store_true", help="with those that AWS has")
    arguments = parser.parse_args()
    count = arguments.rate * arguments.seconds
    with tempfile.TemporaryDirectory() as home:
        return run(home, count, arguments.rate, quotas=arguments.quotas)


def run(home: str, count: int, rate: int, *, quotas: bool) -> int:
    environment = os.environ | {
        "HOME": home,
        "XDG_STATE_HOME": f"{home}/state",
        "XDG_CONFIG_HOME": f"{home}/config",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    config = Path(home, "config", "triage-tui", "config.toml")
    config.parent.mkdir(parents=True)
    config.write_text(f"[logs]\nrequests_per_second = {8 if quotas else 100}\n")
    serve = [sys.executable, "-m", "tests.aws.serve", "--groups", "10", "--flood"]
    serve += ["--quotas"] if quotas else ["--update", "1000000"]
    server = subprocess.Popen(
        [*serve, "--count", str(count), "--rate", str(rate)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    environment["AWS_ENDPOINT_URL"] = json.loads(server.stdout.readline())["url"]
    live = [PROGRAM, "live", "--region", "eu-west-1", "--log-group", "/shop/*", "--headless"]
    program = subprocess.Popen(
        [*live, "--json", "--top", "1"], env=environment, stdout=subprocess.PIPE, text=True
    )
    begun, most = time.monotonic(), 0
    want = count + 3
    while program.poll() is None and time.monotonic() - begun < count / rate + _PATIENCE:
        most = max(most, memory(program.pid))
        recorded = Path(f"{home}/state/triage-tui/recordings").glob("*/*.jsonl")
        if time.monotonic() - begun > count / rate and _lines(recorded) >= want:
            break
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(2)
    behind = time.monotonic() - begun - count / rate
    program.send_signal(signal.SIGINT)
    found = json.loads(program.communicate()[0])
    server.send_signal(signal.SIGTERM)
    served = json.loads(server.communicate()[0].splitlines()[-1])
    want = served["events"] + 3
    print(  # noqa: T201 - this is what it is for
        f"{count:,} events at {rate:,}/s: {found['events']:,} of {want:,} came, "
        f"{found['duplicates']} twice; done {behind:.0f} s after the last was sent; "
        f"{most / 1e6:.0f} MB at most, {most / max(1, found['events']):.0f} bytes an event; "
        f"{lag(served['lags'], begun + count / rate)}"
    )
    return 0 if found["events"] == want and not found["duplicates"] else 1


def lag(lags: list[tuple[float, float]], until: float) -> str:
    """How far FilterLogEvents was behind at most while events came, and at last."""
    told = [behind for at, behind in lags if at <= until]
    return f"up to {max(told, default=0):.0f} s behind, {told[-1] if told else 0:.0f} s at last"


def _lines(paths: Iterable[Path]) -> int:
    total = 0
    for path in paths:
        with open(path, "rb") as file:
            total += sum(not line.startswith(b'{"triage-tui-recording"') for line in file)
    return total


if __name__ == "__main__":
    sys.exit(main())
