"""The trigger without AWS: everything outside by hand."""

import json
from collections.abc import Sequence
from typing import Any

from triage_tui.model import Severity
from triage_tui.trigger.alerts import Alert
from triage_tui.trigger.aliases import Aliases
from triage_tui.trigger.bundle import Bundle
from triage_tui.trigger.options import Options
from triage_tui.trigger.outbox import Outbox
from triage_tui.trigger.payloads import Object, Poisoned
from triage_tui.trigger.ports import Change, Kept, Key, Trouble
from triage_tui.trigger.watch import Watch
from triage_tui.trigger.work import Outside, Work


class Notebook:
    """Implements `ports.Memory`; changes fail where a test says so."""

    def __init__(self) -> None:
        self.kept: dict[Key, Kept] = {}
        self.fails = 0
        """So many writes from now on are not made, and raise."""
        self.crosses = 0
        """So many writes from now on find that somebody was faster."""
        self.writes = 0

    def read(self, keys: Sequence[Key]) -> dict[Key, Kept]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def listed(self, partition: str) -> list[tuple[Key, Kept]]:
        return [each for each in sorted(self.kept.items()) if each[0].partition == partition]

    def write(self, changes: Sequence[Change]) -> bool:
        self.writes += 1
        assert len({change.key for change in changes}) == len(changes) <= 100
        if self.fails:
            self.fails -= 1
            raise Trouble("the table is away")
        if self.crosses:
            self.crosses -= 1
            return False
        held = [self.kept.get(change.key) for change in changes]
        for change, before in zip(changes, held, strict=True):
            if change.before != (before.version if before else 0):
                return False
        for change in changes:
            if change.data is None:
                del self.kept[change.key]
            else:
                self.kept[change.key] = Kept(change.before + 1, change.data)
        return True


class Paper:
    """Implements `ports.Topic`."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str, dict[str, str]]] = []
        self.away = False

    def tell(self, subject: str, message: str, attributes: dict[str, str]) -> None:
        if self.away:
            raise Trouble("SNS does not answer")
        self.messages.append((subject, message, attributes))

    @property
    def alerts(self) -> list[dict[str, Any]]:
        return [json.loads(json.loads(body)["default"]) for _, body, _ in self.messages]


class Shelf:
    """Implements `ports.Objects`."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def fetch(self, what: Object) -> bytes:
        found = self.objects.get((what.bucket, what.key))
        if found is None:
            raise Poisoned("there is no such object")
        return found


class Basket:
    """Implements `ports.Letters`."""

    def __init__(self) -> None:
        self.letters: list[dict[str, str]] = []

    def put(self, text: str) -> None:
        self.letters.append(json.loads(text))


class Guarded:
    """Implements `ports.Blocker`."""

    def __init__(self) -> None:
        self.blocked: list[str] = []
        self.expired = 0
        self.overdue = 0

    def block(self, ip: str, reason: str, subject: str) -> str:
        self.blocked.append(ip)
        return f"{ip} is blocked"

    def expire(self) -> list[str]:
        self.expired += 1
        return []


class Rig:
    """A function and what it works with; `run` is one invocation."""

    def __init__(self, bundle: Bundle, **options: Any) -> None:
        self.memory, self.topic = Notebook(), Paper()
        self.objects, self.letters, self.blocker = Shelf(), Basket(), Guarded()
        self.now = 1_800_000_000_000_000_000
        self.watch = Watch(bundle)
        self.aliases = Aliases(self.memory, wall=lambda: self.now)
        self.bundle = bundle
        self.ends: int | None = None
        """When an invocation is to begin nothing more; None never."""
        self.blocks = True
        self.options = Options(
            table="t", topic="a", **({"level": Severity.INFORMATIONAL} | options)
        )

    def work(self) -> Work:
        blocker = self.blocker if self.blocks else None
        outbox = Outbox(
            self.memory, self.topic, blocker, None, wall=lambda: self.now, ends=self.ends
        )
        outside = Outside(
            self.memory,
            self.aliases,
            self.objects,
            self.letters,
            outbox,
            blocker,
            lambda: self.now,
            lambda tries: None,
        )
        return Work(self.watch, self.bundle.mutes, self.options, outside)

    def run(self, event: object) -> dict[str, object] | None:
        return self.work().run(event)


def decoded(alert: bytes) -> Alert:
    """An alert as it is kept."""
    from triage_tui.trigger.alerts import decode

    found = decode(alert)
    assert found
    return found
