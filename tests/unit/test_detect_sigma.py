"""What loads, and what is refused: with file, line and reason, while the rest loads."""

import os
from pathlib import Path

import pytest

from tests.rules import compiled, matches
from triage_tui.detect.packs import load
from triage_tui.model import Severity

GOOD = """title: {title}
id: {id}
name: {name}
author: Ada
license: MIT
level: high
tags: [attack.t1078]
logsource: {{product: aws, service: cloudtrail}}
detection:
  s: {{eventName: DeleteTable}}
  condition: s
"""


def good(number: int, title: str = "Good") -> str:
    return GOOD.format(
        title=title, id=f"0a1b2c3d-0000-4000-8000-{number:012}", name=f"good_{number}"
    )


def test_a_rule_says_who_wrote_it() -> None:
    (found,) = compiled(good(1)).rules
    assert (found.title, found.author, found.licence) == ("Good", "Ada", "MIT")
    assert (found.level, found.tags) == (Severity.HIGH, ("attack.t1078",))
    assert found.id == "0a1b2c3d-0000-4000-8000-000000000001"


def _detecting(lines: str, more: str = "") -> str:
    return (
        f"title: Bad\nlogsource: {{product: aws}}\ndetection:\n  s:\n    {lines}\n"
        f"  condition: s{more}\n"
    )


BAD = {
    "no condition": (
        "title: Bad\nlogsource: {product: aws}\ndetection:\n  s: {a: b}\n",
        "condition",
    ),
    "no log source": ("title: Bad\ndetection:\n  s: {a: b}\n  condition: s\n", "log source"),
    "unknown modifier": (_detecting("a|nearly: b"), "nearly"),
    "unknown selection": (_detecting("a: b", " and t"), "'t' not defined"),
    "a selector of nothing": (_detecting("a: b", " and 1 of x*"), "x*"),
    "the retired pipe": (_detecting("a: b", " | count() > 5"), "pipe"),
    "a placeholder": (_detecting("a|expand: '%admins%'"), "%admins% is a placeholder"),
    "a regular expression": (_detecting("a|re: '('"), "invalid"),
    "one that backtracks": (_detecting("a|re: '(?=x)y'"), "invalid"),
    "a wrong network": (_detecting("a|cidr: 10.0.0.0/99"), "CIDR"),
    "a number that is none": (_detecting("a|gt: x"), "incompatible"),
    "a wrong level": (good(2).replace("high", "grave"), "level"),
    "no YAML": ("title: [Bad\n", "no YAML"),
    "a list": ("- a\n- b\n", "not a table"),
    "no rule": ("on: push\njobs: {}\n", "neither detection"),
    "an empty keyword": (_detecting("- ''"), "empty keyword"),
    "the same id": (good(1, "Twin"), "has the id 0a1b2c3d-0000-4000-8000-000000000001"),
    "a condition that ends too early": (
        _detecting("a: b", " and not"),
        "condition 's and not' ends too early",
    ),
    "a condition that is none": (
        _detecting("a: b", " s"),
        "condition 's s' is not understood from character 3 on",
    ),
    "a wrong id": (good(2).replace("0a1b2c3d-0000", "x"), "UUID"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_rule_is_refused_and_the_rest_load(name: str) -> None:
    text, reason = BAD[name]
    found = compiled(
        good(1), f"# a remark\n---\n{text}---\n{good(9)}" if name != "no YAML" else text
    )
    titles = [rule.title for rule in found.rules]
    assert titles == (["Good"] if name == "no YAML" else ["Good", "Good"])
    (refused,) = found.refused
    assert refused.path == "rules-2.yml"
    assert refused.line == (2 if name == "no YAML" else 3)
    assert reason.lower() in refused.reason.lower(), refused.reason
    assert "\n" not in refused.reason


def test_bombs_of_aliases_are_refused() -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9))
    found = compiled(f"l0: &l0 [x, x]\n{levels}\n{good(1).strip()}\n")
    assert not found.rules
    assert "alias" in found.refused[0].reason


