"""How well our own pack does on logs that others recorded: `python -m tests.pack.report`.

Precision and recall, folder by folder. What counts as an attack is what each folder's authors say;
what no log carries (bodies of requests) is left out, and so is what depends on their own code.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from triage_tui.model import Kind, Severity

from . import crs, quiet, shared
from .day import day
from .judge import detections, found, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ALARM = Severity.MEDIUM
"""Levels from this one on wake somebody up."""
STEPS = {
    "Windows passwords of many instances read": "get-password-data-role",
    "Many secrets read": "user/bert-jan",
    "Many parameters read in full batches": "user/bert-jan",
    "Instance's credentials used elsewhere": "steal-credentials-role",
}
"""The four attacks of the Invictus recording, and who made them."""


def _row(name: str, hit: int, of: int, false: int, innocent: int, note: str = "") -> str:
    recall = f"{hit / of:6.1%}" if of else "     –"
    precision = f"{hit / (hit + false):6.1%}" if hit + false else "     –"
    return f"{name:38}{hit:6,}{of:7,}{recall:>8}{false:7,}{innocent:8,}{precision:>9}  {note}"


def _recognised(records: Sequence[bytes]) -> int:
    return sum(map(bool, found(records))) if records else 0


def _payloads() -> Iterator[str]:
    for path in sorted((shared.DATA / "crs").glob("REQUEST-*/*.yaml")):
        every = list(crs.payloads(path))
        carried = [each for each in every if not each.body]
        left = sum(each.attack for each in every) - sum(each.attack for each in carried)
        benign = [each for each in carried if not each.attack]
        for log in ("in_waf", "in_line"):
            attacks = [e for e in carried if e.attack and (log == "in_waf" or not e.in_header)]
            yield _row(
                f"crs {path.stem} {'WAF' if log == 'in_waf' else 'access log'}",
                _recognised([getattr(each, log) for each in attacks]),
                len(attacks),
                _recognised([getattr(each, log) for each in benign]),
                len(benign),
                f"{left} in bodies left out" if left and log == "in_waf" else "",
            )
    for name, make in crs.LISTS.items():
        words = crs.words(shared.DATA / "crs" / "data" / f"{name}.data")
        yield _row(f"crs {name}", _recognised([make(word) for word in words]), len(words), 0, 0)


def _innocent() -> Iterator[str]:
    for path in shared.folder("aws-waf-solutions"):
        records = shared.lines(path)
        series = {each for each in detections(path) if each.kind is Kind.IP}
        alarms = _recognised(records) + len(series)
        yield _row(
            f"aws-waf-solutions {path.stem}", 0, 0, alarms, len(records), "1 in 1,000 allowed"
        )


def _quiet(folder: Path) -> Iterator[str]:
    made = {"account": quiet.account(), "site": quiet.site()}
    made |= {f"site, {log}": records for log, records in quiet.edges().items()}
    for name, records in made.items():
        alarms = [e for e in detections(written(records, folder)) if e.level >= ALARM]
        yield _row(f"a healthy {name}", 0, 0, len(alarms), len(records), "made for it")


def _stratus(folder: Path) -> Iterator[str]:
    hit = 0
    for technique, attacker in shared.STRATUS.items():
        path = shared.DATA / "cloudtrail-stratus" / f"{technique}.json"
        hit += any(each.level >= ALARM and attacker in each.key for each in detections(path))
    usual = [each for each in detections(written(day(), folder)) if each.level >= ALARM]
    yield _row(
        "cloudtrail-stratus", hit, len(shared.STRATUS), len(usual), len(day()), "a working day"
    )


def _stories(folder: Path) -> Iterator[str]:
    for name in ("cloudtrail-invictus", "cloudtrail-otrf"):
        records = [record for path in shared.folder(name) for record in shared.lines(path)]
        accused = [
            each
            for each in detections(written(records, folder))
            if each.level >= ALARM and each.kind is Kind.PRINCIPAL
        ]
        steps = STEPS if "invictus" in name else {"Instance's role looks around": "BankingWAFRole"}
        hits = {title for title, key in steps.items() for each in accused if _is(each, title, key)}
        others = [e for e in accused if not any(_is(e, t, key) for t, key in steps.items())]
        yield _row(name, len(hits), len(steps), len(others), len(records), _missing(steps, hits))


def _is(each: object, title: str, key: str) -> bool:
    return getattr(each, "title", "") == title and key in getattr(each, "key", "")


def _missing(steps: Iterable[str], hits: set[str]) -> str:
    missed = [title for title in steps if title not in hits]
    return f"not seen: {', '.join(missed)}" if missed else ""


def _panther(folder: Path) -> Iterator[str]:
    hit = of = false = innocent = 0
    for path in shared.folder("panther-tests"):
        for record, alarming in shared.verdicts(path):
            found_here = detections(written([record], folder))
            if alarming:
                of += 1
                hit += any(each.level >= Severity.LOW for each in found_here)
            else:
                innocent += 1
                false += any(each.level >= ALARM for each in found_here)
    yield _row("panther-tests", hit, of, false, innocent, "recall from low on, alarms from medium")


def _crowdsec() -> Iterator[str]:
    attacks = ("apache-http-probing", "http-cve-probing", "nginx-http-sqli-probing")
    for name in attacks:
        records = [r for path in shared.folder(f"crowdsec-tests/{name}") for r in _log(path)]
        yield _row(f"crowdsec-tests {name}", _recognised(records), len(records), 0, 0)
    for name in ("aws-cloudfront-logs", "aws-cloudtrail"):
        records = [r for path in shared.folder(f"crowdsec-tests/{name}") for r in _log(path)]
        yield _row(f"crowdsec-tests {name}", 0, 0, _recognised(records), len(records))


def _log(path: Path) -> list[bytes]:
    return shared.lines(path) if path.suffix == ".log" else []


def _others() -> Iterator[str]:
    records = [r for path in shared.folder("guardduty-soar") for r in shared.lines(path)]
    yield _row("guardduty-soar", _recognised(records), len(records), 0, 0)
    path = shared.DATA / "vpcflow-apt29" / "flows_apt29.log"
    accused = {each.title for each in detections(path)}
    yield _row(
        "vpcflow-apt29", len(accused), 2, 0, 0, "both implants call an address that is private here"
    )


def report() -> Iterator[str]:
    """The lines of the report."""
    heads = ("seen", "of", "recall", "false", "innocent", "precision")
    yield f"{'':38}{heads[0]:>6}{heads[1]:>7}{heads[2]:>8}{heads[3]:>7}{heads[4]:>8}{heads[5]:>10}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _payloads()
        yield from _innocent()
        yield from _quiet(folder)
        yield from _stratus(folder)
        yield from _stories(folder)
        yield from _panther(folder)
        yield from _crowdsec()
        yield from _others()


if __name__ == "__main__":
    if not shared.DATA.is_dir():
        sys.exit(f"there are no logs in {shared.DATA}")
    for each in report():
        print(each, flush=True)  # noqa: T201 - it is a report
