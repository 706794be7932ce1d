"""One running triage: sources into the index, and what people and screens ask of it. No screen
here.

The event loop is the index's only writer; between batches it lets others run. Everything shown is
read through `look`, as of the clock's cursor.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .casework import Casework
from .decoding import Decoders
from .detect.geo import Nowhere
from .detect.rule_settings import Mute
from .loading import Loading
from .looking import Looking
from .model import Kind
from .respond.remedy.event import told
from .respond.remedy.simulated import NoRemedies
from .responding import Responding
from .store.suspects import suspect, usage
from .store.witness import StoreWitness

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .detect.intel import Intel
    from .detect.knowledge import Knowledge
    from .model import EntityRef
    from .ports import Casebook, Clock, Geo, Past, Recorder, Remedies, Response, Source, Team
    from .remedies import AnyChange, Suspect, Usage
    from .sources.spool import RawFiles, Spool


class Triage(Loading, Looking, Casework, Responding):
    """The engine of one triage."""

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        clock: Clock,
        spool: Spool,
        raw: RawFiles,
        casebook: Casebook,
        blocklist: Response,
        author: str,
        decoders: Decoders | None = None,
        geo: Geo | None = None,
        recorder: Recorder | None = None,
        more_blocklists: Sequence[Response] = (),
        knowledge: Knowledge | None = None,
        muted: Iterable[Mute] = (),
        remedies: Remedies | None = None,
        team: Team | None = None,
    ) -> None:
        """What endless sources bring goes to the `recorder` before anything else. A plan is made
        for `blocklist` unless another one is chosen. Of `muted` rules nothing is heard. `team` are
        those who share the casebook."""
        decoders = decoders or Decoders()
        Loading.__init__(self, sources, spool, decoders, recorder)
        Looking.__init__(self)
        self.clock = clock
        self.raw = raw
        self.casebook = casebook
        self.blocklist = blocklist
        self.more_blocklists = tuple(more_blocklists)
        self.remedies = remedies or NoRemedies()
        self.author = author
        self.team = team
        self.past: Past | None = None
        """Searches the logs of the past, where there are any."""
        self.geo = geo or Nowhere()
        self.decisions = 0
        """Counts what people did: notes, verdicts, blocks."""
        self.index.mute(muted)
        if knowledge is not None:
            self.index.knowledge = knowledge._replace(geo=self.geo)
        self._heed()

    def _meet(self) -> None:
        self.sight().meet()

    async def close(self) -> None:
        """Gives everything back."""
        if self.recorder is not None:
            await asyncio.to_thread(self.recorder.close)
        self._decoders.close()
        self._close_searches()
        await self.casebook.close()
        if self.index.knowledge.baseline is not None:
            await self.index.knowledge.baseline.close()
        self.raw.close()

    def know(self, intel: Intel) -> None:
        """From now on these are the lists of addresses."""
        self.index.knowledge = self.index.knowledge._replace(intel=intel)
        self.index.revision += 1
        self._forget_views()

    def mute(self, muted: Iterable[Mute]) -> None:
        """Says which rules nobody wants to hear of, instead of those before."""
        self.index.mute(muted)
        self.decisions += 1

    def ignore(self, rule: str, entity: str, reason: str) -> None:
        """Nobody wants to hear of a rule on an entity any more."""
        self.mute([*self.index.muted, Mute(rule, entity, reason)])

    def protect(self, cidr: str, reason: str) -> None:
        """From now on no blocklist takes it."""
        for each in self.blocklists:
            each.protect(cidr, reason)
        self.decisions += 1

    # -- responding ------------------------------------------------------------------------------

    def witness(self) -> StoreWitness:
        """Who is behind a CIDR as of the cursor; filters do not matter."""
        return StoreWitness(lambda: self.look(Kind.IP))

    def suspect(self, ref: EntityRef) -> Suspect:
        """All that offers of answers rest on, as of the cursor; filters do not matter."""
        entity = self.entity(ref)
        label = entity.label if entity is not None else ref.key
        now = self.clock.position() if self.remedies.simulated else self.clock.wall()
        event = told(entity, self.latest(ref)) if self.remedies.means.functions else "{}"
        return suspect(self.look(ref.kind), ref, label, now, event)

    def usage(self, change: AnyChange) -> Usage | None:
        """Who used what a change would take away; None where events cannot tell."""
        return usage(self.sight(), change)
