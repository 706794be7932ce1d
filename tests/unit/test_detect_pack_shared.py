"""Our own pack on logs that others recorded (`../shared/data`); skipped where there are none."""

import json
from pathlib import Path

import pytest

from tests.pack import crs, shared
from tests.pack.day import day
from tests.pack.judge import Detection, detections, found, written
from tests.pack.trail import ACCOUNT
from triage_tui.model import Kind, Severity

pytestmark = shared.needed
PAYLOADS = sorted((shared.DATA / "crs").glob("REQUEST-*/*.yaml"))


def _grave(path: Path) -> set[Detection]:
    return {each for each in detections(path) if each.level >= Severity.MEDIUM}


@pytest.mark.parametrize("technique", shared.STRATUS)
def test_each_technique_stands_out_and_a_working_day_does_not(
    technique: str, tmp_path: Path
) -> None:
    path = shared.DATA / "cloudtrail-stratus" / f"{technique}.json"
    attacker = shared.STRATUS[technique]
    accused = {
        each.title for each in _grave(path) if each.kind is Kind.PRINCIPAL and attacker in each.key
    }
    assert accused
    record = json.loads(path.read_text())[0]
    account, name = record["recipientAccountId"], attacker.rpartition("/")[2]
    here = [
        each.replace(ACCOUNT.encode(), account.encode()).replace(b"anna", name.encode())
        for each in day()
    ]
    assert not _grave(written(here, tmp_path))


def test_innocent_traffic_is_let_alone() -> None:
    for path in shared.folder("aws-waf-solutions"):
        records = shared.lines(path)
        accused = sum(1 for titles in found(records) if titles)
        series = [each for each in detections(path) if each.kind is Kind.IP]
        assert accused + len(series) <= len(records) / 1000, path


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_payloads_are_recognised(path: Path) -> None:
    carried = [each for each in crs.payloads(path) if not each.body]
    attacks = [each for each in carried if each.attack]
    benign = [each for each in carried if not each.attack]
    logged = [each for each in attacks if not each.in_header]
    assert _share([each.in_waf for each in attacks]) >= 0.9
    assert _share([each.in_line for each in logged]) >= 0.9
    assert _share([each.in_waf for each in benign]) <= 0.1
    assert _share([each.in_line for each in benign]) <= 0.1


def _share(records: list[bytes]) -> float:
    """How many of these are recognised, of 1. An access log's status is not at stake here."""
    return sum(map(bool, found(records))) / len(records) if records else 0


@pytest.mark.parametrize("name", crs.LISTS)
def test_word_lists_are_recognised(name: str) -> None:
    words = crs.words(shared.DATA / "crs" / "data" / f"{name}.data")
    assert _share([crs.LISTS[name](word) for word in words]) >= 0.9


@pytest.mark.parametrize(
    ("folder", "principal", "titles"),
    [
        (
            "cloudtrail-invictus",
            "stratus-red-team-ec2-get-password-data-role",
            {"Windows passwords of many instances read"},
        ),
        (
            "cloudtrail-invictus",
            "user/bert-jan",
            {"Many secrets read", "Many parameters read in full batches"},
        ),
        (
            "cloudtrail-invictus",
            "stratus-red-team-ec2-steal-credentials-role",
            {"Instance's credentials used elsewhere"},
        ),
        ("cloudtrail-otrf", "BankingWAFRole", {"Instance's role looks around"}),
    ],
)
def test_stories_are_told(folder: str, principal: str, titles: set[str], tmp_path: Path) -> None:
    records = [record for path in shared.folder(folder) for record in shared.lines(path)]
    accused = {each.title for each in _grave(written(records, tmp_path)) if principal in each.key}
    assert titles <= accused
