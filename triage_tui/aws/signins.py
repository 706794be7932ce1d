"""All sign-ins of a triage: one for each profile and role, whatever the number of regions; and a
look, while somebody is locked out, whether anybody has signed in meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .signin import RENEWAL, SignIn

if TYPE_CHECKING:
    from triage_tui.ports import CodeAsker

    from .access import Scope
    from .settings import Role

LOOK = 1.0
"""Seconds between two looks at the files in which new credentials appear."""


class SignIns:
    """Implements `ports.SignIns`."""

    def __init__(
        self, ask: CodeAsker | None = None, *, renewal: float = RENEWAL, look: float = LOOK
    ) -> None:
        """`ask` asks for MFA codes; `look` are seconds between two looks at the files."""
        self._ask = ask
        self._renewal = renewal
        self._look = look
        self._turn = asyncio.Lock()
        self._known: dict[tuple[str | None, Role | None], SignIn] = {}
        self._asked_again = asyncio.Event()

    def of(self, scope: Scope) -> SignIn:
        """The sign-in of a scope."""
        return self._signin(scope.profile, scope.region, scope.role)

    def _signin(self, profile: str | None, region: str, role: Role | None) -> SignIn:
        known = self._known.get((profile, role))
        if known is None:
            base = self._signin(profile, region, None) if role is not None else None
            known = self._known[profile, role] = SignIn(
                profile,
                region,
                role=role,
                base=base,
                ask=self._ask,
                turn=self._turn,
                renewal=self._renewal,
            )
        return known

    def try_again(self) -> None:
        """Somebody says that they have signed in, or will give a code now."""
        for signin in self._known.values():
            signin.try_again()
        self._asked_again.set()

    async def run(self) -> None:
        """Looks whether somebody has signed in, for good."""
        while True:
            asked = await self._pause()
            for signin in [*self._known.values()]:
                if signin.waiting:
                    await (signin.try_now() if asked else signin.look())

    async def _pause(self) -> bool:
        """Whether somebody says so, before it is time to look."""
        try:
            async with asyncio.timeout(self._look):
                await self._asked_again.wait()
        except TimeoutError:
            return False
        self._asked_again.clear()
        return True
