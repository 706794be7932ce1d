"""Whose credentials they are, what is said when they fail, and what renews them."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from botocore.exceptions import BotoCoreError

LONGEST = 300
"""Characters of what others said that are repeated."""


class Who(NamedTuple):
    """Whose credentials they are, as far as it is known."""

    profile: str | None = None
    """Of ~/.aws; None is what the environment says."""
    way: str = ""
    """How they are had, in botocore's words: `env`, `sso`, `assume-role`, `custom-process` …; ""
    while nobody knows."""
    role: str = ""
    """The role's ARN, where one is assumed beyond the profile."""
    region: str = ""
    lacks_token: bool = False
    """Whether they are temporary and have no session token, without which they are none."""

    @property
    def name(self) -> str:
        """Whose they are, for a message."""
        if self.role:
            return f"the role {self.role.rpartition(':')[2].removeprefix('role/')}"
        return f"profile {self.profile!r}" if self.profile else "the environment"

    @property
    def option(self) -> str:
        """` --profile NAME`, for a command of the AWS CLI; "" where none is needed."""
        return f" --profile {shlex.quote(self.profile)}" if self.profile else ""


class Lockout(NamedTuple):
    """Why nobody lets us in."""

    words: str
    cure: str
    """What to do, or to run."""


class SignInError(BotoCoreError):
    """Credentials could not be had: `cause` is what went wrong while they were looked for."""

    fmt = "credentials cannot be had: {cause}"

    def __init__(self, cause: Exception, who: Who) -> None:
        super().__init__(cause=cause)
        self.cause = cause
        self.who = who


class RefusalError(BotoCoreError):
    """We refuse by ourselves: `said` is why, `cure` what to do."""

    fmt = "{said}"

    def __init__(self, said: str, cure: str) -> None:
        super().__init__(said=said)
        self.said = said
        self.cure = cure


class MfaError(RefusalError):
    """A role asks for an MFA code, and there is none."""


def renewal(who: Who) -> str:
    """What to run so that new credentials are there."""
    files = "it is noticed"
    if who.way == "sso":
        return f"run: aws sso login{who.option}"
    if who.way == "login":
        return f"run: aws login{who.option}"
    if who.way == "env":
        return "quit, export new AWS_* keys, triage-tui live --resume"
    if who.way in ("shared-credentials-file", "config-file"):
        return f"put new keys into ~/.aws for {who.name}; {files}"
    if who.way == "custom-process":
        return f"see to the credential_process of {who.name}; {files}"
    if who.way == "container-role":
        return "the container's role renews them by itself; see whether its agent still runs"
    if who.way == "iam-role":
        return "the instance's role renews them by itself; see whether it is still attached"
    return f"sign in again as {who.name} (aws sso login{who.option}, or new keys); {files}"


def keys(who: Who, what: str) -> str:
    """What to do about keys, and how that is noticed."""
    if who.way == "env":
        return f"{what}, in a new environment; then triage-tui live --resume"
    return f"{what}; it is noticed"


def short(said: object) -> str:
    """The first lines of what somebody said, as one, and not all of a novel."""
    text = " ".join(str(said).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
