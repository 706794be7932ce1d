"""What a function of the team's own is told: a JSON object, documented in the README. A contract:
keys are added, never renamed or dropped."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import msgspec

from triage_tui.mask import mask
from triage_tui.remedies import InvokeFunction, RateFindings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.model import Entity, Event
    from triage_tui.remedies import AnyChange

VERSION = 1
LONGEST_TEXT = 500
"""Characters of a text of an event; what is longer is cut."""
_KEYS = (
    *("id", "format", "action", "outcome", "source_ip", "principal", "access_key"),
    *("user_agent", "account", "region", "resource", "method", "path", "status", "severity"),
)


def told(entity: Entity | None, events: Sequence[Event]) -> str:
    """The event about an entity, without a reason yet; secrets in it are masked."""
    about: dict[str, object] = {}
    if entity is not None:
        about = {
            "kind": str(entity.ref.kind),
            "key": entity.ref.key,
            "aliases": list(entity.ref.aliases),
            "label": entity.label,
            "risk": entity.risk,
            "reasons": [{"points": each.points, "text": each.text} for each in entity.reasons],
            "ips": list(entity.ips[:20]),
            "principals": list(entity.principals[:20]),
        }
    body = {
        "source": "triage-tui",
        "version": VERSION,
        "requested": "respond",
        "reason": "",
        "author": "",
        "entity": about,
        "events": [_event(each) for each in events],
    }
    return json.dumps(body, separators=(",", ":"))


def _event(event: Event) -> dict[str, object]:
    found: dict[str, object] = {"time": None if event.time is None else _time(event.time)}
    for key in _KEYS:
        value = getattr(event, key)
        # The key that somebody has stolen is what the function may have to deactivate.
        is_text = isinstance(value, str) and key != "access_key"
        found[key] = mask(value)[:LONGEST_TEXT] if is_text else value
    return found


def _time(time: int) -> str:
    at = dt.datetime.fromtimestamp(time // 1_000_000_000, dt.UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{time // 1_000_000 % 1000:03d}Z"


def with_reason(change: AnyChange, reason: str, author: str) -> AnyChange:
    """The change with what somebody says of it, where it is told to anybody."""
    match change:
        case RateFindings():
            return msgspec.structs.replace(change, comment=reason)
        case InvokeFunction():
            body = json.loads(change.event) | {"reason": reason, "author": author}
            return msgspec.structs.replace(change, event=json.dumps(body, separators=(",", ":")))
        case _:
            return change
