"""The demo's night as Lambda would be called with it."""

import base64
import gzip
import json
import random
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from triage_tui.demo import incident_files


def subscription(messages: Iterable[str], group: str = "/shop/trail", stream: str = "s") -> Any:
    """Log events as a subscription filter delivers them."""
    payload = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": ["triage-tui"],
        "logEvents": [
            {"id": f"{n:056d}", "timestamp": 1_773_540_000_000, "message": message}
            for n, message in enumerate(messages)
        ],
    }
    data = gzip.compress(json.dumps(payload).encode(), 1, mtime=0)
    return {"awslogs": {"data": base64.b64encode(data).decode()}}


def messages() -> dict[str, list[str]]:
    """By log group, what was logged in the night."""
    found: dict[str, list[str]] = {}
    for path in incident_files():
        text = gzip.decompress(path.read_bytes()).decode()
        name = f"/{path.parent.name}/{path.name.partition('.')[0]}"
        if path.name.endswith(".jsonl.gz"):
            found[name] = [line for line in text.splitlines() if line]
        else:
            document = json.loads(text)
            records = next(
                (document[key] for key in ("Records", "Findings", "findings") if key in document),
                None,
            )
            if records is not None:
                found[name] = [json.dumps(record) for record in records]
            elif "events" in document:  # all else in the folder is no log
                found[name] = [event["message"] for event in document["events"]]
    return found


def payloads(size: int = 400, seed: int = 1) -> list[Any]:
    """All of it, in deliveries that come in no order."""
    found = []
    for group, logged in messages().items():
        pieces = iter(logged)
        while piece := list(islice(pieces, size)):
            found.append(subscription(piece, group))
    random.Random(seed).shuffle(found)
    return found


def detections(entities: Iterable[Any]) -> Iterator[tuple[str, str, str]]:
    """(kind, key, rule) of what `scan --json` has found."""
    for entity in entities:
        for each in entity["detections"]:
            yield entity["kind"], entity["key"], each["rule"]
