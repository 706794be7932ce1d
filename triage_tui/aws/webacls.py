"""The web ACLs of one scope, with all that decides whether an IP set is looked into: their rule
groups, the other IP sets in their rules, and what they guard."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from triage_tui.respond.enforcement import Layout, RuleGroup, WebAcl
from triage_tui.respond.statements import part, parts, refers_to, statements, text

from .patience import Refused, patiently
from .trouble import Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection, Iterable, Iterator, Sequence

    from types_aiobotocore_wafv2.literals import ResourceTypeType

    from triage_tui.respond.settings import Scope
    from triage_tui.respond.statements import Json

    from .access import Access
    from .pace import Sleep

_Answer = TypeVar("_Answer")

_PAGE = 100
RESOURCES: tuple[ResourceTypeType, ...] = (
    *("APPLICATION_LOAD_BALANCER", "API_GATEWAY", "APPSYNC", "COGNITO_USER_POOL"),
    *("APP_RUNNER_SERVICE", "VERIFIED_ACCESS_INSTANCE", "AMPLIFY", "AGENTCORE_GATEWAY"),
)
"""What a regional web ACL can guard, as WAF calls it."""
AT_ONCE = 4
"""Calls that are under way together."""


class _Summary(NamedTuple):
    """A web ACL as it is listed."""

    name: str
    id: str
    arn: str


class WebAcls:
    """Reads the web ACLs of one scope of an account and region."""

    def __init__(self, access: Access, scope: Scope, *, sleep: Sleep = asyncio.sleep) -> None:
        self._access = access
        self._scope: Scope = scope
        self._sleep = sleep
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def read(self, sets: Collection[str]) -> Layout:
        """Everything that decides about the IP sets of these ARNs. Never raises for what is wrong
        outside: that is in the layout's `trouble`."""
        try:
            listed = await self._list()
        except Refused as error:
            return Layout(trouble=[str(error)])
        trouble: list[str] = []
        found = await _all((self._acl(each) for each in listed), trouble)
        groups = await self._groups(found, trouble)
        using = [acl for acl in found if _uses(acl, groups, sets)]
        others = await self._others(using, groups, sets)
        guarded = await asyncio.gather(*(self._guarded(acl) for acl in using))
        known = {acl.arn: guards for acl, guards in zip(using, guarded, strict=True)}
        acls = [_web_acl(acl, known.get(acl.arn)) for acl in found]
        return Layout(acls, groups, others, list(dict.fromkeys(trouble)))

    # -- calls -----------------------------------------------------------------------------------

    async def _list(self) -> list[_Summary]:
        found: list[_Summary] = []
        marker: dict[str, str] = {}

        async def page() -> tuple[list[_Summary], str]:
            client = await self._access.client("wafv2")
            answer = await client.list_web_acls(Scope=self._scope, Limit=_PAGE, **marker)
            acls = [_Summary(each["Name"], each["Id"], each["ARN"]) for each in answer["WebACLs"]]
            return acls, answer.get("NextMarker", "")

        while True:
            acls, more = await patiently("ListWebACLs", page, sleep=self._sleep)
            found += acls
            # A marker may come with the last page too: the one after it is empty.
            if not more or not acls:
                return found
            marker = {"NextMarker": more}

    async def _acl(self, summary: _Summary) -> _Acl:
        async def call() -> Json:
            client = await self._access.client("wafv2")
            answer = await client.get_web_acl(Name=summary.name, Scope=self._scope, Id=summary.id)
            return answer["WebACL"]

        async with self._slots:
            whole = await patiently("GetWebACL", call, sleep=self._sleep)
        return _Acl(summary.name, summary.arn, whole)

    async def _groups(self, acls: Iterable[_Acl], trouble: list[str]) -> dict[str, RuleGroup]:
        """Every rule group of the account's own that a web ACL uses, by ARN."""
        arns = dict.fromkeys(arn for acl in acls for arn in acl.groups())
        found = await _all((self._group(arn) for arn in arns), trouble)
        return dict(found)

    async def _group(self, arn: str) -> tuple[str, RuleGroup]:
        async def call() -> Json:
            client = await self._access.client("wafv2")
            answer = await client.get_rule_group(ARN=arn)
            return answer["RuleGroup"]

        async with self._slots:
            whole = await patiently("GetRuleGroup", call, sleep=self._sleep)
        return arn, RuleGroup(text(whole, "Name"), parts(whole, "Rules"))

    async def _others(
        self, acls: Iterable[_Acl], groups: dict[str, RuleGroup], sets: Collection[str]
    ) -> dict[str, Sequence[str]]:
        """The addresses of other sets that these look into: what may let somebody through before.
        What cannot be read is not known, and is said where it matters."""
        arns = {
            arn
            for acl in acls
            for rules in (acl.rules(), *(groups[g].rules for g in acl.groups() if g in groups))
            for arn in _sets_in(rules)
        }
        wanted = sorted(arns.difference(sets))
        return dict(await _all((self._set(arn) for arn in wanted), []))

    async def _set(self, arn: str) -> tuple[str, Sequence[str]]:
        name, _, id_ = arn.rpartition("/ipset/")[2].partition("/")

        async def call() -> Sequence[str]:
            client = await self._access.client("wafv2")
            answer = await client.get_ip_set(Name=name, Scope=self._scope, Id=id_)
            return answer["IPSet"]["Addresses"]

        async with self._slots:
            return arn, await patiently("GetIPSet", call, sleep=self._sleep)

    async def _guarded(self, acl: _Acl) -> _Guards:
        """What a web ACL is associated with."""
        try:
            async with self._slots:
                if self._scope == "CLOUDFRONT":
                    return _Guards(await self._distributions(acl.arn))
                return _Guards(await self._resources(acl.arn))
        except Refused as error:
            return _Guards(None, str(error))

    async def _resources(self, arn: str) -> list[str]:
        """A call for each kind of resource: AWS answers for one alone. One that is refused leaves
        open whether it guards anything only where nothing else was found."""
        found: list[str] = []
        refused: list[Refused] = []
        for kind in RESOURCES:

            async def call(kind: ResourceTypeType = kind) -> list[str]:
                client = await self._access.client("wafv2")
                answer = await client.list_resources_for_web_acl(WebACLArn=arn, ResourceType=kind)
                return list(answer["ResourceArns"])

            try:
                found += await patiently("ListResourcesForWebACL", call, sleep=self._sleep)
            except Refused as error:
                # A region that does not know the kind has none of it.
                if error.trouble.kind is not Kind.REFUSED:
                    refused.append(error)
        if refused and not found:
            raise refused[0]
        return found

    async def _distributions(self, arn: str) -> list[str]:
        """ListResourcesForWebACL knows nothing of CloudFront; CloudFront does."""
        found: list[str] = []
        marker = ""

        async def call() -> Json:
            client = await self._access.client("cloudfront")
            return part(
                await client.list_distributions_by_web_acl_id(
                    WebACLId=arn, MaxItems=str(_PAGE), **({"Marker": marker} if marker else {})
                ),
                "DistributionList",
            )

        while True:
            page = await patiently("ListDistributionsByWebACLId", call, sleep=self._sleep)
            found += [text(each, "ARN") or text(each, "Id") for each in parts(page, "Items")]
            marker = text(page, "NextMarker")
            if not marker:
                return found


