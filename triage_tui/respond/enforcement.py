"""Whether what stands in an IP set is really blocked: web ACLs, walked as WAF walks them. Pure.

An IP set blocks nothing by itself. Some rule of a web ACL has to look into it, and to block; no
rule before it may let the same requests through; and the web ACL has to guard something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from triage_tui.model import Enforcement, Force

from .statements import DEEPEST, Entry, Json, Judge, Label, part, parts, refers_to, statements, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MOST_GUARDED = 3
"""Resources of one web ACL that are named."""
_ACTIONS = ("Allow", "Block", "Count", "Captcha", "Challenge")


class RuleGroup(NamedTuple):
    """A rule group of the account's own."""

    name: str
    rules: Sequence[Json]


class WebAcl(NamedTuple):
    """A web ACL, and what it guards."""

    name: str
    rules: Sequence[Json]
    """Its own, as GetWebACL gives them."""
    blocks_by_default: bool = False
    first: Sequence[Json] = ()
    """The rule groups that Firewall Manager puts before its rules."""
    last: Sequence[Json] = ()
    """And those behind them."""
    guards: Sequence[str] | None = ()
    """ARNs of what it is associated with; None where that could not be read."""
    trouble: str = ""
    """Why it could not."""

    def steps(self) -> Iterator[Json]:
        """All rules in the order in which they are evaluated."""
        for rules in (self.first, self.rules, self.last):
            yield from sorted(rules, key=_priority)


class Layout(NamedTuple):
    """The web ACLs of one scope of an account and region, as they were read."""

    acls: Sequence[WebAcl] = ()
    groups: Mapping[str, RuleGroup] = {}
    """Rule groups, by ARN; one that is not here could not be read."""
    sets: Mapping[str, Sequence[str]] = {}
    """The CIDRs of other IP sets, by ARN, where they were read."""
    trouble: Sequence[str] = ()
    """What could not be read, and why: a sentence each."""


class _Found(NamedTuple):
    """What one web ACL does with an entry."""

    force: Force
    reason: str = ""


def enforcement(entry: Entry, name: str, layout: Layout) -> Enforcement:
    """What becomes of requests from `entry`, which is in the IP set `name`, or would be."""
    found = [
        (acl, _of(acl, entry, layout)) for acl in layout.acls if _mentions(acl, entry.arn, layout)
    ]
    where = tuple(_guarding(acl) for acl, each in found if each.force in (Force.FULL, Force.PARTLY))
    if where:
        # What guards nothing takes nothing away from those that do.
        found = [(acl, each) for acl, each in found if acl.guards is None or acl.guards]
    lacking = [f"{_named(acl)}: {each.reason}" for acl, each in found if each.reason]
    if where:
        short = any(each.force is not Force.FULL for _, each in found)
        reason = "; ".join([*lacking, *layout.trouble])
        return Enforcement(Force.PARTLY if short else Force.FULL, reason, where)
    unsure = any(each.force is Force.UNKNOWN for _, each in found)
    if not found:
        lacking = [_nowhere(name, layout)]
    if unsure or layout.trouble:
        return Enforcement(Force.UNKNOWN, "; ".join([*lacking, *layout.trouble]))
    return Enforcement(Force.NOTHING, "; ".join(lacking))


def _nowhere(name: str, layout: Layout) -> str:
    if not layout.acls:
        return "there is no web ACL" if not layout.trouble else f"nobody knows who uses {name}"
    looked = "the web ACL" if len(layout.acls) == 1 else f"any of the {len(layout.acls)} web ACLs"
    return f"no rule of {looked} looks into the IP set {name}"


def _named(acl: WebAcl) -> str:
    return f"web ACL {acl.name}"


def _guarding(acl: WebAcl) -> str:
    guards = [_short(arn) for arn in acl.guards or ()]
    shown = ", ".join(guards[:MOST_GUARDED])
    more = len(guards) - MOST_GUARDED
    return f"{_named(acl)}, for {shown}" + (f" and {more} more" if more > 0 else "")


def _short(arn: str) -> str:
    """`app/shop/50dc6c495c0c9188` of a load balancer's ARN; else its last part."""
    return arn.split(":", 5)[-1].removeprefix("loadbalancer/")


