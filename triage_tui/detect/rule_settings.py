"""What a user may say about rules."""

from __future__ import annotations

from typing import Annotated

import msgspec


class Mute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that is not to be heard of, everywhere or for one entity."""

    rule: str
    """Its id."""
    entity: str = ""
    """`ip:198.51.100.7`, `principal:arn:…`; "" is all."""
    reason: str = ""


class RuleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[rules]` of the config."""

    folders: Annotated[
        tuple[str, ...], msgspec.Meta(description="a list of files and folders of Sigma rules")
    ] = ()
    """Read besides our own pack."""
    own: Annotated[bool, msgspec.Meta(description="true or false")] = True
    """Whether our own pack runs."""
    mute: Annotated[
        tuple[str | Mute, ...],
        msgspec.Meta(
            description="a list of ids of rules, or of"
            ' { rule = "…", entity = "ip:…", reason = "…" }'
        ),
    ] = ()
    """Rules that are not to be heard of."""
    placeholders: Annotated[
        dict[str, tuple[str, ...]],
        msgspec.Meta(description="a table of lists: what each %name% in rules stands for"),
    ] = {}
    """The values of Sigma's `expand`."""

    @property
    def mutes(self) -> tuple[Mute, ...]:
        """The `mute` list, all of one form."""
        return tuple(Mute(each) if isinstance(each, str) else each for each in self.mute)
