"""What a user may say about remedies. Light: the config and the policy read it without AWS."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .guard import RemedyPolicy


class AnswerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[answers]`: which answers other than blocks a live triage may give, and whom they never
    touch."""

    principals: Annotated[bool, msgspec.Meta(description="true or false")] = False
    """Whether keys may be deactivated, sessions of roles and whole users denied."""
    break_glass: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="a list of ARNs or names of users and roles; * stands for any"),
    ] = ()
    """Who is kept for emergencies: nobody takes anything from them."""

    def policy(self, own: str | None) -> RemedyPolicy:
        """What the guard rests on; `own` is the ARN of whoever calls AWS, where that is known."""
        return RemedyPolicy(self.break_glass, own)