def _mentions(acl: WebAcl, arn: str, layout: Layout) -> bool:
    """Whether a rule looks into the IP set: its own, or one of a rule group that it uses; and
    whether one may, in a rule group that could not be read."""
    for rule in acl.steps():
        statement = _statement(rule)
        if refers_to(statement, arn):
            return True
        for kind, inner in statements(statement):
            if kind == "RuleGroupReferenceStatement":
                group = layout.groups.get(text(inner, "ARN"))
                if group is None or any(refers_to(_statement(r), arn) for r in group.rules):
                    return True
    return False


def _statement(rule: Json) -> Json:
    """What a rule looks for; of a rule of Firewall Manager, the rule group that it stands for."""
    return part(rule, "Statement") or part(rule, "FirewallManagerStatement")


def _priority(rule: Json) -> int:
    number = rule.get("Priority")
    return number if isinstance(number, int) else 0


def _action(table: Json) -> str:
    """`Block`, or whatever the action is called; "" for none."""
    return next((name for name in _ACTIONS if name in table), "")


def _of(acl: WebAcl, entry: Entry, layout: Layout) -> _Found:
    walk = _Walk(entry, layout)
    found = walk.walk(acl)
    if found.force in (Force.FULL, Force.PARTLY):
        if acl.guards is None:
            reason = f"what it guards could not be read ({acl.trouble})"
            return _Found(Force.UNKNOWN, reason)
        if not acl.guards:
            return _Found(Force.NOTHING, "it is associated with nothing, so it guards nothing")
    return found


class _Rule(NamedTuple):
    """A rule where it is evaluated."""

    name: str
    """With the rule group that it is in."""
    action: str
    statement: Json
    context: str
    """What it is in, as its labels tell."""
    labels: tuple[Label, ...] = ()
    counted_by: str = ""
    """Why it counts and nothing else, where the rule itself would do more."""


