"""Against whoever acts: access keys, sessions of roles, users. All of it is IAM's."""

from __future__ import annotations

import datetime as dt
import json
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.remedies import DeactivateKey, DenySessions, DenyUser

from .calls import Call, Reply, at, listed, refused, spelled, text, took
from .guard import RESERVED, SERVICE_LINKED, judge_role, judge_user
from .lever import Lever

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from triage_tui.remedies import Parts

    from .calls import Answer, Reading, Trouble
    from .guard import RemedyPolicy

ACTIVE, INACTIVE = "Active", "Inactive"
OLDER_SESSIONS = "AWSRevokeOlderSessions"
"""The inline policy that the IAM console writes for the same purpose: others find it by name."""
DENY_ALL = "AWSDenyAll"
"""The managed policy of AWS that denies everything."""
ATTACHED = "attached"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_PAGES = 100
_LATE, _EARLY = 60, 5
"""Seconds between a time of ours and AWS's clock from which on it is said: one is read while the
other passes, and a header of HTTP tells whole seconds."""


class KeyLever(Lever[DeactivateKey]):
    """Deactivates an access key."""

    @property
    def title(self) -> str:
        return f"Deactivate the key {self.change.key} of {self.change.user}"

    @property
    def effects(self) -> Sequence[str]:
        return (
            "From then on AWS refuses what is signed with this key, within seconds.",
            f"Other keys and the password of {self.change.user} still work, and so do sessions of "
            "roles that the key has assumed before.",
        )

    @property
    def undo(self) -> str:
        return "The key is activated again."

    def judge(self, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
        return judge_user(self.change.account, self.change.user, policy)

    @property
    def slot(self) -> str:
        return f"{self.change.account} key {self.change.key}"

    def supposed(self) -> Parts:
        return {self.change.key: ACTIVE}

    def read(self) -> Reading:
        """Its status, from the list of its user's keys."""
        change = self.change
        pages = _pages(Call("iam", "ListAccessKeys", {"UserName": change.user}))
        found = yield from pages
        if not isinstance(found, list):
            return found
        for page in found:
            for each in listed(page, "AccessKeyMetadata"):
                if text(each, "AccessKeyId") == change.key:
                    return {change.key: text(each, "Status")}
        return refused(f"{change.user} has no key {change.key} any more")

    def wanted(self, before: Parts) -> Parts:
        return {self.change.key: INACTIVE}

    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        user, key = self.change.user, self.change.key
        asked = {"UserName": user, "AccessKeyId": key, "Status": wanted[key] or INACTIVE}
        return [Call("iam", "UpdateAccessKey", asked)]


class SessionsLever(Lever[DenySessions]):
    """Denies everything to the sessions of a role that were issued before a time."""

    def __init__(self, change: DenySessions) -> None:
        super().__init__(change)
        self._clock = ""
        """AWS's, as it was read: as HTTP writes it."""

    @property
    def typed(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The role's name, without its path."""
        return self.change.role.rpartition("/")[2]

    @property
    def title(self) -> str:
        return f"Deny the sessions of {self.name} so far"

    @property
    def effects(self) -> Sequence[str]:
        return (
            f"Whoever has assumed {self.name} before {self.change.issued} may do nothing any more "
            "with that session: everybody who uses the role has to assume it anew.",
            "Whoever may assume the role can do so again: deactivate the key that it was assumed "
            "with first.",
            "The role itself stays as it is; its trust policy does too.",
        )

    @property
    def undo(self) -> str:
        return f"The inline policy {OLDER_SESSIONS} is as before: taken away, or the older one."

    def judge(self, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
        return judge_role(self.change.account, self.change.role, policy)

    @property
    def slot(self) -> str:
        return f"{self.change.account} sessions {self.name}"

    def supposed(self) -> Parts:
        return {OLDER_SESSIONS: None}

    def read(self) -> Reading:
        """The policy of that name, where the role has one."""
        answer = took((yield Call("iam", "GetRole", {"RoleName": self.name})))
        if not isinstance(answer, Reply):
            return answer
        self._clock = text(answer.answer, "ResponseMetadata", "HTTPHeaders", "date")
        path = text(answer.answer, "Role", "Path")
        for inside, whose in ((SERVICE_LINKED, "a service"), (RESERVED, "Identity Center")):
            if path.startswith(inside):
                return refused(
                    f"the role {self.name} belongs to {whose}: IAM lets nobody change it"
                )
        asked = {"RoleName": self.name, "PolicyName": OLDER_SESSIONS}
        answer = took((yield Call("iam", "GetRolePolicy", asked)))
        if isinstance(answer, Reply):
            return {OLDER_SESSIONS: _document(at(answer.answer, "PolicyDocument"))}
        return {OLDER_SESSIONS: None} if answer.code == "NoSuchEntity" else answer

    def concerns(self, before: Parts) -> tuple[GuardVerdict, ...]:
        """Whether the time is that of AWS's clock: ours may be wrong, or some time has passed."""
        late = _seconds_between(self.change.issued, self._clock)
        words = ""
        if late > _LATE:
            words = (
                f"by AWS's clock that time is {late} s ago: sessions since then stay. Open the "
                "menu anew; if it says so again, this machine's clock is behind"
            )
        elif late < -_EARLY:
            words = (
                f"by AWS's clock that time comes in {-late} s: whoever assumes the role until then "
                "is shut out too, for this machine's clock is ahead"
            )
        return (GuardVerdict("clock", GuardLevel.WARN, words),) if words else ()

    def wanted(self, before: Parts) -> Parts:
        there = before[OLDER_SESSIONS]
        if there is not None and _denies_before(there) >= self.change.issued:
            return before
        return {OLDER_SESSIONS: spelled(older_sessions(self.change.issued))}

    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        asked: dict[str, object] = {"RoleName": self.name, "PolicyName": OLDER_SESSIONS}
        document = wanted[OLDER_SESSIONS]
        if document is None:
            return [Call("iam", "DeleteRolePolicy", asked)]
        return [Call("iam", "PutRolePolicy", asked | {"PolicyDocument": document})]


def _seconds_between(issued: str, clock: str) -> int:
    """From a time of ours (RFC 3339) to one of HTTP; 0 where one of them is none."""
    try:
        ours, theirs = dt.datetime.fromisoformat(issued), parsedate_to_datetime(clock)
        return int((theirs - ours).total_seconds())
    except (TypeError, ValueError):
        return 0


def older_sessions(issued: str) -> dict[str, object]:
    """The policy as the IAM console writes it."""
    denied = {
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": issued}},
    }
    return {"Version": "2012-10-17", "Statement": [denied]}


def _document(found: object) -> str:
    """A policy in its one spelling: clients decode it, or leave it as text."""
    if isinstance(found, str):
        try:
            return spelled(json.loads(found))
        except ValueError:
            return found
    return spelled(found)


def _denies_before(document: str) -> str:
    """The time before which a policy of this kind denies everything; "" for any other policy."""
    found = _TIME.search(document)
    if found is None or document != spelled(older_sessions(found[0])):
        return ""
    return found[0]


class UserLever(Lever[DenyUser]):
    """Attaches the managed policy that denies everything to a user."""

    @property
    def typed(self) -> str:
        return self.change.user

    @property
    def title(self) -> str:
        return f"Deny everything to the user {self.change.user}"

    @property
    def effects(self) -> Sequence[str]:
        return (
            f"{self.change.user} may do nothing any more, with none of the keys and not in the "
            "console: the policy AWSDenyAll goes over all others.",
            "Sessions of roles that were assumed before still work.",
        )

    @property
    def undo(self) -> str:
        return f"The policy {DENY_ALL} is detached again."

    def judge(self, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
        return judge_user(self.change.account, self.change.user, policy)

    @property
    def slot(self) -> str:
        return f"{self.change.account} user {self.change.user}"

    @property
    def _policy(self) -> str:
        partition = "aws"
        for prefix, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
            if self.change.region.startswith(prefix):
                partition = name
        return f"arn:{partition}:iam::aws:policy/{DENY_ALL}"

    def supposed(self) -> Parts:
        return {DENY_ALL: None}

    def read(self) -> Reading:
        """Whether it is among the policies that are attached to the user."""
        asked = {"UserName": self.change.user}
        found = yield from _pages(Call("iam", "ListAttachedUserPolicies", asked))
        if not isinstance(found, list):
            return found
        arns = {
            text(each, "PolicyArn") for page in found for each in listed(page, "AttachedPolicies")
        }
        return {DENY_ALL: ATTACHED if self._policy in arns else None}

    def wanted(self, before: Parts) -> Parts:
        return {DENY_ALL: ATTACHED}

    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        asked = {"UserName": self.change.user, "PolicyArn": self._policy}
        name = "AttachUserPolicy" if wanted[DENY_ALL] else "DetachUserPolicy"
        return [Call("iam", name, asked)]


def _pages(call: Call) -> Generator[Call, Answer, list[object] | Trouble]:
    """All pages of one of IAM's lists."""
    found: list[object] = []
    asked = dict(call.parameters)
    for _ in range(_PAGES):
        answer = took((yield call._replace(parameters=dict(asked))))
        if not isinstance(answer, Reply):
            return answer
        found.append(answer.answer)
        marker = text(answer.answer, "Marker")
        if not at(answer.answer, "IsTruncated") or not marker:
            break
        asked["Marker"] = marker
    return found
