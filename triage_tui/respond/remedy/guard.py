"""Whom no remedy may touch: root, whoever we are ourselves, whoever is kept for emergencies, and
what belongs to AWS. One judgement a rule, so that a screen can show why, and why not."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

import msgspec

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.respond.guard import GuardPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVICE_LINKED = "/aws-service-role/"
RESERVED = "/aws-reserved/"
_SSO = "AWSReservedSSO_"


class RemedyPolicy(msgspec.Struct, frozen=True):
    """What the guard rests on."""

    break_glass: tuple[str, ...] = ()
    """ARNs or names of users and roles that are never touched; `*` and `?` stand for anything."""
    own: str | None = None
    """The ARN of whoever calls AWS; "" where nobody does (a simulation), None where nobody knows
    it."""
    addresses: GuardPolicy = GuardPolicy()
    """Which addresses nobody denies."""


def judge_user(account: str, user: str, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
    """Whether a user may be touched."""
    return (
        _root(user),
        _own(policy, f":{account}:user/", user, f"user {user}"),
        _break_glass(policy, account, "user", user),
    )


def judge_role(account: str, role: str, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
    """Whether a role may be touched; `role` is its ARN or its name."""
    name = role.rpartition("/")[2]
    return (
        _service_linked(role),
        _reserved(role),
        _own(policy, f":{account}:assumed-role/", name, f"role {name}"),
        _break_glass(policy, account, "role", role.partition(":role/")[2] or name),
    )


def _verdict(rule: str, refused: str, passed: str) -> GuardVerdict:
    if refused:
        return GuardVerdict(rule, GuardLevel.REFUSE, refused)
    return GuardVerdict(rule, GuardLevel.PASS, passed)


def _root(user: str) -> GuardVerdict:
    is_root = user.lower() in ("root", "<root_account>", "")
    words = (
        "it is the root user, over whom nobody in the account has any power: sign in as root, "
        "change its password and delete its keys"
    )
    return _verdict("root", words if is_root else "", "not the root user")


def _own(policy: RemedyPolicy, around: str, name: str, what: str) -> GuardVerdict:
    if policy.own is None:
        words = f"nobody knows whether the {what} is who you are yourself"
        return GuardVerdict("own", GuardLevel.WARN, words)
    tail = policy.own.partition(around)[2]
    # A user has a path before its name, a role a session behind it.
    named = tail.rpartition("/")[2] if ":user/" in around else tail.partition("/")[0]
    is_own = bool(tail) and named == name
    words = f"you are signed in as the {what}: it would lock you out" if is_own else ""
    return _verdict("own", words, "not who you are signed in as")


def _break_glass(policy: RemedyPolicy, account: str, kind: str, name: str) -> GuardVerdict:
    short = name.rpartition("/")[2]
    arn = f"{account}:{kind}/{name}"
    for pattern in policy.break_glass:
        spelled = pattern.partition("::")[2] if pattern.startswith("arn:") else pattern
        known = (arn, f"{account}:{kind}/{short}") if pattern.startswith("arn:") else (short, name)
        if any(fnmatch.fnmatchcase(each, spelled) for each in known):
            words = f"it is kept for emergencies ({pattern} in answers.break_glass of the config)"
            return GuardVerdict("break glass", GuardLevel.REFUSE, words)
    return GuardVerdict("break glass", GuardLevel.PASS, "not kept for emergencies")


def _service_linked(role: str) -> GuardVerdict:
    name = role.rpartition("/")[2]
    linked = SERVICE_LINKED in role or name.startswith("AWSServiceRoleFor")
    words = f"{name} is a service-linked role: a service of AWS works with it, and IAM lets nobody"
    return _verdict("service", f"{words} change it" if linked else "", "no service-linked role")


def _reserved(role: str) -> GuardVerdict:
    name = role.rpartition("/")[2]
    reserved = RESERVED in role or name.startswith(_SSO)
    words = (
        f"{name} belongs to IAM Identity Center, and IAM lets nobody change it: end the person's "
        "sessions there, or take the permission set away"
    )
    return _verdict("reserved", words if reserved else "", "no role of Identity Center")


def refusals(verdicts: Sequence[GuardVerdict]) -> list[str]:
    """The reasons of those that refuse."""
    return [each.reason for each in verdicts if each.level is GuardLevel.REFUSE]