class _Walk:
    """One way through a web ACL's rules."""

    def __init__(self, entry: Entry, layout: Layout) -> None:
        self._layout = layout
        self._judge = Judge(entry, layout.sets)
        self._arn = entry.arn
        self._escapes: list[str] = []
        """Rules that let some of it through, before anything blocks it."""
        self._partial: list[str] = []
        """Rules that block some of it."""
        self._idle: list[str] = []
        """Rules that look into the set, and block nothing."""
        self._unsure: list[str] = []
        """What could not be looked into."""
        self._spared = False
        """Whether a rule lets something in, and not all of what is in the set."""

    def walk(self, acl: WebAcl) -> _Found:
        for rule in self._rules(acl.steps(), f"webacl:{acl.name}", 0):
            found = self._step(rule)
            if found is not None:
                return found
        if acl.blocks_by_default and (self._spared or self._partial or not self._escapes):
            return self._blocked("its default action blocks what no rule allows")
        if self._partial:
            return _Found(Force.PARTLY, _joined([*self._escapes, *self._partial]))
        if self._unsure:
            return _Found(Force.UNKNOWN, _joined(self._unsure))
        return _Found(Force.NOTHING, _joined(self._idle) or "none of its rules blocks it")

    # -- the rules, one after the other ----------------------------------------------------------

    def _rules(self, rules: Iterable[Json], context: str, depth: int) -> Iterator[_Rule]:
        """Every rule as it is evaluated, those of rule groups in their place."""
        for rule in rules:
            statement = _statement(rule)
            group = part(statement, "RuleGroupReferenceStatement")
            if group:
                yield from self._grouped(rule, group, depth)
            elif "ManagedRuleGroupStatement" in statement:
                yield from _managed(rule, part(statement, "ManagedRuleGroupStatement"), context)
            else:
                yield _rule(rule, context)

    def _grouped(self, rule: Json, reference: Json, depth: int) -> Iterator[_Rule]:
        group = self._layout.groups.get(text(reference, "ARN"))
        counts = "Count" in part(rule, "OverrideAction")
        if group is None or depth > DEEPEST:
            if not counts:
                name = text(rule, "Name")
                self._unsure.append(f"the rule group of rule {name} could not be read")
            return
        overrides = _overrides(reference)
        for each in self._rules(
            sorted(group.rules, key=_priority), f"rulegroup:{group.name}", depth + 1
        ):
            inner = each._replace(name=f"{each.name} of rule group {group.name}")
            bare = each.name
            if counts and inner.action != "Count":
                why = f"the override action of rule {text(rule, 'Name')} is Count"
                inner = inner._replace(action="Count", counted_by=why)
            elif overrides.get(bare, inner.action) != inner.action:
                why = f"rule {text(rule, 'Name')} overrides its action"
                inner = inner._replace(action=overrides[bare], counted_by=why)
            yield inner

    def _step(self, rule: _Rule) -> _Found | None:
        """What a rule does; None where the requests, or some, go on to the next."""
        truth = self._judge.judge(rule.statement, rule.context)
        touched, notes = self._judge.touched, list(self._judge.notes)
        match rule.action:
            case "Block":
                return self._block(rule, truth, touched, notes)
            case "Allow":
                return self._allow(rule, truth, touched, notes)
            case "Count":
                self._judge.add(rule.labels, truth, touched)
                if touched:
                    self._idle.append(_counting(rule))
            case "Captcha" | "Challenge" if touched:
                asked = "a CAPTCHA" if rule.action == "Captcha" else "a silent challenge"
                self._idle.append(f"rule {rule.name} asks for {asked}, it does not block")
        return None

    def _block(
        self, rule: _Rule, truth: bool | None, touched: bool, notes: list[str]
    ) -> _Found | None:
        if truth:
            return self._blocked("" if touched else f"rule {rule.name} blocks it anyway")
        if not touched and not (truth is None and self._spared):
            return None
        if truth is None:
            self._partial.append(f"rule {rule.name} blocks {_some(notes)}")
        elif self._judge.judge(rule.statement, rule.context, holds=False) is not False:
            self._idle.append(f"rule {rule.name} blocks what is NOT in the set")
        else:
            why = f": {_joined(notes)}" if notes else ""
            self._idle.append(f"rule {rule.name} does not match it{why}")
        return None

    def _allow(
        self, rule: _Rule, truth: bool | None, touched: bool, notes: list[str]
    ) -> _Found | None:
        if truth:
            if touched and not (self._partial or self._unsure):
                return _Found(Force.NOTHING, f"rule {rule.name} ALLOWS what is in the set")
            if self._partial:
                return _Found(Force.PARTLY, _joined([*self._escapes, *self._partial]))
            if self._unsure:
                return _Found(Force.UNKNOWN, _joined(self._unsure))
            why = f"rule {rule.name} comes first, and allows the same requests"
            return _Found(Force.NOTHING, why)
        if truth is None:
            self._escapes.append(f"rule {rule.name} comes first, and allows {_some(notes)}")
        if touched:
            self._spared = True
        return None

    def _blocked(self, note: str) -> _Found:
        if self._escapes:
            return _Found(Force.PARTLY, _joined(self._escapes))
        if self._unsure:
            return _Found(Force.UNKNOWN, _joined(self._unsure))
        return _Found(Force.FULL, note)


def _joined(reasons: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(reasons))


def _some(notes: Sequence[str]) -> str:
    return f"some of it ({_joined(notes)})" if notes else "some of it"


def _counting(rule: _Rule) -> str:
    why = f": {rule.counted_by}" if rule.counted_by else ", it does not block"
    return f"rule {rule.name} only counts{why}"


def _rule(rule: Json, context: str) -> _Rule:
    labels = tuple(Label(context, text(each, "Name")) for each in parts(rule, "RuleLabels"))
    action = _action(part(rule, "Action"))
    return _Rule(text(rule, "Name"), action, _statement(rule), context, labels)


def _overrides(reference: Json) -> dict[str, str]:
    """The actions that take the place of those of a group's rules, by the rule's name."""
    counted = {text(each, "Name"): "Count" for each in parts(reference, "ExcludedRules")}
    return counted | {
        text(each, "Name"): _action(part(each, "ActionToUse"))
        for each in parts(reference, "RuleActionOverrides")
    }


def _managed(rule: Json, reference: Json, context: str) -> Iterator[_Rule]:
    """Nobody can look into a managed rule group. It lets nothing through but what the web ACL has
    it let through."""
    if "Count" in part(rule, "OverrideAction"):
        return
    for name, action in _overrides(reference).items():
        if action == "Allow":
            whole = f"{name} of managed rule group {text(reference, 'Name')}"
            yield _Rule(whole, action, {"ManagedRuleGroupStatement": reference}, context)
