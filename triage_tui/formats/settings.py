"""What a user may say about the logs: which proxies to trust, which fields a flow log has."""

from __future__ import annotations

import msgspec


class FormatSettings(msgspec.Struct, frozen=True):
    """The settings of this room. Plain data: it goes to the worker processes as it is."""

    trusted_proxies: tuple[str, ...] = ()
    """Addresses and CIDRs of proxies whose `X-Forwarded-For` is believed."""
    flow_fields: str = ""
    """Field names of VPC flow logs that come without a header, in their order, with blanks."""
    ip_keys: tuple[str, ...] = ()
    """Keys of application JSON that hold the client's address, tried before the usual ones."""
    user_keys: tuple[str, ...] = ()
    """Keys of application JSON that hold the user, tried before the usual ones."""


DEFAULT = FormatSettings()
