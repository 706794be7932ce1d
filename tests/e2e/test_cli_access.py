"""Credentials that fail, and pages to begin with, in the installed program on a real terminal."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.test_cli_live import LIVE, PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SDK = (b"Traceback", b"botocore.", b"aiohttp", b"Refreshing temporary", b"Unclosed", b"asyncio")
WANTED = f"{9:032x}"
NOBODY = "http://127.0.0.1:9"
"""Where nobody listens: without credentials nobody is asked."""
SSO = """[profile p]
sso_session = corp
sso_account_id = 444455556666
sso_role_name = triage
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
"""


def write(home: Path, config: str, keys: str = "") -> None:
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws" / "config").write_text(config)
    (home / ".aws" / "credentials").write_text(keys)


def leave(shown: Any) -> None:
    """Quits; nothing of any library's may have come to the terminal."""
    shown.press("q", lambda text: "Quit?" in text)
    shown.press("y", lambda _: shown.status is not None)
    assert [word for word in SDK if word in shown.written] == []


LOCKED_OUT = """[profile process]
credential_process = false
[profile login]
login_session = x
"""
TOLD = {
    "p": ("profile 'p' is not signed in to SSO", "run: aws sso login --profile p"),
    "process": ("the credential_process of", "by hand"),
    "login": ("signs in by `aws login`", "botocore[crt]"),
    "half": ("half of the credentials", "add it where the other half is"),
    "nobody": ("there is no profile 'nobody'", "aws configure list-profiles"),
}
"""Of each profile what is told, and what to do."""


def panel(text: str) -> tuple[str, str]:
    """Which profile's source is shown below the list of sources, and what is told of it."""
    head, _, told = text.partition("── ")[2].partition(" eu-west-1 ──")
    return head.split(" ")[-1], " ".join(told.split())


def test_what_to_do_stands_on_the_screen_and_nothing_else(
    terminal: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)
    write(home, f"{LOCKED_OUT}{SSO}", "[half]\naws_access_key_id = A\n")
    profiles = [part for name in TOLD for part in ("--profile", name)]
    shown = terminal(*LIVE, *profiles, columns=120, lines=40)
    shown.wait_for("LOCKED OUT")
    shown.wait_for("and 4 others: i")
    shown.type("i")
    seen: set[str] = set()
    while missing := set(TOLD) - seen:  # one source below the other
        text = shown.wait(lambda text, wanted=missing: panel(text)[0] in wanted, str(missing))
        name = panel(text)[0]
        for words in TOLD[name]:
            shown.wait(lambda text, words=words: words in panel(text)[1], words)
        seen.add(name)
        shown.type("j")
    shown.press("q", lambda text: " Sources " not in text)
    leave(shown)


MFA = """[profile p]
role_arn = arn:aws:iam::222233334444:role/triage
source_profile = hub
mfa_serial = arn:aws:iam::111122223333:mfa/oncall
"""
HUB = "[hub]\naws_access_key_id = A\naws_secret_access_key = s\n"


@pytest.mark.parametrize(
    ("config", "keys", "said"),
    [
        (SSO, "", "profile 'p' is not signed in to SSO: run: aws sso login --profile p"),
        (MFA, HUB, "and there is nobody to give it: run it in a terminal; or let the AWS CLI ask"),
    ],
)
def test_headless_says_it_and_nothing_else(
    config: str,
    keys: str,
    said: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)
    write(home, config, keys)
    process = subprocess.Popen(
        [PROGRAM, *LIVE, "--headless", "--profile", "p"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # nobody's terminal
    )
    assert process.stderr is not None
    lines = [process.stderr.readline(), process.stderr.readline()]
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=150)
    assert said in lines[1].decode()
    assert [word for word in SDK if word in b"".join([*lines, rest])] == []
    assert process.returncode == 2


def test_keys_that_expire_are_renewed_and_the_night_goes_on(
    server: Callable[..., subprocess.Popen[str]],
    terminal: Callable[..., Any],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = server("--count", "20000", "--rate", "50", "--tick", "0.1")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    pair = "[p]\naws_access_key_id = {}\naws_secret_access_key = s\n"
    write(home, "", pair.format("AKIDEXAMPLE"))
    shown = terminal(*LIVE, "--profile", "p")
    shown.wait_for("198.51.0.1")
    aws.send_signal(signal.SIGUSR1)
    shown.wait_for("the credentials of profile 'p' have expired")
    shown.wait_for("put new keys into ~/.aws")
    write(home, "", pair.format("AKIDNEW"))
    shown.wait_until_gone("LOCKED OUT")
    shown.wait_for("sources ok")
    leave(shown)


@pytest.mark.parametrize(
    "page",
    [
        ("--finding", WANTED),
        (
            "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1"
            f"#/findings?macros=current&fId={WANTED}",
        ),
    ],
)
def test_from_the_page_to_whom_it_is_about(
    page: tuple[str, ...],
    server: Callable[..., subprocess.Popen[str]],
    terminal: Callable[..., Any],
) -> None:
    """No region is named anywhere but in the link."""
    server("--count", "10")
    region = ("--region", "eu-west-1") if len(page) > 1 else ()
    shown = terminal("live", *region, "--log-group", "/shop/*", *page)
    shown.wait_for("[Findings")
    shown.wait_for("maria.keller")
    shown.wait_for("Impact:IAMUser/AnomalousBehavior")
    shown.press("q", lambda text: "[Source IP]" in text)
    leave(shown)
