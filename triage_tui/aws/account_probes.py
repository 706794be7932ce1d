"""The probes for what belongs together: a monitoring account and those linked to it, GuardDuty's
administrator and its members; and what is wrong with the settings about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.health import Checked, CheckState

from .ground import Untried
from .groups import account_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from .checks import ScopeCheck
    from .ground import Ground

_LOGS = "AWS::Logs::LogGroup"
_NAMED = 5
"""Accounts that are named; of more it is said how many."""


class Linked(NamedTuple):
    """An account that shares its log groups."""

    account: str
    label: str

    def __str__(self) -> str:
        return (
            f"{self.account} ({self.label})"
            if self.label not in ("", self.account)
            else self.account
        )


async def sinks(ground: Ground) -> str:
    """What others link to: a monitoring account has one."""
    client = await ground.access.client("oam")
    found: list[str] = []
    token = ""
    while True:
        page = await client.list_sinks(**({"NextToken": token} if token else {}))
        found += [each["Arn"] for each in page["Items"]]
        if not (token := page.get("NextToken", "")):
            break
    ground.sinks = found
    return "a monitoring account" if found else "no monitoring account"


async def links(ground: Ground) -> str:
    """Whose log groups can be seen from here. Raises Untried."""
    if ground.sinks is None:
        raise Untried("whether this is a monitoring account could not be asked")
    if not ground.sinks:
        raise Untried("this is no monitoring account: nothing is linked to it")
    client = await ground.access.client("oam")
    found: list[Linked] = []
    for sink in ground.sinks:
        token = ""
        while True:
            more = {"NextToken": token} if token else {}
            page = await client.list_attached_links(SinkIdentifier=sink, **more)
            found += [
                Linked(account_of(each["LinkArn"]), each.get("Label", ""))
                for each in page["Items"]
                if _LOGS in each.get("ResourceTypes", ())
            ]
            if not (token := page.get("NextToken", "")):
                break
    if not found:
        return "no account shares its log groups"
    words = f"{_some([str(each) for each in found])} share their log groups"
    if ground.configured.logs.linked:
        return words
    return f"{words}, which are left out: linked = true under [logs] takes them in"


async def administrator(ground: Ground) -> str:
    """Who administers GuardDuty here. Raises Untried."""
    client = await ground.access.client("guardduty")
    detector = ground.known_detector()
    answer = await client.get_administrator_account(DetectorId=detector)
    ground.administrator = answer.get("Administrator", {}).get("AccountId", "")
    if not ground.administrator:
        return "no other account administers this one"
    return f"{ground.administrator} administers this account"


async def members(ground: Ground) -> str:
    """Whom GuardDuty here administers. Raises Untried."""
    client = await ground.access.client("guardduty")
    detector = ground.known_detector()
    found: list[str] = []
    token = ""
    while True:
        more: dict[str, Any] = {"NextToken": token} if token else {}
        page = await client.list_members(DetectorId=detector, OnlyAssociated="true", **more)
        found += [each["AccountId"] for each in page.get("Members", ())]
        if not (token := page.get("NextToken", "")):
            break
    if not found:
        return "it administers no other account"
    return f"the administrator of {_some(found)}: their findings come with its own"


def misplaced(scopes: Sequence[ScopeCheck]) -> Iterator[Checked]:
    """What the settings say that cannot be so here."""
    grounds = [each.ground for each in scopes]
    wants_linked = any(ground.configured.logs.linked for ground in grounds)
    if wants_linked and grounds and all(ground.sinks == [] for ground in grounds):
        yield Checked(
            CheckState.WARNING,
            "linked accounts",
            "logs.linked",
            "",
            "linked = true under [logs], and none of these is a monitoring account",
            "use a profile of the monitoring account, or leave linked out",
        )
    yield from _twofold(scopes)
    accounts = {ground.account for ground in grounds}
    for each in scopes:
        whose = each.ground.administrator
        if whose and each.configured.answers.findings and whose not in accounts:
            yield Checked(
                CheckState.WARNING,
                "findings",
                "administrator",
                each.name,
                f"{whose} alone archives and rates findings of this account",
                f"add a profile or a role of {whose} to [aws]",
            )


def _twofold(scopes: Sequence[ScopeCheck]) -> Iterator[Checked]:
    """Who leads to the same account and region as one before."""
    first: dict[tuple[str, str], str] = {}
    for each in scopes:
        home = each.ground.account, each.access.scope.region
        reads = first.setdefault(home, each.name)
        if each.ground.account and reads != each.name:
            words = f"the same account as {reads}, which reads it: this one stands in"
            yield Checked(CheckState.OK, "identity", "account", each.name, words)


def _some(names: Sequence[str]) -> str:
    """`3 accounts: a, b, c`; of many the first."""
    count = f"{len(names):,} account{'' if len(names) == 1 else 's'}"
    more = ", …" if len(names) > _NAMED else ""
    return f"{count} ({', '.join(names[:_NAMED])}{more})"
