"""What is told to GuardDuty of its findings: archived or not, useful or not; several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.remedies import ArchiveFindings, RateFindings

from .calls import Call, Reply, at, listed, refused, text, took
from .lever import Lever

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from triage_tui.remedies import Parts

    from .calls import Answer, Reading, Trouble
    from .guard import RemedyPolicy

ARCHIVED, CURRENT = "archived", "current"
USEFUL, USELESS = "USEFUL", "NOT_USEFUL"
MOST = 50
"""Findings of one call."""
AFinding = TypeVar("AFinding", bound=ArchiveFindings | RateFindings)


class _FindingsLever(Lever[AFinding]):
    """A change of some findings of one detector."""

    def __init__(self, change: AFinding) -> None:
        super().__init__(change)
        self._detector = change.detector

    @property
    def _many(self) -> str:
        count = len(self.change.findings)
        return "the finding" if count == 1 else f"{count} findings"

    @property
    def slot(self) -> str:
        which = ",".join(self.change.findings)
        return f"{self.change.account} {self.change.region} {which}"

    def judge(self, policy: RemedyPolicy) -> tuple[GuardVerdict, ...]:
        """Nobody is hit by it."""
        return (GuardVerdict("harm", GuardLevel.PASS, "nobody is hit by it"),)

    def _found(self) -> Generator[Call, Answer, list[object] | Trouble]:
        """The findings, as far as GuardDuty has them still."""
        if not self._detector:
            answer = took((yield Call("guardduty", "ListDetectors", {})))
            if not isinstance(answer, Reply):
                return answer
            known = [each for each in listed(answer.answer, "DetectorIds") if isinstance(each, str)]
            if not known:
                return refused(f"GuardDuty is not enabled in {self.change.region}")
            self._detector = known[0]
        found: list[object] = []
        for ids in _batches(self.change.findings):
            asked = {"DetectorId": self._detector, "FindingIds": ids}
            answer = took((yield Call("guardduty", "GetFindings", asked)))
            if not isinstance(answer, Reply):
                return answer
            found += listed(answer.answer, "Findings")
        return found

    def _calls(self, operation: str, ids: Iterable[str], **more: object) -> Iterator[Call]:
        for batch in _batches(list(ids)):
            asked = {"DetectorId": self._detector, "FindingIds": batch, **more}
            yield Call("guardduty", operation, asked)


class ArchiveLever(_FindingsLever[ArchiveFindings]):
    """Archives findings, or takes them out of the archive."""

    @property
    def title(self) -> str:
        word = "Archive" if self.change.archived else "Unarchive"
        return f"{word} {self._many} in GuardDuty"

    @property
    def effects(self) -> Sequence[str]:
        if not self.change.archived:
            return ("They show among the current findings again.",)
        return (
            "They no longer show among the current findings, for nobody in this account; what "
            "comes of them (updates, events) goes on.",
            "In an organisation only the administrator's account may do so.",
        )

    @property
    def undo(self) -> str:
        return "Those that were changed are put back as they were."

    @property
    def slot(self) -> str:
        return f"archive {super().slot}"

    def supposed(self) -> Parts:
        return dict.fromkeys(self.change.findings, CURRENT if self.change.archived else ARCHIVED)

    def read(self) -> Reading:
        """Whether each is archived; None of those that GuardDuty has no more."""
        found = yield from self._found()
        if not isinstance(found, list):
            return found
        parts: dict[str, str | None] = dict.fromkeys(self.change.findings)
        for each in found:
            if text(each, "Id") in parts:
                is_archived = at(each, "Service", "Archived") is True
                parts[text(each, "Id")] = ARCHIVED if is_archived else CURRENT
        if not any(parts.values()):
            return refused("GuardDuty has none of these findings any more")
        return parts

    def wanted(self, before: Parts) -> Parts:
        value = ARCHIVED if self.change.archived else CURRENT
        return {part: old and value for part, old in before.items()}

    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        changed = [part for part, value in wanted.items() if now.get(part) != value]
        into = [part for part in changed if wanted[part] == ARCHIVED]
        out = [part for part in changed if wanted[part] == CURRENT]
        return [*self._calls("ArchiveFindings", into), *self._calls("UnarchiveFindings", out)]


class RateLever(_FindingsLever[RateFindings]):
    """Tells GuardDuty whether findings were useful, and why."""

    final = "GuardDuty takes no rating back: rate them otherwise instead"

    @property
    def title(self) -> str:
        word = "useful" if self.change.useful else "not useful"
        return f"Mark {self._many} as {word} in GuardDuty"

    @property
    def effects(self) -> Sequence[str]:
        return (
            "AWS hears it, and this account's findings say it from then on; the reason goes along "
            "as the comment.",
        )

    @property
    def undo(self) -> str:
        return f"{self.final}."

    @property
    def slot(self) -> str:
        return f"rate {self.change.useful} {super().slot}"

    def supposed(self) -> Parts:
        return dict.fromkeys(self.change.findings)

    def read(self) -> Reading:
        """How each is rated; None of those that nobody has rated."""
        found = yield from self._found()
        if not isinstance(found, list):
            return found
        parts: dict[str, str | None] = {}
        for each in found:
            if text(each, "Id") in self.change.findings:
                parts[text(each, "Id")] = text(each, "Service", "UserFeedback") or None
        return parts or refused("GuardDuty has none of these findings any more")

    def wanted(self, before: Parts) -> Parts:
        return dict.fromkeys(before, USEFUL if self.change.useful else USELESS)

    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        changed = [part for part, value in wanted.items() if now.get(part) != value]
        value = USEFUL if self.change.useful else USELESS
        more = {"Comments": self.change.comment} if self.change.comment else {}
        return [*self._calls("UpdateFindingsFeedback", changed, Feedback=value, **more)]


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), MOST):
        yield list(ids[start : start + MOST])
