"""What a user may say about blocklists. Light: the config and the policy read it without AWS."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Scope = Literal["REGIONAL", "CLOUDFRONT"]

_Named = Annotated[
    str, msgspec.Meta(description="the name or the id of an IP set", pattern=r"^[\w-]{0,128}$")
]

HOME_OF_CLOUDFRONT = "us-east-1"
"""Sets of the scope CLOUDFRONT are there alone, whatever the region."""


class BlocklistSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[blocklist]]`: a pair of WAFv2 IP sets, one a family, in one scope and region."""

    name: Annotated[
        str,
        msgspec.Meta(
            description="a name of letters, digits, - and _", pattern=r"^[A-Za-z0-9_-]{1,64}$"
        ),
    ]
    scope: Annotated[Scope, msgspec.Meta(description='"REGIONAL" or "CLOUDFRONT"')] = "REGIONAL"
    region: Annotated[
        str, msgspec.Meta(description="the name of a region", pattern=r"^[a-z0-9-]{0,32}$")
    ] = ""
    """"" is what the AWS CLI would take; CLOUDFRONT does not need one."""
    profile: Annotated[str, msgspec.Meta(description="a profile of ~/.aws/config")] = ""
    """"" is what the environment says."""
    ipv4: _Named = ""
    ipv6: _Named = ""
    calls_per_second: Annotated[
        float, msgspec.Meta(description="a number from 0.1 to 1000", ge=0.1, le=1000)
    ] = 1.0
    """Of whoever writes, in its account and region, over all processes. AWS allows about one."""

    def __post_init__(self) -> None:
        if not (self.ipv4 or self.ipv6):
            raise ValueError("names no IP set: say ipv4, ipv6 or both")
        if self.ipv4 == self.ipv6:
            raise ValueError(f"{self.ipv4!r} cannot hold both families: name two sets")

    @property
    def home(self) -> str:
        """The region that is called; "" is what the AWS CLI would take."""
        return HOME_OF_CLOUDFRONT if self.scope == "CLOUDFRONT" else self.region

    def named(self, version: int) -> str:
        """The set of that IP version, by name or id; "" where there is none."""
        return self.ipv4 if version == 4 else self.ipv6
