"""What several sources say of one hole is one hole, whoever speaks first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from triage_tui.detect.holes import gravity, knock_words, merged, points, words
from triage_tui.detect.reaching import Function, function_of, invokes
from triage_tui.model import Severity, Vulnerability

TRIVY = Vulnerability(
    "trivy",
    "CVE-2021-23337",
    "lodash",
    aliases=("GHSA-35jh-r3h4-6jhm",),
    version="4.17.15",
    fixed=("4.17.21",),
    severity=Severity.HIGH,
    score=7.2,
    resource="shop",
)
NPM = Vulnerability(
    "npm_audit",
    "GHSA-35jh-r3h4-6jhm",
    "lodash",
    severity=Severity.MEDIUM,
    score=5.0,
    title="Command Injection",
    resource="shop",
)
GRYPE = Vulnerability(
    "grype",
    "GHSA-35jh-r3h4-6jhm",
    "lodash",
    aliases=("CVE-2021-23337",),
    version="4.17.15",
    fixed=("4.17.21", "5.0.0"),
    severity=Severity.HIGH,
    epss=0.2,
    exploited=True,
    resource="shop",
)
VEX = Vulnerability(
    "cyclonedx",
    "CVE-2021-23337",
    "lodash",
    version="4.17.15",
    resource="shop",
    open=False,
    remark="not affected: code not reachable",
)
OLD = Vulnerability("npm_audit", "CVE-2021-23337", "lodash", version="3.10.1", resource="shop")


def test_several_sources_are_one_hole_that_keeps_who_said_what() -> None:
    [hole] = merged([NPM, TRIVY, GRYPE])
    assert (hole.id, hole.version, hole.severity) == ("CVE-2021-23337", "4.17.15", Severity.HIGH)
    assert (hole.score, hole.epss, hole.exploited) == (7.2, 0.2, True)
    assert hole.fixed == ("4.17.21", "5.0.0")
    assert hole.title == "Command Injection"
    assert sorted(hole.sources) == ["grype", "npm_audit", "trivy"]
    assert {each.source: each.severity for each in hole.said} == {
        "trivy": Severity.HIGH,
        "grype": Severity.HIGH,
        "npm_audit": Severity.MEDIUM,
    }


def test_other_versions_and_other_resources_are_other_holes() -> None:
    assert len(merged([TRIVY, OLD])) == 2
    elsewhere = Vulnerability("trivy", TRIVY.id, "lodash", version="4.17.15", resource="other")
    assert len(merged([TRIVY, elsewhere])) == 2
    other = Vulnerability("trivy", "CVE-2020-28500", "lodash", version="4.17.15", resource="shop")
    assert len(merged([TRIVY, other])) == 2


def test_a_vex_goes_before_what_scanners_say() -> None:
    [hole] = merged([TRIVY, VEX])
    assert (hole.open, hole.remark) == (False, "not affected: code not reachable")
    assert hole.severity is Severity.HIGH


@given(st.permutations([TRIVY, NPM, GRYPE, VEX, OLD]))
def test_the_order_does_not_matter(said: list[Vulnerability]) -> None:
    assert merged(said) == merged([TRIVY, NPM, GRYPE, VEX, OLD])


def test_words_and_gravity() -> None:
    [hole] = merged([TRIVY, GRYPE])
    assert words(hole) == (
        "lodash 4.17.15: CVE-2021-23337, high 7.2, EPSS 20%, known to be exploited, "
        "fixed in 4.17.21, 5.0.0"
    )
    assert gravity(hole) is Severity.CRITICAL
    [quiet] = merged([TRIVY])
    assert gravity(quiet) is Severity.HIGH
    assert knock_words("shop", [quiet], attempts=0, answered=0).startswith("reached shop: lodash")
    assert knock_words("shop", [quiet, quiet], attempts=2, answered=1) == (
        f"1 exploit-like request to shop, answered: {words(quiet)}; and 1 more hole"
    )
    assert "2 exploit-like requests to shop, refused: " in knock_words(
        "shop", [quiet], attempts=2, answered=0
    )


def test_an_answered_exploit_weighs_more_than_all_visits() -> None:
    levels = [*Severity]
    assert max(points(level, attempts=9, answered=0) for level in levels) == 12
    assert [points(level, attempts=1, answered=1) for level in levels] == [0, 0, 10, 30, 50, 60]
    assert points(Severity.NONE, attempts=1, answered=1) == 0


def test_functions_by_every_name() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:shop-checkout"
    whole = Function("shop-checkout", "111122223333", "eu-west-1")
    assert function_of(arn) == function_of(f"{arn}:$LATEST") == function_of(f"{arn}:7") == whole
    for text in ("shop-checkout", "/aws/lambda/shop-checkout", "function:shop-checkout"):
        assert function_of(text) == Function("shop-checkout")
    assert function_of("app/shop/50") is None
    assert whole.is_like(Function("shop-checkout"))
    assert not whole.is_like(Function("shop-checkout", "999999999999"))
    assert invokes("Invoke")
    assert invokes("Invoke20150331")
    assert not invokes("UpdateFunctionCode")
