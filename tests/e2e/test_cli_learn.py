"""`triage-tui learn`, and what comes of it: the user of two in the morning, and the quiet days."""

import asyncio
import gzip
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import program
from triage_tui.casebook.sqlite import SqliteCasebook
from triage_tui.demo import history, history_folder, incident_folder
from triage_tui.demo.cast import Scripted
from triage_tui.demo.delivery import json_lines
from triage_tui.model import Status

HISTORY, INCIDENT = str(history_folder()), str(incident_folder())
MARIA = "arn:aws:iam::111122223333:user/maria.keller"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "triage-tui"


def run(*arguments: str, code: int = 0) -> tuple[str, str]:
    done = program.run(*arguments)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def ranked(*arguments: str) -> list[dict[str, Any]]:
    said = run("scan", "--json", "--no-rules", "--by", "principal", "--top", "0", *arguments)[0]
    return list(json.loads(said)["entities"])


def habits_of(entity: dict[str, Any]) -> dict[str, str]:
    """The reasons that rest on habits."""
    kinds = ("rate", "unknown", "silence", "history")
    return {
        each["kind"]: f"{each['points']} {each['text']}"
        for each in entity["reasons"]
        if each["kind"] in kinds or each["kind"].startswith("new ")
    }


def test_the_user_of_two_in_the_morning_is_found_by_the_baseline_alone(state: Path) -> None:
    assert all(not habits_of(entity) for entity in ranked(INCIDENT))
    told = json.loads(run("learn", "--json", HISTORY)[0])
    assert (told["principals"], told["new"], told["enough"]) == (31, 31, True)
    once_more = json.loads(run("learn", "--json", HISTORY)[0])
    assert once_more == told | {"new": 0}
    assert (state / "baseline.db").is_file()
    points = {}
    for entity in ranked(INCIDENT):
        rate = habits_of(entity).get("rate", "0")
        points[entity["label"]] = int(rate.split()[0])
        if entity["label"] == "maria.keller":
            assert rate.endswith(
                "seen once in 33 days, now 388 deletes (DeleteItem) on Sunday 02:09"
            )
    maria = points.pop("maria.keller")
    assert maria >= 25
    assert max(points.values()) <= maria / 2  # whoever is on call is busy too