class _Acl(NamedTuple):
    """A web ACL as GetWebACL gives it."""

    name: str
    arn: str
    whole: Json

    def rules(self) -> list[Json]:
        """All its rules, those of Firewall Manager too."""
        return [rule for key in _RULES for rule in parts(self.whole, key)]

    def groups(self) -> Iterator[str]:
        """The ARNs of the account's own rule groups in it."""
        for rule in self.rules():
            for kind, inner in statements(_statement(rule)):
                if kind == "RuleGroupReferenceStatement":
                    yield text(inner, "ARN")


class _Guards(NamedTuple):
    """What a web ACL is associated with; None where that could not be read, and why."""

    arns: Sequence[str] | None
    trouble: str = ""


_FIRST, _LAST = "PreProcessFirewallManagerRuleGroups", "PostProcessFirewallManagerRuleGroups"
_RULES = (_FIRST, "Rules", _LAST)


def _statement(rule: Json) -> Json:
    return part(rule, "Statement") or part(rule, "FirewallManagerStatement")


def _uses(acl: _Acl, groups: dict[str, RuleGroup], sets: Collection[str]) -> bool:
    """Whether a web ACL looks into one of the sets, or may: in a group that could not be read."""
    rules = acl.rules()
    for arn in acl.groups():
        if arn not in groups:
            return True
        rules += groups[arn].rules
    return any(refers_to(_statement(rule), arn) for rule in rules for arn in sets)


def _sets_in(rules: Iterable[Json]) -> Iterator[str]:
    for rule in rules:
        for kind, inner in statements(_statement(rule)):
            if kind == "IPSetReferenceStatement":
                yield text(inner, "ARN")


def _web_acl(acl: _Acl, guards: _Guards | None) -> WebAcl:
    found = guards or _Guards(())
    return WebAcl(
        acl.name,
        parts(acl.whole, "Rules"),
        blocks_by_default="Block" in part(acl.whole, "DefaultAction"),
        first=parts(acl.whole, _FIRST),
        last=parts(acl.whole, _LAST),
        guards=found.arns,
        trouble=found.trouble,
    )


async def _all(calls: Iterable[Awaitable[_Answer]], trouble: list[str]) -> list[_Answer]:
    """All answers, in order; what was refused is told in `trouble` instead."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    found: list[_Answer] = []
    for answer in answers:
        if isinstance(answer, Refused):
            trouble.append(str(answer))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found.append(answer)
    return found
