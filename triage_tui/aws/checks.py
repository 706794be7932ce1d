"""What doctor looks at in one account and region: who we are there, what can be reached, what is
permitted, and whether the clocks agree."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from triage_tui.health import Checked, CheckState

from . import denials, reach
from .athena_probe import unfit
from .ground import Ground, Partly, Untried
from .need import Home
from .needs import IDENTITY, needed
from .probes import PROBES, is_let_in
from .set_probes import wrong_sets
from .trouble import CALL_ERRORS, Kind, trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .access import Access, Service
    from .need import Configured, Feature, Need
    from .pace import Sleep
    from .trouble import Trouble

_ATTEMPTS = 4
"""Of a call that is throttled."""
_ENDPOINTS: dict[str, tuple[Service, ...]] = {
    "sts": ("sts",),
    "logs": ("logs", "tail"),
    "oam": ("oam",),
    "guardduty": ("guardduty",),
    "inspector2": ("inspector2",),
    "cloudtrail": ("cloudtrail",),
    "athena": ("athena",),
    "wafv2": ("wafv2",),
    "cloudfront": ("cloudfront",),
    "ec2": ("ec2",),
    "iam": ("iam",),
    "dynamodb": ("dynamodb",),
    "lambda": ("lambda",),
}
"""The clients of each service that `needs.py` names."""


class ScopeCheck:
    """Implements `ports.Check` for one profile and region. The caller closes `access`."""

    def __init__(
        self,
        access: Access,
        configured: Configured,
        *,
        wall: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`wall` tells the time in seconds."""
        self.access = access
        self.configured = configured
        self.ground = Ground(access, configured, wall=wall, sleep=sleep)
        """What was learnt, for checks of several scopes together."""
        self._sleep = sleep
        self._wall = wall
        self._away: dict[str, str] = {}
        """Why a service cannot be reached."""
        self._essential: set[str] = set()
        """Services without which something that is configured fails."""
        self._lockout: Trouble | None = None

    @property
    def name(self) -> str:
        return str(self.access.scope)

    async def run(self) -> Sequence[Checked]:
        """Everything, what others rest on first."""
        wanted = list(needed(self.configured))
        found = await self._reachable(wanted)
        for feature, need in wanted:
            if self._lockout is None or feature is IDENTITY:
                found.append(await self._try(feature, need))
        if self._lockout is not None:
            found += [
                self._row(CheckState.SKIPPED, name, "permissions", "nobody lets us in")
                for name in dict.fromkeys(each.name for each, _ in wanted if each is not IDENTITY)
            ]
        return [*found, self._clock(), *await wrong_sets(self), *unfit(self)]

    def _row(
        self, state: CheckState, feature: str, what: str, found: str, fix: str = ""
    ) -> Checked:
        return Checked(state, feature, what, self.name, found, fix)

    # -- endpoints -------------------------------------------------------------------------------

    async def _reachable(self, wanted: Sequence[tuple[Feature, Need]]) -> list[Checked]:
        """A row for all that can be reached, and one for each that cannot."""
        services = {need.service for _, need in wanted}
        self._essential = {
            need.service for feature, need in wanted if self._is_essential(feature, need)
        }
        clients = [
            client
            for service, all_clients in _ENDPOINTS.items()
            if service in services
            for client in all_clients
            if client != "tail" or self.configured.logs.tail != "poll"
        ]
        try:
            endpoints = [await reach.endpoint(self.access, client) for client in clients]
        except CALL_ERRORS:  # no client without credentials that can be looked for: those tell
            return []
        found = await asyncio.gather(*map(reach.reach, endpoints))
        rows = [self._unreached(each) for each in found if each.error]
        there = [each for each in found if not each.error]
        if there:
            rows.insert(0, self._row(CheckState.OK, "endpoints", "network", _reached(there)))
        return rows

    def _unreached(self, found: reach.Reached) -> Checked:
        service = found.endpoint.service
        state, words = CheckState.FAILS, found.error
        if service not in self._essential:
            state = CheckState.WARNING
        if service == "stream-logs":  # groups are polled instead
            state = CheckState.FAILS
            if self.configured.logs.tail == "auto":
                state, words = CheckState.WARNING, f"{words}: groups are polled instead"
            self._away["tail"] = found.error
        else:
            self._away[service] = found.error
        fix = reach.cure(found, self.access.scope.region)
        return self._row(state, "endpoints", service, words, fix)

    def _is_essential(self, feature: Feature, need: Need) -> bool:
        """Whether something that is configured fails without it."""
        return feature.essential and need.essential(self.configured)

    # -- permissions -----------------------------------------------------------------------------

    async def _try(self, feature: Feature, need: Need) -> Checked:
        """One permission."""

        def row(state: CheckState, found: str, fix: str = "") -> Checked:
            return self._row(state, feature.name, need.action, found, fix)

        if not need.probe:
            return row(CheckState.UNTESTABLE, need.untestable)
        away = self._away.get("tail" if need.action == "logs:StartLiveTail" else "")
        away = away or self._away.get(need.service)
        if away:
            return row(CheckState.SKIPPED, away)
        try:
            return row(CheckState.OK, await self._patiently(need))
        except Untried as untried:
            return row(CheckState.SKIPPED, str(untried))
        except Partly as partly:
            return self._denied(feature, need, partly.error, partly.words)
        except CALL_ERRORS as error:
            self.ground.heard(reach.answer_of(error))
            return self._failed(feature, need, error)

    async def _patiently(self, need: Need) -> str:
        """The probe, once more where the service has too much to do."""
        for attempt in range(1, _ATTEMPTS):
            try:
                return await PROBES[need.action](self.ground)
            except CALL_ERRORS as error:
                if trouble(error).kind is not Kind.THROTTLED:
                    raise
            await self._sleep(2.0**attempt / 4)
        return await PROBES[need.action](self.ground)

    def _failed(self, feature: Feature, need: Need, error: BaseException) -> Checked:
        found = self.access.trouble(error)
        if found.kind is Kind.DENIED:
            return self._denied(feature, need, error, "denied")
        if found.kind is Kind.CREDENTIALS:
            self._lockout = found
            return self._row(CheckState.FAILS, feature.name, need.action, found.words, found.cure)
        if found.kind is Kind.LIMIT:
            return self._row(
                CheckState.WARNING,
                feature.name,
                need.action,
                "permitted, but all Live Tail sessions of this account and region are taken: "
                "groups are polled until one is free",
                "end other sessions, or ask for more at Service Quotas",
            )
        if is_let_in(error):
            return self._row(CheckState.OK, feature.name, need.action, "permitted")
        state = CheckState.FAILS if self._is_essential(feature, need) else CheckState.WARNING
        words = f"could not be tried: {found.words}"
        return self._row(state, feature.name, need.action, words, found.cure)

    def _denied(self, feature: Feature, need: Need, error: BaseException, words: str) -> Checked:
        said = trouble(error).words
        state = CheckState.FAILS if self._is_essential(feature, need) else CheckState.WARNING
        home = Home(self.ground.account or "*", self.access.scope.region)
        resource = denials.resource(said)
        where = f" for {resource}" if resource and words == "denied" else ""
        fix = denials.cure(need.action, need.resources(self.configured, home), said)
        return self._row(
            state, feature.name, need.action, f"{words}{where}. What it is for: {need.why}", fix
        )

    # -- clocks ----------------------------------------------------------------------------------

    def _clock(self) -> Checked:
        ahead = self.ground.skew
        if ahead is None:
            words = "not known: nobody has answered"
            return self._row(CheckState.SKIPPED, "clock", "clock", words)
        if abs(ahead) <= reach.SKEW:
            return self._row(CheckState.OK, "clock", "clock", "agrees with AWS's")
        way = "ahead of" if ahead > 0 else "behind"
        words = f"{_span(abs(ahead))} {way} AWS's"
        state = CheckState.WARNING
        if abs(ahead) >= reach.REFUSED:
            state, words = CheckState.FAILS, f"{words}: AWS refuses what is signed so"
        fix = "set it: sudo chronyc makestep, or sudo timedatectl set-ntp true"
        return self._row(state, "clock", "clock", words, fix)


def _reached(found: Sequence[reach.Reached]) -> str:
    """`sts, logs reachable; guardduty through a VPC endpoint (10.0.1.5)`."""
    by_way: dict[str, list[str]] = {}
    for each in found:
        by_way.setdefault(each.through, []).append(each.endpoint.service)
    parts = [
        f"{', '.join(names)} {f'through {way}' if way else 'reachable'}"
        for way, names in by_way.items()
    ]
    return "; ".join(parts)


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"
