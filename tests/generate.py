"""Writes what the repository holds of what the code says: tables in the README, the man page.

`make generate` writes it all anew; tests fail where it was forgotten.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from triage_tui.aws.needs import FEATURES
from triage_tui.cli.example import EXAMPLE
from triage_tui.detect.packs import OWN, load
from triage_tui.detect.risk import WEIGHTS
from triage_tui.model import Severity
from triage_tui.ui.actions import ACTIONS, GROUPS, MOVE, RECORD
from triage_tui.ui.keymap import shown_key

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"


def keys_table() -> str:
    """Every action once, by group; a record's own movement keys are those of every table."""
    lines = ["| keys | what | id |", "| --- | --- | --- |"]
    for group in GROUPS:
        for action in ACTIONS:
            again = action.group == MOVE and action.layer == RECORD
            if action.group == group and not again:
                keys = " ".join(f"`{shown_key(key)}`" for key in action.keys)
                lines.append(f"| {keys.replace('|', '&#124;')} | {action.help} | `{action.id}` |")
    return "\n".join(lines)


def risk_table() -> str:
    lines = ["| reason | at most | why |", "| --- | --- | --- |"]
    lines += [f"| {name} | {weight.most} | {weight.why} |" for name, weight in WEIGHTS.items()]
    return "\n".join(lines)


def needs_table() -> str:
    lines = ["| permission | for | what for |", "| --- | --- | --- |"]
    lines += [
        f"| `{need.action}` | {feature.name} | {need.why} |"
        for feature in FEATURES
        for need in feature.needs
    ]
    return "\n".join(lines)


def pack_table() -> str:
    """Our own rules by what they are about, and the gravest of them."""
    shown = [rule for rule in load([OWN]).rules if rule.shown]
    lines = ["| about | rules | the gravest |", "| --- | --- | --- |"]
    for noun in sorted({rule.path.split("/")[1] for rule in shown}):
        rules = [rule for rule in shown if rule.path.split("/")[1] == noun]
        grave = [rule for rule in rules if rule.level >= Severity.HIGH]
        grave.sort(key=lambda rule: (-rule.level, rule.title))
        titles = "; ".join(rule.title.removeprefix("GuardDuty: ") for rule in grave)
        lines.append(f"| {noun} | {len(rules)} | {titles or '–'} |")
    return "\n".join(lines)


def config_text() -> str:
    return f"```toml\n{EXAMPLE}```"


PARTS = {
    "keys": keys_table,
    "risk": risk_table,
    "needs": needs_table,
    "pack": pack_table,
    "config": config_text,
}
"""What stands between `<!-- name: … -->` and `<!-- /name -->` of the README."""


MAN = ROOT / "share" / "man" / "man1" / "triage-tui.1"


def man_page() -> str:
    """The man page, from the command line as it is. As wide as help is in a usual window."""
    from argparse_manpage.manpage import Manpage  # type: ignore[import-untyped]

    from triage_tui.cli.parser import build

    os.environ["COLUMNS"] = "80"
    text = str(Manpage(build()))
    head = '.TH TRIAGE\\-TUI "1" "" "triage\\-tui" "User Commands"'
    return re.sub(r"^\.TH .*$", lambda _: head, text, count=1, flags=re.M).rstrip() + "\n"


def _between(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name}\b[^>]*-->\n)(.*?)(\n<!-- /{name} -->)", re.S)


def part(name: str) -> str:
    """A part of the README as it stands there."""
    match = _between(name).search(README.read_text())
    assert match, f"the README has no part {name}"
    return match[2].strip()


def main() -> None:
    """Writes everything anew."""
    text = README.read_text()
    for name, make in PARTS.items():
        made = make()
        text = _between(name).sub(lambda match, made=made: match[1] + made + match[3], text)  # type: ignore[misc] # bound now
    README.write_text(text)
    MAN.parent.mkdir(parents=True, exist_ok=True)
    MAN.write_text(man_page())
    sys.stdout.write(f"{len(PARTS)} parts of {README.name}, {MAN.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
