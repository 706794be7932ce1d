"""Real logs that public projects have published, where they lie beside the checkout. They belong
to their authors, and none of them is ours to keep."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import yaml

DATA = Path(__file__).parents[2].parent / "shared" / "data"
needed = pytest.mark.skipif(not DATA.is_dir(), reason=f"there are no logs in {DATA}")
"""A test that reads them."""

STRATUS = {
    "aws.defense-evasion.organizations-leave": "stratus-red-team-leave-org-role",
    "aws.discovery.ec2-download-user-data": "stratus-red-team-get-usr-data-role",
    "aws.exfiltration.rds-share-snapshot": "user/christophe",
    "aws.lateral-movement.ec2-instance-connect": "user/christophe",
    "aws.persistence.iam-backdoor-role": "user/christophe",
    "aws.persistence.iam-backdoor-user": "user/christophe",
    "aws.persistence.iam-create-admin-user": "user/christophe",
    "aws.persistence.lambda-layer-extension": "user/christophe",
    "aws.persistence.sts-federation-token": "user/stratus-red-team-user-federation-user",
}
"""Technique -> what the attacker's key holds."""


def folder(name: str) -> list[Path]:
    """The logs of a folder, in order."""
    suffixes = (".json", ".log", ".gz", ".yaml", ".yml")
    return sorted(p for p in (DATA / name).rglob("*") if p.suffix in suffixes)


def lines(path: Path) -> list[bytes]:
    """Log records, one each."""
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    try:
        found = json.loads(data)
    except ValueError:
        return data.splitlines()
    return (
        [json.dumps(each).encode() for each in found.get("Records", [found])]
        if isinstance(found, dict)
        else [json.dumps(each).encode() for each in found]
    )


def verdicts(path: Path) -> list[tuple[bytes, bool]]:
    """(CloudTrail record, whether it must alarm) of Panther's examples; those that depend on its
    code are left out."""
    tests = yaml.safe_load(path.read_text()).get("Tests", [])
    return [
        (json.dumps(test["Log"], default=str).encode(), bool(test["ExpectedResult"]))
        for test in tests
        if not test.get("Mocks") and test["Log"].get("eventName")
    ]
