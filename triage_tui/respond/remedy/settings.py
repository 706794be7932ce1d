"""What a user may say about remedies. Light: the config and the policy read it without AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from triage_tui.remedies import Means, OwnFunction

from .guard import RemedyPolicy

if TYPE_CHECKING:
    from triage_tui.respond.guard import GuardPolicy


class FunctionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[answers.functions]]`: a function of yours that answers."""

    name: Annotated[
        str,
        msgspec.Meta(
            description="a name of letters, digits, - and _", pattern=r"^[A-Za-z0-9_-]{1,64}$"
        ),
    ]
    function: Annotated[
        str,
        msgspec.Meta(
            description="the ARN of a function",
            pattern=r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w$:-]+$",
        ),
    ]
    asynchronous: Annotated[bool, msgspec.Meta(description="true or false")] = False
    """Whether nobody waits for it."""


class AnswerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[answers]`: which answers other than blocks a live triage may give, and whom they never
    touch."""

    principals: Annotated[bool, msgspec.Meta(description="true or false")] = False
    """Whether keys may be deactivated, sessions of roles and whole users denied."""
    findings: Annotated[bool, msgspec.Meta(description="true or false")] = False
    """Whether findings of GuardDuty may be archived and rated."""
    network: Annotated[bool, msgspec.Meta(description="true or false")] = False
    """Whether network ACLs, rules of security groups and the groups of hosts may be changed."""
    quarantine: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^sg-[0-9a-f]+$")], ...],
        msgspec.Meta(description="a list of ids of security groups, one a VPC"),
    ] = ()
    """What hosts in quarantine have, and nothing else."""
    break_glass: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="a list of ARNs or names of users and roles; * stands for any"),
    ] = ()
    """Who is kept for emergencies: nobody takes anything from them."""
    functions: Annotated[
        tuple[FunctionSettings, ...],
        msgspec.Meta(description="a section: write [[answers.functions]]"),
    ] = ()

    @property
    def means(self) -> Means:
        """What there is to answer with."""
        known = (OwnFunction(f.name, f.function, f.asynchronous) for f in self.functions)
        return Means(tuple(known), self.quarantine)

    def policy(self, own: str | None, addresses: GuardPolicy) -> RemedyPolicy:
        """What the guard rests on; `own` is the ARN of whoever calls AWS, where that is known,
        `addresses` say which of them nobody denies."""
        return RemedyPolicy(self.break_glass, own, addresses)
