"""The ground that probes stand on: what those of one scope have learnt so far."""

from __future__ import annotations

import contextlib
import re
from fnmatch import translate
from typing import TYPE_CHECKING, NamedTuple

from .groups import described
from .need import Home
from .pace import Budget
from .reach import skew
from .trouble import CALL_ERRORS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from types_aiobotocore_cloudtrail.type_defs import TrailTypeDef

    from triage_tui.respond.settings import Scope

    from .access import Access
    from .need import Configured
    from .pace import Sleep
    from .set_probes import FoundSet, NamedSet

    Probe = Callable[["Ground"], Awaitable[str]]
    """Gives what was found, in words. Raises one of `CALL_ERRORS`, or Untried."""

NOBODY = "triage-tui-doctor"
"""Stands for a glob's `*` where no group matches: there is none of that name."""
TAILED = "STANDARD"
"""The class of log groups that Live Tail takes."""
_NO_FINDING = 32 * "0"
_DESCRIBES = 5.0
_NEAR = 500
"""Log groups among which a name is looked for."""


class Untried(Exception):
    """A probe that cannot be made, and why."""


class Partly(Exception):
    """Some of several calls were denied: which, and the first error."""

    def __init__(self, words: str, error: BaseException) -> None:
        super().__init__(words)
        self.words = words
        self.error = error


class Group(NamedTuple):
    """A log group that a glob matches."""

    name: str
    arn: str
    log_class: str = TAILED


class Ground:
    """What the probes of one scope have learnt so far: later ones build on it."""

    def __init__(
        self, access: Access, configured: Configured, *, wall: Callable[[], float], sleep: Sleep
    ) -> None:
        """`wall` tells the time in seconds."""
        self.access = access
        self.configured = configured
        self.wall = wall
        self.budget = Budget(_DESCRIBES, sleep=sleep)
        self.account = ""
        self.groups: dict[str, Group] | None = None
        """Those that are wanted, by ARN; None where they could not be listed."""
        self.sinks: Sequence[str] | None = None
        """ARNs of what source accounts link to; None where they could not be asked."""
        self.administrator = ""
        """Of GuardDuty, where it is another account."""
        self.detector: str | None = None
        """"" where there is none; None where it could not be asked."""
        self.finding = _NO_FINDING
        self.inspected: Sequence[str] | None = None
        """What Inspector looks at, in words; None where it could not be asked."""
        self.trails: Sequence[TrailTypeDef] | None = None
        """None where they could not be asked."""
        self.unfit: dict[str, str] = {}
        """What is wrong with work groups of Athena, by name."""
        self.stopped: list[str] = []
        """Names of trails that do not log."""
        self.sets: Mapping[NamedSet, FoundSet] | None = None
        """The IP sets that blocklists name and that are there; None where they could not be
        listed."""
        self.families: dict[NamedSet, int] = {}
        """4 or 6, of those that could be read."""
        self.web_acls: dict[Scope, tuple[str, str, str]] = {}
        """(name, id, ARN) of one web ACL of each scope."""
        self.trusted: dict[str, str] = {}
        """The id of one trusted list of each kind."""
        self.skew: float | None = None
        """Seconds by which our clock is ahead; None while nobody has answered."""

    def heard(self, answer: Mapping[str, object]) -> None:
        """A service has answered, or refused: what its date says."""
        ahead = skew(answer, self.wall())
        if ahead is not None and (self.skew is None or abs(ahead) < abs(self.skew)):
            self.skew = ahead

    def matching(self, glob: str) -> list[Group]:
        """The groups that one glob names, as far as they could be listed."""
        pattern = re.compile(translate(glob))
        return [each for each in (self.groups or {}).values() if pattern.match(each.name)]

    def targets(self, *, tailed: bool = False) -> list[Group]:
        """One group for each glob: the first that matches (and can be `tailed`), else one that
        would. Raises Untried."""
        found: dict[str, Group] = {}
        for glob in self.configured.logs.groups:
            matching = self.matching(glob)
            fit = [each for each in matching if not tailed or each.log_class == TAILED]
            if fit or not matching:
                [group, *_] = fit or [self._stand_in(glob)]
                found[group.arn] = group
        return list(found.values())

    async def names(self, prefix: str) -> list[str]:
        """Names of log groups that begin like this one, or like its folder: some that may have been
        meant. None where they cannot be listed."""
        folder = prefix.rstrip("/").rpartition("/")[0]
        found: list[str] = []
        with contextlib.suppress(*CALL_ERRORS):
            async for each in described(self.access, folder, self.budget):
                found.append(each.get("logGroupName", ""))
                if len(found) == _NEAR:
                    break
        return found

    def casebook(self) -> str:
        """The table of the casebook. Raises Untried."""
        if self.configured.casebook is None:
            raise Untried("no table is configured")
        return self.configured.casebook.name

    def known_detector(self) -> str:
        """The detector's id. Raises Untried."""
        if self.detector is None:
            raise Untried("which detector there is could not be asked")
        if not self.detector:
            raise Untried("there is no detector: GuardDuty is not enabled here")
        return self.detector

    def _stand_in(self, glob: str) -> Group:
        if not self.account:
            raise Untried("whose account it is could not be found out")
        name = re.sub(r"\[[^\]]*\]|\?", "0", glob).replace("*", NOBODY)
        home = Home(self.account, self.access.scope.region)
        return Group(name, home.arn("logs", f"log-group:{name}"))
