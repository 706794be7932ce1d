"""Credentials that mean nothing, and an endpoint on loopback."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def nothing_said(credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No keys in the environment, unless a test puts some there."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


@pytest.fixture
def aws_files(home: Path) -> Callable[..., None]:
    """Writes ~/.aws/config and ~/.aws/credentials."""

    def write(config: str = "", credentials: str = "") -> None:
        (home / ".aws").mkdir(exist_ok=True)
        (home / ".aws" / "config").write_text(config)
        (home / ".aws" / "credentials").write_text(credentials)

    return write
