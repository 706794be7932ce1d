"""Keys by which the JSON formats tell each other's records: no record is read by two of them.

A key stands here when a format demands it and no other's records have it. Whoever reads JSON that
is less distinct than these refuses a record that has one.
"""

from __future__ import annotations

_KEYS: dict[str, frozenset[str]] = {
    name: frozenset(keys.split())
    for name, keys in {
        "cloudtrail": "eventSource insightDetails",
        "waf": "webaclId",
        "securityhub": "ProductArn",
        "ocsf": "class_uid",
    }.items()
}


def others_keys(name: str) -> frozenset[str]:
    """The keys of all formats but this one."""
    return frozenset().union(*(keys for other, keys in _KEYS.items() if other != name))