@pytest.mark.parametrize("deep", ["[" * 100_000, "- " * 100_000, "{a: " * 100_000, "? " * 50_000])
def test_what_is_nested_without_end_is_refused_and_nothing_dies_of_it(deep: str) -> None:
    """YAML's composer is C, and calls itself for each level."""
    found = compiled(f"{good(1)}---\ntitle: Deep\ndetection:\n  {deep}\n", good(2))
    assert [rule.name for rule in found.rules] == ["good_2"]
    (refused,) = found.refused
    assert (refused.line, refused.reason) == (15, "no YAML: nested too deeply")


CIRCLE = """title: {name}
name: {name}
correlation:
  type: event_count
  rules: [{rests}]
  timespan: 5m
  condition: {{gte: 5}}
"""


def test_correlations_in_a_circle_are_told_from_those_that_rest_on_nothing() -> None:
    texts = [
        CIRCLE.format(name=name, rests=rests)
        for name, rests in (("a", "b"), ("b", "a"), ("c", "c"), ("d", "nowhere"))
    ]
    assert [each.reason for each in compiled(*texts).refused] == [
        "it rests on 'b', which was refused too or rests on it in turn",
        "it rests on 'a', which was refused too or rests on it in turn",
        "it rests on itself",
        "there is no rule 'nowhere', or it was refused",
    ]


def test_what_is_refused_stands_in_the_order_of_the_files(
    capfd: pytest.CaptureFixture[str],
) -> None:
    both = "---\n".join((_detecting("a: b", " and t"), _detecting("a|re: '('")))
    found = compiled(both, _detecting("a|re: 'b('"), both)
    assert [(each.path[6], each.line) for each in found.refused] == [
        *(("1", 1), ("1", 8)),
        *(("2", 1),),
        *(("3", 1), ("3", 8)),
    ]
    assert capfd.readouterr() == ("", "")  # what RE2 thinks of it is nobody else's business


PLACEHOLDERS = {"admins": ("Anna", "ops-*"), "nobody": (), "kind": ("List", "Get")}
EXPANDED = {
    "userName|expand: '%admins%'": ("anna", "OPS-berta", "annabelle"),
    "userName|expand|cased: '%admins%'": ("Anna", "ops-berta", "anna"),
    "userName|expand|contains: '-%admins%-'": ("x-anna-y", "-ops-berta-", "anna"),
    "userName|expand|startswith: '%admins%'": ("anna", "annabelle", "joanna"),
    "userName|expand: ['%kind%%admins%', root]": ("GetAnna", "root", "Get"),
    "userName|re|expand: '^%kind%\\d$'": ("List7", "Get1", "Put1"),
}


@pytest.mark.parametrize("item", EXPANDED)
def test_placeholders_stand_for_any_of_their_values(item: str) -> None:
    *right, wrong = EXPANDED[item]
    source = "title: T\nlogsource: {product: aws, service: cloudtrail}\n"
    for condition, expected in (("s", True), ("not s", False)):
        text = f"{source}detection:\n  s:\n    {item}\n  condition: {condition}\n"
        rules = compiled(text, placeholders=PLACEHOLDERS)
        assert not rules.refused
        for name in right:
            assert matches(rules, _called(name)) is expected
        assert matches(rules, _called(wrong)) is not expected


def _called(name: str) -> dict[str, object]:
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser"},
        "eventTime": "2026-03-10T09:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "GetUser",
        "userName": name,
    }


@pytest.mark.parametrize("name", ["nobody", "strangers"])
def test_a_placeholder_that_stands_for_nothing_is_refused(name: str) -> None:
    text = _detecting(f"a|expand: '%{name}%'")
    (refused,) = compiled(text, placeholders=PLACEHOLDERS).refused
    assert f"%{name}% is a placeholder; say what it stands for" in refused.reason


