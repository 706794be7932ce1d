"""Our own pack as a whole: what every rule has to be."""

import re
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest

from tests.pack import compute, data, findings, host, identity, network, records, web
from tests.pack.judge import by_title, detections, folder, rules, written
from tests.pack.trail import call
from triage_tui.detect import deciding
from triage_tui.model import Severity

CASES = {
    "compute": compute.CASES,
    "data": data.CASES,
    "guardduty": findings.CASES,
    "host": host.CASES,
    "identity": identity.CASES,
    "logging": records.CASES,
    "network": network.CASES,
    "web": web.CASES,
}
TACTICS = {
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence",
    "privilege-escalation", "stealth", "defense-impairment", "credential-access", "discovery",
    "lateral-movement", "collection", "command-and-control", "exfiltration", "impact",
}  # fmt: skip
"""Of MITRE ATT&CK since version 19."""
GONE = {"t1562", "t1089", "t1070.002"}
"""Techniques that were taken away."""


def test_everything_loads() -> None:
    assert len(rules().rules) > 200
    assert not rules().refused


def test_ids_and_titles_stand_once() -> None:
    ids = Counter(rule.id for rule in rules().rules)
    titles = Counter(rule.title for rule in rules().rules)
    assert [key for key, count in (ids | titles).items() if count > 1] == []


@pytest.mark.parametrize("noun", CASES)
def test_every_rule_has_its_two_sides(noun: str) -> None:
    tested = Counter(case.title for case in CASES[noun])
    assert set(tested) == {rule.title for rule in by_title().values() if folder(rule) == noun}
    assert set(tested.values()) == {1}
    assert all(case.fires and case.silent for case in CASES[noun])


def test_each_says_what_it_must() -> None:
    for rule in rules().rules:
        assert uuid.UUID(rule.id).version == 4, rule.title
        assert rule.author == "triage-tui maintainers", rule.title
        assert rule.licence == "Apache-2.0", rule.title
        assert rule.status in ("experimental", "test", "stable"), rule.title
        assert rule.level >= Severity.INFORMATIONAL, rule.title
        assert rule.description.endswith("."), rule.title
        assert rule.false_positives, rule.title
        assert len(rule.title) <= 50, rule.title
        assert rule.title.isascii(), rule.title
        assert not rule.title.endswith("."), rule.title


def test_tags_are_of_attack_as_it_is_now() -> None:
    for rule in rules().rules:
        tags = [tag.removeprefix("attack.") for tag in rule.tags if tag.startswith("attack.")]
        techniques = {tag for tag in tags if re.fullmatch(r"t\d{4}(?:\.\d{3})?", tag)}
        assert set(tags) - techniques, rule.title
        assert set(tags) - techniques <= TACTICS, rule.title
        assert not {tag for tag in techniques if tag.partition(".")[0] in GONE}, rule.title
        others = [tag for tag in rule.tags if not tag.startswith("attack.")]
        assert all(re.fullmatch(r"cve\.\d{4}-\d+", tag) for tag in others), rule.title


def test_a_refused_attempt_is_less_unless_the_rule_is_about_refusals(tmp_path: Path) -> None:
    tried = written([call("organizations", "LeaveOrganization", error="AccessDenied")], tmp_path)
    levels = {(each.title, each.level) for each in detections(tried)}
    assert levels == {("Account left its organisation", Severity.MEDIUM)}
    guessed = next(case for case in host.CASES if case.title == "SSH passwords guessed")
    levels = {(each.title, each.level) for each in detections(written(guessed.fires, tmp_path))}
    assert levels == {("SSH passwords guessed", Severity.MEDIUM)}


STALLING = (
    *('"Effect":"Allow",', '"Effect":"Allow","Action":"*",', '"Resource":"*","Effect":"Allow",'),
    *('"Action":["a",', '"Action":["a","Resource":["b",', '"NotAction"', '"names":["a",'),
    *("union ", "' or 1", "select from ", "<a on", "{{7*", "=http://", 'O:1:"a', "%0a", ";echo a"),
)
"""Beginnings of what the patterns look for, over and over."""


def test_no_text_stalls_a_pattern_even_where_there_is_no_re2() -> None:
    begun = time.process_time()
    for rule in rules().rules:
        for test in deciding.tests_of(rule.condition) if rule.condition is not None else ():
            if test.op == "re":
                pattern = re.compile(test.value, re.IGNORECASE)
                for piece in STALLING:
                    pattern.search((piece * 10_000)[:10_000])
    assert time.process_time() - begun < 8  # one pattern that backtracks takes twice that
