"""What is told to GuardDuty of its findings: archived or not, useful or not; several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from triage_tui.model import GuardLevel, GuardVerdict
from triage_tui.remedies import ArchiveFindings, RateFindings, RemedyState

from .calls import Call, Reply, at, listed, refused, text, took
from .course import changed_parts
from .lever import Lever

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from triage_tui.remedies import Parts, Remedy, Suspect

    from .calls import Answer, Reading, Trouble
    from .guard import RemedyPolicy

ARCHIVED, CURRENT = "archived", "current"
USEFUL, USELESS = "USEFUL", "NOT_USEFUL"
NO_WAY_BACK = "GuardDuty takes back no first rating"
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
        return f"Those that were rated otherwise are rated so again; of the others, {NO_WAY_BACK}."

    @property
    def slot(self) -> str:
        return f"rate {super().slot}"

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

    def stays(self, part: str, before: str | None) -> str:
        return "" if before else NO_WAY_BACK

    def write(self, now: Parts, wanted: Parts) -> Sequence[Call]:
        calls: list[Call] = []
        ours = USEFUL if self.change.useful else USELESS
        for value in (USEFUL, USELESS):
            changed = [p for p, new in wanted.items() if new == value and now.get(p) != value]
            # The comment is about our rating, not about the one that is put back.
            told = self.change.comment if value == ours else ""
            more = {"Comments": told} if told else {}
            calls += self._calls("UpdateFindingsFeedback", changed, Feedback=value, **more)
        return calls


def as_done(suspect: Suspect, remedies: Iterable[Remedy]) -> Suspect:
    """The suspect, with its findings as they are after what was done from here, newest first."""
    done: dict[str, bool] = {}
    for remedy in remedies:
        if isinstance(remedy.change, ArchiveFindings) and remedy.state is RemedyState.DONE:
            for name in changed_parts(remedy.before, remedy.after):
                done.setdefault(name, remedy.after.get(name) == ARCHIVED)
    findings = tuple(
        each._replace(archived=done.get(each.id, each.archived)) for each in suspect.findings
    )
    return replace(suspect, findings=findings)


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), MOST):
        yield list(ids[start : start + MOST])
