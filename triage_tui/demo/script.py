"""The bundled incident, told from its seed: `python -m triage_tui.demo.script [FOLDER]`.

Sunday 2026-03-15, 01:30 to 02:30 UTC, at the web shop "orders". A scanner knocks on
`/wp-admin` and finds a forgotten file with a key in it. The key is maria.keller's, who comes
once a month. At 02:04 somebody else signs with it; at 02:09 the orders begin to disappear; at
02:14 the pager goes off; at 02:17 the key becomes a role session. Around them the shop, the
office and the machines go on as always.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from triage_tui.demo.cast import Scripted, clock, dice
from triage_tui.demo.delivery import (
    filtered_events,
    json_lines,
    packed,
    trail_delivery,
    trail_files,
    web_delivery,
    with_broken_line,
)
from triage_tui.demo.findings import event_findings, export_findings, get_findings
from triage_tui.demo.history import history
from triage_tui.demo.inspector import list_findings
from triage_tui.demo.intruder import intrusion
from triage_tui.demo.machines import machines
from triage_tui.demo.scanner import front_door
from triage_tui.demo.shop import shop
from triage_tui.demo.staff import staff

# The WAF's last minutes were fetched by hand; both sources hold the seconds between.
FETCHED_FROM = clock("02:24:00")
STREAMED_UNTIL = clock("02:24:02")
TRAIL_DUPLICATES = 4
DATA_DUPLICATES = 3


def trail_events() -> list[Scripted]:
    """All of CloudTrail's night, by the time of the event."""
    return sorted((*intrusion(), *staff(), *machines()), key=lambda item: item.at)


def web_requests() -> list[Scripted]:
    """All of WAF's night, by the time of the request."""
    return sorted((*shop(), *front_door()), key=lambda item: item.at)


def incident() -> dict[str, bytes]:
    """The night's files: path under `incident/` to content, not yet compressed."""
    return {**_trail_folder(), **_web_files(), **_finding_files()}


def _trail_folder() -> dict[str, bytes]:
    """Management events from the trail's bucket, data events from a log group."""
    events = trail_events()
    management = [item for item in events if item.record["managementEvent"]]
    data = [item for item in events if not item.record["managementEvent"]]
    bucket = trail_files(trail_delivery(dice("bucket"), management, TRAIL_DUPLICATES))
    group = trail_delivery(dice("log group"), data, DATA_DUPLICATES)
    lines = with_broken_line(json_lines(item.record for item in group))
    files = {f"cloudtrail-management/{name}": content for name, content in bucket.items()}
    return {"cloudtrail-data-events.jsonl": lines, **files}


def _web_files() -> dict[str, bytes]:
    requests = web_requests()
    streamed = [item for item in requests if item.at < STREAMED_UNTIL]
    fetched = [item for item in requests if item.at >= FETCHED_FROM]
    lines = json_lines(item.record for item in web_delivery(dice("stream"), streamed))
    return {
        "waf.jsonl": lines,
        "waf-filter-log-events.json": filtered_events(dice("fetch"), fetched),
    }


def _finding_files() -> dict[str, bytes]:
    lines = sorted((*export_findings(), *event_findings()), key=lambda item: item.at)
    return {
        "guardduty.jsonl": json_lines(item.record for item in lines),
        "guardduty-get-findings.json": json_lines([get_findings()]),
        "inspector-list-findings.json": json_lines([list_findings()]),
    }


def month_before() -> dict[str, bytes]:
    """The quiet month: path under `history/` to content, not yet compressed."""
    events = sorted(history(), key=lambda item: item.at)
    return {"cloudtrail-2026-02-10-to-2026-03-14.jsonl": json_lines(e.record for e in events)}


def write(folder: Path) -> list[Path]:
    """Write `incident/` and `history/` below `folder`; the files written."""
    written = []
    for name, files in (("incident", incident()), ("history", month_before())):
        for path, content in files.items():
            target = folder / name / f"{path}.gz"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(packed(content))
            written.append(target)
    return sorted(written)


def main(arguments: Sequence[str]) -> None:
    """Write the files beside this module, or below the folder named."""
    folder = Path(arguments[0]) if arguments else Path(__file__).parent
    for path in write(folder):
        sys.stdout.write(f"{path.stat().st_size:8,d}  {path.relative_to(folder)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