def test_other_placeholders_are_other_rules(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(_detecting("a|expand: '%admins%'"))
    kept = tmp_path / "kept"
    found = [
        load([str(tmp_path / "rule.yml")], kept, said)
        for said in ({"admins": ["anna"]}, {"admins": ["bert"]}, None, {"admins": ["anna"]})
    ]
    assert [len(each.rules) for each in found] == [1, 1, 0, 1]
    assert found[0] == found[3] != found[1]


def test_a_filter_narrows_the_rules_that_it_names() -> None:
    from tests.rules import hits

    filtering = """
title: Not our crew
logsource: {product: aws, service: cloudtrail}
filter:
  rules: [good_1]
  crew: {"userIdentity.userName": deploy}
  condition: not crew
"""
    event: dict[str, object] = {
        "eventName": "DeleteTable",
        "eventSource": "dynamodb.amazonaws.com",
        "eventTime": "2026-03-15T02:13:58Z",
        "eventID": "1",
    }
    found = compiled(good(1), filtering)
    assert not found.refused
    ours = event | {"userIdentity": {"userName": "deploy"}}
    assert hits(found, event, ours) == [[found.rules[0].id], []]


def test_documents_that_share_a_global_part() -> None:
    text = "action: global\nlogsource: {product: aws}\nlevel: low\n---\n" + "---\n".join(
        f"title: {name}\ndetection:\n  s: {{eventName: {name}}}\n  condition: s\n"
        for name in ("A", "B")
    )
    found = compiled(text)
    assert not found.refused
    assert [(rule.title, rule.level) for rule in found.rules] == [
        ("A", Severity.LOW),
        ("B", Severity.LOW),
    ]


def test_folders_are_read_in_order_and_compiled_once(tmp_path: Path) -> None:
    rules, kept = tmp_path / "rules", tmp_path / "kept"
    (rules / "b").mkdir(parents=True)
    (rules / "b" / "one.yaml").write_text(good(1, "One"))
    (rules / "a.yml").write_text(good(2, "Two"))
    (rules / ".hidden.yml").write_text(good(3, "Hidden"))
    (rules / "README.md").write_text("no rules")
    (rules / "LICENSE").write_text("Detection Rule License (DRL) 1.1\n")
    found = load([str(rules)], kept)
    assert [rule.title for rule in found.rules] == ["Two", "One"]
    assert len(list(kept.iterdir())) == 1
    assert load([str(rules)], kept) == found
    (kept / next(kept.iterdir())).write_bytes(b"damaged")
    assert load([str(rules)], kept) == found
    (rules / "a.yml").write_text(good(2, "Three"))
    assert [rule.title for rule in load([str(rules)], kept).rules] == ["Three", "One"]


def test_the_licence_lies_with_the_rules(tmp_path: Path) -> None:
    folder = tmp_path / "rules" / "cloud"
    folder.mkdir(parents=True)
    (tmp_path / "LICENSE").write_text("Detection Rule License (DRL) 1.1\n\nPermission …")
    (folder / "a.yml").write_text(good(1).replace("license: MIT\n", ""))
    assert [rule.licence for rule in load([str(folder)]).rules] == ["DRL 1.1"]


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    large = tmp_path / "large.yml"
    large.write_bytes(b"#" * (1 << 21))
    found = load([str(empty), str(tmp_path / "absent.yml"), str(large)])
    reasons = [refused.reason for refused in found.refused]
    assert len(reasons) == 3
    assert "no rules" in reasons[0]
    assert "No such file" in reasons[1]
    assert "too long" in reasons[2]


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """A named pipe never ends; in a folder somebody may have left one."""
    os.mkfifo(tmp_path / "pipe.yml")
    (tmp_path / "zero.yml").symlink_to("/dev/zero")
    (tmp_path / "good.yml").write_text(good(1))
    (tmp_path / "latin.yml").write_bytes(b"title: x\nauthor: Caf\xe9\n")
    found = load([str(tmp_path)])
    assert [rule.title for rule in found.rules] == ["Good"]
    assert [(each.place.rpartition("/")[2], each.reason) for each in found.refused] == [
        ("pipe.yml", "cannot be read: not a file"),
        ("zero.yml", "cannot be read: not a file"),
        ("latin.yml:2", "no YAML: not UTF-8"),
    ]


def test_text_that_is_no_unicode_is_refused_and_so_named(tmp_path: Path) -> None:
    found = compiled(good(1).replace("DeleteTable", '"\\ud800"'))
    assert not found.rules
    assert found.refused
    odd = tmp_path / "caf\udce9.yml"
    odd.write_text(good(1))
    (rule,) = load([str(tmp_path)]).rules
    assert rule.path.endswith("caf\ufffd.yml")
