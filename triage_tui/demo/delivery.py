"""How records travel: late, in bursts, sometimes twice, once broken; and what wraps them."""

import gzip
import io
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from typing import NamedTuple

from triage_tui.demo.cast import ACCOUNT, NIGHT, REGION, Json, Scripted, example_id

BURST_S = 20
LATEST_S = 240


class Delivered(NamedTuple):
    """A record and the moment it reached the bucket or the log group."""

    arrival: datetime
    record: Json


def trail_delivery(rng: Random, scripted: Iterable[Scripted], twice: int) -> list[Delivered]:
    """CloudTrail's way: up to 240 s late, in bursts of no order, `twice` of them again later."""
    delivered = [Delivered(_burst(rng, item.at), item.record) for item in scripted]
    for item in rng.sample(delivered, twice):
        again = item.arrival + timedelta(seconds=BURST_S * rng.randrange(1, 20))
        delivered.append(Delivered(again, item.record))
    rng.shuffle(delivered)
    return sorted(delivered, key=lambda item: item.arrival)


def _burst(rng: Random, at: datetime) -> datetime:
    """The burst that carries a record: never before it, at most 240 s after."""
    late = (at - NIGHT).total_seconds() + rng.uniform(4, LATEST_S - BURST_S)
    return NIGHT + timedelta(seconds=-(-late // BURST_S) * BURST_S)


def web_delivery(rng: Random, scripted: Iterable[Scripted]) -> list[Scripted]:
    """WAF's way: nearly in order, some seconds astray."""
    astray = [(item.at + timedelta(seconds=rng.uniform(0, 6)), item) for item in scripted]
    return [item for _, item in sorted(astray, key=lambda pair: pair[0])]


def compact(record: Json) -> str:
    """One line of JSON; what is not ASCII stays as it came."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def json_lines(records: Iterable[Json]) -> bytes:
    """A record a line."""
    return "".join(compact(record) + "\n" for record in records).encode()


def with_broken_line(lines: bytes) -> bytes:
    """The same lines, with one in the middle that a full disk cut short."""
    kept = lines.splitlines(keepends=True)
    middle = len(kept) // 2
    broken = kept[middle][: len(kept[middle]) // 3] + b"\n"
    return b"".join((*kept[:middle], broken, *kept[middle:]))


def trail_files(delivered: Iterable[Delivered]) -> dict[str, bytes]:
    """CloudTrail's S3 objects: one for every ten minutes of arrivals."""
    files: dict[str, bytes] = {}
    for tenth, group in groupby(delivered, key=lambda item: item.arrival.timestamp() // 600):
        closes = datetime.fromtimestamp((tenth + 1) * 600, tz=NIGHT.tzinfo)
        mark = example_id("", f"{closes:%H%M}", 16)
        name = f"{ACCOUNT}_CloudTrail_{REGION}_{closes:%Y%m%dT%H%MZ}_{mark}.json"
        files[name] = compact({"Records": [item.record for item in group]}).encode()
    return files


def filtered_events(rng: Random, scripted: Iterable[Scripted]) -> bytes:
    """The output of `aws logs filter-log-events`: messages as strings, in order of time."""
    events = [
        {
            "logStreamName": f"{REGION}_orders-shop_0",
            "timestamp": round(item.at.timestamp() * 1000),
            "message": compact(item.record),
            "ingestionTime": round(item.at.timestamp() * 1000) + rng.randrange(900, 19_000),
            "eventId": f"{rng.randrange(10**55, 10**56)}",
        }
        for item in sorted(scripted, key=lambda item: item.at)
    ]
    return compact({"events": events, "searchedLogStreams": []}).encode()


def packed(content: bytes) -> bytes:
    """Gzip without a name or a time, so that the same content makes the same file."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, filename="", mtime=0) as file:
        file.write(content)
    return buffer.getvalue()
