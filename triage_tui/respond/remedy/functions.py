"""A function of the team's own in AWS Lambda, called with a documented event. It runs once: what it
did is its own affair, and nobody takes it back."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.remedies import InvokeFunction

from .calls import Call, Reply, Trouble, at, text, took
from .lever import Lever

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage_tui.remedies import Parts

    from .calls import Reading
    from .guard import RemedyPolicy

INVOCATION = "invocation"
SENT = "sent"
LONGEST_ANSWER = 2_000
"""Characters of an answer, and of a log's end, that are kept."""


class FunctionLever(Lever[InvokeFunction]):
    """Invokes a function."""

    final = "what a function has done is its own affair: see what it answered, and undo it there"
    once = True

    @property
    def title(self) -> str:
        return f"Call {self.change.name} ({self.change.function}) about {self.change.about}"

    @property
    def effects(self) -> Sequence[str]:
        ways = (
            "Asynchronously: Lambda takes the event and runs the function by itself, again twice "
            "where it fails, unless the function's own settings say otherwise."
            if self.change.asynchronous
            else "It is waited for, and what it answers and the end of its log are shown. It is "
            "called once, whatever happens: where no answer comes, it may have run."
        )
        return (f"The function {self.change.function} runs with this event.", ways)

    @property
    def undo(self) -> str:
        return f"It cannot be taken back: {self.final}."

    def judge(self, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
        """What it does is its own affair."""
        words = "what it does, and to whom, is the function's own affair"
        return (GuardVerdict("unknown", GuardLevel.WARN, words),)

    @property
    def slot(self) -> str:
        return f"{self.change.account} function {self.change.name} {self.change.about}"

    def supposed(self) -> Parts:
        return {INVOCATION: None}

    def read(self) -> Reading:
        """Whether it may be called at all: DryRun, which runs nothing."""
        answer = took((yield self._call("DryRun")))
        return {INVOCATION: None} if isinstance(answer, Reply) else answer

    def wanted(self, before: Parts) -> Parts:
        return {INVOCATION: SENT}

    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        return [self._call("Event" if self.change.asynchronous else "RequestResponse")]

    def _call(self, kind: str) -> Call:
        asked: dict[str, object] = {
            "FunctionName": self.change.function,
            "InvocationType": kind,
            "Payload": self.change.event,
        }
        if kind == "RequestResponse":
            asked["LogType"] = "Tail"
        return Call("lambda", "Invoke", asked)

    def heard(self, answer: Reply | Trouble) -> tuple[bool, str]:
        """(whether it went well, what it said) of an answer to the one call."""
        if isinstance(answer, Trouble):
            return False, answer.words
        if self.change.asynchronous:
            return True, "Lambda has taken it; what comes of it is in the function's log"
        failed = text(answer.answer, "FunctionError")
        said = text(answer.answer, "Payload")[:LONGEST_ANSWER] or "nothing"
        words = f"the function failed ({failed}): {said}" if failed else f"it answered: {said}"
        tail = _log(at(answer.answer, "LogResult"))
        return not failed, f"{words}\nlog: {tail}" if tail else words


def _log(found: object) -> str:
    """The end of the log; "" where there is none."""
    try:
        raw = base64.b64decode(found, validate=True) if isinstance(found, str) else b""
    except binascii.Error:
        return ""
    return raw.decode("utf-8", "replace")[-LONGEST_ANSWER:].strip()
