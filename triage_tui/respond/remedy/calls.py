"""Calls of AWS as plain data, what comes of them, and how the AWS CLI is told the same."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from triage_tui.respond.ipset import TroubleKind
from widgets.text import strip_unsafe

if TYPE_CHECKING:
    from triage_tui.remedies import Parts

Json: TypeAlias = Mapping[str, object]

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Call(NamedTuple):
    """Step: a call of an operation. The answer is a `Reply` or a `Trouble`."""

    service: str
    operation: str
    """As the API names it: `UpdateAccessKey`."""
    parameters: Json

    @property
    def action(self) -> str:
        """Service and operation: `iam:UpdateAccessKey`."""
        return f"{self.service}:{self.operation}"


class Pause(NamedTuple):
    """Step: wait. The answer is None."""

    seconds: float


class Reply(NamedTuple):
    """What the service answered: hostile, as everything from outside."""

    answer: Json
    request_id: str = ""


class Trouble(NamedTuple):
    """A call that failed, in words for people."""

    kind: TroubleKind
    words: str
    code: str = ""
    """The service's own."""
    request_id: str = ""
    denied: str = ""
    """The call that nobody permits us, where that is what is wrong."""


Answer: TypeAlias = Reply | Trouble | None
Reading: TypeAlias = "Generator[Call, Answer, Parts | Trouble]"
"""Finds out what something outside holds."""


def refused(words: str) -> Trouble:
    """What cannot be changed, whoever asks."""
    return Trouble(TroubleKind.REFUSED, words)


def took(answer: Answer) -> Reply | Trouble:
    """The answer to a call. Raises TypeError where whoever drives gave none."""
    if not isinstance(answer, Reply | Trouble):
        raise TypeError(f"a call cannot be answered by {answer!r}")
    return answer


# -- reading what a service says -----------------------------------------------------------------


def text(value: object, *path: str) -> str:
    """A text inside of an answer; "" where there is none."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def at(value: object, *path: str) -> object:
    """What lies inside of an answer; None where nothing does."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def listed(value: object, *path: str) -> Sequence[object]:
    """A list inside of an answer; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, list | tuple) else ()


def spelled(document: object) -> str:
    """JSON in its one spelling, so that equals are equal."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


# -- the AWS CLI ---------------------------------------------------------------------------------


def command(call: Call, region: str = "") -> str:
    """What the AWS CLI would be told to make the same call, for a POSIX shell."""
    words = ["aws", call.service, _kebab(call.operation)]
    for name, value in call.parameters.items():
        words += _option(call, name, value)
    if region:
        words += ["--region", region]
    return " ".join(words)


def _option(call: Call, name: str, value: object) -> list[str]:
    option = f"--{_kebab(name)}"
    if isinstance(value, bool):
        if (call.service, name) == ("ec2", "Egress"):
            return ["--egress" if value else "--ingress"]
        return [option if value else f"--no-{option[2:]}"]
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return [option, *map(_quoted, map(str, value))]
    if isinstance(value, Mapping | list | tuple):
        return [option, _quoted(json.dumps(value))]
    return [option, _quoted(str(value))]


def _quoted(word: str) -> str:
    """A shell takes it for one word, a terminal for text, and the AWS CLI for a value: what begins
    like an option, or like a file that it would read, is none."""
    safe = strip_unsafe(word)
    if safe.startswith(("-", "file://", "fileb://", "http://", "https://")):
        safe = f"?{safe}"
    return shlex.quote(safe)


def _kebab(name: str) -> str:
    return _HUMP.sub("-", name).lower()
