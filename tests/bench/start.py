"""What starting costs, of the program when it has nothing to do and of the Lambda function."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.processes import timed
from tests.bench.table import Row, at_most, number

if TYPE_CHECKING:
    from tests.bench.setting import Setting

HEAVY = frozenset(("boto3", "botocore", "aiobotocore", "numpy", "textual"))
_RUNS = 15
COLD = """
import sys
sys.path.insert(0, sys.argv[1])
from triage_tui.trigger import handler
from triage_tui.model import Severity
from triage_tui.trigger.watch import batches
lasting = handler._lasting()
lasting.clients.client("dynamodb")
assert lasting.watch.read(batches(sys.argv[2].encode(), "", 0), Severity.LOW).records == 1
"""
"""All that the first record of a log has to wait for, with an interpreter that was started bare."""
RECORD = """{"eventVersion":"1.08","eventTime":"2026-03-15T02:00:00Z","eventName":"StopLogging",
"eventSource":"cloudtrail.amazonaws.com","awsRegion":"eu-west-1","eventType":"AwsApiCall",
"sourceIPAddress":"198.51.100.23","userIdentity":{"type":"Root","accountId":"111122223333",
"arn":"arn:aws:iam::111122223333:root"},"eventID":"11111111-2222-4333-8444-555555555555",
"requestParameters":{"name":"trail"}}""".replace("\n", "")
_LAMBDA = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TRIAGE_TUI_TABLE": "t",
    "TRIAGE_TUI_TOPIC": "a",
}


def version(setting: Setting) -> list[Row]:
    """`--version` beside the bare interpreter; and what it imports."""
    ours, bare = [], []
    for _ in range(_RUNS if setting.runs > 1 else 1):
        ours.append(timed([setting.program, "--version"], setting.env).wall)
        bare.append(timed([sys.executable, "-c", "pass"], setting.env).wall)
    ratio, imported = median(ours) / median(bare), sorted(_imports(setting) & HEAVY)
    measured = f"{number(ratio)} × ({median(ours) * 1000:.0f} ms to {median(bare) * 1000:.0f} ms)"
    if imported:
        measured += f", imports {', '.join(imported)}"
    budget = "≤ 5 ×, no numpy, textual, boto"
    return [Row("--version, to python -c pass", measured, budget, ratio <= 5 and not imported)]


def cold_start(setting: Setting) -> list[Row]:
    """The first call of the Lambda function, up to its first record."""
    task = Path(setting.home) / "task"
    package = task.with_suffix(".zip")
    building = [setting.program, *("trigger", "package", "--quiet", "--rules", "default")]
    timed([*building, "--output", str(package)], setting.env)
    with zipfile.ZipFile(package) as archive:
        archive.extractall(task)
    command = [sys.executable, "-P", "-c", COLD, str(task), RECORD]
    taken = [timed(command, setting.env | _LAMBDA) for _ in range(_RUNS if setting.runs > 1 else 1)]
    details = f"{median(each.cpu for each in taken):.2f} s of a core; {package.stat().st_size:,} B"
    wall = median(each.wall for each in taken)
    return [at_most("cold start of the Lambda function", wall, 1.0, "s", details)]


def _imports(setting: Setting) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", setting.program, "--version"],
        capture_output=True,
        text=True,
        env=setting.env,
        check=True,
    )
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
