"""What a user may say about the logs: which proxies to trust, which fields a flow log has."""

from __future__ import annotations

import difflib
from typing import Annotated

import msgspec

from .headers import FLOW_FIELDS, flow_fields

_Keys = Annotated[tuple[str, ...], msgspec.Meta(description="a list of names of keys")]


class FormatSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[formats]` of the config. Raises ValueError for what no log could have."""

    flow_fields: Annotated[str, msgspec.Meta(description="names of flow log fields")] = ""
    """Field names of VPC flow logs that come without a header, in their order, with blanks."""
    ip_keys: _Keys = ()
    """Keys of application JSON that hold the client's address, tried before the usual ones."""
    user_keys: _Keys = ()
    """Keys of application JSON that hold the user, tried before the usual ones."""

    def __post_init__(self) -> None:
        if self.flow_fields:
            _check_flow_fields(self.flow_fields)
        if not all(key.strip() for key in (*self.ip_keys, *self.user_keys)):
            raise ValueError("a key has no name")


class FormatSettings(FormatSection, frozen=True):
    """The settings of this room. Plain data: it goes to the worker processes as it is."""

    trusted_proxies: tuple[str, ...] = ()
    """Addresses and CIDRs of proxies whose `X-Forwarded-For` is believed."""


DEFAULT = FormatSettings()


def _check_flow_fields(text: str) -> None:
    if flow_fields(text.encode()):
        return
    names = text.replace("_", "-").split()
    for name in names:
        if name not in FLOW_FIELDS:
            near = difflib.get_close_matches(name, FLOW_FIELDS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(FLOW_FIELDS)}"
            raise ValueError(f"{name!r} is no field of flow logs; {hint}")
    twice = [name for name in FLOW_FIELDS if names.count(name) > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} is named twice")
    raise ValueError("name at least three fields, an address or an id among them")
