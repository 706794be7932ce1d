"""The function that Lambda calls: `triage_tui.trigger.handler.handler`.

What lasts is made once, when the function starts; each call is an invocation of `work`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import SECOND

from .aliases import Aliases
from .bundle import packaged
from .drivers import (
    Clients,
    DynamoMemory,
    LambdaFunction,
    S3Objects,
    SnsTopic,
    SqsLetters,
    pause,
)
from .options import from_environment
from .outbox import Outbox
from .ports import Trouble
from .watch import Watch
from .work import Outside, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from .bundle import Bundle
    from .options import Options
    from .ports import Blocker

NAMESPACE = "triage-tui"
ROOM = 60_000
"""Milliseconds before its end in which a call begins nothing more: a turn to write, WAF and SNS may
each take their time."""
MILLISECOND = SECOND // 1_000
_log = logging.getLogger(__name__)


class Unsent(Trouble):
    """Alerts wait that cannot be sent: Lambda counts it as an error, which the alarm hears."""


class Lasting(NamedTuple):
    """What outlasts an invocation."""

    bundle: Bundle
    options: Options
    watch: Watch
    clients: Clients
    memory: DynamoMemory
    aliases: Aliases
    blocker: Blocker | None
    wall: Callable[[], int]


def made(bundle: Bundle, options: Options, *, wall: Callable[[], int] = time.time_ns) -> Lasting:
    """What is made when the function starts."""
    clients = Clients()
    memory = DynamoMemory(clients, options.table)
    blocker: Blocker | None = None
    if bundle.blocklist is not None:
        from .blocking import TableBlocker

        blocker = TableBlocker(bundle, bundle.blocklist, options, clients, memory, wall=wall)
    aliases = Aliases(memory, wall=wall)
    return Lasting(bundle, options, Watch(bundle), clients, memory, aliases, blocker, wall)


def call(lasting: Lasting, event: object, left: int | None = None) -> dict[str, object] | None:
    """One invocation, of which so many milliseconds are left. Raises what Lambda is to try
    again."""
    options, clients, memory, wall = lasting.options, lasting.clients, lasting.memory, lasting.wall
    custom = LambdaFunction(clients, options.custom) if options.custom else None
    ends = None if left is None else wall() + (left - ROOM) * MILLISECOND
    topic = SnsTopic(clients, options.topic)
    outbox = Outbox(memory, topic, lasting.blocker, custom, wall=wall, ends=ends)
    outside = Outside(
        memory,
        lasting.aliases,
        S3Objects(clients),
        SqsLetters(clients, options.letters),
        outbox,
        lasting.blocker,
        wall,
        pause,
    )
    work = Work(lasting.watch, lasting.bundle.mutes, options, outside)
    try:
        answer = work.run(event)
    finally:
        for line in (*work.said, *outbox.troubles):
            _log.warning("%s", line)
        _count(work.counts)
    if work.counts["Waiting"]:
        raise Unsent(f"{work.counts['Waiting']} alerts wait: {'; '.join(outbox.troubles[:3])}")
    return answer


@cache
def _lasting() -> Lasting:
    return made(packaged(), from_environment(os.environ))


def handler(event: object, context: object) -> dict[str, object] | None:
    """What Lambda calls. Raises what it is to try again; BundleError and OptionError where the
    function was not set up rightly."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    return call(_lasting(), event, left() if left is not None else None)


def _count(counts: dict[str, int]) -> None:
    """Writes what was done as metrics, in the form that CloudWatch reads out of logs."""
    if not counts:
        return
    metrics = [{"Name": name, "Unit": "Count"} for name in sorted(counts)]
    told = {
        "_aws": {
            "Timestamp": time.time_ns() // 1_000_000,
            "CloudWatchMetrics": [
                {"Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": metrics}
            ],
        },
        "FunctionName": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "-"),
        **counts,
    }
    sys.stdout.write(json.dumps(told) + "\n")