def scripted(path: Path, scene: list[Scripted], shift: timedelta) -> str:
    """A file of a scene that happens later than it did."""
    for item in scene:
        at = datetime.fromisoformat(str(item.record["eventTime"])) + shift
        item.record["eventTime"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        item.record["eventID"] = f"{item.record['eventID']}-again"
    path.write_bytes(gzip.compress(json_lines(item.record for item in scene)))
    return str(path)


def test_normal_days_are_quiet(state: Path, tmp_path: Path) -> None:
    run("learn", HISTORY)
    days = {
        "billing": scripted(tmp_path / "billing.gz", [*history.billing_export()], timedelta(35)),
        "working": scripted(
            tmp_path / "working.gz",
            [*history.working_day(datetime(2026, 3, 13, tzinfo=UTC))],
            timedelta(7),
        ),
        "night": scripted(
            tmp_path / "night.gz",
            [*history.busy_night(datetime(2026, 3, 8, tzinfo=UTC))],
            timedelta(14),
        ),
    }
    for path in days.values():
        for entity in ranked(path):
            assert sum(int(said.split()[0]) for said in habits_of(entity).values()) <= 8, entity


def test_the_demo_knows_its_month() -> None:
    found = json.loads(run("demo", "--json", "--no-rules", "--by", "principal")[0])["entities"]
    assert found[0]["label"] == "maria.keller"
    assert "seen once in 33 days" in habits_of(found[0])["rate"]
    # The example of the README.
    assert [reason["points"] for reason in found[0]["reasons"]] == [45, 31, 10, 6, 5, 3]
    assert found[0]["risk"] == 100
    assert found[0]["events"] == 413


def test_what_is_open_is_not_learned(state: Path) -> None:
    async def suspect() -> None:
        path = state / "live" / "casebook.db"
        casebook = await SqliteCasebook.open(path, wall=lambda: 0)
        await casebook.set_status(f"principal:{MARIA}", Status.OPEN, author="me", cursor=0)
        await casebook.close()

    asyncio.run(suspect())
    said = run("learn", HISTORY)[0]
    assert "left out, for they are open or a true positive: AIDA" in said
    maria = next(each for each in ranked(INCIDENT) if each["label"] == "maria.keller")
    assert "never seen in 33 days of history" in habits_of(maria)["unknown"]


def test_one_can_be_forgotten_and_the_history_is_told(state: Path, tmp_path: Path) -> None:
    assert run("learn")[0] == "nothing was learned so far: triage-tui learn PATH\n"
    day = scripted(
        tmp_path / "day.gz",
        [*history.working_day(datetime(2026, 3, 13, tzinfo=UTC))],
        timedelta(0),
    )
    assert (
        "the history is 1 day long; too short: it tells what is usual from 7 days on"
        in (run("learn", day)[0])
    )
    later = next(each for each in ranked(INCIDENT) if each["label"] == "maria.keller")
    assert habits_of(later) == {
        "history": "0 too little history to tell what is usual: 1 of 7 days"
    }
    assert "nothing was learned of nobody" in run("learn", "--forget", "nobody")[1]
    run("learn", HISTORY)
    assert f"forgot {MARIA}" in run("learn", "--forget", MARIA)[1]
    maria = next(each for each in ranked(INCIDENT) if each["label"] == "maria.keller")
    assert "unknown" in habits_of(maria)


def test_one_event_of_next_year_makes_no_history_old(state: Path, tmp_path: Path) -> None:
    run("learn", HISTORY)
    before = json.loads(run("learn", "--json")[0])
    day = datetime(datetime.now(UTC).year + 2, 3, 2, tzinfo=UTC)
    log = scripted(tmp_path / "later.gz", [*history.working_day(day)][:1], timedelta(0))
    said = run("learn", log)[0]
    assert said.startswith("left out, for it is dated in the future: 1 event\n")
    assert json.loads(run("learn", "--json", log)[0])["future"] == 1
    assert json.loads(run("learn", "--json")[0]) == before
    maria = next(each for each in ranked(INCIDENT) if each["label"] == "maria.keller")
    assert "now 388 deletes" in habits_of(maria)["rate"]


def test_what_teaches_nothing_is_said(state: Path, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text('192.0.2.1 - - [15/Mar/2026:02:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "x"\n')
    assert "nothing to learn" in program.start("learn", str(log)).stdout
    assert "no such file" in run("learn", str(tmp_path / "missing"), code=2)[1].lower()


def test_lists_count_and_what_is_wrong_with_them_is_said(state: Path, tmp_path: Path) -> None:
    drop, config = tmp_path / "drop.txt", tmp_path / "config.toml"
    drop.write_text("# 2026-03-01\n198.51.100.0/24\n300.1.1.1\n")
    config.write_text(f'[intel]\nblock = ["{drop}", "{tmp_path}/none.txt"]\n')
    arguments = ("--config", str(config), "--filter", "intel:drop", INCIDENT)
    said, errors = run("scan", "--json", "--no-rules", *arguments)
    found = {entity["key"]: entity for entity in json.loads(said)["entities"]}
    assert "198.51.100.23" in found
    assert all(
        key.startswith("198.51.100.") for key in found if key[0].isdigit() and ":" not in key
    )
    reasons = {each["kind"]: each for each in found["198.51.100.23"]["reasons"]}
    assert reasons["intel"]["text"] == "on the block list drop of 2026-03-01"
    assert f"intel: {drop}:3: '300.1.1.1' is no address, CIDR or range" in errors
    assert f"intel: {tmp_path}/none.txt: there is no such file; put the list there" in errors


def test_a_damaged_baseline_stops_nothing(state: Path) -> None:
    run("learn", HISTORY)
    with sqlite3.connect(state / "baseline.db") as connection:
        connection.execute("UPDATE habits SET data = x'01'")
    connection.close()
    maria = next(each for each in ranked(INCIDENT) if each["label"] == "maria.keller")
    assert "what is usual is not known: The baseline is damaged" in habits_of(maria)["history"]
