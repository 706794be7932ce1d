"""What is said of web ACLs, against a WAF that is played through."""

from collections.abc import Sequence
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.webacls import (
    IN_OFFICE,
    IN_SET,
    OFFICE,
    OURS,
    THEIRS,
    Json,
    both,
    either,
    forwarded,
    grouped,
    judged,
    label,
    no,
    rule,
)
from triage_tui.model import Force
from triage_tui.respond.statements import Seen

BITS = 3
LABELS = ("ns:a", "ns:b")
KEYS = (*LABELS, f"{OURS}ns:a", f"{THEIRS}ns:a")


def _leaves() -> st.SearchStrategy[Json]:
    bits = st.integers(0, BITS - 1).map(
        lambda n: {"ByteMatchStatement": {"SearchString": bytes([n])}}
    )
    labels = st.sampled_from(KEYS).map(label)
    own = st.sampled_from([IN_SET, IN_SET, forwarded("ANY"), forwarded("FIRST"), IN_OFFICE])
    return st.one_of(own, own, bits, labels)


def _nested(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    pair = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        pair.map(lambda found: both(*found)), pair.map(lambda found: either(*found)), inner.map(no)
    )


STATEMENTS = st.recursive(_leaves(), _nested, max_leaves=5)


@st.composite
def _rules(draw: st.DrawFn, group: bool = True) -> list[Json]:
    rules: list[Json] = []
    for place in range(draw(st.integers(1, 4))):
        if group and draw(st.integers(0, 3)) == 0:
            override = draw(st.sampled_from(["None", "None", "Count"]))
            other = draw(st.sampled_from([{}, {"ExcludedRules": [{"Name": "r0"}]}]))
            rules.append(grouped(override=override, priority=place, **other))
            continue
        action = draw(st.sampled_from(["Block", "Block", "Allow", "Count", "Captcha"]))
        made = rule(f"r{place}", draw(STATEMENTS), action, priority=place)
        if action == "Count":
            made["RuleLabels"] = [{"Name": draw(st.sampled_from(LABELS))}]
        rules.append(made)
    return rules


class Request:
    """One request, with everything about it decided."""

    def __init__(self, inside: bool, way: str, forged: bool, token: bool, bits: tuple[bool, ...]):
        self.inside, self.way, self.forged, self.token, self.bits = inside, way, forged, token, bits
        self.labels: set[str] = set()
        self.context = ""

    def matches(self, statement: Json, office: bool) -> bool:
        ((kind, inner),) = statement.items()
        match kind:
            case "AndStatement":
                return all(self.matches(each, office) for each in inner["Statements"])
            case "OrStatement":
                return any(self.matches(each, office) for each in inner["Statements"])
            case "NotStatement":
                return not self.matches(inner["Statement"], office)
            case "ByteMatchStatement":
                return bool(self.bits[inner["SearchString"][0]])
            case "LabelMatchStatement":
                key = str(inner["Key"])
                return (key if key.startswith("awswaf:") else self.context + key) in self.labels
        if inner["ARN"] == OFFICE:
            return office
        config = inner.get("IPSetForwardedIPConfig")
        if config is None:
            return self.inside and self.way == "direct"
        forged = config["Position"] == "FIRST" and self.forged
        return self.inside and self.way == "forwarded" and not forged

    def judged(self, rules: Sequence[Json], group: Sequence[Json], office: bool) -> str:
        self.context = OURS
        for each in rules:
            if "OverrideAction" in each:
                counts = "Count" in each["OverrideAction"]
                out = {
                    r["Name"]
                    for r in each["Statement"]["RuleGroupReferenceStatement"].get(
                        "ExcludedRules", ()
                    )
                }
                for inner in group:
                    action = next(iter(inner["Action"]))
                    quiet = counts or inner["Name"] in out
                    self.context = THEIRS
                    verdict = self._step(inner, "Count" if quiet else action, office)
                    self.context = OURS
                    if verdict:
                        return verdict
            elif verdict := self._step(each, next(iter(each["Action"])), office):
                return verdict
        return ""

    def _step(self, each: Json, action: str, office: bool) -> str:
        if not self.matches(each["Statement"], office):
            return ""
        if action == "Count":
            self.labels |= {self.context + found["Name"] for found in each.get("RuleLabels", ())}
            return ""
        return "" if action == "Captcha" and self.token else action


@settings(max_examples=300)
@given(
    _rules(),
    _rules(group=False),
    st.booleans(),
    st.sampled_from(["direct", "forwarded", "both"]),
    st.booleans(),
)
def test_it_says_what_a_waf_does(
    rules: list[Json], group: list[Json], blocks: bool, seen: Seen, office: bool
) -> None:
    sets = {OFFICE: ["203.0.113.0/24"] if office else ["192.0.2.0/24"]}
    found = judged(*rules, group=group, blocks_by_default=blocks, seen=seen, sets=sets)
    ways = ["direct", "forwarded"] if seen == "both" else [seen]
    default = "Block" if blocks else "Allow"
    for way, forged, token, *bits in product(ways, *[(False, True)] * (2 + BITS)):
        verdicts = [
            Request(inside, str(way), bool(forged), bool(token), tuple(map(bool, bits))).judged(
                rules, group, office
            )
            or default
            for inside in (True, False)
        ]
        if found.force is Force.FULL:
            assert verdicts[0] != "Allow"
        elif found.force is Force.NOTHING:
            assert verdicts != ["Block", "Allow"]
