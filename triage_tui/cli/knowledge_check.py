"""What doctor says of what is known beside the events: lists of addresses, and what is usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage_tui.health import Checked, CheckState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from triage_tui.config import Settings
    from triage_tui.detect.intel import Intel, KnownList


class KnowledgeCheck:
    """Implements `ports.Check`."""

    name = "lists and habits"

    def __init__(self, settings: Settings, baseline: Path, now: int) -> None:
        """`baseline` is where what was learned lies, or would; `now` in nanoseconds."""
        self._settings = settings
        self._baseline = baseline
        self._now = now

    async def run(self) -> Sequence[Checked]:
        """A row for each list that the config names, and one for the history."""
        import asyncio

        from triage_tui.detect.intel import intel

        from .ruling import kept_in

        lists = await asyncio.to_thread(intel, self._settings.intel, self._now, kept_in("lists"))
        return [*self._lists(lists), await self._history()]

    def _lists(self, lists: Intel) -> Iterator[Checked]:
        wrong: dict[str, list[str]] = {}
        named = [each for each in lists.lists if each.path]
        for problem in lists.problems:
            path = next((e.path for e in named if problem.startswith(f"{e.path}:")), "")
            wrong.setdefault(path, []).append(problem)
        for each in named:
            yield self._list(each, wrong.get(each.path, []), lists.stale)

    def _list(self, each: KnownList, wrong: Sequence[str], stale: int) -> Checked:
        what = f"{each.kind.name.lower()} {each.name}"
        if wrong:
            state = CheckState.WARNING if each.entries else CheckState.FAILS
            more = f"; and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
            return _row(state, "intel", what, f"{wrong[0]}{more}", "mend the list, or name another")
        left = f", {each.left_out:,} left out (no addresses)" if each.left_out else ""
        entries = f"{each.entries:,} {'entry' if each.entries == 1 else 'entries'}"
        words = f"{entries}{left}, {each.words(self._now, stale)}"
        if self._now - each.dated > stale:
            return _row(CheckState.WARNING, "intel", what, words, "fetch a newer one")
        return _row(CheckState.OK, "intel", what, words)

    async def _history(self) -> Checked:
        from triage_tui.detect.baseline_file import SqliteBaseline
        from triage_tui.detect.weeks import ENOUGH
        from triage_tui.statefile import StateFileError

        fix = "triage-tui learn PATH teaches it, from logs of the past"
        if not self._baseline.exists():
            return _row(CheckState.OK, "baseline", "history", "nothing was learned so far", fix)
        try:
            store = await SqliteBaseline.open(self._baseline)
            await store.close()
        except StateFileError as error:
            return _row(CheckState.FAILS, "baseline", "history", str(error), error.fix)
        hours = store.coverage.hours
        words = f"{-(-hours // 24):,} days of history"
        if hours < ENOUGH:
            needed = f"{words}: too short to tell what is usual, which takes {ENOUGH // 24}"
            return _row(CheckState.WARNING, "baseline", "history", needed, fix)
        return _row(CheckState.OK, "baseline", "history", words)


def _row(state: CheckState, feature: str, what: str, found: str, fix: str = "") -> Checked:
    return Checked(state, feature, what, "", found, fix)
