"""What rules cost: the same scan with them and without, run by turns."""

from __future__ import annotations

from pathlib import Path
from statistics import median
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
    aws, web = SIGMA / "cloud", SIGMA / "web"
    waf, alb, cloudfront = (
        web_file(setting.folder, kind, setting.rows) for kind in ("waf", "alb", "cloudfront")
    )
    compiled: set[str] = set()  # is kept, and measured nowhere
    own = OWN if any(FOLDER.rglob("*.yml")) else None
    for name, found, file in (
        ("our pack, CloudTrail", own, setting.file),
        ("our pack, WAF", own, waf),
        ("our pack, ALB", own, alb),
        ("our pack, CloudFront", own, cloudfront),
        ("SigmaHQ's AWS set, CloudTrail", str(aws) if aws.is_dir() else None, setting.file),
        ("SigmaHQ's web set, WAF", str(web) if web.is_dir() else None, waf),
        ("SigmaHQ's web set, ALB", str(web) if web.is_dir() else None, alb),
    ):
        if found is not None:
            if found not in compiled:
                timed(setting.scan_with(found, setting.one_event), setting.env)
                compiled.add(found)
            yield _row(setting, name, found, file)


def _row(setting: Setting, name: str, found: str, file: Path) -> Row:
    commands = (setting.scan(file), setting.scan_with(found, file))
    rounds = [[timed(command, setting.env) for command in commands] for _ in range(setting.runs)]
    off, on = (median(took.cpu for took in each) for each in zip(*rounds, strict=True))
    details = f"{on:.1f} s of CPU to {off:.1f} s"
    return at_most(f"rules on, {name}, to off", on / off, BUDGET, "×", details)
