"""What rules cost: the same scan with them and without, run by turns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.processes import timed
from tests.bench.table import Row, at_most
from tests.bench.web import web_file
from triage_tui.detect.packs import FOLDER, OWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.setting import Setting

SIGMA = Path(__file__).resolve().parents[3] / "shared" / "data" / "sigma" / "rules"
"""SigmaHQ's rules, where they lie beside the checkout."""
BUDGET = 1.5


def rules(setting: Setting) -> Iterator[Row]:
    """`scan` with rules and without."""
    compiled: set[str] = set()  # is kept, and measured nowhere
    for name, found, file in compared(setting):
        if found not in compiled:
            timed(setting.scan_with(found, setting.one_event), setting.env)
            compiled.add(found)
        yield _row(setting, name, found, file)


def compared(setting: Setting) -> Iterator[tuple[str, str, Path]]:
    """The name of each row, the rules as `--rules` takes them, and the file that they run over;
    nothing of rules that are not here."""
    aws, web = SIGMA / "cloud", SIGMA / "web"
    waf, alb, cloudfront = (
        web_file(setting.folder, kind, setting.rows) for kind in ("waf", "alb", "cloudfront")
    )
    if any(FOLDER.rglob("*.yml")):
        yield "our pack, CloudTrail", OWN, setting.file
        yield "our pack, WAF", OWN, waf
        yield "our pack, ALB", OWN, alb
        yield "our pack, CloudFront", OWN, cloudfront
    if aws.is_dir():
        yield "SigmaHQ's AWS set, CloudTrail", str(aws), setting.file
    if web.is_dir():
        yield "SigmaHQ's web set, WAF", str(web), waf
        yield "SigmaHQ's web set, ALB", str(web), alb


def _row(setting: Setting, name: str, found: str, file: Path) -> Row:
    commands = (setting.scan(file), setting.scan_with(found, file))
    rounds = [[timed(command, setting.env) for command in commands] for _ in range(setting.runs)]
    # Neighbours of a processor only ever add to what a run takes: the least is nearest to it.
    off, on = (min(took.cpu for took in each) for each in zip(*rounds, strict=True))
    details = f"{on:.1f} s of CPU to {off:.1f} s"
    return at_most(f"rules on, {name}, to off", on / off, BUDGET, "×", details)
