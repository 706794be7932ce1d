"""`triage-tui` alone, without a terminal: what it can do and how to try it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import console

if TYPE_CHECKING:
    import argparse

SUMMARY = "Live incident triage on AWS, in a terminal: who, what, is it bad, and stop it."

_TEXT = f"""{SUMMARY}

Try it on a bundled incident (no AWS account needed):
  triage-tui demo

Tail log groups, GuardDuty and CloudTrail as they happen (asks which, the first time):
  triage-tui
  triage-tui live --region REGION --log-group 'GLOB'

Before the page: what works and what does not, and what it takes:
  triage-tui doctor
  triage-tui policy

Open recorded CloudTrail, GuardDuty and WAF logs, plain or .gz, files or folders:
  triage-tui replay PATH...

Without the screen:
  triage-tui scan PATH...     entities ranked by risk, with the reasons
  triage-tui events PATH...   normalised events, one JSON object a line
  triage-tui report PATH...   the incident report, with its notes and blocks
  triage-tui deps PATH...     lock files and vulnerability reports: what is wrong, with its line
  triage-tui config           the settings in force, and where each came from

Help on each: triage-tui COMMAND --help
"""


def run(_arguments: argparse.Namespace) -> int:
    """Prints it."""
    console.write(_TEXT)
    return console.OK
